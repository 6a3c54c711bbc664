//! From features to messages.

use super::super::arena::Buffer;
use super::contract::{Chunk, turn};
use super::hidden::Hidden;
use super::{BLOCK, Input, Pair};
use crate::definition::Map;
use crate::matrix::{Left, product};
use crate::simd::{Kernel, Lanes};

pub(super) struct Forward<'a> {
    pub(super) input: Input<'a>,
    /// Zeros, blocks of `[output, BLOCK]`.
    pub(super) messages: &'a mut [f32],
}

impl Kernel for Forward<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Self { input, messages } = self;
        for pair in input.pairs() {
            of_pair(lanes, &input, &pair, messages);
        }
    }
}

/// Add the messages that one radial network makes.
#[inline(always)]
fn of_pair<L: Lanes>(lanes: L, input: &Input, pair: &Pair, messages: &mut [f32]) {
    let mut hidden = Hidden::new(pair.net.hidden());
    let mut kernel = Buffer::take(pair.to.components() * pair.from.components() * BLOCK);
    let mut turned = Buffer::take(pair.to.components() * pair.from.channels * BLOCK);
    let mut radial = Buffer::take(pair.chunk_rows() * BLOCK);
    for block in 0..input.blocks() {
        input.geometry(block, (0, 1), &mut hidden.distance);
        hidden.forward(lanes, pair.net, input.parameters);
        let messages = &mut messages[pair.output(block)];
        for (path, &last) in pair.net.last.iter().enumerate() {
            input.geometry(block, pair.net.rows(path), &mut kernel);
            turn(lanes, pair, &kernel, &input.sent[pair.input(block)], &mut turned);
            for chunk in pair.chunks() {
                let chunk = Chunk::new(pair, chunk);
                phi(lanes, last, chunk, input.parameters, &hidden.active[1], &mut radial);
                chunk.add_messages(lanes, &radial, &turned, messages);
            }
        }
    }
}

/// A chunk of `phi_J`, `[count * inputs, BLOCK]`.
#[inline(always)]
pub(super) fn phi<L: Lanes>(lanes: L, map: Map, chunk: Chunk, parameters: &[f32], hidden: &[f32], radial: &mut [f32]) {
    let vectors = BLOCK / L::F32_LANES;
    let (first, rows) = (chunk.first * chunk.inputs, chunk.count * chunk.inputs);
    let bias = map.bias_offset().map_or(&[][..], |offset| &parameters[offset + first..][..rows]);
    let radial = L::as_mut_simd_f32s(radial).0;
    product(
        lanes,
        [rows, map.inputs, vectors],
        Left::rows(&parameters[map.offset + first * map.inputs..], map.inputs),
        L::as_simd_f32s(hidden).0,
        vectors,
        #[inline(always)]
        |lanes: L, row: usize, column: usize, sum| {
            let bias = lanes.splat_f32s(bias.get(row).copied().unwrap_or(0.0));
            radial[row * vectors + column] = lanes.add_f32s(sum, bias);
        },
    );
}
