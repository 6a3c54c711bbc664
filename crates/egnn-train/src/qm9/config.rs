//! The QM9 task's configuration: flat fields in, a complete and valid [`Qm9Config`] out.

use super::BATCH;
use crate::{
    protocol::{self, Defaults, HIDDEN, LAYERS, Protocol, Schedule, SplitOf, Splits, int, samples, text},
    reader::{Range, Reader},
};
use egnn_nn::molecule::{MoleculeModelConfig, MoleculeModelKind};
use egnn_schema::{FieldError, FieldValue, Fields, Property};

/// The task's own fields; those of the [`Protocol`] come on top.
const OWN_FIELDS: [&str; 14] = [
    "model",
    "property",
    "hidden",
    "layers",
    "attention",
    "update_coordinates",
    "cutoff_angstrom",
    "gaussians",
    "gaussian_range_angstrom",
    "set",
    "train_samples",
    "valid_samples",
    "test_samples",
    "schedule",
];

const GAUSSIANS: Range = 2..=4096;

/// A complete configuration of one QM9 run. Two equal configurations on equal data give equal results.
#[derive(Clone, Debug, PartialEq)]
pub struct Qm9Config {
    /// Which model, its sizes and choices.
    pub model: MoleculeModelConfig,
    /// What is learnt.
    pub property: Property,
    /// Atoms further apart, in angstrom, do not hear each other. The paper has no cutoff.
    pub cutoff: Option<f64>,
    /// The set of molecules.
    pub set: String,
    /// Molecules validated on: the first of the split.
    pub valid_samples: u64,
    /// Molecules tested on: the first of the split.
    pub test_samples: u64,
    /// How it trains on the first molecules of the training split.
    pub protocol: Protocol,
}

/// The paper's learning rate.
fn learning_rate(property: Property) -> f64 {
    match property {
        Property::Gap | Property::Homo | Property::Lumo => 1e-3,
        _ => 5e-4,
    }
}

impl Qm9Config {
    /// Completes and checks `fields`. `splits` tells the splits of a set by name.
    ///
    /// # Errors
    /// The first field that is unknown, out of range, larger than its set, or missing.
    pub(crate) fn resolve(fields: &Fields, splits: &dyn Fn(&str) -> Splits) -> Result<Self, FieldError> {
        let known: Vec<&str> = OWN_FIELDS.into_iter().chain(protocol::FIELDS).collect();
        let mut reader = Reader::new(fields, &known)?;
        let name = reader.choice("model", "egnn", &MoleculeModelKind::ALL.map(MoleculeModelKind::name))?;
        let kind = MoleculeModelKind::from_name(&name).unwrap_or(MoleculeModelKind::Egnn);
        let name = reader.choice("property", Property::Mu.name(), &Property::ALL.map(Property::name))?;
        let property = Property::from_name(&name).unwrap_or(Property::Mu);
        let set = reader.text("set", "qm9")?;
        let sizes = splits(&set).map_err(|message| FieldError::new("set", message))?;
        let mut count = |name: &str, split: &str| {
            let split = SplitOf { set: &set, split, splits: &sizes, set_field: "set", split_field: None };
            samples(&mut reader, name, u64::MAX, &split)
        };
        let train_samples = count("train_samples", "train")?;
        let valid_samples = count("valid_samples", "valid")?;
        let test_samples = count("test_samples", "test")?;
        let schedule = reader.choice("schedule", Schedule::Authors.name(), &Schedule::NAMES)?;
        let defaults = Defaults {
            batch_size: BATCH,
            drop_last: false,
            learning_rate: learning_rate(property),
            schedule: Schedule::from_name(&schedule).unwrap_or(Schedule::Authors),
            weight_decay: 1e-16,
            evaluate_every_epochs: 1,
            model: kind.name(),
        };
        let protocol = Protocol::read(&mut reader, train_samples, &defaults)?;
        if protocol.schedule == Schedule::Authors && protocol.epochs == 1 && kind != MoleculeModelKind::Mean {
            let message = "schedule authors has a learning rate of 0 in a run of one epoch; set it to cosine or constant, \
                           or train for more epochs";
            return Err(FieldError::new("schedule", message));
        }
        let paper = MoleculeModelConfig::new(kind);
        let cutoff = reader.number("cutoff_angstrom", 0.0)?;
        let gaussian_range = reader.number("gaussian_range_angstrom", paper.gaussian_range)?;
        if gaussian_range == 0.0 {
            return Err(FieldError::new("gaussian_range_angstrom", "gaussian_range_angstrom must be above 0"));
        }
        let update_coordinates = reader.flag("update_coordinates", paper.update_coordinates)?;
        if update_coordinates && kind != MoleculeModelKind::Egnn {
            let message = format!("update_coordinates is for model egnn; {} has no coordinates that move", kind.name());
            return Err(FieldError::new("update_coordinates", message));
        }
        let model = MoleculeModelConfig {
            model: kind,
            hidden: reader.count("hidden", paper.hidden as u64, HIDDEN)? as usize,
            layers: reader.count("layers", paper.layers as u64, LAYERS)? as usize,
            attention: reader.flag("attention", paper.attention)?,
            update_coordinates,
            gaussians: reader.count("gaussians", paper.gaussians as u64, GAUSSIANS)? as usize,
            gaussian_range,
        };
        let cutoff = (cutoff > 0.0).then_some(cutoff);
        Ok(Self { model, property, cutoff, set, valid_samples, test_samples, protocol })
    }

