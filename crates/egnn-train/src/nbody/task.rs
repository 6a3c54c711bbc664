//! The n-body task as the training loop sees it.

use super::{
    NbodyConfig, NbodyData, Samples,
    data::{Batch, EdgeCache},
    errors::{median_and_p95, percentile},
    predictions,
};
use crate::{
    error::TrainError,
    task::{DTYPE, Task, Tested},
};
use candle_core::Tensor;
use egnn_nn::{Backend, Parameters, nbody::NbodyModel};
use egnn_random::Stream;
use egnn_schema::columns::results as column;
use egnn_store::table::Table;
use std::time::{Duration, Instant};

/// Samples of a forward pass that is timed, as in the paper's Table 2.
const TIMED_SAMPLES: usize = 100;
/// Passes that are timed, fewer if they take long.
const TIMED_PASSES: usize = 9;
/// Time after which no further pass begins.
const TIMING: Duration = Duration::from_millis(300);

pub(crate) struct NbodyTask<'a> {
    data: &'a NbodyData,
    batch_size: usize,
    model: Box<dyn NbodyModel>,
    edges: EdgeCache,
}

impl<'a> NbodyTask<'a> {
    pub(crate) fn new(config: &NbodyConfig, data: &'a NbodyData, backend: Backend) -> Result<Self, TrainError> {
        let stream = Stream::new(config.protocol.seed);
        Ok(Self {
            data,
            batch_size: config.protocol.batch_size as usize,
            model: config.model_config().init_on(&stream.child("init"), DTYPE, backend)?,
            edges: EdgeCache::default(),
        })
    }
}

impl Task for NbodyTask<'_> {
    fn parameters(&self) -> &Parameters {
        self.model.parameters()
    }

    fn loss_name(&self) -> &'static str {
        "mse"
    }

    fn samples(&self) -> usize {
        self.data.train.len
    }

    fn loss(&mut self, samples: &[u32]) -> Result<Tensor, TrainError> {
        let batch = self.data.train.batch(samples, &mut self.edges)?;
        loss(&*self.model, &batch)
    }

    fn validate(&mut self, _: u64) -> Result<f64, TrainError> {
        Ok(predict(&*self.model, &self.data.valid, self.batch_size, &mut self.edges)?.0)
    }

    fn test(&mut self) -> Result<Tested, TrainError> {
        let (loss, prediction) = predict(&*self.model, &self.data.test, self.batch_size, &mut self.edges)?;
        if !loss.is_finite() {
            return Ok(Tested { loss, values: Vec::new(), predictions: Table::default(), forward_seconds: None });
        }
        let [median, p95] = median_and_p95(&prediction, &self.data.test);
        Ok(Tested {
            loss,
            values: vec![(column::TEST_MSE_MEDIAN.name, median), (column::TEST_MSE_P95.name, p95)],
            predictions: predictions::table(&*self.model, &self.data.test, &prediction, &mut self.edges)?,
            forward_seconds: Some(forward_seconds(&*self.model, &self.data.test, &mut self.edges)?),
        })
    }
}

/// Seconds of a forward pass of [`TIMED_SAMPLES`] samples, the median of some; few samples are taken again and again.
fn forward_seconds(model: &dyn NbodyModel, samples: &Samples, edges: &mut EdgeCache) -> Result<f64, TrainError> {
    let indices: Vec<u32> = (0..samples.len as u32).cycle().take(TIMED_SAMPLES).collect();
    let batch = samples.batch(&indices, edges)?;
    let begin = Instant::now();
    let mut times = Vec::new();
    while times.is_empty() || (times.len() < TIMED_PASSES && begin.elapsed() < TIMING) {
        let start = Instant::now();
        model.predict(&batch.input)?;
        times.push(start.elapsed().as_secs_f64());
    }
    Ok(percentile(&mut times, 50))
}

/// Mean squared error of a batch over all coordinates, ready for a backward pass.
pub(crate) fn loss(model: &dyn NbodyModel, batch: &Batch) -> Result<Tensor, TrainError> {
    Ok(batch.loss(&model.forward(&batch.input)?)?)
}

/// Mean squared error over all coordinates of `samples`, and the predictions `(len, bodies, 3)`.
pub(crate) fn predict(
    model: &dyn NbodyModel,
    samples: &Samples,
    batch_size: usize,
    edges: &mut EdgeCache,
) -> Result<(f64, Vec<f32>), TrainError> {
    let mut prediction = Vec::with_capacity(samples.target().len());
    for indices in (0..samples.len as u32).collect::<Vec<_>>().chunks(batch_size) {
        let batch = samples.batch(indices, edges)?;
        prediction.extend(model.predict(&batch.input)?.flatten_all()?.to_vec1::<f32>()?);
    }
    let squares = prediction.iter().zip(samples.target()).map(|(p, t)| f64::from(p - t).powi(2));
    Ok((squares.sum::<f64>() / prediction.len() as f64, prediction))
}
