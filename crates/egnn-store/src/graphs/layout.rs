//! Columns of the file and how rows are cut into row groups: what writer and reader share.

use super::{GraphRow, LARGEST_GRAPH};
use crate::rows::{Column, Layout, Values, cut};
use egnn_schema::columns::graphs::{COMMUNITY, GRAPH, NODES, P, SOURCE, TARGET};
use std::ops::Range;

/// Graphs of a row group at most.
pub(super) const GROUP_GRAPHS: usize = 1 << 16;
/// Edges of a row group at most, unless a single graph has more.
pub(super) const GROUP_EDGES: usize = 1 << 20;
/// Nodes of a row group at most.
const GROUP_NODES: usize = 1 << 20;

/// Columns of the file, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Graph,
    Nodes,
    Source,
    Target,
    Community,
    P,
}

pub(super) const FIELDS: [Field; 6] =
    [Field::Graph, Field::Nodes, Field::Source, Field::Target, Field::Community, Field::P];

impl Field {
    fn column(self) -> Column {
        match self {
            Self::Graph => Column::distinct(GRAPH.name, Values::Unsigned(32)),
            Self::Nodes => Column::repeating(NODES.name, Values::Unsigned(16)),
            Self::Source => Column::repeating(SOURCE.name, Values::UnsignedList(16)),
            Self::Target => Column::repeating(TARGET.name, Values::UnsignedList(16)),
            Self::Community => Column::repeating(COMMUNITY.name, Values::UnsignedList(8)),
            Self::P => Column::repeating(P.name, Values::NumberOrNull),
        }
    }
}

pub(super) fn layout() -> Layout {
    Layout {
        row: "graph",
        rows: "graphs",
        columns: FIELDS.into_iter().map(Field::column).collect(),
        group_rows: GROUP_GRAPHS,
        group_values: LARGEST_GRAPH + GROUP_GRAPHS,
    }
}

/// Rows of each row group.
pub(super) fn groups(rows: &[GraphRow], largest_edges: usize) -> Vec<Range<usize>> {
    cut(rows, GROUP_GRAPHS, [largest_edges, GROUP_NODES], |row| [row.source.len(), usize::from(row.nodes)])
}
