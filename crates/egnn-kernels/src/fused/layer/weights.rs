//! A layer's parameters, laid out as the kernels read them: padded, transposed where a product wants it.

use super::super::arena::Buffer;
use super::super::pack::{bias, copy, row, rows, transpose, transposed};
use super::shape::Shape;
use crate::definition::Map;
use crate::matrix::{Left, product};
use crate::simd::{Kernel, Lanes};

/// Weights of the forward pass, and those of the backward pass if there will be one.
pub(super) struct Weights {
    /// `depth` rows of `width` a section: input to hidden, through the embedding if there is one.
    pub(super) front: Buffer,
    /// A row of `width` a section.
    pub(super) front_bias: Buffer,
    /// The embedding as a product takes it, `depth` rows of `features`, and then its bias.
    pub(super) embedding: Buffer,
    /// What the squared distance and the attributes are multiplied with: a row of `width` each.
    pub(super) scalars: Buffer,
    pub(super) edge: Buffer,
    pub(super) edge_bias: Buffer,
    /// The gate's weight, one row.
    pub(super) gate: Buffer,
    pub(super) gate_bias: f32,
    pub(super) coordinate: Buffer,
    pub(super) coordinate_bias: Buffer,
    /// The last map of `phi_x`, one row.
    pub(super) scale: Buffer,
    pub(super) scale_bias: f32,
    /// The last map of `phi_v`, one row.
    pub(super) velocity: Buffer,
    pub(super) velocity_bias: f32,
    /// The columns of `phi_h`'s first map that take messages.
    pub(super) message: Buffer,
    pub(super) node: Buffer,
    pub(super) node_bias: Buffer,
    pub(super) rows: Option<Rows>,
}

/// The same weights as rows of their maps: `hidden` rows each.
pub(super) struct Rows {
    /// `hidden` rows of `input` a section, through the embedding.
    pub(super) front: Buffer,
    /// `hidden` rows of `features` a section, as they are in the parameters. Only with an embedding.
    pub(super) sections: Buffer,
    pub(super) edge: Buffer,
    pub(super) coordinate: Buffer,
    pub(super) message: Buffer,
    pub(super) node: Buffer,
}

/// Parameters as slices.
#[derive(Clone, Copy)]
pub(super) struct Parameters<'a> {
    pub(super) layer: &'a [f32],
    pub(super) embedding: &'a [f32],
}

impl Weights {
    pub(super) fn new(shape: &Shape, parameters: Parameters, backward: bool, path: crate::simd::Path) -> Self {
        let Shape { layer, width, features, depth, .. } = *shape;
        let hidden = layer.hidden;
        let values = parameters.layer;
        let none = || Buffer::take(0);
        let [first, second] = layer.edge;
        let scalars =
            shape.distance_column().into_iter().chain((0..layer.attributes).map(|a| shape.attribute_column() + a));
        let mut scalar_rows = Buffer::zeroed((first.inputs - 2 * layer.features) * width);
        for (index, column) in scalars.enumerate() {
            transpose(values, first, column, 1, &mut scalar_rows[index * width..], width);
        }
        let mut front_bias = Buffer::zeroed(shape.count() * width);
        for (section, target) in shape.sections().zip(front_bias.chunks_exact_mut(width)) {
            if section.biased {
                let bias = bias(values, section.map);
                target[..bias.len()].copy_from_slice(bias);
            }
        }
        let mut front = Buffer::for_rows(shape.count() * layer.features, hidden, width);
        for (section, target) in shape.sections().zip(front.chunks_exact_mut((layer.features * width).max(1))) {
            transpose(values, section.map, section.first, layer.features, target, width);
        }
        let mut embedding = none();
        if let Some(map) = layer.embedding {
            embedding = Buffer::zeroed((depth + 1) * features);
            transpose(parameters.embedding, map, 0, depth, &mut embedding, features);
            let bias = bias(parameters.embedding, map);
            embedding[depth * features..][..bias.len()].copy_from_slice(bias);
            let mut through = Buffer::take(shape.count() * depth * width);
            let compose =
                Compose { shape, embedding: &embedding, front: &front, through: &mut through, bias: &mut front_bias };
            crate::simd::dispatch(path, compose);
            front = through;
        }
        let coordinates = layer.coordinates.map(|coordinates| coordinates.maps);
        let single = |map: Map| row(&values[map.offset..][..map.inputs], width);
        let scalar = |map: Map| bias(values, map).first().copied().unwrap_or(0.0);
        let rows = backward.then(|| Self::backward(shape, parameters, &front));
        Self {
            front,
            front_bias,
            embedding,
            scalars: scalar_rows,
            edge: transposed(values, second, 0, hidden, width),
            edge_bias: row(bias(values, second), width),
            gate: layer.gate.map_or_else(none, single),
            gate_bias: layer.gate.map_or(0.0, scalar),
            coordinate: coordinates.map_or_else(none, |maps| transposed(values, maps[0], 0, hidden, width)),
            coordinate_bias: coordinates.map_or_else(none, |maps| row(bias(values, maps[0]), width)),
            scale: coordinates.map_or_else(none, |maps| single(maps[1])),
            scale_bias: coordinates.map_or(0.0, |maps| scalar(maps[1])),
            velocity: layer.velocity_maps().map_or_else(none, |maps| single(maps[1])),
            velocity_bias: layer.velocity_maps().map_or(0.0, |maps| scalar(maps[1])),
            message: layer.node.map_or_else(none, |maps| transposed(values, maps[0], layer.features, hidden, width)),
            node: layer.node.map_or_else(none, |maps| transposed(values, maps[1], 0, hidden, width)),
            node_bias: layer.node.map_or_else(none, |maps| row(bias(values, maps[1]), width)),
            rows,
        }
    }

