//! Every column that a file of ours may have: name, unit, shape and meaning. Names never change their type.

/// Whether equal runs must agree on a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Part of the result: 'equal results' compares it.
    Semantic,
    /// Times, memory, host, attempts: differs from one execution to the next.
    Circumstantial,
}

/// A documented column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Name in the file.
    pub name: &'static str,
    /// Unit, or `1`.
    pub unit: &'static str,
    /// Whether equal runs agree on it.
    pub kind: Kind,
    /// One sentence.
    pub doc: &'static str,
}

const fn semantic(name: &'static str, unit: &'static str, doc: &'static str) -> Column {
    Column { name, unit, kind: Kind::Semantic, doc }
}

const fn circumstantial(name: &'static str, unit: &'static str, doc: &'static str) -> Column {
    Column { name, unit, kind: Kind::Circumstantial, doc }
}

/// Columns of `datasets/nbody/<set>/<split>.parquet`: a row is a body in a frame.
pub mod nbody {
    use super::{Column, semantic};
    /// u32.
    pub const TRAJECTORY: Column = semantic("trajectory", "1", "index of the trajectory in its split, from 0");
    /// u16.
    pub const FRAME: Column = semantic("frame", "1", "saved frame, from 0; frame k is step sample_freq * (k + 1)");
    /// u16.
    pub const BODY: Column = semantic("body", "1", "index of the body, from 0");
    /// f32.
    pub const CHARGE: Column = semantic("charge", "1", "charge of the body, -1 or +1");
    /// f32, x y z.
    pub const POSITION: [Column; 3] = [
        semantic("position_x", "length", "position"),
        semantic("position_y", "length", "position"),
        semantic("position_z", "length", "position"),
    ];
    /// f32, x y z.
    pub const VELOCITY: [Column; 3] = [
        semantic("velocity_x", "length/time", "velocity"),
        semantic("velocity_y", "length/time", "velocity"),
        semantic("velocity_z", "length/time", "velocity"),
    ];
}

/// Columns of `datasets/graphs/<set>/<split>.parquet`: a row is a graph.
pub mod graphs {
    use super::{Column, semantic};
    /// u32.
    pub const GRAPH: Column = semantic("graph", "1", "index of the graph in its split, from 0");
    /// u16.
    pub const NODES: Column = semantic("nodes", "1", "nodes of the graph; they are numbered from 0");
    /// `List<u16>`, one element an edge.
    pub const SOURCE: Column = semantic("source", "1", "lower node of each undirected edge; edges are sorted");
    /// `List<u16>`, one element an edge.
    pub const TARGET: Column = semantic("target", "1", "higher node of each undirected edge, which stands once");
    /// `List<u8>`, one element a node, or none where communities are not known.
    pub const COMMUNITY: Column = semantic("community", "1", "community of each node, from 0");
    /// f64, null where it is not known.
    pub const P: Column = semantic("p", "1", "probability of an edge within a community; without communities, of any");
}

/// Columns of `datasets/qm9/<split>.parquet`: a row is a molecule. Those of the properties are
/// [`Property::column`](crate::Property::column) and [`Property::reference_column`](crate::Property::reference_column).
pub mod qm9 {
    use super::{Column, semantic};
    /// u32.
    pub const INDEX: Column = semantic("index", "1", "number of the molecule in the source, from 1");
    /// text.
    pub const SMILES: Column = semantic("smiles", "", "SMILES of the source");
    /// `List<u8>`, one element an atom.
    pub const ATOMIC_NUMBER: Column = semantic("atomic_number", "1", "atomic number of each atom: 1, 6, 7, 8 or 9");
    /// `List<f64>` each, one element an atom, x y z.
    pub const POSITION: [Column; 3] = [
        semantic("position_x", "angstrom", "position of each atom"),
        semantic("position_y", "angstrom", "position of each atom"),
        semantic("position_z", "angstrom", "position of each atom"),
    ];
}

