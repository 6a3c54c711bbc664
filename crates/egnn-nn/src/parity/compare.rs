//! Running a case.

use candle_core::backprop::GradStore;
use candle_core::{DType, Tensor};
use egnn_kernels::{Aggregation, Backend};
use egnn_random::Stream;

use super::case::Case;
use super::error::{ParityError, Problem};
use super::report::{ParityReport, Quantity, Row, Tolerances};
use super::{autoencoder, molecule};
use crate::egcl::EgclOptions;
use crate::error::{NnError, Result as NnResult};
use crate::params::Parameters;
use crate::stack::{EgclStack, EgclStackConfig};

pub(super) fn check(case: &Case, tolerances: Tolerances, backend: Backend) -> Result<ParityReport, ParityError> {
    if case.is_adam_trace() {
        return Err(case.error(Problem::AdamTrace));
    }
    let rows = match case.config.task.as_str() {
        "nbody" => nbody(case, tolerances, backend)?,
        "autoencoder" => autoencoder::check(case, tolerances, backend)?,
        "qm9" => molecule::check(case, tolerances, backend)?,
        "layer stack" => layer_stack(case, tolerances, backend)?,
        task => return Err(case.error(Problem::Task(task.into()))),
    };
    let (task, model) = (case.config.task.clone(), case.config.model.clone());
    Ok(ParityReport { case: case.name(), task, model, rows })
}

/// Mean squared error over all coordinates.
fn nbody(case: &Case, tolerances: Tolerances, backend: Backend) -> Result<Vec<Row>, ParityError> {
    let model = case.nbody_model(DType::F32, backend)?;
    let input = case.nbody_input(DType::F32)?;
    let target = case.input("target", DType::F32)?;
    let prediction = model.forward(&input).map_err(|error| case.error(error))?;
    expect_shape(case, "in.target", &target, &prediction)?;
    let loss = || -> candle_core::Result<Tensor> { (&prediction - &target)?.sqr()?.mean_all() };
    let loss = loss().map_err(|error| case.error(NnError::from(error)))?;
    let mut rows = vec![output(case, "pred", &prediction, tolerances)?];
    rows.extend(loss_and_gradients(case, &loss, model.parameters(), tolerances)?);
    Ok(rows)
}

/// The mean square of the features plus that of the coordinates.
fn layer_stack(case: &Case, tolerances: Tolerances, backend: Backend) -> Result<Vec<Row>, ParityError> {
    let stack = build_stack(case, backend)?;
    let h = case.input("h", DType::F32)?;
    let x = case.input("x", DType::F32)?;
    let (edges, order) = case.edges(h.dims()[0])?;
    let has_attributes = case.inputs.contains_key("edge_attr");
    let attributes = has_attributes.then(|| case.input("edge_attr", DType::F32)).transpose()?;
    let pass = || -> NnResult<(Tensor, Tensor, Tensor)> {
        let order = Tensor::from_slice(&order, order.len(), h.device())?;
        let attributes = attributes.map(|attributes| attributes.index_select(&order, 0)).transpose()?;
        let (h, x) = stack.forward(&h, &x, attributes.as_ref(), &edges)?;
        let loss = (h.sqr()?.mean_all()? + x.sqr()?.mean_all()?)?;
        Ok((h, x, loss))
    };
    let (h, x, loss) = pass().map_err(|error| case.error(error))?;
    let mut rows = vec![output(case, "h", &h, tolerances)?, output(case, "x", &x, tolerances)?];
    rows.extend(loss_and_gradients(case, &loss, stack.parameters(), tolerances)?);
    Ok(rows)
}

