//! The operations in candle's own: any device, float32 and float64, differentiated by candle.

mod irreps;
mod motion;

use candle_core::{Device, Result, Tensor};

use crate::backend::LayerInput;
use crate::definition::{
    Activation, Aggregation, Coordinates, CrossEntropy, Decoder, Layer, Map, RadialField, Velocity, VelocityUpdate,
};
use crate::edges::Edges;

pub(crate) use irreps::{attention, convolution, norm_nonlinearity};
pub(crate) use motion::motion;

pub(crate) fn dense(x: &Tensor, parameters: &Tensor, map: Map, activation: Activation) -> Result<Tensor> {
    let weight = parameters.narrow(0, map.offset, map.outputs * map.inputs)?.reshape((map.outputs, map.inputs))?;
    let mut z = x.contiguous()?.matmul(&weight.t()?)?;
    if let Some(offset) = map.bias_offset() {
        z = z.broadcast_add(&parameters.narrow(0, offset, map.outputs)?)?;
    }
    match activation {
        Activation::Identity => Ok(z),
        Activation::Silu => z.silu(),
        Activation::ShiftedSoftplus => {
            let logarithm = (z.abs()?.neg()?.exp()? + 1.0)?.log()?;
            (z.relu()? + logarithm)? - std::f64::consts::LN_2
        }
    }
}

/// Linear, SiLU, Linear.
fn mlp(x: &Tensor, parameters: &Tensor, maps: [Map; 2]) -> Result<Tensor> {
    dense(&dense(x, parameters, maps[0], Activation::Silu)?, parameters, maps[1], Activation::Identity)
}

pub(crate) fn layer(layer: &Layer, input: &LayerInput) -> Result<Tensor> {
    if input.edges.nodes() == 0 {
        return nothing(layer.output_width(), input);
    }
    let parameters = input.parameters;
    let graph = Graph::new(input.edges, input.state.device())?;
    let features = layer.input_features();
    let raw = columns(input.state, 0, features)?;
    let h = match (layer.embedding, input.embedding) {
        (Some(map), Some(embedding)) => dense(&raw, embedding, map, Activation::Identity)?,
        _ => raw,
    };
    let x = (layer.dim > 0).then(|| columns(input.state, features, layer.dim)).transpose()?;
    let difference = x.as_ref().map(|x| graph.difference(x)).transpose()?;

    let mut edge = vec![graph.receivers(&h)?, graph.senders(&h)?];
    edge.extend(difference.as_ref().map(squared_norm).transpose()?);
    edge.extend(input.attributes.map(Tensor::detach));
    let messages = messages(layer, parameters, &Tensor::cat(&edge, 1)?)?;

    let mut state = Vec::new();
    if let Some(maps) = layer.node {
        let update = mlp(&Tensor::cat(&[&h, &graph.sum(&messages)?], 1)?, parameters, maps)?;
        state.push(if layer.residual { (&h + update)? } else { update });
    }
    if let (Some(x), Some(difference), Some(coordinates)) = (&x, &difference, &layer.coordinates) {
        let step = coordinate_step(coordinates, parameters, difference, &messages, &graph)?;
        state.extend(moved(layer, input, x, step, &h)?);
    } else {
        state.extend(x);
    }
    Tensor::cat(&state, 1)
}

/// The state of no nodes: candle cannot take columns of a matrix without rows.
fn nothing(width: usize, input: &LayerInput) -> Result<Tensor> {
    Tensor::zeros((0, width), input.state.dtype(), input.state.device())
}

/// `m_ij`, gated if there is a gate: `(edges, hidden)`.
fn messages(layer: &Layer, parameters: &Tensor, edge: &Tensor) -> Result<Tensor> {
    let first = dense(edge, parameters, layer.edge[0], Activation::Silu)?;
    let messages = dense(&first, parameters, layer.edge[1], Activation::Silu)?;
    match layer.gate {
        None => Ok(messages),
        Some(gate) => {
            let z = dense(&messages, parameters, gate, Activation::Identity)?;
            // The sigmoid by way of tanh: its gradient is finite for any z.
            messages.broadcast_mul(&(((z * 0.5)?.tanh()? + 1.0)? * 0.5)?)
        }
    }
}

/// `C sum_j clamp((x_i - x_j) phi_x(m_ij))`: `(nodes, dim)`.
fn coordinate_step(
    coordinates: &Coordinates,
    parameters: &Tensor,
    difference: &Tensor,
    messages: &Tensor,
    graph: &Graph,
) -> Result<Tensor> {
    let scale = mlp(messages, parameters, coordinates.maps)?;
    let scale = if coordinates.tanh { scale.tanh()? } else { scale };
    let terms = if coordinates.normalize {
        let norm = (squared_norm(&difference.detach())?.sqrt()? + 1e-8)?;
        difference.broadcast_div(&norm)?.broadcast_mul(&scale)?
    } else {
        difference.broadcast_mul(&scale)?
    };
    let terms = match coordinates.clamp {
        Some(bound) => clamp(&terms, bound)?,
        None => terms,
    };
    match coordinates.aggregation {
        Aggregation::Mean => graph.mean(&terms),
        Aggregation::Sum => graph.sum(&terms),
    }
}

