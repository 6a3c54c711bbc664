//! The configurations of many runs in little memory: what all have alike is kept once, and what sets a run apart is kept flat.

use egnn_schema::{FieldValue, Fields};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{collections::BTreeMap, mem, sync::Arc};

/// What a run has for itself, by name in alphabetical order. In JSON it is an object. Copies share their memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Own<V>(Arc<[(Box<str>, V)]>);

impl<V> Own<V> {
    /// The value of that name.
    pub fn get(&self, name: &str) -> Option<&V> {
        self.iter().find(|(own, _)| *own == name).map(|(_, value)| value)
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &V)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }
}

impl<V: Clone> Own<V> {
    /// The same with what all have alike.
    pub(crate) fn with(&self, common: &BTreeMap<String, V>) -> BTreeMap<String, V> {
        let mut all = common.clone();
        all.extend(self.iter().map(|(name, value)| (name.to_owned(), value.clone())));
        all
    }
}

impl<V> Default for Own<V> {
    fn default() -> Self {
        Self(Arc::new([]))
    }
}

impl<V> From<BTreeMap<String, V>> for Own<V> {
    fn from(values: BTreeMap<String, V>) -> Self {
        Self(values.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }
}

impl<V: Serialize> Serialize for Own<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Own<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::deserialize(deserializer).map(Self::from)
    }
}

/// Configurations of many runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Configs {
    /// What all have alike.
    pub(crate) common: Fields,
    /// What each has besides, in order.
    pub(crate) own: Vec<Own<FieldValue>>,
}

impl Configs {
    pub(crate) fn push(&mut self, mut config: Fields) {
        if self.own.is_empty() {
            self.common.clone_from(&config);
        }
        if !self.common.iter().all(|(name, value)| is_same(config.get(name), value)) {
            let common = mem::take(&mut self.common).into_iter();
            let (common, parted): (Fields, Fields) = common.partition(|(name, value)| is_same(config.get(name), value));
            self.common = common;
            self.own.iter_mut().for_each(|own| *own = own.with(&parted).into());
        }
        config.retain(|name, _| !self.common.contains_key(name));
        self.own.push(config.into());
    }

    /// A complete configuration.
    pub(crate) fn get(&self, index: usize) -> Fields {
        self.own[index].with(&self.common)
    }
}

/// Whether two values have the same bits: 0.0 and -0.0 are runs of their own.
fn is_same(one: Option<&FieldValue>, other: &FieldValue) -> bool {
    match (one, other) {
        (Some(FieldValue::Float(one)), FieldValue::Float(other)) => one.to_bits() == other.to_bits(),
        (one, other) => one == Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn config() -> impl Strategy<Value = Fields> {
        let value = prop_oneof![
            (0i64..2).prop_map(FieldValue::Int),
            Just(FieldValue::Float(0.0)),
            Just(FieldValue::Float(-0.0)),
            Just(FieldValue::Text("a".into()))
        ];
        prop::collection::btree_map("[abc]", value, 0..4)
    }

    proptest! {
        #[test]
        fn configurations_come_back_as_they_were(configs in prop::collection::vec(config(), 1..6)) {
            let mut all = Configs::default();
            configs.iter().cloned().for_each(|config| all.push(config));
            for (index, config) in configs.iter().enumerate() {
                // As text, in which 0.0 and -0.0 differ.
                prop_assert_eq!(format!("{:?}", all.get(index)), format!("{config:?}"));
            }
            for (name, value) in &configs[0] {
                let is_common = configs.iter().all(|config| is_same(config.get(name), value));
                prop_assert_eq!(all.common.contains_key(name), is_common);
                prop_assert_eq!(all.own[0].get(name).is_none(), is_common);
            }
        }
    }
}
