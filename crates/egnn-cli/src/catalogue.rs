//! The sets that exist or can be made: `datasets/nbody.yaml` and what was imported.

use crate::{
    exit::{Result, Stop},
    workspace::Workspace,
};
use egnn_nbody::{Generator, Source, System};
use egnn_schema::{Manifest, dataset, names};
use egnn_store::manifest;
use egnn_train::SetShape;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::PathBuf};

/// Splits in the order in which they are drawn.
pub(crate) use egnn_store::import::SPLITS;

/// One set of `datasets/nbody.yaml`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NbodySet {
    /// A sentence for people; not part of the parameters' hash.
    #[expect(dead_code, reason = "it is there for readers of the file")]
    #[serde(default, skip_serializing)]
    pub(crate) description: String,
    pub(crate) source: Source,
    pub(crate) seed: u64,
    #[serde(default)]
    pub(crate) system: System,
    pub(crate) splits: Splits,
}

/// Trajectories of each split.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
        let text = std::fs::read_to_string(&file)
            .map_err(|error| Stop::input(format!("{}: cannot be read: {error}", file.display())))?;
        let sets: BTreeMap<String, NbodySet> =
            serde_saphyr::from_str(&text).map_err(|error| Stop::input(format!("{}: {error}", file.display())))?;
        for (name, set) in &sets {
            let invalid = |message: String| Stop::input(format!("{}: set '{name}': {message}", file.display()));
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)) {
                return Err(invalid("a set's name is made of letters, digits, - and _".into()));
            }
            set.generator().validate().map_err(|error| invalid(error.to_string()))?;
        }
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
