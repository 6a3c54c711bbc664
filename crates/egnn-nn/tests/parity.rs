//! The authors' numbers: outputs, loss and every gradient; and files that are no cases.

use std::path::{Path, PathBuf};

use egnn_nn::Backend;
use egnn_nn::parity::{self, Case, ParityError, ParityReport, Problem, Quantity, Tolerances};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn run(path: &Path) -> Result<ParityReport, ParityError> {
    parity::run(path, Tolerances::default(), Backend::Kernels)
}

fn check(case: &Case) -> Result<ParityReport, ParityError> {
    parity::check(case, Tolerances::default(), Backend::Kernels)
}

/// On both backends.
fn assert_parity(name: &str, gradients: usize) {
    let path = fixture(&format!("{name}.safetensors"));
    for backend in Backend::ALL {
        let report = parity::run(&path, Tolerances::default(), backend).unwrap();
        assert_eq!(report.case, name);
        let wrong: Vec<_> = report.rows.iter().filter(|row| !row.ok).collect();
        assert!(report.passed(), "{backend}: {wrong:#?}");
        let compared = report.rows.iter().filter(|row| row.quantity == Quantity::Gradient).count();
        assert_eq!(compared, gradients, "every parameter's gradient is compared");
        assert!(report.worst(Quantity::Output).is_some() && report.worst(Quantity::Loss).is_some());
    }
}

#[test]
fn nbody_egnn() {
    assert_parity("nbody_egnn", 32);
}

#[test]
fn nbody_gnn() {
    assert_parity("nbody_gnn", 22);
}

#[test]
fn nbody_radial_field() {
    assert_parity("nbody_radial_field", 14);
}

#[test]
fn nbody_linear() {
    assert_parity("nbody_linear", 1);
}

#[test]
fn nbody_segno() {
    // Embedding, and three MLPs that all steps share.
    assert_parity("nbody_segno", 2 + 3 * 4);
}

#[test]
fn qm9_egnn() {
    // Embedding, gate and all four MLPs of two layers, and the two MLPs after them.
    assert_parity("qm9_egnn", 2 + 2 * 10 + 8);
}

#[test]
fn layers_plain() {
    assert_parity("layers_egnn_plain", 26);
}

#[test]
fn layers_in_five_dimensions() {
    assert_parity("layers_egnn_5d", 26);
}

#[test]
fn layers_with_attention() {
    assert_parity("layers_egnn_attention", 30);
}

#[test]
fn layers_with_normalised_differences_and_tanh() {
    assert_parity("layers_egnn_normalize_tanh", 26);
}

#[test]
fn autoencoder_egnn() {
    assert_parity("autoencoder_egnn", 24);
}

#[test]
fn autoencoder_gnn() {
    assert_parity("autoencoder_gnn", 20);
}

#[test]
fn autoencoder_noise_gnn() {
    assert_parity("autoencoder_noise_gnn", 20);
}

#[test]
fn autoencoder_radial_field() {
    assert_parity("autoencoder_radial_field", 11);
}

#[test]
fn wrong_numbers_are_reported_and_not_accepted() {
    let mut case = parity::load(&fixture("nbody_egnn.safetensors")).unwrap();
    for tensor in [case.grads.get_mut("gcl_0.edge_mlp.2.bias").unwrap(), case.outputs.get_mut("loss").unwrap()] {
        *tensor = (tensor.clone() * 1.001).unwrap();
    }
    let report = check(&case).unwrap();
    let wrong: Vec<_> = report.rows.iter().filter(|row| !row.ok).map(|row| row.name.as_str()).collect();
    assert_eq!(wrong, ["loss", "gcl_0.edge_mlp.2.bias"]);
    assert!(!report.passed());
}

#[test]
fn a_result_that_is_no_number_fails() {
    let mut case = parity::load(&fixture("nbody_gnn.safetensors")).unwrap();
    let bias = case.params.get_mut("decoder.2.bias").unwrap();
    *bias = (bias.clone() * f64::NAN).unwrap();
    let report = check(&case).unwrap();
    assert!(!report.rows[0].ok && report.rows[0].max_rel.is_infinite());
}

