//! Test graphs and what a run made of them, from its `predictions.parquet`, for pictures.
//!
//! Pictures are an addition: where a file is missing (published results have no run folders), not as it should be or without a graph
//! that can be drawn, the report says so and goes on.

pub(crate) mod examples;
pub(crate) mod molecules;
pub(crate) mod nbody;

use crate::{
    error::ReportError,
    frame::{self, Frame},
    kind::Kind,
    metric::Metric,
    paper::{
        self,
        autoencoder::{self, BASELINE},
    },
    results::{Results, Run, Status, place, run_folder},
};
use std::path::{Path, PathBuf};

/// Test graphs of a set that are shown: the first ones, and of the others those with the most wrong pairs.
pub(crate) const FIRST: usize = 2;
const WORST: usize = 2;
/// Rows that are read: more than the paper's test sets have. Of a larger file only the graphs in the first rows are looked at.
const ROWS: usize = 500_000;
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

    /// Pairs that are wrong.
    pub(crate) fn wrong(&self) -> usize {
        self.count(Pair::Missed) + self.count(Pair::Added)
    }

    /// How far the probabilities are from the links, over all pairs.
    fn doubt(&self) -> f64 {
        let off = |(source, target, _)| {
            let edge = if self.edge(source, target) { 1.0 } else { 0.0 };
            (edge - self.probability(source, target)).abs()
        };
        self.pairs().map(off).sum()
    }
}

/// Graphs of a test set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Graphs {
    /// Those that are shown: the first ones, then the worst.
    pub(crate) shown: Vec<Reconstructed>,
    /// Those that were looked at.
    pub(crate) looked_at: usize,
    /// Those of them that have no wrong pair.
    pub(crate) right: usize,
    /// Those that are too large to be drawn, and were not looked at.
    pub(crate) too_large: usize,
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
    pub(crate) graphs: Result<Graphs, String>,
}

/// For each set some test graphs, from the run of the best model (as the paper ranks them) and the lowest seed.
pub(crate) fn shown(folder: &Path, kind: Kind, results: &Results) -> Vec<Shown> {
    shown_at_most(folder, kind, results, [FIRST, WORST])
}

/// The same with as many first graphs and worst ones.
pub(crate) fn shown_at_most(folder: &Path, kind: Kind, results: &Results, limits: [usize; 2]) -> Vec<Shown> {
    let mut sets: Vec<&str> = results.runs.iter().map(|run| run.set.as_str()).collect();
    sets.dedup();
    sets.into_iter().filter_map(|set| of_set(folder, kind, results, set, limits)).collect()
}

fn of_set(folder: &Path, kind: Kind, results: &Results, set: &str, limits: [usize; 2]) -> Option<Shown> {
    let finished = results.with(Status::Finished).filter(|run| run.set == set && run.model != BASELINE);
    let run = finished.min_by(|a, b| {
        let key = |run: &Run| (paper::rank(kind, &run.model), run.seed);
        key(a).cmp(&key(b)).then_with(|| place(a.at).total_cmp(&place(b.at)))
    })?;
    Some(Shown {
        set: autoencoder::set_title(set).into(),
        model: paper::title(&run.model).into(),
        seed: run.seed,
        graphs: path(folder, &run.run).and_then(|path| read(&path, limits)),
    })
}

/// For each set and model the run on the most samples that has a usable value, of these the first variant's lowest seed.
fn largest(results: &Results, metric: Metric) -> Vec<&Run> {
    let mut best: Vec<&Run> = Vec::new();
    for run in results.with(Status::Finished).filter(|run| run.value(metric).is_some()) {
        match best.iter_mut().find(|other| (&other.set, &other.model) == (&run.set, &run.model)) {
            // Runs come by place, variant and seed.
            Some(other) if place(run.at) > place(other.at) => *other = run,
            Some(_) => {}
            None => best.push(run),
        }
    }
    best
}

/// Predictions whose error differs from the recorded one by more than this part are not the run's.
const TOLERANCE: f64 = 1e-3;

/// Why predictions with an error may not be the run's own.
fn doubt(run: &Run, metric: Metric, found: f64) -> Option<String> {
    let recorded = run.value(metric)?;
    ((found - recorded).abs() > TOLERANCE * recorded).then(|| {
        let text = |value| metric.text(value);
        format!("The predictions of {} have an error of {}, its record says {}", run.run, text(found), text(recorded))
    })
}

/// A run's file, as messages name it and as it is opened.
struct File {
    name: String,
    path: PathBuf,
}

impl File {
    /// Published results have no such files.
    fn check(&self) -> Result<(), String> {
        let name = &self.name;
        let missing =
            || format!("{name} is not there (published results have no run folders; run the sweep to have it)");
        self.path.is_file().then_some(()).ok_or_else(missing)
    }

    /// What is wrong with it, and the remedy.
    fn damaged(&self, what: &str) -> String {
        format!("{}: {what}; delete the run's folder and run the sweep again", self.name)
    }
}

fn path(folder: &Path, run: &str) -> Result<File, String> {
    let folder = run_folder(folder, run)
        .ok_or_else(|| format!("'{run}' is no id of a run, so its predictions cannot be found"))?;
    Ok(File { name: format!("runs/{run}/predictions.parquet"), path: folder.join("predictions.parquet") })
}

fn read(file: &File, limits: [usize; 2]) -> Result<Graphs, String> {
    file.check()?;
    let name = &file.name;
    let damaged = |what: String| file.damaged(&what);
    let frame = frame::head(&file.path, ROWS + 1).map_err(|error| damaged(words(&error)))?;
    let mut all = of_graphs(&frame).map_err(damaged)?;
    // The last graph may not be all there.
    if frame.rows() > ROWS && all.len() > 1 {
        all.pop();
    }
    let is_too_large = |rows: &Vec<Row>| rows[0].1 > NODES as i64;
    let (large, small): (Vec<_>, Vec<_>) = all.into_iter().partition(is_too_large);
    let graphs = small.iter().map(|rows| graph(rows)).collect::<Result<Vec<_>, _>>().map_err(damaged)?;
    // No remedy: nothing is wrong with such a file.
    match (graphs.is_empty(), large.is_empty()) {
        (true, true) => Err(format!("{name}: no graph has two nodes, so there is nothing to draw")),
        (true, false) => Err(format!("{name}: every graph has more than {NODES} nodes, too many to draw")),
        (false, _) => Ok(selected(graphs, large.len(), limits)),
    }
}

/// The first graphs and the worst of the others: those with the most wrong pairs, among equals the least certain.
fn selected(mut graphs: Vec<Reconstructed>, too_large: usize, [first, worst]: [usize; 2]) -> Graphs {
    let looked_at = graphs.len();
    let right = graphs.iter().filter(|graph| graph.wrong() == 0).count();
    let mut others = graphs.split_off(first.min(looked_at));
    others.sort_by(|a, b| {
        b.wrong().cmp(&a.wrong()).then_with(|| b.doubt().total_cmp(&a.doubt())).then(a.graph.cmp(&b.graph))
    });
    graphs.extend(others.into_iter().take(worst));
    Graphs { shown: graphs, looked_at, right, too_large }
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
        .ok_or_else(|| wrong(&format!("has {nodes} nodes, but a pair of them")))?;
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
pub(crate) mod tests;
