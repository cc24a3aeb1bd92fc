//! How much memory each memory case takes on the reference runtime, as committed bands that are read
//! in review.
//!
//! A band goes from one power of two or one halfway between two (by ratio) to the next. A figure that
//! lies a little outside of the band that is committed stays in it, so that no run flickers, and so
//! little that a doubling never does.
//! `INSTA_UPDATE=always cargo test -p poolproof --test it memory::` writes them anew.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use poolproof_report::{Record, Verdict};

use crate::poolproof::{Folder, HELLO, text};

/// How far outside of its band a figure stays in it. Of a band and twice this, the upper end is less
/// than twice the lower one.
const TOLERANCE: f64 = 1.15;

/// From one band to the next.
const STEP: f64 = std::f64::consts::SQRT_2;

/// A committed band, by start method and label: its number.
type Bands = BTreeMap<String, i32>;

fn folder() -> PathBuf {
    let system = std::env::consts::OS;
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join(format!("../../reports/snapshots/memory-{system}"))
}

/// The band that a figure lies in: band `n` begins at √2ⁿ bytes.
#[expect(
    clippy::cast_possible_truncation,
    reason = "memory has less than 2^64 bytes"
)]
fn band(bytes: f64) -> i32 {
    (bytes.log(STEP) + 1e-9).floor() as i32
}

/// Whether a figure stays in a band.
fn stays(bytes: f64, band: i32) -> bool {
    let low = STEP.powi(band);
    (low / TOLERANCE..=low * STEP * TOLERANCE).contains(&bytes)
}

/// The bands of a case, `known` kept where they may be.
fn bands(records: &[&Record], known: &Bands) -> Bands {
    let mut bands = Bands::new();
    for record in records {
        for figure in &record.figures {
            let method = record.start_method.name();
            let contender = figure.contender.as_deref().map(|name| format!("{name}/"));
            let label = format!("{method} {}{}", contender.unwrap_or_default(), figure.label);
            let bytes = figure.median.value;
            let kept = known.get(&label).copied();
            let kept = kept.filter(|known| stays(bytes, *known));
            bands.insert(label, kept.unwrap_or_else(|| band(bytes)));
        }
    }
    bands
}

/// As a snapshot has them: a band, its ends and what lies in it, a line each.
fn written(bands: &Bands) -> String {
    let line = |(label, band): (&String, &i32)| {
        let [low, high] = [*band, band + 1].map(|end| amount(STEP.powi(end)));
        format!("{band:3}  {low:>9} to {high:>9}  {label}\n")
    };
    bands.iter().map(line).collect()
}

fn amount(bytes: f64) -> String {
    match bytes / 1024.0 {
        kibi if kibi < 1000.0 => format!("{kibi:.0} KiB"),
        kibi => format!("{:.1} MiB", kibi / 1024.0),
    }
}

/// Reads what `written` writes, after the head of a snapshot's file.
fn read(snapshot: &str) -> Bands {
    let line = |line: &str| {
        let (band, rest) = line.trim_start().split_once("  ")?;
        let (_, label) = rest.trim_start().split_once("iB  ")?;
        Some((label.to_owned(), band.parse().ok()?))
    };
    snapshot.lines().filter_map(line).collect()
}

fn committed(folder: &Path, name: &str) -> Bands {
    let text = std::fs::read_to_string(folder.join(format!("{name}.snap")));
    read(&text.unwrap_or_default())
}

#[test]
fn each_memory_case_takes_what_its_snapshot_says() {
    let place = Folder::with(&HELLO);
    let cases = concat!(env!("CARGO_MANIFEST_DIR"), "/../../cases/memory");
    let mut arguments = vec!["run".to_owned()];
    for entry in std::fs::read_dir(cases).unwrap() {
        arguments.push(entry.unwrap().path().display().to_string());
    }
    arguments.extend(
        "--driver reference --runs 2 --out out"
            .split(' ')
            .map(str::to_owned),
    );
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let output = place.run(&arguments);
    let records = place.records();
    assert!(!records.is_empty(), "{}", text(&output.stderr));
    let mut by_case: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    for record in &records {
        by_case.entry(&record.case).or_default().push(record);
    }
    for (case, records) in by_case {
        // Windows copies no process.
        if records
            .iter()
            .all(|record| record.verdict == Verdict::Unsupported)
        {
            continue;
        }
        let name = case.rsplit_once('/').map_or(case, |(_, name)| name);
        let bands = bands(&records, &committed(&folder(), name));
        let reasons = records.iter().filter_map(|record| record.reason.as_deref());
        assert!(
            !bands.is_empty(),
            "{case}: {:?}",
            reasons.collect::<Vec<_>>()
        );
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(folder());
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name, written(&bands)));
    }
}

#[test]
fn a_figure_near_the_edge_of_its_band_stays_and_a_doubled_one_never_does() {
    for bytes in [4096.0, 5000.0, 65536.0, 1e6, 1.4142e6, 3e7] {
        let band = band(bytes);
        assert!(
            stays(bytes * 1.14, band) && stays(bytes / 1.14, band),
            "{bytes}"
        );
        for seen in [bytes / TOLERANCE, bytes, bytes * 1.1] {
            let known = self::band(seen);
            assert!(
                !stays(seen * 2.0, known) && !stays(seen / 2.0, known),
                "{seen}"
            );
        }
    }
}

#[test]
fn bands_are_read_as_they_are_written() {
    let bands: Bands = [
        ("fork two/before".to_owned(), 37),
        ("spawn calls".to_owned(), 41),
    ]
    .into();
    assert_eq!(read(&written(&bands)), bands);
}
