//! Fabricated results and predictions of properties of molecules.

mod columns;

use columns::{real, text, whole};
use egnn_store::table::{ColumnData, Table, write};
use std::{collections::BTreeMap, fs, path::Path};

/// A row of a results file.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) property: &'static str,
    pub(crate) model: &'static str,
    pub(crate) set: &'static str,
    pub(crate) samples: i64,
    /// Molecules for validation and test.
    pub(crate) evaluated: [i64; 2],
    pub(crate) seed: i64,
    pub(crate) status: &'static str,
    pub(crate) reason: Option<&'static str>,
    pub(crate) mae: Option<f64>,
    pub(crate) of_mean: Option<f64>,
    pub(crate) learning_rate: f64,
    pub(crate) hidden: i64,
    pub(crate) epochs: i64,
    pub(crate) best_epoch: i64,
}

impl Row {
    pub(crate) fn id(&self) -> String {
        format!("{}-{}-{}-s{}", self.property, self.model, self.samples, self.seed)
    }

    fn done(&self) -> bool {
        self.status == "finished"
    }
}

/// What saying the mean gives for a property.
fn of_mean(property: &str) -> f64 {
    match property {
        "mu" => 1.189,
        "gap" => 1038.0,
        "U0" => 7961.0,
        "ZPVE" => 712.4,
        _ => 6.3,
    }
}

pub(crate) fn finished(property: &'static str, model: &'static str, samples: i64, seed: i64, mae: f64) -> Row {
    let epochs = if model == "mean" { 1 } else { 60 };
    Row {
        property,
        model,
        set: "qm9",
        samples,
        evaluated: [1000, 1000],
        seed,
        status: "finished",
        reason: None,
        mae: Some(mae),
        of_mean: Some(of_mean(property)),
        learning_rate: if ["gap", "homo", "lumo"].contains(&property) { 1e-3 } else { 5e-4 },
        hidden: 128,
        epochs,
        best_epoch: epochs - 2,
    }
}

pub(crate) fn failed(property: &'static str, model: &'static str, seed: i64) -> Row {
    let reason = Some("loss is NaN in epoch 3, batch 7");
    Row { status: "failed", reason, mae: None, of_mean: None, ..finished(property, model, 1000, seed, 0.0) }
}

pub(crate) fn pending(property: &'static str, model: &'static str, seed: i64) -> Row {
    Row { status: "pending", mae: None, of_mean: None, ..finished(property, model, 1000, seed, 0.0) }
}

/// The quick profile: one property, 1,000 training molecules, three models that learn and one that does not.
pub(crate) fn quick() -> Vec<Row> {
    // By seed, so that the file's order is not the report's.
    let mut rows: Vec<Row> = [(2, 1.03), (1, 0.96)]
        .into_iter()
        .flat_map(|(seed, factor)| {
            [("nmp", 0.431), ("egnn", 0.3478), ("schnet", 0.4012)]
                .map(|(model, mae)| finished("mu", model, 1000, seed, mae * factor))
        })
        .collect();
    rows.push(finished("mu", "mean", 1000, 1, of_mean("mu")));
    rows
}

/// Errors that fall with the number of training molecules, for two properties, two models and two seeds.
pub(crate) fn learning_curves() -> Vec<Row> {
    let mut rows = Vec::new();
    for (property, model, at_thousand, slope) in
        [("U0", "egnn", 612.0_f64, 0.62), ("mu", "egnn", 0.34, 0.35), ("mu", "schnet", 0.41, 0.30)]
    {
        for samples in [1000, 2000, 5000, 10_000] {
            for (seed, factor) in [(1, 0.97), (2, 1.05)] {
                let mae = at_thousand * (samples as f64 / 1000.0).powf(-slope) * factor;
                rows.push(Row { evaluated: [17_748, 13_083], ..finished(property, model, samples, seed, mae) });
            }
        }
    }
    rows
}