    /// The complete configuration as flat fields; resolving them gives `self` again.
    pub(crate) fn fields(&self) -> Fields {
        let MoleculeModelConfig { model, hidden, layers, attention, update_coordinates, gaussians, gaussian_range } =
            self.model;
        let mut fields = protocol::fields([
            ("model", text(model.name())),
            ("property", text(self.property.name())),
            ("hidden", int(hidden as u64)),
            ("layers", int(layers as u64)),
            ("attention", FieldValue::Bool(attention)),
            ("update_coordinates", FieldValue::Bool(update_coordinates)),
            ("cutoff_angstrom", FieldValue::Float(self.cutoff.unwrap_or(0.0))),
            ("gaussians", int(gaussians as u64)),
            ("gaussian_range_angstrom", FieldValue::Float(gaussian_range)),
            ("set", text(&self.set)),
            ("valid_samples", int(self.valid_samples)),
            ("test_samples", int(self.test_samples)),
            ("schedule", text(self.protocol.schedule.name())),
        ]);
        fields.extend(self.protocol.fields());
        fields
    }

    /// A readable name for the run's folder.
    pub(crate) fn name(&self) -> String {
        let Protocol { train_samples, seed, .. } = self.protocol;
        format!("{}-{}-n{train_samples}-s{seed}", self.model.model.name(), self.property.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egnn_schema::names;

    fn splits(set: &str) -> Splits {
        let sizes = match set {
            "qm9" => [("train", 100_000), ("valid", 17_748), ("test", 13_083)],
            _ => return Err(names::unknown("set", set, &["qm9"])),
        };
        Ok(sizes.into_iter().map(|(split, size)| (split.to_owned(), size)).collect())
    }

    fn resolve(pairs: &[(&str, &str)]) -> Result<Qm9Config, FieldError> {
        let fields = pairs.iter().map(|&(name, value)| (name.to_owned(), FieldValue::parse(value))).collect();
        Qm9Config::resolve(&fields, &splits)
    }

    #[test]
    fn the_defaults_are_the_papers() {
        let config = resolve(&[("epochs", "1000")]).unwrap();
        let Protocol { train_samples, batch_size, learning_rate, weight_decay, .. } = config.protocol;
        assert_eq!((train_samples, batch_size, config.protocol.batches()), (100_000, 96, 1042));
        assert_eq!((learning_rate, weight_decay, config.protocol.schedule), (5e-4, 1e-16, Schedule::Authors));
        assert_eq!(config.protocol.evaluations(), 1000, "after every epoch");
        assert_eq!((config.valid_samples, config.test_samples), (17_748, 13_083));
        assert_eq!(config.model, MoleculeModelConfig::new(MoleculeModelKind::Egnn));
        assert_eq!(config.name(), "egnn-mu-n100000-s1");
        for property in ["gap", "homo", "lumo"] {
            assert_eq!(resolve(&[("epochs", "2"), ("property", property)]).unwrap().protocol.learning_rate, 1e-3);
        }
    }

    #[test]
    fn resolving_a_resolved_configuration_changes_nothing() {
        for pairs in [
            &[("epochs", "3"), ("model", "schnet"), ("gaussians", "20"), ("schedule", "cosine")][..],
            &[("steps", "300"), ("property", "U0"), ("train_samples", "1000"), ("cutoff_angstrom", "5")],
            &[("epochs", "3"), ("update_coordinates", "true"), ("attention", "false"), ("learning_rate", "1e-4")],
        ] {
            let config = resolve(pairs).unwrap();
            assert_eq!(Qm9Config::resolve(&config.fields(), &splits).unwrap(), config);
        }
    }

    #[test]
    fn errors_name_the_field_and_the_remedy() {
        for (given, field, message) in [
            (&[("model", "shnet")][..], "model", "did you mean 'schnet'?"),
            (&[("property", "u0")], "property", "did you mean 'U0'?"),
            (&[("set", "qm8")], "set", "did you mean 'qm9'?"),
            (&[("train_samples", "100001"), ("epochs", "2")], "train_samples", "more than set 'qm9' has"),
            (&[("schedule", "authrs"), ("epochs", "1")], "schedule", "did you mean 'authors'?"),
            (&[("gaussians", "1"), ("epochs", "2")], "gaussians", "from 2 to 4096"),
            (&[("gaussian_range_angstrom", "0"), ("epochs", "2")], "gaussian_range_angstrom", "above 0"),
            (&[("cutoff_angstrom", "-1"), ("epochs", "2")], "cutoff_angstrom", "not negative"),
            (&[], "epochs", "set epochs or steps"),
            (&[("epochs", "1")], "schedule", "a learning rate of 0 in a run of one epoch; set it to cosine"),
            (&[("steps", "300")], "schedule", "or train for more epochs"),
            (
                &[("epochs", "2"), ("model", "nmp"), ("update_coordinates", "true")],
                "update_coordinates",
                "is for model egnn",
            ),
        ] {
            let error = resolve(given).unwrap_err();
            assert_eq!(error.field, field, "{error}");
            assert!(error.message.contains(message), "{error}");
        }
    }
}
