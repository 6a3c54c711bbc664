//! The models of the n-body task: what the rest of the program knows of each. `docs/adding-a-model.md` adds one.

use std::fmt;

use candle_core::DType;
use egnn_kernels::Backend;
use egnn_random::Stream;

use super::{NbodyModel, NbodyModelConfig};
use crate::error::Result;

/// A model of the n-body task. Its file defines it as an associated constant, for instance [`ModelKind::EGNN`].
#[derive(Clone, Copy)]
pub struct ModelKind(&'static Definition);

impl ModelKind {
    /// All models, in the order of tables. A model that is not here does not exist; one that is here is offered,
    /// explained, swept, timed, and held to its symmetries by the tests.
    pub const ALL: &[Self] = &[
        Self::LINEAR,
        Self::SE3_TRANSFORMER,
        Self::TFN,
        Self::RADIAL_FIELD,
        Self::GNN,
        Self::EGNN,
        Self::SEGNO,
        Self::RADIAL_ODE,
    ];

    pub(super) const fn new(definition: &'static Definition) -> Self {
        Self(definition)
    }

    /// The model of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name == name)
    }

    /// The names of all models.
    pub fn names() -> Vec<&'static str> {
        Self::ALL.iter().map(|kind| kind.name).collect()
    }

    /// The options of all models, each name once.
    pub fn all_options() -> impl Iterator<Item = &'static ModelOption> {
        let all = || Self::ALL.iter().flat_map(|kind| kind.0.options);
        all()
            .enumerate()
            .filter(move |(place, option)| all().take(*place).all(|other| other.name != option.name))
            .map(|(_, option)| option)
    }
}

impl std::ops::Deref for ModelKind {
    type Target = Definition;

    fn deref(&self) -> &Definition {
        self.0
    }
}

impl PartialEq for ModelKind {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for ModelKind {}

impl fmt::Debug for ModelKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

impl fmt::Display for ModelKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name)
    }
}

/// Makes a model from its sizes, with initial parameters from a stream.
pub type Init = fn(&NbodyModelConfig, &Stream, DType, Backend) -> Result<Box<dyn NbodyModel>>;

/// What is known of a model without making one.
pub struct Definition {
    /// The name in configurations and records.
    pub name: &'static str,
    /// What it is, in one line of help.
    pub about: &'static str,
    /// What it is equivariant to. The symmetry suite holds it to this, and to no more.
    pub symmetry: SymmetryGroup,
    /// Adam's learning rate if none is given: the paper's.
    pub learning_rate: f64,
    /// Layers if none are given: the paper's.
    pub layers: usize,
    /// Fields of the task that it has no use for: they are left out of its configuration, so that runs that are equal have
    /// one id. (The models that were first record all fields.)
    pub ignores: &'static [&'static str],
    /// Options that only some models have.
    pub options: &'static [ModelOption],
    /// A parameter that no other model of this task has, as tall as `hidden` where the model has such a size: it tells
    /// whose parameters a file without configuration holds.
    pub mark: &'static str,
    /// What the names of a layer's parameters begin with, before its number; `None` if the layers share theirs.
    pub layer_prefix: Option<&'static str>,
    /// What a run costs before anything was measured.
    pub cost: Cost,
    /// Makes one.
    pub init: Init,
}

/// What a model commutes with, besides permutations of the bodies, which it always does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SymmetryGroup {
    /// E(n): translations, rotations and reflections of a space of any dimension.
    Euclidean,
    /// SE(3): translations and rotations of space, but not reflections.
    SpecialEuclidean,
    /// Nothing else.
    Permutations,
}

impl SymmetryGroup {
    /// Dimensions of space that the tests try.
    pub fn dimensions(self) -> &'static [usize] {
        match self {
            Self::SpecialEuclidean => &[3],
            Self::Euclidean | Self::Permutations => &[2, 3, 5],
        }
    }
}

/// An option of a model: a number.
#[derive(Debug, PartialEq)]
pub struct ModelOption {
    /// The field's name.
    pub name: &'static str,
    /// What it is, in one line of help.
    pub about: &'static str,
    /// Its value if none is given.
    pub default: f64,
    /// The least and the largest value.
    pub limits: [f64; 2],
    /// Whether it is a whole number.
    pub whole: bool,
    /// About which power of it a step's work grows with.
    pub growth: f64,
}

/// What a step takes at the model's default sizes, for the plan of a sweep; measured by `egnn bench` with the kernels on
/// one core (AMD EPYC, Zen 4).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Milliseconds of a training step of 100 trajectories.
    pub train_ms: f64,
    /// Milliseconds of a forward pass of 100 trajectories.
    pub forward_ms: f64,
    /// Bytes that a training step keeps for a trajectory and layer.
    pub bytes: f64,
    /// Parameters.
    pub parameters: f64,
}
