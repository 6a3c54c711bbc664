//! The first layer of the edge network, without ever building its input.
//!
//! `silu(W [h_i, h_j, d_ij, a_ij] + b)` is linear in its input before the activation: with `W = [W_i, W_j, W_d, W_a]`
//! by columns, `W_i h_i + b` and `W_j h_j` are computed once a node, and an edge only adds them up.

use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp2, CustomOp3, DType, Layout, Result, Shape, Tensor};

use super::dense::{Weights, column_sums};
use super::real::Real;
use super::storage::{Matrix, elements, product, tensor, with_elements};
use super::vectorised;
use crate::edges::Edges;

/// `silu(W [h_i, h_j, d_ij, a_ij] + b)` for each edge: the first layer of `phi_e` in equation (3).
///
/// No gradient flows to the attributes: they are data.
///
/// # Shapes
/// `h: (nodes, features)`, `radial: (edges, 1)` or absent, `attributes: (edges, any)` or absent,
/// `weights: 2 features + 1 (with radial) + attributes -> outputs`, with bias. Result `(edges, outputs)`.
pub fn edge_dense(
    h: &Tensor,
    radial: Option<&Tensor>,
    attributes: Option<&Tensor>,
    edges: &Edges,
    weights: &Weights,
) -> Result<Tensor> {
    match h.dtype() {
        DType::F32 => EdgeDense::<f32>::apply(h, radial, attributes, edges, weights),
        DType::F64 => EdgeDense::<f64>::apply(h, radial, attributes, edges, weights),
        dtype => candle_core::bail!("edge-dense: number type {dtype:?} is not supported"),
    }
}

struct EdgeDense<T> {
    edges: Edges,
    /// Row by row, one row an edge.
    attributes: Vec<T>,
    shape: Columns,
    tracked: bool,
    slope: OnceLock<Vec<T>>,
}

/// How the columns of the weight divide.
#[derive(Clone, Copy)]
struct Columns {
    features: usize,
    radial: bool,
    attributes: usize,
    outputs: usize,
}

impl Columns {
    fn total(self) -> usize {
        2 * self.features + self.scalars()
    }

    /// The radial column and those of the attributes.
    fn scalars(self) -> usize {
        usize::from(self.radial) + self.attributes
    }
}

impl<T: Real> EdgeDense<T> {
    fn apply(
        h: &Tensor,
        radial: Option<&Tensor>,
        attributes: Option<&Tensor>,
        edges: &Edges,
        weights: &Weights,
    ) -> Result<Tensor> {
        let (nodes, features) = h.dims2()?;
        let width = attributes.map_or(Ok(0), |attributes| attributes.dim(1))?;
        let shape = Columns { features, radial: radial.is_some(), attributes: width, outputs: weights.outputs };
        weights.check("edge-dense", shape.total())?;
        if nodes != edges.nodes() || !weights.bias {
            candle_core::bail!("edge-dense: {nodes} rows of features for {} nodes, or no bias", edges.nodes());
        }
        for (name, tensor) in [("radial", radial), ("attributes", attributes)] {
            if tensor.is_some_and(|tensor| tensor.dims()[0] != edges.len()) {
                candle_core::bail!("edge-dense: '{name}' has not one row for each of the {} edges", edges.len());
            }
        }
        let operation = Self {
            edges: edges.clone(),
            attributes: attributes.map_or(Ok(Vec::new()), |values| with_elements(values, <[T]>::to_vec))?,
            shape,
            tracked: h.track_op() || weights.block.track_op() || radial.is_some_and(Tensor::track_op),
            slope: OnceLock::new(),
        };
        let h = h.contiguous()?;
        match radial {
            Some(radial) => h.apply_op3(&radial.contiguous()?, &weights.block, operation),
            None => h.apply_op2(&weights.block, operation),
        }
    }

    /// The weight's scalar columns as rows: radial (if there is one), then the attributes.
    fn scalar_rows(&self, block: &[T]) -> Vec<T> {
        let Columns { features, outputs, .. } = self.shape;
        let total = self.shape.total();
        (2 * features..total).flat_map(|column| (0..outputs).map(move |o| block[o * total + column])).collect()
    }

