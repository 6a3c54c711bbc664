//! Adam as the authors ran it.
//!
//! ```text
//! g <- g + weight_decay * w
//! m <- m + (1 - b1) (g - m)
//! v <- b2 v + (1 - b2) g^2
//! w <- w - lr / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + eps)
//! ```
//! A parameter that the loss does not reach is skipped whole, weight decay included. Source: Kingma and Ba 2015, with
//! the L2 term in the gradient as in PyTorch's `Adam`.

use crate::error::TrainError;
use candle_core::backprop::GradStore;
use egnn_kernels::{AdamStep, adam_step};
use egnn_nn::params::{Group, Parameters};
use std::ops::Range;

/// Constants of the optimiser.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamConfig {
    /// Step size.
    pub learning_rate: f64,
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the denominator.
    pub eps: f64,
    /// L2 term.
    pub weight_decay: f64,
    /// Largest norm of the gradient of all parameters together, before the L2 term; 0 is off.
    pub clip_norm: f64,
}

impl AdamConfig {
    /// The paper's betas and eps, and no clipping.
    pub fn new(learning_rate: f64, weight_decay: f64) -> Self {
        Self { learning_rate, beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay, clip_norm: 0.0 }
    }
}

/// The optimiser's state: one pair of moments a parameter group, in the groups' order.
#[derive(Clone, Debug)]
pub struct Adam {
    config: AdamConfig,
    pub(crate) step: u64,
    pub(crate) moments: Vec<Moments>,
    /// Of each group, what the loss reaches.
    pub(crate) reached: Vec<Vec<Range<usize>>>,
}

/// First and second moment of one group, flat.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Moments {
    pub(crate) m: Vec<f32>,
    pub(crate) v: Vec<f32>,
}

impl Adam {
    /// Zero moments for `parameters`.
    pub fn new(config: AdamConfig, parameters: &Parameters) -> Self {
        let moments = parameters
            .groups()
            .iter()
            .map(|group| Moments { m: vec![0.0; group.len()], v: vec![0.0; group.len()] })
            .collect();
        let reached = parameters.groups().iter().map(reached).collect();
        Self { config, step: 0, moments, reached }
    }

    /// The step size of the following steps.
    pub(crate) fn set_learning_rate(&mut self, learning_rate: f64) {
        self.config.learning_rate = learning_rate;
    }

    /// One step from the gradients of a backward pass.
    ///
    /// # Errors
    /// Only if candle cannot read or set a tensor.
    pub fn step(&mut self, parameters: &Parameters, gradients: &GradStore) -> Result<(), TrainError> {
        self.step += 1;
        let t = self.step as i32;
        let AdamConfig { learning_rate, beta1, beta2, eps, weight_decay, clip_norm } = self.config;
        let shorten = shorten(parameters, gradients, clip_norm)?;
        let step = AdamStep {
            step_size: (learning_rate / (1.0 - beta1.powi(t))) as f32,
            root: (1.0 - beta2.powi(t)).sqrt() as f32,
            rest1: (1.0 - beta1) as f32,
            beta2: beta2 as f32,
            rest2: (1.0 - beta2) as f32,
            eps: eps as f32,
            weight_decay: weight_decay as f32,
        };
        for ((group, Moments { m, v }), ranges) in parameters.groups().iter().zip(&mut self.moments).zip(&self.reached)
        {
            match (group.gradient(gradients), shorten) {
                (Some(gradient), None) => adam_step(group.var(), gradient, (m, v), ranges, step)?,
                (Some(gradient), Some(by)) => adam_step(group.var(), &(gradient * by)?, (m, v), ranges, step)?,
                (None, _) => {}
            }
        }
        Ok(())
    }
}

/// What the gradient is multiplied with if it is longer than `most` (and `most` is not 0).
fn shorten(parameters: &Parameters, gradients: &GradStore, most: f64) -> Result<Option<f64>, TrainError> {
    if most == 0.0 {
        return Ok(None);
    }
    let mut squares = 0.0;
    for gradient in parameters.groups().iter().filter_map(|group| group.gradient(gradients)) {
        squares += gradient.to_vec1::<f32>()?.into_iter().map(|part| f64::from(part).powi(2)).sum::<f64>();
    }
    let norm = squares.sqrt();
    Ok((norm > most).then(|| most / norm))
}

/// The parts of a group that the loss reaches, neighbours joined.
fn reached(group: &Group) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for view in group.views().iter().filter(|view| view.reached) {
        let end = view.offset + view.len();
        match ranges.last_mut() {
            Some(last) if last.end == view.offset => last.end = end,
            _ => ranges.push(view.offset..end),
        }
    }
    ranges
}
