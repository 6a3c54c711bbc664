//! Graph sets as a person uses them: `egnn generate graphs`, `egnn import graphs`, and what reads them.

mod common;

use common::{Lab, json, write_edge_lists};
use serde_json::Value;

const TRAIN: &str = "datasets/graphs/graphs_smoke/train.parquet";
const SMOKE: [&str; 3] = ["generate", "graphs", "graphs_smoke"];

/// A definition that every part of a test can change.
const OWN: &str = "own:\n  description: mine\n  source: native\n  seed: 1\n  family: erdos_renyi\n  graph: {min_nodes: 3, \
                   max_nodes: 5, p: 0.5}\n  splits: {train: 8, test: 4}\n";

#[test]
fn generate_makes_once_and_says_what_is_in_a_set() {
    let lab = Lab::new();
    let first = lab.ok(&SMOKE);
    let lines: Vec<_> = first.stdout.lines().collect();
    assert!(lines[0].starts_with("graphs_smoke: made (100 graphs, "), "{}", first.stdout);
    assert!(lines[1].starts_with("  train: 60 graphs, 60 distinct, edge density 40."), "{}", first.stdout);
    assert!(lines[3].starts_with("  test: 20 graphs, 20 distinct"), "{}", first.stdout);
    assert!(lines[3].ends_with(", 1 of them in train, too"), "{}", first.stdout);
    let (files, bytes) = (lab.files(), std::fs::read(lab.path(TRAIN)).unwrap());
    let again = lab.ok(&SMOKE);
    assert!(again.stdout.starts_with("graphs_smoke: up to date (100 graphs, "), "{}", again.stdout);
    assert_eq!(lab.files(), files);
    // Made anew from nothing, the bits are the same.
    std::fs::remove_dir_all(lab.path("datasets/graphs")).unwrap();
    lab.ok(&SMOKE);
    assert!(std::fs::read(lab.path(TRAIN)).unwrap() == bytes);
}

#[test]
fn the_authors_sets_have_the_authors_statistics() {
    let lab = Lab::new();
    let made = json(&lab.ok(&["generate", "graphs", "--json"]).stdout);
    let of = |name: &str| made.as_array().unwrap().iter().find(|set| set["set"] == name).unwrap().clone();
    // Distinct graphs and densities as in the reference numbers of the authors' sets.
    for (set, split, graphs, distinct, density) in [
        ("erdos_renyi", "train", 5000, 4993, 25.004),
        ("erdos_renyi", "valid", 500, 500, 25.1504),
        ("erdos_renyi", "test", 500, 500, 25.1132),
        ("community_small", "train", 5000, 1732, 31.8033),
        ("community_small", "valid", 500, 239, 31.7036),
        ("community_small", "test", 500, 251, 31.7879),
        ("overfit_p01", "train", 100, 100, 9.845),
        ("overfit_p05", "train", 100, 100, 51.1318),
        ("overfit_p09", "train", 100, 100, 90.4651),
    ] {
        let found = &of(set)["splits"][split];
        assert_eq!((found["graphs"].as_u64(), found["distinct"].as_u64()), (Some(graphs), Some(distinct)), "{set}");
        assert!((found["density_percent"].as_f64().unwrap() - density).abs() < 1e-4, "{set} {split}: {found}");
    }
    assert_eq!(of("community_small")["test_graphs_in_train"], 365);
    assert_eq!(of("community_small_distinct")["test_graphs_in_train"], 0);
    assert_eq!(of("community_small_distinct")["splits"]["train"]["distinct"], 5000);
    let overfit = of("overfit_p03");
    assert_eq!(overfit["graphs"], 100);
    assert!(overfit["splits"].get("test").is_none() && overfit.get("test_graphs_in_train").is_none(), "{overfit}");
    assert!(!lab.path("datasets/graphs/overfit_p03/test.parquet").exists());
}