    /// The scalars of an edge, in the order of [`Self::scalar_rows`].
    fn scalars<'a>(&'a self, radial: &'a [T], edge: usize) -> impl Iterator<Item = T> + 'a {
        let width = self.shape.attributes;
        let radial = if self.shape.radial { &radial[edge..=edge] } else { &[] };
        radial.iter().chain(&self.attributes[edge * width..][..width]).copied()
    }

    fn forward(
        &self,
        h: (&CpuStorage, &Layout),
        radial: &[T],
        block: (&CpuStorage, &Layout),
    ) -> Result<(CpuStorage, Shape)> {
        let Columns { features, outputs, .. } = self.shape;
        let total = self.shape.total();
        let sizes = [self.edges.nodes(), features, outputs];
        let left = Matrix { storage: h.0, offset: h.1.start_offset(), strides: [features, 1] };
        let part = |column| Matrix { storage: block.0, offset: block.1.start_offset() + column, strides: [1, total] };
        let receiving = product::<T>(&left, &part(0), sizes)?;
        let sending = product::<T>(&left, &part(features), sizes)?;
        let block = elements::<T>(block.0, block.1)?;
        let bias = &block[outputs * total..];
        let rows = self.scalar_rows(block);

        let mut values = vec![T::default(); self.edges.len() * outputs];
        let mut slopes = if self.tracked { vec![T::default(); values.len()] } else { Vec::new() };
        let mut spare = vec![T::default(); outputs];
        vectorised(
            #[inline(always)]
            || {
                for (edge, value) in values.chunks_exact_mut(outputs).enumerate() {
                    let own = &receiving[self.edges.row()[edge] as usize * outputs..][..outputs];
                    let other = &sending[self.edges.col()[edge] as usize * outputs..][..outputs];
                    for (((value, &own), &other), &bias) in value.iter_mut().zip(own).zip(other).zip(bias) {
                        *value = own + other + bias;
                    }
                    for (scalar, row) in self.scalars(radial, edge).zip(rows.chunks_exact(outputs)) {
                        for (value, &weight) in value.iter_mut().zip(row) {
                            *value += scalar * weight;
                        }
                    }
                    let slope = if self.tracked { &mut slopes[edge * outputs..][..outputs] } else { &mut spare[..] };
                    for (value, slope) in value.iter_mut().zip(slope) {
                        (*value, *slope) = value.silu();
                    }
                }
            },
        );
        let _ = self.slope.set(slopes);
        Ok((T::to_cpu_storage_owned(values), (self.edges.len(), outputs).into()))
    }

    fn backward(
        &self,
        h: &Tensor,
        radial: Option<&Tensor>,
        block: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let Columns { features, outputs, .. } = self.shape;
        let total = self.shape.total();
        let radial_values = radial.map_or(Ok(Vec::new()), |radial| with_elements(radial, <[T]>::to_vec))?;
        let rows = with_elements(block, |block: &[T]| self.scalar_rows(block))?;
        let spread = with_elements(gradient, |gradient: &[T]| self.spread(gradient, &radial_values, &rows))?;

        let nodes = self.edges.nodes();
        let bias = column_sums(&spread.receiving, outputs);
        let receiving = tensor(spread.receiving, (nodes, outputs))?;
        let sending = tensor(spread.sending, (nodes, outputs))?;
        let (h_is_tracked, h, block) = (h.track_op(), h.detach(), block.detach());
        let h_gradient = if h_is_tracked {
            let weight = block.narrow(0, 0, outputs * total)?.reshape((outputs, total))?;
            let own = receiving.matmul(&weight.narrow(1, 0, features)?)?;
            Some((own + sending.matmul(&weight.narrow(1, features, features)?)?)?)
        } else {
            None
        };
        let own = receiving.t()?.matmul(&h)?;
        let other = sending.t()?.matmul(&h)?;
        let mut block_gradient = Vec::with_capacity(outputs * (total + 1));
        with_elements(&own, |own: &[T]| {
            with_elements(&other, |other: &[T]| {
                for output in 0..outputs {
                    block_gradient.extend_from_slice(&own[output * features..][..features]);
                    block_gradient.extend_from_slice(&other[output * features..][..features]);
                    block_gradient.extend(spread.rows.chunks_exact(outputs).map(|row| row[output]));
                }
            })
        })??;
        block_gradient.extend(bias);
        let radial_gradient = match radial {
            Some(radial) if radial.track_op() => Some(tensor(spread.radial, radial.shape())?),
            _ => None,
        };
        let length = block_gradient.len();
        Ok((h_gradient, radial_gradient, Some(tensor(block_gradient, length)?)))
    }

