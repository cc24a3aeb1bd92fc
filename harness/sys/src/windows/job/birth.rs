//! Starting a process inside a job: it is there before it has begun.
//!
//! The system makes a process that is paused, and whoever makes it lets it go on. One that dies in
//! between leaves a process that is paused for ever, unless a job ends it, which it must be in by then.
//! The standard library cannot be told of a job, so the program's own import of `CreateProcessW`,
//! which it calls, is led through here.

use std::cell::Cell;
use std::ffi::{CStr, c_void};
use std::io;
use std::os::windows::io::AsRawHandle;
use std::process::{Child, Command};
use std::sync::{Once, OnceLock};

use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::Security::SECURITY_ATTRIBUTES;
use windows_sys::Win32::System::Threading::{
    DeleteProcThreadAttributeList, EXTENDED_STARTUPINFO_PRESENT, InitializeProcThreadAttributeList,
    PROC_THREAD_ATTRIBUTE_JOB_LIST, PROCESS_CREATION_FLAGS, PROCESS_INFORMATION, STARTUPINFOEXW,
    STARTUPINFOW, UpdateProcThreadAttribute,
};
use windows_sys::core::{BOOL, PCWSTR, PWSTR};

use super::super::{image, process};
use super::Job;

const LIBRARY: &CStr = c"kernel32.dll";
const FUNCTION: &CStr = c"CreateProcessW";

thread_local! {
    /// The job that the next process that this thread starts is to be in.
    static NEXT: Cell<Option<HANDLE>> = const { Cell::new(None) };
}

impl Job {
    /// Starts a program inside the job; where the system cannot, which is before Windows 10, puts it
    /// there as soon as it has been made.
    pub(in super::super) fn start(&self, command: &mut Command) -> io::Result<Child> {
        lead_through_here();
        NEXT.set(Some(self.handle.raw()));
        let outcome = process::start(command);
        let is_outside = NEXT.take().is_some();
        let mut child = outcome?;
        if is_outside && let Err(error) = self.add_raw(child.as_raw_handle()) {
            // Outside of the job nothing would end it with its root; it may have ended by itself.
            let _ = child.kill();
            return Err(error);
        }
        Ok(child)
    }
}

fn lead_through_here() {
    static LED: Once = Once::new();
    // Where it cannot be done, each process is put into the job once it has been made.
    LED.call_once(|| {
        drop(image::replace_import(
            LIBRARY,
            FUNCTION,
            create_process as *const (),
        ))
    });
}

type CreateProcess = unsafe extern "system" fn(
    PCWSTR,
    PWSTR,
    *const SECURITY_ATTRIBUTES,
    *const SECURITY_ATTRIBUTES,
    BOOL,
    PROCESS_CREATION_FLAGS,
    *const c_void,
    PCWSTR,
    *const STARTUPINFOW,
    *mut PROCESS_INFORMATION,
) -> BOOL;

/// The system's own function.
fn real() -> Option<CreateProcess> {
    static REAL: OnceLock<Option<usize>> = OnceLock::new();
    let address = *REAL.get_or_init(|| image::function_of(LIBRARY, FUNCTION));
    // SAFETY: this is the address of the system's function, which has this type.
    address.map(|address| unsafe { std::mem::transmute::<usize, CreateProcess>(address) })
}

