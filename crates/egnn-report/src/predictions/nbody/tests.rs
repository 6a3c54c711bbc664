use super::*;
use crate::fabricate::{finished, of};
use egnn_store::table::{ColumnData, Table, write};

/// Rotations about z by a quarter turn, and about x.
const MATRICES: [[Point; 3]; 2] =
    [[[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]];
pub(crate) const BODIES: usize = 2;
const TRAJECTORIES: usize = 3;

fn turned(matrix: Option<[Point; 3]>, point: Point) -> Point {
    let turn = |matrix| Rotated { matrix, predictions: Vec::new() }.turned(point);
    matrix.map_or(point, turn)
}

/// What a model that adds `shift` to every input would have stored. In the rotated frame it adds the same: only without a shift it
/// is equivariant. Only the first two of three trajectories are rotated.
pub(crate) fn columns(shift: Point) -> Vec<(String, ColumnData)> {
    let mut whole = [Vec::new(), Vec::new(), Vec::new()];
    let mut real: [Vec<Option<f32>>; 19] = std::array::from_fn(|_| Vec::new());
    for (rotation, matrix) in [None, Some(MATRICES[0]), Some(MATRICES[1])].into_iter().enumerate() {
        for trajectory in 0..if rotation == 0 { TRAJECTORIES } else { TRAJECTORIES - 1 } {
            for body in 0..BODIES {
                for (column, value) in whole.iter_mut().zip([trajectory, body, rotation]) {
                    column.push(value as i64);
                }
                let input = [trajectory as f64, body as f64, 1.0];
                let target = turned(matrix, [input[0] + 0.5, input[1], input[2]]);
                let input = turned(matrix, input);
                let prediction = [0, 1, 2].map(|axis: usize| input[axis] + shift[axis]);
                let charge = if body == 0 { 1.0 } else { -1.0 };
                let entries = [0, 1, 2, 3, 4, 5, 6, 7, 8].map(|e: usize| matrix.map(|matrix| matrix[e / 3][e % 3]));
                let values = target.into_iter().chain(prediction).chain(input).chain([charge]).map(Some).chain(entries);
                for (column, value) in real.iter_mut().zip(values) {
                    column.push(value.map(|value| value as f32));
                }
            }
        }
    }
    let named = ["target", "prediction", "input"].map(point).concat();
    let named = named.into_iter().chain(["charge".to_owned()]).chain(entries());
    let [trajectory, body, rotation] = whole;
    let mut columns: Vec<(String, ColumnData)> = vec![
        ("trajectory".into(), ColumnData::I64(trajectory.into_iter().map(Some).collect())),
        ("body".into(), ColumnData::I64(body.into_iter().map(Some).collect())),
        ("rotation".into(), ColumnData::I64(rotation.into_iter().map(Some).collect())),
    ];
    columns.extend(named.zip(real.map(ColumnData::F32)));
    columns
}

/// The mean squared error of these predictions.
pub(crate) fn mse(shift: Point) -> f64 {
    ((shift[0] - 0.5).powi(2) + shift[1].powi(2) + shift[2].powi(2)) / 3.0
}

pub(crate) fn written(folder: &Path, id: &str, columns: Vec<(String, ColumnData)>) {
    let folder = folder.join("runs").join(id);
    std::fs::create_dir_all(&folder).unwrap();
    write(&folder.join("predictions.parquet"), &Table { columns, metadata: BTreeMap::new() }).unwrap();
}

/// What is found of a run's file.
fn found(columns: Vec<(String, ColumnData)>) -> Result<Predicted, String> {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), "egnn-1", columns);
    read(&path(folder.path(), "egnn-1").unwrap())
}

#[test]
fn an_equivariant_prediction_has_no_error_and_a_shift_has_its_own() {
    let still = found(columns([0.0; 3])).unwrap();
    let (each, all) = still.equivariance();
    assert!(each.len() == 2 && each.iter().all(|of| of.max < 1e-6), "{each:?}");
    assert!(all.unwrap().rms < 1e-6);
    // R x + s - R (x + s) = s - R s: about z a shift along z stays, about x it turns into -y.
    let (each, all) = found(columns([0.0, 0.0, 0.3])).unwrap().equivariance();
    assert!(each[0].max < 1e-6, "{each:?}");
    let turned = 0.3 * 2.0_f64.sqrt();
    assert!((each[1].rms - turned).abs() < 1e-6 && (each[1].max - turned).abs() < 1e-6, "{each:?}");
    let all = all.unwrap();
    assert!((all.rms - 0.3).abs() < 1e-6 && (all.max - turned).abs() < 1e-6, "{all:?}");
}

