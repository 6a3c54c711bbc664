use super::*;
use crate::{
    fabricate::{finished, of, predicted, reconstructed},
    predictions::nbody::tests::{columns, mse, written},
    write::Options,
};
use egnn_store::table::ColumnData;

fn options(kind: Kind) -> Options {
    let text = || "made up".to_owned();
    Options { title: text(), kind, profile: text(), command: text() }
}

/// The viewers and the warnings that they add.
fn shown(folder: &Path, kind: Kind, results: &Results) -> (Vec<Viewer>, Vec<String>) {
    let options = options(kind);
    let mut report = Report::new(results, &options);
    report.warnings.clear();
    let viewers = viewers(folder, results, &mut report);
    (viewers, report.warnings)
}

#[test]
fn models_stand_beside_each_other_with_their_measured_equivariance() {
    let folder = tempfile::tempdir().unwrap();
    let (still, shifted) = ([0.0; 3], [0.4, 0.0, 0.1]);
    let results = of(vec![finished("egnn", 400, 1, mse(still)), finished("gnn", 400, 1, mse(shifted))]);
    written(folder.path(), "egnn-400-1", columns(still));
    // An older file of the same trajectories.
    let old = columns(shifted).into_iter().filter(|(name, _)| !name.starts_with("input") && name != "charge");
    written(folder.path(), "gnn-400-1", old.collect());
    for kind in [Kind::SizeCurve, Kind::Table, Kind::Beyond] {
        let (viewers, warnings) = shown(folder.path(), kind, &results);
        assert!(warnings.is_empty(), "{warnings:?}");
        let data = &viewers[0].data;
        // The shift is nearer to the true places: GNN is the best, and the one that is not equivariant.
        let titles: Vec<&str> =
            data["models"].as_array().unwrap().iter().map(|of| of["title"].as_str().unwrap()).collect();
        assert_eq!((viewers[0].id, titles), ("nbody", vec!["GNN", "EGNN"]));
        assert_eq!((data["left"].as_u64(), data["right"].as_u64()), (Some(0), Some(0)));
        assert_eq!(data["scenes"].as_array().unwrap().len(), 1, "both are of the same trajectories");
        assert_eq!(data["scenes"][0]["inputs"][1][0], 1.0, "paths are known from the newer file");
        assert_eq!(data["scenes"][0]["rotations"].as_array().unwrap().len(), 2);
        assert_eq!(data["models"][1]["rotated"][0][1], serde_json::json!([0.0, 1.0, 1.0, -1.0, 1.0, 1.0]));
        let measured = |model: usize| data["models"][model]["all"]["rms"].as_f64().unwrap();
        assert!(measured(0) > 0.3 && measured(1) < 1e-6, "{} {}", measured(0), measured(1));
    }
}

#[test]
fn what_cannot_be_shown_is_said_and_the_rest_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let results = of(vec![finished("egnn", 400, 1, mse([0.0; 3])), finished("gnn", 400, 1, 0.2)]);
    let (viewers, warnings) = shown(folder.path(), Kind::Table, &results);
    assert!(viewers.is_empty());
    assert_eq!(
        warnings,
        [
            "No trajectories are shown: there are no run folders beside results.parquet (published results have none; run the sweep \
          to have them)."
        ]
    );
    written(folder.path(), "egnn-400-1", columns([0.0; 3]));
    let (viewers, warnings) = shown(folder.path(), Kind::Table, &results);
    assert_eq!(viewers.len(), 1);
    assert!(
        warnings[0].starts_with("No trajectories of GNN are shown: runs/gnn-400-1/predictions.parquet is not there")
    );
    std::fs::write(folder.path().join("runs/egnn-400-1/predictions.parquet"), b"PAR1").unwrap();
    let (viewers, warnings) = shown(folder.path(), Kind::Table, &results);
    assert!(viewers.is_empty() && warnings.len() == 2, "{warnings:?}");
    let (viewers, warnings) = shown(folder.path(), Kind::Table, &of(Vec::new()));
    assert!(viewers.is_empty() && warnings.is_empty(), "without runs there is nothing to say");
}

#[test]
fn eight_models_of_the_real_size_fit_in_300_kilobytes_and_large_systems_in_two_megabytes() {
    use crate::predictions::nbody::{Predicted, Rotated};
    let wave = |count: usize, of: f64| -> Vec<[f64; 3]> {
        (0..count).map(|i| [0, 1, 2].map(|axis: usize| (i as f64 * of + axis as f64).sin() * 3.0)).collect()
    };
    let matrix = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    let size = |models, bodies: usize, rotations: i32| {
        let count = 16 * bodies;
        let predicted = Predicted {
            trajectories: (0..16).collect(),
            bodies,
            inputs: Some(wave(count, 0.3)),
            charges: Some(vec![1.0; count]),
            targets: wave(count, 0.7),
            predictions: wave(count, 1.1),
            rotations: (0..rotations).map(|k| Rotated { matrix, predictions: wave(count, f64::from(k)) }).collect(),
            ..Predicted::default()
        };
        nbody::size_of_models(&predicted, models)
    };
    let [real, large] = [size(8, 5, 24), size(12, 64, 64)];
    assert!((100_000..300_000).contains(&real), "{real} bytes");
    assert!(large < 2_000_000, "{large} bytes");
}

