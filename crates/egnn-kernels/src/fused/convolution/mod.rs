//! The messages of a Tensor Field Network as one operation.
//!
//! Edges go through the networks in blocks, and in all buffers an edge is a lane: a vector holds the same number of
//! neighbouring edges. So every length, 21 channels or 5 components, fills vectors to the last lane, and sums over
//! components, channels and hidden rows are plain multiply-adds.
//!
//! With `t = K_J f_j` a message is `m = sum_J phi_J t`. What makes it expensive is `phi_J`, a matrix of channels for every
//! edge: it is computed for a few rows at a time, used, and forgotten. The backward pass computes it again, which takes a
//! quarter of its products and less time than fetching it from memory would.

mod backward;
mod contract;
mod forward;
mod hidden;

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};

use self::backward::Backward;
use self::forward::Forward;
use super::arena::Buffer;
use super::storage::{elements, tensor, with_elements};
use crate::edges::Edges;
use crate::irreps::{Convolution, Part, RadialNet};
use crate::simd::{Path, dispatch};

/// Edges that go through the networks at a time, a multiple of the longest vector.
const BLOCK: usize = 64;

/// Rows of `phi_J` that are made at a time, in channels of the output.
const CHUNK: usize = 4;

/// See [`crate::Backend::convolution`].
pub(crate) fn convolution(
    convolution: &Convolution,
    features: &Tensor,
    parameters: &Tensor,
    geometry: &Tensor,
    edges: &Edges,
) -> Result<Tensor> {
    let operation = Messages {
        convolution: convolution.clone(),
        edges: edges.clone(),
        geometry: geometry.detach().contiguous()?,
        path: Path::current()?,
    };
    features.contiguous()?.apply_op2(&parameters.contiguous()?, operation)
}

struct Messages {
    convolution: Convolution,
    edges: Edges,
    geometry: Tensor,
    path: Path,
}

/// What both passes read.
#[derive(Clone, Copy)]
struct Input<'a> {
    convolution: &'a Convolution,
    parameters: &'a [f32],
    geometry: &'a [f32],
    /// What each edge's sender has: blocks of `[input, BLOCK]`.
    sent: &'a [f32],
    /// How many edges there are.
    edges: usize,
}

/// One radial network, and the parts of both fibers that it connects.
#[derive(Clone, Copy)]
struct Pair<'a> {
    net: &'a RadialNet,
    to: Part,
    from: Part,
    /// Lengths of all rows of both fibers.
    widths: [usize; 2],
}

impl<'a> Input<'a> {
    fn pairs(&self) -> impl Iterator<Item = Pair<'a>> {
        let Convolution { input, output, nets } = self.convolution;
        let widths = [output.width(), input.width()];
        nets.iter()
            .filter_map(move |net| Some(Pair { net, to: output.part(net.to)?, from: input.part(net.from)?, widths }))
    }

    fn blocks(&self) -> usize {
        self.edges.div_ceil(BLOCK)
    }

    /// Some rows of the geometry of a block's edges; zeros where there are no edges.
    #[inline(always)]
    fn geometry(&self, block: usize, (start, count): (usize, usize), target: &mut [f32]) {
        let first = block * BLOCK;
        let length = BLOCK.min(self.edges - first);
        for (row, target) in (start..start + count).zip(target.chunks_exact_mut(BLOCK)) {
            target[..length].copy_from_slice(&self.geometry[row * self.edges + first..][..length]);
            target[length..].fill(0.0);
        }
    }
}

impl Pair<'_> {
    /// The place of the pair's output in the lanes of a block.
    fn output(&self, block: usize) -> std::ops::Range<usize> {
        let start = (block * self.widths[0] + self.to.offset) * BLOCK;
        start..start + self.to.width() * BLOCK
    }

    /// The place of the pair's input.
    fn input(&self, block: usize) -> std::ops::Range<usize> {
        let start = (block * self.widths[1] + self.from.offset) * BLOCK;
        start..start + self.from.width() * BLOCK
    }

    /// The chunks of each `phi_J`: their first channel of the output, and how many there are.
    fn chunks(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let channels = self.to.channels;
        (0..channels).step_by(CHUNK).map(move |first| (first, CHUNK.min(channels - first)))
    }

    /// Numbers in a chunk of `phi_J` and one edge.
    fn chunk_rows(&self) -> usize {
        CHUNK.min(self.to.channels) * self.from.channels
    }
}

