//! Edge lists.

use egnn_kernels::Edges;

#[test]
fn complete_edges_equal_the_general_list() {
    for (graphs, size) in [(1, 1), (3, 2), (2, 5), (0, 4), (1, 0)] {
        let complete = Edges::complete(graphs, size);
        let general = Edges::new(complete.row().to_vec(), complete.col().to_vec(), graphs * size).unwrap();
        assert_eq!(complete, general);
        assert_eq!(complete.len(), graphs * size * size.saturating_sub(1));
    }
}

#[test]
fn edges_that_are_no_graph_are_refused() {
    let message = |row: &[u32], col: &[u32]| Edges::new(row.to_vec(), col.to_vec(), 3).unwrap_err().to_string();
    assert!(message(&[0, 1], &[1]).contains("'row' has 2 entries and 'col' 1"));
    assert!(message(&[0, 3], &[1, 0]).contains("node 3 is named, but there are 3 nodes"));
    assert!(message(&[1, 0], &[0, 1]).contains("'row' is not sorted: 0 follows 1 at edge 1"));
}
