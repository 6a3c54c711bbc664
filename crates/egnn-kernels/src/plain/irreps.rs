//! The operations on features that turn with space.

use candle_core::{D, Result, Tensor};

use super::{Graph, dense};
use crate::definition::{Activation, Map};
use crate::edges::Edges;
use crate::irreps::{Convolution, Fiber, LAYER_NORM_EPSILON, LEAST_NORM, Norm, NormNonlinearity, Part, RadialNet};

pub(crate) fn convolution(
    convolution: &Convolution,
    features: &Tensor,
    parameters: &Tensor,
    geometry: &Tensor,
    edges: &Edges,
) -> Result<Tensor> {
    if edges.is_empty() {
        return Tensor::zeros((0, convolution.output.width()), features.dtype(), features.device());
    }
    let geometry = geometry.detach();
    let sent = Graph::new(edges, features.device())?.senders(&features.contiguous()?)?;
    let distance = geometry.narrow(0, 0, 1)?.t()?;
    of_parts(&convolution.output, |part| {
        let mut sum = Tensor::zeros((edges.len(), part.components(), part.channels), sent.dtype(), sent.device())?;
        for net in convolution.nets.iter().filter(|net| net.to == part.degree) {
            let Some(from) = convolution.input.part(net.from) else { continue };
            let features = cut(&sent, from)?;
            // Cut out once: the gradient of each further cut is then as long as the network, not as all of them.
            let (net, parameters) = alone(net, parameters)?;
            let (net, parameters) = (&net, &parameters);
            let hidden = hidden(net, &distance, parameters)?;
            for (path, &last) in net.last.iter().enumerate() {
                let (start, count) = net.rows(path);
                let basis = geometry.narrow(0, start, count)?.t()?;
                let basis = basis.reshape((edges.len(), part.components(), from.components()))?;
                let radial = dense(&hidden, parameters, last, Activation::Identity)?;
                let radial = radial.reshape((edges.len(), part.channels, from.channels))?;
                sum = (sum + basis.matmul(&features)?.matmul(&radial.t()?)?)?;
            }
        }
        sum.reshape((edges.len(), part.width()))
    })
}

/// A network and its parameters, which begin at 0.
fn alone(net: &RadialNet, parameters: &Tensor) -> Result<(RadialNet, Tensor)> {
    let maps = || [net.first, net.second].into_iter().chain(net.last.iter().copied());
    let starts = maps().map(|map| map.offset).chain(net.norms.iter().map(|norm| norm.offset));
    let ends = maps().map(|map| map.offset + map.len());
    let ends = ends.chain(net.norms.iter().map(|norm| norm.offset + 2 * norm.channels));
    let (start, end) = (starts.min().unwrap_or(0), ends.max().unwrap_or(0));
    let map = |map: Map| Map { offset: map.offset - start, ..map };
    let net = RadialNet {
        first: map(net.first),
        second: map(net.second),
        norms: net.norms.map(|norm| Norm { offset: norm.offset - start, ..norm }),
        last: net.last.iter().copied().map(map).collect(),
        ..*net
    };
    Ok((net, parameters.narrow(0, start, end - start)?))
}

/// The second hidden row of each edge.
fn hidden(net: &RadialNet, distance: &Tensor, parameters: &Tensor) -> Result<Tensor> {
    let layer = |x: &Tensor, map: Map, norm: Norm| {
        relu(&layer_norm(&dense(x, parameters, map, Activation::Identity)?, parameters, norm)?)
    };
    layer(&layer(distance, net.first, net.norms[0])?, net.second, net.norms[1])
}

