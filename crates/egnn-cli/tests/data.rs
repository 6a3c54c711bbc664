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
    assert!(!mended.stdout.contains("delete it"), "it is mended already: {}", mended.stdout);
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
fn complaints_about_set_definitions_name_line_and_column() {
    let lab = Lab::new();
    let set = "own:\n  source: native\n  seed: 1\n  system: {bodies: 5}\n  splits: {train: 8, valid: 4, test: 4}\n";
    let cases = [
        ("seed", "sed", "3:3: unknown key 'sed'; did you mean 'seed'?"),
        ("native", "nativ", "2:11: unknown source 'nativ'; did you mean 'native'?"),
        ("bodies", "bodys", "4:12: unknown key 'bodys'; did you mean 'bodies'?"),
        ("bodies: 5", "bodies: five", "4:20: bodies is five; give a whole number"),
        ("bodies: 5", "bodies: 0", "4:20: bodies is 0; give a number from 1"),
        ("bodies: 5", "sample_freq: 0", "4:25: sample_freq is 0"),
        ("bodies: 5", "distance: dirct", "4:22: unknown distance 'dirct'; did you mean 'direct'?"),
        ("train: 8", "train: 0", "5:19: train is 0; give a whole number from 1"),
        (", test: 4", "", "5:11: splits needs the key 'test'"),
        ("  seed: 1\n", "", "2:3: a set needs the key 'seed'"),
        ("seed: 1", "source: native", "3:3: 'source' stands here a second time; the first is in line 2"),
        ("own:", "100:", "1:1: '100' cannot be a set's name"),
        ("own:", "nan:", "1:1: 'nan' cannot be a set's name"),
    ];
    for (from, to, message) in cases {
        assert!(set.contains(from), "{from}");
        lab.write("datasets/nbody.yaml", &set.replacen(from, to, 1));
        lab.fails(2, &["generate", "nbody", "own"], &format!("error: datasets/nbody.yaml:{message}"));
    }
    for nothing in ["", "# no sets yet\n", "{}\n"] {
        lab.write("datasets/nbody.yaml", nothing);
        lab.fails(
            2,
            &["generate", "nbody"],
            "error: datasets/nbody.yaml: the file is empty; it needs at least one set",
        );
    }
    lab.write("datasets/nbody.yaml", set);
    lab.ok(&["generate", "nbody", "own"]);
}

#[test]
fn a_set_that_another_process_makes_is_waited_for_and_not_made_twice() {
    let lab = Lab::new();
    let folder = lab.path("datasets/nbody/nbody_smoke");
    std::fs::create_dir_all(&folder).unwrap();
    let lock = egnn_store::lock::FolderLock::acquire(&folder, "generate").unwrap();
    let start = || {
        std::process::Command::new(env!("CARGO_BIN_EXE_egnn"))
            .current_dir(lab.path(""))
            .args(["generate", "nbody", "nbody_smoke"])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap()
    };
    let children = [start(), start()];
    std::thread::sleep(std::time::Duration::from_secs(1));
    assert!(!folder.join("manifest.json").exists());
    drop(lock);
    let mut said = Vec::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{stderr}");
        assert!(stderr.contains("waiting for another process that makes set nbody_smoke"), "{stderr}");
        said.push(String::from_utf8(output.stdout).unwrap());
    }
    said.sort();
    assert!(said[0].starts_with("nbody_smoke: made (") && said[1].starts_with("nbody_smoke: up to date"), "{said:?}");
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

/// The nine files of a set of `train` + 4 + 4 trajectories.
fn write_theirs(folder: &std::path::Path, train: usize) {
    std::fs::create_dir_all(folder).unwrap();
    for (split, count) in [("train", train), ("valid", 4), ("test", 4)] {
        let save = |kind: &str, bytes: Vec<u8>| {
            std::fs::write(folder.join(format!("{kind}_{split}_charged5_initvel1small.npy")), bytes).unwrap();
        };
        save("loc", npy(&[count, 49, 3, 5], |i| (i % 97) as f64 * 0.01));
        save("vel", npy(&[count, 49, 3, 5], |i| (i % 89) as f64 * 0.001));
        save("charges", npy(&[count, 5, 1], |i| if i % 2 == 0 { 1.0 } else { -1.0 }));
    }
}

#[test]
fn a_failed_import_keeps_the_set_and_a_good_one_replaces_it() {
    let lab = Lab::new();
    let import = |from: &'static str| ["import", "nbody", "--from", from, "--set", "good"];
    write_theirs(&lab.path("theirs"), 12);
    write_theirs(&lab.path("more"), 500);
    lab.ok(&import("theirs"));
    let before = lab.files();
    let manifest = lab.read("datasets/nbody/good/manifest.json");
    // The small splits fit, the large one does not.
    let output = lab.command(&import("more")).env("EGNN_TEST_FAULT", "disk-full:100000").output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(lab.files(), before, "as if nothing had happened");
    assert_eq!(lab.read("datasets/nbody/good/manifest.json"), manifest);
    // As a process that is killed between the renames leaves it.
    let sets = lab.path("datasets/nbody");
    std::fs::rename(sets.join("good"), sets.join(".egnn-tmp-good-old")).unwrap();
    let output = lab.command(&import("more")).env("EGNN_TEST_FAULT", "disk-full:100000").output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(lab.files(), before, "the old set is back");
    let replaced = lab.ok(&import("more"));
    assert!(replaced.stdout.contains("500 train"), "{}", replaced.stdout);
    let left: Vec<_> = lab.files().into_iter().filter(|(name, _)| name.contains(".egnn-tmp-")).collect();
    assert_eq!(left, [], "nothing is left over");
    // Files of the user that stand in the set's folder are not replaced with it.
    write_theirs(&lab.path("datasets/nbody/mine"), 12);
    lab.fails(2, &["import", "nbody", "--from", "datasets/nbody/mine", "--set", "mine"], "would be lost");
    assert!(lab.path("datasets/nbody/mine/loc_train_charged5_initvel1small.npy").exists());
    for name in ["100", "true", "nan", "1e5", "-1", "a/b", ""] {
        lab.fails(2, &["import", "nbody", "--from", "theirs", &format!("--set={name}")], "cannot be a set's name");
    }
}

#[test]
fn the_authors_files_can_be_imported_and_trained_on() {
    let lab = Lab::new();
    let folder = lab.path("theirs");
    write_theirs(&folder, 12);
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
