//! The autoencoder task's configuration: flat fields in, a complete and valid [`AutoencoderConfig`] out.

use crate::{
    protocol::{self, Defaults, HIDDEN, LAYERS, Protocol, Schedule, SplitOf, Splits, int, samples, text},
    reader::{Range, Reader},
};
use egnn_nn::{
    CrossEntropy,
    autoencoder::{AutoencoderModelConfig, EncoderKind},
};
use egnn_schema::{FieldError, FieldValue, Fields};

/// The task's own fields; those of the [`Protocol`] come on top.
const OWN_FIELDS: [&str; 15] = [
    "model",
    "dim",
    "hidden",
    "layers",
    "clamp",
    "shrink",
    "cross_entropy",
    "set",
    "train_split",
    "valid_split",
    "test_split",
    "train_samples",
    "valid_samples",
    "test_samples",
    "schedule",
];

/// Dimensions of an embedding.
pub(crate) const DIM: Range = 1..=1024;

/// A complete configuration of one autoencoder run. Two equal configurations on equal data give equal results.
#[derive(Clone, Debug, PartialEq)]
pub struct AutoencoderConfig {
    /// Encoder and decoder: which, their sizes and quirks.
    pub model: AutoencoderModelConfig,
    /// The set of graphs.
    pub set: String,
    /// The split trained on.
    pub train_split: String,
    /// The split validated on.
    pub valid_split: String,
    /// The split tested on.
    pub test_split: String,
    /// Graphs validated on: the first of the split.
    pub valid_samples: u64,
    /// Graphs tested on: the first of the split.
    pub test_samples: u64,
    /// How it trains on the first graphs of the training split.
    pub protocol: Protocol,
}

impl AutoencoderConfig {
    /// Completes and checks `fields`. `splits` tells the splits of a set by name.
    ///
    /// # Errors
    /// The first field that is unknown, out of range, larger than its set, or missing.
    pub(crate) fn resolve(fields: &Fields, splits: &dyn Fn(&str) -> Splits) -> Result<Self, FieldError> {
        let known: Vec<&str> = OWN_FIELDS.into_iter().chain(protocol::FIELDS).collect();
        let mut reader = Reader::new(fields, &known)?;
        let name = reader.choice("model", "egnn", &EncoderKind::ALL.map(EncoderKind::name))?;
        let encoder = EncoderKind::from_name(&name).unwrap_or(EncoderKind::Egnn);
        let paper = AutoencoderModelConfig::new(encoder);
        let set = reader.text("set", "community_small")?;
        let sizes = splits(&set).map_err(|message| FieldError::new("set", message))?;
        let [train_split, valid_split, test_split] = ["train", "valid", "test"].map(|split| {
            let field = format!("{split}_split");
            reader.text(&field, split).map(|name| (field, name))
        });
        let (train_split, valid_split, test_split) = (train_split?, valid_split?, test_split?);
        let mut count = |name: &str, (field, split): &(String, String)| {
            let split_field = Some((field.as_str(), fields.contains_key(field)));
            let split = SplitOf { set: &set, split, splits: &sizes, set_field: "set", split_field };
            samples(&mut reader, name, u64::MAX, &split)
        };
        let train_samples = count("train_samples", &train_split)?;
        let valid_samples = count("valid_samples", &valid_split)?;
        let test_samples = count("test_samples", &test_split)?;
        let known = [Schedule::Constant, Schedule::Cosine].map(Schedule::name);
        let schedule = reader.choice("schedule", Schedule::Cosine.name(), &known)?;
        let defaults = Defaults {
            batch_size: 1,
            drop_last: false,
            learning_rate: 1e-4,
            schedule: Schedule::from_name(&schedule).unwrap_or(Schedule::Cosine),
            weight_decay: 1e-16,
            evaluate_every_epochs: 2,
            model: encoder.name(),
        };
        let protocol = Protocol::read(&mut reader, train_samples, &defaults)?;
        let clamp = reader.number("clamp", paper.clamp.unwrap_or(0.0))?;
        let shrink = reader.number("shrink", paper.shrink)?;
        if shrink >= 1.0 {
            return Err(FieldError::new("shrink", format!("shrink must be below 1, not {shrink}")));
        }
        let cross_entropy = match reader.choice("cross_entropy", "probability", &["probability", "logit"])?.as_str() {
            "logit" => CrossEntropy::Logit,
            _ => CrossEntropy::Probability,
        };
        let model = AutoencoderModelConfig {
            encoder,
            dim: reader.count("dim", paper.dim as u64, DIM)? as usize,
            hidden: reader.count("hidden", paper.hidden as u64, HIDDEN)? as usize,
            layers: reader.count("layers", paper.layers as u64, LAYERS)? as usize,
            clamp: (clamp > 0.0).then_some(clamp),
            shrink,
            cross_entropy,
        };
        let [train_split, valid_split, test_split] = [train_split, valid_split, test_split].map(|(_, split)| split);
        Ok(Self { model, set, train_split, valid_split, test_split, valid_samples, test_samples, protocol })
    }

