//! `results.parquet`: a row for every run of the plan, finished or not.

mod row;

use crate::{error::SweepError, manifest::SweepManifest, plan::SweepPlan, record::Recorded};
use egnn_schema::{
    FieldValue,
    columns::{Column, results as names},
    hash,
};
use egnn_store::table::{self, ColumnData, Table};
use row::Row;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// The file's name in the sweep's folder.
pub const FILE: &str = "results.parquet";
/// Key in its footer: the hash of what it was made from.
const INPUTS: &str = "inputs";

/// Columns in front of the configuration, and behind it: counts, the metrics, what the numbers depend on, and what
/// differs from one execution to the next.
const FRONT: [Column; 4] = [names::RUN, names::TASK, names::STATUS, names::REASON];
const COUNTS: [Column; 4] = [names::PARAMETERS, names::EPOCHS, names::STEPS, names::BEST_EPOCH];
const METRICS: [Column; 3] = [names::TEST_MSE, names::VALID_MSE, names::TRAIN_MSE];
const PROVENANCE: [Column; 5] =
    [names::DATASET_HASH, names::CONFIG_HASH, names::NUMERICS, names::BACKEND, names::THREADS];
const CIRCUMSTANCES: [Column; 9] = [
    names::SECONDS,
    names::PEAK_MEMORY,
    names::ATTEMPTS,
    names::VERSION,
    names::REVISION,
    names::HOST,
    names::CPU,
    names::STARTED,
    names::ENDED,
];

/// The table of a plan. `records` are in its order. Columns and rows have one order, whatever the order in which runs
/// ended. A field that has the name of a result (`epochs`) shares its column: the configured value stands there until
/// the run has its own.
pub fn table(manifest: &SweepManifest, records: &[Recorded]) -> Table {
    let rows: Vec<Row<'_>> =
        (0..manifest.runs.len()).map(|index| Row::new(manifest, index, records.get(index))).collect();
    let column = |(name, empty): (&str, Empty)| {
        let values: Vec<Option<FieldValue>> = rows.iter().map(|row| row.value(name)).collect();
        (name.to_owned(), typed(&values, empty))
    };
    Table {
        columns: order(manifest, &rows).into_iter().map(column).collect(),
        metadata: BTreeMap::from([
            ("pipeline".to_owned(), manifest.pipeline.clone()),
            ("profile".to_owned(), manifest.profile.clone()),
            ("title".to_owned(), manifest.title.clone()),
        ]),
    }
}

/// Writes the table of a plan, unless the file was made from the same records.
///
/// # Errors
/// If the file cannot be written.
pub fn write(plan: &SweepPlan, records: &[Recorded]) -> Result<PathBuf, SweepError> {
    let path = plan.folder.join(FILE);
    let inputs = inputs(&plan.manifest, records);
    if !is_of(&path, &inputs) {
        let mut table = table(&plan.manifest, records);
        table.metadata.insert(INPUTS.into(), inputs);
        table::write(&path, &table)?;
    }
    Ok(path)
}

/// Why [`write()`] would write, if it would.
pub fn outdated(plan: &SweepPlan, records: &[Recorded]) -> Option<String> {
    let path = plan.folder.join(FILE);
    if !path.exists() {
        return Some("it is not there yet".into());
    }
    (!is_of(&path, &inputs(&plan.manifest, records))).then(|| "it was made from other records".into())
}

fn is_of(path: &Path, inputs: &str) -> bool {
    // A file that cannot be read is written again.
    table::metadata(path).is_ok_and(|metadata| metadata.get(INPUTS).is_some_and(|made_from| made_from == inputs))
}

/// Hash of everything that the table is made from: the layout, the plan's words, each run's id (which stands for its
/// configuration and data) and what its record says.
fn inputs(manifest: &SweepManifest, records: &[Recorded]) -> String {
    let layout: Vec<&str> = [&FRONT[..], &COUNTS, &METRICS, &PROVENANCE, &CIRCUMSTANCES]
        .concat()
        .into_iter()
        .map(|column| column.name)
        .collect();
    let words = (env!("CARGO_PKG_VERSION"), layout, &manifest.pipeline, &manifest.profile, &manifest.title);
    let mut inputs = hash::of(&words);
    for (index, run) in manifest.runs.iter().enumerate() {
        let record = match records.get(index) {
            Some(Recorded::Finished(record)) => serde_json::to_vec(&(&record.outcome, &record.circumstances)),
            Some(Recorded::Failed(record)) => serde_json::to_vec(&(&record.outcome, &record.circumstances)),
            _ => Ok(Vec::new()),
        };
        // Chained, so that memory does not grow with the number of runs. Records were JSON, and so they can be again.
        let record = hash::bytes(&record.unwrap_or_default());
        inputs = hash::bytes(format!("{inputs} {} {record}", run.id).as_bytes());
    }
    inputs
}

