//! Fabricated results and predictions of the graph autoencoder.

mod columns;

use columns::{real, text, whole};
use egnn_store::table::{ColumnData, Table, write};
use std::{collections::BTreeMap, fs, path::Path};

/// A row of a results file.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) model: &'static str,
    pub(crate) set: String,
    pub(crate) dim: i64,
    pub(crate) seed: i64,
    pub(crate) status: &'static str,
    pub(crate) reason: Option<&'static str>,
    /// BCE, % error, F1.
    pub(crate) scores: [Option<f64>; 3],
    pub(crate) p: Option<f64>,
    pub(crate) train_samples: i64,
    pub(crate) test_split: &'static str,
    pub(crate) hidden: i64,
    pub(crate) learning_rate: f64,
    pub(crate) epochs: i64,
    pub(crate) best_epoch: i64,
    pub(crate) test_samples: i64,
}

impl Row {
    pub(crate) fn id(&self) -> String {
        format!("{}-{}-n{}-s{}", self.set, self.model, self.dim, self.seed)
    }

    fn done(&self) -> bool {
        self.status == "finished"
    }
}

pub(crate) fn finished(set: &str, model: &'static str, seed: i64, [bce, error, f1]: [f64; 3]) -> Row {
    let untrained = model == "no_edges";
    Row {
        model,
        set: set.into(),
        dim: 8,
        seed,
        status: "finished",
        reason: None,
        scores: [Some(bce).filter(|_| !untrained), Some(error), Some(f1)],
        p: (set == "erdos_renyi").then_some(0.25),
        train_samples: 500,
        test_split: "test",
        hidden: 64,
        learning_rate: 1e-4,
        epochs: if untrained { 0 } else { 20 },
        best_epoch: if untrained { 0 } else { 18 },
        test_samples: 500,
    }
}

pub(crate) fn failed(set: &str, model: &'static str, seed: i64) -> Row {
    let reason = Some("loss is NaN in epoch 3, batch 7");
    Row { status: "failed", reason, scores: [None; 3], p: None, ..finished(set, model, seed, [0.0; 3]) }
}

pub(crate) fn pending(set: &str, model: &'static str, seed: i64) -> Row {
    Row { status: "pending", scores: [None; 3], p: None, ..finished(set, model, seed, [0.0; 3]) }
}

/// Figure 5 in small: two sets and one of the user's own, three seeds, one failure; on Erdos-Renyi GNN beats Noise-GNN.
pub(crate) fn figure_5() -> Vec<Row> {
    let scores = [
        ("community_small", "gnn", [7.9, 1.61, 0.975]),
        ("community_small", "noise_gnn", [4.1, 0.62, 0.990]),
        ("community_small", "radial_field", [9.8, 1.33, 0.979]),
        ("community_small", "egnn", [2.6, 0.081, 0.9987]),
        ("erdos_renyi", "gnn", [16.2, 5.41, 0.890]),
        ("erdos_renyi", "noise_gnn", [17.3, 6.02, 0.880]),
        ("erdos_renyi", "egnn", [2.1, 0.18, 0.9964]),
        ("my_ring", "egnn", [1.1, 0.02, 0.9995]),
    ];
    // By seed, so that the file's order is not the report's.
    let mut rows: Vec<Row> = [(3, 1.06), (1, 0.95), (2, 1.02)]
        .into_iter()
        .flat_map(|(seed, factor)| {
            scores.map(|(set, model, [bce, error, f1])| {
                finished(set, model, seed, [bce * factor, error * factor, 1.0 - (1.0 - f1) * factor])
            })
        })
        .collect();
    rows.push(finished("community_small", "no_edges", 1, [0.0, 31.79, 0.0]));
    rows.push(finished("erdos_renyi", "no_edges", 1, [0.0, 25.11, 0.0]));
    rows.push(failed("erdos_renyi", "radial_field", 1));
    rows
}