#[test]
fn polars_reads_the_lists() {
    let lab = Lab::new();
    lab.ok(&["generate", "graphs", "community_small"]);
    let query = |sql: &str| json(&lab.ok(&["query", "--json", sql]).stdout);
    let rows = query(
        "SELECT graph, nodes, source, target, community, p FROM read_parquet('datasets/graphs/community_small/test.parquet') \
         WHERE graph = 0",
    );
    // The first graph of the authors' test split.
    let edges = "0-3,0-4,0-5,0-6,1-2,1-4,1-5,2-3,2-5,3-4,4-5,6-7,6-10,6-11,7-8,7-9,7-11,8-9,8-11,9-11,10-11";
    let ends = |end: usize| -> Vec<u64> {
        edges.split(',').map(|edge| edge.split('-').nth(end).unwrap().parse().unwrap()).collect()
    };
    let expected = serde_json::json!([{
        "graph": 0, "nodes": 12, "source": ends(0), "target": ends(1),
        "community": [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1], "p": 0.7,
    }]);
    assert_eq!(rows, expected);
    let sums = query(
        "SELECT SUM(nodes) AS nodes, COUNT(*) AS graphs FROM read_parquet('datasets/graphs/community_small/test.parquet')",
    );
    assert_eq!(sums, serde_json::json!([{ "nodes": 7966, "graphs": 500 }]));
}

#[test]
fn damage_and_changes_are_noticed_and_mended() {
    let lab = Lab::new();
    lab.ok(&SMOKE);
    let whole = std::fs::read(lab.path(TRAIN)).unwrap();
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 1;
    std::fs::write(lab.path(TRAIN), &damaged).unwrap();
    let mended = lab.ok(&SMOKE);
    assert!(mended.stdout.contains("made again") && mended.stdout.contains("train.parquet"), "{}", mended.stdout);
    assert!(std::fs::read(lab.path(TRAIN)).unwrap() == whole, "mended means equal to before the damage");
    std::fs::remove_file(lab.path(TRAIN)).unwrap();
    assert!(lab.ok(&SMOKE).stdout.contains("train.parquet' is damaged: it is missing"));
    lab.edit("datasets/graphs.yaml", "p: 0.4}", "p: 0.3}");
    lab.edit("datasets/graphs.yaml", "{train: 60, valid: 20, test: 20}", "{train: 60, valid: 20}");
    assert!(lab.ok(&SMOKE).stdout.contains("its parameters changed"));
    assert!(!lab.path("datasets/graphs/graphs_smoke/test.parquet").exists(), "a split of before is none of the set");
    lab.edit("datasets/graphs.yaml", "100 small graphs", "some small graphs");
    assert!(lab.ok(&SMOKE).stdout.contains("up to date"), "a comment changes nothing");
    for (fault, message) in [("disk-full:100", "no space left"), ("permission", "ermission denied")] {
        lab.edit("datasets/graphs.yaml", "  seed: 1\n", "  seed: 2\n");
        let output = lab.command(&SMOKE).env("EGNN_TEST_FAULT", fault).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{stderr}");
        assert!(stderr.contains(message), "{stderr}");
        assert!(!lab.path("datasets/graphs/graphs_smoke/manifest.json").exists(), "incomplete until it is made");
        lab.edit("datasets/graphs.yaml", "  seed: 2\n", "  seed: 1\n");
    }
    assert!(lab.ok(&SMOKE).stdout.contains("made"), "and the same command then works");
    let temporaries: Vec<_> = lab.files().into_iter().filter(|(name, _)| name.contains(".egnn-tmp-")).collect();
    assert_eq!(temporaries, []);
}