/// Rows of nodes as lanes of edges: blocks of `[width, BLOCK]`, zero where there are no edges.
fn lanes_of(rows: &[f32], width: usize, nodes: impl ExactSizeIterator<Item = usize>) -> Buffer {
    let count = nodes.len();
    let blocks = count.div_ceil(BLOCK);
    let mut lanes = Buffer::take(blocks * width * BLOCK);
    if let Some(last) = blocks.checked_sub(1).filter(|_| !count.is_multiple_of(BLOCK)) {
        lanes[last * width * BLOCK..].fill(0.0);
    }
    for (edge, node) in nodes.enumerate() {
        let target = &mut lanes[edge / BLOCK * width * BLOCK + edge % BLOCK..];
        for (target, &value) in target.iter_mut().step_by(BLOCK).zip(&rows[node * width..][..width]) {
            *target = value;
        }
    }
    lanes
}

/// Add lanes of edges to rows of nodes.
fn add_to_rows(lanes: &[f32], width: usize, nodes: impl Iterator<Item = usize>, rows: &mut [f32]) {
    for (edge, node) in nodes.enumerate() {
        let source = &lanes[edge / BLOCK * width * BLOCK + edge % BLOCK..];
        for (row, &value) in rows[node * width..][..width].iter_mut().zip(source.iter().step_by(BLOCK)) {
            *row += value;
        }
    }
}

impl CustomOp2 for Messages {
    fn name(&self) -> &'static str {
        "convolution"
    }

    fn cpu_fwd(
        &self,
        features: &CpuStorage,
        features_layout: &Layout,
        parameters: &CpuStorage,
        parameters_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let Self { convolution, edges, geometry, path } = self;
        let (features, parameters) = (elements(features, features_layout)?, elements(parameters, parameters_layout)?);
        let width = convolution.output.width();
        let sent = lanes_of(features, convolution.input.width(), edges.col().iter().map(|&node| node as usize));
        let mut lanes = Buffer::zeroed(edges.len().div_ceil(BLOCK) * width * BLOCK);
        with_elements(geometry, |geometry| {
            let input = Input { convolution, parameters, geometry, sent: &sent, edges: edges.len() };
            dispatch(*path, Forward { input, messages: &mut lanes });
        })?;
        let mut messages = vec![0.0; edges.len() * width];
        add_to_rows(&lanes, width, 0..edges.len(), &mut messages);
        Ok((CpuStorage::F32(messages), (edges.len(), width).into()))
    }

    fn bwd(
        &self,
        features: &Tensor,
        parameters: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let Self { convolution, edges, geometry, path } = self;
        let [output, input] = [convolution.output.width(), convolution.input.width()];
        let senders = || edges.col().iter().map(|&node| node as usize);
        let sent = with_elements(features, |features| lanes_of(features, input, senders()))?;
        let gradient = with_elements(gradient, |gradient| lanes_of(gradient, output, 0..edges.len()))?;
        let mut of_sent = Buffer::zeroed(sent.len());
        let mut of_parameters = vec![0.0; parameters.elem_count()];
        with_elements(parameters, |parameters| {
            with_elements(geometry, |geometry| {
                let input = Input { convolution, parameters, geometry, sent: &sent, edges: edges.len() };
                let work = Backward { input, gradient: &gradient, sent: &mut of_sent, parameters: &mut of_parameters };
                dispatch(*path, work);
            })
        })??;
        let of_features = features.track_op().then(|| {
            let mut sums = vec![0.0; features.elem_count()];
            add_to_rows(&of_sent, input, senders(), &mut sums);
            tensor(sums, features.shape())
        });
        let length = of_parameters.len();
        Ok((of_features.transpose()?, Some(tensor(of_parameters, length)?)))
    }
}
