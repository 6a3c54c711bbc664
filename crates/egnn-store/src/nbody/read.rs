//! Frames from Parquet.

use super::{
    NbodyFrame, NbodyInfo, VERSION,
    layout::{FIELDS, Field, Layout},
};
use crate::{
    SplitFooter,
    error::{Result, StoreError},
    footer::OpenFile,
    manifest,
    pages::column_reader,
};
use parquet::{
    basic::{LogicalType, Repetition, Type as Physical},
    column::reader::ColumnReader,
    file::{metadata::RowGroupMetaData, reader::FileReader, statistics::Statistics},
};
use std::path::Path;

/// Reads frames of a split, in the order asked, for its first `trajectories` (all if `None`). Only the footer and the
/// bytes of these frames' row groups are read.
///
/// # Errors
/// If the file is missing, damaged, of another program or version, has other columns, or holds less than is asked for.
pub fn read_frames(path: &Path, frames: &[u16], trajectories: Option<usize>) -> Result<Vec<NbodyFrame>> {
    let (file, layout) = open(path)?;
    let count = trajectories.unwrap_or(layout.trajectories);
    let out_of_range =
        |what, asked, available| StoreError::OutOfRange { path: path.to_owned(), what, asked, available };
    if count > layout.trajectories {
        return Err(out_of_range("trajectories", format!("{count} are asked for"), layout.trajectories));
    }
    if let Some(frame) = frames.iter().find(|&&frame| usize::from(frame) >= layout.frames) {
        return Err(out_of_range("frames", format!("frame {frame} is asked for (the first is 0)"), layout.frames));
    }
    frames.iter().map(|&frame| read_frame(&file, &layout, frame, count)).collect()
}

/// What a split holds, from its footer alone.
///
/// # Errors
/// If the file is missing, its footer damaged, of another program or version, or its columns are not a split's.
pub fn info(path: &Path) -> Result<NbodyInfo> {
    let (file, layout) = open(path)?;
    Ok(NbodyInfo {
        trajectories: layout.trajectories,
        frames: layout.frames,
        bodies: layout.bodies,
        footer: SplitFooter::read(&file)?,
    })
}

fn open(path: &Path) -> Result<(OpenFile<'_>, Layout)> {
    let remedy = manifest::remedy_in(path.parent().unwrap_or(path));
    let file = OpenFile::open(path, VERSION, remedy)?;
    check_columns(&file)?;
    let layout = layout(&file)?;
    Ok((file, layout))
}

fn check_columns(file: &OpenFile<'_>) -> Result<()> {
    let schema = file.reader.metadata().file_metadata().schema_descr();
    let names: Vec<_> = schema.columns().iter().map(|column| column.path().string()).collect();
    let expected = FIELDS.map(Field::name);
    if names != expected {
        return Err(file.columns(format!("they are {}, but should be {}", names.join(", "), expected.join(", "))));
    }
    for (field, column) in FIELDS.into_iter().zip(schema.columns()) {
        let (physical, logical, name) = match field.unsigned_bits() {
            Some(bits) => (Physical::INT32, Some(LogicalType::integer(bits, false)), format!("u{bits}")),
            None => (Physical::FLOAT, None, "float32".into()),
        };
        let info = column.self_type().get_basic_info();
        if column.physical_type() != physical
            || info.logical_type_ref() != logical.as_ref()
            || info.repetition() != Repetition::REQUIRED
        {
            let found = column.physical_type();
            return Err(
                file.columns(format!("column '{}' is {found}, but should be {name} without nulls", field.name()))
            );
        }
    }
    Ok(())
}

