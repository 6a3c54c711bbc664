//! Graphs with their reconstructions.

use super::Viewer;
use crate::{
    figure::places,
    kind::Kind,
    predictions::{Pair, Reconstructed, Shown, shown_at_most},
    results::Results,
};
use serde_json::{Value, json};
use std::path::Path;

/// Graphs of a set: the first ones and, of the others, the worst.
const GRAPHS: [usize; 2] = [6, 6];

/// Graphs of each set that can be shown.
pub(super) fn viewer(folder: &Path, results: &Results) -> Option<Viewer> {
    let shown = shown_at_most(folder, Kind::Autoencoder, results, GRAPHS);
    let sets: Vec<Value> = shown.iter().filter_map(set).collect();
    let words = "Test graphs beside their adjacency matrix and what the model made of it: a wrong pair of nodes is a link that was \
                 missed, or one that was added. The first graphs of each test set, and of the others those with the most wrong pairs.";
    (!sets.is_empty()).then(|| Viewer {
        id: "graphs",
        heading: "Graphs and their reconstructions".into(),
        words: words.into(),
        data: json!({ "sets": sets }),
    })
}

fn set(shown: &Shown) -> Option<Value> {
    let graphs = shown.graphs.as_ref().ok()?;
    Some(json!({
        "set": shown.set,
        "model": shown.model,
        "seed": shown.seed,
        "right": graphs.right,
        "of": graphs.looked_at,
        "graphs": graphs.shown.iter().enumerate().map(|(place, of)| graph(of, place < GRAPHS[0])).collect::<Vec<_>>(),
    }))
}

/// `pairs` has a letter for each pair of nodes, (0, 1), (0, 2) .. (1, 2) ..: found, missed, added or empty.
fn graph(graph: &Reconstructed, is_first: bool) -> Value {
    let letter = |pair| match pair {
        Pair::Found => 'f',
        Pair::Missed => 'm',
        Pair::Added => 'a',
        Pair::Empty => 'e',
    };
    let thousandth = |value: f64| (value * 1000.0).round() / 1000.0;
    let places = places(graph).into_iter().map(|(x, y)| [thousandth(x), thousandth(y)]).collect::<Vec<_>>();
    let probability = |(source, target, _)| thousandth(graph.probability(source, target));
    json!({
        "graph": graph.graph,
        "nodes": graph.nodes,
        "first": is_first,
        "places": places,
        "pairs": graph.pairs().map(|(_, _, pair)| letter(pair)).collect::<String>(),
        "probabilities": graph.pairs().map(probability).collect::<Vec<_>>(),
    })
}
