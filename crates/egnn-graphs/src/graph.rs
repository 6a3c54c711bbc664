//! One graph.

/// A simple undirected graph with labelled nodes `0..nodes`.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// Number of nodes.
    pub nodes: u16,
    /// Edges `(u, v)` with `u < v`, each once, sorted.
    pub edges: Vec<(u16, u16)>,
    /// Community of each node, from 0; empty where there are no communities.
    pub community: Vec<u8>,
    /// Probability of an edge with which it was drawn: within a community, if there are communities.
    pub p: f64,
}

impl Graph {
    /// Whether every node can be reached from every other.
    ///
    /// ```
    /// use egnn_graphs::Graph;
    /// let path = Graph { nodes: 3, edges: vec![(0, 1), (1, 2)], community: vec![], p: 0.5 };
    /// assert!(path.is_connected());
    /// assert!(!Graph { nodes: 4, ..path }.is_connected());
    /// ```
    pub fn is_connected(&self) -> bool {
        // Each node points towards the root of its part; an edge between two parts makes them one.
        let mut parent: Vec<u16> = (0..self.nodes).collect();
        let root = |parent: &mut Vec<u16>, mut node: u16| {
            while parent[usize::from(node)] != node {
                // Halving the path on the way keeps all paths short.
                let above = parent[usize::from(parent[usize::from(node)])];
                parent[usize::from(node)] = above;
                node = above;
            }
            node
        };
        let mut parts = self.nodes;
        for &(u, v) in &self.edges {
            let (a, b) = (root(&mut parent, u), root(&mut parent, v));
            if a != b {
                parent[usize::from(a)] = b;
                parts -= 1;
            }
        }
        parts <= 1
    }
}
