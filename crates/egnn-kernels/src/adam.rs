//! Adam's step on one contiguous variable, in place.

use std::cell::RefCell;
use std::ops::Range;

use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, InplaceOp2, Layout, Result, Tensor};

use crate::fused::storage::elements;
use crate::simd::{Kernel, Lanes, Path, dispatch};

/// Numbers of one step, in float32 as they are used.
///
/// ```text
/// g <- g + weight_decay w
/// m <- m + (1 - beta1) (g - m)
/// v <- beta2 v + (1 - beta2) g^2
/// w <- w - step_size m / (sqrt(v) / root + eps)
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamStep {
    /// Learning rate over `1 - beta1^t`.
    pub step_size: f32,
    /// `sqrt(1 - beta2^t)`.
    pub root: f32,
    /// `1 - beta1`.
    pub rest1: f32,
    /// `beta2`.
    pub beta2: f32,
    /// `1 - beta2`.
    pub rest2: f32,
    /// Added to the denominator.
    pub eps: f32,
    /// L2 term.
    pub weight_decay: f32,
}

/// One step of Adam on the parts `ranges` of a 1-D variable, in one pass: parameters and both moments change in place.
/// Every path gives the same bits: nothing is fused, and every operation is rounded as IEEE 754 says.
///
/// # Errors
/// If lengths differ, a range is beyond them, or a tensor is not float32 and contiguous on the CPU.
pub fn adam_step(
    parameters: &Tensor,
    gradient: &Tensor,
    moments: (&mut [f32], &mut [f32]),
    ranges: &[Range<usize>],
    step: AdamStep,
) -> Result<()> {
    let length = parameters.elem_count();
    if [gradient.elem_count(), moments.0.len(), moments.1.len()] != [length; 3] {
        candle_core::bail!(
            "adam: {length} parameters, {} gradients, {} and {} moments",
            gradient.elem_count(),
            moments.0.len(),
            moments.1.len()
        );
    }
    if let Some(range) = ranges.iter().find(|range| range.start > range.end || range.end > length) {
        candle_core::bail!("adam: range {range:?} of {length} parameters");
    }
    let operation = Step { moments: RefCell::new(moments), ranges, numbers: step, path: Path::current()? };
    parameters.inplace_op2(&gradient.contiguous()?, &operation)
}

struct Step<'a> {
    moments: RefCell<(&'a mut [f32], &'a mut [f32])>,
    ranges: &'a [Range<usize>],
    numbers: AdamStep,
    path: Path,
}

impl InplaceOp2 for Step<'_> {
    fn name(&self) -> &'static str {
        "adam"
    }

    fn cpu_fwd(
        &self,
        parameters: &mut CpuStorage,
        parameters_layout: &Layout,
        gradient: &CpuStorage,
        gradient_layout: &Layout,
    ) -> Result<()> {
        let gradient = elements(gradient, gradient_layout)?;
        let Some((start, end)) = parameters_layout.contiguous_offsets() else {
            candle_core::bail!("adam: the parameters are not contiguous");
        };
        let CpuStorage::F32(parameters) = parameters else {
            candle_core::bail!("adam: the parameters are {:?}, not float32", parameters.dtype());
        };
        let mut moments = self.moments.borrow_mut();
        let (m, v) = &mut *moments;
        let parameters = &mut parameters[start..end];
        for range in self.ranges.iter().cloned() {
            let pass = Pass {
                w: &mut parameters[range.clone()],
                g: &gradient[range.clone()],
                m: &mut m[range.clone()],
                v: &mut v[range],
                step: self.numbers,
            };
            dispatch(self.path, pass);
        }
        Ok(())
    }
}

struct Pass<'a> {
    w: &'a mut [f32],
    g: &'a [f32],
    m: &'a mut [f32],
    v: &'a mut [f32],
    step: AdamStep,
}

impl Kernel for Pass<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let (w, w_rest) = L::as_mut_simd_f32s(self.w);
        let (g, g_rest) = L::as_simd_f32s(self.g);
        let (m, m_rest) = L::as_mut_simd_f32s(self.m);
        let (v, v_rest) = L::as_mut_simd_f32s(self.v);
        for (((w, &g), m), v) in w.iter_mut().zip(g).zip(m).zip(v) {
            update(lanes, self.step, [w, m, v], g);
        }
        let [mut w, mut m, mut v] = [&*w_rest, &*m_rest, &*v_rest].map(|rest| lanes.partial_load_f32s(rest));
        update(lanes, self.step, [&mut w, &mut m, &mut v], lanes.partial_load_f32s(g_rest));
        for (rest, values) in [(w_rest, w), (m_rest, m), (v_rest, v)] {
            lanes.partial_store_f32s(rest, values);
        }
    }
}

