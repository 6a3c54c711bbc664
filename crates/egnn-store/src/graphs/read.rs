//! Graphs from Parquet.

use super::{
    GraphInfo, GraphRow, VERSION, check,
    layout::{FIELDS, Field, GROUP_GRAPHS, GROUP_VALUES},
};
use crate::{
    SplitFooter,
    error::{Result, StoreError},
    footer::OpenFile,
    manifest,
    pages::column_reader,
};
use parquet::{
    column::reader::{ColumnReaderImpl, get_typed_column_reader},
    data_type::{DataType, DoubleType, Int32Type},
    file::{metadata::RowGroupMetaData, reader::FileReader},
};
use std::{iter, path::Path};

/// Reads the first `graphs` graphs of a split, all of them if `None`.
///
/// # Errors
/// If the file is missing, damaged, of another program or version, has other columns, holds a row that is not a graph
/// in the form that [`check()`] asks for, or holds less than is asked for.
pub fn read_split(path: &Path, graphs: Option<usize>) -> Result<Vec<GraphRow>> {
    let (file, available) = open(path)?;
    let count = graphs.unwrap_or(available);
    if count > available {
        let asked = format!("{count} are asked for");
        return Err(StoreError::OutOfRange { path: path.to_owned(), what: "graphs", asked, available });
    }
    // It grows with what is read: a damaged footer may promise more than there is memory.
    let mut rows = Vec::new();
    for number in 0..file.row_groups().len() {
        let wanted = count - rows.len();
        if wanted == 0 {
            break;
        }
        let first = rows.len();
        rows.extend(read_group(&file, number, first, wanted)?);
    }
    Ok(rows)
}

/// What a split holds, from its footer alone.
///
/// # Errors
/// If the file is missing, its footer damaged, of another program or version, or its columns are not a split's.
pub fn info(path: &Path) -> Result<GraphInfo> {
    let (file, graphs) = open(path)?;
    Ok(GraphInfo { graphs, footer: SplitFooter::read(&file)? })
}

/// The file and its number of graphs, if its columns and row groups are a split's.
fn open(path: &Path) -> Result<(OpenFile<'_>, usize)> {
    let remedy = manifest::remedy_in(path.parent().unwrap_or(path));
    let file = OpenFile::open(path, VERSION, remedy)?;
    check_columns(&file)?;
    let graphs = file.number("graphs")?;
    check_groups(&file, graphs)?;
    Ok((file, graphs))
}

fn check_columns(file: &OpenFile<'_>) -> Result<()> {
    let columns = file.reader.metadata().file_metadata().schema_descr().root_schema().get_fields();
    let names: Vec<_> = columns.iter().map(|column| column.name()).collect();
    let expected = FIELDS.map(Field::name);
    if names != expected {
        return Err(file.columns(format!("they are {}, but should be {}", names.join(", "), expected.join(", "))));
    }
    for (field, column) in FIELDS.into_iter().zip(columns) {
        let expected = field.as_type().map_err(|error| file.unreadable("its columns", error))?;
        if **column != expected {
            return Err(file.columns(format!("column '{}' should be {}", field.name(), field.kind())));
        }
    }
    Ok(())
}

/// Row groups must hold as many rows as the footer tells, and none may be larger than a writer makes it.
fn check_groups(file: &OpenFile<'_>, graphs: usize) -> Result<()> {
    if graphs == 0 {
        return Err(file.damaged("its footer tells of 0 graphs"));
    }
    let groups = file.row_groups();
    let found: i64 = groups.iter().map(RowGroupMetaData::num_rows).fold(0, i64::saturating_add);
    if i64::try_from(graphs).ok() != Some(found) {
        return Err(file.damaged(format!("it has {found} rows, its footer tells of {graphs} graphs")));
    }
    let fits = |group: &RowGroupMetaData| {
        (1..=GROUP_GRAPHS as i64).contains(&group.num_rows())
            && group.columns().len() == FIELDS.len()
            && group.columns().iter().all(|chunk| chunk.num_values() <= GROUP_VALUES as i64)
    };
    if groups.iter().all(fits) { Ok(()) } else { Err(file.damaged("a row group has an impossible size")) }
}

