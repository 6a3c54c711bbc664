//! The authors' thirty Adam steps.

use egnn_nn::{
    Backend,
    parity::{self, Case, Tolerances},
};
use std::path::Path;

fn case() -> Case {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../egnn-nn/tests/fixtures/nbody_egnn_adam_trace.safetensors");
    parity::load(&path).unwrap()
}

#[test]
fn thirty_adam_steps_match_the_authors_program() {
    let case = case();
    assert!(case.is_adam_trace());
    for backend in Backend::ALL {
        let report = egnn_train::run_trace(&case, Tolerances::default(), backend).unwrap();
        assert!(report.passed(), "{backend}: {:#?}", report.rows.iter().filter(|row| !row.ok).collect::<Vec<_>>());
        // One row for the losses, one a parameter.
        assert_eq!(report.rows.len(), 1 + case.after.len());
        // What the loss does not reach is left exactly as it was, weight decay included.
        let untouched = report.rows.iter().filter(|row| row.name.starts_with("gcl_3.node_mlp"));
        assert_eq!(untouched.map(|row| row.max_abs).collect::<Vec<_>>(), [0.0; 4]);
    }
}

#[test]
fn a_wrong_optimiser_is_noticed() {
    let mut case = case();
    case.config.optimizer = Some("Adam lr 5e-4 betas (0.9, 0.99) eps 1e-8 weight_decay 0".into());
    assert!(!egnn_train::run_trace(&case, Tolerances::default(), Backend::Kernels).unwrap().passed());
    case.config.optimizer = Some("SGD lr 5e-4".into());
    assert!(egnn_train::run_trace(&case, Tolerances::default(), Backend::Kernels).is_err());
}