#[test]
fn generate_all_makes_both_kinds() {
    let lab = Lab::new();
    let nbody = "tiny:\n  source: native\n  seed: 1\n  system: {steps: 300}\n  splits: {train: 4, valid: 2, test: 2}\n";
    lab.write("datasets/nbody.yaml", nbody);
    lab.write("datasets/graphs.yaml", OWN);
    std::fs::remove_file(lab.path("datasets/qm9.yaml")).unwrap();
    let all = lab.ok(&["generate", "all"]).stdout;
    assert!(all.starts_with("tiny: made (8 trajectories") && all.contains("\nown: made (12 graphs"), "{all}");
    let one = json(&lab.ok(&["generate", "all", "own", "--json"]).stdout);
    assert_eq!((one[0]["set"].as_str(), one[0]["graphs"].as_u64(), one.get(1)), (Some("own"), Some(12), None));
    let kind = "error: datasets/nbody.yaml: set 'own' holds graphs, not n-body trajectories; known: tiny";
    lab.fails(2, &["generate", "nbody", "own"], kind);
    let kind = "error: datasets/graphs.yaml: set 'tiny' holds n-body trajectories, not graphs; known: own";
    lab.fails(2, &["generate", "graphs", "tiny"], kind);
    lab.fails(
        2,
        &["generate", "all", "tyny"],
        "datasets/nbody.yaml, datasets/graphs.yaml, datasets/qm9.yaml: unknown set 'tyny'; did you mean 'tiny'?",
    );
    // Without a file of graph sets there are none, and n-body sets are as before.
    std::fs::remove_file(lab.path("datasets/graphs.yaml")).unwrap();
    assert!(lab.ok(&["generate", "nbody"]).stdout.contains("tiny: up to date"));
    assert_eq!(lab.ok(&["generate", "graphs"]).stdout, "");
    lab.fails(2, &["generate", "graphs", "own"], "unknown set 'own'");
}

#[test]
fn complaints_about_graph_sets_name_line_and_column() {
    let lab = Lab::new();
    let before = lab.files();
    let own = OWN;
    for (from, to, message) in [
        ("seed", "sed", "4:3: unknown key 'sed'; did you mean 'seed'?"),
        ("native", "nativ", "3:11: unknown source 'nativ'; did you mean 'native'?"),
        ("erdos_renyi", "erdos", "5:11: unknown family 'erdos'"),
        ("  family: erdos_renyi\n", "", "2:3: a set needs the key 'family'"),
        ("p: 0.5", "q: 0.5", "6:39: unknown key 'q'"),
        ("p: 0.5", "p: 1.5", "6:42: p is 1.5; give a probability from 0 to 1"),
        ("p: 0.5", "p: -0.5", "6:42: p is -0.5; give a probability from 0 to 1"),
        ("p: 0.5", "p: half", "6:42: p is 'half'; give a number"),
        ("p: 0.5", "connected: 1", "6:50: connected is '1'; give true or false"),
        ("p: 0.5", "p_inside: 0.5", "6:39: unknown key 'p_inside'"),
        ("min_nodes: 3", "min_nodes: 1", "6:22: min_nodes is 1; give a number from 2 to 1000"),
        ("min_nodes: 3", "min_nodes: -3", "6:22: min_nodes is -3; give a whole number from 0"),
        ("min_nodes: 3", "min_nodes: 3.5", "6:22: min_nodes is 3.5; give a whole number"),
        ("min_nodes: 3", "min_nodes: 6", "6:22: min_nodes (6) is above max_nodes (5); swap them"),
        ("max_nodes: 5", "max_nodes: 70000", "6:36: max_nodes is 70000; give a number from 2 to 1000"),
        ("min_nodes: 3, ", "", "6:10: min_nodes (7) is above max_nodes (5); swap them"),
        ("{train: 8, test: 4}", "{}", "7:11: splits is empty; name at least one, for example train: 1000"),
        ("{train: 8, test: 4}", "", "7:9: splits is a map of keys and values, not nothing"),
        ("test: 4", "tset: 4", "7:22: unknown key 'tset'; did you mean 'test'?"),
        ("test: 4", "test: 0", "7:28: test is 0; give a whole number from 1"),
        ("test: 4", "train: 4", "7:22: 'train' stands here a second time; the first is in line 7"),
        (
            "native",
            "reference",
            "7:19: train is 8; source: reference draws all 3 sizes in turn, so give a multiple of 3",
        ),
        ("own:", "100:", "1:1: '100' cannot be a set's name"),
        (
            "own:",
            "nbody_small:",
            "1:1: set 'nbody_small' stands in datasets/nbody.yaml, too; a name is one set's, so choose another",
        ),
    ] {
        assert!(own.contains(from), "{from}");
        lab.write("datasets/graphs.yaml", &own.replacen(from, to, 1));
        lab.fails(2, &["generate", "graphs"], &format!("error: datasets/graphs.yaml:{message}"));
    }
    let community = own.replace("erdos_renyi", "community").replace("{min_nodes: 3, max_nodes: 5, p: 0.5}", "{}");
    for (to, message) in [
        ("{communities: 0}", "6:24: communities is 0; give a number from 1 to 256"),
        ("{communities: 300}", "6:24: communities is 300; give a number from 1 to 256"),
        ("{communities: 200}", "6:24: communities (200) times max_community (10) is 2000 nodes; a graph may have 1000"),
        ("{min_community: 1}", "6:26: min_community is 1; give a number from 2 to 1000"),
        ("{p_between: 7}", "6:22: p_between is 7; give a probability from 0 to 1"),
        ("{p: 0.5}", "6:11: unknown key 'p'"),
    ] {
        lab.write("datasets/graphs.yaml", &community.replace("{}", to));
        lab.fails(2, &["generate", "graphs"], &format!("error: datasets/graphs.yaml:{message}"));
    }
    lab.write("datasets/graphs.yaml", "# none yet\n");
    lab.fails(2, &["generate", "graphs"], "error: datasets/graphs.yaml: the file is empty; it needs at least one set");
    let hopeless = own.replace("p: 0.5", "p: 0, connected: true");
    lab.write("datasets/graphs.yaml", &hopeless);
    lab.fails(2, &["generate", "graphs"], "set 'own': connected: true asks for too much: graph 0 of train");
    let parquet = |files: &[(String, u64)]| files.iter().filter(|(name, _)| name.contains("parquet")).count();
    assert_eq!(parquet(&lab.files()), parquet(&before), "nothing was written");
    lab.write("datasets/graphs.yaml", &community);
    lab.ok(&["generate", "graphs"]);
}

