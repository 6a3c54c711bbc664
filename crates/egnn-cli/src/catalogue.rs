//! The sets that exist or can be made: `datasets/nbody.yaml` and what was imported.

use crate::{
    exit::{Result, Stop},
    workspace::Workspace,
};
use egnn_nbody::{Distance, Generator, Source, System};
use egnn_schema::{FieldValue, Manifest, dataset, names};
use egnn_store::{StoreError, manifest};
use egnn_sweep::{
    origin::{Located, Spot},
    yaml::{self, Key, Node, Value},
};
use egnn_train::SetShape;
use serde::Serialize;
use std::{collections::BTreeMap, ops::RangeInclusive, path::PathBuf};

/// Splits in the order in which they are drawn.
pub(crate) use egnn_store::import::SPLITS;

/// One set of `datasets/nbody.yaml`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct NbodySet {
    pub(crate) source: Source,
    pub(crate) seed: u64,
    pub(crate) system: System,
    pub(crate) splits: Splits,
}

/// Trajectories of each split.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Splits {
    pub(crate) train: usize,
    pub(crate) valid: usize,
    pub(crate) test: usize,
}

impl NbodySet {
    pub(crate) fn generator(&self) -> Generator {
        let Splits { train, valid, test } = self.splits;
        let splits = SPLITS.iter().zip([train, valid, test]).map(|(name, count)| ((*name).to_owned(), count)).collect();
        Generator { system: self.system.clone(), source: self.source, seed: self.seed, splits }
    }

    /// The complete parameters as the manifest holds them.
    pub(crate) fn parameters(&self) -> serde_json::Value {
        serde_json::json!(self)
    }

    /// What `generate` compares.
    pub(crate) fn parameters_hash(&self) -> String {
        manifest::parameters_hash("nbody", &self.parameters())
    }

    pub(crate) fn trajectories(&self) -> usize {
        self.splits.train + self.splits.valid + self.splits.test
    }

    /// Rows of the set's files: a body in a frame.
    pub(crate) fn rows(&self) -> u64 {
        (self.trajectories() * self.system.frames() * self.system.bodies) as u64
    }

    fn shape(&self) -> SetShape {
        let Splits { train, valid, test } = self.splits;
        let splits =
            SPLITS.iter().zip([train, valid, test]).map(|(name, count)| ((*name).to_owned(), count as u64)).collect();
        SetShape { frames: self.system.frames() as u64, splits }
    }
}

/// All sets of `datasets/nbody.yaml`, and the folder of the others.
pub(crate) struct Catalogue {
    sets: BTreeMap<String, NbodySet>,
    folder: PathBuf,
    file: PathBuf,
}

impl Catalogue {
    pub(crate) fn read(workspace: &Workspace) -> Result<Self> {
        let file = workspace.nbody_sets();
        let name = file.display().to_string();
        let bytes = std::fs::read(&file).map_err(|error| StoreError::io("read", &file, error))?;
        let text = String::from_utf8(bytes).map_err(|_| Stop::input(format!("{name}: the file is not UTF-8 text")))?;
        let sets = read_sets(&name, &text).map_err(|error| Stop::input(error.to_string()))?;
        Ok(Self { sets, folder: workspace.nbody(), file })
    }

    /// Names of the sets that can be generated.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.sets.keys().map(String::as_str)
    }

    pub(crate) fn folder(&self, set: &str) -> PathBuf {
        self.folder.join(set)
    }

    /// A set that can be generated.
    pub(crate) fn get(&self, name: &str) -> Result<&NbodySet> {
        self.sets.get(name).ok_or_else(|| Stop::input(format!("{}: {}", self.file.display(), self.unknown(name))))
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.sets.contains_key(name)
    }

    /// The manifest of a set on disk, if it is there.
    pub(crate) fn manifest(&self, name: &str) -> Result<Option<Manifest>> {
        Ok(manifest::read(&self.folder(name))?)
    }

    /// Shape of a set, generated or imported, before it is read.
    pub(crate) fn shape(&self, name: &str) -> Result<SetShape, String> {
        if let Some(set) = self.sets.get(name) {
            return Ok(set.shape());
        }
        let imported = manifest::read(&self.folder(name)).map_err(|error| error.to_string())?;
        let Some(Manifest { parameters, splits, .. }) = imported else { return Err(self.unknown(name)) };
        let frames = parameters.get("frames").and_then(serde_json::Value::as_u64);
        let frames =
            frames.ok_or_else(|| format!("set '{name}' has a manifest without a number of frames; import it again"))?;
        let size = |(split, entry): (String, dataset::SplitEntry)| (split, entry.samples);
        Ok(SetShape { frames, splits: splits.into_iter().map(size).collect() })
    }

    fn unknown(&self, name: &str) -> String {
        let known: Vec<_> = self.names().collect();
        names::unknown("set", name, &known)
    }
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

const SET: [&str; 5] = ["description", "source", "seed", "system", "splits"];
const SYSTEM: [&str; 9] =
    ["bodies", "steps", "sample_freq", "dt", "box_size", "speed", "interaction", "max_force", "distance"];
const SOURCES: [(&str, Source); 2] = [("reference", Source::Reference), ("native", Source::Native)];
const DISTANCES: [(&str, Distance); 2] = [("expanded", Distance::Expanded), ("direct", Distance::Direct)];
const COUNT: RangeInclusive<i64> = 0..=u32::MAX as i64;
const SEED: RangeInclusive<i64> = 0..=i64::MAX;

