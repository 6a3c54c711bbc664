//! The gradients that the backward pass collects, padded, and from them those of the tensors.

use super::super::arena::Buffer;
use super::super::pack::{put, put_bias};
use super::forward::Saved;
use super::shape::{SEND, Shape};
use super::weights::Weights;
use crate::definition::Map;
use crate::matrix::TILE;

/// Gradients as the kernels make them, padded like the weights.
pub(super) struct Gradients {
    /// Of what comes out of each section, a row a node.
    pub(super) sections: Buffer,
    /// Of each section's composed weight: `hidden` rows of `input`; of its bias: a row of `width` each.
    pub(super) front: Buffer,
    pub(super) front_bias: Buffer,
    pub(super) scalars: Buffer,
    pub(super) edge: Buffer,
    pub(super) edge_bias: Buffer,
    pub(super) gate: Buffer,
    pub(super) gate_bias: f32,
    pub(super) coordinate: Buffer,
    pub(super) coordinate_bias: Buffer,
    pub(super) scale: Buffer,
    pub(super) velocity: Buffer,
    pub(super) velocity_bias: f32,
    pub(super) message: Buffer,
    pub(super) node: Buffer,
    pub(super) node_bias: Buffer,
    /// Of the new features, a row a node.
    pub(super) output: Buffer,
    /// Of the nodes' input, `input` columns.
    pub(super) input: Buffer,
    /// Of the sums of messages.
    pub(super) received: Buffer,
    /// Of coordinates and velocities, as many columns as the state has of them.
    pub(super) space: Buffer,
    /// Of the squared distances, and of what `phi_x` returns.
    pub(super) distance: Buffer,
    pub(super) scale_of_edge: Buffer,
}

impl Gradients {
    pub(super) fn zeroed(shape: &Shape) -> Self {
        let Shape { layer, edges, width, input, .. } = *shape;
        let (nodes, hidden) = (shape.nodes(), layer.hidden);
        let square = |wanted: bool| Buffer::zeroed(if wanted { hidden * width } else { 0 });
        let row = |wanted: bool| Buffer::zeroed(if wanted { width } else { 0 });
        let moves = layer.coordinates.is_some();
        let updates = layer.node.is_some();
        let mut sections = Buffer::take(shape.count() * nodes * width);
        sections[..(SEND + 1) * nodes * width].fill(0.0);
        let output = if updates { nodes * width } else { 0 };
        let padding = hidden < width;
        Self {
            sections,
            front: Buffer::zeroed(shape.count() * hidden * input),
            front_bias: Buffer::zeroed(shape.count() * width),
            scalars: Buffer::zeroed((layer.edge[0].inputs - 2 * layer.features).next_multiple_of(TILE) * width),
            edge: square(true),
            edge_bias: row(true),
            gate: row(layer.gate.is_some()),
            gate_bias: 0.0,
            coordinate: square(moves),
            coordinate_bias: row(moves),
            scale: row(moves),
            velocity: row(layer.velocity_maps().is_some()),
            velocity_bias: 0.0,
            message: square(updates),
            node: square(updates),
            node_bias: row(updates),
            output: if padding { Buffer::zeroed(output) } else { Buffer::take(output) },
            input: Buffer::take(nodes * input),
            received: Buffer::take(if updates { nodes * width } else { 0 }),
            space: Buffer::take(nodes * (layer.output_width() - layer.output_features())),
            distance: Buffer::take(edges.len()),
            scale_of_edge: Buffer::take(if moves { edges.len() } else { 0 }),
        }
    }
}

