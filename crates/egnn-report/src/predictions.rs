//! Test graphs and what a run made of them, from its `predictions.parquet`, for pictures.
//!
//! Pictures are an addition: where a file is missing (published results have no run folders) or not as it should be, the report says so
//! and goes on.

use crate::{
    error::ReportError,
    frame::{self, Frame},
    kind::Kind,
    paper::{self, autoencoder},
    results::{Results, Run, Status, place},
};
use std::path::{Component, Path, PathBuf};

/// Test graphs of a set that are shown.
const GRAPHS: usize = 4;
/// Rows that are read: enough for as many graphs as can be drawn.
const ROWS: usize = GRAPHS * NODES * (NODES - 1) / 2;
/// Nodes of a graph that can be drawn.
const NODES: usize = 48;

/// A graph and its reconstruction. Matrices are dense, symmetric and row by row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reconstructed {
    /// Its number in the test set.
    pub(crate) graph: i64,
    pub(crate) nodes: usize,
    edges: Vec<bool>,
    probabilities: Vec<f64>,
}

/// What became of a pair of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pair {
    /// A link, found.
    Found,
    /// A link that was not found.
    Missed,
    /// No link, but one was made.
    Added,
    /// No link, rightly.
    Empty,
}

impl Reconstructed {
    pub(crate) fn edge(&self, source: usize, target: usize) -> bool {
        self.edges[source * self.nodes + target]
    }

    pub(crate) fn probability(&self, source: usize, target: usize) -> f64 {
        self.probabilities[source * self.nodes + target]
    }

    pub(crate) fn pair(&self, source: usize, target: usize) -> Pair {
        match (self.edge(source, target), self.probability(source, target) > 0.5) {
            (true, true) => Pair::Found,
            (true, false) => Pair::Missed,
            (false, true) => Pair::Added,
            (false, false) => Pair::Empty,
        }
    }

    /// Every unordered pair.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (usize, usize, Pair)> + '_ {
        (0..self.nodes).flat_map(move |source| {
            (source + 1..self.nodes).map(move |target| (source, target, self.pair(source, target)))
        })
    }

    /// Pairs of a kind.
    pub(crate) fn count(&self, kind: Pair) -> usize {
        self.pairs().filter(|(_, _, pair)| *pair == kind).count()
    }
}

/// The graphs that are shown of a set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shown {
    /// The set's name in print.
    pub(crate) set: String,
    /// The model's name in print.
    pub(crate) model: String,
    pub(crate) seed: i64,
    /// The graphs, or why there are none.
    pub(crate) graphs: Result<Vec<Reconstructed>, String>,
}

/// For each set the first test graphs, from the run of the best model (as the paper ranks them) and the lowest seed.
pub(crate) fn shown(folder: &Path, kind: Kind, results: &Results) -> Vec<Shown> {
    let mut sets: Vec<&str> = results.runs.iter().map(|run| run.set.as_str()).collect();
    sets.dedup();
    sets.into_iter().filter_map(|set| of_set(folder, kind, results, set)).collect()
}

fn of_set(folder: &Path, kind: Kind, results: &Results, set: &str) -> Option<Shown> {
    let finished = results.with(Status::Finished).filter(|run| run.set == set && run.model != "no_edges");
    let run = finished.min_by(|a, b| {
        let key = |run: &Run| (paper::rank(kind, &run.model), run.seed);
        key(a).cmp(&key(b)).then_with(|| place(a.at).total_cmp(&place(b.at)))
    })?;
    Some(Shown {
        set: autoencoder::set_title(set).into(),
        model: paper::title(&run.model).into(),
        seed: run.seed,
        graphs: path(folder, &run.run).and_then(|path| read(&path)),
    })
}

/// A run's file, as messages name it and as it is opened.
struct File {
    name: String,
    path: PathBuf,
}

fn path(folder: &Path, run: &str) -> Result<File, String> {
    // The id comes from a file: it must not lead anywhere else.
    let mut parts = Path::new(run).components();
    let (Some(Component::Normal(id)), None) = (parts.next(), parts.next()) else {
        return Err(format!("'{run}' is no id of a run, so its predictions cannot be found"));
    };
    let name = format!("runs/{run}/predictions.parquet");
    Ok(File { name, path: folder.join("runs").join(id).join("predictions.parquet") })
}

fn read(file: &File) -> Result<Vec<Reconstructed>, String> {
    let name = &file.name;
    if !file.path.is_file() {
        return Err(format!("{name} is not there (published results have no run folders; run the sweep to have it)"));
    }
    let damaged = |what: String| format!("{name}: {what}; delete the run's folder and run the sweep again");
    let frame = frame::head(&file.path, ROWS + 1).map_err(|error| damaged(words(&error)))?;
    let mut graphs = Vec::new();
    for rows in of_graphs(&frame).map_err(damaged)?.into_iter().take(GRAPHS) {
        graphs.push(graph(&rows).map_err(damaged)?);
    }
    if graphs.is_empty() { Err(damaged("it has no rows".into())) } else { Ok(graphs) }
}

