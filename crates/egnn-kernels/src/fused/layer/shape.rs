//! Sizes of a layer on its graph.

use super::super::arena::padded;
use crate::definition::{Layer, Map};
use crate::edges::Edges;

/// One of the products that all take the nodes' features: they are computed from one input.
#[derive(Clone, Copy)]
pub(super) struct Section {
    /// The map whose weight holds the section.
    pub(super) map: Map,
    /// The first of its input columns that belong to the node.
    pub(super) first: usize,
    /// Whether the map's bias is added here.
    pub(super) biased: bool,
}

/// Sections of a node's product: what it says as receiver, as sender, to its velocity, to its own update.
pub(super) const RECEIVE: usize = 0;
pub(super) const SEND: usize = 1;

/// A layer, its graph and the lengths of its rows.
#[derive(Clone, Copy)]
pub(super) struct Shape<'a> {
    pub(super) layer: &'a Layer,
    pub(super) edges: &'a Edges,
    /// Columns of the nodes' input (raw features if there is an embedding, else `h`), and the same padded.
    pub(super) depth: usize,
    pub(super) input: usize,
    /// Columns of `h`, padded.
    pub(super) features: usize,
    /// Columns of everything hidden, padded.
    pub(super) width: usize,
}

impl<'a> Shape<'a> {
    pub(super) fn new(layer: &'a Layer, edges: &'a Edges) -> Self {
        let depth = layer.input_features();
        Self {
            layer,
            edges,
            depth,
            input: padded(depth),
            features: padded(layer.features),
            width: padded(layer.hidden),
        }
    }

    pub(super) fn nodes(&self) -> usize {
        self.edges.nodes()
    }

    /// The products with the nodes' features, in order.
    pub(super) fn sections(&self) -> impl Iterator<Item = Section> + use<> {
        let Layer { features, edge, node, .. } = *self.layer;
        let velocity = self.layer.velocity_maps().map(|maps| Section { map: maps[0], first: 0, biased: true });
        let node = node.map(|maps| Section { map: maps[0], first: 0, biased: true });
        let receive = Section { map: edge[0], first: 0, biased: true };
        let send = Section { map: edge[0], first: features, biased: false };
        [Some(receive), Some(send), velocity, node].into_iter().flatten()
    }

    /// How many sections there are.
    pub(super) fn count(&self) -> usize {
        2 + usize::from(self.layer.velocity_maps().is_some()) + usize::from(self.layer.node.is_some())
    }

    /// The section of `phi_v`, if there is one.
    pub(super) fn velocity_section(&self) -> Option<usize> {
        self.layer.velocity_maps().map(|_| 2)
    }

    /// The section of `phi_h`, if there is one.
    pub(super) fn node_section(&self) -> Option<usize> {
        self.layer.node.map(|_| self.count() - 1)
    }

    /// Column of the squared distance in the first edge map, if there is one.
    pub(super) fn distance_column(&self) -> Option<usize> {
        (self.layer.dim > 0).then_some(2 * self.layer.features)
    }

    /// Column of the first attribute in the first edge map.
    pub(super) fn attribute_column(&self) -> usize {
        2 * self.layer.features + usize::from(self.layer.dim > 0)
    }

    /// C of a node, equation (4).
    pub(super) fn share(&self, node: usize) -> f32 {
        use crate::definition::Aggregation;
        match self.layer.coordinates.map(|coordinates| coordinates.aggregation) {
            Some(Aggregation::Mean) => self.edges.share(node),
            _ => 1.0,
        }
    }
}