/// Columns of `results.parquet` besides the configuration's own fields (which are all semantic): a row is a run.
pub mod results {
    use super::{Column, circumstantial, semantic};
    /// text.
    pub const RUN: Column = semantic("run", "", "id of the run, its folder under runs/");
    /// text.
    pub const TASK: Column = semantic("task", "", "task of the run");
    /// text: `finished`, `failed` or `pending`.
    pub const STATUS: Column = semantic("status", "", "finished, failed or pending");
    /// text, null unless failed.
    pub const REASON: Column = circumstantial("reason", "", "why a failed run failed");
    /// i64.
    pub const PARAMETERS: Column = semantic("parameters", "1", "trainable parameters of the model");
    /// i64.
    pub const EPOCHS: Column = semantic("epochs", "1", "epochs trained");
    /// i64.
    pub const STEPS: Column = semantic("steps", "1", "optimiser steps taken");
    /// i64.
    pub const BEST_EPOCH: Column = semantic("best_epoch", "1", "epoch of the best validation loss, from 0");
    /// f64.
    pub const TEST_MSE: Column = semantic("test_mse", "length^2", "test error at the best validation error");
    /// f64.
    pub const TEST_MSE_MEDIAN: Column = semantic(
        "test_mse_median",
        "length^2",
        "median over test trajectories of a trajectory's error: its mean of squares over bodies and coordinates",
    );
    /// f64.
    pub const TEST_MSE_P95: Column =
        semantic("test_mse_p95", "length^2", "95th percentile, by nearest rank, of the same errors");
    /// f64.
    pub const VALID_MSE: Column = semantic("valid_mse", "length^2", "best validation error");
    /// f64.
    pub const TRAIN_MSE: Column = semantic("train_mse", "length^2", "mean training loss of the best epoch");
    /// f64.
    pub const TEST_BCE: Column =
        semantic("test_bce", "nat", "cross-entropy summed over a test graph's ordered pairs, mean over graphs");
    /// f64.
    pub const VALID_BCE: Column = semantic("valid_bce", "nat", "best validation cross-entropy");
    /// f64.
    pub const TRAIN_BCE: Column = semantic("train_bce", "nat", "mean training cross-entropy of the best epoch");
    /// f64.
    pub const TEST_ERROR: Column = semantic("test_error_percent", "%", "wrong pairs of all test graphs");
    /// f64.
    pub const TEST_F1: Column = semantic("test_f1", "1", "F1 of the edges of all test graphs");
    /// f64.
    pub const TEST_MAE: Column = semantic(
        "test_mae",
        "property",
        "mean absolute error over the test molecules, in the paper's unit of the property",
    );
    /// f64.
    pub const VALID_MAE: Column = semantic("valid_mae", "property", "best validation error");
    /// f64.
    pub const TRAIN_MAE: Column = semantic("train_mae", "property", "mean training error of the best epoch");
    /// f64.
    pub const TEST_MAE_OF_MEAN: Column = semantic(
        "test_mae_of_mean",
        "property",
        "error over the same test molecules of saying the training molecules' mean for each",
    );
    /// f64.
    pub const LABEL_MEAN: Column = semantic("label_mean", "property", "mean of the training molecules' labels");
    /// f64.
    pub const LABEL_MAD: Column =
        semantic("label_mad", "property", "mean absolute deviation of the training molecules' labels from their mean");

    /// f64.
    pub const P: Column = semantic(
        "p",
        "1",
        "mean edge probability of the training graphs, within communities where there are any; null if not all have one",
    );
    /// f64.
    pub const TRAIN_DENSITY: Column =
        semantic("train_density_percent", "%", "pairs of the training graphs that are edges");
    /// f64.
    pub const TRAIN_DISTINCT: Column = semantic("train_distinct", "1", "distinct labelled training graphs");
    /// f64.
    pub const TEST_DENSITY: Column = semantic("test_density_percent", "%", "pairs of the test graphs that are edges");
    /// f64.
    pub const TEST_DISTINCT: Column = semantic("test_distinct", "1", "distinct labelled test graphs");
    /// f64.
    pub const TEST_IN_TRAIN: Column = semantic("test_in_train", "1", "test graphs that occur verbatim in training");

    /// What a run says about its data: no result of it.
    pub const DATA: [Column; 6] = [P, TRAIN_DENSITY, TRAIN_DISTINCT, TEST_DENSITY, TEST_DISTINCT, TEST_IN_TRAIN];

