//! The n-body training loop with the paper's protocol.

use crate::{
    adam::{Adam, AdamConfig},
    checkpoint::{self, Best, Cursor, Owner, Score, State},
    config::NbodyConfig,
    data::{Batch, DTYPE, EdgeCache, NbodyData, Samples},
    error::{ListenerError, TrainError},
    model_file::ModelFile,
    predictions,
};
use egnn_kernels::allocations;
use egnn_nn::{
    Backend,
    nbody::{NbodyModel, NbodyModelConfig},
};
use egnn_random::Stream;
use egnn_schema::{Failure, RunEvent, RunMetrics, hash, run::LastGood};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// A batch loss beyond this multiple of the first one (or of 1) counts as exploded.
const EXPLOSION: f64 = 1e6;

/// Where a run's files go. Paths are those of DESIGN.md's run folder.
#[derive(Clone, Debug)]
pub struct Files {
    /// `checkpoint.safetensors`.
    pub checkpoint: PathBuf,
    /// `model.safetensors`.
    pub model: PathBuf,
    /// `predictions.parquet`.
    pub predictions: PathBuf,
}

impl Files {
    /// The files of the run in `folder`.
    pub fn of_run(folder: &Path) -> Self {
        Self {
            checkpoint: folder.join("checkpoint.safetensors"),
            model: folder.join("model.safetensors"),
            predictions: folder.join("predictions.parquet"),
        }
    }
}

/// Hears what happens. An error of it ends the run, which resumes from its last checkpoint.
pub type Emit<'a> = &'a mut dyn FnMut(&RunEvent) -> Result<(), ListenerError>;

/// How one attempt at a run is made. Results depend on none of it but the backend and the CPU, and on these by rounding
/// only.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// What computes: part of the run's identity, so that a checkpoint of another is not continued.
    pub backend: Backend,
    /// Least time between two checkpoints.
    pub checkpoint_every: Duration,
    /// Least time between two progress events.
    pub progress_every: Duration,
    /// Type of the CPU and its vector instructions in use: a checkpoint made on another is not continued.
    pub cpu: String,
    /// Evaluations on record from earlier attempts: a checkpoint that is ahead of them is not continued.
    pub recorded_evaluations: u64,
}

/// Trains one run to its end, resuming from its checkpoint if there is one, and returns its results.
///
/// # Errors
/// [`TrainError::Diverged`] if the loss became NaN or exploded; the event of it was emitted before. Otherwise disk,
/// permissions, or a file that does not belong here.
pub fn train(
    config: &NbodyConfig,
    datasets: &BTreeMap<String, String>,
    data: &NbodyData,
    files: &Files,
    attempt: &Attempt,
    emit: Emit<'_>,
) -> Result<RunMetrics, TrainError> {
    let mut run = Run::open(config, datasets, data, files, attempt)?;
    emit(&RunEvent::Started {
        from_epoch: run.state.cursor.epoch,
        from_step: run.state.adam.step,
        epochs: config.epochs,
        steps: config.steps(),
    })
    .map_err(TrainError::Listener)?;
    match run.finish(emit) {
        Ok(metrics) => {
            emit(&RunEvent::Finished { metrics: metrics.clone() }).map_err(TrainError::Listener)?;
            Ok(metrics)
        }
        Err(error) => {
            if let TrainError::Diverged(failure) = &error {
                emit(&RunEvent::Failed { failure: Failure::clone(failure) }).map_err(TrainError::Listener)?;
            }
            Err(error)
        }
    }
}

/// What a training step costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepTimes {
    /// Median milliseconds of forward, backward and Adam.
    pub train_ms: f64,
    /// Median milliseconds of a forward pass.
    pub forward_ms: f64,
    /// Allocations of a training step in the steady state; 0 unless the program's allocator is
    /// [`egnn_kernels::Counted`].
    pub allocations: u64,
}

/// Times a fresh model on the first `batch` samples.
///
/// # Errors
/// Only if candle fails.
pub fn bench_step(
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
        step(&*model, &mut adam, &batch)?;
        last = allocations() - before;
        Ok(())
    })?;
    let forward_ms = median_ms(|| Ok(model.predict(&batch.input).map(|_| ())?))?;
    Ok(StepTimes { train_ms, forward_ms, allocations: last })
}

