//! `bisect`: the first of several implementations, in their order, that answers otherwise than the first.

use poolproof_case::{Outcome as Shown, StartMethod};
use poolproof_report::{Record, Verdict, outcome_text, shown};
use poolproof_runner::{Driver, Error, Loaded, Workshop, load};

use super::probe::records;
use super::wanted::Wanted;
use crate::arguments::Bisect;
use crate::failure::Outcome;
use crate::{drivers, interrupt, output};

/// Of a longer outcome, only the beginning is shown.
const SHOWN_CHARS: usize = 200;

/// What one implementation shows of the case.
#[derive(Clone, Debug)]
struct Answer {
    /// Whether it shows what is asked for; none where it cannot be told.
    shows: Option<bool>,
    /// In words.
    words: String,
}

pub(crate) fn bisect(arguments: &Bisect) -> Outcome {
    let clauses = poolproof_spec::clauses::ids();
    let loaded = load::select_one(&arguments.case, &clauses)??;
    if loaded.case.is_measured() {
        let id = &loaded.case.id;
        let message = format!("`{id}` is measured; `poolproof compare` compares what was measured");
        return Err(Error::usage(message).into());
    }
    if arguments.implementations.is_all() {
        let message = "`--driver cpython` or several `--python` tell between which implementations";
        return Err(Error::usage(message).into());
    }
    let workshop = drivers::workshop()?;
    let drivers = drivers::chosen(&arguments.implementations, &workshop)?.drivers;
    let [_, .., _] = &drivers[..] else {
        let message = "two implementations at least are compared, the first with those after it";
        return Err(Error::usage(message).into());
    };
    let case = Case {
        loaded: of_methods(&loaded, &arguments.methods)?,
        workshop: &workshop,
        runs: arguments.runs,
        wanted: arguments
            .outcome
            .as_deref()
            .map(|lines| Wanted::read(lines, &[])),
    };
    let mut asked = Asked {
        case: &case,
        drivers: &drivers,
        answers: vec![None; drivers.len()],
        width: drivers.iter().map(|one| one.name.len()).max().unwrap_or(0),
    };
    let found = asked.search();
    if workshop.is_stopped() {
        return Ok(interrupt::EXIT);
    }
    let (before, after) = match found? {
        Some(found) => found,
        None => {
            let (first, last) = (&drivers[0].name, &drivers[drivers.len() - 1].name);
            let what = "show the same; name others, or an outcome with `--outcome`";
            return Err(Error::nothing(format!("{first} and {last} {what}")).into());
        }
    };
    let names = (&drivers[before].name, &drivers[after].name);
    output::say_line(&format!(
        "\n{} is the first that answers otherwise than {}.",
        names.1, drivers[0].name
    ));
    if after - before > 1 {
        output::say_line(&format!(
            "Between {} and {} nothing could be told.",
            names.0, names.1
        ));
    }
    Ok(0)
}

/// The case under these start methods alone.
fn of_methods(loaded: &Loaded, asked: &[StartMethod]) -> Result<Loaded, Error> {
    let mut loaded = loaded.clone();
    loaded
        .case
        .methods
        .retain(|method| asked.is_empty() || asked.contains(method));
    match loaded.case.methods.is_empty() {
        true => Err(Error::usage(format!(
            "`{}` does not exist under what `--start-method` names",
            loaded.case.id
        ))),
        false => Ok(loaded),
    }
}

struct Case<'a> {
    loaded: Loaded,
    workshop: &'a Workshop,
    runs: u64,
    wanted: Option<Wanted>,
}

impl Case<'_> {
    fn answer(&self, driver: &Driver) -> Result<Answer, Error> {
        let cases = std::slice::from_ref(&self.loaded);
        let records = records(
            self.workshop,
            cases,
            std::slice::from_ref(driver),
            self.runs,
        )?;
        Ok(self.told(&records))
    }

    fn told(&self, records: &[Record]) -> Answer {
        let is_meant = |outcome: &Shown, is_allowed: bool| match &self.wanted {
            Some(wanted) => wanted.is(outcome),
            None => !is_allowed,
        };
        let mut shown_first = None;
        let (mut count, mut runs) = (0, 0);
        for record in records {
            for seen in &record.observations {
                let outcome = seen.outcome();
                let is_left = self.wanted.is_none() && !seen.leaked.is_empty();
                if is_meant(&outcome, seen.allowed) || is_left {
                    count += seen.count;
                    shown_first.get_or_insert((outcome, record.start_method));
                }
            }
            runs += record.runs;
        }
        if let Some((outcome, method)) = shown_first {
            let outcome = shown(&outcome_text(&outcome), SHOWN_CHARS);
            return Answer {
                shows: Some(true),
                words: format!("{count} of {runs} runs show it: {outcome} (under {method})"),
            };
        }
        let mut judged = records.iter().filter(|record| record.verdict.is_judged());
        if judged.next().is_some() {
            let what = match self.wanted {
                Some(_) => "shows it",
                None => "shows what is forbidden",
            };
            return Answer {
                shows: Some(false),
                words: format!("none of {runs} runs {what}"),
            };
        }
        let first = records.first();
        let verdict = first.map_or(Verdict::Unsupported, |record| record.verdict);
        let reason = first.and_then(|record| record.reason.as_deref());
        Answer {
            shows: None,
            words: format!("{verdict}: {}", reason.unwrap_or("it was not run")),
        }
    }
}

/// The implementations in their order, and what those answered that were asked.
struct Asked<'a> {
    case: &'a Case<'a>,
    drivers: &'a [Driver],
    answers: Vec<Option<Answer>>,
    width: usize,
}

impl Asked<'_> {
    /// The last that answers as the first does, and the first after it that does not; none where the
    /// last answers as the first.
    fn search(&mut self) -> Result<Option<(usize, usize)>, Error> {
        let last = self.drivers.len() - 1;
        let (Some(first), Some(end)) = (self.ask(0)?, self.ask(last)?) else {
            return Err(Error::nothing(
                "the first and the last must answer, and one of them cannot be judged",
            ));
        };
        if first == end {
            return Ok(None);
        }
        let (mut before, mut after) = (0, last);
        while let Some(middle) = self.middle(before, after)? {
            match self.answers[middle].as_ref().and_then(|one| one.shows) {
                Some(shows) if shows == first => before = middle,
                _ => after = middle,
            }
        }
        Ok(Some((before, after)))
    }

    /// One between the two that can be judged, as near to their middle as there is.
    fn middle(&mut self, before: usize, after: usize) -> Result<Option<usize>, Error> {
        let middle = usize::midpoint(before, after);
        let mut between: Vec<usize> = (before + 1..after).collect();
        between.sort_by_key(|place| place.abs_diff(middle));
        for place in between {
            if self.ask(place)?.is_some() {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    fn ask(&mut self, place: usize) -> Result<Option<bool>, Error> {
        if let Some(answer) = &self.answers[place] {
            return Ok(answer.shows);
        }
        let driver = &self.drivers[place];
        let answer = self.case.answer(driver)?;
        if self.case.workshop.is_stopped() {
            return Err(Error::nothing("interrupted"));
        }
        let (name, width) = (&driver.name, self.width);
        output::say_line(&format!("{name:width$}  {}", answer.words));
        Ok(self.answers[place].insert(answer).shows)
    }
}
