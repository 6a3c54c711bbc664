//! A layer's forward pass.

use super::super::arena::Buffer;
use super::super::bound;
use super::super::pairs::squared_distance;
use super::shape::Shape;
use super::shared::{Activated, dot, first_edge_layer, inverse_norm};
use super::weights::Weights;
use crate::definition::{Velocity, VelocityUpdate};
use crate::math;
use crate::matrix::{Left, product};
use crate::simd::{Kernel, Lanes};

/// Numbers of a hidden row of the edges that go through all of a layer's edge networks before the next ones: they stay in
/// the fast caches.
const BLOCK: usize = 384 * 64;

/// How many edges that are.
pub(super) fn block(width: usize) -> usize {
    (BLOCK / width.max(1)).clamp(32, 384)
}

/// Nodes that go through all products with their features before the next ones.
pub(super) const NODES: usize = 96;

/// What the forward pass leaves for the backward pass. Hidden layers are kept before their activation only: to apply it
/// again is as fast as to fetch its value and slope from memory.
pub(super) struct Saved {
    /// The nodes' input, `input` columns.
    pub(super) input: Buffer,
    /// The nodes' sections one after the other: what they say as receivers and as senders, and the hidden layers of
    /// `phi_v` and `phi_h` before their activations.
    pub(super) front: Buffer,
    /// What `phi_v` returns.
    pub(super) velocity_scale: Buffer,
    /// Squared distance of each edge.
    pub(super) distance: Buffer,
    /// Messages before their activation.
    pub(super) message: Buffer,
    pub(super) gate: Buffer,
    /// `phi_x`'s hidden layer before its activation, and its result.
    pub(super) coordinate: Buffer,
    pub(super) scale: Buffer,
    /// Sum of the messages of each node.
    pub(super) received: Buffer,
}

impl Saved {
    /// Room for a pass, without hidden layers of edges if nothing will be differentiated.
    pub(super) fn take(shape: &Shape, tracked: bool) -> Self {
        let Shape { layer, edges, width, input, .. } = *shape;
        let nodes = shape.nodes();
        let kept = if tracked { edges.len() * width } else { 0 };
        let moves = layer.coordinates.is_some();
        Self {
            input: Buffer::take(nodes * input),
            front: Buffer::take(shape.count() * nodes * width),
            velocity_scale: Buffer::take(nodes),
            distance: Buffer::take(edges.len()),
            message: Buffer::take(kept),
            gate: Buffer::take(if layer.gate.is_some() { edges.len() } else { 0 }),
            coordinate: Buffer::take(if moves { kept } else { 0 }),
            scale: Buffer::take(if moves { edges.len() } else { 0 }),
            received: Buffer::zeroed(if layer.node.is_some() { nodes * width } else { 0 }),
        }
    }
}

pub(super) struct Forward<'a> {
    pub(super) shape: Shape<'a>,
    pub(super) weights: &'a Weights,
    pub(super) state: &'a [f32],
    pub(super) attributes: &'a [f32],
    pub(super) saved: &'a mut Saved,
    /// The new state, as long as the layer says.
    pub(super) output: &'a mut [f32],
}

impl Kernel for Forward<'_> {
    #[inline(always)]
    fn run<L: Lanes>(mut self, lanes: L) {
        self.distances();
        self.nodes_first(lanes);
        let block = block(self.shape.width);
        let mut first = Activated::take(block, self.shape.width);
        let mut messages = Buffer::take(block * self.shape.width);
        let edges = self.shape.edges.len();
        let mut start = 0;
        while start < edges {
            let end = (start + block).min(edges);
            first_edge_layer::<L, false>(
                lanes,
                &self.shape,
                [&self.saved.front, &self.weights.scalars, &self.saved.distance, self.attributes],
                start..end,
                &mut first,
            );
            self.messages(lanes, start..end, &first, &mut messages);
            self.scales(lanes, start..end, &messages, &mut first.value);
            start = end;
        }
        self.coordinates();
        self.nodes_last(lanes);
    }
}

