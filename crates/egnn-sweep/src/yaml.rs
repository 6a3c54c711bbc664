//! A YAML document as a tree in which every key and every value knows its line and column.
//!
//! Why `serde-saphyr` and why a tree: serde's derived structs report unknown keys and duplicates in their own words
//! and without the position of the *value*, and field names of a task are not known to this crate at all, so an error
//! about one can only be located afterwards. `serde-saphyr` is kept, has no unsafe code, and its `Spanned` gives
//! positions to values and map keys alike. Reading everything into `Spanned` nodes first keeps the messages ours;
//! duplicate keys are passed through on purpose and refused in [`crate::spec`], where the first use can be named.

use crate::origin::{Located, Spot};
use egnn_schema::FieldValue;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Spanned, options::DuplicateKeyPolicy};
use std::fmt;

/// A node with its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it begins.
    pub spot: Spot,
    /// What it is.
    pub value: Value,
}

/// A map's key with its place.
#[derive(Clone, Debug)]
pub struct Key {
    /// Where it begins.
    pub spot: Spot,
    /// The key; a number or bool as it would be written.
    pub name: String,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum Value {
    /// Nothing stands after the colon.
    Null,
    /// A scalar.
    Scalar(FieldValue),
    /// A list.
    List(Vec<Node>),
    /// A map in the order of the file, duplicates included.
    Map(Vec<(Key, Node)>),
}

impl Value {
    /// How a message calls it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Scalar(FieldValue::Text(_)) => "text",
            Self::Scalar(FieldValue::Bool(_)) => "true or false",
            Self::Scalar(_) => "a number",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

/// Parses one document. `file` is its name in messages.
pub fn parse(file: &str, text: &str) -> Result<Node, Located> {
    let options = serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options::<Node>(text, options).map_err(|error| {
        let message = format!("not valid YAML: {}", strip_place(&error.without_snippet().to_string()));
        match error.location().filter(|place| place.line() > 0) {
            Some(place) => Located::at(file, Spot { line: place.line(), column: place.column() }, message),
            None => Located { file: Some(file.into()), spot: None, message },
        }
    })
}

/// The parser's message without the place at its end, which stands in front in ours.
fn strip_place(message: &str) -> &str {
    message.split(" at line ").next().unwrap_or(message).trim_end_matches([' ', ','])
}

fn spot<T>(spanned: &Spanned<T>) -> Spot {
    Spot { line: spanned.referenced.line(), column: spanned.referenced.column() }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Value>::deserialize(deserializer)?;
        Ok(Self { spot: spot(&spanned), value: spanned.value })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a scalar, a list or a map")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Scalar(FieldValue::Bool(value)))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Scalar(FieldValue::Int(value)))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        let value = i64::try_from(value).map_err(|_| E::custom(format!("the number {value} is too large")))?;
        Ok(Value::Scalar(FieldValue::Int(value)))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Scalar(FieldValue::Float(value)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Scalar(FieldValue::Text(value.into())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        while let Some(key) = entries.next_key::<Spanned<String>>()? {
            let key = Key { spot: spot(&key), name: key.value };
            map.push((key, entries.next_value()?));
        }
        Ok(Value::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry<'a>(node: &'a Node, name: &str) -> (&'a Key, &'a Node) {
        let Value::Map(entries) = &node.value else { panic!("not a map") };
        let (key, node) = entries.iter().find(|(key, _)| key.name == name).unwrap();
        (key, node)
    }

    #[test]
    fn keys_and_values_know_their_places() {
        let tree = parse("x.yaml", "# comment\nset:\n  rate: 5e-4\n  names: [a, \"12\", 12]\n").unwrap();
        let (key, set) = entry(&tree, "set");
        assert_eq!(key.spot, Spot { line: 2, column: 1 });
        let (key, rate) = entry(set, "rate");
        assert_eq!(key.spot, Spot { line: 3, column: 3 });
        assert_eq!(rate.spot, Spot { line: 3, column: 9 });
        assert!(matches!(rate.value, Value::Scalar(FieldValue::Float(value)) if value == 5e-4));
        let (_, names) = entry(set, "names");
        let Value::List(names) = &names.value else { panic!("not a list") };
        assert_eq!(names[1].spot, Spot { line: 4, column: 14 });
        assert!(matches!(&names[1].value, Value::Scalar(FieldValue::Text(text)) if text == "12"));
        assert!(matches!(names[2].value, Value::Scalar(FieldValue::Int(12))));
    }

    #[test]
    fn duplicate_keys_reach_the_tree() {
        let tree = parse("x.yaml", "a: 1\na: 2\n").unwrap();
        assert!(matches!(&tree.value, Value::Map(entries) if entries.len() == 2));
    }

    #[test]
    fn broken_yaml_is_located() {
        let texts = ["a: [1, 2\nb: 3\n", "a: 1\n\tb: 3\n", "a: .nan\n", "a: *b\n"];
        let errors = texts.map(|text| parse("x.yaml", text).unwrap_err().to_string());
        insta::assert_snapshot!(errors.join("\n"));
    }
}
