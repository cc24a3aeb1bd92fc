//! `fuzz`: programs that nobody wrote, explored in two ways, run on drivers and judged; what disagrees
//! is made as small as it goes and kept as a case file.
//!
//! What a program is put to is the business of `trial`, what is kept of it that of `corpus`.

mod corpus;
mod trial;

use std::time::{Duration, Instant};

use poolproof_case::StartMethod;
use poolproof_runner::Error;
use serde::Serialize;

use super::explore::names;
use crate::arguments::Fuzz;
use crate::failure::Outcome;
use crate::{drivers, interrupt, output};
use corpus::Corpus;
use trial::{Disagreement, Trials};

/// So many programs are tried where nobody says how many, or how long.
const PROGRAMS: u64 = 100;

/// So many programs are run side by side.
const BATCH: u64 = 16;

/// How often it is said how far it has come.
const SAY: Duration = Duration::from_secs(10);

/// The exit code where something disagrees.
const DISAGREES: i32 = 1;

/// What became of all programs.
#[derive(Debug, Default, Serialize)]
struct Told {
    /// The seed of the first program.
    seed: u64,
    /// The seed with which another run goes on.
    next: u64,
    programs: u64,
    /// Pairs of a program and a start method that were explored whole, in both ways.
    explored: u64,
    /// Those that had more states or outcomes than were looked at.
    too_large: u64,
    /// Those that the specification says nothing of, or that a start method lacks.
    outside: u64,
    /// Records of drivers that were judged.
    judged: u64,
    /// Records of which nothing could be said.
    inconclusive: u64,
    disagreements: Vec<Kept>,
    interrupted: bool,
    seconds: f64,
}

/// A disagreement and the file that shows it.
#[derive(Debug, Serialize)]
struct Kept {
    seed: u64,
    start_methods: Vec<StartMethod>,
    /// The driver; none where the specification disagrees with itself.
    driver: Option<String>,
    reason: String,
    file: String,
    statements: usize,
}

pub(crate) fn fuzz(arguments: &Fuzz) -> Outcome {
    let started = Instant::now();
    let corpus = Corpus::open(&arguments.corpus)?;
    let seed = match arguments.seed {
        Some(seed) => seed,
        None => corpus.next()?,
    };
    let workshop = drivers::workshop()?;
    let drivers = match arguments.no_drivers {
        true => Vec::new(),
        false => drivers::chosen(&arguments.implementations, &workshop)?.drivers,
    };
    // Whoever says how long means as many as there is time for.
    let most = arguments
        .programs
        .or(arguments.seconds.is_none().then_some(PROGRAMS));
    let trials = Trials::new(arguments, &workshop, &drivers);
    let mut told = Told {
        seed,
        next: seed,
        ..Told::default()
    };
    let mut said = Instant::now();
    loop {
        let left = most.map(|most| most - told.programs);
        let is_late = |most: u64| started.elapsed() >= Duration::from_secs(most);
        if left == Some(0) || arguments.seconds.is_some_and(is_late) || trials.is_stopped() {
            break;
        }
        let count = BATCH.min(left.unwrap_or(BATCH));
        let found = trials.run(told.next..told.next.saturating_add(count), &mut told)?;
        if trials.is_stopped() {
            // What was begun is done again when it is gone on with.
            break;
        }
        told.programs += count;
        told.next = told.next.saturating_add(count);
        for disagreement in found {
            let kept = keep(&corpus, &trials, disagreement)?;
            output::complain(&format!("{}: {}", kept.file, kept.reason));
            told.disagreements.push(kept);
        }
        // Who names a seed looks at one place, and loses none.
        if arguments.seed.is_none() {
            corpus.reached(told.next)?;
        }
        if said.elapsed() >= SAY {
            said = Instant::now();
            output::complain(&progress(&told, most, arguments.seconds, started.elapsed()));
        }
    }
    told.interrupted = trials.is_stopped();
    told.seconds = started.elapsed().as_secs_f64();
    if arguments.json {
        output::say_json(&told);
    } else {
        output::say_line(&summary(&told, arguments));
    }
    Ok(match told.interrupted {
        true => interrupt::EXIT,
        false if told.disagreements.is_empty() => 0,
        false => DISAGREES,
    })
}

/// Makes a disagreement as small as it goes, and a file of it.
fn keep(corpus: &Corpus, trials: &Trials<'_>, found: Disagreement) -> Result<Kept, Error> {
    let small = trials.shrink(found);
    let file = corpus.keep(&small)?;
    Ok(Kept {
        seed: small.seed,
        statements: small.statements(),
        start_methods: small.methods,
        driver: small.driver,
        reason: small.reason,
        file: file.display().to_string(),
    })
}

fn progress(told: &Told, most: Option<u64>, seconds: Option<u64>, elapsed: Duration) -> String {
    let many = match most {
        Some(most) => format!("{}/{most} programs", told.programs),
        None => format!("{} programs", told.programs),
    };
    let left = match (most, seconds) {
        (_, Some(most)) => Some(most.saturating_sub(elapsed.as_secs())),
        (Some(most), None) if told.programs > 0 => {
            let each = elapsed.as_secs_f64() / told.programs as f64;
            Some((each * (most - told.programs) as f64) as u64)
        }
        _ => None,
    };
    let left = left.map_or_else(String::new, |left| format!("  about {left} s left"));
    let wrong = told.disagreements.len();
    format!("{many}  {} judged  {wrong} disagree{left}", told.judged)
}

fn summary(told: &Told, arguments: &Fuzz) -> String {
    let wrong = told.disagreements.len();
    let first = match (wrong, told.judged, told.explored) {
        (0, 0, 0) => "Nothing could be compared.".to_owned(),
        (0, 0, explored) => {
            format!("No disagreement: the two ways of exploring agree on {explored} behaviours.")
        }
        (0, judged, explored) => format!(
            "No disagreement: {judged} judged conform, and the two ways of exploring agree on \
             {explored} behaviours."
        ),
        (1, ..) => "1 disagreement.".to_owned(),
        (many, ..) => format!("{many} disagreements."),
    };
    let mut text = format!(
        "{first}\n{} programs from the seeds {} to {} in {:.0} s; not looked at: {} too large, {} outside; \
         {} inconclusive\n",
        told.programs,
        told.seed,
        told.next.saturating_sub(1),
        told.seconds,
        told.too_large,
        told.outside,
        told.inconclusive,
    );
    for kept in &told.disagreements {
        let who = kept.driver.as_deref().unwrap_or("the specification itself");
        text += &format!(
            "\n{}  {who} under {}: {} statements\n  {}",
            kept.file,
            names(&kept.start_methods),
            kept.statements,
            kept.reason
        );
    }
    let corpus = arguments.corpus.display();
    let seed = match arguments.seed {
        Some(_) => format!(" --seed {}", told.next),
        None => String::new(),
    };
    text += &format!(
        "\nNext, go on from seed {}: poolproof fuzz --corpus {corpus}{seed}",
        told.next
    );
    text
}