    fn backward(shape: &Shape, parameters: Parameters, front: &Buffer) -> Rows {
        let Shape { layer, width, features, depth, input, .. } = *shape;
        let hidden = layer.hidden;
        let values = parameters.layer;
        let none = || Buffer::take(0);
        let mut sections = Buffer::for_rows(shape.count() * hidden, layer.features, features);
        for (section, target) in shape.sections().zip(sections.chunks_exact_mut((hidden * features).max(1))) {
            copy(values, section.map, section.first, layer.features, target, features);
        }
        let front = if layer.embedding.is_none() {
            std::mem::replace(&mut sections, none())
        } else {
            let mut rows = Buffer::zeroed(shape.count() * hidden * input);
            for (front, rows) in
                front.chunks_exact((depth * width).max(1)).zip(rows.chunks_exact_mut((hidden * input).max(1)))
            {
                for (k, front) in front.chunks_exact(width).enumerate() {
                    for (row, &value) in rows.chunks_exact_mut(input).zip(front) {
                        row[k] = value;
                    }
                }
            }
            rows
        };
        Rows {
            front,
            sections,
            edge: rows(values, layer.edge[1], 0, hidden, width),
            coordinate: layer.coordinates.map_or_else(none, |c| rows(values, c.maps[0], 0, hidden, width)),
            message: layer.node.map_or_else(none, |maps| rows(values, maps[0], layer.features, hidden, width)),
            node: layer.node.map_or_else(none, |maps| rows(values, maps[1], 0, hidden, width)),
        }
    }
}

/// The embedding followed by each section is one linear map again.
struct Compose<'a> {
    shape: &'a Shape<'a>,
    embedding: &'a [f32],
    front: &'a [f32],
    through: &'a mut [f32],
    bias: &'a mut [f32],
}

impl Kernel for Compose<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Shape { layer, width, features, depth, .. } = *self.shape;
        let vectors = width / L::F32_LANES;
        for section in 0..self.shape.count() {
            let right = L::as_simd_f32s(&self.front[section * layer.features * width..]).0;
            let through = L::as_mut_simd_f32s(&mut self.through[section * depth * width..]).0;
            let left = Left::rows(self.embedding, features);
            product(
                lanes,
                [depth, layer.features, vectors],
                left,
                right,
                vectors,
                #[inline(always)]
                |_, row: usize, column: usize, sum| through[row * vectors + column] = sum,
            );
            let bias = L::as_mut_simd_f32s(&mut self.bias[section * width..][..width]).0;
            let left = Left::rows(&self.embedding[depth * features..], features);
            product(
                lanes,
                [1, layer.features, vectors],
                left,
                right,
                vectors,
                #[inline(always)]
                |lanes: L, _, column: usize, sum| bias[column] = lanes.add_f32s(bias[column], sum),
            );
        }
    }
}
