//! One system of bodies: its pairs, its steps, and the way back through them.

use std::ops::Range;

use super::network::{Gradient, Network, Rows};
use crate::definition::Motion;
use crate::edges::Edges;
use crate::simd::Lanes;

/// Bodies that follow one another in a batch, and act on nobody else.
pub(super) struct System {
    nodes: Range<usize>,
    /// Each pair once, counted from the system's first body.
    pairs: Vec<[usize; 2]>,
    /// `a_ij`, a row a pair.
    attributes: Vec<f32>,
}

/// What a system did: where it was before each step, and how long the step was.
pub(super) struct Steps {
    positions: Vec<f32>,
    lengths: Vec<f32>,
}

/// Cuts a batch wherever no edge crosses.
pub(super) fn systems(edges: &Edges, count: usize, attributes: &[f32]) -> Vec<System> {
    let mut found = Vec::new();
    let (mut first, mut end) = (0, 0);
    for node in 0..edges.nodes() {
        end = end.max(node + 1);
        for edge in edges.of_row(node) {
            end = end.max(edges.col()[edge] as usize + 1);
        }
        if end == node + 1 {
            let mut system = System { nodes: first..end, pairs: Vec::new(), attributes: Vec::new() };
            for i in first..end {
                for edge in edges.of_row(i) {
                    let j = edges.col()[edge] as usize;
                    if i < j {
                        system.pairs.push([i - first, j - first]);
                        system.attributes.extend_from_slice(&attributes[edge * count..][..count]);
                    }
                }
            }
            found.push(system);
            first = end;
        }
    }
    found
}

/// Room for the largest system.
pub(super) struct Scratch {
    rows: Rows,
    x: Vec<f32>,
    v: Vec<f32>,
    acceleration: Vec<f32>,
    /// `x_i - x_j` over its length, a row a pair.
    direction: Vec<f32>,
    distance: Vec<f32>,
    gradient: Vec<f32>,
}

impl Scratch {
    pub(super) fn new(network: &Network, systems: &[System], dim: usize) -> Self {
        let bodies = systems.iter().map(|system| system.nodes.len()).max().unwrap_or(0);
        let pairs = systems.iter().map(|system| system.pairs.len()).max().unwrap_or(0);
        Self {
            rows: network.rows(pairs),
            x: vec![0.0; bodies * dim],
            v: vec![0.0; bodies * dim],
            acceleration: vec![0.0; bodies * dim],
            direction: vec![0.0; pairs * dim],
            distance: vec![0.0; pairs],
            gradient: vec![0.0; bodies * dim],
        }
    }
}

/// `sinh(u)`, with `u` bounded.
#[inline(always)]
fn force(u: f32) -> f32 {
    let u = u.clamp(-Motion::LARGEST as f32, Motion::LARGEST as f32);
    // Near 0 the difference of exponentials cancels.
    if u.abs() < 0.3 {
        u * (1.0 + u * u / 6.0 * (1.0 + u * u / 20.0 * (1.0 + u * u / 42.0)))
    } else {
        0.5 * (u.exp() - (-u).exp())
    }
}

/// The slope of [`force`].
#[inline(always)]
fn force_slope(u: f32) -> f32 {
    if u.abs() > Motion::LARGEST as f32 { 0.0 } else { 0.5 * (u.exp() + (-u).exp()) }
}

impl System {
    /// Directions, distances and `u` of all pairs at the positions of `scratch.x`.
    #[inline(always)]
    fn evaluate<L: Lanes, const SLOPES: bool>(
        &self,
        lanes: L,
        motion: &Motion,
        network: &Network,
        scratch: &mut Scratch,
    ) {
        let (dim, width, count) = (motion.dim, network.input_width(), motion.attributes);
        let Scratch { rows, x, direction, distance, .. } = scratch;
        for (pair, &[i, j]) in self.pairs.iter().enumerate() {
            let along = &mut direction[pair * dim..][..dim];
            let mut square = Motion::SOFTENING as f32;
            for axis in 0..dim {
                along[axis] = x[i * dim + axis] - x[j * dim + axis];
                square += along[axis] * along[axis];
            }
            let length = square.sqrt();
            for along in along {
                *along /= length;
            }
            distance[pair] = length;
            let input = &mut rows.inputs[pair * width..][..width];
            input[0] = length.ln();
            input[1..=count].copy_from_slice(&self.attributes[pair * count..][..count]);
        }
        network.forward::<L, SLOPES>(lanes, rows, self.pairs.len());
    }

    /// The acceleration of each body, from what [`evaluate`](Self::evaluate) left.
    #[inline(always)]
    fn accelerate(&self, dim: usize, scratch: &mut Scratch) {
        let Scratch { rows, acceleration, direction, .. } = scratch;
        acceleration.fill(0.0);
        for (pair, &[i, j]) in self.pairs.iter().enumerate() {
            let force = force(rows.u[pair]);
            for axis in 0..dim {
                let part = force * direction[pair * dim + axis];
                acceleration[i * dim + axis] += part;
                acceleration[j * dim + axis] -= part;
            }
        }
    }

