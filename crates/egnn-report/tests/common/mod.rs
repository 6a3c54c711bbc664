//! Fabricated `results.parquet` files.

#![allow(dead_code, reason = "not every test file uses all of it")]

mod columns;

use columns::{real, text, whole};
use egnn_store::table::{Table, write};
use std::{collections::BTreeMap, path::Path};

/// A row of a results file.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) model: &'static str,
    pub(crate) samples: i64,
    pub(crate) seed: i64,
    pub(crate) status: &'static str,
    pub(crate) reason: Option<&'static str>,
    pub(crate) mse: Option<f64>,
    pub(crate) learning_rate: f64,
    pub(crate) epochs: i64,
    pub(crate) steps: i64,
    /// Median and 95th percentile of the trajectories' errors, and the time of a forward pass: not in older records.
    pub(crate) beside: Option<[f64; 3]>,
}

/// A run of an older version.
pub(crate) fn finished(model: &'static str, samples: i64, seed: i64, mse: f64) -> Row {
    let epochs = 150_000 / samples;
    Row {
        model,
        samples,
        seed,
        status: "finished",
        reason: None,
        mse: Some(mse),
        learning_rate: 5e-4,
        epochs,
        steps: 1500,
        beside: None,
    }
}

/// The same with all that is measured now.
pub(crate) fn measured(model: &'static str, seed: i64, mse: f64) -> Row {
    let beside = [mse / 9.0, mse * 4.2, 0.003 + 1e-4 * seed as f64];
    Row { beside: Some(beside), ..finished(model, 3000, seed, mse) }
}

/// Figure 2 in small: three models, two sizes, three seeds; GNN beats Radial Field at 1,600, against the paper.
pub(crate) fn sweep() -> Vec<Row> {
    let means = [
        ("egnn", 100, 0.031),
        ("radial_field", 100, 0.034),
        ("gnn", 100, 0.082),
        ("egnn", 1600, 0.0117),
        ("radial_field", 1600, 0.0161),
        ("gnn", 1600, 0.0122),
    ];
    // By seed, so that the file's order is not the report's.
    let seeds = [(3, 1.04), (1, 0.97), (2, 1.01)];
    seeds
        .into_iter()
        .flat_map(|(seed, factor)| means.map(|(model, samples, mean)| finished(model, samples, seed, mean * factor)))
        .collect()
}

pub(crate) fn table(rows: &[Row]) -> Table {
    let done = |row: &Row| row.status == "finished";
    let beside = |index: usize| real(rows, move |row| row.beside.map(|values| values[index]));
    let mut columns = vec![
        ("run", text(rows, |row| Some(format!("{}-{}-s{}", row.model, row.samples, row.seed)))),
        ("task", text(rows, |_| Some("nbody".into()))),
        ("status", text(rows, |row| Some(row.status.into()))),
        ("reason", text(rows, |row| row.reason.map(Into::into))),
        ("model", text(rows, |row| Some(row.model.into()))),
        ("train_samples", whole(rows, |row| Some(row.samples))),
        ("seed", whole(rows, |row| Some(row.seed))),
        ("learning_rate", real(rows, |row| Some(row.learning_rate))),
        ("train_set", text(rows, |_| Some("nbody".into()))),
        ("eval_set", text(rows, |_| Some("nbody_small".into()))),
        ("parameters", whole(rows, |row| done(row).then_some(134_020))),
        ("epochs", whole(rows, |row| Some(row.epochs))),
        ("steps", whole(rows, |row| Some(row.steps))),
        ("test_mse", real(rows, |row| row.mse)),
        ("dataset_hash", text(rows, |_| Some("5eed".repeat(16)))),
        ("numerics_version", whole(rows, |_| Some(1))),
        ("backend", text(rows, |_| Some("kernels".into()))),
        ("threads", whole(rows, |_| Some(1))),
        ("seconds", real(rows, |row| done(row).then_some(30.0))),
        ("version", text(rows, |_| Some("0.1.0".into()))),
        ("revision", text(rows, |_| Some("abc1234".into()))),
        ("host", text(rows, |_| Some("laptop".into()))),
        ("cpu", text(rows, |_| Some("A <fast> CPU & more".into()))),
    ];
    if rows.iter().any(|row| row.beside.is_some()) {
        columns.extend([("test_mse_median", beside(0)), ("test_mse_p95", beside(1)), ("forward_seconds", beside(2))]);
    }
    Table { columns: columns.into_iter().map(|(name, data)| (name.into(), data)).collect(), metadata: BTreeMap::new() }
}

/// Writes `results.parquet` in a folder.
pub(crate) fn results(folder: &Path, rows: &[Row]) {
    write(&folder.join("results.parquet"), &table(rows)).unwrap();
}