/// What is wrong with a file, without its path, which depends on the machine.
fn words(error: &ReportError) -> String {
    match error {
        ReportError::Unreadable { message, .. } => format!("it is not a readable Parquet file ({message})"),
        ReportError::ColumnType { column, expected, found, .. } => {
            format!("column '{column}' holds {found}, not {expected}")
        }
        error => error.to_string(),
    }
}

/// A row: graph, nodes, source, target, edge, probability.
type Row = (i64, i64, i64, i64, i64, f64);

fn of_graphs(frame: &Frame) -> Result<Vec<Vec<Row>>, String> {
    const WHOLE: [&str; 5] = ["graph", "nodes", "source", "target", "edge"];
    const PROBABILITY: &str = "probability";
    if let Some(missing) = WHOLE.into_iter().chain([PROBABILITY]).find(|name| !frame.has(name)) {
        return Err(format!("it has no column '{missing}'"));
    }
    let mut whole = Vec::new();
    for name in WHOLE {
        whole.push(frame.whole(name).map_err(|error| words(&error))?);
    }
    let probability = frame.real(PROBABILITY).map_err(|error| words(&error))?;
    let mut graphs: Vec<Vec<Row>> = Vec::new();
    for row in 0..frame.rows() {
        let [Some(graph), Some(nodes), Some(source), Some(target), Some(edge)] =
            [0, 1, 2, 3, 4].map(|column: usize| whole[column][row])
        else {
            return Err(format!("row {row} has a missing value"));
        };
        let probability = probability[row].ok_or_else(|| format!("row {row} has a missing value"))?;
        let row = (graph, nodes, source, target, edge, probability);
        match graphs.last_mut() {
            Some(rows) if rows[0].0 == graph => rows.push(row),
            _ => graphs.push(vec![row]),
        }
    }
    Ok(graphs)
}

fn graph(rows: &[Row]) -> Result<Reconstructed, String> {
    let (graph, nodes, ..) = rows[0];
    let wrong = |what: &str| format!("graph {graph} {what}");
    let nodes = usize::try_from(nodes)
        .ok()
        .filter(|nodes| (2..=NODES).contains(nodes))
        .ok_or_else(|| wrong(&format!("has {nodes} nodes: only graphs of 2 to {NODES} can be drawn")))?;
    if rows.len() != nodes * (nodes - 1) / 2 {
        return Err(wrong(&format!("has {} rows, not one for each pair of its {nodes} nodes", rows.len())));
    }
    let mut seen = vec![false; nodes * nodes];
    let (mut edges, mut probabilities) = (seen.clone(), vec![0.0; nodes * nodes]);
    for &(_, of, source, target, edge, probability) in rows {
        let index = |node: i64| usize::try_from(node).ok().filter(|&node| node < nodes);
        let (Some(source), Some(target)) = (index(source), index(target)) else {
            return Err(wrong(&format!("has a pair {source}, {target} outside of its {nodes} nodes")));
        };
        if source >= target || of != nodes as i64 || !(0..=1).contains(&edge) || !(0.0..=1.0).contains(&probability) {
            return Err(wrong(&format!(
                "has a pair {source}, {target} that is none (edge {edge}, probability {probability})"
            )));
        }
        let places = [source * nodes + target, target * nodes + source];
        if seen[places[0]] {
            return Err(wrong(&format!("has the pair {source}, {target} twice")));
        }
        for place in places {
            seen[place] = true;
            edges[place] = edge == 1;
            probabilities[place] = probability;
        }
    }
    Ok(Reconstructed { graph, nodes, edges, probabilities })
}

#[cfg(test)]
pub(crate) mod tests {
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
            (|rows| rows[0].1 = 60_000, "has 60000 nodes"),
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
            read(&file)
        };
        let graphs = refused(|_| ()).unwrap();
        assert_eq!(graphs.iter().map(|graph| (graph.graph, graph.nodes)).collect::<Vec<_>>(), [(0, 3), (1, 2)]);
        assert_eq!(
            (graphs[0].pair(0, 1), graphs[0].pair(1, 2), graphs[1].count(Pair::Empty)),
            (Pair::Found, Pair::Missed, 1)
        );
        for (change, said) in [
            ((|columns| columns.truncate(5)) as fn(&mut Vec<(String, ColumnData)>), "it has no column 'probability'"),
            (
                |columns| columns[4].1 = ColumnData::F32(vec![Some(1.0); 4]),
                "column 'edge' holds f32, not whole numbers",
            ),
            (|columns| columns[5].1 = ColumnData::F32(vec![None; 4]), "row 0 has a missing value"),
            (|columns| columns[5].1 = ColumnData::F32(vec![Some(2.0); 4]), "graph 0 has a pair 0, 1 that is none"),
            (|columns| columns[0].1 = ColumnData::U32(vec![0, 1, 0, 1]), "graph 0 has 1 rows"),
            (|columns| columns.iter_mut().for_each(|(_, data)| *data = ColumnData::U8(vec![])), "it has no rows"),
        ] {
            let error = refused(change).unwrap_err();
            assert!(error.starts_with("runs/a/predictions.parquet: ") && error.contains(said), "{error}");
            assert!(error.ends_with("; delete the run's folder and run the sweep again"), "{error}");
        }
    }
}
