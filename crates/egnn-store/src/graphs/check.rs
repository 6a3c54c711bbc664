//! What a row must be to be a graph: the same for what is written and for what is read.

use super::GraphRow;

/// Edges of a graph at most. A file that promises more is refused before anything is read.
pub const LARGEST_GRAPH: usize = 1 << 24;

/// Whether a row is a simple undirected graph in the one form in which graphs are kept.
///
/// ```
/// use egnn_store::graphs::{GraphRow, check};
/// let path = GraphRow { nodes: 3, source: vec![0, 1], target: vec![1, 2], community: vec![], p: None };
/// assert!(check(&path).is_ok());
/// let reason = check(&GraphRow { target: vec![1, 3], ..path }).unwrap_err();
/// assert_eq!(reason, "edge 1 is 1-3, but the graph has 3 nodes, numbered from 0");
/// ```
///
/// # Errors
/// Saying what is wrong with it, as a clause.
pub fn check(row: &GraphRow) -> Result<(), String> {
    let GraphRow { nodes, source, target, community, p } = row;
    if *nodes == 0 {
        return Err("it has no nodes".into());
    }
    if source.len() != target.len() {
        return Err(format!("it has {} sources, but {} targets", source.len(), target.len()));
    }
    if source.len() > LARGEST_GRAPH {
        return Err(format!("it has {} edges, more than the {LARGEST_GRAPH} that a graph may have", source.len()));
    }
    let mut previous = None;
    for (index, (&u, &v)) in source.iter().zip(target).enumerate() {
        if u >= v {
            return Err(format!("edge {index} is {u}-{v}, but its first node must be below its second"));
        }
        if v >= *nodes {
            return Err(format!("edge {index} is {u}-{v}, but the graph has {nodes} nodes, numbered from 0"));
        }
        match previous {
            Some(before) if before == (u, v) => return Err(format!("edge {index}, {u}-{v}, is there twice")),
            Some((a, b)) if (a, b) > (u, v) => {
                return Err(format!("edge {index}, {u}-{v}, comes after {a}-{b}: edges must be sorted"));
            }
            _ => previous = Some((u, v)),
        }
    }
    if !community.is_empty() && community.len() != usize::from(*nodes) {
        return Err(format!("it has communities of {} nodes, but {nodes} nodes", community.len()));
    }
    match p {
        Some(p) if !(0.0..=1.0).contains(p) => Err(format!("its p is {p}, which is no probability")),
        _ => Ok(()),
    }
}
