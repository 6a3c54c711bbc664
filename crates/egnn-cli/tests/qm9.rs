//! Sets of molecules as a person uses them: `egnn generate qm9` from its two kinds of sources, and what reads them.

mod common;

use common::{Lab, json};

const FIXTURE: &str = "datasets/fixtures/qm9_fixture.tar.bz2";
const TRAIN: &str = "datasets/qm9/qm9_fixture/train.parquet";
const SMOKE: [&str; 3] = ["generate", "qm9", "qm9_fixture"];
const WHEEL: &str = "datasets/downloads/qm9pack-1.0.3-py3-none-any.whl";

#[test]
fn generate_makes_once_and_says_what_is_in_a_set() {
    let lab = Lab::new();
    let first = lab.ok(&SMOKE);
    let lines: Vec<_> = first.stdout.lines().collect();
    assert!(lines[0].starts_with("qm9_fixture: made (64 molecules, "), "{}", first.stdout);
    assert_eq!(lines[1], "  40 train + 12 valid + 12 test molecules");
    assert_eq!(lines[2].split_whitespace().collect::<Vec<_>>(), ["label", "unit", "mean", "MAD"]);
    assert_eq!(lines.len(), 3 + 12, "{}", first.stdout);
    let (files, bytes) = (lab.files(), std::fs::read(lab.path(TRAIN)).unwrap());
    std::fs::rename(lab.path(FIXTURE), lab.path("elsewhere.tar.bz2")).unwrap();
    let again = lab.ok(&SMOKE);
    assert!(again.stdout.starts_with("qm9_fixture: up to date (64 molecules, "), "{}", again.stdout);
    assert_eq!(again.stdout.lines().skip(1).collect::<Vec<_>>(), lines[1..]);
    // From a file of another name, which is the same source, there is nothing to do either.
    let from = [&SMOKE[..], &["--from", "elsewhere.tar.bz2"]].concat();
    assert!(lab.ok(&from).stdout.contains("up to date"));
    std::fs::rename(lab.path("elsewhere.tar.bz2"), lab.path(FIXTURE)).unwrap();
    assert_eq!(lab.files(), files);
    // Made anew from nothing, the bits are the same.
    std::fs::remove_dir_all(lab.path("datasets/qm9")).unwrap();
    lab.ok(&from[..3]);
    assert!(std::fs::read(lab.path(TRAIN)).unwrap() == bytes);
}

#[test]
fn json_and_manifest_say_what_was_made_of_what() {
    let lab = Lab::new();
    let made = json(&lab.ok(&[&SMOKE[..], &["--json"]].concat()).stdout);
    let set = &made[0];
    assert_eq!((set["set"].as_str(), set["outcome"].as_str()), (Some("qm9_fixture"), Some("made")));
    assert_eq!(set["splits"], serde_json::json!({"train": 40, "valid": 12, "test": 12}));
    let labels = set["labels"].as_array().unwrap();
    let names: Vec<_> = labels.iter().map(|label| label["property"].as_str().unwrap()).collect();
    assert_eq!(names, ["alpha", "gap", "homo", "lumo", "mu", "Cv", "G", "H", "R2", "U", "U0", "ZPVE"]);
    assert_eq!(labels[0]["unit"], "bohr^3");
    // Means and deviations once more, by SQL from the columns.
    let sql = format!(
        "SELECT AVG((u0_hartree - u0_reference_hartree) * 27211.4) AS u0, AVG(alpha_bohr3) AS alpha, \
         COUNT(*) AS molecules FROM read_parquet('{TRAIN}')"
    );
    let found = json(&lab.ok(&["query", "--json", &sql]).stdout);
    let close = |left: &serde_json::Value, right: &serde_json::Value| {
        let [left, right] = [left, right].map(|value| value.as_f64().unwrap());
        assert!((left - right).abs() < 1e-9 * right.abs(), "{left} {right}");
    };
    close(&labels[10]["mean"], &found[0]["u0"]);
    close(&labels[0]["mean"], &found[0]["alpha"]);
    assert_eq!(found[0]["molecules"], 40);

    let text = lab.read("datasets/qm9/qm9_fixture/manifest.json");
    assert!(!text.contains("fixtures/") && !text.contains("tar.bz2"), "where the source lay is not in it: {text}");
    let manifest = json(&text);
    assert_eq!((manifest["generator"].as_str(), manifest["set"].as_str()), (Some("qm9"), Some("qm9_fixture")));
    assert_eq!(manifest["parameters"]["source"]["format"], "archive");
    assert_eq!(manifest["parameters"]["source"]["checksum"].as_str().unwrap().len(), 64);
    assert_eq!(
        (manifest["parameters"]["seed"].as_u64(), manifest["parameters"]["splits"]["test"].as_u64()),
        (Some(0), Some(12))
    );
}

