//! Graph splits come back as they were, and only whole splits of ours do.

mod common;

use common::{Raw, snapshot};
use egnn_store::{
    SplitFooter, StoreError, checksum,
    fault::{self, Fault},
    graphs::{GraphRow, info, read_split, repeats, statistics, write_split},
};
use proptest::{collection::vec, prelude::*};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn footer() -> SplitFooter {
    SplitFooter {
        set: "tiny".into(),
        split: "train".into(),
        generator: "graphs".into(),
        generator_version: 1,
        seed: Some(3),
        parameters_hash: "abc".into(),
    }
}

fn graph(nodes: u16, edges: &[(u16, u16)]) -> GraphRow {
    let (source, target) = edges.iter().copied().unzip();
    GraphRow { nodes, source, target, community: vec![], p: None }
}

/// A triangle with communities, a graph without edges, one node, and a path.
fn rows() -> Vec<GraphRow> {
    vec![
        GraphRow { community: vec![0, 0, 1], p: Some(0.25), ..graph(3, &[(0, 1), (0, 2), (1, 2)]) },
        graph(4, &[]),
        GraphRow { community: vec![255], p: Some(1.0), ..graph(1, &[]) },
        graph(65535, &[(0, 65534), (65533, 65534)]),
    ]
}

fn folder_of_set() -> (tempfile::TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("graphs/tiny");
    fs::create_dir_all(&folder).unwrap();
    (root, folder.join("train.parquet"))
}

#[test]
fn graphs_come_back_in_order() {
    let (_root, path) = folder_of_set();
    let entry = write_split(&path, &rows(), &footer()).unwrap();
    assert_eq!(read_split(&path, None).unwrap(), rows());
    assert_eq!(read_split(&path, Some(2)).unwrap(), rows()[..2]);
    assert_eq!(read_split(&path, Some(0)).unwrap(), []);

    assert_eq!((entry.file.as_str(), entry.samples, entry.rows), ("train.parquet", 4, 4));
    assert_eq!(entry.bytes, fs::metadata(&path).unwrap().len());
    assert_eq!(entry.checksum, checksum::file(&path).unwrap());
    let info = info(&path).unwrap();
    assert_eq!((info.graphs, info.footer), (4, footer()));
    let again = write_split(&path, &rows(), &footer()).unwrap();
    assert_eq!(again, entry, "the same rows give the same bytes");
    let imported = SplitFooter { seed: None, generator: "import".into(), ..footer() };
    write_split(&path, &rows(), &imported).unwrap();
    assert_eq!(egnn_store::graphs::info(&path).unwrap().footer, imported);
}

