//! Names that rules wait for in vain.

use crate::{
    expand::{About, about},
    origin::{self, Located, Setting, Settings},
    spec::{Layer, SweepSpec},
    trainer::Trainer,
};
use egnn_schema::FieldValue;

/// Names in `when` that no run has are tried on the first run, so that a misspelt one does not silently never match.
/// Numbers are not: `train_samples: 50000` may be more than this profile's data have.
pub(super) struct RuleNames<'a> {
    /// Those that no run had so far.
    unseen: Vec<(&'a String, &'a Setting)>,
    first: Option<Settings>,
}

impl<'a> RuleNames<'a> {
    pub(super) fn new(layers: &[&'a Layer]) -> Self {
        let conditions = layers.iter().flat_map(|layer| &layer.rules).flat_map(|rule| &rule.when);
        let wanted = conditions.flat_map(|(field, values)| values.iter().map(move |value| (field, value)));
        let names = wanted.filter(|(_, wanted)| matches!(wanted.value, FieldValue::Text(_)));
        Self { unseen: names.collect(), first: None }
    }

    pub(super) fn see(&mut self, settings: Settings) {
        let has = |field: &str, value: &FieldValue| settings.get(field).is_some_and(|setting| setting.value == *value);
        self.unseen.retain(|(field, wanted)| !has(field, &wanted.value));
        self.first.get_or_insert(settings);
    }

    pub(super) fn check(self, spec: &SweepSpec, trainer: &dyn Trainer) -> Result<(), Located> {
        let Some(first) = self.first else { return Ok(()) };
        for (field, wanted) in self.unseen {
            let mut probe = first.clone();
            probe.insert(field.clone(), wanted.clone());
            if let Err(error) = trainer.resolve(&spec.task.value, &origin::fields(&probe))
                && error.field == *field
            {
                return Err(about(spec, wanted, About::Value, error.message));
            }
        }
        Ok(())
    }
}
