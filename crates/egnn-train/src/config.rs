//! The n-body task's configuration: flat fields in, a complete and valid [`NbodyConfig`] out.

use crate::reader::{Range, Reader};
use egnn_nn::nbody::{ModelKind, NbodyModelConfig, Velocity};
use egnn_schema::{FieldError, FieldValue, Fields, names};
use std::collections::BTreeMap;

/// The task's name in pipelines and records.
pub const TASK: &str = "nbody";

/// Every field that the task knows.
pub const FIELDS: [&str; 24] = [
    "model",
    "hidden",
    "layers",
    "clamp",
    "velocity",
    "train_set",
    "train_start_frame",
    "train_target_frame",
    "train_samples",
    "eval_set",
    "eval_start_frame",
    "eval_target_frame",
    "valid_samples",
    "test_samples",
    "batch_size",
    "drop_last",
    "learning_rate",
    "weight_decay",
    "epochs",
    "steps",
    "evaluate_every_epochs",
    "evaluate_every_samples",
    "evaluate_last",
    "seed",
];

/// Wide enough for every model of the paper, and narrow enough that a typo does not take all memory.
pub(crate) const HIDDEN: Range = 1..=4096;
/// As [`HIDDEN`], for layers.
pub(crate) const LAYERS: Range = 1..=256;
/// Epochs, steps and samples: products of two of them fit 63 bits.
const COUNT: Range = 1..=1_000_000_000;

/// Pairs of fields of which a run has exactly one: setting one replaces the other.
pub const EXCLUSIVE: [&[&str]; 2] = [&["epochs", "steps"], &["evaluate_every_epochs", "evaluate_every_samples"]];

/// What a configuration must know of a dataset before it exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetShape {
    /// Saved frames of a trajectory.
    pub frames: u64,
    /// Trajectories of each split.
    pub splits: BTreeMap<String, u64>,
}

/// A complete configuration of one n-body run. Two equal configurations on equal data give equal results.
#[derive(Clone, Debug, PartialEq)]
pub struct NbodyConfig {
    /// Which model.
    pub model: ModelKind,
    /// Features of hidden layers.
    pub hidden: u64,
    /// Layers.
    pub layers: u64,
    /// Limit on each coordinate term before aggregation; `None` is off. \[quirk of the authors' program: 100\]
    pub clamp: Option<f64>,
    /// Whether every EGNN layer uses the initial velocity \[quirk\] or the one the previous layer made.
    pub velocity: Velocity,
    /// Set that training reads.
    pub train_set: String,
    /// Frame of the training inputs.
    pub train_start_frame: u64,
    /// Frame of the training targets.
    pub train_target_frame: u64,
    /// Trajectories trained on: the first of the train split.
    pub train_samples: u64,
    /// Set whose valid and test splits are evaluated.
    pub eval_set: String,
    /// Frame of the evaluation inputs.
    pub eval_start_frame: u64,
    /// Frame of the evaluation targets.
    pub eval_target_frame: u64,
    /// Trajectories validated on: the first of the valid split.
    pub valid_samples: u64,
    /// Trajectories tested on: the first of the test split.
    pub test_samples: u64,
    /// Trajectories a batch.
    pub batch_size: u64,
    /// Whether training drops the last partial batch of an epoch.
    pub drop_last: bool,
    /// Adam's learning rate.
    pub learning_rate: f64,
    /// Adam's L2 term, added to the gradient.
    pub weight_decay: f64,
    /// Epochs.
    pub epochs: u64,
    /// Validation happens after epoch 0 and every so many epochs.
    pub evaluate_every_epochs: u64,
    /// Whether the last epoch is validated too, which the authors' program does only if it falls on the interval.
    pub evaluate_last: bool,
    /// Seed of initialisation and shuffling.
    pub seed: u64,
}

