//! From a tree of YAML nodes to a [`SweepSpec`], every complaint with its place.

use super::{Layer, Profile, ReportKind, Rule, SweepSpec, Text};
use crate::{
    origin::{Located, Origin, Setting, Settings, Spot},
    slurm::SlurmOptions,
    yaml::{self, Key, Node, Value},
};
use egnn_schema::{FieldValue, names};
use std::collections::BTreeMap;

type Result<T> = std::result::Result<T, Located>;

const TOP: [&str; 10] =
    ["pipeline", "title", "description", "task", "report", "set", "grid", "rules", "slurm", "profiles"];
const PROFILE: [&str; 5] = ["description", "set", "grid", "rules", "slurm"];
const RULE: [&str; 2] = ["when", "set"];

pub(super) fn spec(file: &str, text: &str) -> Result<SweepSpec> {
    let reader = Reader { file };
    let tree = yaml::parse(file, text)?;
    let mut top = reader.map(&tree, "a pipeline")?.known("key", &TOP)?;
    let pipeline = top.text("pipeline")?;
    let title = top.text("title")?;
    let description = top.optional("description").map(|(_, node)| reader.text(node, "description")).transpose()?;
    let task = top.text("task")?;
    let report = top.text("report")?;
    let kind = ReportKind::from_name(&report.value)
        .ok_or_else(|| reader.error(report.spot, names::unknown("report", &report.value, &ReportKind::NAMES)))?;
    let fitting = ReportKind::of_task(&task.value);
    if !fitting.contains(&report.value.as_str()) {
        let (name, task, fitting) = (&report.value, &task.value, fitting.join(", "));
        let message = format!("the report '{name}' cannot show the task '{task}'; it can be: {fitting}");
        return Err(reader.error(report.spot, message));
    }
    let layer = layer(&mut top)?;
    let slurm = slurm(&top)?;
    let (_, node) = top.required("profiles")?;
    let mut profiles = BTreeMap::new();
    for (key, node) in reader.map(node, "profiles")?.entries {
        let mut map = reader.map(node, "a profile")?.known("key", &PROFILE)?;
        let description = map.text("description")?.value;
        let (layer, slurm) = (self::layer(&mut map)?, self::slurm(&map)?);
        profiles.insert(key.name.clone(), Profile { spot: key.spot, description, layer, slurm });
    }
    if profiles.is_empty() {
        return Err(reader.error(node.spot, "'profiles' is empty; at least one is needed"));
    }
    Ok(SweepSpec {
        file: file.into(),
        pipeline: pipeline.value,
        title: title.value,
        description: description.map(|text| text.value).unwrap_or_default(),
        task,
        report: kind,
        layer,
        slurm,
        profiles,
    })
}

fn slurm(map: &Map<'_>) -> Result<SlurmOptions> {
    let (reader, mut options) = (map.reader, SlurmOptions::default());
    let Some((_, node)) = map.optional("slurm") else { return Ok(options) };
    for (key, node) in reader.map(node, "'slurm'")?.known("key", &SlurmOptions::KEYS)?.entries {
        let values = match &node.value {
            Value::List(items) if SlurmOptions::LISTS.contains(&key.name.as_str()) => &items[..],
            Value::Scalar(_) => std::slice::from_ref(node),
            other => return Err(reader.error(node.spot, format!("'{}' cannot be {}", key.name, other.kind()))),
        };
        for value in values {
            let text = reader.text(value, &key.name)?.value;
            options.add(&key.name, &text).map_err(|message| reader.error(value.spot, message))?;
        }
    }
    Ok(options)
}

fn layer(map: &mut Map<'_>) -> Result<Layer> {
    let reader = map.reader;
    let set = map.optional("set").map(|(_, node)| reader.settings(node)).transpose()?.unwrap_or_default();
    let grid = match map.optional("grid") {
        Some((_, node)) => reader.lists(node, "a grid", false)?,
        None => BTreeMap::new(),
    };
    if let Some((name, values)) = grid.iter().find(|(name, _)| set.contains_key(*name)) {
        let message = format!("'{name}' stands under both 'set' and 'grid'; remove one");
        return Err(reader.error(key_spot(&values[0]), message));
    }
    let rules = match map.optional("rules") {
        Some((_, node)) => reader.rules(node)?,
        None => Vec::new(),
    };
    Ok(Layer { set, grid, rules })
}

fn key_spot(setting: &Setting) -> Spot {
    match setting.origin {
        Origin::File { key, .. } => key,
        Origin::CommandLine => Spot::default(),
    }
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    file: &'a str,
}

impl<'a> Reader<'a> {
    fn error(self, spot: Spot, message: impl Into<String>) -> Located {
        Located::at(self.file, spot, message)
    }

