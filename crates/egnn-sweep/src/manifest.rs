//! `plan.json`: what workers, `status` and reports read of a plan.

use crate::{error::SweepError, own::Own, spec::ReportKind};
use egnn_schema::{FieldValue, Fields, run::RunIdentity, version};
use egnn_store::atomic;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

/// A plan as a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SweepManifest {
    /// Always [`version::PROGRAM`].
    pub program: String,
    /// [`version::RECORD_VERSION`].
    pub record_version: u32,
    /// [`version::NUMERICS_VERSION`].
    pub numerics_version: u32,
    /// What computes: `kernels` or `plain`.
    pub backend: String,
    /// Threads of a run.
    pub threads: u32,
    /// The pipeline's name.
    pub pipeline: String,
    /// The profile's name.
    pub profile: String,
    /// Heading of the report.
    pub title: String,
    /// What it is, in a sentence or two.
    pub description: String,
    /// How results are shown.
    pub report: ReportKind,
    /// Words like `seed=1,2`.
    pub overrides: Vec<String>,
    /// What a person types to get this plan.
    pub command: String,
    /// Where results go, relative to the project's root.
    pub folder: String,
    /// What all runs are configured with.
    #[serde(default)]
    pub config: Fields,
    /// Content hash of each set that all runs read.
    #[serde(default)]
    pub datasets: BTreeMap<String, String>,
    /// The runs in order.
    pub runs: Vec<PlannedRun>,
}

/// A run of the manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedRun {
    /// Its place in the list, which a worker is started with.
    pub index: usize,
    /// Its folder under `runs/`.
    pub id: String,
    /// The readable part of the id.
    pub name: String,
    /// Task.
    pub task: String,
    /// What it is configured with besides what all runs are.
    pub config: Own<FieldValue>,
    /// Content hash of each set that it reads besides those that all runs read.
    #[serde(default)]
    pub datasets: Own<String>,
    /// Estimated seconds on one core; 0 if not known.
    #[serde(default)]
    pub core_seconds: f64,
}

impl SweepManifest {
    /// The file's name in the sweep's folder.
    pub const FILE: &'static str = "plan.json";

    /// Reads a manifest.
    ///
    /// # Errors
    /// A missing or damaged file, or one of another program or version.
    pub fn read(path: &Path) -> Result<Self, SweepError> {
        let damaged = |message: String| SweepError::Damaged { path: path.into(), message };
        let text = fs::read_to_string(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => damaged("there is no such plan; run the sweep first".into()),
            _ => SweepError::io("read", path, error),
        })?;
        let head: Head =
            serde_json::from_str(&text).map_err(|error| damaged(format!("not a sweep's plan: {error}")))?;
        if head.program != version::PROGRAM || head.record_version != version::RECORD_VERSION {
            let message = format!(
                "it is version {} of {}, this program reads version {} of {}; run the sweep again",
                head.record_version,
                head.program,
                version::RECORD_VERSION,
                version::PROGRAM
            );
            return Err(damaged(message));
        }
        serde_json::from_str(&text).map_err(|error| damaged(format!("not a sweep's plan: {error}")))
    }

    /// Writes the manifest into `folder`, unless it is there already.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<PathBuf, SweepError> {
        let path = folder.join(Self::FILE);
        let write = |out: &mut dyn Write| {
            // A plan of many runs is large as a text.
            let mut out = BufWriter::new(out);
            serde_json::to_writer_pretty(&mut out, self)?;
            out.write_all(b"\n")?;
            out.flush()
        };
        if !Same::is_written_by(&path, write) {
            atomic::create_folder(folder)?;
            atomic::write(&path, |out| write(out))?;
        }
        Ok(path)
    }

    /// What makes run `index` what it is.
    ///
    /// # Errors
    /// No such run.
    pub fn identity(&self, index: usize) -> Result<RunIdentity, SweepError> {
        let run = self.runs.get(index).ok_or_else(|| SweepError::Damaged {
            path: Path::new(&self.folder).join(Self::FILE),
            message: format!("it has no run {index}; the last one is {}", self.runs.len().saturating_sub(1)),
        })?;
        Ok(self.identity_of(run))
    }

    pub(crate) fn identity_of(&self, run: &PlannedRun) -> RunIdentity {
        RunIdentity {
            task: run.task.clone(),
            config: run.config.with(&self.config),
            datasets: run.datasets.with(&self.datasets),
            record_version: self.record_version,
            numerics_version: self.numerics_version,
            backend: self.backend.clone(),
            threads: self.threads,
        }
    }
}

/// What every version of the file begins with.
#[derive(Deserialize)]
struct Head {
    program: String,
    record_version: u32,
}

/// A file that is read while somebody writes what it may have already.
struct Same(BufReader<File>);

impl Same {
    /// Whether the file has what `write` writes, and no more.
    fn is_written_by(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> bool {
        let Ok(file) = File::open(path) else { return false };
        let mut same = Self(BufReader::new(file));
        write(&mut same).is_ok() && matches!(same.0.read(&mut [0]), Ok(0))
    }
}

impl Write for Same {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut there = vec![0; bytes.len()];
        self.0.read_exact(&mut there)?;
        if there == bytes { Ok(bytes.len()) } else { Err(io::ErrorKind::InvalidData.into()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
