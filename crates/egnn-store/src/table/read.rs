//! Tables from Parquet.

use super::{ColumnData, Table, VERSION};
use crate::{error::Result, footer::OpenFile, pages::column_reader};
use parquet::{
    basic::{LogicalType, Repetition, Type as Physical},
    column::reader::{ColumnReader, ColumnReaderImpl, get_typed_column_reader},
    data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FloatType, Int32Type, Int64Type},
    errors::ParquetError,
    file::reader::FileReader,
    schema::types::{ColumnDescriptor, Type},
};
use std::{collections::BTreeMap, path::Path};

const REMEDY: &str = "delete it and run the command that wrote it again";

/// Reads a table that [`write()`](super::write()) wrote.
///
/// # Errors
/// If the file is missing, damaged, of another program or version, or holds other types of columns.
pub fn read(path: &Path) -> Result<Table> {
    let file = OpenFile::open(path, VERSION, REMEDY.into())?;
    let schema = file.reader.metadata().file_metadata().schema_descr();
    let mut columns = Vec::new();
    for descriptor in schema.columns() {
        let empty = empty_column(descriptor).map_err(|found| {
            file.columns(format!("column '{}' has the type {found}, which no table has", descriptor.name()))
        })?;
        columns.push((descriptor.name().to_owned(), empty));
    }
    for number in 0..file.reader.num_row_groups() {
        let rows = usize::try_from(file.row_groups()[number].num_rows())
            .map_err(|_| file.damaged("a row group has a negative number of rows"))?;
        let unreadable = |error| file.unreadable("its rows", error);
        let group = file.reader.get_row_group(number).map_err(unreadable)?;
        for (index, (name, data)) in columns.iter_mut().enumerate() {
            let reader = column_reader(group.as_ref(), index).map_err(unreadable)?;
            let before = data.len();
            append(data, reader, rows).map_err(|error| file.unreadable(&format!("column '{name}'"), error))?;
            let found = data.len() - before;
            if found != rows {
                return Err(file.damaged(format!("column '{name}' has {found} rows in a group of {rows}")));
            }
        }
    }
    Ok(Table { columns, metadata: file.metadata })
}

/// What the footer of a table says besides program and version; no row is read.
///
/// # Errors
/// If the file is missing, damaged, or of another program or version.
pub fn metadata(path: &Path) -> Result<BTreeMap<String, String>> {
    Ok(OpenFile::open(path, VERSION, REMEDY.into())?.metadata)
}

/// An empty column of the type that a column of the file has.
fn empty_column(descriptor: &ColumnDescriptor) -> Result<ColumnData, String> {
    let Type::PrimitiveType { basic_info, physical_type, .. } = descriptor.self_type() else {
        return Err("of a group".into());
    };
    let flat = descriptor.max_rep_level() == 0 && descriptor.path().parts().len() == 1;
    let nullable = flat && basic_info.repetition() == Repetition::OPTIONAL;
    let required = flat && basic_info.repetition() == Repetition::REQUIRED;
    let logical = basic_info.logical_type_ref();
    let is_unsigned = |bits| logical == Some(&LogicalType::integer(bits, false));
    match physical_type {
        Physical::BOOLEAN if nullable && logical.is_none() => Ok(ColumnData::Bool(Vec::new())),
        Physical::INT64 if nullable && logical.is_none() => Ok(ColumnData::I64(Vec::new())),
        Physical::DOUBLE if nullable && logical.is_none() => Ok(ColumnData::F64(Vec::new())),
        Physical::FLOAT if nullable && logical.is_none() => Ok(ColumnData::F32(Vec::new())),
        Physical::BYTE_ARRAY if nullable && logical == Some(&LogicalType::String) => Ok(ColumnData::Text(Vec::new())),
        Physical::INT32 if required && is_unsigned(8) => Ok(ColumnData::U8(Vec::new())),
        Physical::INT32 if required && is_unsigned(16) => Ok(ColumnData::U16(Vec::new())),
        Physical::INT32 if required && is_unsigned(32) => Ok(ColumnData::U32(Vec::new())),
        other => Err(match logical {
            Some(logical) => format!("{:?} {other} as {logical:?}", basic_info.repetition()),
            None => format!("{:?} {other}", basic_info.repetition()),
        }),
    }
}

fn append(data: &mut ColumnData, reader: ColumnReader, rows: usize) -> Result<(), ParquetError> {
    match data {
        ColumnData::Bool(values) => nullable::<BoolType, _>(values, reader, rows, Ok),
        ColumnData::I64(values) => nullable::<Int64Type, _>(values, reader, rows, Ok),
        ColumnData::F64(values) => nullable::<DoubleType, _>(values, reader, rows, Ok),
        ColumnData::F32(values) => nullable::<FloatType, _>(values, reader, rows, Ok),
        ColumnData::Text(values) => {
            nullable::<ByteArrayType, _>(values, reader, rows, |bytes: ByteArray| bytes.as_utf8().map(str::to_owned))
        }
        ColumnData::U8(values) => unsigned(values, reader, rows),
        ColumnData::U16(values) => unsigned(values, reader, rows),
        ColumnData::U32(values) => {
            // The bits of an unsigned value stand in a signed one.
            let bits = required(get_typed_column_reader::<Int32Type>(reader), rows)?;
            values.extend(bits.into_iter().map(i32::cast_unsigned));
            Ok(())
        }
    }
}

fn nullable<T: DataType, V>(
    values: &mut Vec<Option<V>>,
    reader: ColumnReader,
    rows: usize,
    convert: impl Fn(T::T) -> Result<V, ParquetError>,
) -> Result<(), ParquetError> {
    let (mut present, mut levels) = (Vec::new(), Vec::new());
    let mut reader = get_typed_column_reader::<T>(reader);
    reader.read_records(rows, Some(&mut levels), None, &mut present)?;
    let mut present = present.into_iter();
    for level in levels {
        let value = if level == 0 { None } else { present.next().map(&convert).transpose()? };
        values.push(value);
    }
    Ok(())
}

fn unsigned<V: TryFrom<i32>>(values: &mut Vec<V>, reader: ColumnReader, rows: usize) -> Result<(), ParquetError> {
    for value in required(get_typed_column_reader::<Int32Type>(reader), rows)? {
        let fits = V::try_from(value).map_err(|_| ParquetError::General(format!("{value} is out of range")))?;
        values.push(fits);
    }
    Ok(())
}

/// Up to `rows` values of a column without nulls.
fn required<T: DataType>(mut reader: ColumnReaderImpl<T>, rows: usize) -> Result<Vec<T::T>, ParquetError> {
    let mut values = Vec::new();
    reader.read_records(rows, None, None, &mut values)?;
    Ok(values)
}
