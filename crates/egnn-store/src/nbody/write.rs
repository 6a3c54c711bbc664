//! Splits to Parquet. Row groups are encoded side by side and appended in order, so the file's bits do not depend on
//! the number of threads.

use super::{
    NbodySplit, VERSION,
    layout::{FIELDS, Field, Layout, ROW_GROUP, encodings, schema},
};
use crate::{
    SplitFooter, atomic,
    error::{Result, StoreError},
    footer,
};
use egnn_schema::SplitEntry;
use parquet::{
    column::writer::{ColumnCloseResult, ColumnWriter, get_column_writer},
    errors::ParquetError,
    file::{
        properties::WriterPropertiesPtr,
        writer::{SerializedFileWriter, SerializedPageWriter, TrackedWrite},
    },
    schema::types::SchemaDescriptor,
};
use rayon::prelude::*;
use std::{io, ops::Range, path::Path, sync::Arc};

/// Writes a split, whole or not at all, and returns its entry for the manifest.
///
/// # Errors
/// If the arrays do not fit together, hold a number that float32 cannot, or the file cannot be written.
pub fn write_split(path: &Path, split: &NbodySplit<'_>, footer: &SplitFooter) -> Result<SplitEntry> {
    write_grouped(path, split, footer, ROW_GROUP)
}

pub(super) fn write_grouped(
    path: &Path,
    split: &NbodySplit<'_>,
    footer: &SplitFooter,
    row_group: usize,
) -> Result<SplitEntry> {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| StoreError::unwritable(path, "its name is not plain text"))?;
    check(split).map_err(|reason| StoreError::unwritable(path, reason))?;
    let layout = Layout::new(split.trajectories, split.frames, split.bodies, row_group);
    let entries = footer.entries([
        ("trajectories", layout.trajectories),
        ("frames", layout.frames),
        ("bodies", layout.bodies),
        ("row_group_trajectories", layout.group_trajectories),
    ]);
    let properties = encodings(footer::properties(VERSION, &entries)).build();
    let written = atomic::write_hashed(path, |out| {
        let schema = schema().map_err(footer::writing)?;
        let mut file =
            SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties)).map_err(footer::writing)?;
        write_groups(&mut file, split, &layout).map_err(footer::writing)
    })?;
    Ok(SplitEntry {
        file: name.to_owned(),
        samples: split.trajectories as u64,
        rows: layout.rows() as u64,
        bytes: written.bytes,
        checksum: written.checksum,
    })
}

fn check(split: &NbodySplit<'_>) -> Result<(), String> {
    let NbodySplit { bodies, frames, trajectories, charge, position, velocity } = *split;
    let limits = [("bodies", bodies, 1 << 16), ("frames", frames, 1 << 16), ("trajectories", trajectories, 1 << 32)];
    for (what, count, limit) in limits {
        if count == 0 || count as u64 > limit {
            return Err(format!("it would have {count} {what}, not 1 to {limit}"));
        }
    }
    let nodes = trajectories.checked_mul(bodies);
    let points = nodes.and_then(|nodes| nodes.checked_mul(frames));
    for (what, found, expected) in [
        ("charges", charge.len(), nodes),
        ("positions", position.len(), points),
        ("velocities", velocity.len(), points),
    ] {
        if expected != Some(found) {
            let expected = expected.map_or_else(|| "too many".into(), |count| count.to_string());
            return Err(format!("there are {found} {what}, but sizes ask for {expected}"));
        }
    }
    let at = |index: usize| {
        let (node, frame) = (index % (trajectories * bodies), index / (trajectories * bodies));
        format!("in frame {frame} of trajectory {} for body {}", node / bodies, node % bodies)
    };
    if let Some(node) = charge.iter().position(|&value| !fits(value)) {
        return Err(format!("charge {} of trajectory {} is no float32", charge[node], node / bodies));
    }
    for (what, values) in [("position", position), ("velocity", velocity)] {
        if let Some(index) = values.par_iter().position_first(|value| !value.iter().copied().all(fits)) {
            return Err(format!("{what} {:?} is no float32 {}", values[index], at(index)));
        }
    }
    Ok(())
}