    fn map(self, node: &'a Node, what: &'static str) -> Result<Map<'a>> {
        let Value::Map(entries) = &node.value else {
            return Err(self.error(node.spot, format!("{what} is a map of keys and values, not {}", node.value.kind())));
        };
        let mut seen = BTreeMap::new();
        for (key, _) in entries {
            if let Some(first) = seen.insert(key.name.as_str(), key.spot) {
                let message = format!("'{}' stands here a second time; the first is in line {}", key.name, first.line);
                return Err(self.error(key.spot, message));
            }
        }
        Ok(Map {
            reader: self,
            spot: node.spot,
            what,
            entries: entries.iter().map(|(key, node)| (key, node)).collect(),
        })
    }

    fn text(self, node: &Node, name: &str) -> Result<Text> {
        match &node.value {
            Value::Scalar(value) => Ok(Text { spot: node.spot, value: value.to_string() }),
            other => Err(self.error(node.spot, format!("'{name}' is a text, not {}", other.kind()))),
        }
    }

    fn scalar(self, key: &Key, node: &Node) -> Result<Setting> {
        let value = match &node.value {
            Value::Scalar(value) => value.clone(),
            Value::Null => {
                return Err(self.error(node.spot, format!("'{}' has no value; give one or remove the line", key.name)));
            }
            Value::List(_) => {
                let message = format!("'{}' has one value here; a list belongs under 'grid'", key.name);
                return Err(self.error(node.spot, message));
            }
            Value::Map(_) => {
                return Err(self.error(node.spot, format!("'{}' has one value here, not a map", key.name)));
            }
        };
        Ok(Setting { value, origin: Origin::File { key: key.spot, value: node.spot } })
    }

    fn item(self, key: &Key, node: &Node) -> Result<Setting> {
        match &node.value {
            Value::Scalar(_) => self.scalar(key, node),
            other => {
                let message = format!("the list of '{}' holds {}; each entry is one value", key.name, other.kind());
                Err(self.error(node.spot, message))
            }
        }
    }

    fn settings(self, node: &'a Node) -> Result<Settings> {
        let entries = self.map(node, "'set'")?.entries;
        entries.into_iter().map(|(key, node)| Ok((key.name.clone(), self.scalar(key, node)?))).collect()
    }

    /// Lists by field; a single value counts as a list of one where `single` allows it.
    fn lists(self, node: &'a Node, what: &'static str, single: bool) -> Result<BTreeMap<String, Vec<Setting>>> {
        let mut lists = BTreeMap::new();
        for (key, node) in self.map(node, what)?.entries {
            let values = match &node.value {
                Value::List(items) if items.is_empty() => {
                    return Err(
                        self.error(node.spot, format!("the list of '{}' is empty; a grid needs values", key.name))
                    );
                }
                Value::List(items) => items.iter().map(|item| self.item(key, item)).collect::<Result<Vec<_>>>()?,
                _ if single => vec![self.scalar(key, node)?],
                other => {
                    let message = format!("'{}' is {} here; a grid needs a list, like [1, 2]", key.name, other.kind());
                    return Err(self.error(node.spot, message));
                }
            };
            self.distinct(&key.name, &values)?;
            lists.insert(key.name.clone(), values);
        }
        Ok(lists)
    }

    fn distinct(self, name: &str, values: &[Setting]) -> Result<()> {
        for (index, setting) in values.iter().enumerate() {
            if values[..index].iter().any(|earlier| same(&earlier.value, &setting.value))
                && let Origin::File { value, .. } = setting.origin
            {
                return Err(self.error(value, format!("'{name}' lists {} twice", setting.value)));
            }
        }
        Ok(())
    }

    fn rules(self, node: &'a Node) -> Result<Vec<Rule>> {
        let Value::List(items) = &node.value else {
            let message = format!("'rules' is a list of {{when: .., set: ..}}, not {}", node.value.kind());
            return Err(self.error(node.spot, message));
        };
        items.iter().map(|item| self.rule(item)).collect()
    }

    fn rule(self, node: &'a Node) -> Result<Rule> {
        let map = self.map(node, "a rule")?.known("key", &RULE)?;
        let when = self.lists(map.required("when")?.1, "'when'", true)?;
        let set = self.settings(map.required("set")?.1)?;
        Ok(Rule { when, set })
    }
}

/// A map's entries, without duplicates.
struct Map<'a> {
    reader: Reader<'a>,
    spot: Spot,
    what: &'static str,
    entries: Vec<(&'a Key, &'a Node)>,
}

impl<'a> Map<'a> {
    fn known(self, kind: &str, known: &[&str]) -> Result<Self> {
        match self.entries.iter().find(|(key, _)| !known.contains(&key.name.as_str())) {
            Some((key, _)) => Err(self.reader.error(key.spot, names::unknown(kind, &key.name, known))),
            None => Ok(self),
        }
    }

    fn optional(&self, name: &str) -> Option<(&'a Key, &'a Node)> {
        self.entries.iter().copied().find(|(key, _)| key.name == name)
    }

    fn required(&self, name: &str) -> Result<(&'a Key, &'a Node)> {
        self.optional(name).ok_or_else(|| self.reader.error(self.spot, format!("{} needs the key '{name}'", self.what)))
    }

    fn text(&self, name: &str) -> Result<Text> {
        self.reader.text(self.required(name)?.1, name)
    }
}

/// Whether two values are the same to a grid or a rule: `100` and `100.0` are.
pub(crate) fn same(a: &FieldValue, b: &FieldValue) -> bool {
    match (a, b) {
        (FieldValue::Int(int), FieldValue::Float(float)) | (FieldValue::Float(float), FieldValue::Int(int)) => {
            *int as f64 == *float
        }
        _ => a == b,
    }
}
