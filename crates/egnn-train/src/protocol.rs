//! What every task's training has in common: samples, batches, epochs, evaluations, learning rate, seed.

use crate::reader::{Range, Reader};
use egnn_schema::{FieldError, FieldValue, Fields, names};
use std::{collections::BTreeMap, f64::consts::PI};

/// Wide enough for every model of the paper, and narrow enough that a typo does not take all memory.
pub(crate) const HIDDEN: Range = 1..=4096;
/// As [`HIDDEN`], for layers.
pub(crate) const LAYERS: Range = 1..=256;
/// Epochs, steps and samples: products of two of them fit 63 bits.
pub(crate) const COUNT: Range = 1..=1_000_000_000;

/// Pairs of fields of which a run has exactly one: setting one replaces the other.
pub const EXCLUSIVE: [&[&str]; 2] = [&["epochs", "steps"], &["evaluate_every_epochs", "evaluate_every_samples"]];

/// The fields of a [`Protocol`]; a task adds its own.
pub(crate) const FIELDS: [&str; 11] = [
    "batch_size",
    "drop_last",
    "learning_rate",
    "weight_decay",
    "clip_norm",
    "epochs",
    "steps",
    "evaluate_every_epochs",
    "evaluate_every_samples",
    "evaluate_last",
    "seed",
];

/// How the learning rate changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// It does not.
    Constant,
    /// `lr (1 + cos(pi e / epochs)) / 2` in epoch `e`.
    Cosine,
    /// `lr (1 + cos(pi (3 e + 1) / epochs)) / 2` in epoch `e`: the authors' QM9 program steps its cosine before each pass
    /// over the training, validation and test set, so that it falls to 0 by a third of the epochs, is back at the second
    /// third and ends at 0. \[quirk\]
    Authors,
}

impl Schedule {
    const ALL: [Self; 3] = [Self::Constant, Self::Cosine, Self::Authors];
    pub(crate) const NAMES: [&str; 3] = ["constant", "cosine", "authors"];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Cosine => "cosine",
            Self::Authors => "authors",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|schedule| schedule.name() == name)
    }

    /// What the learning rate is multiplied with in an epoch of a run.
    pub(crate) fn factor(self, epoch: u64, epochs: u64) -> f64 {
        let cosine = |position: f64| 0.5 * (1.0 + (PI * position / epochs as f64).cos());
        match self {
            Self::Constant => 1.0,
            Self::Cosine => cosine(epoch as f64),
            Self::Authors => cosine((3 * epoch + 1) as f64),
        }
    }
}

/// How a run trains and when it evaluates.
#[derive(Clone, Debug, PartialEq)]
pub struct Protocol {
    /// Samples trained on: the first of the training split.
    pub train_samples: u64,
    /// Samples a batch.
    pub batch_size: u64,
    /// Whether training drops the last partial batch of an epoch.
    pub drop_last: bool,
    /// Adam's learning rate, in the first epoch.
    pub learning_rate: f64,
    /// How it changes.
    pub schedule: Schedule,
    /// Adam's L2 term, added to the gradient.
    pub weight_decay: f64,
    /// Largest norm of the gradient of all parameters together: a longer one is scaled down to it. 0 is off.
    pub clip_norm: f64,
    /// Epochs.
    pub epochs: u64,
    /// Validation happens after epoch 0 and every so many epochs.
    pub evaluate_every_epochs: u64,
    /// Whether the last epoch is validated too, which the authors' programs do only if it falls on the interval.
    pub evaluate_last: bool,
    /// Seed of initialisation, shuffling and noise.
    pub seed: u64,
}

/// What a task's protocol is where nothing is said.
pub(crate) struct Defaults<'a> {
    pub(crate) batch_size: u64,
    pub(crate) drop_last: bool,
    pub(crate) learning_rate: f64,
    pub(crate) schedule: Schedule,
    pub(crate) weight_decay: f64,
    pub(crate) evaluate_every_epochs: u64,
    /// The model, for the error about missing epochs.
    pub(crate) model: &'a str,
}

