//! What a child is told over its control socket before it runs.

use std::ffi::{CString, OsString};
use std::mem::ManuallyDrop;
use std::sync::Arc;

use poolproof_sys::function::{self, NotInProgram, Passed};
use poolproof_sys::handle::Handle;
use serde::{Deserialize, Serialize};

use super::forkserver::Way;
use super::warm_up::{self, WarmUp};
use super::{function::pass, life};
use crate::context::StartMethod;
use crate::current::{Exit, Own, Role};
use crate::error::{Error, Kind, Result};
use crate::logging;
use crate::transfer::{self, Message};

/// All that a child needs beside its argument.
#[derive(Debug, Serialize, Deserialize)]
struct Instructions {
    /// The build of the program that the starter runs.
    build: u64,
    function: [u8; 16],
    role: Role,
    /// Whether an end of the lifeline is beside it; else it is to be the root of a tree of its own.
    is_tied: bool,
    /// Set where the way to a fork server is beside it, behind the lifeline: what its copies may do.
    server: Option<u64>,
    /// What a fork server of its own is to do first.
    warm_up: Option<Box<WarmUp>>,
    /// What the child logs.
    log_level: Option<u8>,
    /// Set where the child does not have them from its starter by itself.
    surroundings: Option<Surroundings>,
}

/// What a child has from its starter beside handles.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Surroundings {
    pub(super) directory: Option<CString>,
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
        // A working directory that was removed cannot be passed on.
        let directory = std::env::current_dir().ok();
        let path = directory.map(|path| path.into_os_string().into_encoded_bytes());
        Surroundings {
            directory: path.and_then(|path| CString::new(path).ok()),
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

/// The length of the instructions stands before them.
const HEAD: usize = 4;

/// Packs a child's instructions and its argument.
pub(super) fn pack<A: Message, R: Exit>(
    target: fn(A) -> R,
    argument: &A,
    role: &Role,
    server: Option<Way>,
    surroundings: Option<Surroundings>,
) -> Result<Packed> {
    let lifeline = (!role.is_detached).then(life::end).transpose()?;
    // Its own tree has a server of its own.
    let server = server.filter(|_| !role.is_detached);
    let instructions = Instructions {
        build: function::build(),
        function: pass(target, &role.name)?.to_bytes(),
        role: role.clone(),
        is_tied: lifeline.is_some(),
        server: server.as_ref().map(|(_, privileges)| *privileges),
        warm_up: warm_up::chosen(),
        log_level: logging::level(),
        surroundings,
    };
    let mut bytes = vec![0; HEAD];
    transfer::encode(&instructions, &mut bytes)?;
    let length = u32::try_from(bytes.len() - HEAD).unwrap_or(u32::MAX);
    bytes[..HEAD].copy_from_slice(&length.to_le_bytes());
    let server = server.map(|(requests, _)| requests);
    let mut handles: Vec<_> = lifeline.into_iter().chain(server).collect();
    handles.extend(transfer::encode(argument, &mut bytes)?);
    Ok(Packed { bytes, handles })
}

/// All that a child has been told, taken apart.
pub(super) struct Told {
    pub(super) becoming: Becoming,
    pub(super) call: Call,
}

/// What a process is to be before it calls its function.
pub(super) struct Becoming {
    pub(super) own: Arc<Own>,
    pub(super) method: StartMethod,
    pub(super) lifeline: Option<Handle>,
    pub(super) survives: bool,
    pub(super) server: Option<Way>,
    pub(super) warm_up: Option<Box<WarmUp>>,
    pub(super) log_level: Option<u8>,
    pub(super) surroundings: Option<Surroundings>,
}

/// The function, and its argument as bytes and handles.
pub(super) struct Call {
    target: Passed,
    message: Vec<u8>,
    /// Where the argument begins in the message.
    argument: usize,
    handles: Vec<Handle>,
}

impl Told {
    /// Reads a message, for this process or for a copy of it.
    pub(super) fn read(message: Vec<u8>, mut handles: Vec<Handle>) -> Result<Told> {
        let broken = || Error::new(Kind::Deserialize, "read the instructions of this process");
        let (head, rest) = message.split_first_chunk::<HEAD>().ok_or_else(broken)?;
        let length = u32::from_le_bytes(*head) as usize;
        let bytes = rest.get(..length).ok_or_else(broken)?;
        let instructions: Instructions = transfer::decode(bytes, Vec::new())?;
        let beside = usize::from(instructions.is_tied) + usize::from(instructions.server.is_some());
        if handles.len() < beside {
            return Err(broken());
        }
        let of_argument = handles.split_off(beside);
        let mut handles = handles.into_iter();
        let target = instructions.target()?;
        let becoming = Becoming {
            method: instructions.role.method,
            survives: instructions.role.survives,
            own: Arc::new(instructions.role.into()),
            lifeline: instructions.is_tied.then(|| handles.next()).flatten(),
            server: instructions
                .server
                .and_then(|privileges| Some((handles.next()?, privileges))),
            warm_up: instructions.warm_up,
            log_level: instructions.log_level,
            surroundings: instructions.surroundings,
        };
        let call = Call {
            target,
            message,
            argument: HEAD + length,
            handles: of_argument,
        };
        Ok(Told { becoming, call })
    }
}

impl Call {
    /// Calls the function, the last that this process does: gives its exit code.
    pub(super) fn make(self) -> std::result::Result<i32, NotInProgram> {
        transfer::put_table(self.handles);
        // Freed with this process: a copy would be given memory only to write into what it frees.
        let message = ManuallyDrop::new(self.message);
        self.target.call(&message[self.argument..], &mut Vec::new())
    }
}

impl Instructions {
    /// The function, if this process runs the same build of the program.
    fn target(&self) -> Result<Passed> {
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
