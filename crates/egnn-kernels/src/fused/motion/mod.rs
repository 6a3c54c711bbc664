//! The motion of bodies under central forces as one operation, system by system: everything that a system needs stays in
//! the fastest cache, and each takes the steps that it needs. The backward pass goes back through the steps and evaluates
//! `phi` again at each, so that only positions are kept.

mod network;
mod system;

use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};

use self::network::{Gradient, Network};
use self::system::{Scratch, Steps, System, systems};
use super::storage::{elements, tensor, with_elements};
use crate::backend::LayerInput;
use crate::definition::Motion;
use crate::edges::Edges;
use crate::simd::{Kernel, Lanes, Path, dispatch};

/// See [`crate::Backend::motion`].
pub(crate) fn motion(motion: &Motion, input: &LayerInput) -> Result<Tensor> {
    let LayerInput { state, parameters, attributes, edges, .. } = *input;
    let operation = Operation {
        motion: *motion,
        edges: edges.clone(),
        attributes: attributes.map(|attributes| attributes.detach().contiguous()).transpose()?,
        path: Path::current()?,
        tracked: state.track_op() || parameters.track_op(),
        kept: OnceLock::new(),
    };
    state.contiguous()?.apply_op2(&parameters.contiguous()?, operation)
}

struct Operation {
    motion: Motion,
    edges: Edges,
    attributes: Option<Tensor>,
    path: Path,
    tracked: bool,
    kept: OnceLock<Saved>,
}

/// What the forward pass leaves for the backward pass.
struct Saved {
    network: Network,
    systems: Vec<System>,
    steps: Vec<Steps>,
}

struct Forward<'a> {
    motion: &'a Motion,
    network: &'a Network,
    systems: &'a [System],
    state: &'a [f32],
    output: &'a mut [f32],
    steps: Option<&'a mut Vec<Steps>>,
}

struct Backward<'a> {
    motion: &'a Motion,
    saved: &'a Saved,
    gradient: &'a [f32],
    of_state: &'a mut [f32],
    found: &'a mut Gradient,
}

impl Kernel for Forward<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Self { motion, network, systems, state, output, mut steps } = self;
        let mut scratch = Scratch::new(network, systems, motion.dim);
        for system in systems {
            let taken = system.integrate(lanes, motion, network, &mut scratch, state, output);
            if let Some(steps) = &mut steps {
                steps.push(taken);
            }
        }
    }
}

impl Kernel for Backward<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Self { motion, saved: Saved { network, systems, steps }, gradient, of_state, found: sum } = self;
        let mut scratch = Scratch::new(network, systems, motion.dim);
        let limit = motion.gradient_limit.map(|limit| limit / systems.len() as f64);
        let mut own = network.gradient();
        for (system, steps) in systems.iter().zip(steps) {
            let found = if limit.is_some() { &mut own } else { &mut *sum };
            system.differentiate(lanes, motion, network, &mut scratch, steps, gradient, of_state, found);
            if let Some(limit) = limit {
                Network::add_limited(sum, &mut own, limit);
            }
        }
    }
}

impl CustomOp2 for Operation {
    fn name(&self) -> &'static str {
        "motion"
    }

    fn cpu_fwd(
        &self,
        state: &CpuStorage,
        state_layout: &Layout,
        parameters: &CpuStorage,
        parameters_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let motion = &self.motion;
        let network = Network::new(elements(parameters, parameters_layout)?, motion.phi);
        let systems = match &self.attributes {
            Some(attributes) => {
                with_elements(attributes, |attributes| systems(&self.edges, motion.attributes, attributes))?
            }
            None => systems(&self.edges, motion.attributes, &[]),
        };
        let mut output = vec![0.0; self.edges.nodes() * motion.dim];
        let mut steps = Vec::new();
        let work = Forward {
            motion,
            network: &network,
            systems: &systems,
            state: elements(state, state_layout)?,
            output: &mut output,
            steps: self.tracked.then_some(&mut steps),
        };
        dispatch(self.path, work);
        if self.tracked {
            let _ = self.kept.set(Saved { network, systems, steps });
        }
        Ok((CpuStorage::F32(output), (self.edges.nodes(), motion.dim).into()))
    }

    fn bwd(
        &self,
        state: &Tensor,
        parameters: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let Some(saved) = self.kept.get() else { return Ok((None, None)) };
        let mut of_state = vec![0.0; state.elem_count()];
        let mut found = saved.network.gradient();
        with_elements(gradient, |gradient| {
            let (of_state, found) = (&mut of_state[..], &mut found);
            dispatch(self.path, Backward { motion: &self.motion, saved, gradient, of_state, found });
        })?;
        let of_state = state.track_op().then(|| tensor(of_state, state.shape())).transpose()?;
        let of_parameters = parameters
            .track_op()
            .then(|| {
                let length = parameters.elem_count();
                tensor(saved.network.flat(&found, length), length)
            })
            .transpose()?;
        Ok((of_state, of_parameters))
    }
}
