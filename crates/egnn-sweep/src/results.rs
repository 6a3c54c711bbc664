//! `results.parquet`: a row for every run of the plan, finished or not.

mod layout;
mod row;

use crate::{end::End, error::SweepError, manifest::SweepManifest, plan::SweepPlan};
use egnn_schema::{
    columns::{Column, results as names},
    hash,
};
use egnn_store::table::{self, Table};
use layout::Layout;
use row::Row;
use std::{
    collections::BTreeMap,
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
const CIRCUMSTANCES: [Column; 10] = [
    names::SECONDS,
    names::FORWARD_SECONDS,
    names::PEAK_MEMORY,
    names::ATTEMPTS,
    names::VERSION,
    names::REVISION,
    names::HOST,
    names::CPU,
    names::STARTED,
    names::ENDED,
];

/// Rows of a row group. No more of them are in memory.
const ROWS: usize = 1000;

/// Writes the table of a plan, unless the file was made from the same records. `ends` are those of the plan. Columns and rows
/// have one order, whatever the order in which runs ended. A field that has the name of a result (`epochs`) shares its column:
/// the configured value stands there until the run has its own.
///
/// # Errors
/// If a record cannot be read or the file cannot be written.
pub fn write(plan: &SweepPlan, ends: &[End]) -> Result<PathBuf, SweepError> {
    write_as(FILE, plan, ends)
}

/// The same as another file of the sweep's folder, for whoever only looks on.
///
/// # Errors
/// Those of [`write()`].
pub fn write_as(name: &str, plan: &SweepPlan, ends: &[End]) -> Result<PathBuf, SweepError> {
    let path = plan.folder.join(name);
    let inputs = inputs(&plan.manifest, ends);
    if !is_of(&path, &inputs) {
        let manifest = &plan.manifest;
        let layout = Layout::of(plan, ends)?;
        let shape = Table {
            metadata: BTreeMap::from([
                ("pipeline".to_owned(), manifest.pipeline.clone()),
                ("profile".to_owned(), manifest.profile.clone()),
                ("title".to_owned(), manifest.title.clone()),
                (INPUTS.to_owned(), inputs),
            ]),
            ..layout.table(&[])
        };
        let parts = manifest.runs.chunks(ROWS).map(|runs| {
            let rows = runs.iter().map(|run| Row::read(plan, run, ends)).collect::<Result<Vec<_>, _>>()?;
            Ok::<_, SweepError>(layout.table(&rows))
        });
        table::write_parts(&path, &shape, parts)?;
    }
    Ok(path)
}

/// Why [`write()`] would write, if it would.
pub fn outdated(plan: &SweepPlan, ends: &[End]) -> Option<String> {
    let path = plan.folder.join(FILE);
    if !path.exists() {
        return Some("it is not there yet".into());
    }
    (!is_of(&path, &inputs(&plan.manifest, ends))).then(|| "it was made from other records".into())
}

fn is_of(path: &Path, inputs: &str) -> bool {
    // A file that cannot be read is written again.
    table::metadata(path).is_ok_and(|metadata| metadata.get(INPUTS).is_some_and(|made_from| made_from == inputs))
}

/// Hash of everything that the table is made from: the layout, the plan's words, each run's id (which stands for its
/// configuration and data) and what its record says.
fn inputs(manifest: &SweepManifest, ends: &[End]) -> String {
    let layout: Vec<&str> = [&FRONT[..], &COUNTS, &METRICS, &PROVENANCE, &CIRCUMSTANCES]
        .concat()
        .into_iter()
        .map(|column| column.name)
        .collect();
    let words = (env!("CARGO_PKG_VERSION"), layout, &manifest.pipeline, &manifest.profile, &manifest.title);
    let none = hash::bytes(&[]);
    // Chained, so that memory does not grow with the number of runs.
    manifest.runs.iter().enumerate().fold(hash::of(&words), |inputs, (index, run)| {
        let record = ends.get(index).and_then(End::record).unwrap_or(&none);
        hash::bytes(format!("{inputs} {} {record}", run.id).as_bytes())
    })
}
