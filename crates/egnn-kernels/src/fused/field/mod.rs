//! A Radial Field layer as one operation.

mod network;

use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};

use self::network::{Gradient, Network};
use super::arena::Buffer;
use super::bound;
use super::pairs::squared_distance;
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
    velocity: Option<Network>,
    /// `[|x_i - x_j|, a_ij]`, a row an edge.
    inputs: Buffer,
    /// What `phi` returns, through its tanh if there is one.
    scale: Buffer,
    /// `|v_i|` and `phi_v(|v_i|)`, if there are any.
    speed: Buffer,
    velocity_scale: Buffer,
}

struct Forward<'a> {
    layer: &'a RadialField,
    edges: &'a Edges,
    state: &'a [f32],
    attributes: &'a [f32],
    saved: &'a mut Saved,
    output: &'a mut [f32],
}

struct Backward<'a> {
    layer: &'a RadialField,
    edges: &'a Edges,
    state: &'a [f32],
    saved: &'a Saved,
    gradient: &'a [f32],
    /// Gradient of the state, if anyone wants it.
    state_gradient: Option<&'a mut [f32]>,
    phi: &'a mut Gradient,
    velocity: Option<&'a mut Gradient>,
}

impl Kernel for Forward<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Self { layer, edges, state, attributes, saved, output } = self;
        let (dim, columns, count) = (layer.dim, layer.width(), layer.attributes);
        let at = |node: usize| &state[node * columns..][..columns];
        let ends = edges.row().iter().zip(edges.col());
        for (edge, (row, (&i, &j))) in saved.inputs.chunks_exact_mut(1 + count).zip(ends).enumerate() {
            let (receiver, sender) = (at(i as usize), at(j as usize));
            row[0] = squared_distance(&receiver[..dim], sender).sqrt();
            row[1..].copy_from_slice(&attributes[edge * count..][..count]);
        }
        saved.phi.forward(lanes, &saved.inputs, &mut saved.scale);
        if layer.tanh {
            math::map(
                lanes,
                &mut saved.scale,
                #[inline(always)]
                |lanes, scale| math::tanh(lanes, scale),
            );
        }
        if let Some(velocity) = &saved.velocity {
            for (node, speed) in saved.speed.iter_mut().enumerate() {
                *speed = at(node)[dim..].iter().fold(0.0, |sum, v| sum + v * v).sqrt();
            }
            velocity.forward(lanes, &saved.speed, &mut saved.velocity_scale);
        }
        let (limit, keep) = (bound::of(layer.clamp), layer.keep as f32);
        for (node, new) in output.chunks_exact_mut(columns).enumerate() {
            let old = at(node);
            let (x, v) = new.split_at_mut(dim);
            x.fill(0.0);
            for edge in edges.of_row(node) {
                let sender = at(edges.col()[edge] as usize);
                for ((step, a), b) in x.iter_mut().zip(old).zip(sender) {
                    *step += bound::clamp((a - b) * saved.scale[edge], limit);
                }
            }
            let share = edges.share(node);
            v.copy_from_slice(&old[dim..]);
            let drift = saved.velocity_scale.get(node).copied();
            for axis in 0..dim {
                let step = x[axis] * share;
                x[axis] = keep * old[axis] + drift.map_or(step, |scale| step + scale * v[axis]);
            }
        }
    }
}

impl Kernel for Backward<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Self { layer, edges, state, saved, gradient, state_gradient, phi, velocity } = self;
        let (dim, columns) = (layer.dim, layer.width());
        let mut first = Buffer::take(edges.len().max(edges.nodes()));
        if let (Some(network), Some(found)) = (&saved.velocity, velocity) {
            let mut of_speed = Buffer::take(edges.nodes());
            for (node, sum) in of_speed.iter_mut().enumerate() {
                let (step, v) = (&gradient[node * columns..][..dim], &state[node * columns + dim..][..dim]);
                *sum = step.iter().zip(v).fold(0.0, |sum, (step, v)| sum + step * v);
            }
            // The speed counts as a constant: its gradient is thrown away.
            network.backward(lanes, &saved.speed, &of_speed, found, &mut first);
        }
        let limit = bound::of(layer.clamp);
        let mut of_phi = Buffer::take(edges.len());
        for node in 0..edges.nodes() {
            let share = edges.share(node);
            for edge in edges.of_row(node) {
                let sender = edges.col()[edge] as usize;
                let scale = saved.scale[edge];
                let mut sum = 0.0;
                for axis in 0..dim {
                    let difference = state[node * columns + axis] - state[sender * columns + axis];
                    if !bound::is_beyond(difference * scale, limit) {
                        sum += gradient[node * columns + axis] * share * difference;
                    }
                }
                of_phi[edge] = if layer.tanh { sum * (1.0 - scale * scale) } else { sum };
            }
        }
        saved.phi.backward(lanes, &saved.inputs, &of_phi, phi, &mut first);
        if let Some(target) = state_gradient {
            to_state(edges, layer, state, saved, gradient, &first, target);
        }
    }
}