/// Figure 5, right, in small: GNN fails at both ends.
pub(crate) fn sparsity() -> Vec<Row> {
    let mut rows = Vec::new();
    for tenth in 1..=9 {
        // As a mean over graphs comes out of floating-point sums.
        let p = f64::from(tenth) * 0.1 + 1e-16;
        let middle = 1.0 - (p - 0.5).abs() / 0.5;
        for (model, f1) in [("gnn", 0.25 + 0.6 * middle), ("noise_gnn", 0.7 + 0.25 * middle), ("egnn", 0.999)] {
            for (seed, factor) in [(1, 1.0), (2, 0.97)] {
                let set = format!("overfit_p0{tenth}");
                rows.push(Row {
                    dim: 16,
                    p: Some(p),
                    train_samples: 100,
                    test_split: "train",
                    test_samples: 100,
                    epochs: 500,
                    best_epoch: 480 + seed,
                    ..finished(&set, model, seed, [5.0, (1.0 - f1 * factor) * 30.0, f1 * factor])
                });
            }
        }
    }
    rows
}

/// Appendix D.1 in small; EGNN learns Community with 8 dimensions without an error.
pub(crate) fn embedding_sizes() -> Vec<Row> {
    let errors = [
        ("community_small", "gnn", [1.8, 1.5, 1.4]),
        ("community_small", "noise_gnn", [2.2, 0.7, 0.6]),
        ("community_small", "egnn", [2.4, 0.5, 0.0]),
        ("erdos_renyi", "gnn", [8.3, 5.9, 5.1]),
        ("erdos_renyi", "noise_gnn", [4.4, 3.1, 1.9]),
        ("erdos_renyi", "egnn", [3.6, 0.9, 0.2]),
    ];
    let mut rows = Vec::new();
    for (set, model, errors) in errors {
        for (dim, error) in [4, 6, 8].into_iter().zip(errors) {
            rows.push(Row { dim, ..finished(set, model, 1, [error * 3.0, error, 1.0 - error / 60.0]) });
        }
    }
    rows
}

pub(crate) fn table(rows: &[Row]) -> Table {
    let community = |row: &Row| row.set == "community_small";
    let columns = [
        ("run", text(rows, |row| Some(row.id()))),
        ("task", text(rows, |_| Some("autoencoder".into()))),
        ("status", text(rows, |row| Some(row.status.into()))),
        ("reason", text(rows, |row| row.reason.map(Into::into))),
        ("model", text(rows, |row| Some(row.model.into()))),
        ("set", text(rows, |row| Some(row.set.clone()))),
        ("train_split", text(rows, |_| Some("train".into()))),
        ("valid_split", text(rows, |row| Some(if row.test_split == "train" { "train" } else { "valid" }.into()))),
        ("test_split", text(rows, |row| Some(row.test_split.into()))),
        ("train_samples", whole(rows, |row| Some(row.train_samples))),
        ("test_samples", whole(rows, |row| Some(row.test_samples))),
        ("valid_samples", whole(rows, |row| Some(if row.test_split == "train" { 100 } else { 500 }))),
        ("dim", whole(rows, |row| Some(row.dim))),
        ("hidden", whole(rows, |row| Some(row.hidden))),
        ("layers", whole(rows, |_| Some(4))),
        ("clamp", real(rows, |_| Some(100.0))),
        ("shrink", real(rows, |_| Some(1e-3))),
        ("cross_entropy", text(rows, |_| Some("probability".into()))),
        ("weight_decay", real(rows, |_| Some(1e-16))),
        ("batch_size", whole(rows, |_| Some(1))),
        ("learning_rate", real(rows, |row| Some(row.learning_rate))),
        ("schedule", text(rows, |_| Some("cosine".into()))),
        ("seed", whole(rows, |row| Some(row.seed))),
        ("parameters", whole(rows, |row| row.done().then_some(104_642))),
        ("epochs", whole(rows, |row| Some(row.epochs))),
        ("best_epoch", whole(rows, |row| row.done().then_some(row.best_epoch))),
        ("steps", whole(rows, |row| row.done().then_some(row.epochs * row.train_samples))),
        ("test_mse", real(rows, |_| None)),
        ("valid_mse", real(rows, |_| None)),
        ("p", real(rows, |row| row.p)),
        ("test_bce", real(rows, |row| row.scores[0])),
        ("test_error_percent", real(rows, |row| row.scores[1])),
        ("test_f1", real(rows, |row| row.scores[2])),
        ("valid_bce", real(rows, |row| row.scores[0])),
        ("train_bce", real(rows, |row| row.scores[0])),
        ("train_density_percent", real(rows, |row| row.done().then_some(if community(row) { 31.8 } else { 25.0 }))),
        ("train_distinct", real(rows, |row| row.done().then_some(if community(row) { 402.0 } else { 500.0 }))),
        ("test_density_percent", real(rows, |row| row.done().then_some(if community(row) { 31.79 } else { 25.11 }))),
        ("test_distinct", real(rows, |row| row.done().then_some(if community(row) { 405.0 } else { 500.0 }))),
        ("test_in_train", real(rows, |row| row.done().then_some(if community(row) { 212.0 } else { 0.0 }))),
        ("dataset_hash", text(rows, |_| Some("5eed".repeat(16)))),
        ("backend", text(rows, |_| Some("kernels".into()))),
        ("seconds", real(rows, |row| row.done().then_some(30.0))),
        ("revision", text(rows, |_| Some("abc1234".into()))),
    ];
    Table { columns: columns.into_iter().map(|(name, data)| (name.into(), data)).collect(), metadata: BTreeMap::new() }
}