impl Protocol {
    pub(crate) fn read(reader: &mut Reader, train_samples: u64, defaults: &Defaults) -> Result<Self, FieldError> {
        let batch_size = reader.count("batch_size", defaults.batch_size, COUNT)?;
        let drop_last = reader.flag("drop_last", defaults.drop_last)?;
        let batches = batches(train_samples, batch_size, drop_last);
        if batches == 0 {
            return Err(FieldError::new(
                "train_samples",
                format!(
                    "train_samples {train_samples} is smaller than batch_size {batch_size}, and the last partial batch is \
                     dropped: no batch is left; lower batch_size or set drop_last to false"
                ),
            ));
        }
        Ok(Self {
            epochs: epochs(reader, batches, train_samples, defaults.model)?,
            evaluate_every_epochs: interval(reader, train_samples, defaults.evaluate_every_epochs)?,
            learning_rate: reader.number("learning_rate", defaults.learning_rate)?,
            schedule: defaults.schedule,
            weight_decay: reader.number("weight_decay", defaults.weight_decay)?,
            clip_norm: reader.number("clip_norm", 0.0)?,
            evaluate_last: reader.flag("evaluate_last", false)?,
            seed: reader.count("seed", 1, 0..=i64::MAX as u64)?,
            train_samples,
            batch_size,
            drop_last,
        })
    }

    /// Its fields; the schedule is the task's, if it may be chosen there. What came later and is off is left out, so that
    /// the ids of earlier runs stay.
    pub(crate) fn fields(&self) -> Fields {
        let clip = (self.clip_norm > 0.0).then(|| ("clip_norm".to_owned(), FieldValue::Float(self.clip_norm)));
        let mut fields = fields([
            ("train_samples", int(self.train_samples)),
            ("batch_size", int(self.batch_size)),
            ("drop_last", FieldValue::Bool(self.drop_last)),
            ("learning_rate", FieldValue::Float(self.learning_rate)),
            ("weight_decay", FieldValue::Float(self.weight_decay)),
            ("epochs", int(self.epochs)),
            ("steps", int(self.steps())),
            ("evaluate_every_epochs", int(self.evaluate_every_epochs)),
            ("evaluate_last", FieldValue::Bool(self.evaluate_last)),
            ("seed", int(self.seed)),
        ]);
        fields.extend(clip);
        fields
    }

    /// Batches of an epoch.
    pub fn batches(&self) -> u64 {
        batches(self.train_samples, self.batch_size, self.drop_last)
    }

    /// Optimiser steps of the whole run.
    pub fn steps(&self) -> u64 {
        self.epochs * self.batches()
    }

    /// Whether the validation set is evaluated after `epoch`.
    pub fn evaluates(&self, epoch: u64) -> bool {
        epoch.is_multiple_of(self.evaluate_every_epochs) || (self.evaluate_last && epoch + 1 == self.epochs)
    }

    /// Evaluations of the whole run.
    pub fn evaluations(&self) -> u64 {
        let regular = self.epochs.div_ceil(self.evaluate_every_epochs);
        regular + u64::from(self.evaluate_last && !(self.epochs - 1).is_multiple_of(self.evaluate_every_epochs))
    }
}

fn batches(samples: u64, batch_size: u64, drop_last: bool) -> u64 {
    if drop_last { samples / batch_size } else { samples.div_ceil(batch_size) }
}

fn epochs(reader: &mut Reader, batches: u64, train_samples: u64, model: &str) -> Result<u64, FieldError> {
    let epochs = reader.optional_count("epochs", COUNT)?;
    let steps = reader.optional_count("steps", 1..=COUNT.end() * COUNT.end())?;
    match (epochs, steps) {
        (Some(epochs), None) => Ok(epochs),
        (None, Some(steps)) if steps.div_ceil(batches) <= *COUNT.end() => Ok(steps.div_ceil(batches)),
        (None, Some(steps)) => {
            let most = COUNT.end() * batches;
            Err(FieldError::new("steps", format!("steps must be at most {most} here, not {steps}")))
        }
        // A resolved configuration carries both; they must agree.
        (Some(epochs), Some(steps)) if steps == epochs * batches => Ok(epochs),
        (Some(_), Some(_)) => Err(FieldError::new("steps", "give epochs or steps, not both")),
        (None, None) => {
            let message =
                format!("no epochs for model '{model}' at train_samples {train_samples}: set epochs or steps");
            Err(FieldError::new("epochs", message))
        }
    }
}