#[test]
fn polars_reads_the_molecules() {
    let lab = Lab::new();
    lab.ok(&SMOKE);
    let mut indices = Vec::new();
    for split in ["train", "valid", "test"] {
        let sql = format!(
            "SELECT index, smiles, atomic_number, position_x FROM read_parquet('datasets/qm9/qm9_fixture/{split}.parquet')"
        );
        let rows = json(&lab.ok(&["query", "--json", &sql]).stdout);
        for row in rows.as_array().unwrap() {
            let index = row["index"].as_u64().unwrap();
            assert_eq!(row["atomic_number"].as_array().unwrap().len(), row["position_x"].as_array().unwrap().len());
            if index == 3 {
                assert_eq!((row["smiles"].as_str(), row["atomic_number"].to_string().as_str()), (Some("O"), "[8,1,1]"));
                // Of the archive's own line of the oxygen.
                assert_eq!(row["position_x"][0], -0.0343604951);
            }
            indices.push(index);
        }
    }
    assert!(!indices.is_sorted(), "in the order of the split");
    indices.sort_unstable();
    indices.dedup();
    assert!(indices.len() == 64 && indices.contains(&3), "each molecule is in one split, once: {indices:?}");
}

#[test]
fn a_missing_source_is_named_with_the_ways_to_get_it() {
    let lab = Lab::new();
    let before = lab.files();
    let said = lab.fails(
        2,
        &["generate", "qm9", "qm9"],
        &format!("error: set 'qm9' cannot be made: '{WHEEL}' is not there; "),
    );
    for way in
        ["just fetch-qm9", "PyPI package qm9pack 1.0.3", "dsgdb9nsd.xyz.tar.bz2", "egnn generate qm9 qm9 --from FILE"]
    {
        assert!(said.stderr.contains(way), "{}", said.stderr);
    }
    std::fs::remove_file(lab.path(FIXTURE)).unwrap();
    lab.fails(2, &SMOKE, &format!("'{FIXTURE}' is not there; put it there, or name another source with"));
    lab.fails(2, &["generate", "qm9", "--from", "nowhere.whl"], "failed to read 'nowhere.whl': no such file");
    lab.fails(2, &["generate", "qm9", "--from", "pipelines"], "failed to read 'pipelines': ");
    let data = |files: Vec<(String, u64)>| -> Vec<_> {
        files.into_iter().filter(|(name, _)| !name.contains("fixtures/") && !name.ends_with("generate.lock")).collect()
    };
    assert_eq!(data(lab.files()), data(before), "nothing was written");
}

#[test]
fn generate_all_finishes_the_rest() {
    let lab = Lab::new();
    let nbody = "tiny:\n  source: native\n  seed: 1\n  system: {steps: 300}\n  splits: {train: 4, valid: 2, test: 2}\n";
    lab.write("datasets/nbody.yaml", nbody);
    std::fs::remove_file(lab.path("datasets/graphs.yaml")).unwrap();
    let said = lab.fails(2, &["generate", "all"], "error: set 'qm9' cannot be made: ");
    assert!(said.stdout.contains("tiny: made") && said.stdout.contains("qm9_fixture: made"), "{}", said.stdout);
    let said = lab.fails(2, &["generate", "qm9", "--json"], "error: set 'qm9' cannot be made: ");
    let made = json(&said.stdout);
    assert_eq!((made[0]["set"].as_str(), made[0]["outcome"].as_str()), (Some("qm9_fixture"), Some("up to date")));
}