/// Gradient of the state, `of_distance` that of each edge's distance.
#[inline(always)]
fn to_state(
    edges: &Edges,
    layer: &RadialField,
    state: &[f32],
    saved: &Saved,
    gradient: &[f32],
    of_distance: &[f32],
    target: &mut [f32],
) {
    let (dim, columns, keep, limit) = (layer.dim, layer.width(), layer.keep as f32, bound::of(layer.clamp));
    target.copy_from_slice(gradient);
    for (node, target) in target.chunks_exact_mut(columns).enumerate() {
        let (x, v) = target.split_at_mut(dim);
        if let Some(scale) = saved.velocity_scale.get(node) {
            for (v, step) in v.iter_mut().zip(&*x) {
                *v += step * scale;
            }
        }
        for x in x {
            *x *= keep;
        }
    }
    let width = 1 + layer.attributes;
    for node in 0..edges.nodes() {
        let share = edges.share(node);
        for edge in edges.of_row(node) {
            let (row, col) = (node * columns, edges.col()[edge] as usize * columns);
            let (distance, scale) = (saved.inputs[edge * width], saved.scale[edge]);
            // Where bodies coincide the distance has no gradient; it counts as constant there.
            let along = if distance == 0.0 { 0.0 } else { of_distance[edge] / distance };
            for axis in 0..dim {
                let difference = state[row + axis] - state[col + axis];
                let is_beyond = bound::is_beyond(difference * scale, limit);
                let passed = if is_beyond { 0.0 } else { gradient[row + axis] * share * scale };
                let part = passed + along * difference;
                target[row + axis] += part;
                target[col + axis] -= part;
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
        let edges = &self.edges;
        let moving = if self.layer.velocity.is_some() { edges.nodes() } else { 0 };
        let mut saved = Saved {
            phi: Network::new(values, self.layer.phi),
            velocity: self.layer.velocity.map(|maps| Network::new(values, maps)),
            inputs: Buffer::take(edges.len() * self.layer.phi[0].inputs),
            scale: Buffer::take(edges.len()),
            speed: Buffer::take(moving),
            velocity_scale: Buffer::take(moving),
        };
        let mut output = vec![0.0; state.len()];
        let mut work = |attributes: &[f32]| {
            let (saved, output) = (&mut saved, &mut output);
            dispatch(self.path, Forward { layer: &self.layer, edges, state, attributes, saved, output });
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
        let mut state_gradient = state.track_op().then(|| vec![0.0; state.elem_count()]);
        let mut phi = saved.phi.gradient();
        let mut velocity = saved.velocity.as_ref().map(Network::gradient);
        with_elements(state, |state| {
            with_elements(gradient, |gradient| {
                let work = Backward {
                    layer: &self.layer,
                    edges: &self.edges,
                    state,
                    saved,
                    gradient,
                    state_gradient: state_gradient.as_deref_mut(),
                    phi: &mut phi,
                    velocity: velocity.as_mut(),
                };
                dispatch(self.path, work);
            })
        })??;
        let mut of_parameters = vec![0.0; parameters.elem_count()];
        saved.phi.put(&phi, &mut of_parameters);
        if let (Some(network), Some(found)) = (&saved.velocity, &velocity) {
            network.put(found, &mut of_parameters);
        }
        let length = of_parameters.len();
        let of_state = state_gradient.map(|gradient| tensor(gradient, state.shape())).transpose()?;
        Ok((of_state, Some(tensor(of_parameters, length)?)))
    }
}
