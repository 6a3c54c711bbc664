//! What several test files need.

#![allow(dead_code, unreachable_pub, missing_docs)]

use egnn_graphs::{Community, ErdosRenyi, Family, Generator, Graph, Source, generate};

pub fn erdos_renyi(min_nodes: usize, max_nodes: usize, p: f64) -> Family {
    Family::ErdosRenyi(ErdosRenyi { min_nodes, max_nodes, p })
}

pub fn community_small() -> Family {
    Family::Community(Community::default())
}

pub fn generator(family: Family, source: Source, seed: u64, splits: &[(&str, usize)]) -> Generator {
    let splits = splits.iter().map(|(name, graphs)| ((*name).to_owned(), *graphs)).collect();
    Generator { family, connected: false, source, seed, splits }
}

/// The only split of a generator.
pub fn only(generator: &Generator) -> Vec<Graph> {
    let mut sets = generate(generator, &|_| ()).unwrap();
    assert_eq!(sets.len(), 1);
    sets.remove(0).1
}

/// Edges in 100 pairs.
pub fn density_percent(graphs: &[Graph]) -> f64 {
    let edges: usize = graphs.iter().map(|graph| graph.edges.len()).sum();
    let pairs: usize = graphs.iter().map(|graph| usize::from(graph.nodes)).map(|n| n * (n - 1) / 2).sum();
    100.0 * edges as f64 / pairs as f64
}

/// Simple, undirected, in the one form in which graphs are given.
pub fn assert_well_formed(graph: &Graph) {
    assert!(graph.edges.iter().all(|&(u, v)| u < v && v < graph.nodes), "{graph:?}");
    assert!(graph.edges.is_sorted_by(|a, b| a < b), "{graph:?}");
    assert!(graph.community.is_empty() || graph.community.len() == usize::from(graph.nodes), "{graph:?}");
}
