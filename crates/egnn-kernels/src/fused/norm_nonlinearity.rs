//! The nonlinearity of features that turn with space.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};

use super::rows::{add_scaled, dot};
use super::storage::{elements, tensor, with_elements};
use crate::definition::Map;
use crate::irreps::{LAYER_NORM_EPSILON, LEAST_NORM, Norm, NormNonlinearity, Part};

/// See [`crate::Backend::norm_nonlinearity`].
pub(crate) fn norm_nonlinearity(layer: &NormNonlinearity, features: &Tensor, parameters: &Tensor) -> Result<Tensor> {
    features.contiguous()?.apply_op2(&parameters.contiguous()?, Operation { layer: layer.clone() })
}

struct Operation {
    layer: NormNonlinearity,
}

/// One type's features of one node, on their way: a number a channel.
#[derive(Default)]
struct Row {
    length: Vec<f32>,
    /// After LayerNorm without weight and bias, and what that multiplied by.
    normal: Vec<f32>,
    deviation: f32,
    active: Vec<f32>,
    /// What the direction is multiplied by.
    scale: Vec<f32>,
}

impl Row {
    fn forward(&mut self, features: &[f32], (norm, map): (Norm, Option<Map>), parameters: &[f32]) {
        let channels = norm.channels;
        self.length.clear();
        self.length.resize(channels, 0.0);
        for component in features.chunks_exact(channels) {
            for (sum, f) in self.length.iter_mut().zip(component) {
                *sum += f * f;
            }
        }
        let least = LEAST_NORM as f32;
        for length in &mut self.length {
            // What is not a number stays.
            *length = if *length < least * least { least } else { length.sqrt() };
        }
        let mean = self.length.iter().sum::<f32>() / channels as f32;
        let variance = self.length.iter().map(|z| (z - mean) * (z - mean)).sum::<f32>() / channels as f32;
        self.deviation = 1.0 / (variance + LAYER_NORM_EPSILON as f32).sqrt();
        self.normal.clear();
        self.normal.extend(self.length.iter().map(|z| (z - mean) * self.deviation));
        let (weight, bias) = parameters[norm.offset..][..2 * channels].split_at(channels);
        self.active.clear();
        let z = self.normal.iter().zip(weight.iter().zip(bias)).map(|(z, (weight, bias))| z * weight + bias);
        self.active.extend(z.map(|z| if z < 0.0 { 0.0 } else { z }));
        self.scale.clear();
        let Some(map) = map else { return self.scale.extend_from_slice(&self.active) };
        let rows = parameters[map.offset..].chunks_exact(channels).take(channels);
        self.scale.extend(rows.map(|row| dot(row, &self.active)));
        if let Some(offset) = map.bias_offset() {
            self.scale.iter_mut().zip(&parameters[offset..]).for_each(|(scale, bias)| *scale += bias);
        }
    }

    /// The gradient of the features, from that of the result; adds to that of the parameters.
    fn backward(
        &self,
        features: &[f32],
        (norm, map): (Norm, Option<Map>),
        parameters: &[f32],
        gradient: &[f32],
        [of_features, of_parameters]: [&mut [f32]; 2],
    ) {
        let channels = norm.channels;
        // Along each feature.
        let mut along = vec![0.0; channels];
        for (f, g) in features.chunks_exact(channels).zip(gradient.chunks_exact(channels)) {
            for (sum, (f, g)) in along.iter_mut().zip(f.iter().zip(g)) {
                *sum += f * g;
            }
        }
        along.iter_mut().zip(&self.length).for_each(|(along, length)| *along /= length);
        let mut slope = self.through_map(&along, map, parameters, of_parameters);
        let (of_weight, of_bias) = of_parameters[norm.offset..][..2 * channels].split_at_mut(channels);
        for (channel, slope) in slope.iter_mut().enumerate() {
            *slope = if self.active[channel] > 0.0 { *slope } else { 0.0 };
            of_weight[channel] += *slope * self.normal[channel];
            of_bias[channel] += *slope;
            *slope *= parameters[norm.offset + channel];
        }
        let mean = slope.iter().sum::<f32>() / channels as f32;
        let turned = slope.iter().zip(&self.normal).map(|(a, b)| a * b).sum::<f32>() / channels as f32;
        for (channel, slope) in slope.iter_mut().enumerate() {
            *slope = (*slope - mean - self.normal[channel] * turned) * self.deviation;
            // Where a length was cut, there is no direction: the feature counts as a constant.
            let is_cut = self.length[channel] <= LEAST_NORM as f32;
            let change = *slope - along[channel] * self.scale[channel] / self.length[channel];
            let factors =
                [self.scale[channel], change].map(|part| if is_cut { 0.0 } else { part / self.length[channel] });
            for place in (channel..features.len()).step_by(channels) {
                of_features[place] = factors[0] * gradient[place] + factors[1] * features[place];
            }
        }
    }

