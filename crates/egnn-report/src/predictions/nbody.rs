//! Test trajectories and what runs said of them, as stored and under the stored rotations of their inputs.

use super::{File, doubt, largest, path, words};
use crate::{
    frame::{self, Frame},
    metric::Metric,
    paper,
    results::{Results, Run},
};
use std::{collections::BTreeMap, path::Path};

/// Rows that are read: our files have about 12,000. A larger one is not ours.
const ROWS: usize = 500_000;
/// Trajectories of a file without rotations.
const SAMPLES: usize = 16;
/// Bodies of a trajectory, and rotations, that can be shown.
const BODIES: usize = 64;
const ROTATIONS: usize = 64;
/// A coordinate beyond this is none.
const LARGEST: f64 = 1e100;
/// How far a stored rotation's rows may be from unit length and right angles.
const ORTHOGONAL: f64 = 1e-3;

/// A place in space, or a row of a matrix.
pub(crate) type Point = [f64; 3];

/// What a run said of the trajectories that it was asked again under rotations. Points come by trajectory and body.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Predicted {
    /// Numbers of the trajectories in the test set.
    pub(crate) trajectories: Vec<i64>,
    /// Bodies of each.
    pub(crate) bodies: usize,
    /// Positions at the start; older files have none.
    pub(crate) inputs: Option<Vec<Point>>,
    /// Charges; older files have none.
    pub(crate) charges: Option<Vec<f64>>,
    /// True positions at the end.
    pub(crate) targets: Vec<Point>,
    /// What was predicted from the inputs as they are.
    pub(crate) predictions: Vec<Point>,
    pub(crate) rotations: Vec<Rotated>,
    /// Mean squared error over all trajectories of the file.
    pub(crate) mse: f64,
}

/// Predictions from rotated inputs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rotated {
    /// R, row by row.
    pub(crate) matrix: [Point; 3],
    /// f(R x), in the rotated frame.
    pub(crate) predictions: Vec<Point>,
}

impl Rotated {
    pub(crate) fn turned(&self, point: Point) -> Point {
        self.matrix.map(|row| row.iter().zip(point).map(|(entry, coordinate)| entry * coordinate).sum())
    }
}

/// Root mean square and maximum of distances.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Distances {
    pub(crate) rms: f64,
    pub(crate) max: f64,
}

impl Distances {
    fn of(distances: &[f64]) -> Self {
        Self { rms: rms(distances), max: distances.iter().copied().fold(0.0, f64::max) }
    }
}

impl Predicted {
    /// |f(R x) - R f(x)| of every body, for each rotation R; then over all of them. Nothing without rotations.
    pub(crate) fn equivariance(&self) -> (Vec<Distances>, Option<Distances>) {
        let of = |rotated: &Rotated| -> Vec<f64> {
            let pairs = rotated.predictions.iter().zip(&self.predictions);
            pairs.map(|(&found, &stored)| distance(found, rotated.turned(stored))).collect()
        };
        let each: Vec<Vec<f64>> = self.rotations.iter().map(of).collect();
        let all = each.concat();
        (each.iter().map(|of| Distances::of(of)).collect(), (!all.is_empty()).then(|| Distances::of(&all)))
    }

    /// Root mean square of the true positions' distances from the centre of their trajectory's.
    pub(crate) fn spread(&self) -> f64 {
        let of = |points: &[Point]| -> Vec<f64> {
            let mean = |axis: usize| points.iter().map(|point| point[axis]).sum::<f64>() / points.len() as f64;
            let centre = [0, 1, 2].map(mean);
            points.iter().map(|&point| distance(point, centre)).collect()
        };
        rms(&self.targets.chunks(self.bodies.max(1)).flat_map(of).collect::<Vec<f64>>())
    }
}

fn rms(values: &[f64]) -> f64 {
    (values.iter().map(|value| value * value).sum::<f64>() / values.len().max(1) as f64).sqrt()
}

fn distance(a: Point, b: Point) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