#[test]
fn a_source_belongs_to_one_set_of_molecules() {
    let lab = Lab::new();
    for kind in ["nbody", "graphs", "all"] {
        lab.fails(2, &["generate", kind, "--from", FIXTURE], "error: --from is for qm9 alone");
    }
    lab.fails(
        2,
        &["generate", "qm9", "qm9", "qm9_fixture", "--from", FIXTURE],
        "--from: a source is one set's, but 2 sets",
    );
    lab.fails(2, &["generate", "qm9", "--from", FIXTURE, "--from", FIXTURE], "cannot be used multiple times");
    lab.fails(2, &[&SMOKE[..], &["--uncharacterized", FIXTURE]].concat(), "--from <FILE>");
    lab.fails(
        2,
        &["generate", "qm9", "nbody_small"],
        "set 'nbody_small' holds n-body trajectories, not molecules; known: qm9",
    );
    // Without a set's name it is the whole of QM9, which the fixture is not.
    lab.fails(2, &["generate", "qm9", "--from", FIXTURE], "130767 molecules are missing, the first is 9");
    assert!(!lab.path("datasets/qm9/manifest.json").exists());
}

#[test]
fn a_bad_source_leaves_nothing_behind_and_what_was_there() {
    let lab = Lab::new();
    let whole = std::fs::read(lab.path(FIXTURE)).unwrap();
    let parquet = || lab.files().into_iter().filter(|(name, _)| name.starts_with("datasets/qm9/")).collect::<Vec<_>>();
    for length in [0, 2, 100, whole.len() / 2, whole.len() - 1] {
        std::fs::write(lab.path(FIXTURE), &whole[..length]).unwrap();
        let said = lab.fails(2, &SMOKE, FIXTURE);
        assert_eq!(said.stdout, "");
        let left: Vec<_> = parquet().into_iter().filter(|(name, _)| !name.ends_with("generate.lock")).collect();
        assert_eq!(left, [], "{length} bytes");
    }
    std::fs::write(lab.path(FIXTURE), &whole).unwrap();
    lab.ok(&SMOKE);
    let before = parquet();
    // A set that must be made again, but cannot be.
    lab.edit("datasets/qm9.yaml", "{train: 40,", "{train: 30,");
    std::fs::write(lab.path("cut.tar.bz2"), &whole[..1000]).unwrap();
    lab.fails(2, &[&SMOKE[..], &["--from", "cut.tar.bz2"]].concat(), "'cut.tar.bz2': ");
    lab.edit("datasets/qm9.yaml", "{train: 30,", "{train: 60,");
    lab.fails(
        2,
        &SMOKE,
        "set 'qm9_fixture': its splits ask for 84 molecules, but the source has 64; make them smaller",
    );
    lab.edit("datasets/qm9.yaml", "{train: 60,", "{train: 40,");
    assert_eq!(parquet(), before);
    assert!(lab.ok(&SMOKE).stdout.contains("up to date"));
    // Fewer molecules than there are: the others belong to no split.
    lab.edit("datasets/qm9.yaml", "valid: 12, test: 12}", "valid: 12, test: 3}");
    assert!(lab.ok(&SMOKE).stdout.contains("made again: its parameters changed (55 molecules"));
}

#[test]
fn a_wheel_must_have_its_checksum() {
    let lab = Lab::new();
    std::fs::create_dir(lab.path("datasets/downloads")).unwrap();
    // The end of an empty zip: where a wheel is asked for, its checksum is looked at first.
    let mut zip = b"PK\x05\x06".to_vec();
    zip.resize(22, 0);
    std::fs::write(lab.path(WHEEL), zip).unwrap();
    let expected = "expected 1d88c2988007c6778e717ee3224cf511bd60e10732ebe3b7ed500ea5af05c9f0: fetch it again";
    let said = lab.fails(2, &["generate", "qm9", "qm9"], expected);
    assert!(said.stderr.contains(&format!("error: '{WHEEL}': the wheel has sha256 ")), "{}", said.stderr);
    lab.edit("datasets/qm9.yaml", "sha256: 1d88c2988007c6778e717ee3224cf511bd60e10732ebe3b7ed500ea5af05c9f0", "# none");
    lab.fails(2, &["generate", "qm9", "qm9"], "is not in the wheel: give qm9pack 1.0.3");
}

