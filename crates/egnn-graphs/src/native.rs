//! Graphs from our streams. Every graph has a stream of its own, named by split and number under the set's seed.

use crate::{
    family::{Community, ErdosRenyi, Family},
    generator::Generator,
    graph::Graph,
};
use egnn_random::Stream;
use egnn_schema::FieldError;

/// Draws of a graph that shall be connected, before the generator gives up.
pub const DRAWS: usize = 1000;

/// The first `graphs` graphs of a split.
pub(crate) fn split(
    generator: &Generator,
    name: &str,
    graphs: usize,
    done: &mut dyn FnMut(),
) -> Result<Vec<Graph>, FieldError> {
    let root = Stream::new(generator.seed).child("graphs").child(name);
    let mut graph = |number: usize| {
        let graph = graph(generator, root.index(number as u64)).map_err(|sizes| {
            let message = format!(
                "connected: true asks for too much: graph {number} of {name} ({sizes} nodes) was drawn {DRAWS} times \
                 and never connected; raise the probability of an edge or leave connected out"
            );
            FieldError::new("connected", message)
        })?;
        done();
        Ok(graph)
    };
    (0..graphs).map(&mut graph).collect()
}

/// A graph from its own stream, or its number of nodes if it cannot be connected.
fn graph(generator: &Generator, mut stream: Stream) -> Result<Graph, usize> {
    let uniform = |stream: &mut Stream, low: usize, high: usize| low + stream.below((high - low + 1) as u64) as usize;
    let sizes: Vec<usize> = match &generator.family {
        Family::ErdosRenyi(family) => vec![uniform(&mut stream, family.min_nodes, family.max_nodes)],
        Family::Community(family) => {
            (0..family.communities).map(|_| uniform(&mut stream, family.min_community, family.max_community)).collect()
        }
    };
    let mut draw = || match &generator.family {
        Family::ErdosRenyi(family) => erdos_renyi(family, sizes[0], &mut stream),
        Family::Community(family) => community(family, &sizes, &mut stream),
    };
    if !generator.connected {
        return Ok(draw());
    }
    (0..DRAWS).map(|_| draw()).find(Graph::is_connected).ok_or_else(|| sizes.iter().sum())
}

fn erdos_renyi(family: &ErdosRenyi, nodes: usize, stream: &mut Stream) -> Graph {
    let nodes = nodes as u16;
    let pairs = (0..nodes).flat_map(|u| (u + 1..nodes).map(move |v| (u, v)));
    let edges = pairs.filter(|_| stream.uniform() < family.p).collect();
    Graph { nodes, edges, community: Vec::new(), p: family.p }
}

fn community(family: &Community, sizes: &[usize], stream: &mut Stream) -> Graph {
    let label: Vec<u8> = sizes.iter().enumerate().flat_map(|(k, &size)| std::iter::repeat_n(k as u8, size)).collect();
    let nodes = label.len() as u16;
    let mut edges = Vec::new();
    // Whether a community is joined to the next.
    let mut joined = vec![false; sizes.len()];
    for u in 0..nodes {
        let of_u = label[usize::from(u)];
        for v in u + 1..nodes {
            let of_v = label[usize::from(v)];
            let p = if of_u == of_v { family.p_inside } else { family.p_between };
            if stream.uniform() < p {
                edges.push((u, v));
                joined[usize::from(of_u)] |= u16::from(of_v) == u16::from(of_u) + 1;
            }
        }
    }
    let mut first = 0;
    for (&size, joined) in sizes[..sizes.len() - 1].iter().zip(joined) {
        let next = first + size as u16;
        if !joined {
            edges.push((first, next));
        }
        first = next;
    }
    edges.sort_unstable();
    Graph { nodes, edges, community: label, p: family.p_inside }
}
