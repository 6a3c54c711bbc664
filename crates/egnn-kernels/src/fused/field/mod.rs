//! A Radial Field layer as one operation.

mod network;

use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};

use self::network::{Gradient, Network};
use super::arena::Buffer;
use super::storage::{elements, tensor, with_elements};
use crate::backend::LayerInput;
use crate::definition::RadialField;
use crate::edges::Edges;
use crate::math;
use crate::simd::{Kernel, Lanes, Path, dispatch};

/// See [`crate::Backend::radial_field`].
pub(crate) fn radial_field(layer: &RadialField, input: &LayerInput) -> Result<Tensor> {
    let LayerInput { state, parameters, attributes, edges, .. } = *input;
    let operation = Field {
        layer: layer.clone(),
        edges: edges.clone(),
        attributes: attributes.map(|attributes| attributes.detach().contiguous()).transpose()?,
        path: Path::current()?,
        tracked: state.track_op() || parameters.track_op(),
        kept: OnceLock::new(),
    };
    state.contiguous()?.apply_op2(&parameters.contiguous()?, operation)
}

struct Field {
    layer: RadialField,
    edges: Edges,
    attributes: Option<Tensor>,
    path: Path,
    tracked: bool,
    kept: OnceLock<Saved>,
}

/// What the forward pass leaves for the backward pass.
struct Saved {
    phi: Network,
    velocity: Network,
    /// `[|x_i - x_j|, a_ij]`, a row an edge.
    inputs: Buffer,
    /// `tanh(phi)` of each edge.
    scale: Buffer,
    /// `|v_i|`.
    speed: Buffer,
    /// `phi_v(|v_i|)`.
    velocity_scale: Buffer,
}

struct Forward<'a> {
    dim: usize,
    edges: &'a Edges,
    state: &'a [f32],
    attributes: &'a [f32],
    saved: &'a mut Saved,
    output: &'a mut [f32],
}

struct Backward<'a> {
    dim: usize,
    edges: &'a Edges,
    state: &'a [f32],
    saved: &'a Saved,
    gradient: &'a [f32],
    state_gradient: &'a mut [f32],
    phi: &'a mut Gradient,
    velocity: &'a mut Gradient,
}

/// C of a node.
fn share(edges: &Edges, node: usize) -> f32 {
    1.0 / edges.of_row(node).len().max(1) as f32
}

fn norm(values: impl Iterator<Item = f32>) -> f32 {
    values.fold(0.0, |sum, value| sum + value * value).sqrt()
}

impl Kernel for Forward<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Self { dim, edges, state, attributes, saved, output } = self;
        let count = attributes.len().checked_div(edges.len()).unwrap_or(0);
        let at = |node: usize| &state[node * 2 * dim..][..2 * dim];
        let ends = edges.row().iter().zip(edges.col());
        for (edge, (row, (&i, &j))) in saved.inputs.chunks_exact_mut(1 + count).zip(ends).enumerate() {
            let (receiver, sender) = (at(i as usize), at(j as usize));
            row[0] = norm(receiver[..dim].iter().zip(sender).map(|(a, b)| a - b));
            row[1..].copy_from_slice(&attributes[edge * count..][..count]);
        }
        saved.phi.forward(lanes, &saved.inputs, &mut saved.scale);
        let (vectors, rest) = L::as_mut_simd_f32s(&mut saved.scale);
        for scale in vectors {
            *scale = math::tanh(lanes, *scale);
        }
        let last = math::tanh(lanes, lanes.partial_load_f32s(rest));
        lanes.partial_store_f32s(rest, last);
        for (node, speed) in saved.speed.iter_mut().enumerate() {
            *speed = norm(at(node)[dim..].iter().copied());
        }
        saved.velocity.forward(lanes, &saved.speed, &mut saved.velocity_scale);
        for (node, new) in output.chunks_exact_mut((2 * dim).max(1)).enumerate() {
            let old = at(node);
            let (x, v) = new.split_at_mut(dim);
            x.fill(0.0);
            for edge in edges.of_row(node) {
                let sender = at(edges.col()[edge] as usize);
                for ((step, a), b) in x.iter_mut().zip(old).zip(sender) {
                    *step += (a - b) * saved.scale[edge];
                }
            }
            let share = share(edges, node);
            v.copy_from_slice(&old[dim..]);
            for axis in 0..dim {
                x[axis] = old[axis] + (x[axis] * share + saved.velocity_scale[node] * v[axis]);
            }
        }
    }
}