/// Cut at `+-bound`. candle's own clamp halves the gradient on the bound and loses NaN; these comparisons do not.
fn clamp(terms: &Tensor, bound: f64) -> Result<Tensor> {
    let values = terms.detach();
    let bounds = values.ones_like()?;
    let terms = values.gt(bound)?.where_cond(&(&bounds * bound)?, terms)?;
    values.lt(-bound)?.where_cond(&(&bounds * -bound)?, &terms)
}

/// `[x', v']` after a step of the coordinates, without `v'` if there is no velocity.
fn moved(layer: &Layer, input: &LayerInput, x: &Tensor, step: Tensor, h: &Tensor) -> Result<Vec<Tensor>> {
    let keep = layer.coordinates.map_or(1.0, |coordinates| coordinates.keep);
    let Some(update) = layer.velocity else {
        return Ok(vec![((x + step)? * keep)?]);
    };
    let v = columns(input.state, layer.input_features() + layer.dim, layer.dim)?;
    Ok(match update {
        VelocityUpdate::Scaled { maps, velocity } => {
            let step = (step + v.broadcast_mul(&mlp(h, input.parameters, maps)?)?)?;
            let x = ((x + &step)? * keep)?;
            vec![x, if velocity == Velocity::Current { step } else { v }]
        }
        VelocityUpdate::Integrated { step: time } => {
            let v = (v + (step * time)?)?;
            vec![((x + (&v * time)?)? * keep)?, v]
        }
    })
}

pub(crate) fn radial_field(layer: &RadialField, input: &LayerInput) -> Result<Tensor> {
    if input.edges.nodes() == 0 {
        return nothing(layer.width(), input);
    }
    let graph = Graph::new(input.edges, input.state.device())?;
    let x = columns(input.state, 0, layer.dim)?;
    let difference = graph.difference(&x)?;
    let mut edge = vec![root(&squared_norm(&difference)?)?];
    edge.extend(input.attributes.map(Tensor::detach));
    let scale = mlp(&Tensor::cat(&edge, 1)?, input.parameters, layer.phi)?;
    let terms = difference.broadcast_mul(&if layer.tanh { scale.tanh()? } else { scale })?;
    let terms = match layer.clamp {
        Some(bound) => clamp(&terms, bound)?,
        None => terms,
    };
    let x = ((x * layer.keep)? + graph.mean(&terms)?)?;
    let Some(velocity) = layer.velocity else { return Ok(x) };
    let v = columns(input.state, layer.dim, layer.dim)?;
    let speed = squared_norm(&v.detach())?.sqrt()?;
    let drift = v.broadcast_mul(&mlp(&speed, input.parameters, velocity)?)?;
    Tensor::cat(&[(x + drift)?, v], 1)
}

/// The logit of each edge: `(edges, 1)`.
fn logits(decoder: Decoder, z: &Tensor, parameters: &Tensor, graph: &Graph) -> Result<Tensor> {
    let difference = graph.difference(&z.contiguous()?)?;
    let distance = if decoder.map.inputs == 1 { squared_norm(&difference)? } else { difference.sqr()? };
    dense(&distance, parameters, decoder.map, Activation::Identity)
}

/// `1 / (1 + exp(-x))`, exact also where it is small; not to be differentiated.
fn sigmoid(logits: &Tensor) -> Result<Tensor> {
    (logits.detach().neg()?.exp()? + 1.0)?.recip()
}

pub(crate) fn decode(decoder: Decoder, z: &Tensor, parameters: &Tensor, edges: &Edges) -> Result<Tensor> {
    if edges.is_empty() {
        return Tensor::zeros((0, 1), z.dtype(), z.device());
    }
    sigmoid(&logits(decoder, &z.detach(), &parameters.detach(), &Graph::new(edges, z.device())?)?)
}

