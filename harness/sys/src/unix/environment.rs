//! Changes to this process's environment, which are sound only while nobody else reads it.

use std::ffi::{CStr, OsStr, OsString};
use std::io;

use super::threads;

/// Removes a variable and gives what it was.
///
/// # Errors
/// `ResourceBusy` when it is set and this process has other threads, which may be reading it.
pub fn take(name: &str) -> io::Result<Option<OsString>> {
    let Some(value) = std::env::var_os(name) else {
        return Ok(None);
    };
    be_alone()?;
    // SAFETY: this process has no other thread, so nobody reads the environment meanwhile.
    unsafe { std::env::remove_var(name) };
    Ok(Some(value))
}

/// Makes the environment equal to `variables`.
///
/// # Errors
/// `ResourceBusy` when it differs and this process has other threads, which may be reading it.
pub fn replace(variables: &[(OsString, OsString)]) -> io::Result<()> {
    let stale: Vec<OsString> = std::env::vars_os()
        .map(|(name, _)| name)
        .filter(|name| !variables.iter().any(|(wanted, _)| wanted == name))
        .collect();
    let fresh: Vec<&(OsString, OsString)> = variables
        .iter()
        .filter(|(name, value)| std::env::var_os(name).as_ref() != Some(value))
        .collect();
    if stale.is_empty() && fresh.is_empty() {
        return Ok(());
    }
    be_alone()?;
    for name in stale {
        // SAFETY: this process has no other thread, so nobody reads the environment meanwhile.
        unsafe { std::env::remove_var(name) };
    }
    for (name, value) in fresh {
        // SAFETY: this process has no other thread, so nobody reads the environment meanwhile.
        unsafe { std::env::set_var::<&OsStr, &OsStr>(name, value) };
    }
    Ok(())
}

/// Makes a directory the one that this process works in.
///
/// # Errors
/// Fails where the system refuses, as for one that has been removed.
pub fn enter(directory: &CStr) -> io::Result<()> {
    Ok(call!(ENOMEM, rustix::process::chdir(directory))?)
}

fn be_alone() -> io::Result<()> {
    if threads::are_at_most(1)? {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::ResourceBusy,
        "other threads may be reading the environment",
    ))
}
