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
use candle_core::{Device, Tensor, backprop::GradStore};
use egnn_nn::params::{Group, Parameters};

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
}

impl AdamConfig {
    /// The paper's betas and eps.
    pub fn new(learning_rate: f64, weight_decay: f64) -> Self {
        Self { learning_rate, beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay }
    }
}

/// The optimiser's state: one pair of moments a parameter group, in the groups' order.
#[derive(Clone, Debug)]
pub struct Adam {
    config: AdamConfig,
    pub(crate) step: u64,
    pub(crate) moments: Vec<Moments>,
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
        Self { config, step: 0, moments }
    }

    /// One step from the gradients of a backward pass.
    ///
    /// # Errors
    /// Only if candle cannot read or set a tensor.
    pub fn step(&mut self, parameters: &Parameters, gradients: &GradStore) -> Result<(), TrainError> {
        self.step += 1;
        let t = self.step as i32;
        let AdamConfig { learning_rate, beta1, beta2, eps, weight_decay } = self.config;
        let step_size = (learning_rate / (1.0 - beta1.powi(t))) as f32;
        let root = (1.0 - beta2.powi(t)).sqrt() as f32;
        let (rest1, beta2, rest2) = ((1.0 - beta1) as f32, beta2 as f32, (1.0 - beta2) as f32);
        let (eps, weight_decay) = (eps as f32, weight_decay as f32);
        for (group, moments) in parameters.groups().iter().zip(&mut self.moments) {
            let Some(gradient) = group.gradient(gradients) else { continue };
            let gradient = gradient.to_vec1::<f32>()?;
            let mut weights = group.var().to_vec1::<f32>()?;
            for range in reached(group) {
                let state = moments.m[range.clone()].iter_mut().zip(&mut moments.v[range.clone()]);
                for ((w, g), (m, v)) in weights[range.clone()].iter_mut().zip(&gradient[range]).zip(state) {
                    let g = g + weight_decay * *w;
                    *m += rest1 * (g - *m);
                    *v = beta2 * *v + rest2 * g * g;
                    *w -= step_size * *m / (v.sqrt() / root + eps);
                }
            }
            let len = weights.len();
            group.var().set(&Tensor::from_vec(weights, len, &Device::Cpu)?)?;
        }
        Ok(())
    }
}

/// The parts of a group that the loss reaches.
fn reached(group: &Group) -> impl Iterator<Item = std::ops::Range<usize>> {
    group.views().iter().filter(|view| view.reached).map(|view| view.offset..view.offset + view.len())
}