pub(crate) fn reconstruction_loss(
    decoder: Decoder,
    kind: CrossEntropy,
    z: &Tensor,
    parameters: &Tensor,
    targets: &Tensor,
    edges: &Edges,
) -> Result<Tensor> {
    if edges.is_empty() {
        return Tensor::zeros((), z.dtype(), z.device());
    }
    let logits = logits(decoder, z, parameters, &Graph::new(edges, z.device())?)?;
    let (p, targets) = (sigmoid(&logits)?, targets.detach());
    let (value, slope) = match kind {
        CrossEntropy::Probability => {
            let (one_minus_p, one_minus_a) = (p.affine(-1.0, 1.0)?, targets.affine(-1.0, 1.0)?);
            let log = |p: &Tensor| p.log()?.maximum(LEAST_LOGARITHM);
            let q = (&p * &one_minus_p)?;
            let slope = ((&p - &targets)? * (&q / q.maximum(LEAST_VARIANCE)?)?)?;
            (((targets * log(&p)?)? + (one_minus_a * log(&one_minus_p)?)?)?.neg()?, slope)
        }
        CrossEntropy::Logit => {
            let x = logits.detach();
            let rest = (x.abs()?.neg()?.exp()? + 1.0)?.log()?;
            (((x.relu()? - (&x * &targets)?)? + rest)?, (p - targets)?)
        }
    };
    let value = value.sum_all()?;
    // Adds nothing but the gradient.
    let surrogate = (logits * slope)?.sum_all()?;
    value + (&surrogate - surrogate.detach())?
}

/// What a logarithm of the cross-entropy is at least, as in PyTorch.
pub(crate) const LEAST_LOGARITHM: f64 = -100.0;
/// What `p (1 - p)` is at least where the cross-entropy's gradient is divided by it, as in PyTorch.
pub(crate) const LEAST_VARIANCE: f64 = 1e-12;

/// The square root, with gradient 0 instead of infinity at 0.
fn root(squared: &Tensor) -> Result<Tensor> {
    let is_zero = squared.detach().eq(0.0)?;
    let root = is_zero.where_cond(&squared.ones_like()?, squared)?.sqrt()?;
    is_zero.where_cond(&squared.zeros_like()?, &root)
}

pub(crate) fn segment_sum(messages: &Tensor, edges: &Edges) -> Result<Tensor> {
    Graph::new(edges, messages.device())?.sum(messages)
}

pub(crate) fn segment_mean(messages: &Tensor, edges: &Edges) -> Result<Tensor> {
    Graph::new(edges, messages.device())?.mean(messages)
}

pub(crate) fn filtered_sum(nodes: &Tensor, filters: &Tensor, edges: &Edges) -> Result<Tensor> {
    let graph = Graph::new(edges, nodes.device())?;
    graph.sum(&(graph.senders(&nodes.contiguous()?)? * filters)?)
}

pub(crate) fn squared_distances(x: &Tensor, edges: &Edges) -> Result<Tensor> {
    squared_norm(&Graph::new(edges, x.device())?.difference(&x.detach().contiguous()?)?)
}

pub(crate) fn products(values: &Tensor, edges: &Edges) -> Result<Tensor> {
    let (graph, values) = (Graph::new(edges, values.device())?, values.detach().contiguous()?);
    graph.receivers(&values)? * graph.senders(&values)?
}

/// Some columns of a matrix.
fn columns(matrix: &Tensor, start: usize, count: usize) -> Result<Tensor> {
    matrix.narrow(1, start, count)?.contiguous()
}

/// The squared norm of each row: `(rows, 1)`.
fn squared_norm(rows: &Tensor) -> Result<Tensor> {
    rows.sqr()?.sum_keepdim(1)
}

/// Edges whose ends are on the device.
struct Graph<'a> {
    edges: &'a Edges,
    row: Tensor,
    col: Tensor,
}

impl<'a> Graph<'a> {
    fn new(edges: &'a Edges, device: &Device) -> Result<Self> {
        let index = |nodes: &[u32]| Tensor::from_slice(nodes, nodes.len(), device);
        Ok(Self { edges, row: index(edges.row())?, col: index(edges.col())? })
    }

    /// What the receiving node of each edge has.
    fn receivers(&self, nodes: &Tensor) -> Result<Tensor> {
        nodes.index_select(&self.row, 0)
    }

    /// What the sending node of each edge has.
    fn senders(&self, nodes: &Tensor) -> Result<Tensor> {
        nodes.index_select(&self.col, 0)
    }

    /// `x_i - x_j`.
    fn difference(&self, x: &Tensor) -> Result<Tensor> {
        self.receivers(x)? - self.senders(x)?
    }

    fn sum(&self, messages: &Tensor) -> Result<Tensor> {
        let shape = (self.edges.nodes(), messages.dims2()?.1);
        let zeros = Tensor::zeros(shape, messages.dtype(), messages.device())?;
        zeros.index_add(&self.row, &messages.contiguous()?, 0)
    }

    fn mean(&self, messages: &Tensor) -> Result<Tensor> {
        let nodes = self.edges.nodes();
        let share = |node| 1.0 / self.edges.of_row(node).len().max(1) as f64;
        let shares = Tensor::from_iter((0..nodes).map(share), messages.device())?;
        self.sum(messages)?.broadcast_mul(&shares.to_dtype(messages.dtype())?.reshape((nodes, 1))?)
    }
}