#[test]
fn graphs_come_with_their_pairs_and_places() {
    let folder = tempfile::tempdir().unwrap();
    let results = of(vec![reconstructed("community_small", "egnn", 1, [1.0, 1.0, 0.9])]);
    let run = &results.runs[0].run;
    written(
        folder.path(),
        run,
        vec![
            ("graph".to_owned(), ColumnData::U32(vec![0, 0, 0, 1])),
            ("nodes".to_owned(), ColumnData::U16(vec![3, 3, 3, 2])),
            ("source".to_owned(), ColumnData::U16(vec![0, 0, 1, 0])),
            ("target".to_owned(), ColumnData::U16(vec![1, 2, 2, 1])),
            ("edge".to_owned(), ColumnData::U8(vec![1, 0, 1, 0])),
            ("probability".to_owned(), ColumnData::F32([0.9, 0.51, 0.4, 0.1].map(Some).into())),
        ],
    );
    let (viewers, warnings) = shown(folder.path(), Kind::Autoencoder, &results);
    assert!(warnings.is_empty());
    let set = &viewers[0].data["sets"][0];
    assert_eq!((viewers[0].id, set["model"].as_str(), set["right"].as_u64()), ("graphs", Some("EGNN"), Some(1)));
    assert_eq!((set["graphs"][0]["pairs"].as_str(), set["graphs"][1]["pairs"].as_str()), (Some("fam"), Some("e")));
    assert_eq!(set["graphs"][0]["probabilities"], serde_json::json!([0.9, 0.51, 0.4]));
    assert_eq!(set["graphs"][0]["places"].as_array().unwrap().len(), 3);
    let missing = of(vec![reconstructed("erdos_renyi", "egnn", 1, [1.0, 1.0, 0.9])]);
    assert!(shown(folder.path(), Kind::Autoencoder, &missing).0.is_empty());
}

fn molecules(xyz: Option<&str>) -> Vec<(String, ColumnData)> {
    let mut columns: Vec<(String, ColumnData)> = vec![
        ("index".into(), ColumnData::U32(vec![4, 9])),
        ("smiles".into(), ColumnData::Text(vec![Some("O".into()), Some("</script>".into())])),
        ("atoms".into(), ColumnData::U16(vec![3, 1])),
        ("target".into(), ColumnData::F64([1.0, 2.0].map(Some).into())),
        ("prediction".into(), ColumnData::F64([1.5, 0.0].map(Some).into())),
    ];
    let geometry = xyz.map(|xyz| ("xyz".into(), ColumnData::Text(vec![Some(xyz.into()), None])));
    columns.extend(geometry);
    columns
}

#[test]
fn molecules_come_worst_first_with_their_atoms_if_these_are_stored() {
    let folder = tempfile::tempdir().unwrap();
    let run = predicted("mu", "egnn", 1000, 1, 1.25);
    let id = run.run.clone();
    let results = of(vec![run, predicted("mu", "mean", 1000, 1, 1.3)]);
    written(folder.path(), &id, molecules(Some("O 0 0 0\nH 0 0.757 0.587\nH 0 -0.757 0.587")));
    let (viewers, warnings) = shown(folder.path(), Kind::Qm9, &results);
    assert!(warnings.is_empty(), "{warnings:?}");
    let runs = viewers[0].data["runs"].as_array().unwrap();
    assert_eq!((viewers[0].id, runs.len()), ("molecules", 1), "what says the mean of all has no molecules of its own");
    let [worst, other] = [&runs[0]["molecules"][0], &runs[0]["molecules"][1]];
    assert_eq!((worst["smiles"].as_str(), worst["error"].as_f64()), (Some("</script>"), Some(-2.0)));
    assert!(worst["elements"].is_null());
    assert_eq!(other["elements"], serde_json::json!(["O", "H", "H"]));
    assert_eq!(other["places"][4], 0.757);
    assert_eq!((runs[0]["unit"].as_str(), runs[0]["mae"].as_f64()), (Some("D"), Some(1.25)));
    // Older files, and damaged geometry.
    written(folder.path(), &id, molecules(None));
    let (viewers, warnings) = shown(folder.path(), Kind::Qm9, &results);
    assert!(warnings.is_empty() && viewers[0].data["runs"][0]["molecules"][1]["elements"].is_null());
    written(folder.path(), &id, molecules(Some("O 0 0 0")));
    let (viewers, warnings) = shown(folder.path(), Kind::Qm9, &results);
    assert_eq!(viewers.len(), 1);
    assert_eq!(warnings, [format!("Molecule 4 of {id} is not drawn: its geometry has 1 lines for 3 atoms.")]);
}

#[test]
fn numbers_are_rounded_to_their_digits() {
    assert_eq!(
        [1.234_567, -0.000_123_456, 0.0, -0.0, 98_765.43].map(|value| rounded(value, 4)),
        [1.235, -1.235e-4, 0.0, 0.0, 98770.0]
    );
    assert!(rounded(-0.0, 4).is_sign_positive());
}
