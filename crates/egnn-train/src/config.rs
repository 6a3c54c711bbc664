//! The tasks: a complete configuration of any of them, and its data.

use crate::{
    autoencoder::{self, AutoencoderConfig, AutoencoderTask, GraphData},
    error::TrainError,
    nbody::{self, NbodyConfig, NbodyData, NbodyTask, SetShape},
    protocol::Protocol,
    qm9::{self, Qm9Config, Qm9Data, Qm9Task},
    task::Task,
};
use egnn_nn::Backend;
use egnn_schema::{FieldError, Fields, names};
use std::{collections::BTreeMap, path::Path};

/// The tasks of this program, by the names in pipelines and records.
pub const TASKS: [&str; 3] = [nbody::TASK, autoencoder::TASK, qm9::TASK];

/// What configurations must know of datasets before they exist.
pub trait Shapes {
    /// Frames and splits of an n-body set.
    ///
    /// # Errors
    /// Why there is no such set.
    fn nbody(&self, set: &str) -> Result<SetShape, String>;

    /// The splits of a set of graphs and their sizes.
    ///
    /// # Errors
    /// Why there is no such set.
    fn graphs(&self, set: &str) -> Result<BTreeMap<String, u64>, String>;

    /// The splits of a set of molecules and their sizes.
    ///
    /// # Errors
    /// Why there is no such set.
    fn molecules(&self, set: &str) -> Result<BTreeMap<String, u64>, String>;
}

/// A complete configuration of one run. Two equal configurations on equal data give equal results.
#[derive(Clone, Debug, PartialEq)]
pub enum TaskConfig {
    /// Positions of bodies some time later.
    Nbody(NbodyConfig),
    /// Graphs, embedded and read off again.
    Autoencoder(AutoencoderConfig),
    /// Properties of molecules.
    Qm9(Qm9Config),
}

/// The data of a run.
#[derive(Clone, Debug)]
pub enum TaskData {
    /// Trajectories.
    Nbody(NbodyData),
    /// Graphs.
    Autoencoder(GraphData),
    /// Molecules.
    Qm9(Qm9Data),
}

impl TaskConfig {
    /// Completes and checks the fields of a task's run.
    ///
    /// # Errors
    /// The first field that is unknown, out of range, larger than its set, or missing; `task` if the task is unknown.
    pub fn resolve(task: &str, fields: &Fields, shapes: &dyn Shapes) -> Result<Self, FieldError> {
        match task {
            nbody::TASK => Ok(Self::Nbody(NbodyConfig::resolve(fields, &|set| shapes.nbody(set))?)),
            autoencoder::TASK => Ok(Self::Autoencoder(AutoencoderConfig::resolve(fields, &|set| shapes.graphs(set))?)),
            qm9::TASK => Ok(Self::Qm9(Qm9Config::resolve(fields, &|set| shapes.molecules(set))?)),
            _ => Err(FieldError::new("task", names::unknown("task", task, &TASKS))),
        }
    }

    /// The task's name.
    pub fn task(&self) -> &'static str {
        match self {
            Self::Nbody(_) => nbody::TASK,
            Self::Autoencoder(_) => autoencoder::TASK,
            Self::Qm9(_) => qm9::TASK,
        }
    }

    /// The complete configuration as flat fields; resolving them gives `self` again.
    pub fn fields(&self) -> Fields {
        match self {
            Self::Nbody(config) => config.fields(),
            Self::Autoencoder(config) => config.fields(),
            Self::Qm9(config) => config.fields(),
        }
    }

    /// A readable name for the run's folder.
    pub fn name(&self) -> String {
        match self {
            Self::Nbody(config) => config.name(),
            Self::Autoencoder(config) => config.name(),
            Self::Qm9(config) => config.name(),
        }
    }

    /// How it trains.
    pub fn protocol(&self) -> &Protocol {
        match self {
            Self::Nbody(config) => &config.protocol,
            Self::Autoencoder(config) => &config.protocol,
            Self::Qm9(config) => &config.protocol,
        }
    }

    /// The seeded streams that all its randomness comes from, by their names.
    pub fn streams(&self) -> Vec<String> {
        let own: &[&str] = match self {
            Self::Nbody(_) | Self::Qm9(_) => &[],
            Self::Autoencoder(_) => &["noise/train/<epoch>", "noise/valid/<epoch>", "noise/test"],
        };
        let seed = self.protocol().seed;
        ["init", "order/<epoch>"].iter().chain(own).map(|name| format!("seed {seed}/{name}")).collect()
    }

    /// The sets that it reads, each once.
    pub fn datasets(&self) -> Vec<String> {
        match self {
            Self::Nbody(config) => {
                let mut sets = vec![config.train_set.clone(), config.eval_set.clone()];
                sets.dedup();
                sets
            }
            Self::Autoencoder(config) => vec![config.set.clone()],
            Self::Qm9(config) => vec![config.set.clone()],
        }
    }

    /// Reads its data below `datasets`.
    ///
    /// # Errors
    /// A missing or damaged file.
    pub fn read_data(&self, datasets: &Path) -> Result<TaskData, TrainError> {
        Ok(match self {
            Self::Nbody(config) => TaskData::Nbody(NbodyData::read(config, datasets)?),
            Self::Autoencoder(config) => TaskData::Autoencoder(GraphData::read(config, datasets)?),
            Self::Qm9(config) => TaskData::Qm9(Qm9Data::read(config, datasets)?),
        })
    }

    /// A fresh model with its data.
    pub(crate) fn open<'a>(&'a self, data: &'a TaskData, backend: Backend) -> Result<Box<dyn Task + 'a>, TrainError> {
        Ok(match (self, data) {
            (Self::Nbody(config), TaskData::Nbody(data)) => Box::new(NbodyTask::new(config, data, backend)?),
            (Self::Autoencoder(config), TaskData::Autoencoder(data)) => {
                Box::new(AutoencoderTask::new(config, data, backend)?)
            }
            (Self::Qm9(config), TaskData::Qm9(data)) => Box::new(Qm9Task::new(config, data, backend)?),
            _ => return Err(TrainError::OtherData { task: self.task() }),
        })
    }
}