impl NbodyConfig {
    /// Completes and checks `fields`. `shape` tells the shape of a set by name.
    ///
    /// # Errors
    /// The first field that is unknown, out of range, larger than its set, or missing.
    pub fn resolve(fields: &Fields, shape: &dyn Fn(&str) -> Result<SetShape, String>) -> Result<Self, FieldError> {
        let mut reader = Reader::new(fields, &FIELDS)?;
        let model = reader.choice("model", "egnn", &ModelKind::ALL.map(ModelKind::name))?;
        let model = ModelKind::from_name(&model).unwrap_or(ModelKind::Egnn);
        let train_set = reader.text("train_set", "nbody_small")?;
        let train_shape = shape(&train_set).map_err(|message| FieldError::new("train_set", message))?;
        let eval_set = reader.text("eval_set", "nbody_small")?;
        let eval_shape = shape(&eval_set).map_err(|message| FieldError::new("eval_set", message))?;
        let (train_start_frame, train_target_frame) = frames(&mut reader, "train", &train_set, &train_shape)?;
        let (eval_start_frame, eval_target_frame) = frames(&mut reader, "eval", &eval_set, &eval_shape)?;
        let train_samples = samples(&mut reader, "train", 3000, &train_set, &train_shape)?;
        let valid_samples = samples(&mut reader, "valid", u64::MAX, &eval_set, &eval_shape)?;
        let test_samples = samples(&mut reader, "test", u64::MAX, &eval_set, &eval_shape)?;
        let batch_size = reader.count("batch_size", 100, COUNT)?;
        let drop_last = reader.flag("drop_last", true)?;
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
        let epochs = reader.optional_count("epochs", COUNT)?;
        let steps = reader.optional_count("steps", 1..=COUNT.end() * COUNT.end())?;
        let epochs = match (epochs, steps) {
            (Some(epochs), None) => epochs,
            (None, Some(steps)) if steps.div_ceil(batches) <= *COUNT.end() => steps.div_ceil(batches),
            (None, Some(steps)) => {
                let most = COUNT.end() * batches;
                return Err(FieldError::new("steps", format!("steps must be at most {most} here, not {steps}")));
            }
            // A resolved configuration carries both; they must agree.
            (Some(epochs), Some(steps)) if steps == epochs * batches => epochs,
            (Some(_), Some(_)) => return Err(FieldError::new("steps", "give epochs or steps, not both")),
            (None, None) => {
                return Err(FieldError::new(
                    "epochs",
                    format!(
                        "no epochs for model '{}' at train_samples {train_samples}: set epochs or steps",
                        model.name()
                    ),
                ));
            }
        };
        let every_epochs = reader.optional_count("evaluate_every_epochs", COUNT)?;
        let every_samples = reader.optional_count("evaluate_every_samples", COUNT)?;
        let evaluate_every_epochs = match (every_epochs, every_samples) {
            (Some(_), Some(_)) => {
                return Err(FieldError::new(
                    "evaluate_every_samples",
                    "give evaluate_every_epochs or evaluate_every_samples, not both",
                ));
            }
            (Some(epochs), None) => epochs,
            (None, Some(samples)) => (samples / train_samples).max(1),
            (None, None) => 5,
        };
        let clamp = reader.number("clamp", 100.0)?;
        Ok(Self {
            hidden: reader.count("hidden", 64, HIDDEN)?,
            layers: reader.count("layers", 4, LAYERS)?,
            clamp: (clamp > 0.0).then_some(clamp),
            velocity: match reader.choice("velocity", "initial", &["initial", "current"])?.as_str() {
                "current" => Velocity::Current,
                _ => Velocity::Initial,
            },
            learning_rate: reader.number("learning_rate", default_learning_rate(model))?,
            weight_decay: reader.number("weight_decay", 1e-12)?,
            evaluate_last: reader.flag("evaluate_last", false)?,
            seed: reader.count("seed", 1, 0..=i64::MAX as u64)?,
            model,
            train_set,
            train_start_frame,
            train_target_frame,
            train_samples,
            eval_set,
            eval_start_frame,
            eval_target_frame,
            valid_samples,
            test_samples,
            batch_size,
            drop_last,
            epochs,
            evaluate_every_epochs,
        })
    }