fn layer_norm(z: &Tensor, parameters: &Tensor, norm: Norm) -> Result<Tensor> {
    let centred = z.broadcast_sub(&z.mean_keepdim(D::Minus1)?)?;
    let deviation = (centred.sqr()?.mean_keepdim(D::Minus1)? + LAYER_NORM_EPSILON)?.sqrt()?;
    let weight = parameters.narrow(0, norm.offset, norm.channels)?;
    let bias = parameters.narrow(0, norm.offset + norm.channels, norm.channels)?;
    centred.broadcast_div(&deviation)?.broadcast_mul(&weight)?.broadcast_add(&bias)
}

/// Unlike candle's own, with gradient 0 at 0, as PyTorch has it, and NaN stays.
fn relu(z: &Tensor) -> Result<Tensor> {
    z.detach().le(0.0)?.where_cond(&z.zeros_like()?, z)
}

pub(crate) fn norm_nonlinearity(layer: &NormNonlinearity, features: &Tensor, parameters: &Tensor) -> Result<Tensor> {
    let rows = features.dims2()?.0;
    if rows == 0 {
        return features.zeros_like();
    }
    let mut nets = layer.nets.iter();
    of_parts(&layer.fiber, |part| {
        let f = cut(features, part)?;
        let squared = f.sqr()?.sum_keepdim(1)?;
        let is_short = squared.detach().lt(LEAST_NORM * LEAST_NORM)?;
        // There, there is no direction: the feature counts as a constant.
        let f = is_short.broadcast_as(f.shape())?.where_cond(&f.detach(), &f)?;
        let least = (squared.ones_like()? * (LEAST_NORM * LEAST_NORM))?;
        let length = is_short.where_cond(&least, &squared)?.sqrt()?;
        let mut scale = length.squeeze(1)?;
        if let Some(&(norm, map)) = nets.next() {
            scale = relu(&layer_norm(&scale, parameters, norm)?)?;
            if let Some(map) = map {
                scale = dense(&scale, parameters, map, Activation::Identity)?;
            }
        }
        f.broadcast_mul(&(scale.unsqueeze(1)? / length)?)?.reshape((rows, part.width()))
    })
}

pub(crate) fn attention(query: &Tensor, key: &Tensor, value: &Tensor, edges: &Edges) -> Result<Tensor> {
    if edges.is_empty() {
        return Tensor::zeros((edges.nodes(), value.dims2()?.1), value.dtype(), value.device());
    }
    let graph = Graph::new(edges, query.device())?;
    let width = query.dims2()?.1 as f64;
    let logits = ((graph.receivers(&query.contiguous()?)? * key)?.sum_keepdim(1)? / width.sqrt())?;
    // The largest of each receiver is taken away: nothing but rounding depends on it.
    let weights = (&logits - largest(&logits, edges)?)?.exp()?;
    let sums = graph.receivers(&graph.sum(&weights)?)?;
    graph.sum(&value.broadcast_mul(&(weights / sums)?)?)
}

/// For each edge the largest number of the edges to its receiver, a constant.
fn largest(numbers: &Tensor, edges: &Edges) -> Result<Tensor> {
    let values = numbers.detach().flatten_all()?.to_dtype(candle_core::DType::F64)?.to_vec1::<f64>()?;
    let of_node = |node| values[edges.of_row(node)].iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let largest: Vec<f64> = (0..edges.nodes()).map(of_node).collect();
    let spread = edges.row().iter().map(|&row| largest[row as usize]);
    Tensor::from_iter(spread, numbers.device())?.reshape((edges.len(), 1))?.to_dtype(numbers.dtype())
}

/// A row for each part, side by side.
fn of_parts(fiber: &Fiber, row: impl FnMut(Part) -> Result<Tensor>) -> Result<Tensor> {
    Tensor::cat(&fiber.parts().map(row).collect::<Result<Vec<_>>>()?, 1)
}

/// The features of a type: `(rows, components, channels)`.
fn cut(rows: &Tensor, part: Part) -> Result<Tensor> {
    let count = rows.dims2()?.0;
    rows.narrow(1, part.offset, part.width())?.contiguous()?.reshape((count, part.components(), part.channels))
}
