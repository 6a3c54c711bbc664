//! A linear map with bias and activation in one operation.

use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp2, DType, Layout, Result, Shape, Tensor};

use super::real::Real;
use super::storage::{Matrix, elements, product, tensor, with_elements};
use super::vectorised;

/// The parameters of a linear map: one 1-D tensor that holds the weight, `[outputs, inputs]` row by row, and then the
/// bias, `[outputs]`, if there is one.
#[derive(Debug, Clone)]
pub struct Weights {
    /// Weight and bias.
    pub block: Tensor,
    /// Length of an input row.
    pub inputs: usize,
    /// Length of an output row.
    pub outputs: usize,
    /// Whether a bias follows the weight.
    pub bias: bool,
}

impl Weights {
    pub(crate) fn check(&self, operation: &str, inputs: usize) -> Result<()> {
        let Self { block, inputs: expected, outputs, bias } = self;
        if inputs != *expected {
            candle_core::bail!("{operation}: the input has {inputs} features, the weight {expected}");
        }
        if *outputs == 0 {
            candle_core::bail!("{operation}: the weight has no outputs");
        }
        let length = outputs * (expected + usize::from(*bias));
        if block.dims() != [length] {
            candle_core::bail!("{operation}: the parameters have shape {:?}, expected [{length}]", block.dims());
        }
        Ok(())
    }
}

/// What follows the linear map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    Identity,
    /// `z sigmoid(z)`.
    Silu,
}

/// `y = activation(x W^T + b)`.
///
/// # Shapes
/// `x: (rows, inputs)`, result `(rows, outputs)`.
pub fn dense(x: &Tensor, weights: &Weights, activation: Activation) -> Result<Tensor> {
    let (_, inputs) = x.dims2()?;
    weights.check("dense", inputs)?;
    match x.dtype() {
        DType::F32 => Dense::<f32>::apply(x, weights, activation),
        DType::F64 => Dense::<f64>::apply(x, weights, activation),
        dtype => candle_core::bail!("dense: number type {dtype:?} is not supported"),
    }
}

struct Dense<T> {
    inputs: usize,
    outputs: usize,
    bias: bool,
    activation: Activation,
    tracked: bool,
    slope: OnceLock<Vec<T>>,
}

impl<T: Real> Dense<T> {
    fn apply(x: &Tensor, weights: &Weights, activation: Activation) -> Result<Tensor> {
        let operation = Self {
            inputs: weights.inputs,
            outputs: weights.outputs,
            bias: weights.bias,
            activation,
            tracked: x.track_op() || weights.block.track_op(),
            slope: OnceLock::new(),
        };
        x.contiguous()?.apply_op2(&weights.block, operation)
    }
}

impl<T: Real> CustomOp2 for Dense<T> {
    fn name(&self) -> &'static str {
        "dense"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        block: &CpuStorage,
        block_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let Self { inputs, outputs, .. } = *self;
        let rows = x_layout.dims()[0];
        let left = Matrix { storage: x, offset: x_layout.start_offset(), strides: [inputs, 1] };
        let right = Matrix { storage: block, offset: block_layout.start_offset(), strides: [1, inputs] };
        let mut values = product::<T>(&left, &right, [rows, inputs, outputs])?;
        let bias = if self.bias { &elements::<T>(block, block_layout)?[inputs * outputs..] } else { &[] };
        match self.activation {
            Activation::Identity => add_bias(&mut values, bias),
            Activation::Silu => {
                let slope = add_bias_and_activate(&mut values, bias, outputs, self.tracked);
                let _ = self.slope.set(slope);
            }
        }
        Ok((T::to_cpu_storage_owned(values), (rows, outputs).into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        block: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let Self { inputs, outputs, .. } = *self;
        let gradient = gradient.contiguous()?;
        let (before, bias) = match self.slope.get() {
            Some(slope) => {
                let (product, sums) = with_elements(&gradient, |g: &[T]| multiply_and_sum(g, slope, outputs))?;
                (tensor(product, gradient.shape())?, sums)
            }
            None => (gradient.clone(), with_elements(&gradient, |g: &[T]| column_sums(g, outputs))?),
        };
        let (x_is_tracked, block_is_tracked) = (x.track_op(), block.track_op());
        let (x, block) = (x.detach(), block.detach());
        let x_gradient = if x_is_tracked {
            let weight = block.narrow(0, 0, inputs * outputs)?.reshape((outputs, inputs))?;
            Some(before.matmul(&weight)?)
        } else {
            None
        };
        let block_gradient = if block_is_tracked {
            let weight = before.t()?.matmul(&x)?.flatten_all()?;
            Some(if self.bias { Tensor::cat(&[&weight, &tensor(bias, outputs)?], 0)? } else { weight })
        } else {
            None
        };
        Ok((x_gradient, block_gradient))
    }
}

fn add_bias<T: Real>(values: &mut [T], bias: &[T]) {
    if bias.is_empty() {
        return;
    }
    vectorised(
        #[inline(always)]
        || {
            for row in values.chunks_exact_mut(bias.len()) {
                for (value, &bias) in row.iter_mut().zip(bias) {
                    *value += bias;
                }
            }
        },
    );
}

/// SiLU in place; returns its slopes, or nothing if they are not wanted.
fn add_bias_and_activate<T: Real>(values: &mut [T], bias: &[T], outputs: usize, wanted: bool) -> Vec<T> {
    add_bias(values, bias);
    if !wanted {
        vectorised(
            #[inline(always)]
            || values.iter_mut().for_each(|value| *value = value.silu().0),
        );
        return Vec::new();
    }
    let mut slopes = vec![T::default(); values.len()];
    debug_assert!(values.len().is_multiple_of(outputs.max(1)));
    super::silu::activate(values, &mut slopes);
    slopes
}

/// The products of the elements, and the sum of each column of the products.
fn multiply_and_sum<T: Real>(gradient: &[T], slopes: &[T], outputs: usize) -> (Vec<T>, Vec<T>) {
    let mut products = vec![T::default(); gradient.len()];
    let mut sums = vec![T::default(); outputs];
    vectorised(
        #[inline(always)]
        || {
            let rows = gradient.chunks_exact(outputs).zip(slopes.chunks_exact(outputs));
            for (product, (gradient, slope)) in products.chunks_exact_mut(outputs).zip(rows) {
                for (((product, sum), &gradient), &slope) in product.iter_mut().zip(&mut sums).zip(gradient).zip(slope)
                {
                    *product = gradient * slope;
                    *sum += *product;
                }
            }
        },
    );
    (products, sums)
}

/// The sum of each column.
pub(crate) fn column_sums<T: Real>(values: &[T], columns: usize) -> Vec<T> {
    let mut sums = vec![T::default(); columns];
    vectorised(
        #[inline(always)]
        || {
            for row in values.chunks_exact(columns) {
                for (sum, &value) in sums.iter_mut().zip(row) {
                    *sum += value;
                }
            }
        },
    );
    sums
}
