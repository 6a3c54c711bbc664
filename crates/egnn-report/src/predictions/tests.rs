use super::*;

/// A graph of links, reconstructed with the probabilities that `predict` gives.
pub(crate) fn reconstructed(
    nodes: usize,
    links: &[(usize, usize)],
    predict: impl Fn(usize, usize) -> f64,
) -> Reconstructed {
    let mut rows = Vec::new();
    for source in 0..nodes {
        for target in source + 1..nodes {
            let edge = links.contains(&(source, target));
            rows.push((7, nodes as i64, source as i64, target as i64, i64::from(edge), predict(source, target)));
        }
    }
    graph(&rows).unwrap()
}

#[test]
fn pairs_are_told_apart() {
    let graph =
        reconstructed(3, &[(0, 1), (0, 2)], |source, target| if (source, target) == (0, 1) { 0.9 } else { 0.4 });
    assert_eq!([(0, 1), (0, 2), (1, 2)].map(|(a, b)| graph.pair(b, a)), [Pair::Found, Pair::Missed, Pair::Empty]);
    assert_eq!(graph.count(Pair::Missed), 1);
}

#[test]
fn what_is_no_graph_is_refused() {
    let good = [(0, 3, 0, 1, 1, 0.9), (0, 3, 0, 2, 0, 0.1), (0, 3, 1, 2, 0, 0.1)];
    assert!(graph(&good).is_ok());
    let refused = |change: fn(&mut Vec<Row>)| {
        let mut rows = good.to_vec();
        change(&mut rows);
        graph(&rows).unwrap_err()
    };
    for (change, said) in [
        ((|rows| rows.truncate(2)) as fn(&mut Vec<Row>), "has 2 rows, not one for each pair of its 3 nodes"),
        (|rows| rows[1].3 = 1, "has the pair 0, 1 twice"),
        (|rows| rows[1].3 = 3, "outside of its 3 nodes"),
        (|rows| rows[1].2 = -1, "outside of its 3 nodes"),
        (|rows| rows[1].2 = 2, "a pair 2, 2 that is none"),
        (|rows| rows[1].5 = f64::NAN, "probability NaN"),
        (|rows| rows[1].4 = 2, "edge 2"),
        (|rows| rows[0].1 = 0, "has 0 nodes"),
    ] {
        let error = refused(change);
        assert!(error.starts_with("graph 0 ") && error.contains(said), "{error}");
    }
}

#[test]
fn ids_lead_nowhere_else() {
    for id in ["../other", "/etc", "a/b", "..", ""] {
        assert!(path(Path::new("reports"), id).is_err(), "{id}");
    }
    assert!(path(Path::new("reports"), "egnn-s1-0123abcd").is_ok());
}

#[test]
fn files_that_are_not_as_they_should_be_are_named_with_the_remedy() {
    use egnn_store::table::{ColumnData, Table, write};
    let folder = tempfile::tempdir().unwrap();
    let file = File { name: "runs/a/predictions.parquet".into(), path: folder.path().join("predictions.parquet") };
    let refused = |change: fn(&mut Vec<(String, ColumnData)>)| {
        let mut columns = vec![
            ("graph".to_owned(), ColumnData::U32(vec![0, 0, 0, 1])),
            ("nodes".to_owned(), ColumnData::U16(vec![3, 3, 3, 2])),
            ("source".to_owned(), ColumnData::U16(vec![0, 0, 1, 0])),
            ("target".to_owned(), ColumnData::U16(vec![1, 2, 2, 1])),
            ("edge".to_owned(), ColumnData::U8(vec![1, 0, 1, 0])),
            ("probability".to_owned(), ColumnData::F32([0.9, 0.1, 0.4, 0.0].map(Some).into())),
        ];
        change(&mut columns);
        write(&file.path, &Table { columns, metadata: std::collections::BTreeMap::new() }).unwrap();
        read(&file, [FIRST, WORST])
    };
    let graphs = refused(|_| ()).unwrap().shown;
    assert_eq!(graphs.iter().map(|graph| (graph.graph, graph.nodes)).collect::<Vec<_>>(), [(0, 3), (1, 2)]);
    assert_eq!(
        (graphs[0].pair(0, 1), graphs[0].pair(1, 2), graphs[1].count(Pair::Empty)),
        (Pair::Found, Pair::Missed, 1)
    );
    for (change, said) in [
        ((|columns| columns.truncate(5)) as fn(&mut Vec<(String, ColumnData)>), "it has no column 'probability'"),
        (|columns| columns[4].1 = ColumnData::F32(vec![Some(1.0); 4]), "column 'edge' holds f32, not whole numbers"),
        (|columns| columns[5].1 = ColumnData::F32(vec![None; 4]), "row 0 has a missing value"),
        (|columns| columns[5].1 = ColumnData::F32(vec![Some(2.0); 4]), "graph 0 has a pair 0, 1 that is none"),
        (|columns| columns[0].1 = ColumnData::U32(vec![0, 1, 0, 1]), "graph 0 has 1 rows"),
    ] {
        let error = refused(change).unwrap_err();
        assert!(error.starts_with("runs/a/predictions.parquet: ") && error.contains(said), "{error}");
        assert!(error.ends_with("; delete the run's folder and run the sweep again"), "{error}");
    }
    // Graphs that cannot be drawn are no damage: the others are drawn, and there is no remedy.
    let graphs = refused(|columns| columns[1].1 = ColumnData::U16(vec![49, 49, 49, 2])).unwrap();
    assert_eq!((graphs.shown.len(), graphs.shown[0].graph, graphs.too_large), (1, 1, 1));
    for (change, said) in [
        (
            (|columns| columns[1].1 = ColumnData::U16(vec![49; 4])) as fn(&mut Vec<(String, ColumnData)>),
            "runs/a/predictions.parquet: every graph has more than 48 nodes, too many to draw",
        ),
        (
            |columns| columns.iter_mut().for_each(|(_, data)| *data = ColumnData::U8(vec![])),
            "runs/a/predictions.parquet: no graph has two nodes, so there is nothing to draw",
        ),
    ] {
        assert_eq!(refused(change).unwrap_err(), said);
    }
}

#[test]
fn the_first_graphs_are_shown_and_the_worst_of_the_others() {
    let numbered = |number: i64, wrong: usize, doubt: f64| {
        let mut graph = reconstructed(4, &[], |_, _| doubt);
        for pair in [1, 2, 3].into_iter().take(wrong) {
            graph.probabilities[pair] = 0.9;
        }
        graph.graph = number;
        graph
    };
    let graphs = [(0, 0, 0.0), (1, 0, 0.1), (2, 1, 0.0), (3, 0, 0.0), (4, 3, 0.0), (5, 1, 0.2), (6, 1, 0.2)];
    let found = selected(graphs.map(|(number, wrong, doubt)| numbered(number, wrong, doubt)).into(), 3, [2, 2]);
    assert_eq!(found.shown.iter().map(|graph| graph.graph).collect::<Vec<_>>(), [0, 1, 4, 5]);
    assert_eq!((found.looked_at, found.right, found.too_large), (7, 3, 3));
    assert_eq!(selected(vec![numbered(0, 0, 0.0)], 0, [2, 2]).shown.len(), 1);
}
