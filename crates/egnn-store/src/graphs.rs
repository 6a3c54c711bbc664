//! Graph sets as Parquet: `datasets/graphs/<set>/<split>.parquet`, a row for each graph.
//!
//! Edges are undirected and stand once, as two lists of the same length: `source[i] < target[i]`, sorted by source,
//! then target. So equal labelled graphs are equal rows. Every row is checked for that when it is written and when it
//! is read.

mod check;
mod layout;
mod read;
mod statistics;
mod write;

#[cfg(test)]
mod tests;

pub use check::{LARGEST_GRAPH, check};
pub use read::{info, read_split};
pub use statistics::{Statistics, repeats, statistics};
pub use write::write_split;

/// One graph, as it stands in a row.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphRow {
    /// Number of nodes.
    pub nodes: u16,
    /// Lower node of each edge.
    pub source: Vec<u16>,
    /// Higher node of each edge.
    pub target: Vec<u16>,
    /// Community of each node; empty if communities are not known.
    pub community: Vec<u8>,
    /// Probability of an edge within a community, or of any edge if there are no communities. An imported graph has
    /// none.
    pub p: Option<f64>,
}

/// What a split holds, read from its footer alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphInfo {
    /// Graphs.
    pub graphs: usize,
    /// Where it comes from.
    pub footer: crate::SplitFooter,
}