impl Forward<'_> {
    /// Where the hidden layers of some edges are kept: nowhere if nothing will be differentiated.
    #[inline(always)]
    fn kept<'b, L: Lanes>(buffer: &'b mut Buffer, range: &std::ops::Range<usize>, vectors: usize) -> &'b mut [L::f32s] {
        L::as_mut_simd_f32s(buffer).0.get_mut(range.start * vectors..range.end * vectors).unwrap_or(&mut [])
    }

    /// Column of the coordinates, and their number, and the row's length.
    #[inline(always)]
    fn place(&self) -> (usize, usize, usize) {
        let layer = self.shape.layer;
        (layer.input_features(), layer.dim, layer.input_width())
    }

    #[inline(always)]
    fn distances(&mut self) {
        let (first, dim, stride) = self.place();
        let edges = self.shape.edges;
        let ends = edges.row().iter().zip(edges.col());
        for (distance, (&row, &col)) in self.saved.distance.iter_mut().zip(ends) {
            let receiver = &self.state[row as usize * stride + first..][..dim];
            let sender = &self.state[col as usize * stride + first..][..dim];
            *distance = squared_distance(receiver, sender);
        }
    }

    /// All products with the nodes' input.
    #[inline(always)]
    fn nodes_first<L: Lanes>(&mut self, lanes: L) {
        let Shape { layer, depth, input, width, .. } = self.shape;
        let (nodes, vectors) = (self.shape.nodes(), width / L::F32_LANES);
        let stride = layer.input_width();
        if input > 0 {
            let rows = self.state.chunks_exact(stride.max(1));
            for (target, row) in self.saved.input.chunks_exact_mut(input).zip(rows) {
                target[..depth].copy_from_slice(&row[..depth]);
            }
        }
        let weights = L::as_simd_f32s(&self.weights.front).0;
        let bias = L::as_simd_f32s(&self.weights.front_bias).0;
        let front = L::as_mut_simd_f32s(&mut self.saved.front).0;
        for start in (0..nodes).step_by(NODES) {
            let count = NODES.min(nodes - start);
            let left = Left::rows(&self.saved.input[start * input..], input);
            for section in 0..self.shape.count() {
                let weights = &weights[section * depth * vectors..][..depth * vectors];
                let bias = &bias[section * vectors..][..vectors];
                let target = &mut front[(section * nodes + start) * vectors..][..count * vectors];
                product(
                    lanes,
                    [count, depth, vectors],
                    left,
                    weights,
                    vectors,
                    #[inline(always)]
                    |lanes: L, row: usize, column: usize, sum| {
                        target[row * vectors + column] = lanes.add_f32s(sum, bias[column]);
                    },
                );
            }
        }
        if let Some(section) = self.shape.velocity_section() {
            let z = &front[section * nodes * vectors..][..nodes * vectors];
            let weights = L::as_simd_f32s(&self.weights.velocity).0;
            for (scale, row) in self.saved.velocity_scale.iter_mut().zip(z.chunks_exact(vectors)) {
                let mut sum = lanes.splat_f32s(0.0);
                for (&z, &weight) in row.iter().zip(weights) {
                    sum = lanes.multiply_add(math::silu(lanes, z), weight, sum);
                }
                *scale = lanes.reduce_sum_f32s(sum) + self.weights.velocity_bias;
            }
        }
    }

    /// The second map of `phi_e`, the gate, and the sums.
    #[inline(always)]
    fn messages<L: Lanes>(
        &mut self,
        lanes: L,
        range: std::ops::Range<usize>,
        first: &Activated,
        messages: &mut Buffer,
    ) {
        let Shape { layer, width, .. } = self.shape;
        let vectors = width / L::F32_LANES;
        let kept = Self::kept::<L>(&mut self.saved.message, &range, vectors);
        let messages = L::as_mut_simd_f32s(messages).0;
        let bias = L::as_simd_f32s(&self.weights.edge_bias).0;
        let left = Left::rows(&first.value, width);
        product(
            lanes,
            [range.len(), layer.hidden, vectors],
            left,
            L::as_simd_f32s(&self.weights.edge).0,
            vectors,
            #[inline(always)]
            |lanes: L, row: usize, column: usize, sum| {
                let z = lanes.add_f32s(sum, bias[column]);
                if let Some(kept) = kept.get_mut(row * vectors + column) {
                    *kept = z;
                }
                messages[row * vectors + column] = math::silu(lanes, z);
            },
        );
        if layer.gate.is_some() {
            let weights = L::as_simd_f32s(&self.weights.gate).0;
            let gates = &mut self.saved.gate[range.clone()];
            for (gate, row) in gates.iter_mut().zip(messages.chunks_exact(vectors)) {
                *gate = dot(lanes, row, weights) + self.weights.gate_bias;
            }
            math::map(
                lanes,
                gates,
                #[inline(always)]
                |lanes, z| math::sigmoid(lanes, z),
            );
            if layer.coordinates.is_none() {
                // Nobody but the sum reads them, if there is one.
                if layer.node.is_some() {
                    self.receive_gated(lanes, range, messages);
                }
                return;
            }
            for (gate, row) in gates.iter().zip(messages.chunks_exact_mut(vectors)) {
                for value in row {
                    *value = lanes.mul_f32s(*value, lanes.splat_f32s(*gate));
                }
            }
        }
        if layer.node.is_some() {
            let received = L::as_mut_simd_f32s(&mut self.saved.received).0;
            for (&row, message) in self.shape.edges.row()[range].iter().zip(messages.chunks_exact(vectors)) {
                let received = &mut received[row as usize * vectors..][..vectors];
                for (received, &value) in received.iter_mut().zip(message) {
                    *received = lanes.add_f32s(*received, value);
                }
            }
        }
    }

    /// The sums of messages times their gates.
    #[inline(always)]
    fn receive_gated<L: Lanes>(&mut self, lanes: L, range: std::ops::Range<usize>, messages: &[L::f32s]) {
        let vectors = self.shape.width / L::F32_LANES;
        let received = L::as_mut_simd_f32s(&mut self.saved.received).0;
        let rows = self.shape.edges.row()[range.clone()].iter().zip(&self.saved.gate[range]);
        for ((&row, &gate), message) in rows.zip(messages.chunks_exact(vectors)) {
            let gate = lanes.splat_f32s(gate);
            let received = &mut received[row as usize * vectors..][..vectors];
            for (received, &value) in received.iter_mut().zip(message) {
                *received = lanes.multiply_add(value, gate, *received);
            }
        }
    }

    /// `phi_x`; `hidden` has room for a block.
    #[inline(always)]
    fn scales<L: Lanes>(&mut self, lanes: L, range: std::ops::Range<usize>, messages: &Buffer, hidden: &mut Buffer) {
        let Shape { layer, width, .. } = self.shape;
        let Some(coordinates) = layer.coordinates else { return };
        let vectors = width / L::F32_LANES;
        let count = range.len();
        let kept = Self::kept::<L>(&mut self.saved.coordinate, &range, vectors);
        let bias = L::as_simd_f32s(&self.weights.coordinate_bias).0;
        let left = Left::rows(messages, width);
        let right = L::as_simd_f32s(&self.weights.coordinate).0;
        let hidden = L::as_mut_simd_f32s(hidden).0;
        product(
            lanes,
            [count, layer.hidden, vectors],
            left,
            right,
            vectors,
            #[inline(always)]
            |lanes: L, row: usize, column: usize, sum| {
                let z = lanes.add_f32s(sum, bias[column]);
                if let Some(kept) = kept.get_mut(row * vectors + column) {
                    *kept = z;
                }
                hidden[row * vectors + column] = math::silu(lanes, z);
            },
        );
        let weights = L::as_simd_f32s(&self.weights.scale).0;
        let scales = &mut self.saved.scale[range];
        for (scale, row) in scales.iter_mut().zip(hidden.chunks_exact(vectors)) {
            *scale = dot(lanes, row, weights) + self.weights.scale_bias;
        }
        if coordinates.tanh {
            math::map(
                lanes,
                scales,
                #[inline(always)]
                |lanes, scale| math::tanh(lanes, scale),
            );
        }
    }

    /// The new coordinates and velocities.
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
        let (first, _, stride) = self.place();
        let layer = self.shape.layer;
        let new_stride = layer.output_width();
        let new_first = layer.output_features();
        let copied = new_stride - new_first;
        if copied == 0 {
            return;
        }
        let limit = bound::of(layer.coordinates.and_then(|coordinates| coordinates.clamp));
        let normalize = layer.coordinates.is_some_and(|coordinates| coordinates.normalize);
        let keep = layer.coordinates.map_or(1.0, |coordinates| coordinates.keep as f32);
        for node in 0..self.shape.nodes() {
            let old = &self.state[node * stride + first..][..copied];
            let new = &mut self.output[node * new_stride + new_first..][..copied];
            new.copy_from_slice(old);
            if layer.coordinates.is_none() {
                continue;
            }
            let (new_x, new_v) = new.split_at_mut(dim);
            let (x, v) = old.split_at(dim);
            let share = self.shape.share(node);
            // The step of each axis collects in x' until it is added to x.
            new_x.fill(0.0);
            for edge in self.shape.edges.of_row(node) {
                let sender = self.shape.edges.col()[edge] as usize * stride + first;
                let sender = &self.state[sender..][..dim];
                let inverse = inverse_norm(normalize, self.saved.distance[edge]);
                for ((step, &a), &b) in new_x.iter_mut().zip(x).zip(sender) {
                    *step += bound::clamp((a - b) * inverse * self.saved.scale[edge], limit);
                }
            }
            for axis in 0..dim {
                let mut step = new_x[axis] * share;
                match layer.velocity {
                    None => {}
                    Some(VelocityUpdate::Scaled { velocity, .. }) => {
                        step += self.saved.velocity_scale[node] * v[axis];
                        if velocity == Velocity::Current {
                            new_v[axis] = step;
                        }
                    }
                    Some(VelocityUpdate::Integrated { step: time }) => {
                        new_v[axis] = v[axis] + time as f32 * step;
                        step = time as f32 * new_v[axis];
                    }
                }
                new_x[axis] = keep * (x[axis] + step);
            }
        }
    }

    /// `phi_h` and the new features.
    #[inline(always)]
    fn nodes_last<L: Lanes>(&mut self, lanes: L) {
        let Shape { layer, depth, input, width, features, .. } = self.shape;
        let Some(section) = self.shape.node_section() else { return };
        let (nodes, vectors, hidden) = (self.shape.nodes(), width / L::F32_LANES, layer.hidden);
        let kept = &mut self.saved.front[section * nodes * width..][..nodes * width];
        let kept = L::as_mut_simd_f32s(kept).0;
        let mut hidden_layer = Buffer::take(nodes * width);
        let value = L::as_mut_simd_f32s(&mut hidden_layer).0;
        let left = Left::rows(&self.saved.received, width);
        let right = L::as_simd_f32s(&self.weights.message).0;
        product(
            lanes,
            [nodes, hidden, vectors],
            left,
            right,
            vectors,
            #[inline(always)]
            |lanes: L, row: usize, column: usize, sum| {
                let place = row * vectors + column;
                kept[place] = lanes.add_f32s(sum, kept[place]);
                value[place] = math::silu(lanes, kept[place]);
            },
        );
        let mut new = Buffer::take(nodes * width);
        let bias = L::as_simd_f32s(&self.weights.node_bias).0;
        let target = L::as_mut_simd_f32s(&mut new).0;
        let left = Left::rows(&hidden_layer, width);
        product(
            lanes,
            [nodes, hidden, vectors],
            left,
            L::as_simd_f32s(&self.weights.node).0,
            vectors,
            #[inline(always)]
            |lanes: L, row: usize, column: usize, sum| {
                target[row * vectors + column] = lanes.add_f32s(sum, bias[column]);
            },
        );
        if layer.residual && layer.embedding.is_some() {
            let weights = L::as_simd_f32s(&self.weights.embedding).0;
            let vectors = features / L::F32_LANES;
            let bias = &weights[depth * vectors..];
            let left = Left::rows(&self.saved.input, input);
            product(
                lanes,
                [nodes, depth, vectors],
                left,
                weights,
                vectors,
                #[inline(always)]
                |lanes: L, row: usize, column: usize, sum| {
                    let h = lanes.add_f32s(sum, bias[column]);
                    target[row * vectors + column] = lanes.add_f32s(h, target[row * vectors + column]);
                },
            );
        }
        let stride = layer.output_width();
        for (node, row) in new.chunks_exact(width).enumerate() {
            let target = &mut self.output[node * stride..][..hidden];
            target.copy_from_slice(&row[..hidden]);
            if layer.residual && layer.embedding.is_none() {
                for (target, &h) in target.iter_mut().zip(&self.saved.input[node * input..]) {
                    *target += h;
                }
            }
        }
    }
}
