//! Sums over components and channels, lane by lane.

use super::{BLOCK, Pair};
use crate::simd::Lanes;

/// `t = K f`: from features `[from.components, channels]` and a kernel `[to.components, from.components]` to
/// `[channels, to.components]`, all in lanes of a block.
#[inline(always)]
pub(super) fn turn<L: Lanes>(lanes: L, pair: &Pair, kernel: &[f32], features: &[f32], turned: &mut [f32]) {
    let vectors = BLOCK / L::F32_LANES;
    let (to, from, channels) = (pair.to.components(), pair.from.components(), pair.from.channels);
    let (kernel, features) = (L::as_simd_f32s(kernel).0, L::as_simd_f32s(features).0);
    let turned = L::as_mut_simd_f32s(turned).0;
    for channel in 0..channels {
        for component in 0..to {
            for vector in 0..vectors {
                let mut sum = lanes.splat_f32s(0.0);
                for other in 0..from {
                    let kernel = kernel[(component * from + other) * vectors + vector];
                    sum = lanes.multiply_add(kernel, features[(other * channels + channel) * vectors + vector], sum);
                }
                turned[(channel * to + component) * vectors + vector] = sum;
            }
        }
    }
}

/// `f += K^T t`: the gradient of [`turn`].
#[inline(always)]
pub(super) fn turn_back<L: Lanes>(lanes: L, pair: &Pair, kernel: &[f32], turned: &[f32], features: &mut [f32]) {
    let vectors = BLOCK / L::F32_LANES;
    let (to, from, channels) = (pair.to.components(), pair.from.components(), pair.from.channels);
    let (kernel, turned) = (L::as_simd_f32s(kernel).0, L::as_simd_f32s(turned).0);
    let features = L::as_mut_simd_f32s(features).0;
    for channel in 0..channels {
        for other in 0..from {
            for vector in 0..vectors {
                let place = &mut features[(other * channels + channel) * vectors + vector];
                for component in 0..to {
                    let kernel = kernel[(component * from + other) * vectors + vector];
                    *place = lanes.multiply_add(kernel, turned[(channel * to + component) * vectors + vector], *place);
                }
            }
        }
    }
}

/// A chunk of `phi_J` and what goes with it.
#[derive(Clone, Copy)]
pub(super) struct Chunk {
    /// The first channel of the output, and how many there are in the chunk.
    pub(super) first: usize,
    pub(super) count: usize,
    /// The type of the output.
    degree: usize,
    /// Channels of the output and of the input.
    pub(super) outputs: usize,
    pub(super) inputs: usize,
}

impl Chunk {
    pub(super) fn new(pair: &Pair, (first, count): (usize, usize)) -> Self {
        Self { first, count, degree: pair.to.degree, outputs: pair.to.channels, inputs: pair.from.channels }
    }

    /// `m += phi t`: messages `[components, outputs]`, `phi: [count, inputs]`, `turned: [inputs, components]`.
    #[inline(always)]
    pub(super) fn add_messages<L: Lanes>(self, lanes: L, radial: &[f32], turned: &[f32], messages: &mut [f32]) {
        match self.degree {
            0 => self.add_components::<L, 1>(lanes, radial, turned, messages),
            1 => self.add_components::<L, 3>(lanes, radial, turned, messages),
            2 => self.add_components::<L, 5>(lanes, radial, turned, messages),
            _ => self.add_components::<L, 7>(lanes, radial, turned, messages),
        }
    }

    /// [`Self::add_messages`] for types of `M` components.
    #[inline(always)]
    fn add_components<L: Lanes, const M: usize>(self, lanes: L, radial: &[f32], turned: &[f32], messages: &mut [f32]) {
        let mut channel = 0;
        while channel + 2 <= self.count {
            self.add_some::<L, M, 2>(lanes, channel, radial, turned, messages);
            channel += 2;
        }
        while channel < self.count {
            self.add_some::<L, M, 1>(lanes, channel, radial, turned, messages);
            channel += 1;
        }
    }

