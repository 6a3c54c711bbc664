//! `silu(x) = x sigmoid(x)`, element by element.

use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp1, DType, Layout, Result, Shape, Tensor};

use super::real::Real;
use super::storage::{elements, tensor, with_elements};
use super::vectorised;

/// `x sigmoid(x)` for a tensor of any shape, f32 or f64.
///
/// ```
/// # use candle_core::{Device, Tensor};
/// let x = Tensor::new(&[-1.0_f32, 0.0, 2.0], &Device::Cpu)?;
/// let y = egnn_nn::ops::silu(&x)?.to_vec1::<f32>()?;
/// assert!((y[2] - 1.761_594_2).abs() < 1e-6);
/// # Ok::<(), candle_core::Error>(())
/// ```
pub fn silu(x: &Tensor) -> Result<Tensor> {
    let x = x.contiguous()?;
    match x.dtype() {
        DType::F32 => x.apply_op1(Silu::<f32>::default()),
        DType::F64 => x.apply_op1(Silu::<f64>::default()),
        dtype => candle_core::bail!("silu: number type {dtype:?} is not supported"),
    }
}

#[derive(Default)]
struct Silu<T> {
    slope: OnceLock<Vec<T>>,
}

impl<T: Real> CustomOp1 for Silu<T> {
    fn name(&self) -> &'static str {
        "silu"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let mut values = elements::<T>(storage, layout)?.to_vec();
        let mut slope = vec![T::default(); values.len()];
        activate(&mut values, &mut slope);
        let _ = self.slope.set(slope);
        Ok((T::to_cpu_storage_owned(values), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let Some(slope) = self.slope.get() else { return Ok(None) };
        let product = with_elements(gradient, |gradient: &[T]| multiply(gradient, slope))?;
        Ok(Some(tensor(product, x.shape())?))
    }
}

/// Replace each value by its SiLU and note the slope.
pub(crate) fn activate<T: Real>(values: &mut [T], slopes: &mut [T]) {
    vectorised(
        #[inline(always)]
        || {
            for (value, slope) in values.iter_mut().zip(slopes.iter_mut()) {
                (*value, *slope) = value.silu();
            }
        },
    );
}

/// The products of the elements.
pub(crate) fn multiply<T: Real>(left: &[T], right: &[T]) -> Vec<T> {
    vectorised(
        #[inline(always)]
        || left.iter().zip(right).map(|(&left, &right)| left * right).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_vector_width_gives_the_same_bits() {
        // 1003 is no multiple of any width: the remainder is computed number by number.
        let start: Vec<f32> = (0..1003).map(|i| (i as f32 - 500.0) * 0.037).collect();
        let (mut values, mut slopes) = (start.clone(), vec![0.0; start.len()]);
        activate(&mut values, &mut slopes);
        for ((x, value), slope) in start.into_iter().zip(values).zip(slopes) {
            let (expected, expected_slope) = std::hint::black_box(x).silu();
            assert_eq!((value.to_bits(), slope.to_bits()), (expected.to_bits(), expected_slope.to_bits()), "{x}");
        }
    }
}
