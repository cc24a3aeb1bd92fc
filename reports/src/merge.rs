//! Joining run files: those of shards and machines become one, from which the runs can be told apart
//! again, so that whatever comes twice counts once.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::case_record::CaseRecord;
use crate::head::{Foot, Head, Joined};
use crate::record::{Record, VERSION};
use crate::run_file::{Error, RunFile, write};
use crate::verdict::worst_exit;

/// Joins run files of shards or machines: the first head with all of them, all records in the order
/// of one run, one foot if all had one. A run that comes twice counts once, also where one of the
/// files joins it with others already, and records say their system where there are several.
///
/// # Errors
/// When there is none to join.
pub fn merge(files: Vec<RunFile>) -> Result<RunFile, Error> {
    let mut runs: Vec<RunFile> = Vec::new();
    for file in files.into_iter().flat_map(apart) {
        let id = id(&file);
        match runs.iter_mut().find(|run| self::id(run) == id) {
            Some(run) => add(run, file),
            None => runs.push(file),
        }
    }
    match runs.len() {
        0 => Err(Error::new(1, "no run file to merge")),
        1 => Ok(runs.remove(0)),
        _ => Ok(joined(runs)),
    }
}

/// The shards that runs were made as and that are not there, as `2/4`: what is merged is not whole.
#[must_use]
pub fn missing_shards(file: &RunFile) -> Vec<String> {
    let heads = file.head.joined.iter().map(|one| one.head.as_ref());
    let shards: BTreeSet<(u32, u32)> = heads
        .chain([&file.head])
        .filter_map(|head| head.shard)
        .map(|(index, count)| (count, index))
        .collect();
    let counts: BTreeSet<u32> = shards.iter().map(|(count, _)| *count).collect();
    let all = counts
        .into_iter()
        .flat_map(|count| (1..=count).map(move |index| (count, index)));
    all.filter(|shard| !shards.contains(shard))
        .map(|(count, index)| format!("{index}/{count}"))
        .collect()
}

/// What tells a run from others; files of older versions do not say, and are told by all that they
/// hold.
fn id(run: &RunFile) -> String {
    if !run.head.id.is_empty() {
        return run.head.id.clone();
    }
    let mut hasher = DefaultHasher::new();
    write(run).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// The runs that a file joins.
fn apart(mut file: RunFile) -> Vec<RunFile> {
    if file.head.joined.is_empty() {
        return vec![file];
    }
    let mut runs: Vec<RunFile> = Vec::new();
    for Joined { head, foot } in std::mem::take(&mut file.head.joined) {
        let (own, others) = file
            .records
            .into_iter()
            .partition(|record| record.run == head.id);
        file.records = others;
        let cases = file.cases.clone();
        runs.push(RunFile {
            head: *head,
            cases,
            records: own,
            foot,
        });
    }
    runs
}

/// Adds what another file of the same run has: a killed run's has less.
fn add(run: &mut RunFile, file: RunFile) {
    let key = |record: &Record| {
        let (case, driver) = (record.case.clone(), record.driver.clone());
        (case, driver, record.start_method)
    };
    let known: BTreeSet<_> = run.records.iter().map(key).collect();
    let new = file.records.into_iter();
    run.records
        .extend(new.filter(|record| !known.contains(&key(record))));
    run.foot = run.foot.take().or(file.foot);
    add_cases(&mut run.cases, file.cases);
}

/// Several runs as one.
fn joined(mut runs: Vec<RunFile>) -> RunFile {
    for run in &mut runs {
        run.head.id = id(run);
        for record in &mut run.records {
            record.run.clone_from(&run.head.id);
        }
    }
    let systems: BTreeSet<String> = runs.iter().map(|run| run.head.system.clone()).collect();
    if systems.len() > 1 {
        runs.iter_mut().for_each(name_system);
    }
    let heads = runs.iter().map(|run| Joined {
        head: Box::new(run.head.clone()),
        foot: run.foot.clone(),
    });
    let mut merged = RunFile {
        head: Head {
            version: VERSION,
            shard: None,
            joined: heads.collect(),
            ..runs[0].head.clone()
        },
        foot: foot(&runs),
        ..RunFile::default()
    };
    for run in runs {
        merged.records.extend(run.records);
        add_cases(&mut merged.cases, run.cases);
    }
    merged.cases.sort_by(|one, other| one.id.cmp(&other.id));
    sort(&mut merged.records);
    merged
}

/// As one run has them: what is examined before what is measured, then by case and start method; the
/// drivers stand as they stood.
fn sort(records: &mut [Record]) {
    let measured: BTreeSet<String> = records
        .iter()
        .filter(|record| record.is_measured())
        .map(|record| record.case.clone())
        .collect();
    records.sort_by_cached_key(|record| {
        let is_measured = measured.contains(&record.case);
        (is_measured, record.case.clone(), record.start_method)
    });
}

/// One foot, if all have one.
fn foot(runs: &[RunFile]) -> Option<Foot> {
    let feet: Option<Vec<&Foot>> = runs.iter().map(|run| run.foot.as_ref()).collect();
    let feet = feet?;
    let records = runs.iter().flat_map(|run| &run.records);
    let cases: BTreeSet<&str> = records.map(|record| record.case.as_str()).collect();
    Some(Foot {
        cases: cases.len() as u64,
        runs: feet.iter().map(|foot| foot.runs).sum(),
        seconds: feet.iter().map(|foot| foot.seconds).sum(),
        exit: worst_exit(feet.iter().map(|foot| foot.exit)),
        // The one that cost most tells most.
        sampler: feet
            .iter()
            .filter_map(|foot| foot.sampler)
            .max_by(f64::total_cmp),
        not_made: feet.iter().map(|foot| foot.not_made).sum(),
    })
}

/// Adds the cases of another file; the same case of both becomes one.
fn add_cases(cases: &mut Vec<CaseRecord>, others: Vec<CaseRecord>) {
    for other in others {
        let is_it = |case: &&mut CaseRecord| case.id == other.id && case.hash == other.hash;
        match cases.iter_mut().find(is_it) {
            Some(case) => case.add(other),
            None => cases.push(other),
        }
    }
}

fn name_system(run: &mut RunFile) {
    for record in &mut run.records {
        if record.system.is_empty() {
            record.system.clone_from(&run.head.system);
        }
    }
}