    /// From the gradient of the scale to that of the active lengths; adds to that of the parameters.
    fn through_map(&self, scale: &[f32], map: Option<Map>, parameters: &[f32], found: &mut [f32]) -> Vec<f32> {
        let Some(map) = map else { return scale.to_vec() };
        let channels = scale.len();
        let mut active = vec![0.0; channels];
        for (row, &scale) in scale.iter().enumerate() {
            let place = map.offset + row * channels..map.offset + (row + 1) * channels;
            add_scaled(&mut active, scale, &parameters[place.clone()]);
            add_scaled(&mut found[place], scale, &self.active);
        }
        if let Some(offset) = map.bias_offset() {
            found[offset..].iter_mut().zip(scale).for_each(|(sum, scale)| *sum += scale);
        }
        active
    }
}

impl Operation {
    fn parts(&self) -> impl Iterator<Item = (Part, (Norm, Option<Map>))> {
        self.layer.fiber.parts().zip(self.layer.nets.iter().copied())
    }
}

impl CustomOp2 for Operation {
    fn name(&self) -> &'static str {
        "norm-nonlinearity"
    }

    fn cpu_fwd(
        &self,
        features: &CpuStorage,
        layout: &Layout,
        parameters: &CpuStorage,
        parameters_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (features, parameters) = (elements(features, layout)?, elements(parameters, parameters_layout)?);
        let mut result = features.to_vec();
        let mut row = Row::default();
        for node in result.chunks_exact_mut(self.layer.fiber.width()) {
            for (part, net) in self.parts() {
                let f = &mut node[part.offset..][..part.width()];
                row.forward(f, net, parameters);
                for component in f.chunks_exact_mut(part.channels) {
                    for (f, (scale, length)) in component.iter_mut().zip(row.scale.iter().zip(&row.length)) {
                        *f *= scale / length;
                    }
                }
            }
        }
        Ok((CpuStorage::F32(result), layout.shape().clone()))
    }

    fn bwd(
        &self,
        features: &Tensor,
        parameters: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let width = self.layer.fiber.width();
        let mut of_features = vec![0.0; features.elem_count()];
        let mut of_parameters = vec![0.0; parameters.elem_count()];
        let mut row = Row::default();
        let mut work = |features: &[f32], parameters: &[f32], gradient: &[f32]| {
            let nodes = features.chunks_exact(width).zip(gradient.chunks_exact(width));
            for (target, (features, gradient)) in of_features.chunks_exact_mut(width).zip(nodes) {
                for (part, net) in self.parts() {
                    let place = part.offset..part.offset + part.width();
                    let (features, gradient) = (&features[place.clone()], &gradient[place.clone()]);
                    row.forward(features, net, parameters);
                    row.backward(features, net, parameters, gradient, [&mut target[place], &mut of_parameters]);
                }
            }
        };
        with_elements(features, |features| {
            with_elements(parameters, |parameters| {
                with_elements(gradient, |gradient| work(features, parameters, gradient))
            })
        })???;
        let length = of_parameters.len();
        Ok((Some(tensor(of_features, features.shape())?), Some(tensor(of_parameters, length)?)))
    }
}