    /// The complete configuration as flat fields; resolving them gives `self` again.
    pub(crate) fn fields(&self) -> Fields {
        let AutoencoderModelConfig { encoder, dim, hidden, layers, clamp, shrink, cross_entropy } = self.model;
        let cross_entropy = match cross_entropy {
            CrossEntropy::Probability => "probability",
            CrossEntropy::Logit => "logit",
        };
        let mut fields = protocol::fields([
            ("model", text(encoder.name())),
            ("dim", int(dim as u64)),
            ("hidden", int(hidden as u64)),
            ("layers", int(layers as u64)),
            ("clamp", FieldValue::Float(clamp.unwrap_or(0.0))),
            ("shrink", FieldValue::Float(shrink)),
            ("cross_entropy", text(cross_entropy)),
            ("set", text(&self.set)),
            ("train_split", text(&self.train_split)),
            ("valid_split", text(&self.valid_split)),
            ("test_split", text(&self.test_split)),
            ("valid_samples", int(self.valid_samples)),
            ("test_samples", int(self.test_samples)),
            ("schedule", text(self.protocol.schedule.name())),
        ]);
        fields.extend(self.protocol.fields());
        fields
    }

    /// A readable name for the run's folder.
    pub(crate) fn name(&self) -> String {
        let model = self.model.encoder.name().replace('_', "-");
        format!("{model}-{}-n{}-s{}", self.set.replace('_', "-"), self.model.dim, self.protocol.seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egnn_schema::names;

    fn splits(set: &str) -> Splits {
        let sizes: &[(&str, u64)] = match set {
            "community_small" => &[("train", 5000), ("valid", 500), ("test", 500)],
            "overfit" => &[("train", 100)],
            _ => return Err(names::unknown("set", set, &["community_small", "overfit"])),
        };
        Ok(sizes.iter().map(|&(split, size)| (split.to_owned(), size)).collect())
    }

    fn resolve(pairs: &[(&str, &str)]) -> Result<AutoencoderConfig, FieldError> {
        let fields = pairs.iter().map(|&(name, value)| (name.to_owned(), FieldValue::parse(value))).collect();
        AutoencoderConfig::resolve(&fields, &splits)
    }

    #[test]
    fn the_defaults_are_the_papers() {
        let config = resolve(&[("epochs", "100")]).unwrap();
        let Protocol { train_samples, batch_size, learning_rate, weight_decay, .. } = config.protocol;
        assert_eq!((train_samples, batch_size, config.protocol.steps()), (5000, 1, 500_000));
        assert_eq!((learning_rate, weight_decay, config.protocol.schedule), (1e-4, 1e-16, Schedule::Cosine));
        assert_eq!(config.protocol.evaluations(), 50, "every second epoch from the first on");
        assert_eq!(config.model, AutoencoderModelConfig::new(EncoderKind::Egnn));
        assert_eq!(config.name(), "egnn-community-small-n8-s1");
    }

    #[test]
    fn resolving_a_resolved_configuration_changes_nothing() {
        for pairs in [
            &[("epochs", "3"), ("model", "noise_gnn"), ("dim", "4"), ("clamp", "0"), ("schedule", "constant")][..],
            &[("steps", "300"), ("set", "overfit"), ("valid_split", "train"), ("test_split", "train"), ("dim", "16")],
        ] {
            let config = resolve(pairs).unwrap();
            assert_eq!(AutoencoderConfig::resolve(&config.fields(), &splits).unwrap(), config);
        }
    }

    #[test]
    fn errors_name_the_field_and_the_remedy() {
        for (given, field, message) in [
            (&[("model", "egn")][..], "model", "did you mean 'egnn'?"),
            (&[("hiden", "1")], "hiden", "did you mean 'hidden'?"),
            (&[("set", "comunity_small")], "set", "did you mean 'community_small'?"),
            (
                &[("set", "overfit"), ("epochs", "1")],
                "set",
                "no split 'valid'; set valid_split to one that it has: train",
            ),
            (&[("test_split", "tset"), ("epochs", "1")], "test_split", "test_split: set 'community_small': unknown"),
            (&[("train_samples", "5001"), ("epochs", "1")], "train_samples", "more than set 'community_small' has"),
            (&[("test_samples", "501"), ("epochs", "1")], "test_samples", "in its test split (500)"),
            (&[("dim", "0"), ("epochs", "1")], "dim", "from 1 to 1024"),
            (&[("shrink", "1"), ("epochs", "1")], "shrink", "below 1"),
            (&[("schedule", "cosin"), ("epochs", "1")], "schedule", "did you mean 'cosine'?"),
            (&[], "epochs", "set epochs or steps"),
        ] {
            let error = resolve(given).unwrap_err();
            assert_eq!(error.field, field, "{error}");
            assert!(error.message.contains(message), "{error}");
        }
    }
}
