//! Tables to Parquet.

use super::{ColumnData, Table, VERSION};
use crate::{
    atomic,
    error::{Result, StoreError},
    footer,
};
use parquet::{
    basic::{LogicalType, Repetition, Type as Physical},
    data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FloatType, Int32Type, Int64Type},
    errors::ParquetError,
    file::writer::{SerializedColumnWriter, SerializedFileWriter},
    schema::types::{Type, TypePtr},
};
use std::{borrow::Borrow, collections::BTreeSet, io, iter, mem, ops::Range, path::Path, sync::Arc};

/// Rows of a row group at most.
const ROW_GROUP: usize = 1 << 20;

/// Writes a table, whole or not at all, and returns the file's size in bytes.
///
/// # Errors
/// If columns differ in length or share a name, or the file cannot be written.
pub fn write(path: &Path, table: &Table) -> Result<u64> {
    write_parts(path, table, iter::once(Ok::<_, StoreError>(table)))
}

/// Writes a table of many rows that comes in parts, each of which becomes a row group of its own, so that no two of them need be in
/// memory. `shape` has the same columns as each part (its rows do not count) and the file's metadata.
///
/// # Errors
/// Those of [`write()`], and the first of a part: then the old file is untouched.
pub fn write_parts<T: Borrow<Table>, E: From<StoreError>>(
    path: &Path,
    shape: &Table,
    parts: impl Iterator<Item = Result<T, E>>,
) -> Result<u64, E> {
    let wrong = |reason| StoreError::unwritable(path, reason);
    check(shape).map_err(wrong)?;
    let fields = shape.columns.iter().map(|(name, data)| field(name, data)).collect::<Result<Vec<_>, _>>();
    let schema = fields
        .and_then(|fields| Type::group_type_builder("table").with_fields(fields).build())
        .map_err(|error| wrong(error.to_string()))?;
    let properties = Arc::new(footer::properties(VERSION, &shape.metadata).build());
    let mut failed = None;
    let written = atomic::write_hashed(path, |out| {
        let mut file = SerializedFileWriter::new(out, Arc::new(schema), properties).map_err(footer::writing)?;
        for part in parts {
            let encoded = part.and_then(|part| {
                let part = part.borrow();
                check(part).and_then(|()| check_alike(part, shape)).map_err(wrong)?;
                Ok(encode(&mut file, part))
            });
            match encoded {
                Ok(encoded) => encoded.map_err(footer::writing)?,
                Err(error) => {
                    failed = Some(error);
                    return Err(io::ErrorKind::InvalidData.into());
                }
            }
        }
        file.finish().map(drop).map_err(footer::writing)
    });
    match failed {
        Some(error) => Err(error),
        None => Ok(written?.bytes),
    }
}

/// Refuses a part with other columns.
fn check_alike(part: &Table, shape: &Table) -> Result<(), String> {
    let is_alike = |((a, one), (b, other)): (&(String, ColumnData), &(String, ColumnData))| {
        a == b && mem::discriminant(one) == mem::discriminant(other)
    };
    if part.columns.len() == shape.columns.len() && part.columns.iter().zip(&shape.columns).all(is_alike) {
        Ok(())
    } else {
        Err("a part has other columns than the table".into())
    }
}

fn check(table: &Table) -> Result<(), String> {
    let mut names = BTreeSet::new();
    for (name, data) in &table.columns {
        if !names.insert(name) {
            return Err(format!("two columns are named '{name}'"));
        }
        if data.len() != table.rows() {
            return Err(format!("column '{name}' has {} rows, the first column {}", data.len(), table.rows()));
        }
    }
    if table.columns.is_empty() { Err("it has no columns".into()) } else { Ok(()) }
}

/// The column's type in the file.
fn field(name: &str, data: &ColumnData) -> Result<TypePtr, ParquetError> {
    let unsigned = |bits| (Physical::INT32, Repetition::REQUIRED, Some(LogicalType::integer(bits, false)));
    let nullable = |physical| (physical, Repetition::OPTIONAL, None);
    let (physical, repetition, logical) = match data {
        ColumnData::Bool(_) => nullable(Physical::BOOLEAN),
        ColumnData::I64(_) => nullable(Physical::INT64),
        ColumnData::F64(_) => nullable(Physical::DOUBLE),
        ColumnData::F32(_) => nullable(Physical::FLOAT),
        ColumnData::U8(_) => unsigned(8),
        ColumnData::U16(_) => unsigned(16),
        ColumnData::U32(_) => unsigned(32),
        ColumnData::Text(_) => (Physical::BYTE_ARRAY, Repetition::OPTIONAL, Some(LogicalType::String)),
    };
    let builder = Type::primitive_type_builder(name, physical);
    builder.with_repetition(repetition).with_logical_type(logical).build().map(Arc::new)
}

fn encode<W: io::Write + Send>(file: &mut SerializedFileWriter<W>, table: &Table) -> Result<(), ParquetError> {
    for start in (0..table.rows()).step_by(ROW_GROUP) {
        let rows = start..table.rows().min(start + ROW_GROUP);
        let mut group = file.next_row_group()?;
        for (_, data) in &table.columns {
            let Some(mut column) = group.next_column()? else { break };
            encode_column(&mut column, data, rows.clone())?;
            column.close()?;
        }
        group.close()?;
    }
    Ok(())
}

fn encode_column(
    column: &mut SerializedColumnWriter<'_>,
    data: &ColumnData,
    rows: Range<usize>,
) -> Result<(), ParquetError> {
    match data {
        ColumnData::Bool(values) => nullable::<BoolType, _>(column, &values[rows], |value| *value),
        ColumnData::I64(values) => nullable::<Int64Type, _>(column, &values[rows], |value| *value),
        ColumnData::F64(values) => nullable::<DoubleType, _>(column, &values[rows], |value| *value),
        ColumnData::F32(values) => nullable::<FloatType, _>(column, &values[rows], |value| *value),
        ColumnData::Text(values) => {
            nullable::<ByteArrayType, _>(column, &values[rows], |value| ByteArray::from(value.as_str()))
        }
        ColumnData::U8(values) => required(column, values[rows].iter().map(|&value| i32::from(value))),
        ColumnData::U16(values) => required(column, values[rows].iter().map(|&value| i32::from(value))),
        ColumnData::U32(values) => required(column, values[rows].iter().map(|value| value.cast_signed())),
    }
}

fn nullable<T: DataType, V>(
    column: &mut SerializedColumnWriter<'_>,
    values: &[Option<V>],
    convert: impl Fn(&V) -> T::T,
) -> Result<(), ParquetError> {
    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let present: Vec<T::T> = values.iter().flatten().map(convert).collect();
    column.typed::<T>().write_batch(&present, Some(&levels), None).map(drop)
}

fn required(column: &mut SerializedColumnWriter<'_>, values: impl Iterator<Item = i32>) -> Result<(), ParquetError> {
    column.typed::<Int32Type>().write_batch(&values.collect::<Vec<_>>(), None, None).map(drop)
}
