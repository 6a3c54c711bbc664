//! From the gradient of messages to those of features and parameters.

use super::super::arena::{Buffer, padded};
use super::super::pack;
use super::contract::{Chunk, turn, turn_back};
use super::forward::phi;
use super::hidden::{Gradient, Hidden, add_products, add_sums, transposed};
use super::{BLOCK, Input, Pair};
use crate::definition::Map;
use crate::matrix::{Left, product};
use crate::simd::{Kernel, Lanes};

pub(super) struct Backward<'a> {
    pub(super) input: Input<'a>,
    /// Of the messages: blocks of `[output, BLOCK]`, zero where there are no edges.
    pub(super) gradient: &'a [f32],
    /// Of what each edge's sender has: zeros, blocks of `[input, BLOCK]`.
    pub(super) sent: &'a mut [f32],
    /// Of the parameters, zeros.
    pub(super) parameters: &'a mut [f32],
}

impl Kernel for Backward<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Self { input, gradient, sent, parameters } = self;
        for pair in input.pairs() {
            of_pair(lanes, &input, &pair, gradient, sent, parameters);
        }
    }
}

/// The gradient of one `phi_J`'s map.
struct Last {
    map: Map,
    /// Rows padded to whole vectors.
    weight: Buffer,
    bias: Buffer,
}

impl Last {
    fn new(map: Map) -> Self {
        Self { map, weight: Buffer::zeroed(map.outputs * padded(map.inputs)), bias: Buffer::zeroed(map.outputs) }
    }

    /// Add what one chunk of one block brings, to the parameters and to the hidden rows.
    #[inline(always)]
    fn add<L: Lanes>(
        &mut self,
        lanes: L,
        chunk: Chunk,
        weights: &[f32],
        radial: &[f32],
        rows: &[f32],
        hidden: &mut [f32],
    ) {
        let (vectors, inputs, width) = (BLOCK / L::F32_LANES, self.map.inputs, padded(self.map.inputs));
        let (first, count) = (chunk.first * chunk.inputs, chunk.count * chunk.inputs);
        let radial = &radial[..count * BLOCK];
        add_sums(lanes, radial, &mut self.bias[first..]);
        add_products(lanes, [count, width], radial, rows, &mut self.weight[first * width..]);
        let hidden = L::as_mut_simd_f32s(hidden).0;
        product(
            lanes,
            [inputs, count, vectors],
            Left::columns(&weights[first * inputs..], inputs),
            L::as_simd_f32s(radial).0,
            vectors,
            #[inline(always)]
            |lanes: L, row: usize, column: usize, sum| {
                let place = &mut hidden[row * vectors + column];
                *place = lanes.add_f32s(*place, sum);
            },
        );
    }
}

/// What comes through one radial network.
#[inline(always)]
fn of_pair<L: Lanes>(lanes: L, input: &Input, pair: &Pair, gradient: &[f32], sent: &mut [f32], parameters: &mut [f32]) {
    let net = pair.net;
    let mut hidden = Hidden::new(net.hidden());
    let mut found = Gradient::new(net.hidden());
    let mut maps: Vec<_> = net.last.iter().copied().map(Last::new).collect();
    let mut kernel = Buffer::take(pair.to.components() * pair.from.components() * BLOCK);
    let mut turned = Buffer::take(pair.to.components() * pair.from.channels * BLOCK);
    let mut of_turned = Buffer::take(turned.len());
    let mut radial = Buffer::take(pair.chunk_rows() * BLOCK);
    for block in 0..input.blocks() {
        input.geometry(block, (0, 1), &mut hidden.distance);
        hidden.forward(lanes, net, input.parameters);
        let rows = transposed(&hidden.active[1], padded(net.hidden()));
        found.active.fill(0.0);
        for (path, last) in maps.iter_mut().enumerate() {
            input.geometry(block, net.rows(path), &mut kernel);
            turn(lanes, pair, &kernel, &input.sent[pair.input(block)], &mut turned);
            of_turned.fill(0.0);
            for chunk in pair.chunks() {
                let chunk = Chunk::new(pair, chunk);
                phi(lanes, last.map, chunk, input.parameters, &hidden.active[1], &mut radial);
                let gradient = &gradient[pair.output(block)];
                chunk.backward(lanes, &mut radial, &turned, gradient, &mut of_turned);
                last.add(lanes, chunk, &input.parameters[last.map.offset..], &radial, &rows, &mut found.active);
            }
            turn_back(lanes, pair, &kernel, &of_turned, &mut sent[pair.input(block)]);
        }
        hidden.backward(lanes, net, input.parameters, &mut found);
    }
    found.put(net, parameters);
    for last in maps {
        pack::put(parameters, last.map, 0, last.map.inputs, &last.weight, padded(last.map.inputs));
        pack::put_bias(parameters, last.map, &last.bias);
    }
}
