//! How parameters are laid out and drawn.

use candle_core::{DType, Device, Tensor, Var};
use egnn_kernels::{Backend, Map, Norm};
use egnn_random::Stream;

use super::{Group, Linear, Parameters, View};
use crate::error::{NnError, Result};

/// A linear map to be initialised.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LinearSpec {
    inputs: usize,
    outputs: usize,
    bias: bool,
    reached: bool,
    weights: Weights,
}

/// How weights are drawn.
#[derive(Debug, Clone, Copy)]
enum Weights {
    /// Uniform in `+-1/sqrt(inputs)`.
    Default,
    /// Xavier-uniform with a gain.
    Xavier(f64),
    /// Uniform in `+-sqrt(6 / inputs)`, as Kaiming He's for ReLU.
    Kaiming,
    /// Normal with variance `1 / inputs`.
    Normal,
}

impl LinearSpec {
    /// PyTorch's default.
    pub(crate) fn new(inputs: usize, outputs: usize) -> Self {
        Self { inputs, outputs, bias: true, reached: true, weights: Weights::Default }
    }

    /// Without bias, Xavier-uniform with a small gain: the last layer of `phi_x` and `phi_rf`.
    pub(crate) fn small(inputs: usize, outputs: usize) -> Self {
        Self { inputs, outputs, bias: false, reached: true, weights: Weights::Xavier(0.001) }
    }

    /// Larger weights, for a ReLU: those of radial functions and norm nonlinearities.
    pub(crate) fn kaiming(inputs: usize, outputs: usize) -> Self {
        Self { weights: Weights::Kaiming, ..Self::new(inputs, outputs) }
    }

    /// Without bias, normal weights: a map of channels.
    pub(crate) fn normal(inputs: usize, outputs: usize) -> Self {
        Self { weights: Weights::Normal, bias: false, ..Self::new(inputs, outputs) }
    }

    /// Leave the bias out.
    pub(crate) fn without_bias(self) -> Self {
        Self { bias: false, ..self }
    }

    /// Put a bias in.
    pub(crate) fn with_bias(self) -> Self {
        Self { bias: true, ..self }
    }

    /// Mark that the loss does not reach the map.
    pub(crate) fn reached(self, reached: bool) -> Self {
        Self { reached, ..self }
    }

    /// Bound of the biases, and of the weights by default.
    fn bound(&self) -> f64 {
        1.0 / (self.inputs as f64).sqrt()
    }

    fn weight(&self, stream: &mut Stream) -> f64 {
        let bound = match self.weights {
            Weights::Default => self.bound(),
            Weights::Xavier(gain) => gain * (6.0 / (self.inputs + self.outputs) as f64).sqrt(),
            Weights::Kaiming => (6.0 / self.inputs as f64).sqrt(),
            Weights::Normal => return stream.normal() * self.bound(),
        };
        stream.uniform_in(-bound, bound)
    }
}

/// A configuration, or a file's, that asks for more is a mistake, and would take all memory.
const MOST_PARAMETERS: usize = 200_000_000;

/// Collects the groups of a model.
pub(crate) struct Builder<'a> {
    stream: &'a Stream,
    dtype: DType,
    backend: Backend,
    groups: Vec<Group>,
    views: Vec<View>,
    values: Vec<f64>,
    /// Parameters of all groups so far.
    total: usize,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(stream: &'a Stream, dtype: DType, backend: Backend) -> Result<Self> {
        if !matches!(dtype, DType::F32 | DType::F64) {
            return Err(NnError::DType(dtype));
        }
        if backend == Backend::Kernels && dtype != DType::F32 {
            let requirement = "it computes in float32 only";
            return Err(NnError::Config { field: "backend", value: backend.to_string(), requirement });
        }
        Ok(Self { stream, dtype, backend, groups: Vec::new(), views: Vec::new(), values: Vec::new(), total: 0 })
    }

    /// Add a linear map named `name` to the group under construction.
    pub(crate) fn linear(&mut self, name: &str, spec: LinearSpec) -> Linear {
        let LinearSpec { inputs, outputs, bias, reached, .. } = spec;
        let map = Map { offset: self.values.len(), inputs, outputs, bias };
        self.draw(format!("{name}.weight"), vec![outputs, inputs], reached, |stream| spec.weight(stream));
        if bias {
            let bound = spec.bound();
            self.draw(format!("{name}.bias"), vec![outputs], reached, |stream| stream.uniform_in(-bound, bound));
        }
        Linear { group: self.groups.len(), map }
    }

    /// Add a LayerNorm named `name`, which starts as the plain normalisation, to the group under construction.
    pub(crate) fn norm(&mut self, name: &str, channels: usize) -> Norm {
        let offset = self.values.len();
        self.constant(&format!("{name}.weight"), &vec![1.0; channels]);
        self.constant(&format!("{name}.bias"), &vec![0.0; channels]);
        Norm { offset, channels }
    }

    /// Add a parameter with given values to the group under construction.
    pub(crate) fn constant(&mut self, name: &str, values: &[f64]) {
        let view = View { name: name.into(), offset: self.values.len(), shape: vec![values.len()], reached: true };
        self.views.push(view);
        self.values.extend_from_slice(values);
    }

    /// Close the group under construction; returns its index.
    pub(crate) fn finish_group(&mut self, name: &str) -> Result<usize> {
        let values = std::mem::take(&mut self.values);
        if self.total > MOST_PARAMETERS {
            let requirement = "no model may have more than 200 million parameters; make it smaller";
            return Err(NnError::Config { field: "model", value: format!("too large in layer {name}"), requirement });
        }
        let flat = Tensor::from_vec(values, self.views.iter().map(View::len).sum::<usize>(), &Device::Cpu)?;
        let var = Var::from_tensor(&flat.to_dtype(self.dtype)?)?;
        self.groups.push(Group { name: name.into(), var, views: std::mem::take(&mut self.views) });
        Ok(self.groups.len() - 1)
    }

    pub(crate) fn finish(self) -> Parameters {
        Parameters { groups: self.groups, dtype: self.dtype, backend: self.backend }
    }

    fn draw(&mut self, name: String, shape: Vec<usize>, reached: bool, number: impl Fn(&mut Stream) -> f64) {
        let mut stream = self.stream.child(&name);
        let offset = self.values.len();
        let count = shape.iter().copied().fold(1, usize::saturating_mul);
        self.total = self.total.saturating_add(count);
        // What is too large is refused when the group is finished; until then nothing is drawn for it.
        let drawn = if self.total > MOST_PARAMETERS { 0 } else { count };
        self.values.extend((0..drawn).map(|_| number(&mut stream)));
        self.views.push(View { name, offset, shape, reached });
    }
}
