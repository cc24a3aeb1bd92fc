//! What a child is told over its control socket before it runs.

use std::ffi::OsString;
use std::path::PathBuf;

use poolproof_sys::function::{self, Passed};
use poolproof_sys::handle::Handle;
use serde::{Deserialize, Serialize};

use super::warm_up::{self, WarmUp};
use super::{function::pass, life};
use crate::current::Exit;
use crate::current::Role;
use crate::error::{Error, Kind, Result};
use crate::logging;
use crate::transfer::{self, Message};

/// All that a child needs beside its argument.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Instructions {
    /// The build of the program that the starter runs.
    pub(super) build: u64,
    pub(super) function: [u8; 16],
    pub(super) role: Role,
    /// None for a process that is to be the root of a tree of its own.
    pub(super) lifeline: Option<Lifeline>,
    /// Where to ask for copies, when there is a fork server.
    pub(super) server: Option<Requests>,
    /// What a fork server of its own is to do first.
    pub(super) warm_up: Option<WarmUp>,
    /// What the child logs.
    pub(super) log_level: Option<u8>,
    /// Set where the child does not have them from its starter by itself.
    pub(super) surroundings: Option<Surroundings>,
}

/// The end of its tree's lifeline that a process is to be tied to.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Lifeline(#[serde(with = "crate::transfer::handle")] pub(super) Handle);

/// The way to a fork server.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Requests(#[serde(with = "crate::transfer::handle")] pub(super) Handle);

/// What a child has from its starter beside handles.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Surroundings {
    pub(super) directory: Option<PathBuf>,
    /// None where the child has it already.
    pub(super) environment: Option<Variables>,
}

/// An environment.
pub(super) type Variables = Vec<(OsString, OsString)>;

/// This process's environment.
pub(super) fn environment() -> Variables {
    std::env::vars_os().collect()
}

impl Surroundings {
    /// What this process has, for a child that has the environment `theirs`, if that is known.
    pub(super) fn of_this_process(theirs: Option<&Variables>) -> Surroundings {
        let ours = environment();
        Surroundings {
            // A working directory that was removed cannot be passed on.
            directory: std::env::current_dir().ok(),
            environment: (Some(&ours) != theirs).then_some(ours),
        }
    }
}

/// A message ready to be sent, made before there is a child: an argument that cannot be sent
/// starts nothing.
pub(super) struct Packed {
    pub(super) bytes: Vec<u8>,
    pub(super) handles: Vec<Handle>,
}

/// The length of the instructions and the number of their handles stand before them.
const HEAD: usize = 8;

/// Packs a child's instructions and its argument.
pub(super) fn pack<A: Message, R: Exit>(
    target: fn(A) -> R,
    argument: &A,
    role: &Role,
    server: Option<Requests>,
    surroundings: Option<Surroundings>,
) -> Result<Packed> {
    let instructions = Instructions {
        build: function::build(),
        function: pass(target, &role.name)?.to_bytes(),
        role: role.clone(),
        lifeline: match role.is_detached {
            true => None,
            false => Some(Lifeline(life::end()?)),
        },
        // Its own tree has a server of its own.
        server: server.filter(|_| !role.is_detached),
        warm_up: warm_up::chosen(),
        log_level: logging::level(),
        surroundings,
    };
    let mut bytes = vec![0; HEAD];
    let mut handles = transfer::encode(&instructions, &mut bytes)?;
    let length = u32::try_from(bytes.len() - HEAD).unwrap_or(u32::MAX);
    let count = u32::try_from(handles.len()).unwrap_or(u32::MAX);
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    bytes[4..HEAD].copy_from_slice(&count.to_le_bytes());
    handles.extend(transfer::encode(argument, &mut bytes)?);
    Ok(Packed { bytes, handles })
}

/// Takes a message apart: the instructions, the argument's bytes and the argument's handles.
pub(super) fn unpack(
    bytes: &[u8],
    mut handles: Vec<Handle>,
) -> Result<(Instructions, &[u8], Vec<Handle>)> {
    let broken = || Error::new(Kind::Deserialize, "read the instructions of this process");
    let (head, rest) = bytes.split_first_chunk::<HEAD>().ok_or_else(broken)?;
    let number = |part: [u8; 4]| u32::from_le_bytes(part) as usize;
    let length = number([head[0], head[1], head[2], head[3]]);
    let count = number([head[4], head[5], head[6], head[7]]);
    if rest.len() < length || handles.len() < count {
        return Err(broken());
    }
    let (instructions, argument) = rest.split_at(length);
    let argument_handles = handles.split_off(count);
    let instructions = transfer::decode(instructions, handles)?;
    Ok((instructions, argument, argument_handles))
}

impl Instructions {
    /// The function, if this process runs the same build of the program.
    pub(super) fn target(&self) -> Result<Passed> {
        if self.build == function::build() {
            return Ok(Passed::from_bytes(self.function));
        }
        let text = "the program's file has changed since its process started";
        Err(Error::new(
            Kind::Usage,
            format!("start `{}`: {text}", self.role.name),
        ))
    }
}