/// Any graph of up to 12 nodes.
fn any_graph() -> impl Strategy<Value = GraphRow> {
    let p = prop_oneof![Just(None), (0.0..=1.0).prop_map(Some)];
    (1_u16..=12, vec(any::<bool>(), 66), any::<Option<u8>>(), p).prop_map(|(nodes, kept, community, p)| {
        let pairs = (0..nodes).flat_map(|u| (u + 1..nodes).map(move |v| (u, v)));
        let edges: Vec<_> = pairs.zip(kept).filter_map(|(pair, kept)| kept.then_some(pair)).collect();
        let community = community.map(|first| (0..nodes).map(|node| first.wrapping_add(node as u8)).collect());
        GraphRow { community: community.unwrap_or_default(), p, ..graph(nodes, &edges) }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_graph_comes_back(rows in vec(any_graph(), 1..20), count in any::<prop::sample::Index>()) {
        let (_root, path) = folder_of_set();
        write_split(&path, &rows, &footer()).unwrap();
        let count = count.index(rows.len() + 1);
        prop_assert_eq!(read_split(&path, Some(count)).unwrap(), &rows[..count]);
        prop_assert_eq!(read_split(&path, None).unwrap(), rows);
    }

    #[test]
    fn statistics_are_those_of_a_plain_count(rows in vec(any_graph(), 0..20)) {
        let found = statistics(&rows);
        let mut distinct = Vec::new();
        for row in rows.iter().map(|row| (row.nodes, &row.source, &row.target)) {
            if !distinct.contains(&row) {
                distinct.push(row);
            }
        }
        prop_assert_eq!(found.distinct, distinct.len() as u64);
        prop_assert_eq!(found.edges, rows.iter().map(|row| row.target.len() as u64).sum::<u64>());
        prop_assert!((0.0..=100.0).contains(&found.density_percent()));
        prop_assert_eq!(repeats(&rows, &rows), rows.len() as u64);
        prop_assert_eq!(repeats(&rows, &[]), 0);
    }
}

#[test]
fn repeats_are_of_labelled_graphs_whatever_their_communities() {
    let path = graph(3, &[(0, 1), (1, 2)]);
    let relabelled = graph(3, &[(0, 1), (0, 2)]);
    let larger = graph(4, &[(0, 1), (1, 2)]);
    let coloured = GraphRow { community: vec![0, 0, 1], p: Some(0.5), ..path.clone() };
    assert_eq!(repeats(&[coloured.clone(), relabelled, larger, path.clone()], std::slice::from_ref(&path)), 2);
    let found = statistics(&[path, coloured, graph(1, &[])]);
    assert_eq!((found.graphs, found.nodes, found.edges, found.pairs, found.distinct), (3, 7, 4, 6, 2));
    assert_eq!(statistics(&[graph(1, &[])]).density_percent(), 0.0);
}

#[test]
fn asking_for_more_than_there_is_says_how_much_there_is() {
    let (_root, path) = folder_of_set();
    write_split(&path, &rows(), &footer()).unwrap();
    let error = read_split(&path, Some(5)).unwrap_err();
    assert!(error.to_string().contains("train.parquet' has 4 graphs, but 5 are asked for"), "{error}");
    assert!(!error.is_environment());
}

/// Rows that are no graphs, and what is said about them.
fn bad_rows() -> Vec<(GraphRow, &'static str)> {
    let with_p = |p| GraphRow { p: Some(p), ..graph(2, &[(0, 1)]) };
    vec![
        (graph(0, &[]), "it has no nodes"),
        (GraphRow { target: vec![1], ..graph(3, &[(0, 1), (0, 2)]) }, "it has 2 sources, but 1 targets"),
        (graph(3, &[(1, 1)]), "edge 0 is 1-1, but its first node must be below its second"),
        (graph(3, &[(0, 1), (2, 1)]), "edge 1 is 2-1, but its first node must be below its second"),
        (graph(3, &[(0, 3)]), "edge 0 is 0-3, but the graph has 3 nodes, numbered from 0"),
        (graph(3, &[(0, 1), (0, 1)]), "edge 1, 0-1, is there twice"),
        (graph(3, &[(0, 2), (0, 1)]), "edge 1, 0-1, comes after 0-2: edges must be sorted"),
        (GraphRow { community: vec![0, 1], ..graph(3, &[]) }, "it has communities of 2 nodes, but 3 nodes"),
        (with_p(-0.1), "its p is -0.1, which is no probability"),
        (with_p(1.1), "its p is 1.1"),
        (with_p(f64::NAN), "its p is NaN"),
    ]
}

#[test]
fn rows_that_are_no_graphs_are_not_written() {
    let (_root, path) = folder_of_set();
    for (row, reason) in bad_rows() {
        let error = write_split(&path, &[graph(1, &[]), row], &footer()).unwrap_err();
        assert!(matches!(error, StoreError::Unwritable { .. }), "{error}");
        assert!(error.to_string().contains(&format!("graph 1: {reason}")), "{error}");
    }
    let error = write_split(&path, &[], &footer()).unwrap_err();
    assert!(error.to_string().contains("it would have 0 graphs"), "{error}");
    assert!(snapshot(path.parent().unwrap()).is_empty());
}

#[test]
fn a_fault_leaves_the_old_split() {
    let (_root, path) = folder_of_set();
    let size = write_split(&path, &rows(), &footer()).unwrap().bytes;
    let before = snapshot(path.parent().unwrap());
    for fault in [
        Fault::DiskFull { after_bytes: 0 },
        Fault::DiskFull { after_bytes: size / 2 },
        Fault::DiskFull { after_bytes: size },
        Fault::PermissionDenied,
    ] {
        let _guard = fault::inject(fault);
        let error = write_split(&path, &[rows(), rows()].concat(), &footer()).unwrap_err();
        assert!(error.is_environment(), "{error}");
        assert_eq!(snapshot(path.parent().unwrap()), before, "{fault:?}");
    }
}

const ENTRIES: [(&str, &str); 3] = [("program", "egnn-lab"), ("dataset_version", "1"), ("graphs", "2")];

/// A row's columns as somebody else might write them: 0-1-2 and a graph of 2 nodes without edges.
fn columns() -> Vec<(&'static str, Raw)> {
    vec![
        ("graph", Raw::Unsigned(32, vec![0, 1])),
        ("nodes", Raw::Unsigned(16, vec![3, 2])),
        ("source", Raw::Lists(16, vec![0, 1], vec![1, 1, 0], vec![0, 1, 0])),
        ("target", Raw::Lists(16, vec![1, 2], vec![1, 1, 0], vec![0, 1, 0])),
        ("community", Raw::Lists(8, vec![7, 7], vec![0, 1, 1], vec![0, 0, 1])),
        ("p", Raw::Nullable(vec![None, Some(0.5)])),
    ]
}

fn refused(path: &Path) -> String {
    let error = read_split(path, None).unwrap_err();
    assert!(!error.is_environment(), "{error}");
    let text = error.to_string();
    assert!(text.contains("tiny/train.parquet"), "{text}");
    text
}

/// What is said about a file in which one column is another.
fn refused_with(path: &Path, column: usize, raw: Raw) -> String {
    let mut columns = columns();
    columns[column].1 = raw;
    common::parquet(path, &ENTRIES, &columns);
    refused(path)
}

#[test]
fn each_kind_of_wrong_file_has_its_own_error() {
    let (_root, path) = folder_of_set();
    assert!(refused(&path).contains("no such file"));
    fs::write(&path, "").unwrap();
    let text = refused(&path);
    assert!(text.contains("it is empty; delete it or run egnn generate graphs tiny again"), "{text}");
    fs::write(&path, "graph,nodes\n0,3\n").unwrap();
    assert!(refused(&path).contains("it is not a Parquet file"));
    common::parquet(&path, &[], &columns());
    assert!(refused(&path).contains("was not written by egnn-lab: its footer names no program"));
    common::parquet(&path, &[("program", "egnn-lab"), ("dataset_version", "2")], &columns());
    assert!(refused(&path).contains("dataset_version 2, but this program reads 1"));
    common::parquet(&path, &[("program", "egnn-lab"), ("record_version", "1")], &columns());
    assert!(refused(&path).contains("dataset_version missing"));
    common::parquet(&path, &ENTRIES[..2], &columns());
    assert!(refused(&path).contains("its footer has no graphs"));

    // A file of other hands that says the same is read.
    common::parquet(&path, &ENTRIES, &columns());
    let first = graph(3, &[(0, 1), (1, 2)]);
    let second = GraphRow { community: vec![7, 7], p: Some(0.5), ..graph(2, &[]) };
    assert_eq!(read_split(&path, None).unwrap(), [first, second]);
}

#[test]
fn wrong_columns_are_named() {
    let (_root, path) = folder_of_set();
    common::parquet(&path, &ENTRIES, &columns()[..5]);
    assert!(refused(&path).contains("wrong columns: they are graph, nodes, source, target, community, but should be"));
    let text = refused_with(&path, 1, Raw::Unsigned(32, vec![3, 2]));
    assert!(text.contains("column 'nodes' should be u16 without nulls"), "{text}");
    let text = refused_with(&path, 2, Raw::Unsigned(16, vec![0, 1]));
    assert!(text.contains("column 'source' should be a list of u16 without nulls"), "{text}");
    let text = refused_with(&path, 4, Raw::Lists(16, vec![7, 7], vec![0, 1, 1], vec![0, 0, 1]));
    assert!(text.contains("column 'community' should be a list of u8 without nulls"), "{text}");
    let text = refused_with(&path, 5, Raw::Double(vec![0.5, 0.5]));
    assert!(text.contains("column 'p' should be float64 that may be null"), "{text}");
}

#[test]
fn a_footer_that_tells_another_number_of_graphs_is_refused() {
    let (_root, path) = folder_of_set();
    let with = |graphs| {
        common::parquet(&path, &[ENTRIES[0], ENTRIES[1], ("graphs", graphs)], &columns());
        refused(&path)
    };
    assert!(with("3").contains("it has 2 rows, its footer tells of 3 graphs"));
    assert!(with("18446744073709551615").contains("its footer tells of 18446744073709551615 graphs"));
    assert!(with("0").contains("its footer tells of 0 graphs"));
    assert!(with("-1").contains("graphs = '-1', which is not a count"));
}

#[test]
fn values_that_make_no_graph_are_refused() {
    let (_root, path) = folder_of_set();
    let refused_with = |column, raw| refused_with(&path, column, raw);
    let lists = |values: &[i32], defined: &[i16], repeated: &[i16]| {
        Raw::Lists(16, values.to_vec(), defined.to_vec(), repeated.to_vec())
    };
    assert!(refused_with(0, Raw::Unsigned(32, vec![0, 0])).contains("row 1 says that it is graph 0"));
    assert!(refused_with(1, Raw::Unsigned(16, vec![2, 2])).contains("graph 0: edge 1 is 1-2, but the graph has 2"));
    assert!(refused_with(1, Raw::Unsigned(16, vec![65536, 2])).contains("column 'nodes' holds 65536"));
    assert!(refused_with(2, lists(&[-1, 1], &[1, 1, 0], &[0, 1, 0])).contains("column 'source' holds -1"));
    assert!(refused_with(2, lists(&[0, 1], &[1, 1], &[0, 0])).contains("graph 0: it has 1 sources, but 2 targets"));
    let text = refused_with(2, lists(&[0, 1], &[1, 0, 1, 0], &[0, 1, 1, 0]));
    assert!(text.contains("column 'source' has the levels 1 and 0 in a list"), "{text}");
    let text = refused_with(2, lists(&[0, 1], &[0, 1, 1, 0], &[0, 1, 1, 0]));
    assert!(text.contains("column 'source' goes on with a list that has not begun"), "{text}");
    let text = refused_with(4, Raw::Lists(8, vec![7, 256], vec![0, 1, 1], vec![0, 0, 1]));
    assert!(text.contains("column 'community' holds 256"), "{text}");
    let text = refused_with(5, Raw::Nullable(vec![None, Some(1.5)]));
    assert!(text.contains("graph 1: its p is 1.5, which is no probability"), "{text}");
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let (_root, path) = folder_of_set();
    write_split(&path, &rows(), &footer()).unwrap();
    let whole = fs::read(&path).unwrap();
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(info(&path).is_err(), "{length} bytes of {}", whole.len());
        assert!(read_split(&path, None).is_err(), "{length} bytes of {}", whole.len());
    }
}

#[test]
fn no_damage_makes_the_reader_panic() {
    let (_root, path) = folder_of_set();
    write_split(&path, &rows(), &footer()).unwrap();
    let whole = fs::read(&path).unwrap();
    for at in 0..whole.len() {
        for bits in [0x01, 0x80, 0xff] {
            let mut damaged = whole.clone();
            damaged[at] ^= bits;
            fs::write(&path, &damaged).unwrap();
            let _ = (read_split(&path, None), info(&path));
        }
    }
}
