//! How long steps take.

use crate::{
    adam::{Adam, AdamConfig},
    autoencoder::Graphs,
    error::TrainError,
    nbody::{EdgeCache, Samples},
    qm9::Molecules,
    task::{DTYPE, descend},
};
use candle_core::{Device, Tensor};
use egnn_kernels::allocations;
use egnn_nn::{Backend, autoencoder::AutoencoderModelConfig, molecule::MoleculeModelConfig, nbody::NbodyModelConfig};
use egnn_random::Stream;
use std::time::{Duration, Instant};

/// What a training step costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepTimes {
    /// Median milliseconds of forward, backward and Adam.
    pub train_ms: f64,
    /// Median milliseconds of a forward pass.
    pub forward_ms: f64,
    /// Median milliseconds of both that go into making the batch, where batches differ.
    pub batch_ms: Option<f64>,
    /// Allocations of a training step in the steady state; 0 unless the program's allocator is
    /// [`egnn_kernels::Counted`].
    pub allocations: u64,
}

/// Times a fresh model on the first `batch` samples.
///
/// # Errors
/// Only if candle fails.
pub fn bench_nbody(
    spec: &NbodyModelConfig,
    samples: &Samples,
    batch: usize,
    backend: Backend,
) -> Result<StepTimes, TrainError> {
    let model = spec.init_on(&Stream::new(1), DTYPE, backend)?;
    let mut adam = Adam::new(AdamConfig::new(1e-4, 1e-12), model.parameters());
    let batch = samples.batch(&(0..batch as u32).collect::<Vec<_>>(), &mut EdgeCache::default())?;
    let mut last = 0;
    let train_ms = median_ms(|| {
        let before = allocations();
        descend(model.parameters(), &mut adam, &batch.loss(&model.forward(&batch.input)?)?)?;
        last = allocations() - before;
        Ok(())
    })?;
    let forward_ms = median_ms(|| Ok(model.predict(&batch.input).map(drop)?))?;
    Ok(StepTimes { train_ms, forward_ms, batch_ms: None, allocations: last })
}

/// Times a fresh autoencoder, one graph a step: all graphs in turn are one repetition, and a step is their mean. Noise is
/// drawn in every step; a forward pass goes from the graph to the probabilities.
///
/// # Errors
/// Only if candle fails.
pub fn bench_autoencoder(
    spec: &AutoencoderModelConfig,
    graphs: &Graphs,
    backend: Backend,
) -> Result<StepTimes, TrainError> {
    let model = spec.init_on(&Stream::new(1), DTYPE, backend)?;
    let mut adam = Adam::new(AdamConfig::new(1e-4, 1e-16), model.parameters());
    let mut noise = Stream::new(2);
    let count = graphs.len() as u32;
    let mut last = 0;
    let train_ms = median_ms(|| {
        let before = allocations();
        for graph in 0..count {
            let input = graphs.batch(&[graph], model.noise_width(), &mut noise)?;
            descend(model.parameters(), &mut adam, &model.loss(&input)?)?;
        }
        last = allocations() - before;
        Ok(())
    })?;
    let forward_ms = median_ms(|| {
        for graph in 0..count {
            model.probabilities(&graphs.batch(&[graph], model.noise_width(), &mut noise)?)?;
        }
        Ok(())
    })?;
    let each = |ms: f64| ms / f64::from(count);
    let allocations = last / u64::from(count);
    Ok(StepTimes { train_ms: each(train_ms), forward_ms: each(forward_ms), batch_ms: None, allocations })
}

/// Times a fresh model of molecules on all of `molecules` as one batch, made anew for each step from what is in memory.
///
/// # Errors
/// Only if candle fails.
pub fn bench_qm9(spec: &MoleculeModelConfig, molecules: &Molecules, backend: Backend) -> Result<StepTimes, TrainError> {
    let model = spec.init_on(&Stream::new(1), DTYPE, backend)?;
    let mut adam = Adam::new(AdamConfig::new(1e-4, 1e-16), model.parameters());
    let all: Vec<u32> = (0..molecules.len() as u32).collect();
    let targets = Tensor::zeros(molecules.len(), DTYPE, &Device::Cpu)?;
    let mut last = 0;
    let train_ms = median_ms(|| {
        let before = allocations();
        let prediction = model.forward(&molecules.batch(&all, None)?)?;
        descend(model.parameters(), &mut adam, &(prediction - &targets)?.abs()?.mean_all()?)?;
        last = allocations() - before;
        Ok(())
    })?;
    let forward_ms = median_ms(|| Ok(model.predict(&molecules.batch(&all, None)?).map(drop)?))?;
    let batch_ms = median_ms(|| molecules.batch(&all, None).map(drop))?;
    Ok(StepTimes { train_ms, forward_ms, batch_ms: Some(batch_ms), allocations: last })
}

fn median_ms(mut work: impl FnMut() -> Result<(), TrainError>) -> Result<f64, TrainError> {
    const WARM_UP: usize = 5;
    const LEAST_REPETITIONS: usize = 31;
    const LEAST_TIME: Duration = Duration::from_secs(1);
    // Long work is repeated less often.
    const FEWER_REPETITIONS: usize = 11;
    const LONG_TIME: Duration = Duration::from_secs(3);
    for _ in 0..WARM_UP {
        work()?;
    }
    let begin = Instant::now();
    let mut times = Vec::new();
    let is_enough = |count: usize| {
        let elapsed = begin.elapsed();
        count >= LEAST_REPETITIONS && elapsed >= LEAST_TIME || count >= FEWER_REPETITIONS && elapsed >= LONG_TIME
    };
    while !is_enough(times.len()) {
        let start = Instant::now();
        work()?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}
