//! Cases of the QM9 task.

use candle_core::{DType, Tensor};
use egnn_kernels::Backend;
use egnn_random::Stream;

use super::case::{Case, CaseConfig};
use super::compare::{expect_shape, loss_and_gradients, output};
use super::error::{ParityError, Problem};
use super::report::{Row, Tolerances};
use crate::error::Result as NnResult;
use crate::molecule::{Atoms, MoleculeInput, MoleculeModel, MoleculeModelConfig, MoleculeModelKind};

/// The normalised labels, their mean absolute error and its gradients. Features are made here, from the case's atomic
/// numbers.
pub(super) fn check(case: &Case, tolerances: Tolerances, backend: Backend) -> Result<Vec<Row>, ParityError> {
    let model = model(case, backend)?;
    let input = input(case)?;
    let target = case.input("target", DType::F32)?;
    let prediction = model.forward(&input).map_err(|error| case.error(error))?;
    expect_shape(case, "in.target", &target, &prediction)?;
    let loss = || -> NnResult<Tensor> { Ok((&prediction - &target)?.abs()?.mean_all()?.reshape(1)?) };
    let loss = loss().map_err(|error| case.error(error))?;
    let mut rows = vec![output(case, "pred", &prediction, tolerances)?];
    rows.extend(loss_and_gradients(case, &loss, model.parameters(), tolerances)?);
    Ok(rows)
}

/// The model of a case, with the case's parameters.
fn model(case: &Case, backend: Backend) -> Result<MoleculeModel, ParityError> {
    let CaseConfig { task, model, hidden, layers, other, .. } = &case.config;
    let egnn = MoleculeModelKind::Egnn;
    if model != egnn.name() {
        let known = egnn.name().to_owned();
        return Err(case.error(Problem::Model { task: task.clone(), model: model.clone(), known }));
    }
    // Sizes are those of the tensors.
    case.refuse_options(&["attention", "sizes"])?;
    case.refuse_sizes(true)?;
    let attention = match other.get("attention") {
        None => false,
        Some(serde_json::Value::Bool(attention)) => *attention,
        Some(value) => return Err(case.error(Problem::Option { field: "attention".into(), value: value.to_string() })),
    };
    let config = MoleculeModelConfig { hidden: *hidden, layers: *layers, attention, ..MoleculeModelConfig::new(egnn) };
    let model = config.init_on(&Stream::new(0), DType::F32, backend).map_err(|error| case.error(error))?;
    model.parameters().load(&case.params).map_err(|error| case.error(error))?;
    Ok(model)
}

/// The molecules of a case, which are padded there: an atom is where the atomic number is not 0.
fn input(case: &Case) -> Result<MoleculeInput, ParityError> {
    let wrong = |name: &str, tensor: &Tensor, expected: &str| {
        let reason = format!("has shape {:?}, expected {expected}", tensor.dims());
        case.error(Problem::Tensor { name: format!("in.{name}"), reason })
    };
    let (charges, positions) = (case.input("charges", DType::F64)?, case.input("positions", DType::F64)?);
    let rows: Vec<Vec<f64>> = charges.to_vec2().map_err(|_| wrong("charges", &charges, "(molecules, atoms)"))?;
    let points = positions.to_vec3::<f64>().map_err(|_| wrong("positions", &positions, "(molecules, atoms, 3)"))?;
    let fits = points.len() == rows.len() && points.iter().zip(&rows).all(|(points, row)| points.len() == row.len());
    if !fits || positions.dims().last() != Some(&3) {
        return Err(wrong("positions", &positions, "(molecules, atoms, 3), with the atoms of in.charges"));
    }
    let molecules: Vec<(Vec<u8>, Vec<[f64; 3]>)> = rows
        .iter()
        .zip(&points)
        .map(|(row, points)| {
            let atoms = row.iter().zip(points).filter(|(charge, _)| **charge != 0.0);
            atoms.map(|(&charge, point)| (charge as u8, [point[0], point[1], point[2]])).unzip()
        })
        .collect();
    let atoms: Vec<Atoms> =
        molecules.iter().map(|(atomic_numbers, positions)| Atoms { atomic_numbers, positions }).collect();
    MoleculeInput::new(&atoms, None, DType::F32).map_err(|error| case.error(error))
}
