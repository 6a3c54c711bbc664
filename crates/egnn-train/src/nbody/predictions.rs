//! `predictions.parquet`: test predictions beside targets, and the first samples again under stored rotations, from
//! which anyone can see how far a model is from equivariance.

use super::{
    data::{EdgeCache, Samples},
    task::predict,
};
use crate::error::TrainError;
use egnn_nn::nbody::NbodyModel;
use egnn_random::Stream;
use egnn_store::table::{ColumnData, Table};
use std::collections::BTreeMap;

/// Samples that are predicted again under every rotation.
const ROTATED_SAMPLES: usize = 16;
/// Rotations, drawn once and for all.
const ROTATIONS: usize = 24;
/// Samples a batch of the rotated pass.
const BATCH: usize = 100;

type Rotation = [[f32; 3]; 3];

/// Columns: `trajectory, body, rotation` (0 is none), `rotation_xx ..` (null for none), `target_*`, `prediction_*` in
/// the rotated frame, `squared_error` (mean over the three coordinates), `input_*`, the position at the start frame, in
/// the rotated frame too, and `charge`.
pub(crate) fn table(
    model: &dyn NbodyModel,
    samples: &Samples,
    prediction: &[f32],
    edges: &mut EdgeCache,
) -> Result<Table, TrainError> {
    let mut rows = Rows::default();
    rows.push(samples, prediction, 0, None);
    let len = samples.len.min(ROTATED_SAMPLES);
    let stream = Stream::new(0).child("predictions/rotations");
    for number in 1..=ROTATIONS {
        let rotation = rotation(&mut stream.index(number as u64));
        let rotated = samples.rotated(&rotation, len);
        let (_, prediction) = predict(model, &rotated, BATCH, edges)?;
        rows.push(&rotated, &prediction, number as u8, Some(&rotation));
    }
    Ok(rows.into_table())
}

/// A rotation drawn uniformly, from a unit quaternion.
fn rotation(stream: &mut Stream) -> Rotation {
    let q: [f64; 4] = std::array::from_fn(|_| stream.normal());
    let norm = q.iter().map(|c| c * c).sum::<f64>().sqrt();
    let [w, x, y, z] = q.map(|c| c / norm);
    [
        [1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - w * z), 2.0 * (x * z + w * y)],
        [2.0 * (x * y + w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - w * x)],
        [2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)],
    ]
    .map(|row| row.map(|entry| entry as f32))
}

#[derive(Default)]
struct Rows {
    trajectory: Vec<u32>,
    body: Vec<u16>,
    rotation: Vec<u8>,
    matrix: [Vec<Option<f32>>; 9],
    target: [Vec<Option<f32>>; 3],
    prediction: [Vec<Option<f32>>; 3],
    squared_error: Vec<Option<f32>>,
    input: [Vec<Option<f32>>; 3],
    charge: Vec<Option<f32>>,
}

impl Rows {
    fn push(&mut self, samples: &Samples, prediction: &[f32], number: u8, rotation: Option<&Rotation>) {
        let points = prediction.chunks_exact(3).zip(samples.target().chunks_exact(3));
        let inputs = samples.position().chunks_exact(3).zip(samples.charge());
        for (node, ((prediction, target), (input, charge))) in points.zip(inputs).enumerate() {
            self.trajectory.push((node / samples.bodies) as u32);
            self.body.push((node % samples.bodies) as u16);
            self.rotation.push(number);
            for (entry, column) in self.matrix.iter_mut().enumerate() {
                column.push(rotation.map(|rotation| rotation[entry / 3][entry % 3]));
            }
            for axis in 0..3 {
                self.target[axis].push(Some(target[axis]));
                self.prediction[axis].push(Some(prediction[axis]));
                self.input[axis].push(Some(input[axis]));
            }
            self.charge.push(Some(*charge));
            let square: f32 = prediction.iter().zip(target).map(|(p, t)| (p - t) * (p - t)).sum();
            self.squared_error.push(Some(square / 3.0));
        }
    }

    fn into_table(self) -> Table {
        const AXES: [&str; 3] = ["x", "y", "z"];
        let mut columns = vec![
            ("trajectory".to_owned(), ColumnData::U32(self.trajectory)),
            ("body".to_owned(), ColumnData::U16(self.body)),
            ("rotation".to_owned(), ColumnData::U8(self.rotation)),
        ];
        let named = |prefix: &str, data: [Vec<Option<f32>>; 3]| {
            AXES.iter()
                .zip(data)
                .map(|(axis, data)| (format!("{prefix}_{axis}"), ColumnData::F32(data)))
                .collect::<Vec<_>>()
        };
        columns.extend(named("target", self.target));
        columns.extend(named("prediction", self.prediction));
        columns.push(("squared_error".to_owned(), ColumnData::F32(self.squared_error)));
        columns.extend(named("input", self.input));
        columns.push(("charge".to_owned(), ColumnData::F32(self.charge)));
        for (entry, data) in self.matrix.into_iter().enumerate() {
            columns.push((format!("rotation_{}{}", AXES[entry / 3], AXES[entry % 3]), ColumnData::F32(data)));
        }
        Table { columns, metadata: BTreeMap::new() }
    }
}
