//! What shows only inside: how rows are cut into row groups, and that this changes nothing for the reader.

use super::{GraphRow, layout, read_split, write::write_grouped};
use crate::SplitFooter;
use parquet::file::reader::{FileReader, SerializedFileReader};
use std::fs::File;

/// Paths of 1, 2, ... 8 nodes, over and over.
fn paths(count: u16) -> Vec<GraphRow> {
    let path = |index: u16| {
        let last = index % 8;
        GraphRow {
            nodes: last + 1,
            source: (0..last).collect(),
            target: (1..=last).collect(),
            community: if index.is_multiple_of(3) { vec![] } else { (0..=last).map(|node| (node % 2) as u8).collect() },
            p: index.is_multiple_of(2).then(|| f64::from(index) / 100.0),
        }
    };
    (0..count).map(path).collect()
}

#[test]
fn a_split_of_several_row_groups_reads_like_one() {
    let folder = tempfile::tempdir().unwrap();
    let rows = paths(50);
    for (edges, groups) in [(1, 43), (20, 10), (1 << 20, 1)] {
        let path = folder.path().join(format!("{edges}.parquet"));
        write_grouped(&path, &rows, &SplitFooter::default(), edges).unwrap();
        let file = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
        assert_eq!(file.num_row_groups(), groups, "{edges} edges a group");
        for count in [0, 1, 7, 8, 49, 50] {
            assert_eq!(read_split(&path, Some(count)).unwrap(), rows[..count], "{edges} edges a group");
        }
        assert_eq!(read_split(&path, None).unwrap(), rows);
    }
}

#[test]
fn row_groups_are_bounded_in_graphs_edges_and_nodes() {
    let empty = |nodes| GraphRow { nodes, source: vec![], target: vec![], community: vec![], p: None };
    let many = vec![empty(1); layout::GROUP_GRAPHS + 1];
    assert_eq!(layout::groups(&many, 1), [0..layout::GROUP_GRAPHS, layout::GROUP_GRAPHS..layout::GROUP_GRAPHS + 1]);
    let large = vec![empty(u16::MAX); 18];
    assert_eq!(layout::groups(&large, 1), [0..16, 16..18]);
    assert_eq!(layout::groups(&paths(8), 6), [0..4, 4..5, 5..6, 6..7, 7..8]);
    assert_eq!(layout::groups(&[], 6), []);
}