impl Kernel for Backward<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Self { dim, edges, state, saved, gradient, state_gradient, phi, velocity } = self;
        let columns = 2 * dim;
        let count = edges.len();
        state_gradient.copy_from_slice(gradient);
        let mut of_speed = Buffer::take(edges.nodes());
        for (node, sum) in of_speed.iter_mut().enumerate() {
            *sum = 0.0;
            for axis in 0..dim {
                let step = gradient[node * columns + axis];
                *sum += step * state[node * columns + dim + axis];
                state_gradient[node * columns + dim + axis] += step * saved.velocity_scale[node];
            }
        }
        // The speed counts as a constant: its gradient is thrown away.
        let mut first = Buffer::take(count.max(edges.nodes()));
        saved.velocity.backward(lanes, &saved.speed, &of_speed, velocity, &mut first);
        let mut of_phi = Buffer::take(count);
        for node in 0..edges.nodes() {
            let share = share(edges, node);
            for edge in edges.of_row(node) {
                let sender = edges.col()[edge] as usize;
                let scale = saved.scale[edge];
                let mut sum = 0.0;
                for axis in 0..dim {
                    let part = gradient[node * columns + axis] * share;
                    sum += part * (state[node * columns + axis] - state[sender * columns + axis]);
                    state_gradient[node * columns + axis] += part * scale;
                    state_gradient[sender * columns + axis] -= part * scale;
                }
                of_phi[edge] = sum * (1.0 - scale * scale);
            }
        }
        saved.phi.backward(lanes, &saved.inputs, &of_phi, phi, &mut first);
        let width = saved.inputs.len().checked_div(count).unwrap_or(1);
        for (edge, (&row, &col)) in edges.row().iter().zip(edges.col()).enumerate() {
            let (row, col) = (row as usize * columns, col as usize * columns);
            let distance = saved.inputs[edge * width];
            // Where bodies coincide the distance has no gradient; it counts as constant there.
            let part = if distance == 0.0 { 0.0 } else { first[edge] / distance };
            for axis in 0..dim {
                let part = part * (state[row + axis] - state[col + axis]);
                state_gradient[row + axis] += part;
                state_gradient[col + axis] -= part;
            }
        }
    }
}

impl CustomOp2 for Field {
    fn name(&self) -> &'static str {
        "radial-field"
    }

    fn cpu_fwd(
        &self,
        state: &CpuStorage,
        state_layout: &Layout,
        parameters: &CpuStorage,
        parameters_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let values = elements(parameters, parameters_layout)?;
        let state = elements(state, state_layout)?;
        let (edges, nodes) = (&self.edges, self.edges.nodes());
        let mut saved = Saved {
            phi: Network::new(values, self.layer.phi),
            velocity: Network::new(values, self.layer.velocity),
            inputs: Buffer::take(edges.len() * self.layer.phi[0].inputs),
            scale: Buffer::take(edges.len()),
            speed: Buffer::take(nodes),
            velocity_scale: Buffer::take(nodes),
        };
        let mut output = vec![0.0; state.len()];
        let mut work = |attributes: &[f32]| {
            let (saved, output) = (&mut saved, &mut output);
            dispatch(self.path, Forward { dim: self.layer.dim, edges, state, attributes, saved, output });
        };
        match &self.attributes {
            Some(attributes) => with_elements(attributes, work)?,
            None => work(&[]),
        }
        if self.tracked {
            let _ = self.kept.set(saved);
        }
        Ok((CpuStorage::F32(output), state_layout.shape().clone()))
    }

    fn bwd(
        &self,
        state: &Tensor,
        parameters: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let Some(saved) = self.kept.get() else { return Ok((None, None)) };
        let mut state_gradient = vec![0.0; state.elem_count()];
        let (mut phi, mut velocity) = (saved.phi.gradient(), saved.velocity.gradient());
        with_elements(state, |state| {
            with_elements(gradient, |gradient| {
                let work = Backward {
                    dim: self.layer.dim,
                    edges: &self.edges,
                    state,
                    saved,
                    gradient,
                    state_gradient: &mut state_gradient,
                    phi: &mut phi,
                    velocity: &mut velocity,
                };
                dispatch(self.path, work);
            })
        })??;
        let mut of_parameters = vec![0.0; parameters.elem_count()];
        saved.phi.put(&phi, &mut of_parameters);
        saved.velocity.put(&velocity, &mut of_parameters);
        let length = of_parameters.len();
        Ok((Some(tensor(state_gradient, state.shape())?), Some(tensor(of_parameters, length)?)))
    }
}
