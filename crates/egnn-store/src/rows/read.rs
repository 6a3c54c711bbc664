//! Rows from Parquet.

use super::{Layout, Lists, Values, layout::VERSION};
use crate::{
    error::{Result, StoreError},
    footer::OpenFile,
    manifest,
    pages::column_reader,
};
use parquet::{
    column::reader::{ColumnReaderImpl, get_typed_column_reader},
    data_type::{ByteArrayType, DataType, DoubleType, Int32Type},
    errors::ParquetError,
    file::{metadata::RowGroupMetaData, reader::FileReader},
};
use std::path::Path;

/// A file whose columns and row groups are as its layout says.
pub(crate) struct Split<'a> {
    pub(crate) file: OpenFile<'a>,
    layout: Layout,
    path: &'a Path,
    /// Its number of rows.
    pub(crate) rows: usize,
}

impl<'a> Split<'a> {
    /// Opens and checks a file; of its rows nothing is read yet.
    pub(crate) fn open(path: &'a Path, layout: Layout) -> Result<Self> {
        let remedy = manifest::remedy_in(path.parent().unwrap_or(path));
        let file = OpenFile::open(path, VERSION, remedy)?;
        check_columns(&file, &layout)?;
        let rows = file.number(layout.rows)?;
        check_groups(&file, &layout, rows)?;
        Ok(Self { file, layout, path, rows })
    }

    /// The first `count` rows, all of them if `None`. `read_group` makes rows of a row group, of which `check` says
    /// what is wrong.
    pub(crate) fn read<R>(
        &self,
        count: Option<usize>,
        read_group: impl Fn(&Group<'_>) -> Result<Vec<R>>,
        check: impl Fn(&R) -> Result<(), String>,
    ) -> Result<Vec<R>> {
        let count = count.unwrap_or(self.rows);
        if count > self.rows {
            let (path, what, available) = (self.path.to_owned(), self.layout.rows, self.rows);
            let asked = format!("{count} are asked for");
            return Err(StoreError::OutOfRange { path, what, asked, available });
        }
        // It grows with what is read: a damaged footer may promise more than there is memory.
        let mut rows = Vec::new();
        for (number, group) in self.file.row_groups().iter().enumerate() {
            let wanted = (count - rows.len()).min(group.num_rows() as usize);
            if wanted == 0 {
                break;
            }
            let first = rows.len();
            let found = read_group(&Group { split: self, number, first, rows: wanted })?;
            for (at, row) in found.iter().enumerate() {
                let damaged = |reason| self.file.damaged(format!("{} {}: {reason}", self.layout.row, first + at));
                check(row).map_err(damaged)?;
            }
            rows.extend(found);
        }
        Ok(rows)
    }
}

fn check_columns(file: &OpenFile<'_>, layout: &Layout) -> Result<()> {
    let columns = file.reader.metadata().file_metadata().schema_descr().root_schema().get_fields();
    let names: Vec<_> = columns.iter().map(|column| column.name()).collect();
    let expected: Vec<_> = layout.columns.iter().map(|column| column.name).collect();
    if names != expected {
        return Err(file.columns(format!("they are {}, but should be {}", names.join(", "), expected.join(", "))));
    }
    for (expected, column) in layout.columns.iter().zip(columns) {
        if **column != expected.as_type().map_err(|error| file.unreadable("its columns", error))? {
            let should = expected.values.describe();
            return Err(file.columns(format!("column '{}' should be {should}", expected.name)));
        }
    }
    Ok(())
}

/// Row groups must hold as many rows as the footer tells, and none may be larger than a writer makes it.
fn check_groups(file: &OpenFile<'_>, layout: &Layout, rows: usize) -> Result<()> {
    if rows == 0 {
        return Err(file.damaged(format!("its footer tells of 0 {}", layout.rows)));
    }
    let groups = file.row_groups();
    let found: i64 = groups.iter().map(RowGroupMetaData::num_rows).fold(0, i64::saturating_add);
    if i64::try_from(rows).ok() != Some(found) {
        return Err(file.damaged(format!("it has {found} rows, its footer tells of {rows} {}", layout.rows)));
    }
    let fits = |group: &RowGroupMetaData| {
        (1..=layout.group_rows as i64).contains(&group.num_rows())
            && group.columns().len() == layout.columns.len()
            && group.columns().iter().all(|chunk| chunk.num_values() <= layout.group_values as i64)
    };
    if groups.iter().all(fits) { Ok(()) } else { Err(file.damaged("a row group has an impossible size")) }
}

/// A row group, of which the first rows are wanted.
pub(crate) struct Group<'a> {
    split: &'a Split<'a>,
    number: usize,
    /// Rows of the file that come before it.
    pub(crate) first: usize,
    /// Rows that are wanted.
    pub(crate) rows: usize,
}

