//! Columns of the file and how rows are cut into row groups: what writer and reader share.

use super::{GraphRow, LARGEST_GRAPH};
use egnn_schema::columns::graphs::{COMMUNITY, GRAPH, NODES, P, SOURCE, TARGET};
use parquet::{
    basic::{Encoding, LogicalType, Repetition, Type as Physical},
    errors::ParquetError,
    file::properties::WriterPropertiesBuilder,
    schema::types::{ColumnPath, Type},
};
use std::{ops::Range, sync::Arc};

/// Graphs of a row group at most.
pub(super) const GROUP_GRAPHS: usize = 1 << 16;
/// Edges of a row group at most, unless a single graph has more.
pub(super) const GROUP_EDGES: usize = 1 << 20;
/// Nodes of a row group at most.
pub(super) const GROUP_NODES: usize = 1 << 20;
/// Values of a column of a row group at most; an empty list counts as one.
pub(super) const GROUP_VALUES: usize = LARGEST_GRAPH + GROUP_GRAPHS;

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
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Graph => GRAPH.name,
            Self::Nodes => NODES.name,
            Self::Source => SOURCE.name,
            Self::Target => TARGET.name,
            Self::Community => COMMUNITY.name,
            Self::P => P.name,
        }
    }

    /// What the column holds, for messages.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Graph => "u32 without nulls",
            Self::Nodes => "u16 without nulls",
            Self::Source | Self::Target => "a list of u16 without nulls",
            Self::Community => "a list of u8 without nulls",
            Self::P => "float64 that may be null",
        }
    }

    pub(super) fn as_type(self) -> Result<Type, ParquetError> {
        match self {
            Self::Graph => unsigned(self.name(), 32),
            Self::Nodes => unsigned(self.name(), 16),
            Self::Source | Self::Target => list(self.name(), 16),
            Self::Community => list(self.name(), 8),
            Self::P => Type::primitive_type_builder(self.name(), Physical::DOUBLE)
                .with_repetition(Repetition::OPTIONAL)
                .build(),
        }
    }
}

fn unsigned(name: &str, bits: i8) -> Result<Type, ParquetError> {
    Type::primitive_type_builder(name, Physical::INT32)
        .with_repetition(Repetition::REQUIRED)
        .with_logical_type(Some(LogicalType::integer(bits, false)))
        .build()
}

/// The three levels of Parquet's lists: the list, its repetition, the element. Neither list nor element may be null.
fn list(name: &str, bits: i8) -> Result<Type, ParquetError> {
    let element = Arc::new(unsigned("element", bits)?);
    let repeated = Type::group_type_builder("list").with_repetition(Repetition::REPEATED).with_fields(vec![element]);
    Type::group_type_builder(name)
        .with_repetition(Repetition::REQUIRED)
        .with_logical_type(Some(LogicalType::List))
        .with_fields(vec![Arc::new(repeated.build()?)])
        .build()
}

pub(super) fn schema() -> Result<Type, ParquetError> {
    let fields = FIELDS.iter().map(|field| field.as_type().map(Arc::new)).collect::<Result<_, _>>()?;
    Type::group_type_builder("graphs").with_fields(fields).build()
}

/// Columns take few values, so a dictionary suits them; but a graph's number is one of a kind. (Differences would store
/// it best, but their decoder panics on damaged pages.)
pub(super) fn encodings(properties: WriterPropertiesBuilder) -> WriterPropertiesBuilder {
    let graph = ColumnPath::from(Field::Graph.name());
    properties.set_column_dictionary_enabled(graph.clone(), false).set_column_encoding(graph, Encoding::PLAIN)
}

/// Rows of each row group.
pub(super) fn groups(rows: &[GraphRow], largest_edges: usize) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    let (mut edges, mut nodes) = (0_usize, 0_usize);
    for (index, row) in rows.iter().enumerate() {
        edges += row.source.len();
        nodes += usize::from(row.nodes);
        match groups.last_mut() {
            Some(group) if group.len() < GROUP_GRAPHS && edges <= largest_edges && nodes <= GROUP_NODES => {
                group.end = index + 1;
            }
            _ => {
                groups.push(index..index + 1);
                (edges, nodes) = (row.source.len(), usize::from(row.nodes));
            }
        }
    }
    groups
}
