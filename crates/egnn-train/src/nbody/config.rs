//! The n-body task's configuration: flat fields in, a complete and valid [`NbodyConfig`] out.

use crate::{
    protocol::{self, Defaults, HIDDEN, LAYERS, Protocol, Schedule, SplitOf, int, samples, text},
    reader::Reader,
};
use egnn_nn::nbody::{ModelKind, NbodyModelConfig, Velocity};
use egnn_schema::{FieldError, FieldValue, Fields};
use std::collections::BTreeMap;

/// The task's own fields; those of the [`Protocol`] come on top.
const OWN_FIELDS: [&str; 15] = [
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
    "schedule",
];

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
    /// The model's own options, all of them.
    pub options: BTreeMap<&'static str, f64>,
    /// Whether every EGNN layer uses the initial velocity \[quirk\] or the one the previous layer made.
    pub velocity: Velocity,
    /// Set that training reads.
    pub train_set: String,
    /// Frame of the training inputs.
    pub train_start_frame: u64,
    /// Frame of the training targets.
    pub train_target_frame: u64,
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
    /// How it trains on the first trajectories of the train split.
    pub protocol: Protocol,
}

impl NbodyConfig {
    /// Completes and checks `fields`. `shape` tells the shape of a set by name.
    ///
    /// # Errors
    /// The first field that is unknown, out of range, larger than its set, or missing.
    pub fn resolve(fields: &Fields, shape: &dyn Fn(&str) -> Result<SetShape, String>) -> Result<Self, FieldError> {
        let mut reader = Reader::new(fields, &known_fields())?;
        let model = reader.choice("model", "egnn", &ModelKind::names())?;
        let model = ModelKind::from_name(&model).unwrap_or(ModelKind::EGNN);
        let train_set = reader.text("train_set", "nbody_small")?;
        let train_shape = shape(&train_set).map_err(|message| FieldError::new("train_set", message))?;
        let eval_set = reader.text("eval_set", "nbody_small")?;
        let eval_shape = shape(&eval_set).map_err(|message| FieldError::new("eval_set", message))?;
        let (train_start_frame, train_target_frame) = frames(&mut reader, "train", &train_set, &train_shape)?;
        let (eval_start_frame, eval_target_frame) = frames(&mut reader, "eval", &eval_set, &eval_shape)?;
        let train = SplitOf {
            set: &train_set,
            split: "train",
            splits: &train_shape.splits,
            set_field: "train_set",
            split_field: None,
        };
        let train_samples = samples(&mut reader, "train_samples", 3000, &train)?;
        let eval = |split| SplitOf {
            set: &eval_set,
            split,
            splits: &eval_shape.splits,
            set_field: "eval_set",
            split_field: None,
        };
        let valid_samples = samples(&mut reader, "valid_samples", u64::MAX, &eval("valid"))?;
        let test_samples = samples(&mut reader, "test_samples", u64::MAX, &eval("test"))?;
        let schedule = reader.choice("schedule", Schedule::Constant.name(), &SCHEDULES.map(Schedule::name))?;
        let defaults = Defaults {
            batch_size: 100,
            drop_last: true,
            learning_rate: model.learning_rate,
            schedule: Schedule::from_name(&schedule).unwrap_or(Schedule::Constant),
            weight_decay: 1e-12,
            evaluate_every_epochs: 5,
            model: model.name,
        };
        let protocol = Protocol::read(&mut reader, train_samples, &defaults)?;
        let standard = NbodyModelConfig::new(model);
        let clamp = reader.number("clamp", 100.0)?;
        let hidden = reader.count("hidden", standard.hidden as u64, HIDDEN)?;
        let layers = reader.count("layers", standard.layers as u64, LAYERS)?;
        let velocity = match reader.choice("velocity", "initial", &["initial", "current"])?.as_str() {
            "current" => Velocity::Current,
            _ => Velocity::Initial,
        };
        let ignores = |name: &str| model.ignores.contains(&name);
        Ok(Self {
            hidden: if ignores("hidden") { standard.hidden as u64 } else { hidden },
            layers: if ignores("layers") { standard.layers as u64 } else { layers },
            clamp: if ignores("clamp") { standard.clamp } else { (clamp > 0.0).then_some(clamp) },
            options: read_options(&mut reader, model)?,
            velocity: if ignores("velocity") { standard.velocity } else { velocity },
            model,
            train_set,
            train_start_frame,
            train_target_frame,
            eval_set,
            eval_start_frame,
            eval_target_frame,
            valid_samples,
            test_samples,
            protocol,
        })
    }

    /// The complete configuration as flat fields; resolving them gives `self` again.
    pub fn fields(&self) -> Fields {
        let mut fields = protocol::fields([
            ("model", text(self.model.name)),
            ("hidden", int(self.hidden)),
            ("layers", int(self.layers)),
            ("clamp", FieldValue::Float(self.clamp.unwrap_or(0.0))),
            ("velocity", text(velocity_name(self.velocity))),
            ("train_set", text(&self.train_set)),
            ("train_start_frame", int(self.train_start_frame)),
            ("train_target_frame", int(self.train_target_frame)),
            ("eval_set", text(&self.eval_set)),
            ("eval_start_frame", int(self.eval_start_frame)),
            ("eval_target_frame", int(self.eval_target_frame)),
            ("valid_samples", int(self.valid_samples)),
            ("test_samples", int(self.test_samples)),
        ]);
        fields.extend(self.protocol.fields());
        fields.retain(|name, _| !self.model.ignores.contains(&name.as_str()));
        for option in self.model.options {
            let value = self.options[option.name];
            let value = if option.whole { FieldValue::Int(value as i64) } else { FieldValue::Float(value) };
            fields.insert(option.name.into(), value);
        }
        // Left out where it is what it always was, so that the ids of earlier runs stay.
        if self.protocol.schedule != Schedule::Constant {
            fields.insert("schedule".into(), text(self.protocol.schedule.name()));
        }
        fields
    }

