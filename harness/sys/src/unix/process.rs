//! Processes.

/// Whether this system can copy a process.
pub const CAN_FORK: bool = true;

/// Whether copying a process is safe enough here to be the default, through a server.
/// (macOS's own libraries break in a copied process.)
pub const FORK_IS_DEFAULT: bool = cfg!(target_os = "linux");
