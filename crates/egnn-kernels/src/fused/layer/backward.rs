//! A layer's backward pass: from the gradient of the new state to those of the state and of the parameters.

use super::super::arena::Buffer;
use super::super::bound;
use super::forward::{NODES, Saved, block};
use super::gradients::Gradients;
use super::shape::{RECEIVE, SEND, Shape};
use super::shared::{Activated, activate, columns, columns_mut, dot, first_edge_layer, in_columns, inverse_norm};
use super::weights::{Rows, Weights};
use crate::definition::{Velocity, VelocityUpdate};
use crate::math;
use crate::matrix::{Left, TILE, add_outer, add_rows, product};
use crate::simd::{Kernel, Lanes};

pub(super) struct Backward<'a> {
    pub(super) shape: Shape<'a>,
    pub(super) weights: &'a Weights,
    pub(super) rows: &'a Rows,
    pub(super) saved: &'a Saved,
    pub(super) state: &'a [f32],
    pub(super) attributes: &'a [f32],
    /// Gradient of the new state.
    pub(super) gradient: &'a [f32],
    pub(super) found: &'a mut Gradients,
    /// Whether anyone wants the gradient of the state.
    pub(super) state_wanted: bool,
}

impl Kernel for Backward<'_> {
    #[inline(always)]
    fn run<L: Lanes>(mut self, lanes: L) {
        self.nodes_last(lanes);
        self.coordinates();
        self.velocities(lanes);
        self.edges(lanes);
        if self.state_wanted {
            self.distances();
        }
        self.nodes_first(lanes);
    }
}