fn build_stack(case: &Case, backend: Backend) -> Result<EgclStack, ParityError> {
    let config = &case.config;
    if config.model != "egnn" {
        return Err(case.error(Problem::Model {
            task: config.task.clone(),
            model: config.model.clone(),
            known: "egnn".into(),
        }));
    }
    case.refuse_sizes(true)?;
    case.refuse_options(&["dim", "attention", "normalize", "tanh"])?;
    let switch = |field: &str| match config.other.get(field) {
        None => Ok(false),
        Some(serde_json::Value::Bool(on)) => Ok(*on),
        Some(value) => Err(case.error(Problem::Option { field: field.into(), value: value.to_string() })),
    };
    let aggregation = match config.other.get("coords_agg").and_then(serde_json::Value::as_str) {
        None | Some("mean") => Aggregation::Mean,
        Some("sum") => Aggregation::Sum,
        Some(other) => {
            return Err(case.error(Problem::Option { field: "coords_agg".into(), value: other.into() }));
        }
    };
    let options = EgclOptions {
        attention: switch("attention")?,
        normalize: switch("normalize")?,
        tanh: switch("tanh")?,
        aggregation,
        clamp: None,
    };
    let outputs = case.output("h", DType::F32)?;
    let stack = EgclStackConfig {
        inputs: case.columns("h")?,
        hidden: config.hidden,
        outputs: outputs.dims().last().copied().unwrap_or(0),
        attributes: if case.inputs.contains_key("edge_attr") { case.columns("edge_attr")? } else { 0 },
        layers: config.layers,
        options,
    };
    let stack = stack.init_on(&Stream::new(0), DType::F32, backend).map_err(|error| case.error(error))?;
    stack.parameters().load(&case.params).map_err(|error| case.error(error))?;
    Ok(stack)
}

pub(super) fn output(case: &Case, name: &str, found: &Tensor, tolerances: Tolerances) -> Result<Row, ParityError> {
    let expected = case.output(name, DType::F32)?;
    expect_shape(case, &format!("out.{name}"), &expected, found)?;
    row(case, Quantity::Output, name, found, &expected, tolerances.output)
}

/// A gradient smaller than this part of the largest one is measured against that part: what is left of terms that
/// cancel is rounding error, and has no digits to compare.
const SMALLEST_GRADIENT: f64 = 1e-3;

pub(super) fn loss_and_gradients(
    case: &Case,
    loss: &Tensor,
    parameters: &Parameters,
    tolerances: Tolerances,
) -> Result<Vec<Row>, ParityError> {
    let mut rows = vec![row(case, Quantity::Loss, "loss", loss, &case.output("loss", DType::F32)?, tolerances.output)?];
    let largest = case.grads.values().map(|gradient| largest_entry(gradient).map_err(|error| case.error(error)));
    let largest = largest.collect::<Result<Vec<f64>, _>>()?.into_iter().fold(0.0, f64::max);
    let gradients = || -> NnResult<Vec<(String, Tensor)>> {
        let store: GradStore = loss.backward()?;
        parameters.named_gradients(&store)
    };
    for (name, found) in gradients().map_err(|error| case.error(error))? {
        let tensor = format!("grad.{name}");
        let expected = case.grads.get(&name).ok_or_else(|| case.error(Problem::Missing(tensor.clone())))?;
        expect_shape(case, &tensor, expected, &found)?;
        let row = row(case, Quantity::Gradient, &name, &found, expected, tolerances.gradient)?;
        rows.push(row.at_least_relative_to(SMALLEST_GRADIENT * largest));
    }
    Ok(rows)
}

fn largest_entry(tensor: &Tensor) -> NnResult<f64> {
    Ok(tensor.abs()?.flatten_all()?.max(0)?.to_dtype(DType::F64)?.to_scalar()?)
}

fn row(
    case: &Case,
    quantity: Quantity,
    name: &str,
    found: &Tensor,
    expected: &Tensor,
    tolerance: f64,
) -> Result<Row, ParityError> {
    Row::compare_tensors(quantity, name, found, expected, tolerance).map_err(|error| case.error(NnError::from(error)))
}

pub(super) fn expect_shape(case: &Case, name: &str, expected: &Tensor, found: &Tensor) -> Result<(), ParityError> {
    if expected.dims() == found.dims() {
        return Ok(());
    }
    let reason = format!("has shape {:?}; the model gives {:?}", expected.dims(), found.dims());
    Err(case.error(Problem::Tensor { name: name.into(), reason }))
}