    /// The complete configuration as flat fields; resolving them gives `self` again.
    pub fn fields(&self) -> Fields {
        let int = |value: u64| FieldValue::Int(value as i64);
        let text = |value: &str| FieldValue::Text(value.into());
        [
            ("model", text(self.model.name())),
            ("hidden", int(self.hidden)),
            ("layers", int(self.layers)),
            ("clamp", FieldValue::Float(self.clamp.unwrap_or(0.0))),
            ("velocity", text(velocity_name(self.velocity))),
            ("train_set", text(&self.train_set)),
            ("train_start_frame", int(self.train_start_frame)),
            ("train_target_frame", int(self.train_target_frame)),
            ("train_samples", int(self.train_samples)),
            ("eval_set", text(&self.eval_set)),
            ("eval_start_frame", int(self.eval_start_frame)),
            ("eval_target_frame", int(self.eval_target_frame)),
            ("valid_samples", int(self.valid_samples)),
            ("test_samples", int(self.test_samples)),
            ("batch_size", int(self.batch_size)),
            ("drop_last", FieldValue::Bool(self.drop_last)),
            ("learning_rate", FieldValue::Float(self.learning_rate)),
            ("weight_decay", FieldValue::Float(self.weight_decay)),
            ("epochs", int(self.epochs)),
            ("steps", int(self.steps())),
            ("evaluate_every_epochs", int(self.evaluate_every_epochs)),
            ("evaluate_last", FieldValue::Bool(self.evaluate_last)),
            ("seed", int(self.seed)),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
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

    /// The model that this run trains.
    pub fn model_config(&self) -> NbodyModelConfig {
        NbodyModelConfig {
            hidden: self.hidden as usize,
            layers: self.layers as usize,
            clamp: self.clamp,
            velocity: self.velocity,
            ..NbodyModelConfig::new(self.model)
        }
    }

    /// A readable name for the run's folder.
    pub fn name(&self) -> String {
        format!("{}-n{}-s{}", self.model.name().replace('_', "-"), self.train_samples, self.seed)
    }
}

fn velocity_name(velocity: Velocity) -> &'static str {
    match velocity {
        Velocity::Initial => "initial",
        Velocity::Current => "current",
    }
}

fn default_learning_rate(model: ModelKind) -> f64 {
    match model {
        ModelKind::Egnn => 5e-4,
        ModelKind::RadialField => 2e-4,
        ModelKind::Gnn | ModelKind::Linear => 1e-3,
    }
}

fn batches(samples: u64, batch_size: u64, drop_last: bool) -> u64 {
    if drop_last { samples / batch_size } else { samples.div_ceil(batch_size) }
}

fn frames(reader: &mut Reader, part: &str, set: &str, shape: &SetShape) -> Result<(u64, u64), FieldError> {
    let start_name = format!("{part}_start_frame");
    let target_name = format!("{part}_target_frame");
    let any = 0..=u64::from(u16::MAX);
    let start = reader.count(&start_name, 30, any.clone())?;
    let target = reader.count(&target_name, 40, any)?;
    if start == target {
        return Err(FieldError::new(
            &target_name,
            format!("{target_name} is {start}, as {start_name} is: nothing to predict"),
        ));
    }
    for (name, frame) in [(&start_name, start), (&target_name, target)] {
        if frame >= shape.frames {
            return Err(FieldError::new(
                name,
                format!(
                    "{name} {frame} is beyond the last frame of set '{set}', which has frames 0 to {}",
                    shape.frames.saturating_sub(1)
                ),
            ));
        }
    }
    Ok((start, target))
}

fn samples(reader: &mut Reader, split: &str, default: u64, set: &str, shape: &SetShape) -> Result<u64, FieldError> {
    let name = format!("{split}_samples");
    let Some(&size) = shape.splits.get(split) else {
        let known: Vec<_> = shape.splits.keys().map(String::as_str).collect();
        let field = if split == "train" { "train_set" } else { "eval_set" };
        return Err(FieldError::new(field, format!("set '{set}': {}", names::unknown("split", split, &known))));
    };
    let wanted = reader.count(&name, default.min(size), COUNT)?;
    if wanted > size {
        return Err(FieldError::new(
            &name,
            format!(
                "{name} {wanted} is more than set '{set}' has in its {split} split ({size}); lower it or use a larger set"
            ),
        ));
    }
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(set: &str) -> Result<SetShape, String> {
        match set {
            "nbody_small" => Ok(SetShape {
                frames: 49,
                splits: [("train", 10000), ("valid", 2000), ("test", 2000)].map(|(k, v)| (k.to_owned(), v)).into(),
            }),
            _ => Err(names::unknown("set", set, &["nbody_small"])),
        }
    }

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        pairs.iter().map(|&(name, value)| (name.to_owned(), FieldValue::parse(value))).collect()
    }