pub(crate) fn table(rows: &[Row]) -> Table {
    let truth = |of: fn(&Row) -> bool| ColumnData::Bool(rows.iter().map(|row| Some(of(row))).collect());
    let columns = [
        ("run", text(rows, |row| Some(row.id()))),
        ("task", text(rows, |_| Some("qm9".into()))),
        ("status", text(rows, |row| Some(row.status.into()))),
        ("reason", text(rows, |row| row.reason.map(Into::into))),
        ("model", text(rows, |row| Some(row.model.into()))),
        ("property", text(rows, |row| Some(row.property.into()))),
        ("set", text(rows, |row| Some(row.set.into()))),
        ("train_samples", whole(rows, |row| Some(row.samples))),
        ("valid_samples", whole(rows, |row| Some(row.evaluated[0]))),
        ("test_samples", whole(rows, |row| Some(row.evaluated[1]))),
        ("hidden", whole(rows, |row| Some(row.hidden))),
        ("layers", whole(rows, |_| Some(7))),
        ("attention", truth(|_| true)),
        ("update_coordinates", truth(|_| false)),
        ("cutoff_angstrom", real(rows, |_| Some(0.0))),
        ("schedule", text(rows, |_| Some("authors".into()))),
        ("batch_size", whole(rows, |_| Some(96))),
        ("learning_rate", real(rows, |row| Some(row.learning_rate))),
        ("weight_decay", real(rows, |_| Some(1e-16))),
        ("seed", whole(rows, |row| Some(row.seed))),
        ("parameters", whole(rows, |row| row.done().then_some(745_224))),
        ("epochs", whole(rows, |row| Some(row.epochs))),
        ("best_epoch", whole(rows, |row| row.done().then_some(row.best_epoch))),
        ("steps", whole(rows, |row| row.done().then_some(row.epochs * ((row.samples + 95) / 96)))),
        ("test_mae", real(rows, |row| row.mae)),
        ("valid_mae", real(rows, |row| row.mae.map(|mae| mae * 0.98))),
        ("train_mae", real(rows, |row| row.mae.map(|mae| mae * 0.5))),
        ("test_mae_of_mean", real(rows, |row| row.of_mean)),
        ("label_mean", real(rows, |row| row.done().then_some(2.7))),
        ("label_mad", real(rows, |row| row.done().then_some(1.19 + row.samples as f64 * 1e-6))),
        ("dataset_hash", text(rows, |_| Some("5eed".repeat(16)))),
        ("backend", text(rows, |_| Some("kernels".into()))),
        ("seconds", real(rows, |row| row.done().then_some(210.0))),
        ("revision", text(rows, |_| Some("abc1234".into()))),
    ];
    Table { columns: columns.into_iter().map(|(name, data)| (name.into(), data)).collect(), metadata: BTreeMap::new() }
}

/// Writes `results.parquet` in a folder.
pub(crate) fn results(folder: &Path, rows: &[Row]) {
    write(&folder.join("results.parquet"), &table(rows)).unwrap();
}

/// Numbers that look like chance, from 0 to 1.
fn chance(state: &mut u64) -> f64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 11) as f64 / (1_u64 << 53) as f64
}

/// About normal: a sum of twelve, less its mean.
fn normal(state: &mut u64) -> f64 {
    (0..12).map(|_| chance(state)).sum::<f64>() - 6.0
}

/// Molecules as the set has them, about 18 atoms each, and predictions whose error is the run's.
pub(crate) fn predicted(row: &Row) -> Table {
    let mut state = 7;
    let mut of_model = row.seed as u64 + row.model.len() as u64 * 1000;
    let (middle, width) = match row.property {
        "mu" => (2.7, 1.5),
        "gap" => (6830.0, 1290.0),
        "U0" => (-76_000.0, 10_300.0),
        _ => (20.0, 6.0),
    };
    let (mut atoms, mut targets, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..row.evaluated[1] {
        let size = (18.0 + 2.9 * normal(&mut state)).round().clamp(3.0, 29.0);
        let target: f64 = middle + width * normal(&mut state);
        let target = if row.property == "mu" { target.abs() } else { target };
        let error = normal(&mut of_model) * (0.6 + (size - 18.0).abs() / 9.0) * (1.0 + chance(&mut of_model));
        atoms.push(size as u16);
        targets.push(target);
        errors.push(if row.model == "mean" { middle - target } else { error });
    }
    let mean = errors.iter().map(|error| error.abs()).sum::<f64>() / errors.len() as f64;
    let scale = row.mae.unwrap_or(1.0) / mean;
    let predictions = targets.iter().zip(&errors).map(|(target, error)| Some(target + error * scale)).collect();
    let columns = [
        ("index", ColumnData::U32((1..=row.evaluated[1] as u32).collect())),
        ("atoms", ColumnData::U16(atoms)),
        ("target", ColumnData::F64(targets.into_iter().map(Some).collect())),
        ("prediction", ColumnData::F64(predictions)),
        ("error", ColumnData::F64(errors.into_iter().map(|error| Some(error * scale)).collect())),
    ];
    Table { columns: columns.into_iter().map(|(name, data)| (name.into(), data)).collect(), metadata: BTreeMap::new() }
}

/// Writes a run's predictions below a folder.
pub(crate) fn predictions(folder: &Path, run: &Row, table: &Table) {
    let folder = folder.join("runs").join(run.id());
    fs::create_dir_all(&folder).unwrap();
    write(&folder.join("predictions.parquet"), table).unwrap();
}