/// The first `wanted` graphs of a row group, all of them if it has fewer. `first` graphs come before it.
fn read_group(file: &OpenFile<'_>, group: usize, first: usize, wanted: usize) -> Result<Vec<GraphRow>> {
    let rows = wanted.min(file.row_groups()[group].num_rows() as usize);
    let column = |field| Column { file, group, field, rows };
    let graph = column(Field::Graph).indices()?;
    for (row, number) in (first..).zip(graph.into_iter().map(i32::cast_unsigned)) {
        if number as usize != row {
            return Err(file.damaged(format!("row {row} says that it is graph {number}")));
        }
    }
    let nodes: Vec<u16> = column(Field::Nodes).narrow(column(Field::Nodes).indices()?)?;
    let source: Vec<Vec<u16>> = column(Field::Source).lists()?;
    let target: Vec<Vec<u16>> = column(Field::Target).lists()?;
    let community: Vec<Vec<u8>> = column(Field::Community).lists()?;
    let p = column(Field::P).numbers()?;
    let lists = source.into_iter().zip(target).zip(community);
    let rows = iter::zip(nodes, lists).zip(p).enumerate().map(|(at, ((nodes, ((source, target), community)), p))| {
        let row = GraphRow { nodes, source, target, community, p };
        check(&row).map_err(|reason| file.damaged(format!("graph {}: {reason}", first + at)))?;
        Ok(row)
    });
    rows.collect()
}

/// A column of a row group, of which the first `rows` rows are wanted.
struct Column<'a> {
    file: &'a OpenFile<'a>,
    group: usize,
    field: Field,
    rows: usize,
}

impl Column<'_> {
    fn damaged(&self, reason: impl std::fmt::Display) -> StoreError {
        self.file.damaged(format!("column '{}' {reason}", self.field.name()))
    }

    fn reader<T: DataType>(&self) -> Result<ColumnReaderImpl<T>> {
        let column = FIELDS.iter().position(|&field| field == self.field).unwrap_or_default();
        let group = self.file.reader.get_row_group(self.group).map_err(|error| self.unreadable(error))?;
        let reader = column_reader(group.as_ref(), column).map_err(|error| self.unreadable(error))?;
        Ok(get_typed_column_reader(reader))
    }

    fn unreadable(&self, error: parquet::errors::ParquetError) -> StoreError {
        self.file.unreadable(&format!("column '{}'", self.field.name()), error)
    }

    /// Values of a column without nulls.
    fn indices(&self) -> Result<Vec<i32>> {
        let mut values = Vec::new();
        self.reader::<Int32Type>()?
            .read_records(self.rows, None, None, &mut values)
            .map_err(|error| self.unreadable(error))?;
        self.complete(values.len())?;
        Ok(values)
    }

    /// Values of a column that may hold nulls.
    fn numbers(&self) -> Result<Vec<Option<f64>>> {
        let (mut levels, mut present) = (Vec::new(), Vec::new());
        self.reader::<DoubleType>()?
            .read_records(self.rows, Some(&mut levels), None, &mut present)
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

    /// Lists of a column, put together from the levels.
    fn lists<T: TryFrom<i32>>(&self) -> Result<Vec<Vec<T>>> {
        let (mut defined, mut repeated, mut values) = (Vec::new(), Vec::new(), Vec::new());
        self.reader::<Int32Type>()?
            .read_records(self.rows, Some(&mut defined), Some(&mut repeated), &mut values)
            .map_err(|error| self.unreadable(error))?;
        if defined.len() != repeated.len() {
            return Err(self.damaged("has levels that do not fit together"));
        }
        let mut values = self.narrow::<T>(values)?.into_iter();
        let mut lists: Vec<Vec<T>> = Vec::new();
        for levels in iter::zip(repeated, defined) {
            // What a list begins with, and what goes on with a list that is not empty.
            let list = match levels {
                (0, 0) => {
                    lists.push(Vec::new());
                    continue;
                }
                (0, 1) => lists.push_mut(Vec::new()),
                (1, 1) => lists
                    .last_mut()
                    .filter(|list| !list.is_empty())
                    .ok_or_else(|| self.damaged("goes on with a list that has not begun"))?,
                (repeated, defined) => {
                    return Err(self.damaged(format!("has the levels {repeated} and {defined} in a list")));
                }
            };
            list.push(values.next().ok_or_else(|| self.damaged("has fewer values than it says"))?);
        }
        self.complete(lists.len())?;
        Ok(lists)
    }

    fn narrow<T: TryFrom<i32>>(&self, values: Vec<i32>) -> Result<Vec<T>> {
        let narrow = |value| T::try_from(value).map_err(|_| self.damaged(format!("holds {value}, which is no index")));
        values.into_iter().map(narrow).collect()
    }

    fn complete(&self, found: usize) -> Result<()> {
        if found == self.rows { Ok(()) } else { Err(self.damaged(format!("ends after {found} of {} rows", self.rows))) }
    }
}
