//! Listeners of each kind, at which a client connects.

use std::time::Instant;

use poolproof_runtime as mp;

use super::{Broken, LONG, Outcome, Use, same};

pub(super) fn make(_context: mp::Context) -> Outcome<Use> {
    let tcp = mp::Address::Tcp(([127, 0, 0, 1], 0).into());
    let name = mp::Address::Name(format!("poolproof-failing-{}", std::process::id()));
    let path = mp::Address::Path(std::env::temp_dir().join("listener"));
    let names = poolproof_sys::socket::HAS_NAMES.then_some(name);
    let paths = poolproof_sys::socket::HAS_PATHS.then_some(path);
    let mut listeners = Vec::new();
    for address in [tcp].into_iter().chain(names).chain(paths) {
        listeners.push(mp::Listener::bind(&address, Some(b"secret"))?);
    }
    Ok(Box::new(move || listeners.iter().try_for_each(meet)))
}

/// Connects, again and again where that fails, and gives the first error.
fn connect(address: &mp::Address) -> (Option<mp::Error>, mp::Result<u32>) {
    let mut first = None;
    let begun = Instant::now();
    loop {
        let answer = mp::Client::connect::<u32, u32>(address, Some(b"secret"))
            .and_then(|link| link.send(&1).and_then(|()| link.recv()));
        match answer {
            Err(error) if begun.elapsed() < LONG => drop(first.get_or_insert(error)),
            answer => return (first, answer),
        }
    }
}

/// Who is not let in at once comes again, so each accept has somebody to wait for.
fn meet(listener: &mp::Listener) -> Outcome {
    let mut failed = Ok(());
    std::thread::scope(|scope| {
        let client = scope.spawn(|| connect(listener.address()));
        while !client.is_finished() {
            let served = listener
                .accept::<u32, u32>()
                .and_then(|link| link.recv().and_then(|number| link.send(&(number + 1))));
            match served {
                Ok(()) => break,
                Err(error) => failed = Err(Broken::from(error)),
            }
        }
        let (first, answer) = client.join().unwrap();
        same(answer.map_err(|error| Broken::Wrong(error.to_string()))?, 2)?;
        failed.and(first.map_or(Ok(()), |error| Err(error.into())))
    })
}