/// The run that is shown of a model.
pub(crate) struct ShownRun<'a> {
    pub(crate) run: &'a Run,
    /// The model's name in print.
    pub(crate) title: &'a str,
    /// What it predicted, or why that cannot be said.
    pub(crate) predicted: Result<Predicted, String>,
    /// Why it may not be its own.
    pub(crate) doubt: Option<String>,
}

/// For each model the run on the most samples, of these the first variant's lowest seed.
pub(crate) fn shown<'a>(folder: &Path, results: &'a Results) -> Vec<ShownRun<'a>> {
    let of = |run: &'a Run| {
        let predicted = path(folder, &run.run).and_then(|file| read(&file));
        let doubt = predicted.as_ref().ok().and_then(|predicted| doubt(run, Metric::Mse, predicted.mse));
        ShownRun { run, title: paper::title(&run.model), predicted, doubt }
    };
    largest(results, Metric::Mse).into_iter().map(of).collect()
}

fn read(file: &File) -> Result<Predicted, String> {
    file.check()?;
    let frame = frame::head(&file.path, ROWS + 1).map_err(|error| file.damaged(&words(&error)))?;
    predicted(&frame).map_err(|what| file.damaged(&what))
}

/// Columns of numbers that must be there, or of which all are there or none.
struct Numbers<const N: usize> {
    names: [String; N],
    values: [Vec<Option<f64>>; N],
}

impl<const N: usize> Numbers<N> {
    fn read(frame: &Frame, names: [String; N]) -> Result<Self, String> {
        if let Some(missing) = names.iter().find(|name| !frame.has(name)) {
            return Err(format!("it has no column '{missing}'"));
        }
        let mut values = names.each_ref().map(|_| Vec::new());
        for (values, name) in values.iter_mut().zip(&names) {
            *values = frame.real(name).map_err(|error| words(&error))?;
        }
        Ok(Self { names, values })
    }

    /// What older files do not have.
    fn read_new(frame: &Frame, names: [String; N]) -> Result<Option<Self>, String> {
        if names.iter().any(|name| frame.has(name)) { Self::read(frame, names).map(Some) } else { Ok(None) }
    }

    fn at(&self, row: usize) -> Result<[f64; N], String> {
        let mut found = [0.0; N];
        for ((found, name), values) in found.iter_mut().zip(&self.names).zip(&self.values) {
            *found = match values[row] {
                Some(value) if value.abs() <= LARGEST => value,
                Some(value) => return Err(format!("row {row} has a {name} of {value}")),
                None => return Err(format!("row {row} has a missing value")),
            };
        }
        Ok(found)
    }
}

fn point(prefix: &str) -> [String; 3] {
    ["x", "y", "z"].map(|axis| format!("{prefix}_{axis}"))
}

/// Rows of each rotation and trajectory, body by body.
type Places = BTreeMap<i64, BTreeMap<i64, Vec<usize>>>;

fn predicted(frame: &Frame) -> Result<Predicted, String> {
    if frame.rows() == 0 || frame.rows() > ROWS {
        return Err(if frame.rows() == 0 { "it has no rows".into() } else { format!("it has more than {ROWS} rows") });
    }
    let (places, bodies) = places(frame)?;
    let stored = places.get(&0).ok_or("it has no trajectory as stored (rotation 0)")?;
    let turned: Vec<_> = places.iter().filter(|(number, _)| **number != 0).collect();
    let trajectories: Vec<i64> = match turned.first() {
        Some((_, of)) => of.keys().copied().collect(),
        None => stored.keys().copied().take(SAMPLES).collect(),
    };
    let rows_of = |number: i64, places: &BTreeMap<i64, Vec<usize>>| -> Result<Vec<usize>, String> {
        let of = |trajectory: &i64| {
            let missing = || format!("rotation {number} has no trajectory {trajectory}");
            places.get(trajectory).map(Vec::as_slice).ok_or_else(missing)
        };
        Ok(trajectories.iter().map(of).collect::<Result<Vec<_>, _>>()?.concat())
    };
    let (target, prediction) = (Numbers::read(frame, point("target"))?, Numbers::read(frame, point("prediction"))?);
    let of = |numbers: &Numbers<3>, rows: &[usize]| rows.iter().map(|&row| numbers.at(row)).collect::<Result<_, _>>();
    let rows = rows_of(0, stored)?;
    let inputs = Numbers::read_new(frame, point("input"))?;
    let charges = Numbers::read_new(frame, ["charge".to_owned()])?;
    let charges = charges.map(|column| rows.iter().map(|&row| Ok(column.at(row)?[0])).collect::<Result<_, String>>());
    let matrix = if turned.is_empty() { None } else { Some(Numbers::read(frame, entries())?) };
    let mut rotations = Vec::new();
    for (&number, of_rotation) in turned {
        let rows = rows_of(number, of_rotation)?;
        let matrix = matrix.as_ref().map_or_else(|| Err("no rotation".into()), |matrix| rotation(matrix, &rows))?;
        rotations.push(Rotated { matrix, predictions: of(&prediction, &rows)? });
    }
    Ok(Predicted {
        bodies,
        inputs: inputs.map(|inputs| of(&inputs, &rows)).transpose()?,
        charges: charges.transpose()?,
        targets: of(&target, &rows)?,
        predictions: of(&prediction, &rows)?,
        rotations,
        mse: mse(&target, &prediction, stored.values().flatten())?,
        trajectories,
    })
}