#[test]
fn the_trajectories_that_were_rotated_are_found_with_what_belongs_to_them() {
    let predicted = found(columns([0.5, 0.0, 0.0])).unwrap();
    assert_eq!((predicted.bodies, predicted.trajectories.as_slice()), (BODIES, [0, 1].as_slice()));
    assert_eq!(predicted.rotations.iter().map(|rotated| rotated.matrix).collect::<Vec<_>>(), MATRICES);
    assert_eq!(predicted.inputs.as_ref().unwrap()[2], [1.0, 0.0, 1.0]);
    assert_eq!(predicted.targets[3], [1.5, 1.0, 1.0]);
    assert_eq!(predicted.charges, Some(vec![1.0, -1.0, 1.0, -1.0]));
    // Two bodies a length apart.
    assert!((predicted.spread() - 0.5).abs() < 1e-12);
    assert!(predicted.mse < 1e-12);
}

#[test]
fn older_files_have_neither_inputs_nor_charges_and_some_no_rotations() {
    let mut old = columns([0.0; 3]);
    old.retain(|(name, _)| !name.starts_with("input") && name != "charge");
    let predicted = found(old).unwrap();
    assert_eq!((predicted.inputs.is_none(), predicted.charges.is_none(), predicted.rotations.len()), (true, true, 2));
    let mut still = columns([0.0; 3]);
    for (_, column) in &mut still {
        match column {
            ColumnData::I64(values) => values.truncate(6),
            ColumnData::F32(values) => values.truncate(6),
            _ => unreachable!(),
        }
    }
    still.retain(|(name, _)| !name.starts_with("rotation_"));
    let predicted = found(still).unwrap();
    assert_eq!((predicted.trajectories.len(), predicted.rotations.len()), (3, 0));
    assert_eq!(predicted.equivariance(), (Vec::new(), None));
}

#[test]
fn files_that_are_not_as_they_should_be_are_named_with_the_remedy() {
    type Change = fn(&mut Vec<(String, ColumnData)>);
    fn set(columns: &mut [(String, ColumnData)], name: &str, row: usize, value: Option<f64>) {
        match &mut columns.iter_mut().find(|(other, _)| other == name).unwrap().1 {
            ColumnData::I64(values) => values[row] = value.map(|value| value as i64),
            ColumnData::F32(values) => values[row] = value.map(|value| value as f32),
            _ => unreachable!(),
        }
    }
    let changes: [(Change, &str); 13] = [
        (|columns| drop(columns.remove(0)), "it has no column 'trajectory'"),
        (|columns| drop(columns.remove(3)), "it has no column 'target_x'"),
        (|columns| drop(columns.remove(9)), "it has no column 'input_x'"),
        (|columns| drop(columns.pop()), "it has no column 'rotation_zz'"),
        (|columns| columns[3].1 = ColumnData::Text(vec![None; 14]), "column 'target_x' holds str, not numbers"),
        (|columns| set(columns, "target_y", 2, Some(f64::NAN)), "row 2 has a target_y of NaN"),
        (|columns| set(columns, "prediction_z", 9, Some(f64::INFINITY)), "row 9 has a prediction_z of inf"),
        (|columns| set(columns, "input_x", 0, None), "row 0 has a missing value"),
        (|columns| set(columns, "body", 3, Some(7.0)), "row 3 has body 7 of a trajectory that has 1 before it"),
        (|columns| set(columns, "rotation_xx", 6, Some(3.0)), "row 7 has another matrix"),
        (
            |columns| (6..10).for_each(|row| set(columns, "rotation_xx", row, Some(3.0))),
            "row 6 has a matrix that is no rotation",
        ),
        (
            |columns| (12..14).for_each(|row| set(columns, "trajectory", row, Some(9.0))),
            "rotation 2 has no trajectory 1",
        ),
        (|columns| (0..6).for_each(|row| set(columns, "rotation", row, Some(5.0))), "no trajectory as stored"),
    ];
    for (change, said) in changes {
        let mut columns = columns([0.0; 3]);
        change(&mut columns);
        let error = found(columns).unwrap_err();
        assert!(error.starts_with("runs/egnn-1/predictions.parquet: ") && error.contains(said), "{said}: {error}");
        assert!(error.ends_with("; delete the run's folder and run the sweep again"), "{error}");
    }
    let empty = columns([0.0; 3]).into_iter().map(|(name, _)| (name, ColumnData::F32(Vec::new()))).collect();
    assert!(found(empty).unwrap_err().contains("it has no rows"));
}

#[test]
fn of_each_model_the_run_on_the_most_samples_is_shown_and_predictions_of_another_are_doubted() {
    let folder = tempfile::tempdir().unwrap();
    let shift = [0.0, 0.0, 0.3];
    let runs = of(vec![
        finished("egnn", 100, 1, 0.5),
        finished("egnn", 400, 1, mse(shift)),
        finished("egnn", 400, 2, 0.5),
        finished("gnn", 400, 1, 0.2),
    ]);
    for run in &runs.runs {
        written(folder.path(), &run.run, columns(shift));
    }
    let shown = shown(folder.path(), &runs);
    assert_eq!(shown.iter().map(|shown| shown.run.run.as_str()).collect::<Vec<_>>(), ["egnn-400-1", "gnn-400-1"]);
    assert_eq!(shown[0].doubt, None);
    assert!(shown[1].doubt.as_ref().unwrap().contains("its record says 0.2000"), "{:?}", shown[1].doubt);
}
