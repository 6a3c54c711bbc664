//! Motion under central forces: all systems side by side, each with steps of its own.

use candle_core::{CpuStorage, CustomOp1, DType, Layout, Result, Shape, Tensor};

use super::{Graph, clamp, columns, dense, squared_norm};
use crate::backend::LayerInput;
use crate::definition::{Activation, Motion};
use crate::edges::Edges;

pub(crate) fn motion(motion: &Motion, input: &LayerInput) -> Result<Tensor> {
    let clock = Clock::new(input.edges);
    let Some(limit) = motion.gradient_limit.filter(|_| clock.systems > 0) else {
        return together(motion, input);
    };
    // Each system gets the parameters through a gate of its own.
    let limit = limit / clock.systems as f64;
    let (mut found, mut node, mut edge) = (Vec::new(), 0, 0);
    for system in 0..clock.systems {
        let nodes = clock.of_node.iter().filter(|&&of| of == system).count();
        let edges = clock.of_edge.iter().filter(|&&of| of == system).count();
        let shifted = |ends: &[u32]| ends[edge..][..edges].iter().map(|&end| end - node as u32).collect();
        let own = Edges::new(shifted(input.edges.row()), shifted(input.edges.col()), nodes);
        let attributes = input.attributes.map(|attributes| attributes.narrow(0, edge, edges)).transpose()?;
        let own = LayerInput {
            state: &input.state.narrow(0, node, nodes)?,
            parameters: &input.parameters.apply_op1(Limited(limit))?,
            embedding: None,
            attributes: attributes.as_ref(),
            edges: &own.map_err(candle_core::Error::wrap)?,
        };
        found.push(together(motion, &own)?);
        (node, edge) = (node + nodes, edge + edges);
    }
    Tensor::cat(&found, 0)
}

/// Passes numbers on as they are, and a gradient if it is finite, shortened to a limit.
struct Limited(f64);

impl CustomOp1 for Limited {
    fn name(&self) -> &'static str {
        "limited"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let Some((start, end)) = layout.contiguous_offsets() else {
            candle_core::bail!("parameters are contiguous");
        };
        let copy = match storage {
            CpuStorage::F32(numbers) => CpuStorage::F32(numbers[start..end].to_vec()),
            CpuStorage::F64(numbers) => CpuStorage::F64(numbers[start..end].to_vec()),
            _ => candle_core::bail!("parameters are float32 or float64"),
        };
        Ok((copy, layout.shape().clone()))
    }

    fn bwd(&self, _: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let norm = gradient.to_dtype(DType::F64)?.sqr()?.sum_all()?.sqrt()?.to_scalar::<f64>()?;
        if !norm.is_finite() {
            return Ok(Some(gradient.zeros_like()?));
        }
        Ok(Some(if norm > self.0 { (gradient * (self.0 / norm))? } else { gradient.clone() }))
    }
}

/// All systems side by side, with the gradient itself.
fn together(motion: &Motion, input: &LayerInput) -> Result<Tensor> {
    let (edges, dim) = (input.edges, motion.dim);
    if edges.nodes() == 0 {
        return Tensor::zeros((0, dim), input.state.dtype(), input.state.device());
    }
    let (mut x, mut v) = (columns(input.state, 0, dim)?, columns(input.state, dim, dim)?);
    let graph = Graph::new(edges, input.state.device())?;
    let clock = Clock::new(edges);
    let mut left = vec![1.0; clock.systems];
    let mut before = vec![0.0; clock.systems];
    while left.iter().any(|&left| left > 0.0) {
        let difference = graph.difference(&x)?;
        let square = (squared_norm(&difference)? + Motion::SOFTENING)?;
        let distance = square.sqrt()?;
        let mut edge = vec![(square.log()? * 0.5)?];
        edge.extend(input.attributes.map(Tensor::detach));
        let mut u = Tensor::cat(&edge, 1)?;
        for (map, activation) in motion.phi.into_iter().zip([Activation::Silu, Activation::Silu, Activation::Identity])
        {
            u = dense(&u, input.parameters, map, activation)?;
        }
        let u = clamp(&u, Motion::LARGEST)?;
        let force = ((u.exp()? - u.neg()?.exp()?)? * 0.5)?;
        let acceleration = graph.sum(&difference.broadcast_div(&distance)?.broadcast_mul(&force)?)?;
        let synchronous = (&v + acceleration.broadcast_mul(&clock.spread(&before, 0.5, &x)?)?)?;
        let speed = squared_norm(&graph.difference(&synchronous.detach())?)?.sqrt()?;
        let time = (&distance / (speed + (&distance * force.abs()?)?.sqrt()?)?)?;
        let lengths = clock.lengths(motion, &time.detach().to_dtype(DType::F64)?.flatten_all()?.to_vec1()?, &left);
        let kick: Vec<f64> = before.iter().zip(&lengths).map(|(before, length)| before + length).collect();
        v = (v + acceleration.broadcast_mul(&clock.spread(&kick, 0.5, &x)?)?)?;
        x = (&x + v.broadcast_mul(&clock.spread(&lengths, 1.0, &x)?)?)?;
        for (left, length) in left.iter_mut().zip(&lengths) {
            *left = if length < left { *left - length } else { 0.0 };
        }
        before = lengths;
    }
    Ok(x)
}

/// The systems of a batch, each with its own time.
struct Clock {
    systems: usize,
    of_node: Vec<usize>,
    of_edge: Vec<usize>,
}

impl Clock {
    fn new(edges: &Edges) -> Self {
        let (mut systems, mut end) = (0, 0);
        let mut of_node = Vec::new();
        for node in 0..edges.nodes() {
            systems += usize::from(node >= end);
            of_node.push(systems - 1);
            let furthest = edges.of_row(node).map(|edge| edges.col()[edge] as usize + 1).max();
            end = end.max(node + 1).max(furthest.unwrap_or(0));
        }
        let of_edge = edges.row().iter().map(|&node| of_node[node as usize]).collect();
        Self { systems, of_node, of_edge }
    }

    /// The next step of each system, 0 for one that has arrived.
    fn lengths(&self, motion: &Motion, times: &[f64], left: &[f64]) -> Vec<f64> {
        let mut shortest = vec![f64::INFINITY; self.systems];
        for (&system, &time) in self.of_edge.iter().zip(times) {
            shortest[system] = shortest[system].min(time);
        }
        let length = |(&time, &left): (&f64, &f64)| if left > 0.0 { motion.step_length(time, left) } else { 0.0 };
        shortest.iter().zip(left).map(length).collect()
    }

    /// A number of each system, times `factor`, for each node.
    fn spread(&self, numbers: &[f64], factor: f64, like: &Tensor) -> Result<Tensor> {
        let numbers: Vec<f64> = self.of_node.iter().map(|&system| factor * numbers[system]).collect();
        let length = numbers.len();
        Tensor::from_vec(numbers, (length, 1), like.device())?.to_dtype(like.dtype())
    }
}
