//! A set with a valid manifest is complete, and whatever is not says so.

mod common;

use common::{Arrays, footer, snapshot};
use egnn_schema::{Manifest, version};
use egnn_store::{
    StoreError,
    fault::{self, Fault},
    manifest, nbody,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::Path};

fn set(folder: &Path) -> Manifest {
    let splits: BTreeMap<_, _> = [("train", 5), ("valid", 2)]
        .map(|(split, trajectories)| {
            let path = folder.join(format!("{split}.parquet"));
            let arrays = Arrays::new(trajectories, 3, 2);
            (split.to_owned(), nbody::write_split(&path, &arrays.split(), &footer()).unwrap())
        })
        .into();
    let parameters = json!({"seed": 43});
    Manifest {
        program: version::PROGRAM.into(),
        dataset_version: version::DATASET_VERSION,
        set: "nbody_small".into(),
        generator: "nbody".into(),
        generator_version: version::GENERATOR_VERSION,
        parameters_hash: manifest::parameters_hash("nbody", &parameters),
        parameters,
        content_hash: manifest::content_hash(&splits),
        splits,
    }
}

#[test]
fn a_manifest_comes_back_and_its_files_verify() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(manifest::read(folder.path()).unwrap(), None);
    assert_eq!(manifest::read(&folder.path().join("nowhere")).unwrap(), None);
    let manifest = set(folder.path());
    manifest::write(folder.path(), &manifest).unwrap();
    assert_eq!(manifest::read(folder.path()).unwrap(), Some(manifest.clone()));
    manifest::verify_sizes(folder.path(), &manifest).unwrap();
    manifest::verify(folder.path(), &manifest).unwrap();
}

#[test]
fn each_kind_of_damage_names_the_file_and_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = set(folder.path());
    let valid = folder.path().join("valid.parquet");
    let whole = fs::read(&valid).unwrap();
    let refused = |result: Result<(), StoreError>, reason: &str| {
        let error = result.unwrap_err();
        assert!(!error.is_environment(), "{error}");
        let text = error.to_string();
        assert!(text.contains("valid.parquet") && text.contains(reason), "{text}");
        assert!(text.ends_with("delete it or run egnn generate nbody nbody_small again"), "{text}");
    };
    fs::write(&valid, &whole[1..]).unwrap();
    refused(manifest::verify_sizes(folder.path(), &manifest), "bytes, the manifest says");
    refused(manifest::verify(folder.path(), &manifest), "bytes, the manifest says");
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    fs::write(&valid, &flipped).unwrap();
    manifest::verify_sizes(folder.path(), &manifest).unwrap();
    refused(manifest::verify(folder.path(), &manifest), "checksum");
    fs::remove_file(&valid).unwrap();
    refused(manifest::verify_sizes(folder.path(), &manifest), "it is missing");
    fs::create_dir(&valid).unwrap();
    refused(manifest::verify(folder.path(), &manifest), "it is not a file");

    let imported = Manifest { generator: "import".into(), ..manifest };
    let text = manifest::verify(folder.path(), &imported).unwrap_err().to_string();
    assert!(text.ends_with("delete it or run egnn import again for the set nbody_small"), "{text}");
}

#[test]
fn each_kind_of_wrong_manifest_has_its_own_error() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("nbody/nbody_small");
    fs::create_dir_all(&folder).unwrap();
    let good = serde_json::to_value(set(&folder)).unwrap();
    let path = manifest::path(&folder);
    let refused = |text: &str, reason: &str| {
        fs::write(&path, text).unwrap();
        let error = manifest::read(&folder).unwrap_err();
        assert!(!error.is_environment(), "{error}");
        let error = error.to_string();
        assert!(error.contains("manifest.json") && error.contains(reason), "{error}");
        assert!(error.contains("delete it or run egnn generate nbody nbody_small again"), "{error}");
    };
    let with = |key: &str, value: Value| {
        let mut changed = good.clone();
        changed[key] = value;
        changed.to_string()
    };
    refused("", "it is empty");
    refused("{", "it is no manifest: EOF while parsing an object at line 1 column 1");
    refused("[1]", "names no program");
    refused(&with("program", json!("other")), "was not written by egnn-lab");
    refused(&with("dataset_version", json!(2)), "dataset_version 2, but this program reads 1");
    refused(&with("dataset_version", json!("1")), "dataset_version \"1\"");
    refused(&with("colour", json!("red")), "unknown field `colour`");
    refused(&with("set", json!(7)), "invalid type");
    refused(&with("content_hash", json!("abc")), "its content_hash is not that of its splits");
    for name in ["../train.parquet", "/etc/passwd", "..", "", "a/b"] {
        let mut changed = good.clone();
        changed["splits"]["train"]["file"] = json!(name);
        refused(&changed.to_string(), "which is not one beside it");
    }
    fs::write(&path, good.to_string()).unwrap();
    assert!(manifest::read(&folder).unwrap().is_some());
}

#[test]
fn a_fault_leaves_the_old_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = set(folder.path());
    manifest::write(folder.path(), &manifest).unwrap();
    let before = snapshot(folder.path());
    for fault in [Fault::DiskFull { after_bytes: 100 }, Fault::PermissionDenied] {
        let _guard = fault::inject(fault);
        let other = Manifest { set: "other".into(), ..manifest.clone() };
        assert!(manifest::write(folder.path(), &other).unwrap_err().is_environment());
        assert_eq!(snapshot(folder.path()), before);
    }
}

#[test]
fn hashes_follow_content_and_parameters() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = set(folder.path());
    let mut other = manifest.splits.clone();
    other.get_mut("valid").unwrap().checksum = "0".repeat(64);
    assert_ne!(manifest::content_hash(&other), manifest.content_hash);
    let hash = |generator, seed| manifest::parameters_hash(generator, &json!({"seed": seed, "bodies": 5}));
    assert_eq!(hash("nbody", 43), manifest::parameters_hash("nbody", &json!({"bodies": 5, "seed": 43})));
    assert_ne!(hash("nbody", 43), hash("nbody", 42));
    assert_ne!(hash("nbody", 43), hash("import", 43));
}
