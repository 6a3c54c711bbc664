//! `egnn parity` as people use it to check weights that come from PyTorch.

mod common;

use common::{
    Lab,
    cases::{cases, damage, fixture},
};
use egnn_kernels::simd;

#[test]
fn every_reference_case_passes_on_every_backend_and_path() {
    let cases = cases(&["nbody_", "layers_", "autoencoder_"]);
    assert!(cases.len() >= 9 + 4, "{cases:?}");
    let paths = simd::Path::ALL.into_iter().filter(|path| path.is_available()).map(|path| ("kernels", path.name()));
    for (backend, path) in paths.chain([("kernels", ""), ("plain", "")]) {
        let mut arguments = vec!["parity", "--json", "--backend", backend];
        arguments.extend(cases.iter().map(String::as_str));
        let output = Lab::new().command(&arguments).env("EGNN_SIMD", path).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let reports: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let rows: Vec<_> =
            reports.as_array().unwrap().iter().flat_map(|report| report["rows"].as_array().unwrap()).collect();
        assert!(rows.len() > 150 && rows.iter().all(|row| row["ok"] == true), "{} rows", rows.len());
    }
}

#[test]
fn unknown_instructions_and_backends_are_refused_with_the_choices() {
    let lab = Lab::new();
    let before = lab.files();
    for arguments in
        [&["parity", "x"][..], &["train", "nbody"], &["sweep", "nbody"], &["evaluate", "x", "--data", "y"], &["bench"]]
    {
        let output = lab.command(arguments).env("EGNN_SIMD", "nonsense").output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains("EGNN_SIMD=nonsense") && stderr.contains("portable"), "{stderr}");
    }
    lab.fails(2, &["train", "nbody", "--backend", "cuda"], "kernels, plain");
    assert_eq!(lab.files(), before, "nothing was written");
}

#[test]
fn a_wrong_number_is_found_and_named() {
    let lab = Lab::new();
    let mut bytes = std::fs::read(fixture("egnn-nn/tests/fixtures/nbody_egnn.safetensors")).unwrap();
    damage(&mut bytes, "grad.gcl_0.edge_mlp.0.bias");
    std::fs::write(lab.path("wrong.safetensors"), bytes).unwrap();
    let run = lab.fails(1, &["parity", "wrong.safetensors"], "1 of 1 cases out of tolerance");
    assert!(run.stdout.contains("gcl_0.edge_mlp.0.bias"), "{}", run.stdout);
}

#[test]
fn what_is_no_case_is_refused() {
    let lab = Lab::new();
    std::fs::write(lab.path("empty.safetensors"), b"").unwrap();
    lab.fails(2, &["parity", "empty.safetensors"], "empty.safetensors");
    lab.fails(2, &["parity", "missing.safetensors"], "missing.safetensors");
    let data = fixture("egnn-nbody/tests/fixtures/nbody_small.safetensors");
    lab.fails(2, &["parity", &data], "not a reference case");
}
