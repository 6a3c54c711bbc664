//! What a pipeline's YAML says, before it is validated against a task: [`SweepSpec`].
//!
//! ```
//! let text = "
//! pipeline: sizes
//! title: Error against size
//! task: toy
//! report: size-curve
//! set: {rate: 1e-3}
//! grid: {model: [a, b], seed: [1, 2]}
//! rules:
//!   - {when: {model: b}, set: {rate: 2e-3}}
//! profiles:
//!   quick: {description: seconds, set: {steps: 100}}
//! ";
//! let spec = egnn_sweep::SweepSpec::parse("pipelines/sizes.yaml", text)?;
//! assert_eq!(spec.profiles.keys().collect::<Vec<_>>(), ["quick"]);
//! # Ok::<(), egnn_sweep::origin::Located>(())
//! ```

mod read;

pub(crate) use read::same;

use crate::{
    error::SweepError,
    origin::{Located, Setting, Settings, Spot},
    slurm::SlurmOptions,
};
use egnn_schema::names;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fs, path::Path};

/// How a pipeline's results are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReportKind {
    /// Error against training-set size, a line a model.
    SizeCurve,
    /// A row a model, beside the paper's.
    Table,
    /// A row a model, beside what was published after the paper.
    Beyond,
    /// A row a set and model of the graph autoencoder, beside the paper's, and pictures of graphs.
    Autoencoder,
    /// F1 against the edge probability of the graphs, a line a model.
    GraphSparsity,
    /// Error against the dimensions of the embedding, a line a model, beside the paper's.
    EmbeddingSizes,
    /// Errors of properties of molecules beside the paper's Table 3, against training molecules and size.
    Qm9,
}

impl ReportKind {
    /// Names in YAML.
    pub const NAMES: [&'static str; 7] =
        ["size-curve", "table", "beyond", "autoencoder", "graph-sparsity", "embedding-sizes", "qm9"];

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "size-curve" => Some(Self::SizeCurve),
            "table" => Some(Self::Table),
            "beyond" => Some(Self::Beyond),
            "autoencoder" => Some(Self::Autoencoder),
            "graph-sparsity" => Some(Self::GraphSparsity),
            "embedding-sizes" => Some(Self::EmbeddingSizes),
            "qm9" => Some(Self::Qm9),
            _ => None,
        }
    }

    /// Names of the kinds that can show a task's results; every kind for a task that is not known here.
    pub fn of_task(task: &str) -> &'static [&'static str] {
        match task {
            "nbody" => &Self::NAMES[..3],
            "autoencoder" => &Self::NAMES[3..6],
            "qm9" => &Self::NAMES[6..],
            _ => &Self::NAMES,
        }
    }
}

/// Text with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Where it stands.
    pub spot: Spot,
    /// The text.
    pub value: String,
}

/// `set`, `grid` and `rules` of one level: the pipeline's own or a profile's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layer {
    /// Fields with one value.
    pub set: Settings,
    /// Fields with a list: every combination is a run.
    pub grid: BTreeMap<String, Vec<Setting>>,
    /// Fields that depend on other fields, in order: a later rule wins.
    pub rules: Vec<Rule>,
}

/// `{when: .., set: ..}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Fields with the values among which theirs must be.
    pub when: BTreeMap<String, Vec<Setting>>,
    /// What to set then.
    pub set: Settings,
}

/// A budget: `smoke`, `quick`, `paper`.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Where its name stands.
    pub spot: Spot,
    /// What it is for, in a sentence.
    pub description: String,
    /// What it adds to the pipeline's own layer.
    pub layer: Layer,
    /// How it refines the pipeline's `slurm` section.
    pub slurm: SlurmOptions,
}

/// A parsed pipeline.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepSpec {
    /// The file as messages name it.
    pub file: String,
    /// Name, the same as the file's.
    pub pipeline: String,
    /// Heading of the report.
    pub title: String,
    /// What it reproduces, in a sentence or two.
    pub description: String,
    /// Task of every run.
    pub task: Text,
    /// How results are shown.
    pub report: ReportKind,
    /// What all profiles share.
    pub layer: Layer,
    /// Where and with what it runs on a cluster; no part of any run.
    pub slurm: SlurmOptions,
    /// Profiles by name.
    pub profiles: BTreeMap<String, Profile>,
}

impl SweepSpec {
    /// Parses a pipeline. `file` is its name in messages.
    ///
    /// # Errors
    /// The first thing that is not as the format wants it, with its line and column.
    pub fn parse(file: &str, text: &str) -> Result<Self, Located> {
        read::spec(file, text)
    }

    /// Reads `<folder>/<name>.yaml`.
    ///
    /// # Errors
    /// An unknown name (with the nearest known one), a file that cannot be read or parsed, or whose `pipeline` is not
    /// its own name.
    pub fn load(folder: &Path, name: &str) -> Result<Self, SweepError> {
        let known = list(folder)?;
        if !known.iter().any(|other| other == name) {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            return Err(SweepError::UnknownPipeline { message: names::unknown("pipeline", name, &known) });
        }
        let path = folder.join(format!("{name}.yaml"));
        let bytes = fs::read(&path).map_err(|error| SweepError::io("read", &path, error))?;
        // Messages name the file as a person in the project's folder would.
        let parent = folder.file_name().map(|name| format!("{}/", name.to_string_lossy())).unwrap_or_default();
        let file = format!("{parent}{name}.yaml");
        let text = std::str::from_utf8(&bytes).map_err(|error| {
            let spot = end_of(&String::from_utf8_lossy(&bytes[..error.valid_up_to()]));
            Located::at(&file, spot, "not UTF-8 text; save the file in that encoding")
        })?;
        let spec = Self::parse(&file, text)?;
        if spec.pipeline != name {
            let message =
                format!("'pipeline' is '{}', but the file's name is '{name}'; make them equal", spec.pipeline);
            return Err(Located { file: Some(file), spot: None, message }.into());
        }
        Ok(spec)
    }

    /// The profile of that name.
    ///
    /// # Errors
    /// An unknown name, with the nearest known one.
    pub fn profile(&self, name: &str) -> Result<&Profile, Located> {
        self.profiles.get(name).ok_or_else(|| {
            let known: Vec<&str> = self.profiles.keys().map(String::as_str).collect();
            let message = format!("{} (of pipeline '{}')", names::unknown("profile", name, &known), self.pipeline);
            Located::command_line(message)
        })
    }
}

/// The place behind a text.
fn end_of(text: &str) -> Spot {
    let last = text.rsplit('\n').next().unwrap_or_default();
    Spot { line: text.matches('\n').count() as u64 + 1, column: last.chars().count() as u64 + 1 }
}

/// Names of the pipelines in a folder, in alphabetical order.
///
/// # Errors
/// If the folder cannot be read.
pub fn list(folder: &Path) -> Result<Vec<String>, SweepError> {
    let entries = fs::read_dir(folder).map_err(|error| SweepError::io("read", folder, error))?;
    let mut names = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| SweepError::io("read", folder, error))?.path();
        if path.extension().is_some_and(|extension| extension == "yaml") && path.is_file() {
            names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}
