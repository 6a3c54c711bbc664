//! The autoencoder task as the training loop sees it.

use super::{AutoencoderConfig, GraphData, Graphs, Reconstruction, Score, predictions};
use crate::{
    error::TrainError,
    task::{DTYPE, Task, Tested},
};
use candle_core::Tensor;
use egnn_nn::{Backend, Parameters, autoencoder::Autoencoder};
use egnn_random::Stream;
use egnn_schema::columns::results as column;

pub(crate) struct AutoencoderTask<'a> {
    data: &'a GraphData,
    model: Autoencoder,
    /// The run's stream. Every epoch and every evaluation has noise of its own under it, fresh at every pass and the same
    /// for the same seed, however often the run was interrupted.
    stream: Stream,
    noise_of_epoch: Stream,
}

impl<'a> AutoencoderTask<'a> {
    pub(crate) fn new(config: &AutoencoderConfig, data: &'a GraphData, backend: Backend) -> Result<Self, TrainError> {
        let stream = Stream::new(config.protocol.seed);
        Ok(Self {
            data,
            model: config.model.init_on(&stream.child("init"), DTYPE, backend)?,
            noise_of_epoch: noise(&stream).child("train"),
            stream,
        })
    }
}

impl Task for AutoencoderTask<'_> {
    fn parameters(&self) -> &Parameters {
        self.model.parameters()
    }

    fn loss_name(&self) -> &'static str {
        "bce"
    }

    fn samples(&self) -> usize {
        self.data.train.len()
    }

    fn begin_epoch(&mut self, epoch: u64) {
        self.noise_of_epoch = noise(&self.stream).child("train").index(epoch);
    }

    fn skip(&mut self, samples: &[u32]) {
        self.data.train.skip_noise(samples, self.model.noise_width(), &mut self.noise_of_epoch);
    }

    fn loss(&mut self, samples: &[u32]) -> Result<Tensor, TrainError> {
        let input = self.data.train.batch(samples, self.model.noise_width(), &mut self.noise_of_epoch)?;
        let loss = self.model.loss(&input)?;
        Ok(if samples.len() == 1 { loss } else { (loss / samples.len() as f64)? })
    }

    fn validate(&mut self, epoch: u64) -> Result<f64, TrainError> {
        let noise = &mut noise(&self.stream).child("valid").index(epoch);
        Ok(Score::of(&reconstruct(&self.model, &self.data.valid, noise)?).bce())
    }

    fn test(&mut self) -> Result<Tested, TrainError> {
        let graphs = reconstruct(&self.model, &self.data.test, &mut test_noise(&self.stream))?;
        let score = Score::of(&graphs);
        let mut values = vec![(column::TEST_ERROR.name, score.error_percent())];
        values.extend(score.f1().map(|f1| (column::TEST_F1.name, f1)));
        values.extend(&self.data.facts);
        Ok(Tested { loss: score.bce(), values, predictions: predictions::table(&graphs), forward_seconds: None })
    }
}

/// The noise of a run's test, from the run's stream.
pub(crate) fn test_noise(stream: &Stream) -> Stream {
    noise(stream).child("test")
}

fn noise(stream: &Stream) -> Stream {
    stream.child("noise")
}

/// Every graph given back, one after the other.
pub(crate) fn reconstruct(
    model: &Autoencoder,
    graphs: &Graphs,
    noise: &mut Stream,
) -> Result<Vec<Reconstruction>, TrainError> {
    let reconstruct = |graph| {
        let input = graphs.batch(&[graph], model.noise_width(), noise)?;
        let ends = input.edges.row().iter().zip(input.edges.col()).map(|(&row, &col)| [row, col]).collect();
        Ok(Reconstruction {
            nodes: input.edges.nodes(),
            ends,
            truth: input.adjacency.flatten_all()?.to_vec1()?,
            probability: model.probabilities(&input)?.flatten_all()?.to_vec1()?,
        })
    };
    (0..graphs.len() as u32).map(reconstruct).collect()
}