#[test]
fn edge_lists_can_be_imported_and_asked() {
    let lab = Lab::new();
    write_edge_lists(&lab, "mine");
    let imported = lab.ok(&["import", "graphs", "--from", "mine", "--set", "own"]).stdout;
    assert!(imported.starts_with("own: imported (5 graphs, "), "{imported}");
    assert!(imported.contains("\n  train: 3 graphs, 2 distinct, edge density 66.67 %\n"), "{imported}");
    assert!(
        imported.contains("\n  test: 2 graphs, 2 distinct, edge density 75.00 %, 1 of them in train, too"),
        "{imported}"
    );
    let sql = "SELECT graph, nodes, source, target, p FROM read_parquet('datasets/graphs/own/train.parquet')";
    let rows = json(&lab.ok(&["query", "--json", sql]).stdout);
    let triangle =
        |graph| serde_json::json!({"graph": graph, "nodes": 3, "source": [0, 0, 1], "target": [1, 2, 2], "p": null});
    let path = serde_json::json!({"graph": 1, "nodes": 4, "source": [0, 1], "target": [1, 2], "p": null});
    assert_eq!(rows, Value::Array(vec![triangle(0), path, triangle(2)]));
    let manifest = json(&lab.read("datasets/graphs/own/manifest.json"));
    assert_eq!(
        (manifest["generator"].as_str(), manifest["splits"]["train"]["samples"].as_u64()),
        (Some("import"), Some(3))
    );
    // Again, and under the default name: the same bits.
    let again = json(&lab.ok(&["import", "graphs", "--from", "mine", "--json"]).stdout);
    assert_eq!((again["set"].as_str(), again["outcome"].as_str()), (Some("graphs_imported"), Some("imported")));
    assert_eq!((again["test_graphs_in_train"].as_u64(), again["graphs"].as_u64()), (Some(1), Some(5)));
    let before = lab.files();
    lab.ok(&["import", "graphs", "--from", "mine", "--set", "own"]);
    assert_eq!(lab.files(), before, "the new set stands in place of the old");
}

