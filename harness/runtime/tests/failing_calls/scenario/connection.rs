//! Connections that carry handles between plain messages, one way and both ways.

use poolproof_runtime as mp;

use super::{Broken, Outcome, Use, same};

/// A number, and where a message has handles something that has the number, too.
type Message = (u32, Option<mp::RawValue<u32>>);

/// The bytes of a large message.
const LARGE: usize = 100_000;

pub(super) fn make(context: mp::Context) -> Outcome<Use> {
    let (receiver, sender) = context.one_way::<Message>()?;
    let (one, other) = context.pipe::<Message, Message>()?;
    let mut number = 0;
    Ok(Box::new(move || {
        let first = number;
        number += 10;
        let one_way = talk(
            context,
            first,
            |message| sender.send(message),
            || receiver.recv(),
        );
        let duplex = talk(context, first, |message| one.send(message), || other.recv());
        let back = talk(context, first, |message| other.send(message), || one.recv());
        let travelled = travel(context, first);
        let large = send_large(&one, &other);
        one_way.and(duplex).and(back).and(travelled).and(large)
    }))
}

/// Each message that is sent comes, or is an error, and none takes the place of another.
fn talk(
    context: mp::Context,
    first: u32,
    send: impl Fn(&Message) -> mp::Result<()>,
    receive: impl Fn() -> mp::Result<Message>,
) -> Outcome {
    let mut sent = Vec::new();
    let mut failed = Ok(());
    for number in first..first + 4 {
        let made = match number % 2 {
            0 => context.raw_value(number).map(Some),
            _ => Ok(None),
        };
        match made.and_then(|value| send(&(number, value))) {
            Ok(()) => sent.push(number),
            Err(error) => failed = Err(Broken::from(error)),
        }
    }
    for number in sent {
        match receive() {
            Ok((found, value)) => {
                same(found, number)?;
                same(
                    value.map(|value| value.get()),
                    (number % 2 == 0).then_some(number),
                )?;
            }
            Err(error) => failed = Err(Broken::from(error)),
        }
    }
    failed
}

/// A connection that has messages in it goes through another one, and these with it.
fn travel(context: mp::Context, first: u32) -> Outcome {
    let (near, far) = context.pipe::<mp::Receiver<Message>, mp::Receiver<Message>>()?;
    let (receiver, sender) = context.one_way::<Message>()?;
    for number in first..first + 3 {
        sender.send(&(number, Some(context.raw_value(number)?)))?;
    }
    // It reads ahead.
    same(receiver.recv()?.0, first)?;
    near.send(&receiver)?;
    let there = far.recv()?;
    for number in first + 1..first + 3 {
        let (found, value) = there.recv()?;
        same(
            (found, value.map(|value| value.get())),
            (number, Some(number)),
        )?;
    }
    Ok(())
}

/// A message for which there is no room goes in pieces.
fn send_large(
    one: &mp::Connection<Message, Message>,
    other: &mp::Connection<Message, Message>,
) -> Outcome {
    let bytes: Vec<u8> = (0..LARGE).map(|at| at as u8).collect();
    std::thread::scope(|scope| {
        let sent = scope.spawn(|| one.send_bytes(&bytes));
        let came = other.recv_bytes();
        sent.join().unwrap()?;
        same(came? == bytes, true)
    })
}
