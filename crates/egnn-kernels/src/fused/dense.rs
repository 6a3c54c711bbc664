//! A linear map with bias and activation.

use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};

use super::arena::{Buffer, padded};
use super::pack;
use super::storage::{elements, tensor, with_elements};
use crate::definition::{Activation, Map};
use crate::math;
use crate::matrix::{Left, add_outer, add_rows, product};
use crate::simd::{Kernel, Lanes, Path, dispatch};

/// See [`crate::Backend::dense`].
pub(crate) fn dense(x: &Tensor, parameters: &Tensor, map: Map, activation: Activation) -> Result<Tensor> {
    let tracked = x.track_op() || parameters.track_op();
    let operation = Dense { map, activation, tracked, path: Path::current()?, slope: OnceLock::new() };
    x.contiguous()?.apply_op2(&parameters.contiguous()?, operation)
}

struct Dense {
    map: Map,
    activation: Activation,
    tracked: bool,
    path: Path,
    slope: OnceLock<Buffer>,
}

struct Forward<'a> {
    map: Map,
    activation: Activation,
    x: &'a [f32],
    weight: &'a [f32],
    bias: &'a [f32],
    value: &'a mut Buffer,
    slope: &'a mut Buffer,
}

impl Kernel for Forward<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let vectors = self.bias.len() / L::F32_LANES;
        let rows = self.value.len() / self.bias.len();
        let bias = L::as_simd_f32s(self.bias).0;
        let value = L::as_mut_simd_f32s(self.value).0;
        let slope = L::as_mut_simd_f32s(self.slope).0;
        let left = Left::rows(self.x, self.map.inputs);
        product(
            lanes,
            [rows, self.map.inputs, vectors],
            left,
            L::as_simd_f32s(self.weight).0,
            vectors,
            #[inline(always)]
            |lanes: L, row: usize, column: usize, sum| {
                let z = lanes.add_f32s(sum, bias[column]);
                let place = row * vectors + column;
                match self.activation {
                    Activation::Identity => value[place] = z,
                    Activation::Silu => (value[place], slope[place]) = math::silu_and_slope(lanes, z),
                    Activation::ShiftedSoftplus => {
                        (value[place], slope[place]) = math::shifted_softplus_and_slope(lanes, z);
                    }
                }
            },
        );
    }
}

struct Backward<'a> {
    map: Map,
    /// Gradient of the result, padded; becomes that before the activation.
    gradient: &'a mut Buffer,
    slope: Option<&'a Buffer>,
    x: &'a [f32],
    rows: &'a [f32],
    x_gradient: &'a mut Buffer,
    weight_gradient: &'a mut Buffer,
    bias_gradient: &'a mut Buffer,
}

impl Kernel for Backward<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let width = self.bias_gradient.len();
        let inputs = padded(self.map.inputs);
        let count = self.gradient.len() / width;
        if let Some(slope) = self.slope {
            let rows = L::as_mut_simd_f32s(self.gradient).0.iter_mut();
            for (gradient, &slope) in rows.zip(L::as_simd_f32s(slope).0) {
                *gradient = lanes.mul_f32s(*gradient, slope);
            }
        }
        add_rows(lanes, L::as_simd_f32s(self.gradient).0, L::as_mut_simd_f32s(self.bias_gradient).0);
        add_outer(lanes, [self.map.outputs, count], (self.gradient, width), (self.x, inputs), self.weight_gradient);
        let vectors = inputs / L::F32_LANES;
        let target = L::as_mut_simd_f32s(self.x_gradient).0;
        let left = Left::rows(self.gradient, width);
        product(
            lanes,
            [count, self.map.outputs, vectors],
            left,
            L::as_simd_f32s(self.rows).0,
            vectors,
            #[inline(always)]
            |_, row: usize, column: usize, sum| target[row * vectors + column] = sum,
        );
    }
}

impl CustomOp2 for Dense {
    fn name(&self) -> &'static str {
        "dense"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        parameters: &CpuStorage,
        parameters_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let Self { map, activation, path, .. } = *self;
        let (rows, width) = (x_layout.dims()[0], padded(map.outputs));
        let values = elements(parameters, parameters_layout)?;
        let mut value = Buffer::take(rows * width);
        let mut slope = Buffer::take(if activation == Activation::Identity { 0 } else { rows * width });
        let work = Forward {
            map,
            activation,
            x: elements(x, x_layout)?,
            weight: &pack::transposed(values, map, 0, map.inputs, width),
            bias: &pack::row(pack::bias(values, map), width),
            value: &mut value,
            slope: &mut slope,
        };
        dispatch(path, work);
        if self.tracked && activation != Activation::Identity {
            let _ = self.slope.set(slope);
        }
        Ok((CpuStorage::F32(pack::unpadded(&value, width, map.outputs)), (rows, map.outputs).into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        parameters: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let map = self.map;
        let rows = x.dims()[0];
        let (width, inputs) = (padded(map.outputs), padded(map.inputs));
        let mut gradient = with_elements(gradient, |gradient| pack::padded_rows(gradient, map.outputs, width))?;
        let mut x_gradient = Buffer::take(rows * inputs);
        let mut weight_gradient = Buffer::zeroed(map.outputs * inputs);
        let mut bias_gradient = Buffer::zeroed(width);
        let weight = with_elements(parameters, |values| pack::rows(values, map, 0, map.inputs, inputs))?;
        let work = Backward {
            map,
            gradient: &mut gradient,
            slope: self.slope.get(),
            x: &with_elements(x, |x| pack::padded_rows(x, map.inputs, inputs))?,
            rows: &weight,
            x_gradient: &mut x_gradient,
            weight_gradient: &mut weight_gradient,
            bias_gradient: &mut bias_gradient,
        };
        dispatch(self.path, work);
        let of_x =
            x.track_op().then(|| tensor(pack::unpadded(&x_gradient, inputs, map.inputs), x.shape())).transpose()?;
        let of_parameters = parameters
            .track_op()
            .then(|| {
                let mut target = vec![0.0; parameters.elem_count()];
                pack::put(&mut target, map, 0, map.inputs, &weight_gradient, inputs);
                pack::put_bias(&mut target, map, &bias_gradient);
                let length = target.len();
                tensor(target, length)
            })
            .transpose()?;
        Ok((of_x, of_parameters))
    }
}