#[test]
fn a_refused_import_writes_nothing() {
    let lab = Lab::new();
    write_edge_lists(&lab, "mine");
    let before = lab.files();
    let import = ["import", "graphs", "--from", "mine", "--set", "own"];
    for (text, complaint) in [
        ("0 1\n1 1\n", "mine/test/1.txt:2': edge 1 1 joins a node with itself"),
        ("0 1\n1 0\n", "mine/test/1.txt:2': edge 1 0 is there twice; the first is in line 1"),
        ("nodes 2\n0 2\n", "mine/test/1.txt:2': node 2 is out of range: the graph has 2 nodes"),
        ("a b\n", "mine/test/1.txt:1': 'a' is no node number"),
        ("", "mine/test/1.txt': it has no edge"),
    ] {
        lab.write("mine/test/1.txt", text);
        let failed = lab.fails(2, &import, complaint);
        assert_eq!(failed.stdout, "");
        lab.write("mine/test/1.txt", "2 1\n2 0\n1 0\n");
        assert_eq!(lab.files(), before, "{complaint}");
    }
    std::fs::create_dir(lab.path("mine/valid")).unwrap();
    lab.fails(2, &import, "mine/valid': there is no graph in it");
    std::fs::rename(lab.path("mine/valid"), lab.path("mine/val")).unwrap();
    lab.fails(2, &import, "the folder 'val' in it is no split; splits are train, valid, test");
    std::fs::remove_dir(lab.path("mine/val")).unwrap();
    lab.fails(2, &["import", "graphs", "--from", "mine/train", "--set", "own"], "there is no folder train");
    lab.fails(2, &["import", "graphs", "--from", "nowhere", "--set", "own"], "failed to read 'nowhere': no such file");
    lab.fails(2, &["import", "graphs", "--from", "mine", "--set", "100"], "cannot be a set's name");
    assert_eq!(lab.files(), before);
    // Files of the user that stand in the set's folder are not replaced with it.
    write_edge_lists(&lab, "datasets/graphs/theirs");
    lab.fails(2, &["import", "graphs", "--from", "datasets/graphs/theirs", "--set", "theirs"], "would be lost");
    assert!(lab.path("datasets/graphs/theirs/train/0.txt").exists());
    // A set that is there stays if the disk fills up.
    lab.ok(&import);
    let before = lab.files();
    lab.write("mine/test/1.txt", "2 1\n");
    let output = lab.command(&import).env("EGNN_TEST_FAULT", "disk-full:100").output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    lab.write("mine/test/1.txt", "2 1\n2 0\n1 0\n");
    assert_eq!(lab.files(), before);
}

#[test]
fn a_name_is_one_sets_whatever_its_kind() {
    let lab = Lab::new();
    write_edge_lists(&lab, "mine");
    let import = |set: &'static str| ["import", "graphs", "--from", "mine", "--set", set];
    lab.fails(
        2,
        &import("erdos_renyi"),
        "`egnn generate` makes (datasets/graphs.yaml); choose another name with --set",
    );
    lab.fails(2, &import("nbody_small"), "`egnn generate` makes (datasets/nbody.yaml); choose another name with --set");
    lab.ok(&import("own"));
    // Imported first, defined later.
    let graphs = lab.read("datasets/graphs.yaml");
    lab.write("datasets/graphs.yaml", OWN);
    let message = "error: set 'own' is in datasets/graphs.yaml and was imported as datasets/graphs/own/manifest.json";
    lab.fails(2, &["generate", "graphs"], message);
    lab.fails(2, &["generate", "nbody", "nbody_smoke"], message);
    lab.write("datasets/graphs.yaml", &graphs);
    // Imported as one kind, there as the other.
    lab.ok(&["generate", "graphs", "graphs_smoke"]);
    std::fs::create_dir_all(lab.path("datasets/nbody")).unwrap();
    std::fs::rename(lab.path("datasets/graphs/own"), lab.path("datasets/nbody/own")).unwrap();
    lab.fails(2, &import("own"), "set 'own' is there and holds n-body trajectories (datasets/nbody/own/manifest.json)");
    std::fs::rename(lab.path("datasets/nbody/own"), lab.path("datasets/graphs/own")).unwrap();
    lab.ok(&import("own"));
}

#[test]
fn an_n_body_task_says_that_a_graph_set_holds_graphs() {
    let lab = Lab::new();
    write_edge_lists(&lab, "mine");
    lab.ok(&["import", "graphs", "--from", "mine", "--set", "own"]);
    for set in ["graphs_smoke", "own"] {
        let complaint =
            format!("set '{set}' holds graphs, not n-body trajectories; known: nbody, nbody_small, nbody_smoke");
        lab.fails(2, &["train", "nbody", "model=linear", &format!("train_set={set}")], &complaint);
    }
}
