//! All other objects, with one child that uses each, and a listener with a client.

use std::time::Duration;

use poolproof_runtime as mp;

use super::{Outcome, SOON, Spoilt, text};

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct All {
    event: mp::Event,
    semaphore: mp::Semaphore,
    bounded: mp::BoundedSemaphore,
    recursive: mp::RLock,
    value: mp::Value<u64>,
    array: mp::Array<u16>,
    raw: mp::RawArray<u8>,
    mutex: mp::Mutex<[u32; 3]>,
    simple: mp::SimpleQueue<u32>,
    joinable: mp::JoinableQueue<u32>,
}

fn all(context: mp::Context) -> mp::Result<All> {
    Ok(All {
        event: context.event()?,
        semaphore: context.semaphore(1)?,
        bounded: context.bounded_semaphore(1)?,
        recursive: context.rlock()?,
        value: context.value(1)?,
        array: context.array(&[1, 2, 3])?,
        raw: context.raw_array(&[0; 19])?,
        mutex: context.mutex([1, 2, 3])?,
        simple: context.simple_queue()?,
        joinable: context.joinable_queue(Some(2))?,
    })
}

/// Uses what both sides use alike.
fn touch(all: &All) -> mp::Result<()> {
    all.value.update(|value| value + 1)?;
    all.array.set(1, 5)?;
    all.array.set_slice(0, &[7, 8])?;
    all.raw.set_slice(0, b"nineteen long bytes")?;
    all.mutex.lock()?[1] += 1;
    let outer = all.recursive.acquire()?;
    drop(all.recursive.acquire()?);
    drop(outer);
    if all.semaphore.acquire_timeout(SOON) {
        all.semaphore.release()?;
    }
    if all.bounded.acquire_timeout(SOON) {
        all.bounded.release()?;
    }
    Ok(())
}

type Link = mp::Connection<mp::Sender<u32>, u32>;

fn child((all, link): (All, Link)) -> mp::Result<()> {
    touch(&all)?;
    let (receiver, sender) = mp::Context::default().one_way()?;
    link.send(&sender)?;
    drop(sender);
    receiver.recv()?;
    link.recv()?;
    all.simple.put(4)?;
    all.joinable.put_timeout(5, SOON)?;
    all.joinable.join_timeout(Some(SOON))?;
    all.event.set();
    Ok(())
}

/// Tries again as long as the child lives; the last error where it does not.
fn beside<T>(child: &mp::Process, mut attempt: impl FnMut() -> mp::Result<T>) -> mp::Result<T> {
    loop {
        let was_alive = child.is_alive()?;
        match attempt() {
            Err(_) if was_alive => {}
            outcome => return outcome,
        }
    }
}

fn talk(
    link: &mp::Connection<u32, mp::Sender<u32>>,
    all: &All,
    child: &mp::Process,
) -> mp::Result<()> {
    const NAP: Option<Duration> = Some(Duration::from_millis(20));
    link.recv()?.send(&1)?;
    link.send(&2)?;
    beside(child, || all.simple.get_within(NAP))?;
    beside(child, || all.joinable.get_within(NAP))?;
    all.joinable.task_done()?;
    while !all.event.wait(NAP) && child.is_alive()? {}
    Ok(())
}

pub(super) fn run(context: mp::Context) -> Outcome {
    let mut spoilt = Spoilt::default();
    let (ours, theirs) = context.pipe().map_err(text)?;
    let shared = all(context).map_err(text)?;
    let process = context.process(child, (shared.clone(), theirs));
    if let Some(process) = spoilt.take(process.name("Child").start()) {
        // Each of these may fail where the child is dead; none may hang.
        let talked = talk(&ours, &shared, &process);
        let touched = touch(&shared);
        let end = super::end_any(&process)?;
        match (talked.and(touched), end) {
            (Ok(()), Some(super::End::Well))
            | (_, Some(super::End::Killed | super::End::Unknown)) => {}
            (Err(error), _) => return Err(format!("beside a living child: {error}")),
            (Ok(()), None) => return Err("the child failed".into()),
        }
    }
    listen()?;
    spoilt.at_most(1)
}

fn connect(address: mp::Address) -> mp::Result<()> {
    let link = mp::Client::connect::<u32, u32>(&address, Some(b"secret"))?;
    link.send(&1)?;
    link.recv().map(drop)
}

/// A client that dies before it has connected would leave `accept` waiting, so one of main's own
/// threads connects too.
fn listen() -> Outcome {
    let tcp = mp::Address::Tcp(([127, 0, 0, 1], 0).into());
    // A path that the program chose itself stays when its owner is killed, so it is not used here.
    let name = mp::Address::Name(format!("poolproof-sweep-{}", std::process::id()));
    let names = poolproof_sys::socket::HAS_NAMES.then_some(name);
    for address in names.into_iter().chain([tcp]) {
        let listener = mp::Listener::bind(&address, Some(b"secret")).map_err(text)?;
        let found = listener.address().clone();
        let client = std::thread::spawn(move || connect(found));
        let link = listener.accept::<u32, u32>().map_err(text)?;
        link.recv().and_then(|_| link.send(&2)).map_err(text)?;
        drop(link);
        client.join().unwrap().map_err(text)?;
    }
    Ok(())
}
