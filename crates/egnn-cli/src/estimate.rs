//! What a run costs before anything was measured.

use crate::catalogue::Catalogue;
use egnn_nn::{autoencoder::EncoderKind, molecule::MoleculeModelKind, nbody::Cost};
use egnn_sweep::Estimate;
use egnn_train::{AutoencoderConfig, NbodyConfig, Qm9Config, TaskConfig};

pub(crate) fn estimate(config: &TaskConfig, catalogue: &Catalogue) -> Estimate {
    match config {
        TaskConfig::Nbody(config) => of_nbody(config),
        TaskConfig::Autoencoder(config) => of_autoencoder(config, catalogue.mean_pairs(&config.set)),
        TaskConfig::Qm9(config) => of_qm9(config),
    }
}

/// Mean unordered pairs of nodes of the graphs that [`of_autoencoder`]'s times were measured with.
const MEASURED_PAIRS: f64 = 64.5;

/// The cost of an n-body run: that of its model at the paper's sizes, scaled by samples, width, layers and options.
fn of_nbody(config: &NbodyConfig) -> Estimate {
    let protocol = &config.protocol;
    let Cost { train_ms, forward_ms, bytes, parameters } = config.model.cost;
    let options = config.model.options.iter();
    let growth: f64 =
        options.map(|option| (config.options[option.name] / option.default.max(1e-9)).powf(option.growth)).product();
    let width = config.hidden as f64 / 64.0;
    let layers = config.layers as f64 / config.model.layers as f64 * growth;
    // Small layers are bound by elementwise work, wide ones by products.
    let size = layers * width * width.max(1.0);
    let train = protocol.steps() as f64 * protocol.batch_size as f64 / 100.0 * train_ms;
    let samples = (protocol.evaluations() * config.valid_samples + config.test_samples) as f64;
    let evaluate = samples / 100.0 * forward_ms;
    let model_bytes = parameters * width * width * layers * 4.0;
    let data = (protocol.train_samples + config.valid_samples + config.test_samples) as f64 * 5.0 * 10.0 * 4.0;
    Estimate {
        core_seconds: 0.3 + (train + evaluate) * size / 1e3,
        memory_bytes: (40e6
            + data * 3.0
            + protocol.batch_size as f64 * width * layers * config.model.layers as f64 * bytes)
            as u64,
        // Checkpoint (parameters, two moments, the best), model, predictions, log.
        disk_bytes: (model_bytes * 5.0 + config.test_samples as f64 * 5.0 * 40.0 + 20e3) as u64,
    }
}

/// The cost of an autoencoder run: milliseconds a step for one graph of 7 to 16 nodes at the paper's sizes, measured
/// likewise, scaled by the pairs of nodes of a graph, if they are known.
fn of_autoencoder(config: &AutoencoderConfig, pairs: Option<f64>) -> Estimate {
    let pairs = pairs.unwrap_or(MEASURED_PAIRS);
    let more = pairs / MEASURED_PAIRS;
    let (train_ms, forward_ms, parameters) = match config.model.encoder {
        EncoderKind::Egnn => (0.6, 0.18, 104_642.0),
        EncoderKind::Gnn | EncoderKind::NoiseGnn => (0.4, 0.12, 88_017.0),
        EncoderKind::RadialField => (0.08, 0.03, 1_026.0),
        EncoderKind::NoEdges => (0.001, 0.0, 0.0),
    };
    let protocol = &config.protocol;
    let width = config.model.hidden as f64 / 64.0;
    let size = config.model.layers as f64 / 4.0 * width * width.max(1.0);
    let train = (protocol.steps() * protocol.batch_size) as f64 * train_ms;
    let evaluate = (protocol.evaluations() * config.valid_samples + config.test_samples) as f64 * forward_ms;
    let graphs = (protocol.train_samples + config.valid_samples + config.test_samples) as f64;
    Estimate {
        core_seconds: 0.3 + (train + evaluate) * size * more / 1e3,
        // A step keeps a few rows for each pair and layer.
        memory_bytes: (30e6
            + graphs * (500.0 + pairs * 20.0)
            + parameters * size * 40.0
            + protocol.batch_size as f64 * pairs * width * config.model.layers as f64 * 2e3)
            as u64,
        // Checkpoint, model, a row a pair of the test graphs.
        disk_bytes: (parameters * size * 20.0 + config.test_samples as f64 * pairs * 9.0 + 20e3) as u64,
    }
}

/// The cost of a QM9 run: milliseconds a molecule of a step at the paper's sizes, measured likewise.
fn of_qm9(config: &Qm9Config) -> Estimate {
    let (train_ms, forward_ms, parameters, layers) = match config.model.model {
        MoleculeModelKind::Egnn => (3.3, 1.1, 745_224.0, 7.0),
        MoleculeModelKind::SchNet => (8.0, 2.3, 445_057.0, 6.0),
        MoleculeModelKind::Nmp => (4.4, 1.6, 788_225.0, 7.0),
        MoleculeModelKind::Mean => (0.01, 0.01, 0.0, 7.0),
    };
    let protocol = &config.protocol;
    let width = config.model.hidden as f64 / 128.0;
    let depth = config.model.layers as f64 / layers;
    let size = depth * width * width.max(1.0);
    let train = (protocol.epochs * protocol.train_samples) as f64 * train_ms;
    let evaluate = (protocol.evaluations() * config.valid_samples + config.test_samples) as f64 * forward_ms;
    let molecules = (protocol.train_samples + config.valid_samples + config.test_samples) as f64;
    Estimate {
        core_seconds: 0.3 + (train + evaluate) * size / 1e3,
        // A step keeps a row for each pair of atoms and layer (SchNet: four).
        memory_bytes: (60e6
            + molecules * 1.2e3
            + parameters * size * 40.0
            + protocol.batch_size as f64
                * 316.0
                * width
                * config.model.layers as f64
                * 512.0
                * if config.model.model == MoleculeModelKind::SchNet { 6.0 } else { 1.5 }) as u64,
        disk_bytes: (parameters * size * 20.0 + config.test_samples as f64 * 60.0 + 20e3) as u64,
    }
}