    /// text.
    pub const DATASET_HASH: Column = semantic("dataset_hash", "", "hash over the content of the datasets read");
    /// text.
    pub const CONFIG_HASH: Column = semantic("config_hash", "", "hash of the run's identity");
    /// i64.
    pub const NUMERICS: Column = semantic("numerics_version", "1", "version of the arithmetic");
    /// text.
    pub const BACKEND: Column = semantic("backend", "", "what computed: kernels or plain");
    /// i64.
    pub const THREADS: Column = semantic("threads", "1", "threads of the run");
    /// f64.
    pub const SECONDS: Column = circumstantial("seconds", "s", "time of training and evaluation over all attempts");
    /// f64, null for tasks that do not time it.
    pub const FORWARD_SECONDS: Column =
        circumstantial("forward_seconds", "s", "forward pass of 100 test trajectories, median of a few");
    /// i64.
    pub const PEAK_MEMORY: Column = circumstantial("peak_memory_bytes", "byte", "largest resident memory");
    /// i64.
    pub const ATTEMPTS: Column = circumstantial("attempts", "1", "times the run was started");
    /// text.
    pub const VERSION: Column = circumstantial("version", "", "version of egnn-lab");
    /// text.
    pub const REVISION: Column = circumstantial("revision", "", "git revision of the binary");
    /// text.
    pub const HOST: Column = circumstantial("host", "", "host name");
    /// text.
    pub const CPU: Column =
        circumstantial("cpu", "", "CPU model and vector instructions; several where the user allowed it");
    /// i64.
    pub const STARTED: Column = circumstantial("started_unix", "s", "start of the first attempt since 1970");
    /// i64.
    pub const ENDED: Column = circumstantial("ended_unix", "s", "end since 1970");

    /// Every column, in the file's order where a file has it.
    pub const ALL: [Column; 45] = [
        RUN,
        TASK,
        STATUS,
        REASON,
        PARAMETERS,
        EPOCHS,
        STEPS,
        BEST_EPOCH,
        TEST_MSE,
        VALID_MSE,
        TRAIN_MSE,
        TEST_MSE_MEDIAN,
        TEST_MSE_P95,
        TEST_BCE,
        VALID_BCE,
        TRAIN_BCE,
        TEST_ERROR,
        TEST_F1,
        TEST_MAE,
        VALID_MAE,
        TRAIN_MAE,
        TEST_MAE_OF_MEAN,
        LABEL_MEAN,
        LABEL_MAD,
        P,
        TRAIN_DENSITY,
        TRAIN_DISTINCT,
        TEST_DENSITY,
        TEST_DISTINCT,
        TEST_IN_TRAIN,
        DATASET_HASH,
        CONFIG_HASH,
        NUMERICS,
        BACKEND,
        THREADS,
        SECONDS,
        FORWARD_SECONDS,
        PEAK_MEMORY,
        ATTEMPTS,
        VERSION,
        REVISION,
        HOST,
        CPU,
        STARTED,
        ENDED,
    ];

    /// The columns that never count when results are compared.
    pub const CIRCUMSTANTIAL: [Column; 11] =
        [REASON, SECONDS, FORWARD_SECONDS, PEAK_MEMORY, ATTEMPTS, VERSION, REVISION, HOST, CPU, STARTED, ENDED];
}

/// Columns of a run's `metrics.parquet`: a row is an evaluation.
pub mod metrics {
    use super::{Column, circumstantial, semantic};
    /// i64.
    pub const EPOCH: Column = semantic("epoch", "1", "epoch after which the evaluation happened, from 0");
    /// i64.
    pub const STEP: Column = semantic("step", "1", "optimiser steps done");
    /// f64.
    pub const TRAIN_LOSS: Column = semantic("train_loss", "task", "mean training loss over the epoch");
    /// f64.
    pub const VALID_LOSS: Column = semantic("valid_loss", "task", "validation loss");
    /// f64.
    pub const BEST_VALID_LOSS: Column = semantic("best_valid_loss", "task", "best validation loss so far");
    /// i64.
    pub const BEST_EPOCH: Column = semantic("best_epoch", "1", "epoch of the best so far");
    /// f64.
    pub const SECONDS: Column = circumstantial("seconds", "s", "seconds so far over all attempts");
}