fn interval(reader: &mut Reader, train_samples: u64, default: u64) -> Result<u64, FieldError> {
    let every_epochs = reader.optional_count("evaluate_every_epochs", COUNT)?;
    let every_samples = reader.optional_count("evaluate_every_samples", COUNT)?;
    match (every_epochs, every_samples) {
        (Some(_), Some(_)) => Err(FieldError::new(
            "evaluate_every_samples",
            "give evaluate_every_epochs or evaluate_every_samples, not both",
        )),
        (Some(epochs), None) => Ok(epochs),
        (None, Some(samples)) => Ok((samples / train_samples).max(1)),
        (None, None) => Ok(default),
    }
}

/// The number of samples in field `name`: at most what the split has, which is also the default if none is given.
pub(crate) fn samples(reader: &mut Reader, name: &str, default: u64, split: &SplitOf<'_>) -> Result<u64, FieldError> {
    let SplitOf { set, split, splits, set_field, split_field } = *split;
    let Some(&size) = splits.get(split) else {
        let known: Vec<_> = splits.keys().map(String::as_str).collect();
        let (field, message) = match split_field {
            Some((field, true)) => (field, format!("{field}: set '{set}': {}", names::unknown("split", split, &known))),
            Some((field, false)) => {
                let known = known.join(", ");
                (set_field, format!("set '{set}' has no split '{split}'; set {field} to one that it has: {known}"))
            }
            None => (set_field, format!("{set_field}: set '{set}' has no split '{split}'; use a set that has it")),
        };
        return Err(FieldError::new(field, message));
    };
    let count = reader.count(name, default.min(size), COUNT)?;
    if count > size {
        return Err(FieldError::new(
            name,
            format!(
                "{name} {count} is more than set '{set}' has in its {split} split ({size}); lower it or use a larger set"
            ),
        ));
    }
    Ok(count)
}

/// The splits of a set and their sizes, or why there is no such set.
pub(crate) type Splits = Result<BTreeMap<String, u64>, String>;

/// A split of a set, and the fields that chose them.
pub(crate) struct SplitOf<'a> {
    pub(crate) set: &'a str,
    pub(crate) split: &'a str,
    /// The set's splits and their sizes.
    pub(crate) splits: &'a BTreeMap<String, u64>,
    /// The field that names the set.
    pub(crate) set_field: &'a str,
    /// The field that names the split and whether it was given, if the task lets one choose.
    pub(crate) split_field: Option<(&'a str, bool)>,
}

pub(crate) fn int(value: u64) -> FieldValue {
    FieldValue::Int(value as i64)
}

pub(crate) fn text(value: &str) -> FieldValue {
    FieldValue::Text(value.into())
}

pub(crate) fn fields<const N: usize>(pairs: [(&str, FieldValue); N]) -> Fields {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cosine_runs_from_one_to_nearly_none() {
        let factors: Vec<f64> = (0..100).map(|epoch| Schedule::Cosine.factor(epoch, 100)).collect();
        assert_eq!(factors[0], 1.0);
        assert!((factors[50] - 0.5).abs() < 1e-12);
        assert!(factors.windows(2).all(|pair| pair[1] < pair[0]));
        assert!(factors[99] > 0.0 && factors[99] < 3e-4);
        assert_eq!(Schedule::Constant.factor(99, 100), 1.0);
        assert_eq!(Schedule::ALL.map(Schedule::name), Schedule::NAMES);
    }

    #[test]
    fn the_authors_cosine_comes_back() {
        let factor = |epoch| Schedule::Authors.factor(epoch, 1000);
        // By hand, for the paper's 1,000 epochs.
        assert!((factor(0) - 0.5 * (1.0 + 0.001_f64.mul_add(PI, 0.0).cos())).abs() < 1e-12);
        assert!(factor(333) < 1e-12 && factor(999) < 1e-5);
        assert!((factor(666) - 1.0).abs() < 1e-5);
    }
}