impl Group<'_> {
    pub(crate) fn damaged(&self, reason: impl Into<String>) -> StoreError {
        self.split.file.damaged(reason)
    }

    /// Unsigned numbers.
    pub(crate) fn unsigned<T: TryFrom<u32>>(&self, name: &str) -> Result<Vec<T>> {
        let column = self.column(name, |values| matches!(values, Values::Unsigned(_)))?;
        column.narrow(column.required::<Int32Type>()?)
    }

    /// Lists of unsigned numbers.
    pub(crate) fn unsigned_lists<T: TryFrom<u32>>(&self, name: &str) -> Result<Lists<T>> {
        let column = self.column(name, |values| matches!(values, Values::UnsignedList(_)))?;
        column.lists::<Int32Type, T>(|values| column.narrow(values))
    }

    /// Numbers.
    pub(crate) fn numbers(&self, name: &str) -> Result<Vec<f64>> {
        self.column(name, |values| values == Values::Number)?.required::<DoubleType>()
    }

    /// Numbers that may be null.
    pub(crate) fn numbers_or_nulls(&self, name: &str) -> Result<Vec<Option<f64>>> {
        self.column(name, |values| values == Values::NumberOrNull)?.nullable::<DoubleType>()
    }

    /// Lists of numbers.
    pub(crate) fn number_lists(&self, name: &str) -> Result<Lists<f64>> {
        self.column(name, |values| values == Values::NumberList)?.lists::<DoubleType, f64>(Ok)
    }

    /// Texts.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<String>> {
        let column = self.column(name, |values| values == Values::Text)?;
        let text = |bytes: parquet::data_type::ByteArray| match bytes.as_utf8() {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err(column.damaged("holds bytes that are no text")),
        };
        column.required::<ByteArrayType>()?.into_iter().map(text).collect()
    }

    /// The column of that name, if it holds what is to be read.
    fn column(&self, name: &str, is_right: impl Fn(Values) -> bool) -> Result<Column<'_>> {
        let columns = self.split.layout.columns.iter();
        match columns.enumerate().find(|(_, column)| column.name == name && is_right(column.values)) {
            Some((index, column)) => Ok(Column { group: self, index, name: column.name }),
            None => Err(self.split.file.columns(format!("there is no column '{name}' of the right type"))),
        }
    }
}

/// A column of a row group.
struct Column<'a> {
    group: &'a Group<'a>,
    index: usize,
    name: &'static str,
}

impl Column<'_> {
    fn damaged(&self, reason: impl std::fmt::Display) -> StoreError {
        self.group.damaged(format!("column '{}' {reason}", self.name))
    }

    fn unreadable(&self, error: ParquetError) -> StoreError {
        self.group.split.file.unreadable(&format!("column '{}'", self.name), error)
    }

    fn reader<T: DataType>(&self) -> Result<ColumnReaderImpl<T>> {
        let reader = &self.group.split.file.reader;
        let group = reader.get_row_group(self.group.number).map_err(|error| self.unreadable(error))?;
        let reader = column_reader(group.as_ref(), self.index).map_err(|error| self.unreadable(error))?;
        Ok(get_typed_column_reader(reader))
    }

    /// Values of a column without nulls.
    fn required<T: DataType>(&self) -> Result<Vec<T::T>> {
        let mut values = Vec::new();
        self.reader::<T>()?
            .read_records(self.group.rows, None, None, &mut values)
            .map_err(|error| self.unreadable(error))?;
        self.complete(values.len())?;
        Ok(values)
    }

    /// Values of a column that may hold nulls.
    fn nullable<T: DataType>(&self) -> Result<Vec<Option<T::T>>> {
        let (mut levels, mut present) = (Vec::new(), Vec::new());
        self.reader::<T>()?
            .read_records(self.group.rows, Some(&mut levels), None, &mut present)
            .map_err(|error| self.unreadable(error))?;
        self.complete(levels.len())?;
        let mut present = present.into_iter();
        let values = levels.into_iter().map(|level| match level {
            0 => Ok(None),
            1 => present.next().map(Some).ok_or_else(|| self.damaged("has fewer values than it says")),
            _ => Err(self.damaged(format!("has the definition level {level}"))),
        });
        values.collect()
    }

    fn lists<T: DataType, V>(&self, convert: impl FnOnce(Vec<T::T>) -> Result<Vec<V>>) -> Result<Lists<V>> {
        let (mut defined, mut repeated, mut values) = (Vec::new(), Vec::new(), Vec::new());
        self.reader::<T>()?
            .read_records(self.group.rows, Some(&mut defined), Some(&mut repeated), &mut values)
            .map_err(|error| self.unreadable(error))?;
        let lists = Lists::of_levels(convert(values)?, &repeated, &defined).map_err(|reason| self.damaged(reason))?;
        self.complete(lists.len())?;
        Ok(lists)
    }

    fn narrow<T: TryFrom<u32>>(&self, values: Vec<i32>) -> Result<Vec<T>> {
        // The bits of an unsigned value stand in a signed one.
        let narrow = |value: i32| {
            T::try_from(value.cast_unsigned())
                .map_err(|_| self.damaged(format!("holds {value}, which is no number of its type")))
        };
        values.into_iter().map(narrow).collect()
    }

    fn complete(&self, found: usize) -> Result<()> {
        let rows = self.group.rows;
        if found == rows { Ok(()) } else { Err(self.damaged(format!("ends after {found} of {rows} rows"))) }
    }
}