/// Gradient of the layer's parameters, `length` numbers; zero where the layer has no map.
pub(super) fn of_parameters(shape: &Shape, weights: &Weights, found: &Gradients, length: usize) -> Vec<f32> {
    let Shape { layer, width, features, input, depth, .. } = *shape;
    let hidden = layer.hidden;
    let mut target = vec![0.0; length];
    let mut through = Buffer::take(if layer.embedding.is_some() { hidden * features } else { 0 });
    for (index, section) in shape.sections().enumerate() {
        let front = &found.front[index * hidden * input..][..hidden * input];
        let bias = &found.front_bias[index * width..][..width];
        if layer.embedding.is_some() {
            // The weight met the embedding's weight and its bias.
            through.fill(0.0);
            for (o, row) in through.chunks_exact_mut(features).enumerate() {
                let factors = front[o * input..][..depth].iter().chain(std::iter::once(&bias[o]));
                for (&factor, embedding) in factors.zip(weights.embedding.chunks_exact(features)) {
                    add_multiple(row, factor, embedding);
                }
            }
            put(&mut target, section.map, section.first, layer.features, &through, features);
        } else {
            put(&mut target, section.map, section.first, layer.features, front, input);
        }
        if section.biased {
            put_bias(&mut target, section.map, bias);
        }
    }
    let [first, second] = layer.edge;
    for (column, row) in (2 * layer.features..first.inputs).zip(found.scalars.chunks_exact(width)) {
        for (o, &value) in row[..hidden].iter().enumerate() {
            target[first.offset + o * first.inputs + column] = value;
        }
    }
    put(&mut target, second, 0, hidden, &found.edge, width);
    put_bias(&mut target, second, &found.edge_bias);
    if let Some(map) = layer.gate {
        put(&mut target, map, 0, hidden, &found.gate, width);
        put_bias(&mut target, map, &[found.gate_bias]);
    }
    if let Some(coordinates) = layer.coordinates {
        put(&mut target, coordinates.maps[0], 0, hidden, &found.coordinate, width);
        put_bias(&mut target, coordinates.maps[0], &found.coordinate_bias);
        put(&mut target, coordinates.maps[1], 0, hidden, &found.scale, width);
        if coordinates.maps[1].bias {
            put_bias(&mut target, coordinates.maps[1], &[found.scale_of_edge.iter().sum()]);
        }
    }
    if let Some(maps) = layer.velocity_maps() {
        put(&mut target, maps[1], 0, hidden, &found.velocity, width);
        put_bias(&mut target, maps[1], &[found.velocity_bias]);
    }
    if let Some(maps) = layer.node {
        put(&mut target, maps[0], layer.features, hidden, &found.message, width);
        put(&mut target, maps[1], 0, hidden, &found.node, width);
        put_bias(&mut target, maps[1], &found.node_bias);
    }
    target
}

fn add_multiple(row: &mut [f32], factor: f32, other: &[f32]) {
    for (row, &other) in row.iter_mut().zip(other) {
        *row += factor * other;
    }
}

/// Gradient of the embedding's parameters, `length` numbers.
pub(super) fn of_embedding(
    shape: &Shape,
    map: Map,
    weights: &Weights,
    saved: &Saved,
    found: &Gradients,
    length: usize,
) -> Vec<f32> {
    let Shape { layer, width, features, input, depth, .. } = *shape;
    let hidden = layer.hidden;
    let mut target = vec![0.0; length];
    let Some(rows) = &weights.rows else { return target };
    // A row for each raw feature, and one for the bias.
    let mut sums = Buffer::zeroed((depth + 1) * features);
    for index in 0..shape.count() {
        let front = found.front[index * hidden * input..].chunks_exact(input);
        let bias = &found.front_bias[index * width..][..hidden];
        let sections = rows.sections[index * hidden * features..].chunks_exact(features);
        for ((front, &bias), section) in front.zip(bias).zip(sections) {
            let factors = front[..depth].iter().chain(std::iter::once(&bias));
            for (&factor, sum) in factors.zip(sums.chunks_exact_mut(features)) {
                add_multiple(sum, factor, section);
            }
        }
    }
    if layer.residual && layer.node.is_some() {
        for (raw, gradient) in saved.input.chunks_exact(input).zip(found.output.chunks_exact(width)) {
            let factors = raw[..depth].iter().chain(std::iter::once(&1.0));
            for (&factor, sum) in factors.zip(sums.chunks_exact_mut(features)) {
                add_multiple(sum, factor, gradient);
            }
        }
    }
    for (k, sum) in sums.chunks_exact(features).take(depth).enumerate() {
        for (f, &value) in sum[..layer.features].iter().enumerate() {
            target[map.offset + f * map.inputs + k] = value;
        }
    }
    put_bias(&mut target, map, &sums[depth * features..]);
    target
}

/// Gradient of the state.
pub(super) fn of_state(shape: &Shape, weights: &Weights, found: &Gradients) -> Vec<f32> {
    let Shape { layer, input, features, width, depth, .. } = *shape;
    let stride = layer.input_width();
    let columns = stride - depth;
    let mut target = vec![0.0; shape.nodes() * stride];
    for (node, target) in target.chunks_exact_mut(stride.max(1)).enumerate() {
        target[..depth].copy_from_slice(&found.input[node * input..][..depth]);
        target[depth..].copy_from_slice(&found.space[node * columns..][..columns]);
        if layer.residual && layer.node.is_some() && layer.embedding.is_some() {
            let gradient = &found.output[node * width..][..layer.features];
            for (target, embedding) in target[..depth].iter_mut().zip(weights.embedding.chunks_exact(features)) {
                *target += gradient.iter().zip(embedding).map(|(a, b)| a * b).sum::<f32>();
            }
        }
    }
    target
}
