//! From the kernels' padded gradients to those of the tensors.

use super::super::arena::Buffer;
use super::super::pack::{put, put_bias};
use super::backward::Gradients;
use super::forward::Saved;
use super::shape::Shape;
use super::weights::Weights;
use crate::definition::Map;

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
    }
    if let Some((maps, _)) = layer.velocity {
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