#[test]
fn edges_in_another_order_give_the_same_result() {
    let mut case = parity::load(&fixture("layers_egnn_plain.safetensors")).unwrap();
    let count = case.inputs["row"].dims()[0] as u32;
    let order: Vec<u32> = (0..count).map(|edge| (edge * 7 + 3) % count).collect();
    let order = candle_core::Tensor::new(order, &candle_core::Device::Cpu).unwrap();
    for name in ["row", "col", "edge_attr"] {
        let shuffled = case.inputs[name].index_select(&order, 0).unwrap();
        case.inputs.insert(name.into(), shuffled);
    }
    assert!(check(&case).unwrap().passed());
}

#[test]
fn an_adam_trace_is_recognised_and_left_to_the_trainer() {
    let path = fixture("nbody_egnn_adam_trace.safetensors");
    let case = parity::load(&path).unwrap();
    assert!(case.is_adam_trace());
    assert_eq!(case.config.steps, Some(30));
    assert!(!case.after.is_empty());
    case.nbody_model(candle_core::DType::F32, Backend::Kernels).unwrap();
    let error = run(&path).unwrap_err();
    assert!(matches!(error.problem, Problem::AdamTrace));
}

#[test]
fn another_task_is_named() {
    let mut case = parity::load(&fixture("autoencoder_egnn.safetensors")).unwrap();
    case.config.task = "origami".into();
    let error = check(&case).unwrap_err();
    assert!(error.to_string().ends_with("task 'origami' is not supported by this version"), "{error}");
}

#[test]
fn what_is_no_case_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let whole = std::fs::read(fixture("nbody_linear.safetensors")).unwrap();
    let data = {
        let header = br#"{"__metadata__":{"config":"{\"layout\":\"[trajectory]\"}"}}"#;
        [(header.len() as u64).to_le_bytes().as_slice(), header].concat()
    };
    let bare = [2_u64.to_le_bytes().as_slice(), b"{}"].concat();
    for (path, message) in [
        (file("empty", b""), "not a safetensors file, or a truncated one"),
        (file("text", b"a few words that are no tensors"), "not a safetensors file, or a truncated one"),
        (file("cut", &whole[..whole.len() - 5]), "not a safetensors file, or a truncated one"),
        (file("bare", &bare), "its metadata have no 'config'"),
        (file("data", &data), "has no 'task'; is it a data file?"),
        (folder.path().join("absent"), "cannot be read"),
    ] {
        let error = run(&path).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(message) && text.contains(path.to_str().unwrap()), "{text}");
        assert!(!error.is_environment());
    }
}

#[test]
fn missing_and_misshapen_tensors_are_named() {
    let whole = || parity::load(&fixture("nbody_egnn.safetensors")).unwrap();
    let message = |case: &Case| check(case).unwrap_err().to_string();

    let mut case = whole();
    case.inputs.remove("vel");
    assert!(message(&case).ends_with("tensor 'in.vel' is missing"), "{}", message(&case));
    let mut case = whole();
    case.grads.remove("embedding.bias");
    assert!(message(&case).ends_with("tensor 'grad.embedding.bias' is missing"), "{}", message(&case));
    let mut case = whole();
    case.params.remove("embedding.bias");
    let weight = case.params.remove("gcl_0.edge_mlp.2.weight").unwrap();
    case.params.insert("gcl_0.edge_mlp.2.weight".into(), weight.narrow(0, 0, 3).unwrap());
    case.params.insert("gcl_9.edge_mlp.2.weight".into(), weight);
    let text = message(&case);
    for part in [
        "missing embedding.bias",
        "unexpected gcl_9.edge_mlp.2.weight",
        "gcl_0.edge_mlp.2.weight has shape [3, 16], expected [16, 16]",
    ] {
        assert!(text.contains(part), "{text}");
    }
    for hidden in [17, 1 << 20, usize::MAX] {
        let mut case = whole();
        case.config.hidden = hidden;
        assert!(!message(&case).is_empty());
    }
    let mut case = whole();
    case.config.layers = 1 << 40;
    assert!(message(&case).contains("but the parameters hold"), "{}", message(&case));
    let mut case = whole();
    case.config.other.insert("norm_diff".into(), serde_json::Value::Bool(true));
    assert!(message(&case).contains("'norm_diff' = true"), "{}", message(&case));
}
