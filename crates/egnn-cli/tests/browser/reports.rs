//! Reports to look at: real sweeps, and results that were made up.

use crate::{
    browser::scratch,
    common::Lab,
    rows::{self, Row},
};
use egnn_report::{Kind, Options, write_report};
use egnn_store::table::{ColumnData, Table};
use std::{path::PathBuf, sync::OnceLock};

/// Pipelines with the folders of their smoke sweeps' reports.
pub(crate) const SMOKE: [(&str, &str); 3] = [
    ("nbody-sizes", "reports/nbody-sizes/smoke"),
    ("autoencoder", "reports/autoencoder/smoke"),
    ("qm9", "reports/qm9/smoke"),
];

/// A workspace for all tests, in which a pipeline's smoke sweep was run.
pub(crate) fn smoke(pipeline: &str) -> PathBuf {
    static LABS: [OnceLock<Lab>; SMOKE.len()] = [const { OnceLock::new() }; SMOKE.len()];
    let index = SMOKE.iter().position(|(name, _)| *name == pipeline).unwrap();
    let lab = LABS[index].get_or_init(|| {
        let lab = Lab::within(scratch());
        lab.ok(&["sweep", pipeline, "--profile", "smoke"]);
        lab
    });
    lab.path(SMOKE[index].1).join("index.html")
}

/// A report that is removed with the value.
pub(crate) struct Fabricated(tempfile::TempDir);

impl Fabricated {
    /// A report on n-body of results as they stand.
    pub(crate) fn new(kind: Kind, title: &str, table: &Table) -> Self {
        let folder = tempfile::tempdir_in(scratch()).unwrap();
        egnn_store::table::write(&folder.path().join("results.parquet"), table).unwrap();
        let options =
            Options { title: title.into(), kind, profile: "quick".into(), command: format!("egnn sweep {title:?}") };
        write_report(folder.path(), &options).unwrap();
        Self(folder)
    }

    pub(crate) fn of(rows: &[Row]) -> Self {
        Self::new(Kind::SizeCurve, "Figure 2: test error against training-set size", &rows::table(rows))
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