fn median_ms(mut work: impl FnMut() -> Result<(), TrainError>) -> Result<f64, TrainError> {
    const WARM_UP: usize = 5;
    const LEAST_REPETITIONS: usize = 31;
    const LEAST_TIME: Duration = Duration::from_secs(1);
    for _ in 0..WARM_UP {
        work()?;
    }
    let begin = Instant::now();
    let mut times = Vec::new();
    while times.len() < LEAST_REPETITIONS || begin.elapsed() < LEAST_TIME {
        let start = Instant::now();
        work()?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}

/// One optimiser step; returns the batch's loss before it.
pub(crate) fn step(model: &dyn NbodyModel, adam: &mut Adam, batch: &Batch) -> Result<f64, TrainError> {
    let loss = batch.loss(&model.forward(&batch.input)?)?;
    let value = f64::from(loss.to_scalar::<f32>()?);
    if value.is_finite() {
        adam.step(model.parameters(), &loss.backward()?)?;
    }
    Ok(value)
}

struct Run<'a> {
    config: &'a NbodyConfig,
    data: &'a NbodyData,
    files: &'a Files,
    attempt: &'a Attempt,
    owner: Owner,
    model: Box<dyn NbodyModel>,
    order: Stream,
    edges: EdgeCache,
    state: State,
    clock: Instant,
    checkpointed: Instant,
    progressed: Instant,
}

impl<'a> Run<'a> {
    fn open(
        config: &'a NbodyConfig,
        datasets: &BTreeMap<String, String>,
        data: &'a NbodyData,
        files: &'a Files,
        attempt: &'a Attempt,
    ) -> Result<Self, TrainError> {
        let stream = Stream::new(config.seed);
        let model = config.model_config().init_on(&stream.child("init"), DTYPE, attempt.backend)?;
        let adam = Adam::new(AdamConfig::new(config.learning_rate, config.weight_decay), model.parameters());
        let owner = Owner::new(&config.fields(), datasets, attempt.backend, &attempt.cpu);
        let mut state = State { cursor: Cursor::default(), adam, best: None };
        let recorded = attempt.recorded_evaluations;
        checkpoint::read(&files.checkpoint, &owner, recorded, &mut state, model.parameters());
        let now = Instant::now();
        Ok(Self {
            config,
            data,
            files,
            attempt,
            owner,
            model,
            order: stream.child("order"),
            edges: EdgeCache::default(),
            state,
            clock: now,
            checkpointed: now,
            progressed: now,
        })
    }

    fn finish(&mut self, emit: Emit<'_>) -> Result<RunMetrics, TrainError> {
        while self.state.cursor.epoch < self.config.epochs {
            let epoch = self.state.cursor.epoch;
            let train_loss = self.train_epoch(epoch, emit)?;
            self.state.cursor.epoch += 1;
            if self.config.evaluates(epoch) {
                self.validate(epoch, train_loss, emit)?;
                if self.checkpointed.elapsed() >= self.attempt.checkpoint_every {
                    self.lap();
                    checkpoint::write(&self.files.checkpoint, &self.owner, &self.state, self.model.parameters())?;
                    self.checkpointed = Instant::now();
                }
            }
        }
        self.test()
    }

    /// Moves the time since the last lap into the state.
    fn lap(&mut self) {
        let now = Instant::now();
        self.state.cursor.seconds += (now - self.clock).as_secs_f64();
        self.clock = now;
    }

