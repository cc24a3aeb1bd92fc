//! How a connection goes to another process inside a message: its handles, what it has read ahead,
//! and the numbers of its next messages where these have MACs.

use std::sync::Arc;

use poolproof_sys::group::Group;
use poolproof_sys::handle::Handle;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::reader::Reader;
use super::sealing::Sealing;
use super::writer::Writer;
use super::{Carrier, Connection};
use crate::auth::seal::Seal;
use crate::error::{Error, Kind};
use crate::transfer;

#[derive(Serialize, Deserialize)]
struct Traveller {
    way: Way,
    stream: Sent,
    side: Option<Sent>,
    ahead: Vec<u8>,
    ahead_groups: Vec<SentGroup>,
    /// What goes with what is received, and with what is sent.
    seals: Option<(Seal, Seal)>,
}

/// Handles that were read ahead, and whether they are all that were sent.
#[derive(Serialize, Deserialize)]
struct SentGroup(Vec<Sent>, bool);

impl SentGroup {
    fn new(group: Group) -> SentGroup {
        let handles = group.handles.into_iter().map(Sent).collect();
        SentGroup(handles, group.is_whole)
    }

    fn group(self) -> Group {
        Group {
            handles: self.0.into_iter().map(|Sent(handle)| handle).collect(),
            is_whole: self.1,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Way {
    Both,
    Remote,
    Receiving,
    Sending,
}

#[derive(Serialize, Deserialize)]
struct Sent(#[serde(with = "crate::transfer::handle")] Handle);

fn closed<E: serde::ser::Error>() -> E {
    transfer::not_sent(Error::new(Kind::Closed, "send a connection"))
}

fn duplicate<E: serde::ser::Error>(handle: &Handle) -> Result<Sent, E> {
    transfer::duplicate(handle).map(Sent)
}

impl<S, R> Serialize for Connection<S, R> {
    fn serialize<T: Serializer>(&self, serializer: T) -> Result<T::Ok, T::Error> {
        use serde::ser::Error;
        if self.is_closed() {
            return Err(closed());
        }
        let reader = self.reader.as_ref().map(|half| half.lock());
        let mut reader = reader.transpose().map_err(T::Error::custom)?;
        let writer = self.writer.as_ref().map(|half| half.lock());
        let mut writer = writer.transpose().map_err(T::Error::custom)?;
        let of_reader = reader.as_ref().and_then(|reader| reader.carrier.clone());
        let of_writer = writer.as_ref().and_then(|writer| writer.carrier.clone());
        let is_receiving = of_reader.is_some();
        let carrier = of_reader.or(of_writer);
        let carrier = carrier.ok_or_else(closed)?;
        let way = match &carrier {
            Carrier::Duplex(_) => Way::Both,
            Carrier::Remote(_) => Way::Remote,
            Carrier::OneWay(..) if is_receiving => Way::Receiving,
            Carrier::OneWay(..) => Way::Sending,
        };
        let side = match &carrier {
            Carrier::OneWay(_, side) => Some(duplicate(side)?),
            _ => None,
        };
        let stream = duplicate(carrier.stream())?;
        let seals = match (&mut reader, &mut writer) {
            (Some(reader), Some(writer)) => seals(reader, writer).map_err(T::Error::custom)?,
            _ => None,
        };
        let (ahead, groups) = match &mut reader {
            Some(reader) => reader.take_ahead(),
            None => Default::default(),
        };
        if let (Some(_), Some(reader), Some(writer)) = (&seals, &mut reader, &mut writer) {
            // The next messages have the numbers that are known where it goes.
            reader.sealing = Sealing::Elsewhere;
            writer.sealing = Sealing::Elsewhere;
        }
        drop((reader, writer));
        let traveller = Traveller {
            way,
            stream,
            side,
            ahead,
            ahead_groups: groups.into_iter().map(SentGroup::new).collect(),
            seals,
        };
        let outcome = traveller.serialize(serializer);
        match (&outcome, self.back(traveller)) {
            (Ok(_), back) => transfer::if_refused(back),
            (Err(_), back) => back(),
        }
        outcome
    }
}

/// What goes with what is received, and with what is sent.
fn seals(reader: &mut Reader, writer: &mut Writer) -> crate::error::Result<Option<(Seal, Seal)>> {
    let receiving = reader.sealing.get()?.cloned();
    Ok(receiving.zip(writer.sealing.get()?.cloned()))
}

impl<S, R> Connection<S, R> {
    /// What was read ahead, and the numbers of the next messages, go with the message; this is how
    /// they come back when it is refused.
    fn back(&self, traveller: Traveller) -> impl FnOnce() + 'static {
        let (reader, writer) = (self.reader.clone(), self.writer.clone());
        let Traveller {
            ahead,
            ahead_groups,
            seals,
            ..
        } = traveller;
        let (receiving, sending) = seals.unzip();
        let groups = ahead_groups.into_iter().map(SentGroup::group);
        let groups: Vec<_> = groups.collect();
        move || {
            // Who sends it has just had it, and no copy was made since.
            let reader = reader.as_ref().and_then(|half| half.lock().ok());
            if let Some(mut reader) = reader {
                if !ahead.is_empty() || !groups.is_empty() {
                    reader.put_ahead(&ahead, groups);
                }
                if receiving.is_some() {
                    reader.sealing = Sealing::new(receiving);
                }
            }
            let writer = writer.as_ref().and_then(|half| half.lock().ok());
            if let (Some(mut writer), Some(_)) = (writer, &sending) {
                writer.sealing = Sealing::new(sending);
            }
        }
    }
}

impl<'de, S, R> Deserialize<'de> for Connection<S, R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let traveller = Traveller::deserialize(deserializer)?;
        let Traveller {
            way,
            stream: Sent(stream),
            side,
            ahead,
            ahead_groups,
            seals,
        } = traveller;
        let (receiving, sending) = seals.unzip();
        let stream = Arc::new(stream);
        let carrier = match (way, side) {
            (Way::Both, None) => Carrier::Duplex(stream),
            (Way::Remote, None) => Carrier::Remote(stream),
            (Way::Receiving | Way::Sending, Some(Sent(side))) => {
                Carrier::OneWay(stream, Arc::new(side))
            }
            _ => {
                return Err(D::Error::custom(
                    "a connection with the wrong number of handles",
                ));
            }
        };
        let writer = (way != Way::Receiving).then(|| Writer::new(carrier.clone(), sending));
        let reader = (way != Way::Sending).then(|| {
            let mut reader = Reader::new(carrier, receiving);
            let groups = ahead_groups.into_iter().map(SentGroup::group);
            reader.put_ahead(&ahead, groups.collect());
            reader
        });
        Ok(Connection::from_parts(reader, writer))
    }
}
