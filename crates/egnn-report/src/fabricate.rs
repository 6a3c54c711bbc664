//! Runs for the tests of this crate.

use crate::results::{Results, Run, Status};

pub(crate) fn run(model: &str, samples: i64, seed: i64, status: Status) -> Run {
    Run {
        run: format!("{model}-{samples}-{seed}"),
        status,
        reason: None,
        model: model.into(),
        train_samples: samples,
        seed,
        variant: String::new(),
        test_mse: None,
        epochs: Some(15),
        steps: Some(1500),
        seconds: Some(30.0),
        parameters: Some(1000),
    }
}

pub(crate) fn finished(model: &str, samples: i64, seed: i64, mse: f64) -> Run {
    Run { test_mse: Some(mse), ..run(model, samples, seed, Status::Finished) }
}

/// One finished run of seed 1 for each model, size and error.
pub(crate) fn results(runs: &[(&str, i64, f64)]) -> Results {
    let runs = runs.iter().map(|&(model, samples, mse)| finished(model, samples, 1, mse)).collect();
    Results { runs, provenance: Vec::new() }
}