/// Type of a column without any value: the one that it has as soon as there is one.
#[derive(Clone, Copy)]
enum Empty {
    Text,
    Int,
    Float,
}

/// The columns in order.
fn order<'a>(manifest: &'a SweepManifest, rows: &[Row<'a>]) -> Vec<(&'a str, Empty)> {
    let names = |columns: &[Column]| columns.iter().map(|column| column.name).collect::<Vec<&'static str>>();
    let front = names(&FRONT);
    let mut back: Vec<(&str, Empty)> = names(&COUNTS).into_iter().map(|name| (name, Empty::Int)).collect();
    back.extend(names(&METRICS).into_iter().map(|name| (name, Empty::Float)));
    let tail = names(&PROVENANCE).into_iter().chain(names(&CIRCUMSTANCES)).map(|name| (name, empty(name)));
    let tail: Vec<(&str, Empty)> = tail.collect();

    let mut seen: BTreeSet<&str> =
        front.iter().copied().chain(back.iter().chain(&tail).map(|&(name, _)| name)).collect();
    let config: BTreeSet<&str> = manifest.runs.iter().flat_map(|run| run.config.keys()).map(String::as_str).collect();
    let config: Vec<&str> = config.into_iter().filter(|name| seen.insert(name)).collect();
    let values = rows.iter().filter_map(Row::metrics).flat_map(|metrics| metrics.values.keys());
    let metrics: BTreeSet<&str> = values.map(String::as_str).collect();
    back.extend(metrics.into_iter().filter(|name| seen.insert(name)).map(|name| (name, Empty::Float)));

    let front = front.into_iter().map(|name| (name, Empty::Text));
    front.chain(config.into_iter().map(|name| (name, Empty::Text))).chain(back).chain(tail).collect()
}

fn empty(name: &str) -> Empty {
    let whole = [names::PEAK_MEMORY, names::ATTEMPTS, names::STARTED, names::ENDED];
    match name {
        name if name == names::SECONDS.name => Empty::Float,
        name if whole.iter().any(|column| column.name == name) => Empty::Int,
        _ => Empty::Text,
    }
}

/// The narrowest type that holds all values.
fn typed(values: &[Option<FieldValue>], empty: Empty) -> ColumnData {
    let all = |of: fn(&FieldValue) -> bool| values.iter().flatten().all(of);
    if values.iter().all(Option::is_none) {
        return match empty {
            Empty::Text => ColumnData::Text(vec![None; values.len()]),
            Empty::Int => ColumnData::I64(vec![None; values.len()]),
            Empty::Float => ColumnData::F64(vec![None; values.len()]),
        };
    }
    let values = values.iter().map(Option::as_ref);
    if all(|value| matches!(value, FieldValue::Bool(_))) {
        let value = |value: &FieldValue| matches!(value, FieldValue::Bool(true));
        return ColumnData::Bool(values.map(|cell| cell.map(value)).collect());
    }
    if all(|value| matches!(value, FieldValue::Int(_))) {
        let value = |value: &FieldValue| if let FieldValue::Int(value) = value { Some(*value) } else { None };
        return ColumnData::I64(values.map(|cell| cell.and_then(value)).collect());
    }
    if all(|value| matches!(value, FieldValue::Int(_) | FieldValue::Float(_))) {
        let value = |value: &FieldValue| match value {
            FieldValue::Int(value) => Some(*value as f64),
            FieldValue::Float(value) => Some(*value),
            _ => None,
        };
        return ColumnData::F64(values.map(|cell| cell.and_then(value)).collect());
    }
    ColumnData::Text(values.map(|cell| cell.map(ToString::to_string)).collect())
}
