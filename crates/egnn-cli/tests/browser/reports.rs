//! Reports to look at: real sweeps, and results that were made up.

use crate::{
    browser::scratch,
    common::Lab,
    rows::{self, Row},
};
use egnn_report::{Kind, Options, write_report};
use egnn_store::table::{ColumnData, Table};
use std::{collections::BTreeMap, path::PathBuf, sync::OnceLock};

/// Pipelines whose smoke sweeps are looked at.
pub(crate) const SMOKE: [&str; 3] = ["nbody-sizes", "autoencoder", "qm9"];

/// A workspace for all tests.
pub(crate) fn lab() -> &'static Lab {
    static LAB: OnceLock<Lab> = OnceLock::new();
    LAB.get_or_init(|| Lab::within(scratch()))
}

/// The page of a pipeline's smoke sweep, which is run once.
pub(crate) fn smoke(pipeline: &str) -> PathBuf {
    let page = lab().path("reports").join(pipeline).join("smoke/index.html");
    if !page.exists() {
        lab().ok(&["sweep", pipeline, "--profile", "smoke"]);
    }
    page
}

/// A report that is removed with the value.
pub(crate) struct Fabricated(tempfile::TempDir);

impl Fabricated {
    /// A report on n-body of results as they stand.
    pub(crate) fn new(kind: Kind, title: &str, table: &Table) -> Self {
        Self::drawn(tempfile::tempdir_in(scratch()).unwrap(), kind, title, table)
    }

    fn drawn(folder: tempfile::TempDir, kind: Kind, title: &str, table: &Table) -> Self {
        egnn_store::table::write(&folder.path().join("results.parquet"), table).unwrap();
        let options =
            Options { title: title.into(), kind, profile: "quick".into(), command: format!("egnn sweep {title:?}") };
        write_report(folder.path(), &options).unwrap();
        Self(folder)
    }

    pub(crate) fn of(rows: &[Row]) -> Self {
        Self::new(Kind::SizeCurve, "Figure 2: test error against training-set size", &rows::table(rows))
    }

    /// A report whose runs have folders with learning curves of so many evaluations.
    pub(crate) fn with_curves(rows: &[Row], evaluations: i64) -> Self {
        let folder = tempfile::tempdir_in(scratch()).unwrap();
        let epochs = || (0..evaluations).map(Some);
        let real =
            |of: fn(f64) -> f64| ColumnData::F64(epochs().map(|epoch| epoch.map(|epoch| of(epoch as f64))).collect());
        let columns = [
            ("epoch", ColumnData::I64(epochs().collect())),
            ("seconds", real(|epoch| 1.37 * epoch)),
            ("train_loss", real(|epoch| 1.0 / (epoch + 3.0))),
            ("valid_loss", real(|epoch| 1.1 / (epoch + 3.0).sqrt())),
        ];
        let columns = columns.map(|(name, data)| (name.to_owned(), data)).into();
        let curve = folder.path().join("curve.parquet");
        egnn_store::table::write(&curve, &Table { columns, metadata: BTreeMap::default() }).unwrap();
        let results = rows::table(rows);
        let Some(ColumnData::Text(runs)) = results.column("run") else { panic!("runs have names") };
        for run in runs.iter().flatten() {
            let run = folder.path().join("runs").join(run);
            std::fs::create_dir_all(&run).unwrap();
            std::fs::hard_link(&curve, run.join("metrics.parquet")).unwrap();
        }
        Self::drawn(folder, Kind::SizeCurve, "Many runs", &results)
    }

    pub(crate) fn page(&self) -> PathBuf {
        self.0.path().join("index.html")
    }
}

/// A run that failed.
pub(crate) fn failed(seed: i64) -> Row {
    Row {
        status: "failed",
        reason: Some("loss is NaN in epoch 3, batch 7"),
        mse: None,
        ..rows::finished("gnn", 100, seed, 0.0)
    }
}

/// Replaces every text of a column.
pub(crate) fn retitle(table: &mut Table, column: &str, text: impl Fn(usize) -> String) {
    let (_, data) = table.columns.iter_mut().find(|(name, _)| name == column).unwrap();
    let ColumnData::Text(values) = data else { panic!("{column} is no text") };
    for (index, value) in values.iter_mut().enumerate() {
        *value = Some(text(index));
    }
}
