//! The two families of random graphs and their parameters.

use egnn_schema::FieldError;
use serde::{Deserialize, Serialize};

/// Nodes of a graph at most: an autoencoder of complete graphs is far beyond its means there.
pub const LARGEST_GRAPH: usize = 1000;
/// Communities are numbered with 8 bits.
const MOST_COMMUNITIES: usize = 1 << 8;

/// G(n, p): n nodes, each pair an edge with probability p. The defaults are the paper's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ErdosRenyi {
    /// Nodes of a graph at least.
    pub min_nodes: usize,
    /// Nodes of a graph at most.
    pub max_nodes: usize,
    /// Probability of an edge.
    pub p: f64,
}

impl Default for ErdosRenyi {
    fn default() -> Self {
        Self { min_nodes: 7, max_nodes: 16, p: 0.25 }
    }
}

/// Communities that are dense inside and joined by few edges. The defaults are those of the paper's Community-small.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Community {
    /// Communities of a graph.
    pub communities: usize,
    /// Nodes of a community at least.
    pub min_community: usize,
    /// Nodes of a community at most.
    pub max_community: usize,
    /// Probability of an edge within a community.
    pub p_inside: f64,
    /// Probability of an edge between two communities. If none is drawn between a community and the next, their first
    /// nodes are joined.
    pub p_between: f64,
}

impl Default for Community {
    fn default() -> Self {
        Self { communities: 2, min_community: 6, max_community: 10, p_inside: 0.7, p_between: 0.01 }
    }
}

/// What kind of graphs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// G(n, p).
    ErdosRenyi(ErdosRenyi),
    /// Dense communities with few edges between them.
    Community(Community),
}

impl Family {
    /// Checks every parameter; the error names the first wrong one.
    pub fn validate(&self) -> Result<(), FieldError> {
        match self {
            Self::ErdosRenyi(ErdosRenyi { min_nodes, max_nodes, p }) => {
                sizes(("min_nodes", *min_nodes), ("max_nodes", *max_nodes))?;
                probability("p", *p)
            }
            Self::Community(family) => family.validate(),
        }
    }

    /// Mean number of unordered pairs of nodes of a graph: what a graph costs to draw.
    pub fn mean_pairs(&self) -> f64 {
        let (low, high, parts) = match self {
            Self::ErdosRenyi(family) => (family.min_nodes, family.max_nodes, 1),
            Self::Community(family) => (family.min_community, family.max_community, family.communities),
        };
        // Sizes are uniform: n has mean m and variance ((high - low + 1)^2 - 1) / 12.
        let sizes = (high.saturating_sub(low) + 1) as f64;
        let (mean, variance) = ((low + high) as f64 / 2.0, (sizes * sizes - 1.0) / 12.0);
        let nodes = mean * parts as f64;
        (nodes * nodes + variance * parts as f64 - nodes) / 2.0
    }

    /// Mean number of edges of a graph, without those that join communities.
    pub fn mean_edges(&self) -> f64 {
        match self {
            Self::ErdosRenyi(family) => self.mean_pairs() * family.p,
            Self::Community(family) => {
                let Community { communities, min_community, max_community, p_inside, p_between } = *family;
                let one = ErdosRenyi { min_nodes: min_community, max_nodes: max_community, p: p_inside };
                let inside = communities as f64 * Self::ErdosRenyi(one).mean_pairs();
                inside * p_inside + (self.mean_pairs() - inside) * p_between
            }
        }
    }

    /// Smallest and largest number of nodes of a graph.
    pub fn nodes(&self) -> (usize, usize) {
        match self {
            Self::ErdosRenyi(family) => (family.min_nodes, family.max_nodes),
            Self::Community(family) => {
                (family.communities * family.min_community, family.communities * family.max_community)
            }
        }
    }
}

impl Community {
    fn validate(&self) -> Result<(), FieldError> {
        let Self { communities, min_community, max_community, p_inside, p_between } = *self;
        if !(1..=MOST_COMMUNITIES).contains(&communities) {
            let message = format!("communities is {communities}; give a number from 1 to {MOST_COMMUNITIES}");
            return Err(FieldError::new("communities", message));
        }
        sizes(("min_community", min_community), ("max_community", max_community))?;
        let nodes = communities * max_community;
        if nodes > LARGEST_GRAPH {
            let message = format!(
                "communities ({communities}) times max_community ({max_community}) is {nodes} nodes; a graph may have \
                 {LARGEST_GRAPH}"
            );
            return Err(FieldError::new("communities", message));
        }
        probability("p_inside", p_inside)?;
        probability("p_between", p_between)
    }
}

fn sizes((low_name, low): (&str, usize), (high_name, high): (&str, usize)) -> Result<(), FieldError> {
    for (name, size) in [(low_name, low), (high_name, high)] {
        if !(2..=LARGEST_GRAPH).contains(&size) {
            return Err(FieldError::new(name, format!("{name} is {size}; give a number from 2 to {LARGEST_GRAPH}")));
        }
    }
    if low > high {
        return Err(FieldError::new(low_name, format!("{low_name} ({low}) is above {high_name} ({high}); swap them")));
    }
    Ok(())
}

fn probability(name: &str, p: f64) -> Result<(), FieldError> {
    if (0.0..=1.0).contains(&p) {
        Ok(())
    } else {
        Err(FieldError::new(name, format!("{name} is {p}; give a probability from 0 to 1")))
    }
}