    #[test]
    fn resolving_a_resolved_configuration_changes_nothing() {
        let config =
            NbodyConfig::resolve(&fields(&[("steps", "100"), ("evaluate_every_samples", "10000")]), &shape).unwrap();
        assert_eq!(NbodyConfig::resolve(&config.fields(), &shape).unwrap(), config);
        assert_eq!((config.epochs, config.steps()), (4, 120), "30 batches an epoch: 100 steps take 4 epochs");
        assert_eq!(config.evaluate_every_epochs, 3, "10000 / 3000");
    }

    #[test]
    fn errors_name_the_field_and_the_remedy() {
        for (given, field, message) in [
            (&[("model", "egn")][..], "model", "unknown model 'egn'; did you mean 'egnn'?"),
            (&[("learning_rat", "1")], "learning_rat", "did you mean 'learning_rate'?"),
            (&[("train_samples", "10001"), ("epochs", "1")], "train_samples", "more than set 'nbody_small' has"),
            (
                &[("train_samples", "99"), ("epochs", "1")],
                "train_samples",
                "lower batch_size or set drop_last to false",
            ),
            (&[("epochs", "1"), ("steps", "77")], "steps", "not both"),
            (&[("train_target_frame", "49"), ("epochs", "1")], "train_target_frame", "frames 0 to 48"),
            (&[("learning_rate", "-1"), ("epochs", "1")], "learning_rate", "not negative"),
            (&[("train_set", "nbody_smal")], "train_set", "did you mean 'nbody_small'?"),
            (&[], "epochs", "set epochs or steps"),
            (&[("hidden", "1000000000"), ("epochs", "1")], "hidden", "from 1 to 4096"),
            (&[("epochs", "9223372036854775807")], "epochs", "from 1 to 1000000000"),
            (&[("steps", "9223372036854775807")], "steps", "steps must be"),
            (&[("train_target_frame", "30"), ("epochs", "1")], "train_target_frame", "nothing to predict"),
        ] {
            let error = NbodyConfig::resolve(&fields(given), &shape).unwrap_err();
            assert_eq!(error.field, field, "{error}");
            assert!(error.message.contains(message), "{error}");
        }
    }

    #[test]
    fn evaluations_are_counted_as_they_happen() {
        for (epochs, every, last) in [(10, 5, false), (11, 5, false), (13, 5, true), (11, 5, true), (1, 7, true)] {
            let mut given = fields(&[("evaluate_last", if last { "true" } else { "false" })]);
            given.insert("epochs".into(), FieldValue::Int(epochs));
            given.insert("evaluate_every_epochs".into(), FieldValue::Int(every));
            let config = NbodyConfig::resolve(&given, &shape).unwrap();
            let counted = (0..config.epochs).filter(|&epoch| config.evaluates(epoch)).count() as u64;
            assert_eq!(counted, config.evaluations());
        }
    }
}