    /// The next step's length, from velocities `v` that belong to the positions.
    #[inline(always)]
    fn step(&self, motion: &Motion, scratch: &Scratch, v: impl Fn(usize) -> f32, left: f64) -> f64 {
        let dim = motion.dim;
        let mut shortest = f32::INFINITY;
        for (pair, &[i, j]) in self.pairs.iter().enumerate() {
            let speed = (0..dim).fold(0.0, |sum, axis| sum + (v(i * dim + axis) - v(j * dim + axis)).powi(2)).sqrt();
            let distance = scratch.distance[pair];
            let time = distance / (speed + (distance * force(scratch.rows.u[pair]).abs()).sqrt());
            shortest = shortest.min(time);
        }
        motion.step_length(f64::from(shortest), left)
    }

    /// Move the system for a unit of time.
    #[inline(always)]
    pub(super) fn integrate<L: Lanes>(
        &self,
        lanes: L,
        motion: &Motion,
        network: &Network,
        scratch: &mut Scratch,
        state: &[f32],
        output: &mut [f32],
    ) -> Steps {
        let dim = motion.dim;
        let numbers = self.nodes.len() * dim;
        for (body, node) in self.nodes.clone().enumerate() {
            let row = &state[node * 2 * dim..][..2 * dim];
            scratch.x[body * dim..][..dim].copy_from_slice(&row[..dim]);
            scratch.v[body * dim..][..dim].copy_from_slice(&row[dim..]);
        }
        let mut steps = Steps { positions: Vec::new(), lengths: Vec::new() };
        let (mut left, mut before) = (1.0, 0.0);
        while left > 0.0 {
            self.evaluate::<L, false>(lanes, motion, network, scratch);
            self.accelerate(dim, scratch);
            let synchronous = |at: usize| scratch.v[at] + 0.5 * before as f32 * scratch.acceleration[at];
            let length = self.step(motion, scratch, synchronous, left);
            steps.positions.extend_from_slice(&scratch.x[..numbers]);
            steps.lengths.push(length as f32);
            let kick = 0.5 * (before + length) as f32;
            for at in 0..numbers {
                scratch.v[at] += kick * scratch.acceleration[at];
                scratch.x[at] += length as f32 * scratch.v[at];
            }
            left = if length < left { left - length } else { 0.0 };
            before = length;
        }
        output[self.nodes.start * dim..][..numbers].copy_from_slice(&scratch.x[..numbers]);
        steps
    }

    /// Add to the gradient of the parameters, and write that of the state.
    #[inline(always)]
    #[allow(clippy::too_many_arguments, reason = "one call")]
    pub(super) fn differentiate<L: Lanes>(
        &self,
        lanes: L,
        motion: &Motion,
        network: &Network,
        scratch: &mut Scratch,
        steps: &Steps,
        gradient: &[f32],
        of_state: &mut [f32],
        found: &mut Gradient,
    ) {
        let dim = motion.dim;
        let numbers = self.nodes.len() * dim;
        // `gradient` is that of the positions after the step, `v` that of the velocities that lead there.
        scratch.gradient[..numbers].copy_from_slice(&gradient[self.nodes.start * dim..][..numbers]);
        scratch.v[..numbers].fill(0.0);
        for step in (0..steps.lengths.len()).rev() {
            let length = steps.lengths[step];
            let before = if step == 0 { 0.0 } else { steps.lengths[step - 1] };
            let kick = 0.5 * (before + length);
            for at in 0..numbers {
                scratch.v[at] += length * scratch.gradient[at];
            }
            scratch.x[..numbers].copy_from_slice(&steps.positions[step * numbers..][..numbers]);
            self.evaluate::<L, true>(lanes, motion, network, scratch);
            let Scratch { rows, v, direction, distance, gradient, .. } = &mut *scratch;
            for (pair, &[i, j]) in self.pairs.iter().enumerate() {
                let (along, u) = (&direction[pair * dim..][..dim], rows.u[pair]);
                let difference = |axis: usize| kick * (v[i * dim + axis] - v[j * dim + axis]);
                let radial = (0..dim).fold(0.0, |sum, axis| sum + difference(axis) * along[axis]);
                let turn = force(u) / distance[pair];
                for axis in 0..dim {
                    let part = turn * (difference(axis) - radial * along[axis]);
                    gradient[i * dim + axis] += part;
                    gradient[j * dim + axis] -= part;
                }
                rows.gradient[pair] = radial * force_slope(u);
            }
            network.backward(lanes, rows, self.pairs.len(), found);
            for (pair, &[i, j]) in self.pairs.iter().enumerate() {
                let stretch = rows.gradient[pair] / distance[pair];
                for axis in 0..dim {
                    let part = stretch * direction[pair * dim + axis];
                    gradient[i * dim + axis] += part;
                    gradient[j * dim + axis] -= part;
                }
            }
        }
        for (body, node) in self.nodes.clone().enumerate() {
            let row = &mut of_state[node * 2 * dim..][..2 * dim];
            row[..dim].copy_from_slice(&scratch.gradient[body * dim..][..dim]);
            row[dim..].copy_from_slice(&scratch.v[body * dim..][..dim]);
        }
    }
}
