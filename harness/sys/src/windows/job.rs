//! A job: processes that end together, at the latest with whoever holds the job.

mod birth;

use std::io;

use windows_sys::Win32::Foundation::{ERROR_MORE_DATA, HANDLE};
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
    JOBOBJECT_BASIC_PROCESS_ID_LIST, JOBOBJECT_EXTENDED_LIMIT_INFORMATION,
    JobObjectBasicProcessIdList, JobObjectExtendedLimitInformation, QueryInformationJobObject,
    SetInformationJobObject, TerminateJobObject,
};

use super::handle::Handle;

/// How many processes of a job are listed at first; for more, there is a second look with more room.
const LISTED_FIRST: usize = 256;

/// Processes that are listed, and end, together.
#[derive(Debug)]
pub(super) struct Job {
    handle: Handle,
}

impl Job {
    /// A job without processes.
    pub(super) fn new() -> io::Result<Job> {
        // SAFETY: neither security attributes nor a name are passed.
        let handle = call!(
            ERROR_NO_SYSTEM_RESOURCES | ERROR_NOT_ENOUGH_MEMORY,
            unsafe { CreateJobObjectW(std::ptr::null(), std::ptr::null()) }
        );
        Handle::from_call(handle).map(|handle| Job { handle })
    }

    /// A job without processes; they end when its last handle is closed, however its holder ends.
    pub(super) fn owned() -> io::Result<Job> {
        let job = Job::new()?;
        let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
        let size = size_of::<JOBOBJECT_EXTENDED_LIMIT_INFORMATION>() as u32;
        let place = std::ptr::from_ref(&limits).cast();
        let class = JobObjectExtendedLimitInformation;
        let raw = job.handle.raw();
        // SAFETY: the place has the type and size that go with the class.
        if call!(unsafe { SetInformationJobObject(raw, class, place, size) }) == 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(job)
    }

    /// Puts a process into the job; what it starts from now on is in it too.
    pub(super) fn add(&self, process: &Handle) -> io::Result<()> {
        self.add_raw(process.raw())
    }

    fn add_raw(&self, process: HANDLE) -> io::Result<()> {
        // SAFETY: both handles are open for the time of this call.
        match call!(unsafe { AssignProcessToJobObject(self.handle.raw(), process) }) {
            0 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }

    /// The ids of the processes that live in the job.
    pub(super) fn processes(&self) -> io::Result<Vec<u32>> {
        let mut most = LISTED_FIRST;
        loop {
            if let Some(processes) = self.at_most(most)? {
                return Ok(processes);
            }
            most *= 2;
        }
    }

    /// The ids of the processes that live in the job, if there are no more than `most`.
    fn at_most(&self, most: usize) -> io::Result<Option<Vec<u32>>> {
        // Two counts of 32 bits, then the ids.
        let mut room = vec![0_usize; 1 + most];
        let size = (room.len() * size_of::<usize>()) as u32;
        let place = room.as_mut_ptr().cast();
        let class = JobObjectBasicProcessIdList;
        let (raw, nowhere) = (self.handle.raw(), std::ptr::null_mut());
        // SAFETY: the place is writable, aligned for the list and has the size that is passed.
        if call!(unsafe { QueryInformationJobObject(raw, class, place, size, nowhere) }) == 0 {
            let error = io::Error::last_os_error();
            return match error.raw_os_error().map(i32::cast_unsigned) {
                Some(ERROR_MORE_DATA) => Ok(None),
                _ => Err(error),
            };
        }
        // SAFETY: the system has just written a list to the start of the room.
        let list = unsafe { &*room.as_ptr().cast::<JOBOBJECT_BASIC_PROCESS_ID_LIST>() };
        let count = (list.NumberOfProcessIdsInList as usize).min(most);
        // Not whether all are listed: one that ends just now may be counted and have no id.
        let has_room = list.NumberOfAssignedProcesses as usize <= most;
        Ok(has_room.then(|| room[1..=count].iter().map(|id| *id as u32).collect()))
    }

    /// Ends every process in the job.
    pub(super) fn end(&self) -> io::Result<()> {
        // SAFETY: the handle is open for the time of this call.
        match call!(unsafe { TerminateJobObject(self.handle.raw(), 137) }) {
            0 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }
}
