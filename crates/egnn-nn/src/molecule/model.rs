//! A model of molecules, whichever it is.

use candle_core::{DType, Tensor};
use egnn_kernels::Backend;
use egnn_random::Stream;

use super::message_passing::MessagePassing;
use super::schnet::SchNet;
use super::{ATOM_FEATURES, MoleculeInput, MoleculeModelConfig, MoleculeModelKind};
use crate::error::{Result, shaped};
use crate::params::{Builder, Parameters, Tracking};

/// From molecules to a number each: the label, as its distance from the training mean in mean absolute deviations.
#[derive(Debug, Clone)]
pub struct MoleculeModel {
    config: MoleculeModelConfig,
    network: Network,
    parameters: Parameters,
}

#[derive(Debug, Clone)]
enum Network {
    MessagePassing(MessagePassing),
    SchNet(SchNet),
    Mean,
}

impl MoleculeModel {
    pub(super) fn new(config: &MoleculeModelConfig, stream: &Stream, dtype: DType, backend: Backend) -> Result<Self> {
        let mut builder = Builder::new(stream, dtype, backend)?;
        let network = match config.model {
            MoleculeModelKind::Egnn | MoleculeModelKind::Nmp => {
                Network::MessagePassing(MessagePassing::init(&mut builder, config)?)
            }
            MoleculeModelKind::SchNet => Network::SchNet(SchNet::init(&mut builder, config)?),
            MoleculeModelKind::Mean => Network::Mean,
        };
        Ok(Self { config: *config, network, parameters: builder.finish() })
    }

    /// Sizes and choices.
    pub fn config(&self) -> &MoleculeModelConfig {
        &self.config
    }

    /// Its parameters; EGNN's under the authors' names.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// The normalised labels, `(molecules,)`, ready for a backward pass.
    pub fn forward(&self, input: &MoleculeInput) -> Result<Tensor> {
        self.run(input, Tracking::On)
    }

    /// The same without what a gradient needs.
    pub fn predict(&self, input: &MoleculeInput) -> Result<Tensor> {
        self.run(input, Tracking::Off)
    }

    fn run(&self, input: &MoleculeInput, tracking: Tracking) -> Result<Tensor> {
        let (atoms, molecules, dtype) = (input.edges.nodes(), input.members.nodes(), self.parameters.dtype());
        shaped("features", &input.features, [atoms, ATOM_FEATURES], dtype)?;
        shaped("positions", &input.positions, [atoms, 3], dtype)?;
        let (config, parameters) = (&self.config, &self.parameters);
        let labels = match &self.network {
            Network::MessagePassing(network) => network.run(config, parameters, input, tracking)?,
            Network::SchNet(network) => network.run(config, parameters, input, tracking)?,
            Network::Mean => Tensor::zeros((molecules, 1), dtype, input.features.device())?,
        };
        Ok(labels.reshape(molecules)?)
    }
}

/// Distances as [`MoleculeModelConfig::gaussians`] says, `(edges, gaussians)`, from their squares.
pub(super) fn gaussians(config: &MoleculeModelConfig, squared: &Tensor) -> Result<Tensor> {
    let &MoleculeModelConfig { gaussians, gaussian_range, .. } = config;
    let width = gaussian_range / (gaussians - 1) as f64;
    let centres = Tensor::from_iter((0..gaussians).map(|number| number as f64 * width), squared.device())?;
    let offsets = squared.sqrt()?.broadcast_sub(&centres.to_dtype(squared.dtype())?.reshape((1, gaussians))?)?;
    Ok(((offsets / width)?.sqr()? * -0.5)?.exp()?)
}
