//! Functions that travel to another process of the same program.
//!
//! A function pointer means nothing elsewhere, but its distance from the start of the program's
//! code does. With it travels the distance of a trampoline that knows its types.
//! Both sides check that the two lie in the program's own code, and the receiver checks first that
//! it runs the same build ([`build`]).
//!
//! The pair is private to this module, so that only [`Passed::new`] can make one whose types fit.
//! What arrives is trusted to be what was sent: a pair travels only over a channel or memory that
//! a process has from the one that started it.

use crate::system::image;

/// How a function is called from bytes: what is done with its argument and its result.
///
/// One type for each way of calling; it is never made, only named.
pub trait Bridge<A, R> {
    /// Calls `function` with what `input` means, and writes what it gives to `output`.
    /// The number is the caller's business.
    fn cross(function: fn(A) -> R, input: &[u8], output: &mut Vec<u8>) -> i32;
}

type Trampoline = fn(usize, &[u8], &mut Vec<u8>) -> i32;

/// A function of this program that another process of it can call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Passed {
    function: u64,
    trampoline: u64,
}

/// A function that is not part of the program itself, but of a library that it has loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotInProgram;

/// A number that differs between builds of this program.
#[must_use]
pub fn build() -> u64 {
    image::build()
}

impl Passed {
    /// Makes a function ready to travel; `B` says how it will be called there.
    ///
    /// # Errors
    /// [`NotInProgram`] when the function lies in a library.
    pub fn new<A, R, B: Bridge<A, R>>(function: fn(A) -> R) -> Result<Passed, NotInProgram> {
        let trampoline: Trampoline = trampoline::<A, R, B>;
        Ok(Passed {
            function: offset(function as usize)?,
            trampoline: offset(trampoline as usize)?,
        })
    }

    /// Calls the function in this process.
    ///
    /// # Errors
    /// [`NotInProgram`] when this is not what [`Passed::new`] made in the same build.
    pub fn call(self, input: &[u8], output: &mut Vec<u8>) -> Result<i32, NotInProgram> {
        let function = address(self.function)?;
        let trampoline = address(self.trampoline)?;
        // SAFETY: `Passed::new` made this pair in the same build, so at this distance lies a
        // trampoline.
        let trampoline: Trampoline = unsafe { std::mem::transmute(trampoline as *const ()) };
        Ok(trampoline(function, input, output))
    }

    /// Sixteen bytes for the way.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.function.to_le_bytes());
        bytes[8..].copy_from_slice(&self.trampoline.to_le_bytes());
        bytes
    }

    /// What [`Passed::to_bytes`] gave in another process of the same build.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Passed {
        let half = |from: usize| {
            let mut number = [0; 8];
            number.copy_from_slice(&bytes[from..from + 8]);
            u64::from_le_bytes(number)
        };
        Passed {
            function: half(0),
            trampoline: half(8),
        }
    }
}

/// Knows the types of the function at an address.
fn trampoline<A, R, B: Bridge<A, R>>(function: usize, input: &[u8], output: &mut Vec<u8>) -> i32 {
    // SAFETY: `Passed::new` paired this trampoline with a function of exactly this type.
    let function: fn(A) -> R = unsafe { std::mem::transmute(function as *const ()) };
    B::cross(function, input, output)
}

fn offset(address: usize) -> Result<u64, NotInProgram> {
    let text = image::text();
    match text.contains(&address) {
        true => Ok((address - text.start) as u64),
        false => Err(NotInProgram),
    }
}

fn address(offset: u64) -> Result<usize, NotInProgram> {
    let text = image::text();
    let address = usize::try_from(offset)
        .ok()
        .and_then(|offset| text.start.checked_add(offset));
    address
        .filter(|address| text.contains(address))
        .ok_or(NotInProgram)
}

impl std::fmt::Display for NotInProgram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the function is not part of this program")
    }
}

impl std::error::Error for NotInProgram {}

#[cfg(test)]
mod tests {
    use super::*;

    struct Double;
    impl Bridge<u8, u8> for Double {
        fn cross(function: fn(u8) -> u8, input: &[u8], output: &mut Vec<u8>) -> i32 {
            output.push(function(input[0]));
            7
        }
    }

    fn double(x: u8) -> u8 {
        x * 2
    }

    #[test]
    fn a_function_is_called_through_its_bytes() {
        let bytes = Passed::new::<u8, u8, Double>(double).unwrap().to_bytes();
        let mut output = Vec::new();
        let code = Passed::from_bytes(bytes).call(&[21], &mut output);
        assert_eq!((code, output), (Ok(7), vec![42]));
    }

    #[test]
    fn a_function_outside_the_program_is_refused() {
        let bytes = [0xff; 16];
        let outcome = Passed::from_bytes(bytes).call(&[1], &mut Vec::new());
        assert_eq!(outcome, Err(NotInProgram));
    }
}
