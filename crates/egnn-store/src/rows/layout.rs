//! Columns of a file and how its rows are cut into row groups: what writer and reader share.

use crate::footer::Version;
use egnn_schema::version::DATASET_VERSION;
use parquet::{
    basic::{Encoding, LogicalType, Repetition, Type as Physical},
    errors::ParquetError,
    file::properties::WriterPropertiesBuilder,
    schema::types::{ColumnPath, Type},
};
use std::{ops::Range, sync::Arc};

pub(super) const VERSION: Version = Version { key: "dataset_version", number: DATASET_VERSION };

/// What a kind of file looks like.
pub(crate) struct Layout {
    /// A row, in messages: `graph`.
    pub(crate) row: &'static str,
    /// Rows, in messages and as the footer's key for their number: `graphs`.
    pub(crate) rows: &'static str,
    /// Columns of the file, in its order.
    pub(crate) columns: Vec<Column>,
    /// Rows of a row group at most.
    pub(crate) group_rows: usize,
    /// Values of a column of a row group at most; an empty list counts as one.
    pub(crate) group_values: usize,
}

impl Layout {
    pub(super) fn schema(&self) -> Result<Type, ParquetError> {
        let fields = self.columns.iter().map(|column| column.as_type().map(Arc::new)).collect::<Result<_, _>>()?;
        Type::group_type_builder(self.rows).with_fields(fields).build()
    }

    /// A dictionary suits columns of few values; where values are each row's own they are stored as they are.
    /// (Differences would store an index best, but their decoder panics on damaged pages.)
    pub(super) fn encodings(&self, properties: WriterPropertiesBuilder) -> WriterPropertiesBuilder {
        self.columns.iter().filter(|column| !column.repeats).fold(properties, |properties, column| {
            let path = ColumnPath::new(column.path().into_iter().map(str::to_owned).collect());
            properties.set_column_dictionary_enabled(path.clone(), false).set_column_encoding(path, Encoding::PLAIN)
        })
    }
}

/// A column of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) values: Values,
    /// Whether rows share values.
    pub(crate) repeats: bool,
}

impl Column {
    /// A column in which values come again and again.
    pub(crate) fn repeating(name: &'static str, values: Values) -> Self {
        Self { name, values, repeats: true }
    }

    /// A column in which a value hardly comes twice.
    pub(crate) fn distinct(name: &'static str, values: Values) -> Self {
        Self { name, values, repeats: false }
    }

    pub(super) fn as_type(&self) -> Result<Type, ParquetError> {
        match self.values {
            Values::Unsigned(bits) => unsigned(self.name, bits),
            Values::UnsignedList(bits) => list(self.name, unsigned(ELEMENT, bits)?),
            Values::Number => number(self.name, Repetition::REQUIRED),
            Values::NumberOrNull => number(self.name, Repetition::OPTIONAL),
            Values::NumberList => list(self.name, number(ELEMENT, Repetition::REQUIRED)?),
            Values::Text => Type::primitive_type_builder(self.name, Physical::BYTE_ARRAY)
                .with_repetition(Repetition::REQUIRED)
                .with_logical_type(Some(LogicalType::String))
                .build(),
        }
    }

    /// Where its values stand in the schema.
    fn path(&self) -> Vec<&'static str> {
        match self.values {
            Values::UnsignedList(_) | Values::NumberList => vec![self.name, LIST, ELEMENT],
            _ => vec![self.name],
        }
    }
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Values {
    /// An unsigned number of so many bits.
    Unsigned(i8),
    /// A list of unsigned numbers of so many bits.
    UnsignedList(i8),
    /// A float64.
    Number,
    /// A float64 or null.
    NumberOrNull,
    /// A list of float64.
    NumberList,
    /// Text.
    Text,
}

impl Values {
    /// For messages.
    pub(super) fn describe(self) -> String {
        match self {
            Self::Unsigned(bits) => format!("u{bits} without nulls"),
            Self::UnsignedList(bits) => format!("a list of u{bits} without nulls"),
            Self::Number => "float64 without nulls".into(),
            Self::NumberOrNull => "float64 that may be null".into(),
            Self::NumberList => "a list of float64 without nulls".into(),
            Self::Text => "text without nulls".into(),
        }
    }
}

const LIST: &str = "list";
const ELEMENT: &str = "element";

fn unsigned(name: &str, bits: i8) -> Result<Type, ParquetError> {
    Type::primitive_type_builder(name, Physical::INT32)
        .with_repetition(Repetition::REQUIRED)
        .with_logical_type(Some(LogicalType::integer(bits, false)))
        .build()
}

fn number(name: &str, repetition: Repetition) -> Result<Type, ParquetError> {
    Type::primitive_type_builder(name, Physical::DOUBLE).with_repetition(repetition).build()
}

/// The three levels of Parquet's lists: the list, its repetition, the element. Neither list nor element may be null.
fn list(name: &str, element: Type) -> Result<Type, ParquetError> {
    let repeated = Type::group_type_builder(LIST).with_repetition(Repetition::REPEATED);
    let repeated = repeated.with_fields(vec![Arc::new(element)]).build()?;
    Type::group_type_builder(name)
        .with_repetition(Repetition::REQUIRED)
        .with_logical_type(Some(LogicalType::List))
        .with_fields(vec![Arc::new(repeated)])
        .build()
}

/// Rows of each row group: at most `largest`, and as many as their weights leave within the limits. A row that is
/// heavier has a group of its own.
pub(crate) fn cut<R, const N: usize>(
    rows: &[R],
    largest: usize,
    limits: [usize; N],
    weights: impl Fn(&R) -> [usize; N],
) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    let mut sums = [0; N];
    for (index, row) in rows.iter().enumerate() {
        let own = weights(row);
        let with_own: [usize; N] = std::array::from_fn(|at| sums[at] + own[at]);
        let fits = with_own.iter().zip(limits).all(|(&sum, limit)| sum <= limit);
        match groups.last_mut() {
            Some(group) if group.len() < largest && fits => {
                group.end = index + 1;
                sums = with_own;
            }
            _ => {
                groups.push(index..index + 1);
                sums = own;
            }
        }
    }
    groups
}
