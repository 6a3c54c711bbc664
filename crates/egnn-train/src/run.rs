//! The training loop, the same for every task.

use crate::{
    adam::{Adam, AdamConfig},
    checkpoint::{self, Best, Cursor, Owner, Score, State},
    config::{TaskConfig, TaskData},
    error::{ListenerError, TrainError},
    model_file::ModelFile,
    protocol::Protocol,
    task::{Task, Tested, descend},
};
use egnn_nn::Backend;
use egnn_random::Stream;
use egnn_schema::{Failure, RunEvent, RunMetrics, hash, run::LastGood};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
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
    /// Whether a checkpoint that was made on another type of CPU is continued all the same.
    pub any_cpu: bool,
    /// Evaluations on record from earlier attempts: a checkpoint that is ahead of them is not continued.
    pub recorded_evaluations: u64,
    /// Set by someone else when the run is to save a checkpoint and stop, which it does before its next batch.
    pub stop: Arc<AtomicBool>,
}

/// Trains one run to its end, resuming from its checkpoint if there is one, and returns its results.
///
/// # Errors
/// [`TrainError::Diverged`] if the loss became NaN or exploded; the event of it was emitted before.
/// [`TrainError::Stopped`] if that was asked for. Otherwise disk, permissions, or a file that does not belong here.
pub fn train(
    config: &TaskConfig,
    datasets: &BTreeMap<String, String>,
    data: &TaskData,
    files: &Files,
    attempt: &Attempt,
    emit: Emit<'_>,
) -> Result<RunMetrics, TrainError> {
    let mut run = Run::open(config, datasets, data, files, attempt)?;
    emit(&RunEvent::Started {
        from_epoch: run.state.cursor.epoch,
        from_step: run.state.adam.step,
        epochs: run.protocol.epochs,
        steps: run.protocol.steps(),
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

struct Run<'a> {
    config: &'a TaskConfig,
    protocol: &'a Protocol,
    task: Box<dyn Task + 'a>,
    files: &'a Files,
    attempt: &'a Attempt,
    owner: Owner,
    order: Stream,
    state: State,
    clock: Instant,
    checkpointed: Instant,
    progressed: Instant,
}

impl<'a> Run<'a> {
    fn open(
        config: &'a TaskConfig,
        datasets: &BTreeMap<String, String>,
        data: &'a TaskData,
        files: &'a Files,
        attempt: &'a Attempt,
    ) -> Result<Self, TrainError> {
        let protocol = config.protocol();
        let task = config.open(data, attempt.backend)?;
        let adam = AdamConfig {
            clip_norm: protocol.clip_norm,
            ..AdamConfig::new(protocol.learning_rate, protocol.weight_decay)
        };
        let adam = Adam::new(adam, task.parameters());
        let owner = Owner::new(&config.fields(), datasets, attempt.backend, &attempt.cpu);
        let mut state = State { cursor: Cursor::default(), adam, best: None };
        checkpoint::read(&files.checkpoint, &owner, attempt, &mut state, task.parameters());
        let now = Instant::now();
        Ok(Self {
            config,
            protocol,
            task,
            files,
            attempt,
            owner,
            order: Stream::new(protocol.seed).child("order"),
            state,
            clock: now,
            checkpointed: now,
            progressed: now,
        })
    }

    fn finish(&mut self, emit: Emit<'_>) -> Result<RunMetrics, TrainError> {
        while self.state.cursor.epoch < self.protocol.epochs {
            let epoch = self.state.cursor.epoch;
            let train_loss = self.train_epoch(epoch, emit)?;
            if self.protocol.evaluates(epoch) {
                self.validate(epoch, train_loss, emit)?;
            }
            let cursor = &mut self.state.cursor;
            (cursor.epoch, cursor.batch, cursor.loss_sum, cursor.weight_sum) = (epoch + 1, 0, 0.0, 0.0);
        }
        self.test(emit)
    }

    /// Saves a checkpoint if it is time for one, or stops after one if that is asked for.
    fn pause(&mut self) -> Result<(), TrainError> {
        let stop = self.attempt.stop.load(Ordering::SeqCst);
        if stop || self.checkpointed.elapsed() >= self.attempt.checkpoint_every {
            self.lap();
            checkpoint::write(&self.files.checkpoint, &self.owner, &self.state, self.task.parameters())?;
            self.checkpointed = Instant::now();
        }
        if stop { Err(TrainError::Stopped { step: self.state.adam.step }) } else { Ok(()) }
    }

    /// Moves the time since the last lap into the state.
    fn lap(&mut self) {
        let now = Instant::now();
        self.state.cursor.seconds += (now - self.clock).as_secs_f64();
        self.clock = now;
    }

    /// Trains what is left of an epoch; returns the mean loss of its samples, each when its batch had its turn.
    fn train_epoch(&mut self, epoch: u64, emit: Emit<'_>) -> Result<f64, TrainError> {
        let Protocol { learning_rate, schedule, batch_size, epochs, .. } = *self.protocol;
        self.task.begin_epoch(epoch);
        self.state.adam.set_learning_rate(learning_rate * schedule.factor(epoch, epochs));
        let order = self.order.index(epoch).permutation(self.task.samples());
        let (batches, done) = (self.protocol.batches(), self.state.cursor.batch);
        for (number, samples) in order.chunks(batch_size as usize).take(batches as usize).enumerate() {
            if (number as u64) < done {
                self.task.skip(samples);
                continue;
            }
            self.pause()?;
            let loss = self.task.loss(samples)?;
            let loss = descend(self.task.parameters(), &mut self.state.adam, &loss)?;
            let limit = EXPLOSION * self.state.cursor.first_loss.get_or_insert(loss).max(1.0);
            if !loss.is_finite() || loss > limit {
                let what = if loss.is_finite() { "exploded" } else { "is not a number or infinite" };
                return Err(self.diverged(&format!("training loss {what} ({loss})"), epoch, Some(number as u64)));
            }
            // A partial batch counts for as much as it has.
            let weight = samples.len() as f64 / batch_size as f64;
            let cursor = &mut self.state.cursor;
            cursor.batch += 1;
            cursor.loss_sum += loss * weight;
            cursor.weight_sum += weight;
            if self.progressed.elapsed() >= self.attempt.progress_every {
                emit(&RunEvent::Progress { epoch, step: self.state.adam.step, loss }).map_err(TrainError::Listener)?;
                self.progressed = Instant::now();
            }
        }
        let Cursor { loss_sum, weight_sum, .. } = self.state.cursor;
        Ok(loss_sum / weight_sum * self.task.loss_unit())
    }

    fn validate(&mut self, epoch: u64, train_loss: f64, emit: Emit<'_>) -> Result<(), TrainError> {
        let valid_loss = self.task.validate(epoch)?;
        if !valid_loss.is_finite() {
            return Err(self.diverged(&format!("validation loss is not finite ({valid_loss})"), epoch, None));
        }
        if self.state.best.as_ref().is_none_or(|best| valid_loss < best.score.valid_loss) {
            let score = Score { epoch, valid_loss, train_loss };
            self.state.best = Some(Best { score, parameters: self.task.parameters().named()?.into_iter().collect() });
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
    fn test(&mut self, emit: Emit<'_>) -> Result<RunMetrics, TrainError> {
        let Some(best) = self.state.best.take() else {
            return Err(self.diverged("no evaluation happened", self.state.cursor.epoch, None));
        };
        self.task.parameters().load(&best.parameters)?;
        let Tested { loss, values, mut predictions, forward_seconds } = self.task.test()?;
        if !loss.is_finite() {
            return Err(self.diverged(&format!("test loss is not finite ({loss})"), best.score.epoch, None));
        }
        ModelFile::write(&self.files.model, self.config, self.task.constants(), &best.parameters)?;
        predictions.metadata.insert("seed".into(), self.protocol.seed.to_string());
        predictions.metadata.insert("config_hash".into(), hash::of(&self.config.fields()));
        egnn_store::table::write(&self.files.predictions, &predictions)?;
        if let Some(forward_seconds) = forward_seconds {
            emit(&RunEvent::Timed { forward_seconds }).map_err(TrainError::Listener)?;
        }
        let name = self.task.loss_name();
        let losses = [("test", loss), ("valid", best.score.valid_loss), ("train", best.score.train_loss)];
        let losses = losses.map(|(part, value)| (format!("{part}_{name}"), value));
        Ok(RunMetrics {
            parameters: self.task.parameters().count() as u64,
            epochs: self.protocol.epochs,
            steps: self.state.adam.step,
            best_epoch: best.score.epoch,
            values: losses
                .into_iter()
                .chain(values.into_iter().map(|(name, value)| (name.to_owned(), value)))
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
