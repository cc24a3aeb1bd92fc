//! The thread that watches a pool's workers: it sees who has ended, sends large arguments and
//! handles to those who ask, and takes results that have handles.

use std::sync::Arc;

use poolproof_sys::channel::Channel;
use poolproof_sys::handle::Handle;
use poolproof_sys::pipe::{self, HANDLES_MAX};
use poolproof_sys::refused;

use super::office::{Office, Parcel};
use super::task::RETURNED_PARTS;
use crate::fork_gate;
use crate::locked::lock;

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
                office.poke_after_death();
            }
        }
    }
    office.set_over();
}

/// Answers a worker's request, or takes its result; false when the worker is gone.
fn answer(office: &Office, channel: &Channel) -> bool {
    let Ok(Some(received)) = channel.receive_some() else {
        return false;
    };
    let message = received.message;
    let mut id = [0; 8];
    let (named, bytes) = message.split_at(message.len().min(8));
    id[..named.len()].copy_from_slice(named);
    let id = u64::from_le_bytes(id);
    if received.sent > 0 {
        let Some((kind, bytes)) = bytes.split_first() else {
            return false;
        };
        // The pool's own thread hands it out, as it does all others.
        lock(&office.parcels).push(Parcel {
            id,
            bytes: bytes.to_vec(),
            handles: Some(received.handles).filter(|handles| handles.len() == received.sent),
            are_parts: i32::from(*kind) == RETURNED_PARTS,
        });
        office.poke();
        return true;
    }
    let asked = lock(&office.pendings).take_request(id);
    let Some((bytes, handles)) = asked else {
        // Its result is not wanted either.
        return refuse(channel, "the task was given up");
    };
    match channel.send(&bytes, &handles) {
        Ok(()) => true,
        // No other error leaves a whole message unsent.
        Err(error) if refused::may_pass(&error) && handles.len() <= HANDLES_MAX => {
            refuse(channel, &error.to_string())
        }
        Err(_) => false,
    }
}

/// Tells a worker why it gets no arguments: after an empty message, which no arguments are.
fn refuse(channel: &Channel, why: &str) -> bool {
    let told = channel.send(&[], &[]);
    told.and_then(|()| channel.send(why.as_bytes(), &[]))
        .is_ok()
}
