//! Graphs from edge lists: what is accepted, and what is said about the rest.

use egnn_store::{StoreError, graphs::GraphRow, import::edge_lists};
use proptest::{collection::vec, prelude::*};
use std::{fmt::Write, fs, path::Path};

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn read(files: &[(&str, &str)]) -> Result<std::collections::BTreeMap<String, Vec<GraphRow>>, StoreError> {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files);
    edge_lists(folder.path())
}

fn graph(nodes: u16, edges: &[(u16, u16)]) -> GraphRow {
    let (source, target) = edges.iter().copied().unzip();
    GraphRow { nodes, source, target, community: vec![], p: None }
}

#[test]
fn every_documented_way_to_write_a_graph_is_read() {
    let splits = read(&[
        ("train/b.txt", "0 1\n1 2\n"),
        ("train/a.txt", "# a square\r\nnodes 5\r\n\r\n3,0 # back to the start\r\n0 , 1\r\n 1\t2\r\n2 3"),
        ("train/c.txt", "\u{feff}nodes 3\n"),
        ("test/0.txt", "4 2"),
        ("README.md", "files beside the folders are not looked at"),
        (".git/config", "nor are hidden folders"),
        ("test/.hidden", "nor hidden files"),
    ])
    .unwrap();
    assert_eq!(splits.keys().collect::<Vec<_>>(), ["test", "train"]);
    let square = graph(5, &[(0, 1), (0, 3), (1, 2), (2, 3)]);
    assert_eq!(splits["train"], [square, graph(3, &[(0, 1), (1, 2)]), graph(3, &[])], "in the order of names");
    assert_eq!(splits["test"], [graph(5, &[(2, 4)])]);
    let largest = read(&[("train/a.txt", "0 65534")]).unwrap();
    assert_eq!(largest["train"][0].nodes, 65535);
}

#[test]
fn a_line_that_is_no_edge_is_named_with_its_place() {
    for (text, complaint) in [
        ("0 1\n2 2\n", ":2': edge 2 2 joins a node with itself"),
        ("0 1\n# again\n0 1\n", ":3': edge 0 1 is there twice; the first is in line 1"),
        ("0 1\n1 0\n", ":2': edge 1 0 is there twice; the first is in line 1"),
        ("nodes 3\n0 3\n", ":2': node 3 is out of range: the graph has 3 nodes, from 0"),
        ("0 65535\n", ":1': node 65535 is out of range: a graph may have 65535 nodes, from 0"),
        ("0 70000\n", ":1': node 70000 is out of range: a graph may have 65535 nodes, from 0"),
        ("0 one\n", ":1': 'one' is no node number; give a whole number from 0"),
        ("0 -1\n", ":1': '-1' is no node number"),
        ("0 1.0\n", ":1': '1.0' is no node number"),
        ("0 1 0.5\n", ":1': '0 1 0.5' is no edge; give two node numbers, for example '0 5'"),
        ("0\n", ":1': '0' is no edge"),
        ("0 1\nnodes 3\n", ":2': 'nodes' must be the first line"),
        ("nodes\n", ":1': 'nodes' is no size; give 'nodes' and a number from 1 to 65535"),
        ("nodes 0\n", ":1': 'nodes 0' is no size"),
        ("nodes 65536\n", ":1': 'nodes 65536' is no size"),
        ("", "': it has no edge, so that its size is not known; give it as first line, for example 'nodes 7'"),
        ("# nothing\n", "': it has no edge"),
    ] {
        let error = read(&[("train/0.txt", "0 1"), ("train/1.txt", text)]).unwrap_err();
        assert!(matches!(error, StoreError::EdgeList { .. }) && !error.is_environment(), "{error}");
        assert!(error.to_string().contains(&format!("train/1.txt{complaint}")), "{text:?}: {error}");
    }
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("train")).unwrap();
    fs::write(folder.path().join("train/0.txt"), b"0 1\n\xff\n").unwrap();
    let error = edge_lists(folder.path()).unwrap_err().to_string();
    assert!(error.contains("train/0.txt': it is not UTF-8 text"), "{error}");
}

#[test]
fn a_folder_that_is_no_set_is_refused() {
    for (files, complaint) in [
        (&[][..], "there is no folder train with a .txt file for each graph"),
        (&[("test/0.txt", "0 1")], "there is no folder train"),
        (&[("0.txt", "0 1")], "there is no folder train"),
        (&[("train/0.txt", "0 1"), ("val/0.txt", "0 1")], "'val' in it is no split; splits are train, valid, test"),
        (&[("train/.keep", "")], "there is no graph in it; each graph is a .txt file"),
        (&[("train/0.csv", "0,1")], "'0.csv' in it is no .txt file; each graph is one"),
    ] {
        let error = read(files).unwrap_err();
        assert!(matches!(error, StoreError::ImportFolder { .. }) && !error.is_environment(), "{error}");
        assert!(error.to_string().contains(complaint), "{error}");
    }
    let error = edge_lists(Path::new("/no/such/folder")).unwrap_err();
    assert!(error.to_string().contains("failed to read '/no/such/folder': no such file"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// In any order and direction, with any separator.
    #[test]
    fn a_graph_written_as_edges_is_read_as_it_was(
        nodes in 1_u16..12,
        kept in vec(any::<bool>(), 66),
        order: prop::sample::Index,
        turned in vec(any::<bool>(), 66),
        separator in prop::sample::select(vec![" ", ",", "\t", " , "]),
    ) {
        let pairs = (0..nodes).flat_map(|u| (u + 1..nodes).map(move |v| (u, v)));
        let edges: Vec<_> = pairs.zip(kept).filter_map(|(pair, kept)| kept.then_some(pair)).collect();
        let mut shuffled = edges.clone();
        shuffled.rotate_left(order.index(edges.len() + 1));
        let mut text = format!("nodes {nodes}\n");
        for ((u, v), turned) in shuffled.into_iter().zip(turned) {
            let (u, v) = if turned { (v, u) } else { (u, v) };
            writeln!(text, "{u}{separator}{v}").unwrap();
        }
        prop_assert_eq!(&read(&[("train/0.txt", &text)]).unwrap()["train"], &[graph(nodes, &edges)]);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[0-9a-z ,#\n-]{0,40}") {
        let _ = read(&[("train/0.txt", &text)]);
    }
}
