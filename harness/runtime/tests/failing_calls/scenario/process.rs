//! Processes that talk to their starter, and one that starts another.

use poolproof_runtime as mp;

use super::{Outcome, Use, ended, same};

type Link = mp::Connection<u32, u32>;

fn add_five(link: Link) -> mp::Result<()> {
    link.send(&(link.recv()? + 5))
}

pub(super) fn make(context: mp::Context) -> Outcome<Use> {
    Ok(Box::new(move || {
        let (ours, theirs) = context.pipe()?;
        let process = context.process(add_five, theirs).name("Child").start()?;
        let answer = ours.send(&2).and_then(|()| ours.recv());
        ended(&process)?;
        same(answer?, 7)
    }))
}

/// Has another process add five.
fn pass_on(link: Link) -> mp::Result<()> {
    let context = mp::Context::default();
    let (ours, theirs) = context.pipe()?;
    let process = context
        .process(add_five, theirs)
        .name("Grandchild")
        .start()?;
    let answer = link
        .recv()
        .and_then(|number| ours.send(&number))
        .and_then(|()| ours.recv());
    process.join(None)?;
    link.send(&answer?)
}

pub(super) fn make_nested(context: mp::Context) -> Outcome<Use> {
    Ok(Box::new(move || {
        let (ours, theirs) = context.pipe()?;
        let process = context.process(pass_on, theirs).name("Child").start()?;
        let answer = ours.send(&2).and_then(|()| ours.recv());
        ended(&process)?;
        same(answer?, 7)
    }))
}
