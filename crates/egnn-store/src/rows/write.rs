//! Rows to Parquet.

use super::{Layout, layout::VERSION};
use crate::{
    SplitFooter, atomic,
    error::{Result, StoreError},
    footer,
};
use egnn_schema::SplitEntry;
use parquet::{
    data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int32Type},
    errors::ParquetError,
    file::writer::{SerializedColumnWriter, SerializedFileWriter},
};
use std::{iter, ops::Range, path::Path, sync::Arc};

/// Writes a file, whole or not at all, and returns its entry for the manifest. `check` says what is wrong with a row;
/// `encode` writes a column (by its place in the layout) of the rows of a row group.
pub(crate) fn write<R>(
    path: &Path,
    layout: &Layout,
    rows: &[R],
    footer: &SplitFooter,
    groups: impl FnOnce() -> Vec<Range<usize>>,
    check: impl Fn(&R) -> Result<(), String>,
    encode: impl Fn(ColumnWriter<'_, '_>, usize, Range<usize>) -> Result<(), ParquetError>,
) -> Result<SplitEntry> {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| StoreError::unwritable(path, "its name is not plain text"))?;
    check_rows(layout, rows, check).map_err(|reason| StoreError::unwritable(path, reason))?;
    let metadata = footer.entries([(layout.rows, rows.len())]);
    let properties = layout.encodings(footer::properties(VERSION, &metadata)).build();
    let written = atomic::write_hashed(path, |out| {
        let schema = layout.schema().map_err(footer::writing)?;
        let mut file =
            SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties)).map_err(footer::writing)?;
        let encode_all = || {
            for part in groups() {
                let mut group = file.next_row_group()?;
                for column in 0..layout.columns.len() {
                    let Some(mut writer) = group.next_column()? else { break };
                    encode(ColumnWriter(&mut writer), column, part.clone())?;
                    writer.close()?;
                }
                group.close()?;
            }
            file.finish().map(drop)
        };
        encode_all().map_err(footer::writing)
    })?;
    Ok(SplitEntry {
        file: name.to_owned(),
        samples: rows.len() as u64,
        rows: rows.len() as u64,
        bytes: written.bytes,
        checksum: written.checksum,
    })
}

fn check_rows<R>(layout: &Layout, rows: &[R], check: impl Fn(&R) -> Result<(), String>) -> Result<(), String> {
    if rows.is_empty() || u32::try_from(rows.len()).is_err() {
        return Err(format!("it would have {} {}, not 1 to {}", rows.len(), layout.rows, u32::MAX));
    }
    let named = |(index, row)| check(row).map_err(|reason| format!("{} {index}: {reason}", layout.row));
    rows.iter().enumerate().try_for_each(named)
}

/// Takes the values of a column of a row group.
pub(crate) struct ColumnWriter<'a, 'b>(&'a mut SerializedColumnWriter<'b>);

impl ColumnWriter<'_, '_> {
    pub(crate) fn unsigned(self, values: impl Iterator<Item = u32>) -> Result<(), ParquetError> {
        self.write::<Int32Type>(&values.map(u32::cast_signed).collect::<Vec<_>>(), None, None)
    }

    pub(crate) fn numbers(self, values: impl Iterator<Item = f64>) -> Result<(), ParquetError> {
        self.write::<DoubleType>(&values.collect::<Vec<_>>(), None, None)
    }

    pub(crate) fn numbers_or_nulls(self, values: impl Iterator<Item = Option<f64>>) -> Result<(), ParquetError> {
        let values: Vec<_> = values.collect();
        let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
        self.write::<DoubleType>(&values.into_iter().flatten().collect::<Vec<_>>(), Some(&levels), None)
    }

    pub(crate) fn texts<'t>(self, values: impl Iterator<Item = &'t str>) -> Result<(), ParquetError> {
        self.write::<ByteArrayType>(&values.map(ByteArray::from).collect::<Vec<_>>(), None, None)
    }

    pub(crate) fn unsigned_lists<L>(self, lists: impl Iterator<Item = L>) -> Result<(), ParquetError>
    where
        L: ExactSizeIterator<Item: Into<u32>>,
    {
        self.lists::<Int32Type, _>(lists.map(|list| list.map(|value| value.into().cast_signed())))
    }

    pub(crate) fn number_lists<L>(self, lists: impl Iterator<Item = L>) -> Result<(), ParquetError>
    where
        L: ExactSizeIterator<Item = f64>,
    {
        self.lists::<DoubleType, _>(lists)
    }

    /// An element's definition level is 1, an empty list is a single level 0; repetition is 1 within a list.
    fn lists<T: DataType, L>(self, lists: impl Iterator<Item = L>) -> Result<(), ParquetError>
    where
        L: ExactSizeIterator<Item = T::T>,
    {
        let (mut values, mut defined, mut repeated) = (Vec::new(), Vec::<i16>::new(), Vec::<i16>::new());
        for list in lists {
            let length = list.len();
            values.extend(list);
            defined.extend(iter::repeat_n(i16::from(length > 0), length.max(1)));
            repeated.push(0);
            repeated.extend(iter::repeat_n(1, length.saturating_sub(1)));
        }
        self.write::<T>(&values, Some(&defined), Some(&repeated))
    }

    fn write<T: DataType>(
        self,
        values: &[T::T],
        defined: Option<&[i16]>,
        repeated: Option<&[i16]>,
    ) -> Result<(), ParquetError> {
        self.0.typed::<T>().write_batch(values, defined, repeated).map(drop)
    }
}