#[inline(always)]
fn update<L: Lanes>(lanes: L, step: AdamStep, [w, m, v]: [&mut L::f32s; 3], g: L::f32s) {
    let times = |number: f32, values| lanes.mul_f32s(lanes.splat_f32s(number), values);
    let g = lanes.add_f32s(g, times(step.weight_decay, *w));
    *m = lanes.add_f32s(*m, times(step.rest1, lanes.sub_f32s(g, *m)));
    *v = lanes.add_f32s(times(step.beta2, *v), lanes.mul_f32s(times(step.rest2, g), g));
    let root = lanes.div_f32s(lanes.sqrt_f32s(*v), lanes.splat_f32s(step.root));
    let denominator = lanes.add_f32s(root, lanes.splat_f32s(step.eps));
    *w = lanes.sub_f32s(*w, lanes.div_f32s(times(step.step_size, *m), denominator));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::with_path;
    use candle_core::{Device, Var};

    const STEP: AdamStep =
        AdamStep { step_size: 1e-2, root: 0.3, rest1: 0.1, beta2: 0.999, rest2: 0.001, eps: 1e-8, weight_decay: 1e-3 };

    fn numbers(length: usize, factor: f32) -> Vec<f32> {
        (0..length).map(|i| ((i * 37 % 101) as f32 - 50.0) * factor).collect()
    }

    /// Parameters and moments after one step with the formula as it stands in the documentation.
    fn expected(length: usize, ranges: &[Range<usize>]) -> [Vec<f32>; 3] {
        let (mut w, g) = (numbers(length, 0.02), numbers(length, 0.3));
        let (mut m, mut v) = (numbers(length, 0.1), vec![0.25; length]);
        for i in ranges.iter().cloned().flatten() {
            let g = g[i] + STEP.weight_decay * w[i];
            m[i] += STEP.rest1 * (g - m[i]);
            v[i] = STEP.beta2 * v[i] + STEP.rest2 * g * g;
            w[i] -= STEP.step_size * m[i] / (v[i].sqrt() / STEP.root + STEP.eps);
        }
        [w, m, v]
    }

    #[test]
    fn every_path_gives_the_bits_of_the_formula() {
        for path in Path::ALL.into_iter().filter(|path| path.is_available()) {
            for length in [1, 15, 16, 17, 1003] {
                let ranges = [0..length / 3, length / 2..length];
                let w = Var::from_vec(numbers(length, 0.02), length, &Device::Cpu).unwrap();
                let g = Tensor::from_vec(numbers(length, 0.3), length, &Device::Cpu).unwrap();
                let (mut m, mut v) = (numbers(length, 0.1), vec![0.25; length]);
                with_path(path, || adam_step(w.as_tensor(), &g, (&mut m, &mut v), &ranges, STEP)).unwrap();
                let found = [w.to_vec1::<f32>().unwrap(), m, v];
                assert_eq!(found, expected(length, &ranges), "{path:?} {length}");
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_and_nothing_changes() {
        let w = Var::from_vec(vec![1.0_f32; 4], 4, &Device::Cpu).unwrap();
        let g = Tensor::from_vec(vec![1.0_f32; 4], 4, &Device::Cpu).unwrap();
        let (mut m, mut v) = (vec![0.0; 4], vec![0.0; 3]);
        let error = adam_step(w.as_tensor(), &g, (&mut m, &mut v), std::slice::from_ref(&(0..4)), STEP).unwrap_err();
        assert!(error.to_string().contains("4 parameters, 4 gradients, 4 and 3 moments"), "{error}");
        v.push(0.0);
        let error = adam_step(w.as_tensor(), &g, (&mut m, &mut v), std::slice::from_ref(&(2..5)), STEP).unwrap_err();
        assert!(error.to_string().contains("range 2..5 of 4 parameters"), "{error}");
        assert_eq!(w.to_vec1::<f32>().unwrap(), [1.0; 4]);
        let double = Var::from_vec(vec![1.0_f64; 4], 4, &Device::Cpu).unwrap();
        assert!(adam_step(double.as_tensor(), &g, (&mut m, &mut v), std::slice::from_ref(&(0..4)), STEP).is_err());
    }
}