/// The sets of a file, every complaint with its place.
fn read_sets(file: &str, text: &str) -> Result<BTreeMap<String, NbodySet>, Located> {
    let tree = yaml::parse(file, text)?;
    let empty = match &tree.value {
        Value::Null => true,
        Value::Map(entries) => entries.is_empty(),
        _ => false,
    };
    if empty {
        let message = "the file is empty; it needs at least one set with source, seed and splits".into();
        return Err(Located { file: Some(file.into()), spot: None, message });
    }
    let sets = Map::of(file, &tree, "the file")?;
    let set = |(key, node): &(Key, Node)| {
        check_name(&key.name).map_err(|message| sets.error(key.spot, message))?;
        Ok((key.name.clone(), read_set(&Map::of(file, node, "a set")?)?))
    };
    sets.entries.iter().map(set).collect()
}

fn read_set(map: &Map<'_>) -> Result<NbodySet, Located> {
    map.known(&SET)?;
    let system = map.inner("system")?;
    let splits = map.required("splits", map.inner("splits")?)?;
    let set = NbodySet {
        source: map.required("source", map.choice("source", &SOURCES)?)?,
        seed: map.required("seed", map.whole("seed", SEED)?)? as u64,
        system: system.as_ref().map(read_system).transpose()?.unwrap_or_default(),
        splits: read_splits(&splits)?,
    };
    set.generator().validate().map_err(|error| {
        let node = system.as_ref().and_then(|system| system.get(&error.field)).or_else(|| map.get(&error.field));
        map.error(node.map_or(map.spot, |node| node.spot), error.message)
    })?;
    Ok(set)
}

fn read_system(map: &Map<'_>) -> Result<System, Located> {
    map.known(&SYSTEM)?;
    let default = System::default();
    Ok(System {
        bodies: map.whole("bodies", COUNT)?.map_or(default.bodies, |count| count as usize),
        steps: map.whole("steps", COUNT)?.map_or(default.steps, |count| count as u32),
        sample_freq: map.whole("sample_freq", COUNT)?.map_or(default.sample_freq, |count| count as u32),
        dt: map.number("dt")?.unwrap_or(default.dt),
        box_size: map.number("box_size")?.unwrap_or(default.box_size),
        speed: map.number("speed")?.unwrap_or(default.speed),
        interaction: map.number("interaction")?.unwrap_or(default.interaction),
        max_force: map.number("max_force")?.unwrap_or(default.max_force),
        distance: map.choice("distance", &DISTANCES)?.unwrap_or(default.distance),
    })
}

fn read_splits(map: &Map<'_>) -> Result<Splits, Located> {
    map.known(&SPLITS)?;
    let size = |name| Ok(map.required(name, map.whole(name, 1..=*COUNT.end())?)? as usize);
    Ok(Splits { train: size("train")?, valid: size("valid")?, test: size("test")? })
}

/// A map of the file, without duplicates.
struct Map<'a> {
    file: &'a str,
    what: &'a str,
    spot: Spot,
    entries: &'a [(Key, Node)],
}

impl<'a> Map<'a> {
    fn of(file: &'a str, node: &'a Node, what: &'a str) -> Result<Self, Located> {
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

    fn error(&self, spot: Spot, message: impl Into<String>) -> Located {
        Located::at(self.file, spot, message)
    }

    fn known(&self, known: &[&str]) -> Result<(), Located> {
        match self.entries.iter().find(|(key, _)| !known.contains(&key.name.as_str())) {
            Some((key, _)) => Err(self.error(key.spot, names::unknown("key", &key.name, known))),
            None => Ok(()),
        }
    }

    fn get(&self, name: &str) -> Option<&'a Node> {
        self.entries.iter().find(|(key, _)| key.name == name).map(|(_, node)| node)
    }

    fn required<T>(&self, name: &str, value: Option<T>) -> Result<T, Located> {
        value.ok_or_else(|| self.error(self.spot, format!("{} needs the key '{name}'", self.what)))
    }

    fn inner(&self, name: &'a str) -> Result<Option<Self>, Located> {
        self.get(name).map(|node| Self::of(self.file, node, name)).transpose()
    }

    fn whole(&self, name: &str, range: RangeInclusive<i64>) -> Result<Option<i64>, Located> {
        self.value(name, |value| match value {
            FieldValue::Int(value) if range.contains(value) => Ok(*value),
            value => Err(format!("{name} is {value}; give a whole number from {} to {}", range.start(), range.end())),
        })
    }

    fn number(&self, name: &str) -> Result<Option<f64>, Located> {
        self.value(name, |value| match value {
            FieldValue::Int(value) => Ok(*value as f64),
            FieldValue::Float(value) => Ok(*value),
            value => Err(format!("{name} is '{value}'; give a number")),
        })
    }

    fn choice<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Result<Option<T>, Located> {
        self.value(name, |value| {
            let value = value.to_string();
            choices.iter().find(|(known, _)| *known == value).map(|&(_, choice)| choice).ok_or_else(|| {
                let known: Vec<_> = choices.iter().map(|&(known, _)| known).collect();
                names::unknown(name, &value, &known)
            })
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
