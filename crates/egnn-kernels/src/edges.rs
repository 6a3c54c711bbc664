//! Which node receives from which.

use std::fmt;
use std::sync::Arc;

/// The directed edges of a graph, or of several graphs side by side in one batch.
///
/// Edge `e` carries a message from node `col[e]`, the sender, to node `row[e]`, which aggregates. Cloning is cheap:
/// batches of one size share their edges.
///
/// ```
/// let edges = egnn_kernels::Edges::complete(1, 3);
/// assert_eq!(edges.row(), [0, 0, 1, 1, 2, 2]);
/// assert_eq!(edges.col(), [1, 2, 0, 2, 0, 1]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edges(Arc<Lists>);

/// Why lists are no edges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EdgesError(String);

impl fmt::Display for EdgesError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for EdgesError {}

#[derive(Debug, PartialEq, Eq)]
struct Lists {
    row: Vec<u32>,
    col: Vec<u32>,
    /// Edges `starts[i]..starts[i + 1]` are those whose row is `i`.
    starts: Vec<u32>,
}

impl Edges {
    /// Edges from lists sorted by `row`.
    ///
    /// # Errors
    /// If the lists differ in length, are not sorted by row, or name a node that is not there.
    pub fn new(row: Vec<u32>, col: Vec<u32>, nodes: usize) -> Result<Self, EdgesError> {
        if row.len() != col.len() {
            return Err(EdgesError(format!("'row' has {} entries and 'col' {}", row.len(), col.len())));
        }
        if let Some(node) = row.iter().chain(&col).find(|&&node| node as usize >= nodes) {
            return Err(EdgesError(format!("node {node} is named, but there are {nodes} nodes")));
        }
        if let Some(edge) = row.windows(2).position(|pair| pair[0] > pair[1]) {
            return Err(EdgesError(format!(
                "'row' is not sorted: {} follows {} at edge {}; sort the edges by row",
                row[edge + 1],
                row[edge],
                edge + 1
            )));
        }
        let mut starts = vec![0; nodes + 1];
        for &node in &row {
            starts[node as usize + 1] += 1;
        }
        for node in 0..nodes {
            starts[node + 1] += starts[node];
        }
        Ok(Self(Arc::new(Lists { row, col, starts })))
    }

    /// `graphs` complete graphs side by side, in the authors' order: for i, for j, if i != j.
    pub fn complete(graphs: usize, nodes_per_graph: usize) -> Self {
        let size = nodes_per_graph as u32;
        let pairs = (0..graphs as u32)
            .flat_map(|graph| (0..size).map(move |i| (graph * size, i)))
            .flat_map(|(first, i)| (0..size).filter(move |&j| j != i).map(move |j| (first + i, first + j)));
        let (row, col) = pairs.unzip();
        let degree = size.saturating_sub(1);
        let starts = (0..=graphs as u32 * size).map(|node| node * degree).collect();
        Self(Arc::new(Lists { row, col, starts }))
    }

    /// Several graphs as one, in their order.
    pub fn side_by_side<'a>(graphs: impl IntoIterator<Item = &'a Self>) -> Self {
        let (mut row, mut col, mut starts) = (Vec::new(), Vec::new(), vec![0]);
        for graph in graphs {
            let (node, edge) = (starts.len() as u32 - 1, row.len() as u32);
            row.extend(graph.row().iter().map(|i| node + i));
            col.extend(graph.col().iter().map(|j| node + j));
            starts.extend(graph.0.starts[1..].iter().map(|start| edge + start));
        }
        Self(Arc::new(Lists { row, col, starts }))
    }

    /// How many edges there are.
    pub fn len(&self) -> usize {
        self.0.row.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.row.is_empty()
    }

    /// How many nodes there are, those without an edge included.
    pub fn nodes(&self) -> usize {
        self.0.starts.len() - 1
    }

    /// The receiving node of each edge, ascending.
    pub fn row(&self) -> &[u32] {
        &self.0.row
    }

    /// The sending node of each edge.
    pub fn col(&self) -> &[u32] {
        &self.0.col
    }

    /// C of equation (4) for node `node`: one over the number of edges that it receives from, 1 if there are none.
    pub fn share(&self, node: usize) -> f32 {
        1.0 / self.of_row(node).len().max(1) as f32
    }

    /// The edges that node `node` receives from.
    pub fn of_row(&self, node: usize) -> std::ops::Range<usize> {
        self.0.starts[node] as usize..self.0.starts[node + 1] as usize
    }
}