#[test]
fn the_list_of_excluded_molecules_is_checked() {
    let lab = Lab::new();
    let from = |list| [&SMOKE[..], &["--from", FIXTURE, "--uncharacterized", list]].concat();
    lab.fails(2, &from("nowhere.txt"), "failed to read 'nowhere.txt': no such file");
    lab.write("list.txt", "no list\n");
    lab.fails(2, &from("list.txt"), "'list.txt': ");
    let list: Vec<_> =
        egnn_qm9::EXCLUDED.iter().enumerate().map(|(at, index)| format!("{} {index} C\n", at + 1)).collect();
    lab.write("list.txt", &list[1..].concat());
    lab.fails(2, &from("list.txt"), "'list.txt': the list of uncharacterised molecules is not QM9's");
    let list: Vec<_> = egnn_qm9::EXCLUDED.iter().map(|index| format!("{index} C\n")).collect();
    lab.write("right.txt", &list.concat());
    lab.ok(&from("right.txt"));
    lab.fails(2, &from("list.txt"), "'list.txt': ");
}

#[test]
fn complaints_about_sets_of_molecules_name_line_and_column() {
    let lab = Lab::new();
    let own = "own:\n  description: mine\n  from: fixtures/qm9_fixture.tar.bz2\n  sha256: aa\n  complete: false\n  seed: 1\n  \
               splits: {train: 8, valid: 4, test: 4}\n";
    let good = own.replace("  sha256: aa\n", "");
    for (from, to, message) in [
        ("seed", "sed", "5:3: unknown key 'sed'; did you mean 'seed'?"),
        ("  seed: 1\n", "", "2:3: a set needs the key 'seed'"),
        ("seed: 1", "seed: 4294967296", "5:9: seed is 4294967296; give a whole number from 0 to 4294967295"),
        ("  from: fixtures/qm9_fixture.tar.bz2\n", "", "2:3: a set needs the key 'from'"),
        ("complete: false", "complete: 3", "4:13: complete is '3'; give true or false"),
        (", test: 4", "", "6:11: splits needs the key 'test'"),
        ("test: 4", "test: 0", "6:38: test is 0; give a whole number from 1"),
        ("own:", "graphs_smoke:", "1:1: set 'graphs_smoke' stands in datasets/graphs.yaml, too"),
    ] {
        assert!(good.contains(from), "{from}");
        lab.write("datasets/qm9.yaml", &good.replacen(from, to, 1));
        lab.fails(2, &["generate", "qm9"], &format!("error: datasets/qm9.yaml:{message}"));
    }
    lab.write("datasets/qm9.yaml", own);
    lab.fails(2, &["generate", "qm9"], "qm9.yaml:4:11: sha256 is 'aa'; give the 64 hexadecimal digits");
    lab.write("datasets/qm9.yaml", &good);
    assert!(lab.ok(&["generate", "qm9"]).stdout.starts_with("own: made (16 molecules"));
}

#[test]
fn damage_is_noticed_and_mended() {
    let lab = Lab::new();
    lab.ok(&SMOKE);
    let whole = std::fs::read(lab.path(TRAIN)).unwrap();
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 1;
    std::fs::write(lab.path(TRAIN), &damaged).unwrap();
    let mended = lab.ok(&SMOKE);
    assert!(mended.stdout.contains("made again") && mended.stdout.contains("train.parquet"), "{}", mended.stdout);
    assert!(std::fs::read(lab.path(TRAIN)).unwrap() == whole);
    for (fault, message) in [("disk-full:100", "no space left"), ("permission", "ermission denied")] {
        lab.edit("datasets/qm9.yaml", "tar.bz2\n  seed: 0\n", "tar.bz2\n  seed: 2\n");
        let output = lab.command(&SMOKE).env("EGNN_TEST_FAULT", fault).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{stderr}");
        assert!(stderr.contains(message), "{stderr}");
        assert!(!lab.path("datasets/qm9/qm9_fixture/manifest.json").exists(), "incomplete until it is made");
        lab.edit("datasets/qm9.yaml", "tar.bz2\n  seed: 2\n", "tar.bz2\n  seed: 0\n");
    }
    assert!(lab.ok(&SMOKE).stdout.contains("made"), "and the same command then works");
    assert!(lab.files().iter().all(|(name, _)| !name.contains(".egnn-tmp-")));
}
