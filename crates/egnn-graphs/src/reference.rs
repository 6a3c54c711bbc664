//! The authors' two programs, draw by draw.

use crate::{
    family::{Community, ErdosRenyi, Family},
    graph::Graph,
};
use egnn_random::{NumpyRandomState, PythonRandom};

/// The `graphs` graphs of a seed, in the authors' order.
pub(crate) fn split(family: &Family, seed: u32, graphs: usize, done: &mut dyn FnMut()) -> Vec<Graph> {
    match family {
        Family::ErdosRenyi(family) => erdos_renyi(family, seed, graphs, done),
        Family::Community(family) => {
            let mut state = NumpyRandomState::new(seed);
            let mut draw = || {
                let graph = community(family, &mut state);
                done();
                graph
            };
            (0..graphs).map(|_| draw()).collect()
        }
    }
}

/// Rounds through all sizes in turn, from one CPython stream, which shuffles them at the end.
fn erdos_renyi(family: &ErdosRenyi, seed: u32, graphs: usize, done: &mut dyn FnMut()) -> Vec<Graph> {
    let mut random = PythonRandom::new(u64::from(seed));
    let sizes = (family.min_nodes..=family.max_nodes).cycle().take(graphs);
    let mut drawn: Vec<Graph> = sizes
        .map(|nodes| {
            let edges = gnp(nodes, family.p, &mut random);
            done();
            Graph { nodes: nodes as u16, edges, community: Vec::new(), p: family.p }
        })
        .collect();
    random.shuffle(&mut drawn);
    drawn
}

/// networkx's `gnp_random_graph`: the pairs in lexicographic order, one number each.
fn gnp(nodes: usize, p: f64, random: &mut PythonRandom) -> Vec<(u16, u16)> {
    let nodes = nodes as u16;
    let pairs = (0..nodes).flat_map(|u| (u + 1..nodes).map(move |v| (u, v)));
    pairs.filter(|_| random.random() < p).collect()
}

/// Two communities. Their sizes and the edges between them come from NumPy's stream; but community k is always drawn
/// from a fresh CPython stream of seed k, so that a size has only one community of each k.
fn community(family: &Community, state: &mut NumpyRandomState) -> Graph {
    let Community { communities, min_community, max_community, p_inside, p_between } = *family;
    let choices = (max_community - min_community + 1) as u32;
    let sizes: Vec<usize> =
        state.choice(choices, communities).into_iter().map(|choice| min_community + choice as usize).collect();
    let mut edges = Vec::new();
    let mut label = Vec::new();
    for (k, &size) in sizes.iter().enumerate() {
        let first = label.len() as u16;
        edges.extend(
            gnp(size, p_inside, &mut PythonRandom::new(k as u64)).into_iter().map(|(u, v)| (first + u, first + v)),
        );
        label.resize(label.len() + size, k as u8);
    }
    let (first, nodes) = (sizes[0] as u16, label.len() as u16);
    let before = edges.len();
    let pairs = (0..first).flat_map(|u| (first..nodes).map(move |v| (u, v)));
    edges.extend(pairs.filter(|_| state.random_sample() < p_between));
    if edges.len() == before {
        edges.push((0, first));
    }
    edges.sort_unstable();
    Graph { nodes, edges, community: label, p: p_inside }
}
