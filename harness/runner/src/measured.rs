//! What a run has measured: the times that its program tells, and its memory where it asks for that.

use std::collections::BTreeMap;

use poolproof_case::Unit;
use poolproof_sys::tree::Tree;

use crate::control::{Control, Word};
use crate::figures::Samples;
use crate::sampler::figures;

/// Figures by label, and the first that was wrong with what was told.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Measured {
    pub(crate) labels: BTreeMap<String, Samples>,
    pub(crate) mistake: Option<String>,
}

impl Measured {
    /// Deals with all that has been told by now.
    pub(crate) fn hear(&mut self, control: &Control, tree: &Tree) {
        while let Some(heard) = control.next() {
            match &heard.word {
                Ok(Word::Measure {
                    measure,
                    nanoseconds,
                }) => {
                    #[expect(clippy::cast_precision_loss, reason = "2^53 ns are a hundred days")]
                    let times = nanoseconds.iter().map(|time| *time as f64);
                    self.note(measure, Unit::Nanoseconds, times);
                }
                Ok(Word::Sample { sample }) => match memory(tree) {
                    Some(bytes) => self.note(sample, Unit::Bytes, [bytes]),
                    None => self.wrong("the memory of its processes cannot be looked at here"),
                },
                Err(mistake) => self.wrong(&format!("what it told is wrong: {mistake}")),
            }
            heard.answer();
        }
    }

    fn note(&mut self, label: &str, unit: Unit, numbers: impl IntoIterator<Item = f64>) {
        let samples = self.labels.entry(label.to_owned()).or_insert(Samples {
            unit,
            numbers: Vec::new(),
        });
        samples.numbers.extend(numbers);
    }

    fn wrong(&mut self, mistake: &str) {
        self.mistake.get_or_insert(mistake.to_owned());
    }
}

/// The memory of all processes, while none of them moves: their shares of what is in no file where
/// the system tells these, since what a copy shares with its original is no one's alone, and what
/// they share with programs of others is not theirs.
#[expect(
    clippy::cast_precision_loss,
    reason = "2^53 bytes are more than there are"
)]
fn memory(tree: &Tree) -> Option<f64> {
    let _held = tree.hold();
    let sum = figures(&tree.pids()).sum;
    sum.anonymous.or(sum.private).map(|bytes| bytes as f64)
}