/// Does what the system's function does, with the process in the job that this thread has named.
unsafe extern "system" fn create_process(
    program: PCWSTR,
    command_line: PWSTR,
    process: *const SECURITY_ATTRIBUTES,
    thread: *const SECURITY_ATTRIBUTES,
    inherits: BOOL,
    flags: PROCESS_CREATION_FLAGS,
    environment: *const c_void,
    folder: PCWSTR,
    startup: *const STARTUPINFOW,
    made: *mut PROCESS_INFORMATION,
) -> BOOL {
    let Some(real) = real() else {
        return 0;
    };
    let is_plain = flags & EXTENDED_STARTUPINFO_PRESENT == 0;
    let job = NEXT.get().filter(|_| is_plain);
    let attributes = job.and_then(JobAttribute::new);
    let mut extended = STARTUPINFOEXW::default();
    let (mut flags, mut startup) = (flags, startup);
    if let Some(attributes) = &attributes {
        // SAFETY: the caller gives the system a structure that it may read.
        extended.StartupInfo = unsafe { *startup };
        extended.StartupInfo.cb = size_of::<STARTUPINFOEXW>() as u32;
        extended.lpAttributeList = attributes.list();
        flags |= EXTENDED_STARTUPINFO_PRESENT;
        startup = (&raw const extended).cast();
    }
    // SAFETY: all is as the caller gave it, but for the structure above, whose size is in it.
    let outcome = unsafe {
        real(
            program,
            command_line,
            process,
            thread,
            inherits,
            flags,
            environment,
            folder,
            startup,
            made,
        )
    };
    if outcome != 0 && attributes.is_some() {
        NEXT.set(None);
    }
    outcome
}

/// What tells the system of a job that a process is to be in.
struct JobAttribute {
    /// The system keeps the job's address, and with it that of the list.
    job: Box<HANDLE>,
    list: Vec<usize>,
}

impl JobAttribute {
    /// Nothing where the system does not know it.
    fn new(job: HANDLE) -> Option<JobAttribute> {
        let mut bytes = 0;
        let nowhere = std::ptr::null_mut();
        // SAFETY: without a place the call only tells the size.
        call!(unsafe { InitializeProcThreadAttributeList(nowhere, 1, 0, &mut bytes) });
        let mut list = vec![0_usize; bytes.div_ceil(size_of::<usize>())];
        let place = list.as_mut_ptr().cast();
        // SAFETY: the place has the size that the system asked for.
        if call!(unsafe { InitializeProcThreadAttributeList(place, 1, 0, &mut bytes) }) == 0 {
            return None;
        }
        let attribute = JobAttribute {
            job: Box::new(job),
            list,
        };
        let (kind, size) = (PROC_THREAD_ATTRIBUTE_JOB_LIST as usize, size_of::<HANDLE>());
        let value = std::ptr::from_ref(&*attribute.job).cast();
        let (list, nowhere, nothing) = (attribute.list(), std::ptr::null_mut(), std::ptr::null());
        // SAFETY: the list has room for one attribute, and its value lives as long as the list.
        let is_known = call!(unsafe {
            UpdateProcThreadAttribute(list, 0, kind, value, size, nowhere, nothing)
        });
        (is_known != 0).then_some(attribute)
    }

    fn list(&self) -> *mut c_void {
        self.list.as_ptr().cast_mut().cast()
    }
}

impl Drop for JobAttribute {
    fn drop(&mut self) {
        // SAFETY: the list was initialized, and no process is being made with it any more.
        call!(unsafe { DeleteProcThreadAttributeList(self.list()) });
    }
}

#[cfg(test)]
mod tests {
    use std::os::windows::process::CommandExt;
    use std::process::Stdio;

    use windows_sys::Win32::System::Threading::CREATE_SUSPENDED;

    use super::*;

    #[test]
    fn a_process_begins_in_its_job() {
        let job = Job::owned().unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg("--list").creation_flags(CREATE_SUSPENDED);
        command.stdout(Stdio::null());
        lead_through_here();
        let mut start = || {
            NEXT.set(Some(job.handle.raw()));
            let child = process::start(&mut command).unwrap();
            assert_eq!(NEXT.take(), None, "it would have to be put there");
            child
        };
        let mut first = start();
        assert_eq!(job.processes().unwrap(), [first.id()]);
        let mut second = start();
        assert_eq!(job.processes().unwrap().len(), 2);
        assert_eq!(job.at_most(1).unwrap(), None, "there are two");
        job.end().unwrap();
        first.wait().unwrap();
        second.wait().unwrap();
    }
}
