//! Changes to this process's environment, which Windows guards by a lock of its own.

use std::ffi::{CStr, OsString};
use std::io;

/// Removes a variable and gives what it was.
///
/// # Errors
/// None on this system.
pub fn take(name: &str) -> io::Result<Option<OsString>> {
    let Some(value) = std::env::var_os(name) else {
        return Ok(None);
    };
    // SAFETY: on Windows other threads may read the environment at any time.
    unsafe { std::env::remove_var(name) };
    Ok(Some(value))
}

/// Makes the environment equal to `variables`.
///
/// # Errors
/// None on this system.
pub fn replace(variables: &[(OsString, OsString)]) -> io::Result<()> {
    for (name, _) in std::env::vars_os() {
        if !variables.iter().any(|(wanted, _)| *wanted == name) {
            // SAFETY: on Windows other threads may read the environment at any time.
            unsafe { std::env::remove_var(name) };
        }
    }
    for (name, value) in variables {
        // SAFETY: on Windows other threads may read the environment at any time.
        unsafe { std::env::set_var(name, value) };
    }
    Ok(())
}

/// Makes a directory the one that this process works in: for copies, which Windows does not have.
///
/// # Errors
/// Always `Unsupported`.
pub fn enter(_directory: &CStr) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
