//! Runs for the tests of this crate.

use crate::{
    metric::Metric,
    results::{Results, Run, Settings, Status},
    run_data::DataFacts,
};
use std::collections::BTreeMap;

pub(crate) fn run(model: &str, samples: i64, seed: i64, status: Status) -> Run {
    Run {
        run: format!("{model}-{samples}-{seed}"),
        status,
        reason: None,
        model: model.into(),
        set: String::new(),
        at: Some(samples as f64),
        seed,
        variant: String::new(),
        settings: Settings { train_samples: samples, ..Settings::default() },
        values: BTreeMap::new(),
        epochs: Some(15),
        best_epoch: Some(14),
        steps: Some(1500),
        seconds: Some(30.0),
        parameters: Some(1000),
        data: DataFacts::default(),
    }
}

pub(crate) fn finished(model: &str, samples: i64, seed: i64, mse: f64) -> Run {
    Run { values: BTreeMap::from([(Metric::Mse, mse)]), ..run(model, samples, seed, Status::Finished) }
}

/// A finished run of the autoencoder with the paper's budget and settings.
pub(crate) fn reconstructed(set: &str, model: &str, seed: i64, [bce, error, f1]: [f64; 3]) -> Run {
    Run {
        run: format!("{set}-{model}-{seed}"),
        set: set.into(),
        at: None,
        settings: Settings {
            train_samples: 5000,
            hidden: Some(64),
            layers: Some(4),
            dim: Some(8),
            batch_size: Some(1),
            valid_samples: Some(500),
            test_samples: Some(500),
            splits: ["train", "valid", "test"].map(|split| Some(split.into())),
            learning_rate: Some(1e-4),
            schedule: Some("cosine".into()),
            weight_decay: Some(1e-16),
            clamp: Some(100.0),
            shrink: Some(1e-3),
            cross_entropy: Some("probability".into()),
            ..Settings::default()
        },
        values: BTreeMap::from([(Metric::Bce, bce), (Metric::ErrorPercent, error), (Metric::F1, f1)]),
        epochs: Some(100),
        best_epoch: Some(98),
        steps: Some(500_000),
        data: DataFacts { set: set.into(), ..DataFacts::default() },
        ..run(model, 5000, seed, Status::Finished)
    }
}

/// One finished run of seed 1 for each model, size and error.
pub(crate) fn results(runs: &[(&str, i64, f64)]) -> Results {
    of(runs.iter().map(|&(model, samples, mse)| finished(model, samples, 1, mse)).collect())
}

pub(crate) fn of(runs: Vec<Run>) -> Results {
    Results { runs, provenance: Vec::new() }
}

/// A finished run on molecules with a small budget and the paper's settings.
pub(crate) fn predicted(property: &str, model: &str, samples: i64, seed: i64, mae: f64) -> Run {
    Run {
        run: format!("{property}-{model}-{samples}-{seed}"),
        set: property.into(),
        settings: Settings {
            train_samples: samples,
            hidden: Some(128),
            layers: Some(7),
            batch_size: Some(96),
            valid_samples: Some(1000),
            test_samples: Some(1000),
            learning_rate: Some(5e-4),
            schedule: Some("authors".into()),
            weight_decay: Some(1e-16),
            attention: Some("true".into()),
            update_coordinates: Some("false".into()),
            cutoff: Some(0.0),
            ..Settings::default()
        },
        values: BTreeMap::from([(Metric::Mae, mae), (Metric::MaeOfMean, 1.2)]),
        epochs: Some(20),
        best_epoch: Some(19),
        steps: Some(20 * ((samples + 95) / 96)),
        data: DataFacts { set: "qm9".into(), ..DataFacts::default() },
        ..run(model, samples, seed, Status::Finished)
    }
}