/// The layout that the footer tells, if the row groups are as it says.
fn layout(file: &OpenFile<'_>) -> Result<Layout> {
    let layout = Layout {
        trajectories: file.number("trajectories")?,
        frames: file.number("frames")?,
        bodies: file.number("bodies")?,
        group_trajectories: file.number("row_group_trajectories")?,
    };
    let Layout { trajectories, frames, bodies, group_trajectories } = layout;
    if [trajectories, frames, bodies, group_trajectories].contains(&0) {
        return Err(file.damaged("its footer tells a size of 0"));
    }
    let expected = trajectories.checked_mul(bodies).and_then(|nodes| nodes.checked_mul(frames));
    let found: i64 = file.row_groups().iter().map(RowGroupMetaData::num_rows).fold(0, i64::saturating_add);
    if expected.and_then(|rows| i64::try_from(rows).ok()) != Some(found) {
        let sizes = format!("{trajectories} trajectories, {frames} frames and {bodies} bodies");
        return Err(file.damaged(format!("it has {found} rows, which do not make {sizes}")));
    }
    let groups = file.row_groups();
    let fits = frames.checked_mul(layout.groups_per_frame()) == Some(groups.len())
        && (0..frames).all(|frame| {
            layout.groups(frame).all(|(number, part)| {
                groups[number].num_rows() == (part.len() * bodies) as i64 && is_of_frame(&groups[number], frame)
            })
        });
    if fits { Ok(layout) } else { Err(file.damaged("its row groups are not one frame each")) }
}

/// Whether the statistics say that the row group holds this frame only.
fn is_of_frame(group: &RowGroupMetaData, frame: usize) -> bool {
    let column = FIELDS.iter().position(|&field| field == Field::Frame).and_then(|index| group.columns().get(index));
    match column.and_then(|column| column.statistics()) {
        Some(Statistics::Int32(values)) => {
            [values.min_opt(), values.max_opt()].iter().all(|value| value.is_some_and(|&value| value as usize == frame))
        }
        _ => false,
    }
}

fn read_frame(file: &OpenFile<'_>, layout: &Layout, frame: u16, count: usize) -> Result<NbodyFrame> {
    // They grow with what is read: a damaged footer may promise more than there is memory.
    let (mut charge, mut position, mut velocity) = (Vec::new(), Vec::new(), Vec::new());
    for (number, part) in layout.groups(usize::from(frame)).take_while(|(_, part)| part.start < count) {
        let rows = (part.end.min(count) - part.start) * layout.bodies;
        let first = part.start * layout.bodies;
        for (index, field) in FIELDS.into_iter().enumerate() {
            let target = match field {
                // The row group's place in the file gives them.
                Field::Trajectory | Field::Frame | Field::Body => continue,
                Field::Charge => None,
                Field::Position(axis) => Some((&mut position, axis)),
                Field::Velocity(axis) => Some((&mut velocity, axis)),
            };
            let values = floats(file, number, index, rows)?;
            if let Some(row) = values.iter().position(|value| !value.is_finite()) {
                let trajectory = (first + row) / layout.bodies;
                let reason = format!("{} is {} in frame {frame} of trajectory {trajectory}", field.name(), values[row]);
                return Err(file.damaged(reason));
            }
            match target {
                None => charge.extend(values),
                Some((points, axis)) => {
                    points.resize(first + rows, [0.0; 3]);
                    points[first..].iter_mut().zip(values).for_each(|(point, value)| point[axis] = value);
                }
            }
        }
    }
    Ok(NbodyFrame { frame, bodies: layout.bodies, charge, position, velocity })
}

/// The first `rows` values of a column of a row group.
fn floats(file: &OpenFile<'_>, group: usize, column: usize, rows: usize) -> Result<Vec<f32>> {
    let name = FIELDS[column].name();
    let unreadable = |error| file.unreadable(&format!("column '{name}'"), error);
    let group = file.reader.get_row_group(group).map_err(unreadable)?;
    let ColumnReader::FloatColumnReader(mut reader) = column_reader(group.as_ref(), column).map_err(unreadable)? else {
        return Err(file.columns(format!("column '{name}' is not float32")));
    };
    let mut values = Vec::new();
    reader.read_records(rows, None, None, &mut values).map_err(unreadable)?;
    if values.len() == rows {
        Ok(values)
    } else {
        Err(file.damaged(format!("column '{name}' ends after {} of {rows} rows", values.len())))
    }
}
