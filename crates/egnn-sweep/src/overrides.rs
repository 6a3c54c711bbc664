//! `key=value[,value]` from the command line: the last layer of a sweep's configuration.

use crate::{
    origin::{Located, Origin, Setting},
    spec::{Layer, same},
};
use egnn_schema::{FieldValue, hash};
use std::collections::BTreeMap;

/// Digits of the overrides' hash in a folder's name.
const DIGITS: usize = 8;

/// Parsed overrides.
///
/// ```
/// use egnn_sweep::Overrides;
/// let overrides = Overrides::parse(&["seed=1,2", "hidden=16"])?;
/// assert_eq!(overrides.folder("quick"), Overrides::parse(&["hidden=16", "seed=2,1"])?.folder("quick"));
/// assert_eq!(Overrides::default().folder("quick"), "quick");
/// # Ok::<(), egnn_sweep::origin::Located>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    /// What they set and which lists they give.
    pub(crate) layer: Layer,
    /// The words as given.
    words: Vec<String>,
}

impl Overrides {
    /// Parses words like `hidden=16` and `seed=1,2,3`.
    ///
    /// # Errors
    /// A word without `=`, an empty name or value, a name or value given twice.
    pub fn parse<S: AsRef<str>>(words: &[S]) -> Result<Self, Located> {
        let mut overrides = Self::default();
        for word in words {
            let word = word.as_ref();
            let (name, values) = word.split_once('=').ok_or_else(|| {
                Located::command_line(format!("'{word}' is not an override; write it as key=value or key=value,value"))
            })?;
            let (name, values) = (name.trim(), settings(word, values)?);
            if name.is_empty() {
                return Err(Located::command_line(format!("'{word}' has no field name before '='")));
            }
            let layer = &mut overrides.layer;
            if layer.set.contains_key(name) || layer.grid.contains_key(name) {
                let message = format!("'{name}' is overridden twice; list its values in one word, like {name}=1,2");
                return Err(Located::command_line(message));
            }
            match <[Setting; 1]>::try_from(values) {
                Ok([value]) => drop(layer.set.insert(name.into(), value)),
                Err(values) => drop(layer.grid.insert(name.into(), values)),
            }
            overrides.words.push(word.into());
        }
        Ok(overrides)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The words as given.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// The folder under `reports/<pipeline>/`: the profile's name, with a hash of the overrides if there are any. The
    /// order of words and of a list's values does not matter to it.
    pub fn folder(&self, profile: &str) -> String {
        if self.is_empty() {
            return profile.into();
        }
        let text = |setting: &Setting| setting.value.to_string();
        let mut canonical: BTreeMap<&str, Vec<String>> =
            self.layer.set.iter().map(|(name, setting)| (name.as_str(), vec![text(setting)])).collect();
        for (name, values) in &self.layer.grid {
            let mut values: Vec<String> = values.iter().map(text).collect();
            values.sort();
            canonical.insert(name, values);
        }
        format!("{profile}-{}", &hash::of(&canonical)[..DIGITS])
    }
}

fn settings(word: &str, values: &str) -> Result<Vec<Setting>, Located> {
    let mut settings: Vec<Setting> = Vec::new();
    for value in values.split(',') {
        let value = value.trim();
        if value.is_empty() {
            return Err(Located::command_line(format!("'{word}' has an empty value")));
        }
        let value = FieldValue::parse(value);
        if settings.iter().any(|earlier| same(&earlier.value, &value)) {
            return Err(Located::command_line(format!("'{word}' lists {value} twice")));
        }
        settings.push(Setting { value, origin: Origin::CommandLine });
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_is_set_and_several_are_a_grid() {
        let overrides = Overrides::parse(&["rate=5e-4", "model=a,b", "flag=true"]).unwrap();
        assert_eq!(overrides.layer.set["rate"].value, FieldValue::Float(5e-4));
        assert_eq!(overrides.layer.set["flag"].value, FieldValue::Bool(true));
        assert_eq!(overrides.layer.grid["model"].len(), 2);
    }

    #[test]
    fn folders_differ_where_runs_may() {
        let folder = |words: &[&str]| Overrides::parse(words).unwrap().folder("quick");
        assert_eq!(folder(&["rate=5e-4"]), folder(&["rate=0.0005"]));
        assert_ne!(folder(&["rate=5e-4"]), folder(&["rate=5e-3"]));
        assert_ne!(folder(&["seed=1,2"]), folder(&["seed=1,3"]));
        assert_eq!(folder(&["seed=1"]).len(), "quick-".len() + DIGITS);
    }

    #[test]
    fn wrong_words_are_named() {
        let message = |words: &[&str]| Overrides::parse(words).unwrap_err().to_string();
        insta::assert_snapshot!(message(&["quick"]), @"on the command line: 'quick' is not an override; write it as key=value or key=value,value");
        insta::assert_snapshot!(message(&["=1"]), @"on the command line: '=1' has no field name before '='");
        insta::assert_snapshot!(message(&["seed=1,"]), @"on the command line: 'seed=1,' has an empty value");
        insta::assert_snapshot!(message(&["seed=1,2,1"]), @"on the command line: 'seed=1,2,1' lists 1 twice");
        insta::assert_snapshot!(message(&["seed=1", "seed=2"]), @"on the command line: 'seed' is overridden twice; list its values in one word, like seed=1,2");
    }
}
