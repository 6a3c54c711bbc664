//! A file of set definitions: a map of sets, every complaint about it with line and column.

use egnn_schema::{FieldValue, names};
use egnn_sweep::{
    origin::{Located, Spot},
    yaml::{self, Key, Node, Value},
};
use std::ops::RangeInclusive;

/// What a count may be, before the generator says more.
pub(super) const COUNT: RangeInclusive<i64> = 0..=u32::MAX as i64;
/// What a seed may be.
pub(super) const SEED: RangeInclusive<i64> = 0..=i64::MAX;

/// The sets of a file, in its order. `read` makes a set of a map; `taken` may refuse a name.
pub(super) fn read_sets<T>(
    file: &str,
    text: &str,
    taken: impl Fn(&str) -> Result<(), String>,
    read: impl Fn(&Map<'_>) -> Result<T, Located>,
) -> Result<Vec<(String, T)>, Located> {
    let tree = yaml::parse(file, text)?;
    let empty = match &tree.value {
        Value::Null => true,
        Value::Map(entries) => entries.is_empty(),
        _ => false,
    };
    if empty {
        let message = "the file is empty; it needs at least one set with its source, seed and splits".into();
        return Err(Located { file: Some(file.into()), spot: None, message });
    }
    let sets = Map::of(file, &tree, "the file")?;
    let set = |(key, node): &(Key, Node)| {
        check_name(&key.name).and_then(|()| taken(&key.name)).map_err(|message| sets.error(key.spot, message))?;
        Ok((key.name.clone(), read(&Map::of(file, node, "a set")?)?))
    };
    sets.entries.iter().map(set).collect()
}

/// Checks a name for a set: it must be a folder's name and, in `train_set=NAME`, no number, true or false.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    if !plain {
        return Err(format!("'{name}' cannot be a set's name; use letters, digits, - and _, with a letter first"));
    }
    match FieldValue::parse(name) {
        FieldValue::Text(_) => Ok(()),
        _ => Err(format!("'{name}' cannot be a set's name, since train_set={name} would be no name; choose another")),
    }
}

/// A map of the file, without duplicates.
pub(super) struct Map<'a> {
    file: &'a str,
    what: &'a str,
    pub(super) spot: Spot,
    entries: &'a [(Key, Node)],
}

impl<'a> Map<'a> {
    pub(super) fn of(file: &'a str, node: &'a Node, what: &'a str) -> Result<Self, Located> {
        let Value::Map(entries) = &node.value else {
            let message = format!("{what} is a map of keys and values, not {}", node.value.kind());
            return Err(Located::at(file, node.spot, message));
        };
        for (index, (key, _)) in entries.iter().enumerate() {
            if let Some((first, _)) = entries[..index].iter().find(|(earlier, _)| earlier.name == key.name) {
                let message =
                    format!("'{}' stands here a second time; the first is in line {}", key.name, first.spot.line);
                return Err(Located::at(file, key.spot, message));
            }
        }
        Ok(Self { file, what, spot: node.spot, entries })
    }

    pub(super) fn error(&self, spot: Spot, message: impl Into<String>) -> Located {
        Located::at(self.file, spot, message)
    }

    pub(super) fn known(&self, known: &[&str]) -> Result<(), Located> {
        match self.entries.iter().find(|(key, _)| !known.contains(&key.name.as_str())) {
            Some((key, _)) => Err(self.error(key.spot, names::unknown("key", &key.name, known))),
            None => Ok(()),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a Node> {
        self.entries.iter().find(|(key, _)| key.name == name).map(|(_, node)| node)
    }

    pub(super) fn required<T>(&self, name: &str, value: Option<T>) -> Result<T, Located> {
        value.ok_or_else(|| self.error(self.spot, format!("{} needs the key '{name}'", self.what)))
    }

    pub(super) fn inner(&self, name: &'a str) -> Result<Option<Self>, Located> {
        self.get(name).map(|node| Self::of(self.file, node, name)).transpose()
    }

    pub(super) fn whole(&self, name: &str, range: RangeInclusive<i64>) -> Result<Option<i64>, Located> {
        self.value(name, |value| match value {
            FieldValue::Int(value) if range.contains(value) => Ok(*value),
            value => Err(format!("{name} is {value}; give a whole number from {} to {}", range.start(), range.end())),
        })
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<f64>, Located> {
        self.value(name, |value| match value {
            FieldValue::Int(value) => Ok(*value as f64),
            FieldValue::Float(value) => Ok(*value),
            value => Err(format!("{name} is '{value}'; give a number")),
        })
    }

    pub(super) fn truth(&self, name: &str) -> Result<Option<bool>, Located> {
        self.value(name, |value| match value {
            FieldValue::Bool(value) => Ok(*value),
            value => Err(format!("{name} is '{value}'; give true or false")),
        })
    }

    pub(super) fn choice<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Result<Option<T>, Located> {
        self.value(name, |value| {
            let value = value.to_string();
            choices.iter().find(|(known, _)| *known == value).map(|&(_, choice)| choice).ok_or_else(|| {
                let known: Vec<_> = choices.iter().map(|&(known, _)| known).collect();
                names::unknown(name, &value, &known)
            })
        })
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Located> {
        self.value(name, |value| match value.to_string() {
            text if text.is_empty() => Err(format!("{name} is empty; give a text")),
            text => Ok(text),
        })
    }

    /// A checksum in lower case.
    pub(super) fn sha256(&self, name: &str) -> Result<Option<String>, Located> {
        self.value(name, |value| {
            let text = value.to_string();
            let is_checksum = text.len() == 64 && text.chars().all(|c| c.is_ascii_hexdigit());
            let wrong = || format!("{name} is '{text}'; give the 64 hexadecimal digits of a SHA-256 checksum");
            is_checksum.then(|| text.to_ascii_lowercase()).ok_or_else(wrong)
        })
    }

    fn value<T>(&self, name: &str, read: impl FnOnce(&FieldValue) -> Result<T, String>) -> Result<Option<T>, Located> {
        let Some(node) = self.get(name) else { return Ok(None) };
        let value = match &node.value {
            Value::Scalar(value) => read(value),
            other => Err(format!("{name} is one value, not {}", other.kind())),
        };
        value.map(Some).map_err(|message| self.error(node.spot, message))
    }
}