    /// Trains one epoch; returns its mean batch loss.
    fn train_epoch(&mut self, epoch: u64, emit: Emit<'_>) -> Result<f64, TrainError> {
        let order = self.order.index(epoch).permutation(self.data.train.len);
        let mut sum = 0.0;
        let batches = self.config.batches();
        for (number, indices) in order.chunks(self.config.batch_size as usize).take(batches as usize).enumerate() {
            let batch = self.data.train.batch(indices, &mut self.edges)?;
            let loss = step(&*self.model, &mut self.state.adam, &batch)?;
            let limit = EXPLOSION * self.state.cursor.first_loss.get_or_insert(loss).max(1.0);
            if !loss.is_finite() || loss > limit {
                let what = if loss.is_finite() { "exploded" } else { "is not a number or infinite" };
                return Err(self.diverged(&format!("training loss {what} ({loss})"), epoch, Some(number as u64)));
            }
            sum += loss;
            if self.progressed.elapsed() >= self.attempt.progress_every {
                emit(&RunEvent::Progress { epoch, step: self.state.adam.step, loss }).map_err(TrainError::Listener)?;
                self.progressed = Instant::now();
            }
        }
        Ok(sum / batches as f64)
    }

    fn validate(&mut self, epoch: u64, train_loss: f64, emit: Emit<'_>) -> Result<(), TrainError> {
        let (valid_loss, _) =
            predict(&*self.model, &self.data.valid, self.config.batch_size as usize, &mut self.edges)?;
        if !valid_loss.is_finite() {
            return Err(self.diverged(&format!("validation loss is not finite ({valid_loss})"), epoch, None));
        }
        if self.state.best.as_ref().is_none_or(|best| valid_loss < best.score.valid_loss) {
            let score = Score { epoch, valid_loss, train_loss };
            self.state.best = Some(Best { score, parameters: self.model.parameters().named()?.into_iter().collect() });
        }
        self.state.cursor.evaluations += 1;
        self.state.cursor.last = Some(LastGood { epoch, valid_loss });
        self.lap();
        if let Some(Best { score, .. }) = &self.state.best {
            emit(&RunEvent::Evaluated {
                epoch,
                step: self.state.adam.step,
                train_loss,
                valid_loss,
                best_valid_loss: score.valid_loss,
                best_epoch: score.epoch,
                seconds: self.state.cursor.seconds,
            })
            .map_err(TrainError::Listener)?;
        }
        Ok(())
    }

    /// Reads the test set once, with the parameters of the best validation.
    fn test(&mut self) -> Result<RunMetrics, TrainError> {
        let Some(best) = self.state.best.take() else {
            return Err(self.diverged("no evaluation happened", self.state.cursor.epoch, None));
        };
        self.model.parameters().load(&best.parameters)?;
        let batch_size = self.config.batch_size as usize;
        let (test_loss, prediction) = predict(&*self.model, &self.data.test, batch_size, &mut self.edges)?;
        if !test_loss.is_finite() {
            return Err(self.diverged(&format!("test loss is not finite ({test_loss})"), best.score.epoch, None));
        }
        ModelFile::write(&self.files.model, &self.config.fields(), &best.parameters)?;
        let mut table = predictions::table(&*self.model, &self.data.test, &prediction, &mut self.edges)?;
        table.metadata.insert("seed".into(), self.config.seed.to_string());
        table.metadata.insert("config_hash".into(), hash::of(&self.config.fields()));
        egnn_store::table::write(&self.files.predictions, &table)?;
        Ok(RunMetrics {
            parameters: self.model.parameters().count() as u64,
            epochs: self.config.epochs,
            steps: self.state.adam.step,
            best_epoch: best.score.epoch,
            values: [
                ("test_mse", test_loss),
                ("valid_mse", best.score.valid_loss),
                ("train_mse", best.score.train_loss),
            ]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        })
    }

    fn diverged(&self, what: &str, epoch: u64, batch: Option<u64>) -> TrainError {
        let place = batch.map_or(String::new(), |batch| format!(", batch {batch}"));
        let last_good = self.state.cursor.last.clone();
        let before = last_good.as_ref().map_or("no evaluation before".to_owned(), |good| {
            format!("last validation loss before: {} at epoch {}", good.valid_loss, good.epoch)
        });
        TrainError::Diverged(Box::new(Failure {
            reason: format!("{what} in epoch {epoch}{place}; {before}; a lower learning_rate may help"),
            epoch: Some(epoch),
            batch,
            last_good,
        }))
    }
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
