//! Which rows stand where: the arithmetic that writer and reader share.

use egnn_schema::columns::nbody::{BODY, CHARGE, FRAME, POSITION, TRAJECTORY, VELOCITY};
use parquet::{
    basic::{Encoding, LogicalType, Repetition, Type as Physical},
    errors::ParquetError,
    file::properties::WriterPropertiesBuilder,
    schema::types::{ColumnPath, Type},
};
use std::{ops::Range, sync::Arc};

/// Rows of a row group at most, unless a single trajectory has more.
pub(super) const ROW_GROUP: usize = 1 << 20;

/// Columns of the file, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Trajectory,
    Frame,
    Body,
    Charge,
    Position(usize),
    Velocity(usize),
}

pub(super) const FIELDS: [Field; 10] = [
    Field::Trajectory,
    Field::Frame,
    Field::Body,
    Field::Charge,
    Field::Position(0),
    Field::Position(1),
    Field::Position(2),
    Field::Velocity(0),
    Field::Velocity(1),
    Field::Velocity(2),
];

impl Field {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Trajectory => TRAJECTORY.name,
            Self::Frame => FRAME.name,
            Self::Body => BODY.name,
            Self::Charge => CHARGE.name,
            Self::Position(axis) => POSITION[axis].name,
            Self::Velocity(axis) => VELOCITY[axis].name,
        }
    }

    /// Width of an index column in bits; `None` for float32.
    pub(super) fn unsigned_bits(self) -> Option<i8> {
        match self {
            Self::Trajectory => Some(32),
            Self::Frame | Self::Body => Some(16),
            Self::Charge | Self::Position(_) | Self::Velocity(_) => None,
        }
    }

    fn as_type(self) -> Result<Type, ParquetError> {
        let (physical, logical) = match self.unsigned_bits() {
            Some(bits) => (Physical::INT32, Some(LogicalType::integer(bits, false))),
            None => (Physical::FLOAT, None),
        };
        let builder = Type::primitive_type_builder(self.name(), physical);
        builder.with_repetition(Repetition::REQUIRED).with_logical_type(logical).build()
    }
}

pub(super) fn schema() -> Result<Type, ParquetError> {
    let fields = FIELDS.iter().map(|field| field.as_type().map(Arc::new)).collect::<Result<_, _>>()?;
    Type::group_type_builder("nbody").with_fields(fields).build()
}

/// How each column is stored. Charges take two values: a dictionary. Indices repeat their differences. The bytes of
/// floats compress apart: exponents well, mantissas not at all.
pub(super) fn encodings(properties: WriterPropertiesBuilder) -> WriterPropertiesBuilder {
    FIELDS.into_iter().fold(properties, |properties, field| {
        let path = ColumnPath::from(field.name());
        let properties = properties.set_column_dictionary_enabled(path.clone(), field == Field::Charge);
        match field {
            Field::Trajectory | Field::Frame | Field::Body => {
                properties.set_column_encoding(path, Encoding::DELTA_BINARY_PACKED)
            }
            Field::Charge => properties,
            Field::Position(_) | Field::Velocity(_) => {
                properties.set_column_encoding(path, Encoding::BYTE_STREAM_SPLIT)
            }
        }
    })
}

/// Sizes of a split and how it is cut into row groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) trajectories: usize,
    pub(super) frames: usize,
    pub(super) bodies: usize,
    /// Trajectories of every row group of a frame but its last.
    pub(super) group_trajectories: usize,
}

impl Layout {
    pub(super) fn new(trajectories: usize, frames: usize, bodies: usize, row_group: usize) -> Self {
        let group_trajectories = (row_group / bodies.max(1)).clamp(1, trajectories.max(1));
        Self { trajectories, frames, bodies, group_trajectories }
    }

    pub(super) fn rows(&self) -> usize {
        self.frames * self.trajectories * self.bodies
    }

    pub(super) fn groups_per_frame(&self) -> usize {
        self.trajectories.div_ceil(self.group_trajectories)
    }

    /// Row groups of a frame: their number in the file and the trajectories that they hold.
    pub(super) fn groups(&self, frame: usize) -> impl Iterator<Item = (usize, Range<usize>)> {
        let layout = *self;
        (0..layout.groups_per_frame()).map(move |part| {
            let start = part * layout.group_trajectories;
            let end = layout.trajectories.min(start + layout.group_trajectories);
            (frame * layout.groups_per_frame() + part, start..end)
        })
    }
}