    /// The model that this run trains.
    pub fn model_config(&self) -> NbodyModelConfig {
        NbodyModelConfig {
            hidden: self.hidden as usize,
            layers: self.layers as usize,
            clamp: self.clamp,
            velocity: self.velocity,
            options: self.options.clone(),
            ..NbodyModelConfig::new(self.model)
        }
    }

    /// A readable name for the run's folder.
    pub fn name(&self) -> String {
        format!("{}-n{}-s{}", self.model.name.replace('_', "-"), self.protocol.train_samples, self.protocol.seed)
    }
}

/// Schedules that make sense here.
const SCHEDULES: [Schedule; 2] = [Schedule::Constant, Schedule::Cosine];

/// Every field that the task knows: options of other models are ignored, as a grid over models has them for all.
fn known_fields() -> Vec<&'static str> {
    let options = ModelKind::all_options().map(|option| option.name);
    OWN_FIELDS.into_iter().chain(protocol::FIELDS).chain(options).collect()
}

/// The options of a model, those that are not given at their defaults.
pub(crate) fn read_options(reader: &mut Reader, model: ModelKind) -> Result<BTreeMap<&'static str, f64>, FieldError> {
    let mut options = BTreeMap::new();
    for option in model.options {
        let [least, most] = option.limits;
        let value = if option.whole {
            reader.count(option.name, option.default as u64, least as u64..=most as u64)? as f64
        } else {
            reader.number(option.name, option.default)?
        };
        if !(least..=most).contains(&value) {
            let name = option.name;
            return Err(FieldError::new(name, format!("{name} must be from {least} to {most}, not {value}")));
        }
        options.insert(option.name, value);
    }
    Ok(options)
}

fn velocity_name(velocity: Velocity) -> &'static str {
    match velocity {
        Velocity::Initial => "initial",
        Velocity::Current => "current",
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use egnn_schema::names;

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
        assert_eq!(
            (config.protocol.epochs, config.protocol.steps()),
            (4, 120),
            "30 batches an epoch: 100 steps take 4 epochs"
        );
        assert_eq!(config.protocol.evaluate_every_epochs, 3, "10000 / 3000");
    }

    #[test]
    fn what_a_model_does_not_read_is_no_part_of_its_runs() {
        let resolve = |given: &[(&str, &str)]| {
            let given: Vec<_> = given.iter().copied().chain([("epochs", "10")]).collect();
            let config = NbodyConfig::resolve(&fields(&given), &shape).unwrap();
            assert_eq!(NbodyConfig::resolve(&config.fields(), &shape).unwrap(), config, "{given:?}");
            config.fields()
        };
        // What was there before there were options, and before clipping and schedules: ids of such runs must not change.
        let names: Vec<String> = resolve(&[("model", "gnn")]).into_keys().collect();
        let expected = "batch_size clamp drop_last epochs eval_set eval_start_frame eval_target_frame evaluate_every_epochs \
                        evaluate_last hidden layers learning_rate model seed steps test_samples train_samples train_set \
                        train_start_frame train_target_frame valid_samples velocity weight_decay";
        assert_eq!(names.join(" "), expected);
        assert_eq!(resolve(&[("step_size", "0.1"), ("channels", "4"), ("clip_norm", "0")]), resolve(&[]));
        let clipped = resolve(&[("clip_norm", "0.5"), ("schedule", "cosine")]);
        assert_eq!(
            (&clipped["clip_norm"], &clipped["schedule"]),
            (&FieldValue::Float(0.5), &FieldValue::Text("cosine".into()))
        );
        for (model, ignored) in [("radial_ode", "layers"), ("tfn", "hidden"), ("segno", "clamp")] {
            let plain = resolve(&[("model", model)]);
            assert!(!plain.contains_key(ignored), "{model}");
            assert_eq!(resolve(&[("model", model), (ignored, "7")]), plain, "{model}");
        }
        let own = resolve(&[("model", "radial_ode"), ("step_size", "0.1"), ("least_steps", "4")]);
        assert_eq!((&own["step_size"], &own["least_steps"]), (&FieldValue::Float(0.1), &FieldValue::Int(4)));
        assert_eq!(resolve(&[("model", "segno")])["layers"], FieldValue::Int(8));
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
            (&[("model", "radial_ode"), ("step_size", "99"), ("epochs", "1")], "step_size", "from 0.001 to 10"),
            (&[("model", "tfn"), ("channels", "1.5"), ("epochs", "1")], "channels", "a whole number from 1 to 256"),
            (&[("schedule", "authors"), ("epochs", "1")], "schedule", "unknown schedule 'authors'"),
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
            let counted = (0..config.protocol.epochs).filter(|&epoch| config.protocol.evaluates(epoch)).count() as u64;
            assert_eq!(counted, config.protocol.evaluations());
        }
    }
}