fn fits(value: f64) -> bool {
    (value as f32).is_finite()
}

fn write_groups<W: io::Write + Send>(
    file: &mut SerializedFileWriter<W>,
    split: &NbodySplit<'_>,
    layout: &Layout,
) -> Result<(), ParquetError> {
    let encoder =
        Encoder { split, schema: Arc::new(file.schema_descr().clone()), properties: Arc::clone(file.properties()) };
    let groups: Vec<_> =
        (0..layout.frames).flat_map(|frame| layout.groups(frame).map(move |(_, part)| (frame, part))).collect();
    // A few groups for every thread keep all busy, and bound what waits in memory to be written.
    for groups in groups.chunks(2 * rayon::current_num_threads()) {
        let encoded = groups
            .par_iter()
            .map(|(frame, part)| {
                let columns = (0..FIELDS.len()).into_par_iter();
                columns.map(|column| encoder.column(column, *frame, part.clone())).collect::<Result<Vec<_>, _>>()
            })
            .collect::<Result<Vec<_>, _>>()?;
        for columns in encoded {
            let mut group = file.next_row_group()?;
            for (bytes, closed) in columns {
                group.append_column(&bytes::Bytes::from(bytes), closed)?;
            }
            group.close()?;
        }
    }
    file.finish().map(drop)
}

struct Encoder<'a> {
    split: &'a NbodySplit<'a>,
    schema: Arc<SchemaDescriptor>,
    properties: WriterPropertiesPtr,
}

impl Encoder<'_> {
    /// The column chunk of some trajectories of a frame, as it will stand in the file.
    fn column(
        &self,
        column: usize,
        frame: usize,
        part: Range<usize>,
    ) -> Result<(Vec<u8>, ColumnCloseResult), ParquetError> {
        let bodies = self.split.bodies;
        let nodes = part.start * bodies..part.end * bodies;
        let first = frame * self.split.trajectories * bodies;
        let points = first + nodes.start..first + nodes.end;
        let index = |value: usize| (value as u32).cast_signed();
        let values = match FIELDS[column] {
            Field::Trajectory => Values::Index(nodes.map(|node| index(node / bodies)).collect()),
            Field::Frame => Values::Index(vec![index(frame); nodes.len()]),
            Field::Body => Values::Index(nodes.map(|node| index(node % bodies)).collect()),
            Field::Charge => Values::Float(self.split.charge[nodes].iter().map(|&value| value as f32).collect()),
            Field::Position(axis) => Values::component(&self.split.position[points], axis),
            Field::Velocity(axis) => Values::component(&self.split.velocity[points], axis),
        };
        let mut sink = TrackedWrite::new(Vec::with_capacity(4 * values.len()));
        let closed = {
            let pages = Box::new(SerializedPageWriter::new(&mut sink));
            match (get_column_writer(self.schema.column(column), Arc::clone(&self.properties), pages), &values) {
                (ColumnWriter::Int32ColumnWriter(mut writer), Values::Index(values)) => {
                    writer.write_batch(values, None, None)?;
                    writer.close()?
                }
                (ColumnWriter::FloatColumnWriter(mut writer), Values::Float(values)) => {
                    writer.write_batch(values, None, None)?;
                    writer.close()?
                }
                _ => return Err(ParquetError::General(format!("{} has another type", FIELDS[column].name()))),
            }
        };
        Ok((sink.into_inner()?, closed))
    }
}

enum Values {
    Index(Vec<i32>),
    Float(Vec<f32>),
}

impl Values {
    fn component(points: &[[f64; 3]], axis: usize) -> Self {
        Self::Float(points.iter().map(|point| point[axis] as f32).collect())
    }

    fn len(&self) -> usize {
        match self {
            Self::Index(values) => values.len(),
            Self::Float(values) => values.len(),
        }
    }
}
