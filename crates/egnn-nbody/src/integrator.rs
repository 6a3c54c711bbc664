//! The authors' integrator, for as many trajectories at once as a vector has lanes.
//!
//! ```text
//! v += dt F(x)                       once
//! repeat:  x += dt v;  save x, v every sample_freq steps;  v += dt F(x)
//! ```
//!
//! The authors call it leapfrog, but its first kick is a whole one: it is the symplectic Euler method, of first order.
//! It conserves total momentum to rounding, and the energy error stays bounded. Source: `sample_trajectory` of the
//! authors' `synthetic_sim.py`.

#![allow(
    clippy::inline_always,
    reason = "a function that is not inlined into pulp's dispatch is compiled for the baseline CPU"
)]

use crate::{
    initial::InitialState,
    system::{Distance, System},
    vector::{Axes, Lanes},
};
use pulp::{Simd, WithSimd};

/// Trajectories of a block: enough for the widest vectors; narrower ones take a block in several parts.
pub(crate) const BLOCK: usize = 8;

/// A block's part of the saved frames, `[frame]` of `[trajectory][body]`.
#[derive(Default)]
pub(crate) struct Saved<'a> {
    pub(crate) position: Vec<&'a mut [[f64; 3]]>,
    pub(crate) velocity: Vec<&'a mut [[f64; 3]]>,
}

/// Up to [`BLOCK`] trajectories and where their frames go.
pub(crate) struct Block<'a> {
    pub(crate) system: &'a System,
    pub(crate) states: &'a [InitialState],
    pub(crate) saved: Saved<'a>,
}

impl WithSimd for Block<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        for first in (0..self.states.len()).step_by(S::F64_LANES) {
            let last = (first + S::F64_LANES).min(self.states.len());
            let states = &self.states[first..last];
            let (system, saved) = (self.system, &mut self.saved);
            // Five bodies are the paper's: with their number known, everything stays in registers.
            match (system.bodies, system.distance) {
                (5, Distance::Expanded) => fixed::<S, 5, true>(simd, system, states, first, saved),
                (5, Distance::Direct) => fixed::<S, 5, false>(simd, system, states, first, saved),
                (_, Distance::Expanded) => any::<S, true>(simd, system, states, first, saved),
                (_, Distance::Direct) => any::<S, false>(simd, system, states, first, saved),
            }
        }
    }
}

/// A body of a group of trajectories, one lane each.
#[derive(Clone, Copy)]
struct Body<S: Simd> {
    x: Axes<S>,
    v: Axes<S>,
    force: Axes<S>,
    charge: Lanes<S>,
    /// `|x|^2`, for the expanded distance.
    square: Lanes<S>,
}

/// For a number of bodies known at compile time.
#[inline(always)]
fn fixed<S: Simd, const N: usize, const EXPANDED: bool>(
    simd: S,
    system: &System,
    states: &[InitialState],
    first: usize,
    saved: &mut Saved,
) {
    let mut bodies: [Body<S>; N] = std::array::from_fn(|body| load(simd, states, body));
    integrate::<S, EXPANDED>(simd, system, &mut bodies, |frame, bodies| {
        save(bodies, frame, first, states.len(), saved);
    });
}

/// For any number of bodies.
#[inline(always)]
fn any<S: Simd, const EXPANDED: bool>(
    simd: S,
    system: &System,
    states: &[InitialState],
    first: usize,
    saved: &mut Saved,
) {
    let mut bodies: Vec<Body<S>> = (0..system.bodies).map(|body| load(simd, states, body)).collect();
    integrate::<S, EXPANDED>(simd, system, &mut bodies, |frame, bodies| {
        save(bodies, frame, first, states.len(), saved);
    });
}

/// Runs up to the last saved frame: the authors' steps after it are never seen.
#[inline(always)]
fn integrate<S: Simd, const EXPANDED: bool>(
    simd: S,
    system: &System,
    bodies: &mut [Body<S>],
    mut save: impl FnMut(usize, &[Body<S>]),
) {
    let dt = Lanes::splat(simd, system.dt);
    let interaction = Lanes::splat(simd, system.interaction);
    let max_force = Lanes::splat(simd, system.max_force);
    for frame in 0..system.frames() {
        for _ in 0..system.sample_freq {
            net_forces::<S, EXPANDED>(simd, bodies, interaction);
            for body in bodies.iter_mut() {
                for axis in 0..3 {
                    body.v[axis] += dt * body.force[axis].clip(max_force);
                    body.x[axis] += dt * body.v[axis];
                }
            }
        }
        save(frame, bodies);
    }
}

/// `F_i = sum_j c_i c_j (x_i - x_j) / r_ij^3`, before clipping.
///
/// Each pair is computed once. That costs no rounding against the authors' full matrix: its entries are exactly
/// antisymmetric, and in this order of pairs every body's terms are still added in the order of `j`.
#[inline(always)]
fn net_forces<S: Simd, const EXPANDED: bool>(simd: S, bodies: &mut [Body<S>], interaction: Lanes<S>) {
    let zero = Lanes::splat(simd, 0.0);
    for body in bodies.iter_mut() {
        body.force = [zero; 3];
        if EXPANDED {
            body.square = dot(body.x, body.x);
        }
    }
    for i in 0..bodies.len() {
        let a = bodies[i];
        let strength = interaction * a.charge;
        let mut force = a.force;
        for b in &mut bodies[i + 1..] {
            let difference = [a.x[0] - b.x[0], a.x[1] - b.x[1], a.x[2] - b.x[2]];
            let square = if EXPANDED {
                let product = dot(a.x, b.x);
                a.square + b.square - (product + product)
            } else {
                dot(difference, difference)
            };
            let size = strength * b.charge / (square * square.sqrt());
            for axis in 0..3 {
                let term = size * difference[axis];
                force[axis] += term;
                b.force[axis] -= term;
            }
        }
        bodies[i].force = force;
    }
}

#[inline(always)]
fn dot<S: Simd>(a: Axes<S>, b: Axes<S>) -> Lanes<S> {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Gathers one body of up to a vector's worth of trajectories. Lanes left over repeat the last one: they cost nothing
/// and cannot disturb the others.
#[inline(always)]
fn load<S: Simd>(simd: S, states: &[InitialState], body: usize) -> Body<S> {
    let lanes = |value: &dyn Fn(&InitialState) -> f64| {
        let last = states.len() - 1;
        let values: [f64; BLOCK] = std::array::from_fn(|lane| value(&states[lane.min(last)]));
        Lanes::load(simd, &values[..S::F64_LANES])
    };
    let zero = Lanes::splat(simd, 0.0);
    Body {
        x: std::array::from_fn(|axis| lanes(&|state| state.position[body][axis])),
        v: std::array::from_fn(|axis| lanes(&|state| state.velocity[body][axis])),
        force: [zero; 3],
        charge: lanes(&|state| state.charge[body]),
        square: zero,
    }
}

/// Scatters a frame.
#[inline(always)]
fn save<S: Simd>(bodies: &[Body<S>], frame: usize, first: usize, trajectories: usize, saved: &mut Saved) {
    for (index, body) in bodies.iter().enumerate() {
        for (vectors, out) in [(body.x, &mut saved.position), (body.v, &mut saved.velocity)] {
            for (axis, vector) in vectors.into_iter().enumerate() {
                let mut values = [0.0; BLOCK];
                vector.store(&mut values[..S::F64_LANES]);
                for (lane, value) in values[..trajectories].iter().enumerate() {
                    out[frame][(first + lane) * bodies.len() + index][axis] = *value;
                }
            }
        }
    }
}
