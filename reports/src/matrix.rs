//! The matrix: how many cases of an area got which verdict, by driver and start method.
//!
//! This counts; the formats draw it.

use std::collections::{BTreeMap, BTreeSet};

use poolproof_case::StartMethod;

use crate::natural;
use crate::record::Record;
use crate::run_file::RunFile;
use crate::verdict::Verdict;

/// How many cases got each verdict.
pub(crate) type Cell = BTreeMap<Verdict, usize>;

/// A row: one area on one driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The area.
    pub(crate) area: String,
    /// The driver.
    pub(crate) driver: String,
    /// A cell for each of the matrix's start methods.
    pub(crate) cells: Vec<Cell>,
}

/// Areas and drivers by start methods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Matrix {
    /// The columns.
    pub(crate) methods: Vec<StartMethod>,
    /// The rows, by area and driver.
    pub(crate) rows: Vec<Row>,
}

/// Counts the verdicts of a run file.
pub(crate) fn matrix(file: &RunFile) -> Matrix {
    let used: BTreeSet<StartMethod> = file.records.iter().map(|r| r.start_method).collect();
    let methods: Vec<StartMethod> = used.into_iter().collect();
    let mut rows: BTreeMap<(&str, String), Vec<Cell>> = BTreeMap::new();
    for record in &file.records {
        let cells = rows
            .entry((record.area(), driver(record)))
            .or_insert_with(|| vec![Cell::new(); methods.len()]);
        let column = methods
            .iter()
            .position(|method| *method == record.start_method);
        let column = column.expect("the columns are the records' start methods");
        *cells[column].entry(record.verdict).or_default() += 1;
    }
    let mut rows: Vec<Row> = rows
        .into_iter()
        .map(|((area, driver), cells)| Row {
            area: area.to_owned(),
            driver,
            cells,
        })
        .collect();
    rows.sort_by_cached_key(|row| (row.area.clone(), natural::key(&row.driver)));
    Matrix { methods, rows }
}

/// The driver, with the beginning of its system's name where there are several.
pub(crate) fn driver(record: &Record) -> String {
    match record.system.split(',').next() {
        None | Some("") => record.driver.clone(),
        Some(system) => format!("{} on {system}", record.driver),
    }
}

/// The verdicts that stand anywhere in the matrix, in the order of reports.
pub(crate) fn used_verdicts(matrix: &Matrix) -> Vec<Verdict> {
    let cells = || matrix.rows.iter().flat_map(|row| &row.cells);
    Verdict::ALL
        .into_iter()
        .filter(|verdict| cells().any(|cell| cell.contains_key(verdict)))
        .collect()
}
