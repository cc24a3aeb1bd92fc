//! Many processes, one after the other and all at once, cost their parent nothing in the end.

use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use poolproof_runtime as mp;
use poolproof_sys::handle::open_count;

use crate::scenario::zombies;

/// How many are started and joined, and how many live at once.
const STARTED: i32 = if cfg!(feature = "failpoints") {
    10_000
} else {
    200
};
const LIVE: usize = if cfg!(feature = "failpoints") {
    1000
} else {
    30
};

/// How much more memory the parent may have in the end: what an allocator keeps, and far less than
/// a few bytes for each process would come to.
const GROWTH_MAX: usize = 1 << 20;

const SOON: Duration = Duration::from_secs(120);

pub(crate) fn trials() -> Vec<Trial> {
    let methods = mp::StartMethod::all().iter().copied();
    let methods = methods.filter(|method| *method != mp::StartMethod::Threads);
    let each = methods.flat_map(|method| {
        let one_by_one =
            format!("{method}/many_processes_one_by_one_leave_nothing_with_their_parent");
        let at_once = format!("{method}/many_processes_at_once_leave_nothing_with_their_parent");
        [
            Trial::test(one_by_one, move || in_its_own_process(method, "one_by_one")),
            Trial::test(at_once, move || in_its_own_process(method, "at_once")),
        ]
    });
    each.collect()
}

/// A parent of its own, so that no other trial's handles and memory are counted.
fn in_its_own_process(method: mp::StartMethod, what: &str) -> Result<(), Failed> {
    let output = std::process::Command::new(std::env::current_exe()?)
        .args([crate::run::SCENARIO, &format!("many/{what}"), method.name()])
        .output()?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned().into()),
    }
}

pub(crate) fn run(what: &str, context: mp::Context) -> Result<(), String> {
    let work = match what {
        "one_by_one" => one_by_one,
        _ => at_once,
    };
    // What is made once per tree, and by the allocator, is made by the first.
    work(context, STARTED / 10, LIVE / 2).map_err(|error| error.to_string())?;
    let before = (open(), memory());
    work(context, STARTED, LIVE).map_err(|error| error.to_string())?;
    let after = (open(), memory());
    if after.0 > before.0 {
        return Err(format!("{} open handles have become {}", before.0, after.0));
    }
    if after.1 > before.1 + GROWTH_MAX {
        return Err(format!("{} bytes have become {}", before.1, after.1));
    }
    match (zombies().len(), mp::active_children().len()) {
        (0, 0) => Ok(()),
        counts => Err(format!("zombies and children left: {counts:?}")),
    }
}

fn open() -> usize {
    open_count().unwrap_or(0)
}

/// The memory of this process that the system counts; 0 where nobody says.
fn memory() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    pages.unwrap_or(0) * 4096
}

fn end(process: &mp::Process, code: i32) -> mp::Result<()> {
    assert!(process.join(Some(SOON))?, "a process does not end");
    assert_eq!(process.exit_code()?, Some(code));
    Ok(())
}

fn one_by_one(context: mp::Context, count: i32, _live: usize) -> mp::Result<()> {
    for number in 0..count {
        let process = context.process(|code| code, number % 100).start()?;
        end(&process, number % 100)?;
    }
    Ok(())
}

fn at_once(context: mp::Context, _count: i32, live: usize) -> mp::Result<()> {
    let event = context.event()?;
    let wait = |event: mp::Event| i32::from(!event.wait(None));
    let start = |_| context.process(wait, event.clone()).start();
    let processes = (0..live).map(start).collect::<mp::Result<Vec<_>>>()?;
    assert_eq!(mp::active_children().len(), live);
    event.set();
    processes.iter().try_for_each(|process| end(process, 0))
}
