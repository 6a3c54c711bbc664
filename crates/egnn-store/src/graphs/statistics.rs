//! What a split is like: size, density, and how often the same labelled graph is in it.

use super::GraphRow;
use std::collections::BTreeSet;

/// Counts over a split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Graphs.
    pub graphs: u64,
    /// Nodes of all graphs.
    pub nodes: u64,
    /// Undirected edges of all graphs.
    pub edges: u64,
    /// Unordered pairs of nodes of all graphs: what could be an edge.
    pub pairs: u64,
    /// Different labelled graphs: the same nodes joined by the same edges count once.
    pub distinct: u64,
}

impl Statistics {
    /// Edges in 100 pairs; 0 if there is no pair.
    pub fn density_percent(&self) -> f64 {
        if self.pairs == 0 { 0.0 } else { 100.0 * self.edges as f64 / self.pairs as f64 }
    }
}

/// Counts over the rows of a split.
///
/// ```
/// use egnn_store::graphs::{GraphRow, statistics};
/// let edge = GraphRow { nodes: 3, source: vec![0], target: vec![1], community: vec![], p: None };
/// let found = statistics(&[edge.clone(), edge]);
/// assert_eq!((found.graphs, found.distinct, found.edges, found.pairs), (2, 1, 2, 6));
/// assert_eq!(found.density_percent(), 100.0 / 3.0);
/// ```
pub fn statistics(rows: &[GraphRow]) -> Statistics {
    let nodes = |row: &GraphRow| u64::from(row.nodes);
    Statistics {
        graphs: rows.len() as u64,
        nodes: rows.iter().map(nodes).sum(),
        edges: rows.iter().map(|row| row.source.len() as u64).sum(),
        pairs: rows.iter().map(nodes).map(|nodes| nodes * nodes.saturating_sub(1) / 2).sum(),
        distinct: labelled(rows).len() as u64,
    }
}

/// How many of `of` occur verbatim in `within`: the same number of nodes, joined by the same edges. Community and p
/// do not matter.
pub fn repeats(of: &[GraphRow], within: &[GraphRow]) -> u64 {
    let within = labelled(within);
    of.iter().filter(|row| within.contains(&key(row))).count() as u64
}

type Key<'a> = (u16, &'a [u16], &'a [u16]);

fn key(row: &GraphRow) -> Key<'_> {
    (row.nodes, &row.source, &row.target)
}

fn labelled(rows: &[GraphRow]) -> BTreeSet<Key<'_>> {
    rows.iter().map(key).collect()
}
