//! The seam between models and what computes them.

use std::fmt;

use candle_core::{DType, Device, Result, Tensor};

use crate::definition::{Activation, CrossEntropy, Decoder, Layer, Map, Motion, RadialField};
use crate::edges::Edges;
use crate::irreps::{Convolution, NormNonlinearity};
use crate::{check, fused, plain};

/// What computes a model. Both backends give the same numbers up to rounding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Backend {
    /// The fused operations of this crate: float32 on the CPU.
    Kernels,
    /// candle's own operations: any device (but the CPU only for a [`Motion`] whose gradient is limited), float32 or float64.
    /// Slow, simple, and what the kernels are tested against.
    Plain,
}

impl Backend {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Kernels, Self::Plain];

    /// The fastest that computes in numbers of type `dtype` on `device`.
    pub fn best(dtype: DType, device: &Device) -> Self {
        if dtype == DType::F32 && device.is_cpu() { Self::Kernels } else { Self::Plain }
    }

    /// The name in options and records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kernels => "kernels",
            Self::Plain => "plain",
        }
    }

    /// The backend of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|backend| backend.name() == name)
    }

    /// `activation(x W^T + b)` for each row of `x`: `(rows, inputs)` to `(rows, outputs)`.
    pub fn dense(self, x: &Tensor, parameters: &Tensor, map: Map, activation: Activation) -> Result<Tensor> {
        self.check(x)?;
        check::dense(x, parameters, map)?;
        match self {
            Self::Kernels => fused::dense(x, parameters, map, activation),
            Self::Plain => plain::dense(x, parameters, map, activation),
        }
    }

    /// One message-passing layer.
    ///
    /// # Shapes
    /// `state: (nodes, layer.input_width())`, result `(nodes, layer.output_width())`; `parameters` and `embedding`
    /// 1-D, the places of the maps in them are the layer's; `attributes: (edges, layer.attributes)`, which get no
    /// gradient.
    pub fn layer(self, layer: &Layer, input: &LayerInput) -> Result<Tensor> {
        self.check(input.state)?;
        check::layer(layer, input)?;
        match self {
            Self::Kernels => fused::layer(layer, input),
            Self::Plain => plain::layer(layer, input),
        }
    }

    /// One Radial Field layer.
    ///
    /// # Shapes
    /// `state: (nodes, layer.width())`, and so is the result; `parameters` 1-D; `attributes: (edges, layer.attributes)`, which
    /// get no gradient.
    pub fn radial_field(self, layer: &RadialField, input: &LayerInput) -> Result<Tensor> {
        self.check(input.state)?;
        check::radial_field(layer, input)?;
        match self {
            Self::Kernels => fused::radial_field(layer, input),
            Self::Plain => plain::radial_field(layer, input),
        }
    }

    /// The positions after a unit of time.
    ///
    /// # Shapes
    /// `state: (nodes, 2 dim)`, result `(nodes, dim)`; `parameters` 1-D; `attributes: (edges, motion.attributes)`, which get
    /// no gradient.
    pub fn motion(self, motion: &Motion, input: &LayerInput) -> Result<Tensor> {
        self.check(input.state)?;
        check::motion(motion, input)?;
        match self {
            Self::Kernels => fused::motion(motion, input),
            Self::Plain => plain::motion(motion, input),
        }
    }

    /// The probability of each edge, `(edges, 1)`, a constant: no gradient reaches `z: (nodes, decoder.dim)`.
    pub fn decode(self, decoder: Decoder, z: &Tensor, parameters: &Tensor, edges: &Edges) -> Result<Tensor> {
        self.check(z)?;
        check::decoder(decoder, z, parameters, None, edges)?;
        match self {
            Self::Kernels => fused::decode(decoder, z, parameters, edges),
            Self::Plain => plain::decode(decoder, z, parameters, edges),
        }
    }

    /// The binary cross-entropy of `targets: (edges, 1)`, which are 0 or 1, summed over all edges: a scalar.
    pub fn reconstruction_loss(
        self,
        decoder: Decoder,
        kind: CrossEntropy,
        z: &Tensor,
        parameters: &Tensor,
        targets: &Tensor,
        edges: &Edges,
    ) -> Result<Tensor> {
        self.check(z)?;
        check::decoder(decoder, z, parameters, Some(targets), edges)?;
        match self {
            Self::Kernels => fused::reconstruction_loss(decoder, kind, z, parameters, targets, edges),
            Self::Plain => plain::reconstruction_loss(decoder, kind, z, parameters, targets, edges),
        }
    }

    /// The sum of each node's incoming rows: `(edges, features)` to `(nodes, features)`, in the order of the edges.
    pub fn segment_sum(self, messages: &Tensor, edges: &Edges) -> Result<Tensor> {
        self.check(messages)?;
        check::segments(messages, edges)?;
        match self {
            Self::Kernels => fused::segment_sum(messages, edges),
            Self::Plain => plain::segment_sum(messages, edges),
        }
    }

    /// The mean of each node's incoming rows, 0 for a node without any.
    pub fn segment_mean(self, messages: &Tensor, edges: &Edges) -> Result<Tensor> {
        self.check(messages)?;
        check::segments(messages, edges)?;
        match self {
            Self::Kernels => fused::segment_mean(messages, edges),
            Self::Plain => plain::segment_mean(messages, edges),
        }
    }

    /// The sum over each node's incoming edges of the sender's row times the edge's, element by element:
    /// `nodes: (nodes, features)` and `filters: (edges, features)` to `(nodes, features)`.
    pub fn filtered_sum(self, nodes: &Tensor, filters: &Tensor, edges: &Edges) -> Result<Tensor> {
        self.check(nodes)?;
        check::filtered(nodes, filters, edges)?;
        match self {
            Self::Kernels => fused::filtered_sum(nodes, filters, edges),
            Self::Plain => plain::filtered_sum(nodes, filters, edges),
        }
    }

    /// `|x_i - x_j|^2` of each edge, `(edges, 1)`, a constant: no gradient reaches `x: (nodes, dim)`.
    pub fn squared_distances(self, x: &Tensor, edges: &Edges) -> Result<Tensor> {
        self.check(x)?;
        check::nodes("squared-distances", x, None, edges)?;
        match self {
            Self::Kernels => fused::squared_distances(x, edges),
            Self::Plain => plain::squared_distances(x, edges),
        }
    }

    /// The product of the numbers at both ends of each edge, `(edges, 1)`, a constant: no gradient reaches
    /// `values: (nodes, 1)`.
    pub fn products(self, values: &Tensor, edges: &Edges) -> Result<Tensor> {
        self.check(values)?;
        check::nodes("products", values, Some(1), edges)?;
        match self {
            Self::Kernels => fused::products(values, edges),
            Self::Plain => plain::products(values, edges),
        }
    }

    /// The messages of a Tensor Field Network.
    ///
    /// # Shapes
    /// `features: (nodes, input.width())`; `parameters` 1-D; `geometry: (1 + rows of the basis, edges)`, which gets no
    /// gradient; result `(edges, output.width())`.
    pub fn convolution(
        self,
        convolution: &Convolution,
        features: &Tensor,
        parameters: &Tensor,
        geometry: &Tensor,
        edges: &Edges,
    ) -> Result<Tensor> {
        self.check(features)?;
        check::convolution(convolution, features, parameters, geometry, edges)?;
        match self {
            Self::Kernels => fused::convolution(convolution, features, parameters, geometry, edges),
            Self::Plain => plain::convolution(convolution, features, parameters, geometry, edges),
        }
    }

    /// The nonlinearity of features that turn with space: `(rows, fiber.width())`, and so is the result.
    pub fn norm_nonlinearity(self, layer: &NormNonlinearity, features: &Tensor, parameters: &Tensor) -> Result<Tensor> {
        self.check(features)?;
        check::norm_nonlinearity(layer, features, parameters)?;
        match self {
            Self::Kernels => fused::norm_nonlinearity(layer, features, parameters),
            Self::Plain => plain::norm_nonlinearity(layer, features, parameters),
        }
    }

    /// `sum_j softmax_j(<q_i, k_ij> / sqrt(width)) v_ij`, 0 for a node that hears nobody.
    ///
    /// # Shapes
    /// `query: (nodes, width)`, `key: (edges, width)`, `value: (edges, any)`; result `(nodes, any)`.
    pub fn attention(self, query: &Tensor, key: &Tensor, value: &Tensor, edges: &Edges) -> Result<Tensor> {
        self.check(query)?;
        check::attention(query, key, value, edges)?;
        match self {
            Self::Kernels => fused::attention(query, key, value, edges),
            Self::Plain => plain::attention(query, key, value, edges),
        }
    }

    /// Refuse what the backend cannot compute.
    fn check(self, input: &Tensor) -> Result<()> {
        if self == Self::Kernels && Self::best(input.dtype(), input.device()) != self {
            candle_core::bail!(
                "the kernels compute in F32 on the CPU, not in {:?} on {:?}",
                input.dtype(),
                input.device()
            );
        }
        Ok(())
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What a layer is given.
#[derive(Debug, Clone, Copy)]
pub struct LayerInput<'a> {
    /// Features, coordinates and velocities, a row a node.
    pub state: &'a Tensor,
    /// The layer's parameters.
    pub parameters: &'a Tensor,
    /// The parameters of its embedding, if it has one.
    pub embedding: Option<&'a Tensor>,
    /// `a_ij`, if there are any.
    pub attributes: Option<&'a Tensor>,
    /// Who hears whom.
    pub edges: &'a Edges,
}
