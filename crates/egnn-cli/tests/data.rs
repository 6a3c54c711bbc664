//! `egnn generate` and `egnn import` as a person uses them.

mod common;

use common::Lab;

const TRAIN: &str = "datasets/nbody/nbody_smoke/train.parquet";

#[test]
fn generate_makes_once_and_says_so() {
    let lab = Lab::new();
    let first = lab.ok(&["generate", "nbody", "nbody_smoke"]);
    assert!(first.stdout.starts_with("nbody_smoke: made (200 trajectories"), "{}", first.stdout);
    let files = lab.files();
    let bytes = std::fs::read(lab.path(TRAIN)).unwrap();
    let again = lab.ok(&["generate", "nbody", "nbody_smoke"]);
    assert!(again.stdout.contains("up to date"), "{}", again.stdout);
    assert_eq!(lab.files(), files);
    // Made anew from nothing, the bits are the same.
    std::fs::remove_dir_all(lab.path("datasets/nbody/nbody_smoke")).unwrap();
    lab.ok(&["generate", "nbody", "nbody_smoke"]);
    assert!(std::fs::read(lab.path(TRAIN)).unwrap() == bytes);
}

#[test]
fn changed_parameters_and_damage_are_noticed_and_named() {
    let lab = Lab::new();
    lab.ok(&["generate", "nbody", "nbody_smoke"]);
    let mut bytes = std::fs::read(lab.path(TRAIN)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(lab.path(TRAIN), &bytes).unwrap();
    let mended = lab.ok(&["generate", "nbody", "nbody_smoke"]);
    assert!(mended.stdout.contains("made again") && mended.stdout.contains("train.parquet"), "{}", mended.stdout);
    bytes[middle] ^= 1;
    assert!(std::fs::read(lab.path(TRAIN)).unwrap() == bytes, "mended means equal to before the damage");
    lab.edit("datasets/nbody.yaml", "  source: native\n  seed: 1\n", "  source: native\n  seed: 2\n");
    let changed = lab.ok(&["generate", "nbody", "nbody_smoke"]);
    assert!(changed.stdout.contains("its parameters changed"), "{}", changed.stdout);
    lab.edit("datasets/nbody.yaml", "200 trajectories", "two hundred trajectories");
    assert!(lab.ok(&["generate", "nbody", "nbody_smoke"]).stdout.contains("up to date"), "a comment changes nothing");
}

#[test]
fn a_killed_generate_leaves_no_half_set() {
    let lab = Lab::new();
    lab.edit("datasets/nbody.yaml", "{train: 120, valid: 40, test: 40}", "{train: 3000, valid: 40, test: 40}");
    for millis in [50, 200, 400, 700] {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_egnn"))
            .current_dir(lab.path(""))
            .args(["generate", "nbody", "nbody_smoke"])
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(millis));
        child.kill().unwrap();
        child.wait().unwrap();
        // Whatever is there under its own name is whole; without a manifest nobody reads it.
        let manifest = lab.path("datasets/nbody/nbody_smoke/manifest.json");
        if manifest.exists() {
            assert!(lab.ok(&["generate", "nbody", "nbody_smoke"]).stdout.contains("up to date"));
        }
    }
    lab.ok(&["generate", "nbody", "nbody_smoke"]);
    let temporaries: Vec<_> = lab.files().into_iter().filter(|(name, _)| name.contains(".egnn-tmp-")).collect();
    assert_eq!(temporaries, [], "leftovers of killed processes are swept");
}

#[test]
fn wrong_sets_and_definitions_are_refused() {
    let lab = Lab::new();
    let before = lab.files();
    lab.fails(2, &["generate", "nbody", "nbody_smal"], "did you mean 'nbody_small'?");
    lab.fails(2, &["generate", "nbdy"], "nbody");
    lab.edit(
        "datasets/nbody.yaml",
        "system: {bodies: 5, steps: 5000, sample_freq: 100}",
        "system: {bodies: 5, steps: 5000, sample_frq: 100}",
    );
    lab.fails(2, &["generate", "nbody", "nbody_smoke"], "nbody.yaml");
    lab.edit("datasets/nbody.yaml", "sample_frq: 100", "sample_freq: 0");
    lab.fails(2, &["generate", "nbody", "nbody_smoke"], "sample_freq");
    lab.edit("datasets/nbody.yaml", "sample_freq: 0", "sample_freq: 100");
    assert_eq!(lab.files(), before, "nothing was written");
}