    /// [`Self::add_components`] for `C` channels: their sums stay in registers.
    #[inline(always)]
    fn add_some<L: Lanes, const M: usize, const C: usize>(
        self,
        lanes: L,
        channel: usize,
        radial: &[f32],
        turned: &[f32],
        messages: &mut [f32],
    ) {
        let vectors = BLOCK / L::F32_LANES;
        let radial = &L::as_simd_f32s(radial).0[channel * self.inputs * vectors..][..C * self.inputs * vectors];
        let turned = &L::as_simd_f32s(turned).0[..self.inputs * M * vectors];
        let messages = L::as_mut_simd_f32s(messages).0;
        for vector in 0..vectors {
            let mut sums = [[lanes.splat_f32s(0.0); M]; C];
            for input in 0..self.inputs {
                let t: [L::f32s; M] = std::array::from_fn(|m| turned[(input * M + m) * vectors + vector]);
                for (c, sums) in sums.iter_mut().enumerate() {
                    let phi = radial[(c * self.inputs + input) * vectors + vector];
                    for (sum, t) in sums.iter_mut().zip(t) {
                        *sum = lanes.multiply_add(phi, t, *sum);
                    }
                }
            }
            for (c, sums) in sums.into_iter().enumerate() {
                for (m, sum) in sums.into_iter().enumerate() {
                    let place = &mut messages[(m * self.outputs + self.first + channel + c) * vectors + vector];
                    *place = lanes.add_f32s(*place, sum);
                }
            }
        }
    }

    /// The gradient of [`Self::add_messages`]: adds to that of `turned`, and overwrites `phi` by its own.
    #[inline(always)]
    pub(super) fn backward<L: Lanes>(
        self,
        lanes: L,
        radial: &mut [f32],
        turned: &[f32],
        gradient: &[f32],
        of_turned: &mut [f32],
    ) {
        match self.degree {
            0 => self.components_back::<L, 1>(lanes, radial, turned, gradient, of_turned),
            1 => self.components_back::<L, 3>(lanes, radial, turned, gradient, of_turned),
            2 => self.components_back::<L, 5>(lanes, radial, turned, gradient, of_turned),
            _ => self.components_back::<L, 7>(lanes, radial, turned, gradient, of_turned),
        }
    }

    /// [`Self::backward`] for types of `M` components.
    #[inline(always)]
    fn components_back<L: Lanes, const M: usize>(
        self,
        lanes: L,
        radial: &mut [f32],
        turned: &[f32],
        gradient: &[f32],
        of_turned: &mut [f32],
    ) {
        let vectors = BLOCK / L::F32_LANES;
        let radial = &mut L::as_mut_simd_f32s(radial).0[..self.count * self.inputs * vectors];
        let turned = &L::as_simd_f32s(turned).0[..self.inputs * M * vectors];
        let of_turned = &mut L::as_mut_simd_f32s(of_turned).0[..self.inputs * M * vectors];
        let gradient = L::as_simd_f32s(gradient).0;
        for input in 0..self.inputs {
            for vector in 0..vectors {
                let at = |m: usize| (input * M + m) * vectors + vector;
                let t: [L::f32s; M] = std::array::from_fn(|m| turned[at(m)]);
                let mut sums: [L::f32s; M] = std::array::from_fn(|m| of_turned[at(m)]);
                for c in 0..self.count {
                    let phi = &mut radial[(c * self.inputs + input) * vectors + vector];
                    let mut slope = lanes.splat_f32s(0.0);
                    for (m, (sum, t)) in sums.iter_mut().zip(t).enumerate() {
                        let gradient = gradient[(m * self.outputs + self.first + c) * vectors + vector];
                        *sum = lanes.multiply_add(*phi, gradient, *sum);
                        slope = lanes.multiply_add(gradient, t, slope);
                    }
                    *phi = slope;
                }
                for (m, sum) in sums.into_iter().enumerate() {
                    of_turned[at(m)] = sum;
                }
            }
        }
    }
}
