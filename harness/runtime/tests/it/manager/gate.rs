//! Code of the program's own that waits in a manager, and what goes on beside it.

use std::sync::mpsc;
use std::sync::{Condvar, Mutex};
use std::time::Instant;

use poolproof_runtime as mp;
use serde::{Deserialize, Serialize};

use super::LATE;
use mp::{Context, StartMethod};

/// A door that is one for all objects of a manager.
struct Door;

#[derive(Serialize, Deserialize)]
enum Ask {
    /// Waits until it is open.
    Pass,
    Open,
    /// How many wait.
    Count,
}

#[derive(Default)]
struct State {
    is_open: bool,
    waiting: usize,
}

static STATE: Mutex<State> = Mutex::new(State {
    is_open: false,
    waiting: 0,
});
static CHANGED: Condvar = Condvar::new();

impl mp::Custom for Door {
    const NAME: &'static str = "Door";
    type Init = ();
    type Call = Ask;
    type Answer = usize;

    fn make((): ()) -> Door {
        Door
    }

    fn call(&mut self, ask: Ask) -> usize {
        let mut state = STATE.lock().unwrap();
        match ask {
            Ask::Pass => {
                state.waiting += 1;
                state = CHANGED.wait_while(state, |state| !state.is_open).unwrap();
                state.waiting -= 1;
            }
            Ask::Open => {
                state.is_open = true;
                CHANGED.notify_all();
            }
            Ask::Count => {}
        }
        state.waiting
    }
}

fn halve(number: i64) -> i64 {
    number / 2
}

pub(super) fn beside(context: Context) {
    fn pass(door: mp::CustomProxy<Door>) {
        door.call(&Ask::Pass).unwrap();
    }
    let builder = context.manager_builder().register::<Door>();
    let manager = builder.function("halve", halve).start().unwrap();
    let [waited_at, door] = [(); 2].map(|()| manager.create::<Door>(&()).unwrap());
    let process = context.process(pass, waited_at).start().unwrap();
    let late = Instant::now() + LATE.unwrap();
    while door.call(&Ask::Count).unwrap() == 0 {
        assert!(Instant::now() < late, "nobody waits");
    }

    let halved = within(&manager, |manager| {
        let pool = manager.pool(2, None)?;
        pool.apply::<i64, i64>("halve", &6)
    });
    match context.start_method() {
        // Whatever waits there may hold what a copy needs.
        StartMethod::Fork => assert!(halved.unwrap_err().is_usage()),
        _ => assert_eq!(halved.unwrap(), 3),
    }
    door.call(&Ask::Open).unwrap();
    assert!(process.join(LATE).unwrap(), "it still waits");
    assert_eq!(process.exit_code().unwrap(), Some(0));
    let pool = manager.pool(2, None).unwrap();
    assert_eq!(pool.apply::<i64, i64>("halve", &8).unwrap(), 4);
}

/// What is done with a manager in a thread of its own; fails where that takes too long.
fn within<R: Send + 'static>(
    manager: &mp::Manager,
    work: fn(mp::Manager) -> mp::Result<R>,
) -> mp::Result<R> {
    let (sender, receiver) = mpsc::channel();
    let asked = manager.clone();
    let working = std::thread::spawn(move || sender.send(work(asked)).unwrap());
    let outcome = receiver.recv_timeout(LATE.unwrap()).unwrap_or_else(|_| {
        manager.shutdown();
        panic!("the manager does not answer")
    });
    working.join().unwrap();
    outcome
}
