//! Cases of the graph autoencoder.

use candle_core::{DType, Device, Tensor};
use egnn_kernels::{Backend, Edges};
use egnn_random::Stream;

use super::case::{Case, CaseConfig};
use super::compare::{loss_and_gradients, output};
use super::error::{ParityError, Problem};
use super::report::{Row, Tolerances};
use crate::autoencoder::{Autoencoder, AutoencoderInput, AutoencoderModelConfig, EncoderKind};
use crate::error::Result as NnResult;

/// The embedding, the dense matrix of probabilities (0 on the diagonal), the cross-entropy and its gradients.
pub(super) fn check(case: &Case, tolerances: Tolerances, backend: Backend) -> Result<Vec<Row>, ParityError> {
    let model = model(case, backend)?;
    let input = input(case, model.noise_width())?;
    let pass = || -> NnResult<(Tensor, Tensor, Tensor)> {
        let z = model.embed(&input)?;
        let probabilities = dense(&model.decode(&z, &input)?, &input.edges)?;
        Ok((z, probabilities, model.loss(&input)?.reshape(1)?))
    };
    let (z, probabilities, loss) = pass().map_err(|error| case.error(error))?;
    let mut rows = vec![output(case, "z", &z, tolerances)?, output(case, "adjacency", &probabilities, tolerances)?];
    rows.extend(loss_and_gradients(case, &loss, model.parameters(), tolerances)?);
    Ok(rows)
}

/// The model of a case, with the case's parameters.
fn model(case: &Case, backend: Backend) -> Result<Autoencoder, ParityError> {
    let CaseConfig { task, model, hidden, layers, other, .. } = &case.config;
    let Some(encoder) = EncoderKind::from_name(model).filter(|kind| *kind != EncoderKind::NoEdges) else {
        let trained = EncoderKind::ALL.into_iter().filter(|kind| *kind != EncoderKind::NoEdges);
        let known = trained.map(EncoderKind::name).collect::<Vec<_>>().join(", ");
        return Err(case.error(Problem::Model { task: task.clone(), model: model.clone(), known }));
    };
    case.refuse_options(&["nodes", "dim", "reg"])?;
    case.refuse_sizes(encoder != EncoderKind::RadialField)?;
    let shrink = match other.get("reg") {
        None => AutoencoderModelConfig::new(encoder).shrink,
        Some(value) => value
            .as_f64()
            .ok_or_else(|| case.error(Problem::Option { field: "reg".into(), value: value.to_string() }))?,
    };
    let z = case.output("z", DType::F32)?;
    let dim = z.dims().last().copied().unwrap_or(0);
    let config = AutoencoderModelConfig {
        dim,
        hidden: *hidden,
        layers: *layers,
        shrink,
        ..AutoencoderModelConfig::new(encoder)
    };
    let model = config.init_on(&Stream::new(0), DType::F32, backend).map_err(|error| case.error(error))?;
    model.parameters().load(&case.params).map_err(|error| case.error(error))?;
    Ok(model)
}

/// The graph of a case: entries of its matrix, in the order of its sorted edges, and its noise.
fn input(case: &Case, noise_width: usize) -> Result<AutoencoderInput, ParityError> {
    let matrix = case.input("adjacency", DType::F32)?;
    let nodes = matrix.dims().first().copied().unwrap_or(0);
    if matrix.dims() != [nodes, nodes] {
        let reason = format!("has shape {:?}, expected a square", matrix.dims());
        return Err(case.error(Problem::Tensor { name: "in.adjacency".into(), reason }));
    }
    let (edges, _) = case.edges(nodes)?;
    let entries = || -> NnResult<Tensor> {
        let places = edges.row().iter().zip(edges.col()).map(|(&row, &col)| row * nodes as u32 + col);
        let places = Tensor::from_iter(places, &Device::Cpu)?;
        Ok(matrix.flatten_all()?.index_select(&places, 0)?.reshape((edges.len(), 1))?)
    };
    let adjacency = entries().map_err(|error| case.error(error))?;
    let noise = if noise_width > 0 { Some(case.input("noise", DType::F32)?) } else { None };
    Ok(AutoencoderInput { adjacency, noise, edges })
}

/// One number for each edge as a matrix.
fn dense(values: &Tensor, edges: &Edges) -> NnResult<Tensor> {
    let nodes = edges.nodes();
    let mut matrix = vec![0.0; nodes * nodes];
    let ends = edges.row().iter().zip(edges.col());
    for ((&row, &col), value) in ends.zip(values.flatten_all()?.to_vec1::<f32>()?) {
        matrix[row as usize * nodes + col as usize] = value;
    }
    Ok(Tensor::from_vec(matrix, (nodes, nodes), &Device::Cpu)?)
}