    /// Carry the gradient of the output to both ends of each edge, to the scalar columns and to the radial input.
    fn spread(&self, gradient: &[T], radial: &[T], rows: &[T]) -> Spread<T> {
        let outputs = self.shape.outputs;
        let slopes = self.slope.get().map_or(&[][..], Vec::as_slice);
        let mut spread = Spread {
            receiving: vec![T::default(); self.edges.nodes() * outputs],
            sending: vec![T::default(); self.edges.nodes() * outputs],
            rows: vec![T::default(); rows.len()],
            radial: Vec::with_capacity(if self.shape.radial { self.edges.len() } else { 0 }),
        };
        let mut before = vec![T::default(); outputs];
        vectorised(
            #[inline(always)]
            || {
                let both = gradient.chunks_exact(outputs).zip(slopes.chunks_exact(outputs));
                for (edge, (gradient, slope)) in both.enumerate() {
                    let own = &mut spread.receiving[self.edges.row()[edge] as usize * outputs..][..outputs];
                    let other = &mut spread.sending[self.edges.col()[edge] as usize * outputs..][..outputs];
                    for ((((before, &gradient), &slope), own), other) in
                        before.iter_mut().zip(gradient).zip(slope).zip(own).zip(other)
                    {
                        *before = gradient * slope;
                        *own += *before;
                        *other += *before;
                    }
                    for (scalar, row) in self.scalars(radial, edge).zip(spread.rows.chunks_exact_mut(outputs)) {
                        for (row, &before) in row.iter_mut().zip(&before) {
                            *row += scalar * before;
                        }
                    }
                    if self.shape.radial {
                        spread.radial.push(dot(&before, &rows[..outputs]));
                    }
                }
            },
        );
        spread
    }
}

/// Gradients of an edge layer's parts.
struct Spread<T> {
    receiving: Vec<T>,
    sending: Vec<T>,
    rows: Vec<T>,
    radial: Vec<T>,
}

/// The scalar product, summed in sixteen lanes whatever the vector width.
#[inline(always)]
fn dot<T: Real>(left: &[T], right: &[T]) -> T {
    const LANES: usize = 16;
    let mut lanes = [T::default(); LANES];
    let (left_chunks, right_chunks) = (left.chunks_exact(LANES), right.chunks_exact(LANES));
    let rest = left_chunks.remainder().iter().zip(right_chunks.remainder());
    for (left, right) in left_chunks.zip(right_chunks) {
        for lane in 0..LANES {
            lanes[lane] += left[lane] * right[lane];
        }
    }
    for (lane, (&left, &right)) in lanes.iter_mut().zip(rest) {
        *lane += left * right;
    }
    lanes.iter().fold(T::default(), |sum, &lane| sum + lane)
}

impl<T: Real> CustomOp3 for EdgeDense<T> {
    fn name(&self) -> &'static str {
        "edge-dense"
    }

    fn cpu_fwd(
        &self,
        h: &CpuStorage,
        h_layout: &Layout,
        radial: &CpuStorage,
        radial_layout: &Layout,
        block: &CpuStorage,
        block_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        self.forward((h, h_layout), elements(radial, radial_layout)?, (block, block_layout))
    }

    fn bwd(
        &self,
        h: &Tensor,
        radial: &Tensor,
        block: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        self.backward(h, Some(radial), block, gradient)
    }
}

impl<T: Real> CustomOp2 for EdgeDense<T> {
    fn name(&self) -> &'static str {
        "edge-dense"
    }

    fn cpu_fwd(
        &self,
        h: &CpuStorage,
        h_layout: &Layout,
        block: &CpuStorage,
        block_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        self.forward((h, h_layout), &[], (block, block_layout))
    }

    fn bwd(
        &self,
        h: &Tensor,
        block: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (h, _, block) = self.backward(h, None, block, gradient)?;
        Ok((h, block))
    }
}
