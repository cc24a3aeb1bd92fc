//! What a bench is: what is measured, where, by whom, and what is to be reached.

use super::Outcome;
use super::place::Place;

/// One measurement by one subject: a figure for each of the bench's.
pub(crate) type Measurement = fn(Place) -> Outcome<Vec<f64>>;

/// The subject that everything is held against.
pub(crate) const LIMIT: &str = "limit";
/// The library that is measured.
pub(crate) const OURS: &str = "ours";
/// Python's own.
pub(crate) const CPYTHON: &str = "cpython";

/// One job that several subjects do, each in its own way.
pub(crate) struct Bench {
    /// Its name, by which it is asked for.
    pub(crate) name: &'static str,
    /// What is done, in one line.
    pub(crate) what: &'static str,
    /// On which processors.
    pub(crate) place: Place,
    /// What comes out.
    pub(crate) figures: Vec<Figure>,
    /// Who does it.
    pub(crate) subjects: Vec<Subject>,
    /// At most so many rounds, where one is long or says it all.
    pub(crate) rounds_max: u32,
}

/// One number that a bench measures.
pub(crate) struct Figure {
    /// Empty where the bench has only this one.
    pub(crate) name: &'static str,
    /// What it counts.
    pub(crate) unit: &'static str,
    /// What is to be reached.
    pub(crate) targets: Vec<Target>,
}

/// A bound that the median of ours is held against.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    /// The median of this subject is 1; none where the figure itself is bounded.
    pub(crate) against: Option<&'static str>,
    /// What it must be.
    pub(crate) bound: Bound,
}

/// Which side of a number is good.
#[derive(Clone, Copy)]
pub(crate) enum Bound {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
    /// Any: what is asked is that there is one.
    Ends,
}

/// One who does a bench's job.
pub(crate) struct Subject {
    /// Its name.
    pub(crate) name: &'static str,
    /// How it does it.
    pub(crate) how: How,
}

/// Where a subject's code is.
#[derive(Clone, Copy)]
pub(crate) enum How {
    /// In this program.
    Here(Measurement),
    /// In a function of that name in the Python files.
    Python(&'static str),
}

impl Bench {
    /// A bench with one figure, no subject, and nothing to reach.
    pub(crate) fn new(name: &'static str, unit: &'static str, what: &'static str) -> Bench {
        Bench {
            name,
            what,
            place: Place::Free,
            figures: vec![Figure {
                name: "",
                unit,
                targets: Vec::new(),
            }],
            subjects: Vec::new(),
            rounds_max: u32::MAX,
        }
    }

    /// On these processors.
    pub(crate) fn on(mut self, place: Place) -> Bench {
        self.place = place;
        self
    }

    /// In at most so many rounds.
    pub(crate) fn rounds_max(mut self, rounds: u32) -> Bench {
        self.rounds_max = rounds;
        self
    }

    /// With several figures, each with its name and its unit, in place of the one.
    pub(crate) fn figures(mut self, figures: &[(&'static str, &'static str)]) -> Bench {
        let figure = |(name, unit): &(&'static str, &'static str)| Figure {
            name,
            unit,
            targets: Vec::new(),
        };
        self.figures = figures.iter().map(figure).collect();
        self
    }

    /// Done by a function here.
    pub(crate) fn by(mut self, name: &'static str, measurement: Measurement) -> Bench {
        let how = How::Here(measurement);
        self.subjects.push(Subject { name, how });
        self
    }

    /// Done by a function of the Python files.
    pub(crate) fn by_python(mut self, function: &'static str) -> Bench {
        let how = How::Python(function);
        self.subjects.push(Subject { name: CPYTHON, how });
        self
    }

    /// Ours is to take at most so many times what another takes, in every figure.
    pub(crate) fn at_most(self, factor: f64, against: &'static str) -> Bench {
        self.target(Bound::AtMost(factor), Some(against))
    }

    /// Ours is to reach at least so many times what another reaches, in every figure.
    pub(crate) fn at_least(self, factor: f64, against: &'static str) -> Bench {
        self.target(Bound::AtLeast(factor), Some(against))
    }

    /// Ours is to be at most this, a bound for each figure.
    pub(crate) fn no_more_than_each(mut self, bounds: &[f64]) -> Bench {
        for (figure, bound) in self.figures.iter_mut().zip(bounds) {
            figure.targets.push(Target {
                against: None,
                bound: Bound::AtMost(*bound),
            });
        }
        self
    }

    /// Ours is to end.
    pub(crate) fn ends(self) -> Bench {
        self.target(Bound::Ends, None)
    }

    fn target(mut self, bound: Bound, against: Option<&'static str>) -> Bench {
        for figure in &mut self.figures {
            figure.targets.push(Target { against, bound });
        }
        self
    }

    /// The subject of that name.
    pub(crate) fn subject(&self, name: &str) -> Option<&Subject> {
        self.subjects.iter().find(|subject| subject.name == name)
    }
}
