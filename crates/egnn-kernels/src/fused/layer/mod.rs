//! A whole message-passing layer as one operation.
//!
//! Only what must be known at the end is kept: candle sees one node of its graph a layer, whose backward pass is
//! written out here. Edges go block by block through all edge networks while their rows are in the fast caches; the
//! first edge map is linear in `[h_i, h_j, d2, a]`, so that its products with `h` are taken once a node, together with
//! those of `phi_v` and `phi_h`.

mod backward;
mod forward;
mod gate;
mod gradients;
mod shape;
mod shared;
mod weights;

use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp2, CustomOp3, Layout, Result, Tensor};

use self::backward::Backward;
use self::forward::{Forward, Saved};
use self::gradients::Gradients;
use self::shape::Shape;
use self::weights::{Parameters, Weights};
use super::storage::{elements, tensor, with_elements};
use crate::backend::LayerInput;
use crate::definition::Layer;
use crate::edges::Edges;
use crate::simd::{Path, dispatch};

/// See [`crate::Backend::layer`].
pub(crate) fn layer(layer: &Layer, input: &LayerInput) -> Result<Tensor> {
    let LayerInput { state, parameters, embedding, attributes, edges } = *input;
    let operation = LayerOperation {
        layer: layer.clone(),
        edges: edges.clone(),
        attributes: attributes.map(|attributes| attributes.detach().contiguous()).transpose()?,
        path: Path::current()?,
        tracked: [Some(state), Some(parameters), embedding].into_iter().flatten().any(Tensor::track_op),
        kept: OnceLock::new(),
    };
    let (state, parameters) = (state.contiguous()?, parameters.contiguous()?);
    match embedding {
        Some(embedding) => state.apply_op3(&parameters, &embedding.contiguous()?, operation),
        None => state.apply_op2(&parameters, operation),
    }
}

struct LayerOperation {
    layer: Layer,
    edges: Edges,
    attributes: Option<Tensor>,
    path: Path,
    tracked: bool,
    kept: OnceLock<(Weights, Saved)>,
}

/// Gradients of state, parameters and embedding, those that are wanted.
type Found = (Option<Tensor>, Option<Tensor>, Option<Tensor>);

impl LayerOperation {
    fn with_attributes<R>(&self, work: impl FnOnce(&[f32]) -> R) -> Result<R> {
        match &self.attributes {
            Some(attributes) => with_elements(attributes, work),
            None => Ok(work(&[])),
        }
    }

    fn forward(&self, state: &[f32], parameters: Parameters) -> Result<(CpuStorage, candle_core::Shape)> {
        let shape = Shape::new(&self.layer, &self.edges);
        let weights = Weights::new(&shape, parameters, self.tracked, self.path);
        let mut saved = Saved::take(&shape, self.tracked);
        let mut output = vec![0.0; shape.nodes() * self.layer.output_width()];
        self.with_attributes(|attributes| {
            let (weights, saved, output) = (&weights, &mut saved, &mut output);
            dispatch(self.path, Forward { shape, weights, state, attributes, saved, output });
        })?;
        if self.tracked {
            let _ = self.kept.set((weights, saved));
        }
        Ok((CpuStorage::F32(output), (shape.nodes(), self.layer.output_width()).into()))
    }

    fn backward(
        &self,
        state: &Tensor,
        parameters: &Tensor,
        embedding: Option<&Tensor>,
        gradient: &Tensor,
    ) -> Result<Found> {
        let shape = Shape::new(&self.layer, &self.edges);
        let Some((weights, saved)) = self.kept.get() else { return Ok((None, None, None)) };
        let Some(rows) = &weights.rows else { return Ok((None, None, None)) };
        let mut found = Gradients::zeroed(&shape);
        let state_wanted = state.track_op();
        with_elements(state, |state| {
            with_elements(gradient, |gradient| {
                self.with_attributes(|attributes| {
                    let found = &mut found;
                    let work =
                        Backward { shape, weights, rows, saved, state, attributes, gradient, found, state_wanted };
                    dispatch(self.path, work);
                })
            })
        })???;
        let of_state =
            state_wanted.then(|| tensor(gradients::of_state(&shape, weights, &found), state.shape())).transpose()?;
        let of_parameters = parameters
            .track_op()
            .then(|| {
                let length = parameters.elem_count();
                tensor(gradients::of_parameters(&shape, weights, &found, length), length)
            })
            .transpose()?;
        let of_embedding = match (self.layer.embedding, embedding.filter(|embedding| embedding.track_op())) {
            (Some(map), Some(embedding)) => {
                let length = embedding.elem_count();
                Some(tensor(gradients::of_embedding(&shape, map, weights, saved, &found, length), length)?)
            }
            _ => None,
        };
        Ok((of_state, of_parameters, of_embedding))
    }
}

impl CustomOp2 for LayerOperation {
    fn name(&self) -> &'static str {
        "layer"
    }

    fn cpu_fwd(
        &self,
        state: &CpuStorage,
        state_layout: &Layout,
        parameters: &CpuStorage,
        parameters_layout: &Layout,
    ) -> Result<(CpuStorage, candle_core::Shape)> {
        let layer = elements(parameters, parameters_layout)?;
        self.forward(elements(state, state_layout)?, Parameters { layer, embedding: &[] })
    }

    fn bwd(
        &self,
        state: &Tensor,
        parameters: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (state, parameters, _) = self.backward(state, parameters, None, gradient)?;
        Ok((state, parameters))
    }
}

impl CustomOp3 for LayerOperation {
    fn name(&self) -> &'static str {
        "layer"
    }

    fn cpu_fwd(
        &self,
        state: &CpuStorage,
        state_layout: &Layout,
        parameters: &CpuStorage,
        parameters_layout: &Layout,
        embedding: &CpuStorage,
        embedding_layout: &Layout,
    ) -> Result<(CpuStorage, candle_core::Shape)> {
        let layer = elements(parameters, parameters_layout)?;
        let embedding = elements(embedding, embedding_layout)?;
        self.forward(elements(state, state_layout)?, Parameters { layer, embedding })
    }

    fn bwd(
        &self,
        state: &Tensor,
        parameters: &Tensor,
        embedding: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<Found> {
        self.backward(state, parameters, Some(embedding), gradient)
    }
}