#[test]
fn full_disks_and_missing_permissions_end_with_exit_code_3_and_leave_nothing() {
    let lab = Lab::new();
    for (fault, message) in [("disk-full:1000", "no space left"), ("permission", "ermission denied")] {
        let output = lab.command(&["generate", "nbody", "nbody_smoke"]).env("EGNN_TEST_FAULT", fault).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{stderr}");
        assert!(stderr.contains(message), "{stderr}");
        let left: Vec<_> =
            lab.files().into_iter().filter(|(name, _)| name.contains("parquet") || name.contains("tmp")).collect();
        assert_eq!(left, [], "nothing half-written");
    }
    assert!(lab.ok(&["generate", "nbody", "nbody_smoke"]).stdout.contains("made"), "and the same command then works");
}

/// An array of float64 in NumPy's format, C order, written as the format's description says.
fn npy(shape: &[usize], value: impl Fn(usize) -> f64) -> Vec<u8> {
    let dims: Vec<_> = shape.iter().map(|n| format!("{n},")).collect();
    let mut header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}), }}", dims.join(" "));
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    for index in 0..shape.iter().product() {
        bytes.extend(value(index).to_le_bytes());
    }
    bytes
}

#[test]
fn the_authors_files_can_be_imported_and_trained_on() {
    let lab = Lab::new();
    let folder = lab.path("theirs");
    std::fs::create_dir(&folder).unwrap();
    for (split, count) in [("train", 12), ("valid", 4), ("test", 4)] {
        let save = |kind: &str, bytes: Vec<u8>| {
            std::fs::write(folder.join(format!("{kind}_{split}_charged5_initvel1small.npy")), bytes).unwrap();
        };
        save("loc", npy(&[count, 49, 3, 5], |i| (i % 97) as f64 * 0.01));
        save("vel", npy(&[count, 49, 3, 5], |i| (i % 89) as f64 * 0.001));
        save("charges", npy(&[count, 5, 1], |i| if i % 2 == 0 { 1.0 } else { -1.0 }));
    }
    let imported = lab.ok(&["import", "nbody", "--from", "theirs", "--set", "authors"]);
    assert!(
        imported.stdout.contains("12 train + 4 valid + 4 test trajectories, 49 frames, 5 bodies"),
        "{}",
        imported.stdout
    );
    let columns = lab.ok(&[
        "query",
        "--json",
        "SELECT position_y FROM read_parquet('datasets/nbody/authors/train.parquet') \
         WHERE trajectory = 1 AND frame = 2 AND body = 3",
    ]);
    // [trajectory][frame][axis][body] of the .npy file.
    let expected = (((49 + 2) * 3 + 1) * 5 + 3) % 97;
    let rows: serde_json::Value = serde_json::from_str(&columns.stdout).unwrap();
    assert!((rows[0]["position_y"].as_f64().unwrap() - f64::from(expected) * 0.01).abs() < 1e-6, "{}", columns.stdout);
    lab.ok(&[
        "train",
        "nbody",
        "model=linear",
        "train_set=authors",
        "eval_set=authors",
        "train_samples=12",
        "batch_size=4",
        "epochs=2",
    ]);
    lab.fails(2, &["import", "nbody", "--from", "theirs", "--set", "nbody_small"], "choose another name");
    std::fs::write(folder.join("vel_valid_charged5_initvel1small.npy"), npy(&[4, 49, 5, 3], |_| 0.0)).unwrap();
    let before = lab.files();
    lab.fails(2, &["import", "nbody", "--from", "theirs", "--set", "other"], "vel_valid_charged5_initvel1small.npy");
    assert_eq!(lab.files(), before, "a refused import writes nothing");
}