impl Backward<'_> {
    /// Through `phi_h`.
    #[inline(always)]
    fn nodes_last<L: Lanes>(&mut self, lanes: L) {
        let Shape { layer, width, .. } = self.shape;
        let Some(section) = self.shape.node_section() else { return };
        let (nodes, vectors, hidden) = (self.shape.nodes(), width / L::F32_LANES, layer.hidden);
        let stride = layer.output_width();
        for (target, row) in self.found.output.chunks_exact_mut(width).zip(self.gradient.chunks_exact(stride)) {
            target[..hidden].copy_from_slice(&row[..hidden]);
        }
        let output = &self.found.output;
        let mut again = Activated::take(nodes, width);
        activate(lanes, &self.saved.front[section * nodes * width..][..nodes * width], &mut again);
        add_outer(lanes, [hidden, nodes], (output, width), (&again.value, width), &mut self.found.node);
        add_rows(lanes, L::as_simd_f32s(output).0, L::as_mut_simd_f32s(&mut self.found.node_bias).0);
        let inner = &mut self.found.sections[section * nodes * width..][..nodes * width];
        {
            let inner = L::as_mut_simd_f32s(inner).0;
            let slope = L::as_simd_f32s(&again.slope).0;
            let left = Left::rows(output, width);
            product(
                lanes,
                [nodes, hidden, vectors],
                left,
                L::as_simd_f32s(&self.rows.node).0,
                vectors,
                #[inline(always)]
                |lanes: L, row: usize, column: usize, sum| {
                    let place = row * vectors + column;
                    inner[place] = lanes.mul_f32s(sum, slope[place]);
                },
            );
        }
        add_outer(lanes, [hidden, nodes], (inner, width), (&self.saved.received, width), &mut self.found.message);
        let received = L::as_mut_simd_f32s(&mut self.found.received).0;
        let left = Left::rows(inner, width);
        product(
            lanes,
            [nodes, hidden, vectors],
            left,
            L::as_simd_f32s(&self.rows.message).0,
            vectors,
            #[inline(always)]
            |_, row: usize, column: usize, sum| received[row * vectors + column] = sum,
        );
    }

    /// Through the sum of equation (4), to positions and `phi_x`.
    #[inline(always)]
    fn coordinates(&mut self) {
        // Loops of known length are unrolled.
        match self.shape.layer.dim {
            3 => self.coordinates_in(3),
            8 => self.coordinates_in(8),
            dim => self.coordinates_in(dim),
        }
    }

    #[inline(always)]
    fn coordinates_in(&mut self, dim: usize) {
        let layer = self.shape.layer;
        let (first, stride) = (layer.input_features(), layer.input_width());
        let new_stride = layer.output_width();
        let new_first = layer.output_features();
        let columns = new_stride - new_first;
        for node in 0..self.shape.nodes() {
            let gradient = &self.gradient[node * new_stride + new_first..][..columns];
            self.found.space[node * columns..][..columns].copy_from_slice(gradient);
        }
        let Some(coordinates) = layer.coordinates else { return };
        let limit = bound::of(coordinates.clamp);
        let keep = coordinates.keep as f32;
        for space in self.found.space.chunks_exact_mut(columns) {
            for gradient in &mut space[..dim] {
                *gradient *= keep;
            }
        }
        let (current, time) = match layer.velocity {
            Some(VelocityUpdate::Scaled { velocity, .. }) => (velocity == Velocity::Current, None),
            Some(VelocityUpdate::Integrated { step }) => (false, Some(step as f32)),
            None => (false, None),
        };
        if let Some(time) = time {
            // To v', from which x' is made.
            for space in self.found.space.chunks_exact_mut(columns) {
                let (of_x, of_v) = space.split_at_mut(dim);
                for (of_v, &of_x) in of_v.iter_mut().zip(&*of_x) {
                    *of_v += time * of_x;
                }
            }
        }
        for node in 0..self.shape.nodes() {
            let share = self.shape.share(node);
            let new = &self.gradient[node * new_stride + new_first..][..columns];
            for edge in self.shape.edges.of_row(node) {
                let sender = self.shape.edges.col()[edge] as usize;
                let ends = [node, sender].map(|node| &self.state[node * stride + first..][..dim]);
                let (scale, squared) = (self.saved.scale[edge], self.saved.distance[edge]);
                let inverse = inverse_norm(coordinates.normalize, squared);
                let mut sum = 0.0;
                for axis in 0..dim {
                    let difference = (ends[0][axis] - ends[1][axis]) * inverse;
                    let term = difference * scale;
                    if bound::is_beyond(term, limit) {
                        continue;
                    }
                    let step = match time {
                        Some(time) => time * self.found.space[node * columns + dim + axis],
                        None => keep * new[axis] + if current { new[dim + axis] } else { 0.0 },
                    };
                    let part = step * share;
                    sum += part * difference;
                    let part = part * scale * inverse;
                    self.found.space[node * columns + axis] += part;
                    self.found.space[sender * columns + axis] -= part;
                }
                self.found.scale_of_edge[edge] = if coordinates.tanh { sum * (1.0 - scale * scale) } else { sum };
            }
        }
    }

    /// Through `phi_v`.
    #[inline(always)]
    fn velocities<L: Lanes>(&mut self, lanes: L) {
        let Shape { layer, width, .. } = self.shape;
        let (Some(section), Some(VelocityUpdate::Scaled { velocity, .. })) =
            (self.shape.velocity_section(), layer.velocity)
        else {
            return;
        };
        let (nodes, dim, vectors) = (self.shape.nodes(), layer.dim, width / L::F32_LANES);
        let (first, stride) = (layer.input_features() + dim, layer.input_width());
        let keep = layer.coordinates.map_or(1.0, |coordinates| coordinates.keep as f32);
        let inner = &mut self.found.sections[section * nodes * width..][..nodes * width];
        let inner = L::as_mut_simd_f32s(inner).0.chunks_exact_mut(vectors);
        let z = &self.saved.front[section * nodes * width..][..nodes * width];
        let z = L::as_simd_f32s(z).0.chunks_exact(vectors);
        let weights = L::as_simd_f32s(&self.weights.velocity).0;
        let sums = L::as_mut_simd_f32s(&mut self.found.velocity).0;
        for (node, (inner, z)) in inner.zip(z).enumerate() {
            let gradient = &self.gradient[node * layer.output_width() + layer.output_features()..][..2 * dim];
            let mut sum = 0.0;
            for axis in 0..dim {
                let (step, passed) = match velocity {
                    Velocity::Initial => (keep * gradient[axis], gradient[dim + axis]),
                    Velocity::Current => (keep * gradient[axis] + gradient[dim + axis], 0.0),
                };
                sum += step * self.state[node * stride + first + axis];
                self.found.space[node * 2 * dim + dim + axis] = passed + step * self.saved.velocity_scale[node];
            }
            self.found.velocity_bias += sum;
            let sum = lanes.splat_f32s(sum);
            for c in 0..vectors {
                let (value, slope) = math::silu_and_slope(lanes, z[c]);
                sums[c] = lanes.multiply_add(sum, value, sums[c]);
                inner[c] = lanes.mul_f32s(lanes.mul_f32s(sum, weights[c]), slope);
            }
        }
    }

    /// Through `phi_x` and `phi_e`, block by block.
    #[inline(always)]
    fn edges<L: Lanes>(&mut self, lanes: L) {
        let Shape { layer, width, .. } = self.shape;
        let edges = self.shape.edges.len();
        let block = block(width);
        let mut first = Activated::take(block, width);
        let mut again = Activated::take(block, width);
        let mut inner = Buffer::take(block * width);
        let mut message = Buffer::take(block * width);
        // Where phi_x saw them, gated messages are needed again; where nothing but their sum did, gate and activation are
        // gone through at once.
        let is_gated = layer.gate.is_some() && layer.coordinates.is_some();
        let only_summed = layer.gate.is_some() && layer.coordinates.is_none() && layer.node.is_some();
        let mut gated = Buffer::take(if is_gated { block * width } else { 0 });
        let numbers = layer.attributes + usize::from(layer.dim > 0);
        let mut numbers = Buffer::zeroed(block * numbers.next_multiple_of(TILE));
        let mut start = 0;
        while start < edges {
            let range = start..(start + block).min(edges);
            start = range.end;
            first_edge_layer::<L, true>(
                lanes,
                &self.shape,
                [&self.saved.front, &self.weights.scalars, &self.saved.distance, self.attributes],
                range.clone(),
                &mut first,
            );
            if only_summed {
                self.gated_sums(lanes, range.clone(), &mut again, &mut message);
            } else {
                activate(lanes, &self.saved.message[range.start * width..range.end * width], &mut again);
                if is_gated {
                    self.gate_again(lanes, range.clone(), &again, &mut gated);
                }
                let messages = if is_gated { &gated } else { &again.value };
                self.scales(lanes, range.clone(), messages, &mut inner);
                self.messages(lanes, range.clone(), &inner, &again, &mut message);
                if layer.gate.is_some() {
                    self.gates(lanes, range.clone(), &again, &mut message);
                }
            }
            self.second_edge_layer(lanes, range.clone(), &first, &message, &mut inner);
            self.first_edge_layer(lanes, range, &inner, &mut numbers);
        }
    }

    /// Through `phi_x`: `inner` becomes the gradient of its first map's result.
    #[inline(always)]
    fn scales<L: Lanes>(&mut self, lanes: L, range: std::ops::Range<usize>, messages: &Buffer, inner: &mut Buffer) {
        let Shape { layer, width, .. } = self.shape;
        if layer.coordinates.is_none() {
            return;
        }
        let count = range.len();
        in_columns!(width / L::F32_LANES, C => self.scale_columns::<L, C>(lanes, range.clone(), inner));
        add_outer(lanes, [layer.hidden, count], (inner, width), (messages, width), &mut self.found.coordinate);
    }

    /// Through the last map of `phi_x` and the activation before it, `C` vectors of all edges after the other.
    #[inline(always)]
    fn scale_columns<L: Lanes, const C: usize>(&mut self, lanes: L, range: std::ops::Range<usize>, inner: &mut Buffer) {
        let panels = self.shape.width / L::F32_LANES / C;
        let z = &columns::<L, C>(&self.saved.coordinate)[range.start * panels..];
        let inner = columns_mut::<L, C>(inner);
        for panel in 0..panels {
            let weights = columns::<L, C>(&self.weights.scale)[panel];
            let sums = &mut columns_mut::<L, C>(&mut self.found.scale)[panel];
            let bias = &mut columns_mut::<L, C>(&mut self.found.coordinate_bias)[panel];
            let (mut of_weights, mut of_bias) = (*sums, *bias);
            let rows = z[panel..].iter().step_by(panels).zip(inner[panel..].iter_mut().step_by(panels));
            for (&gradient, (z, inner)) in self.found.scale_of_edge[range.clone()].iter().zip(rows) {
                let gradient = lanes.splat_f32s(gradient);
                for c in 0..C {
                    let (value, slope) = math::silu_and_slope(lanes, z[c]);
                    of_weights[c] = lanes.multiply_add(gradient, value, of_weights[c]);
                    inner[c] = lanes.mul_f32s(lanes.mul_f32s(gradient, weights[c]), slope);
                    of_bias[c] = lanes.add_f32s(of_bias[c], inner[c]);
                }
            }
            (*sums, *bias) = (of_weights, of_bias);
        }
    }

    /// Gradient of the messages, or without a gate already that before their activation.
    #[inline(always)]
    fn messages<L: Lanes>(
        &mut self,
        lanes: L,
        range: std::ops::Range<usize>,
        inner: &Buffer,
        again: &Activated,
        message: &mut Buffer,
    ) {
        let Shape { layer, width, .. } = self.shape;
        let vectors = width / L::F32_LANES;
        let count = range.len();
        let rows = &self.shape.edges.row()[range.clone()];
        let received = L::as_simd_f32s(&self.found.received).0;
        let slope = L::as_simd_f32s(&again.slope).0;
        let message = L::as_mut_simd_f32s(message).0;
        let (activated, summed) = (layer.gate.is_none(), layer.node.is_some());
        let depth = if layer.coordinates.is_some() { layer.hidden } else { 0 };
        let left = Left::rows(inner, width);
        product(
            lanes,
            [count, depth, vectors],
            left,
            L::as_simd_f32s(&self.rows.coordinate).0,
            vectors,
            #[inline(always)]
            |lanes: L, row: usize, column: usize, sum| {
                let mut sum = sum;
                if summed {
                    sum = lanes.add_f32s(sum, received[rows[row] as usize * vectors + column]);
                }
                if activated {
                    sum = lanes.mul_f32s(sum, slope[row * vectors + column]);
                }
                message[row * vectors + column] = sum;
            },
        );
    }

    /// Through the second map of `phi_e`: `inner` becomes the gradient before the first activation.
    #[inline(always)]
    fn second_edge_layer<L: Lanes>(
        &mut self,
        lanes: L,
        range: std::ops::Range<usize>,
        first: &Activated,
        message: &Buffer,
        inner: &mut Buffer,
    ) {
        let Shape { layer, width, .. } = self.shape;
        let (vectors, count) = (width / L::F32_LANES, range.len());
        let rows = &L::as_simd_f32s(message).0[..count * vectors];
        add_rows(lanes, rows, L::as_mut_simd_f32s(&mut self.found.edge_bias).0);
        add_outer(lanes, [layer.hidden, count], (message, width), (&first.value, width), &mut self.found.edge);
        let slope = L::as_simd_f32s(&first.slope).0;
        let inner = L::as_mut_simd_f32s(inner).0;
        let left = Left::rows(message, width);
        product(
            lanes,
            [count, layer.hidden, vectors],
            left,
            L::as_simd_f32s(&self.rows.edge).0,
            vectors,
            #[inline(always)]
            |lanes: L, row: usize, column: usize, sum| {
                let place = row * vectors + column;
                inner[place] = lanes.mul_f32s(sum, slope[place]);
            },
        );
    }

    /// Through the first map of `phi_e`: to receivers, senders, distances and the weights of distance and attributes.
    #[inline(always)]
    fn first_edge_layer<L: Lanes>(
        &mut self,
        lanes: L,
        range: std::ops::Range<usize>,
        inner: &Buffer,
        numbers: &mut Buffer,
    ) {
        let Shape { layer, width, .. } = self.shape;
        let (count, has_distance) = (layer.attributes, usize::from(layer.dim > 0));
        let stride = (has_distance + count).next_multiple_of(TILE);
        for (edge, row) in range.clone().zip(numbers.chunks_exact_mut(stride.max(1))) {
            row[..has_distance].copy_from_slice(&self.saved.distance[edge..][..has_distance]);
            row[has_distance..][..count].copy_from_slice(&self.attributes[edge * count..][..count]);
        }
        add_outer(lanes, [stride, range.len()], (numbers, stride), (inner, width), &mut self.found.scalars);
        in_columns!(width / L::F32_LANES, C => self.first_edge_columns::<L, C>(lanes, range, inner));
    }

    #[inline(always)]
    fn first_edge_columns<L: Lanes, const C: usize>(
        &mut self,
        lanes: L,
        range: std::ops::Range<usize>,
        inner: &Buffer,
    ) {
        let panels = self.shape.width / L::F32_LANES / C;
        let block = self.shape.nodes() * panels;
        let (receive, send) = columns_mut::<L, C>(&mut self.found.sections).split_at_mut(SEND * block);
        let receive = &mut receive[RECEIVE * block..];
        let weights = columns::<L, C>(&self.weights.scalars);
        let has_distance = self.shape.layer.dim > 0 && self.state_wanted;
        let (rows, cols) = (&self.shape.edges.row()[range.clone()], &self.shape.edges.col()[range.clone()]);
        let inner = columns::<L, C>(inner);
        self.found.distance[range.clone()].fill(0.0);
        for panel in 0..panels {
            let inner = inner[panel..].iter().step_by(panels);
            for ((edge, (&row, &col)), inner) in range.clone().zip(rows.iter().zip(cols)).zip(inner) {
                let receive = &mut receive[row as usize * panels + panel];
                let send = &mut send[col as usize * panels + panel];
                for c in 0..C {
                    receive[c] = lanes.add_f32s(receive[c], inner[c]);
                    send[c] = lanes.add_f32s(send[c], inner[c]);
                }
                if has_distance {
                    self.found.distance[edge] += dot(lanes, inner, &weights[panel]);
                }
            }
        }
    }

    /// From the squared distances to the positions.
    #[inline(always)]
    fn distances(&mut self) {
        match self.shape.layer.dim {
            3 => self.distances_in(3),
            8 => self.distances_in(8),
            dim => self.distances_in(dim),
        }
    }

    #[inline(always)]
    fn distances_in(&mut self, dim: usize) {
        let layer = self.shape.layer;
        let (first, stride) = (layer.input_features(), layer.input_width());
        let columns = layer.output_width() - layer.output_features();
        let edges = self.shape.edges;
        for (edge, (&row, &col)) in edges.row().iter().zip(edges.col()).enumerate() {
            let (row, col) = (row as usize, col as usize);
            let [receiver, sender] = [row, col].map(|node| &self.state[node * stride + first..][..dim]);
            for (axis, (a, b)) in receiver.iter().zip(sender).enumerate() {
                let part = 2.0 * (a - b) * self.found.distance[edge];
                self.found.space[row * columns + axis] += part;
                self.found.space[col * columns + axis] -= part;
            }
        }
    }

    /// Through the products with the nodes' input.
    #[inline(always)]
    fn nodes_first<L: Lanes>(&mut self, lanes: L) {
        let Shape { layer, input, width, .. } = self.shape;
        let (nodes, hidden) = (self.shape.nodes(), layer.hidden);
        let vectors = input / L::F32_LANES;
        if self.state_wanted {
            if layer.residual && layer.node.is_some() && layer.embedding.is_none() {
                self.found.input.copy_from_slice(&self.found.output[..nodes * input]);
            } else {
                self.found.input.fill(0.0);
            }
        }
        for start in (0..nodes).step_by(NODES) {
            let count = NODES.min(nodes - start);
            let inputs = &self.saved.input[start * input..][..count * input];
            for section in 0..self.shape.count() {
                let gradient = &self.found.sections[(section * nodes + start) * width..][..count * width];
                let bias = &mut self.found.front_bias[section * width..][..width];
                add_rows(lanes, L::as_simd_f32s(gradient).0, L::as_mut_simd_f32s(bias).0);
                let target = &mut self.found.front[section * hidden * input..][..hidden * input];
                add_outer(lanes, [hidden, count], (gradient, width), (inputs, input), target);
                if !self.state_wanted {
                    continue;
                }
                let target = L::as_mut_simd_f32s(&mut self.found.input[start * input..][..count * input]).0;
                let left = Left::rows(gradient, width);
                let right = L::as_simd_f32s(&self.rows.front[section * hidden * input..][..hidden * input]).0;
                product(
                    lanes,
                    [count, hidden, vectors],
                    left,
                    right,
                    vectors,
                    #[inline(always)]
                    |lanes: L, row: usize, column: usize, sum| {
                        let place = &mut target[row * vectors + column];
                        *place = lanes.add_f32s(*place, sum);
                    },
                );
            }
        }
    }
}