fn places(frame: &Frame) -> Result<(Places, usize), String> {
    let whole = |name: &str| match frame.whole(name) {
        _ if !frame.has(name) => Err(format!("it has no column '{name}'")),
        column => column.map_err(|error| words(&error)),
    };
    let (trajectory, body, rotation) = (whole("trajectory")?, whole("body")?, whole("rotation")?);
    let mut places = Places::new();
    for row in 0..frame.rows() {
        let (Some(trajectory), Some(body), Some(rotation)) = (trajectory[row], body[row], rotation[row]) else {
            return Err(format!("row {row} has a missing value"));
        };
        let bodies = places.entry(rotation).or_default().entry(trajectory).or_default();
        if body != bodies.len() as i64 || bodies.len() == BODIES {
            return Err(format!("row {row} has body {body} of a trajectory that has {} before it", bodies.len()));
        }
        bodies.push(row);
    }
    if places.len() > ROTATIONS + 1 {
        return Err(format!("it has more than {ROTATIONS} rotations"));
    }
    let mut sizes = places.values().flat_map(BTreeMap::values).map(Vec::len);
    let bodies = sizes.next().unwrap_or(0);
    if sizes.any(|size| size != bodies) {
        return Err("its trajectories differ in their number of bodies".into());
    }
    Ok((places, bodies))
}

fn entries() -> [String; 9] {
    ["xx", "xy", "xz", "yx", "yy", "yz", "zx", "zy", "zz"].map(|entry| format!("rotation_{entry}"))
}

/// The matrix that all of some rows have.
fn rotation(matrix: &Numbers<9>, rows: &[usize]) -> Result<[Point; 3], String> {
    let first = rows.first().ok_or("a rotation has no rows")?;
    let entries = matrix.at(*first)?;
    for &row in rows {
        if matrix.at(row)? != entries {
            return Err(format!("row {row} has another matrix than the rest of its rotation"));
        }
    }
    let rows = [0, 1, 2].map(|row: usize| [0, 1, 2].map(|column: usize| entries[3 * row + column]));
    let product = |a: Point, b: Point| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let is_orthogonal =
        |a: usize, b: usize| (product(rows[a], rows[b]) - if a == b { 1.0 } else { 0.0 }).abs() <= ORTHOGONAL;
    let is_rotation = [0, 1, 2].into_iter().all(|a| (a..3).all(|b| is_orthogonal(a, b)));
    is_rotation.then_some(rows).ok_or_else(|| format!("row {first} has a matrix that is no rotation"))
}

fn mse<'a>(target: &Numbers<3>, prediction: &Numbers<3>, rows: impl Iterator<Item = &'a usize>) -> Result<f64, String> {
    let (mut sum, mut count) = (0.0, 0.0);
    for &row in rows {
        sum += distance(target.at(row)?, prediction.at(row)?).powi(2);
        count += 3.0;
    }
    Ok(sum / count)
}

#[cfg(test)]
pub(crate) mod tests;