/// Writes `results.parquet` in a folder.
pub(crate) fn results(folder: &Path, rows: &[Row]) {
    write(&folder.join("results.parquet"), &table(rows)).unwrap();
}

/// Test graphs and their reconstruction: two communities, or a graph of scattered links.
pub(crate) fn predicted(graphs: u32, communities: bool) -> Table {
    let mut columns: [Vec<u32>; 5] = Default::default();
    let mut probability = Vec::new();
    for graph in 0..graphs {
        let nodes = 12 + 2 * (graph % 3);
        let scatter = |a: u32, b: u32| (a * 7919 + b * 104_729 + graph * 1299 + a * b * 31) % 97;
        for source in 0..nodes {
            for target in source + 1..nodes {
                let draw = scatter(source, target);
                let together = (source < nodes / 2) == (target < nodes / 2);
                let edge = match (communities, together) {
                    (true, true) => draw < 70,
                    (true, false) => source == 0 && target == nodes / 2,
                    (false, _) => draw < 27,
                };
                let likely = if draw % 29 == 3 { !edge } else { edge };
                let doubt = draw as f32 / 300.0;
                probability.push(Some(if likely { 1.0 - doubt } else { doubt }));
                for (column, value) in columns.iter_mut().zip([graph, nodes, source, target, u32::from(edge)]) {
                    column.push(value);
                }
            }
        }
    }
    let [graph, nodes, source, target, edge] = columns;
    let small = |values: Vec<u32>| ColumnData::U16(values.into_iter().map(|value| value as u16).collect());
    let columns = [
        ("graph", ColumnData::U32(graph)),
        ("nodes", small(nodes)),
        ("source", small(source)),
        ("target", small(target)),
        ("edge", ColumnData::U8(edge.into_iter().map(|value| value as u8).collect())),
        ("probability", ColumnData::F32(probability)),
    ];
    Table { columns: columns.into_iter().map(|(name, data)| (name.into(), data)).collect(), metadata: BTreeMap::new() }
}

/// Writes a run's predictions below a folder.
pub(crate) fn predictions(folder: &Path, run: &Row, table: &Table) {
    let folder = folder.join("runs").join(run.id());
    fs::create_dir_all(&folder).unwrap();
    write(&folder.join("predictions.parquet"), table).unwrap();
}
