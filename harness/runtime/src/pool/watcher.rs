//! The thread that watches a pool's workers: it sees who has ended, and sends large arguments and
//! handles to those who ask.

use std::sync::Arc;

use poolproof_sys::channel::Channel;
use poolproof_sys::handle::Handle;
use poolproof_sys::pipe;

use super::feed::lock;
use super::office::Office;
use crate::fork_gate;

/// Runs until the pool's own thread has ended; `wake` is readable when there is something to see.
pub(super) fn run(office: &Arc<Office>, wake: &Handle) {
    loop {
        if office.is_handler_done() {
            break;
        }
        let channels = office.crew.channels();
        let mut handles = vec![wake];
        handles.extend(channels.iter().map(|(_, channel)| channel.handle()));
        let Ok(ready) = fork_gate::outside(|| pipe::wait_any(&handles, None)) else {
            continue;
        };
        if ready[0] {
            // What was written says only that something has changed.
            let _ = pipe::read(wake, &mut [0; 64]);
        }
        for ((place, channel), _) in channels
            .iter()
            .zip(&ready[1..])
            .filter(|(_, ready)| **ready)
        {
            if !answer(office, channel) {
                office.crew.is_gone(*place);
                office.poke();
            }
        }
    }
    office.set_over();
}

/// Answers a worker's request; false when the worker is gone.
fn answer(office: &Office, channel: &Channel) -> bool {
    let Ok(Some((request, _))) = channel.receive() else {
        return false;
    };
    let mut id = [0; 8];
    let length = request.len().min(8);
    id[..length].copy_from_slice(&request[..length]);
    let asked = lock(&office.pendings).take_request(u64::from_le_bytes(id));
    // Nothing for a task that was given up in the meantime: its result is not wanted either.
    let (bytes, handles) = asked.unwrap_or_default();
    channel.send(&bytes, &handles).is_ok()
}
