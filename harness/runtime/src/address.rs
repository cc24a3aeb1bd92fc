//! Addresses: where a listener or a manager can be found. An address is no secret; a key is.

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::str::FromStr;

use poolproof_sys::socket::{HAS_NAMES, Place};
use poolproof_sys::socket_folder::{self, Folder};
use serde::{Deserialize, Serialize};

use crate::auth;
use crate::error::{Error, Kind, Result};

/// Where a listener or a manager can be found.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Address {
    /// A port of a machine. Port 0, to listen at, is a free one.
    Tcp(SocketAddr),
    /// A socket in the file system of this machine.
    Path(PathBuf),
    /// A name on this machine without a file, which goes with the process that listens.
    Name(String),
}

impl Address {
    /// Takes away what one has left at a private address who was killed.
    pub(crate) fn remove_dead(&self) {
        if let Address::Path(path) = self {
            socket_folder::remove_dead(path);
        }
    }

    pub(crate) fn place(&self) -> Place<'_> {
        match self {
            Address::Tcp(address) => Place::Tcp(*address),
            Address::Path(path) => Place::Path(path),
            Address::Name(name) => Place::Name(name),
        }
    }
}

/// Where a listener is, and what goes with it.
#[derive(Debug)]
pub(crate) struct Home {
    pub(crate) address: Address,
    _folder: Option<Folder>,
}

impl Home {
    /// At an address on this machine that nobody else has: a name without a file, or else a file in
    /// a folder of its own.
    pub(crate) fn private() -> Result<Home> {
        if HAS_NAMES {
            let mut random = [0; 16];
            auth::fill_random(&mut random)?;
            let name = format!("poolproof-{:032x}", u128::from_le_bytes(random));
            return Ok(Home::from(Address::Name(name)));
        }
        let folder = Folder::make();
        let folder =
            folder.map_err(|error| Error::system("make a private folder for a socket", error))?;
        Ok(Home {
            address: Address::Path(folder.socket()),
            _folder: Some(folder),
        })
    }
}

impl From<Address> for Home {
    fn from(address: Address) -> Home {
        Home {
            address,
            _folder: None,
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Address {
        Address::Tcp(address)
    }
}

impl FromStr for Address {
    type Err = Error;

    /// `host:port`, or the path of a socket when it has a slash.
    fn from_str(text: &str) -> Result<Address> {
        if text.contains(['/', '\\']) {
            return Ok(Address::Path(text.into()));
        }
        let mut found = text.to_socket_addrs().map_err(|error| {
            let subject = format!("read the address `{text}` (`host:port` or a path)");
            Error::caused(Kind::Value, subject, error)
        })?;
        let first = found.next().map(Address::Tcp);
        first.ok_or_else(|| Error::new(Kind::Value, format!("the host of `{text}` has no address")))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp(address) => address.fmt(f),
            Address::Path(path) => path.display().fmt(f),
            Address::Name(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_is_written() {
        for text in ["127.0.0.1:5000", "[::1]:80", "/tmp/some/socket"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        for text in ["", "127.0.0.1", "127.0.0.1:many"] {
            assert!(text.parse::<Address>().unwrap_err().is_value(), "{text}");
        }
    }

    #[test]
    fn private_addresses_differ() {
        let (one, other) = (Home::private().unwrap(), Home::private().unwrap());
        assert_ne!(one.address, other.address);
    }
}
