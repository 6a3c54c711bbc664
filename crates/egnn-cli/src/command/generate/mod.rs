//! `egnn generate`: makes sets, and leaves alone what is up to date.

mod graphs;
mod nbody;

use crate::{
    args::{DataKind, Generate},
    catalogue::{Catalogue, Definition, Kind, SPLITS},
    exit::Result,
    printer,
    workspace::Workspace,
};
use egnn_schema::{
    Manifest,
    version::{DATASET_VERSION, GENERATOR_VERSION, PROGRAM},
};
use egnn_store::{StoreError, atomic, lock::FolderLock, manifest};
use serde::Serialize;
use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

pub(crate) use graphs::{GraphContent, graph_row};

/// What was done about one set.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Made {
    pub(crate) set: String,
    /// `made`, `up to date`, or why it was made again.
    pub(crate) outcome: String,
    #[serde(flatten)]
    pub(crate) content: Content,
    pub(crate) bytes: u64,
    pub(crate) seconds: f64,
    pub(crate) content_hash: String,
}

/// What is in a set.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Content {
    Nbody { trajectories: usize },
    Graphs(GraphContent),
}

pub(crate) fn run(args: &Generate, workspace: &Workspace) -> Result<()> {
    let catalogue = Catalogue::read(workspace)?;
    let kinds = match args.kind {
        DataKind::Nbody => &[Kind::Nbody][..],
        DataKind::Graphs => &[Kind::Graphs],
        DataKind::All => &Kind::ALL,
    };
    let names: Vec<String> =
        if args.sets.is_empty() { catalogue.names(kinds).map(str::to_owned).collect() } else { args.sets.clone() };
    // Every name is checked before anything is made.
    for name in &names {
        catalogue.get_of(name, kinds)?;
    }
    let mut all = Vec::new();
    for name in &names {
        let made = ensure(&catalogue, name)?;
        if !args.json {
            printer::data(describe(&made));
        }
        all.push(made);
    }
    if args.json {
        printer::json(&all);
    }
    Ok(())
}

pub(crate) fn describe(made: &Made) -> String {
    let size = size(made.bytes);
    let (count, details) = match &made.content {
        Content::Nbody { trajectories } => (format!("{trajectories} trajectories"), String::new()),
        Content::Graphs(content) => (format!("{} graphs", content.graphs), content.describe()),
    };
    let how =
        if made.outcome == UP_TO_DATE { "checksums verified".to_owned() } else { format!("{:.1} s", made.seconds) };
    format!("{}: {} ({count}, {size}, {how}){details}", made.set, made.outcome)
}

/// As a person says it: graph sets are small.
fn size(bytes: u64) -> String {
    if bytes < 100_000 { format!("{:.1} kB", bytes as f64 / 1e3) } else { format!("{:.1} MB", bytes as f64 / 1e6) }
}

const UP_TO_DATE: &str = "up to date";

/// Why a set must be made, or its manifest if it is whole and up to date.
pub(crate) enum Standing {
    Current(Manifest),
    Outdated(String),
}

/// How much of a set's files is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// Presence and size.
    Sizes,
    /// Every byte.
    Checksums,
}

/// Compares a generated set on disk with its definition.
pub(crate) fn standing(catalogue: &Catalogue, name: &str, check: Check) -> Result<Standing> {
    let set = catalogue.get(name)?;
    let folder = catalogue.folder(name);
    let found = match manifest::read(&folder) {
        Ok(found) => found,
        Err(error) if error.is_environment() => return Err(error.into()),
        Err(error) => return Ok(Standing::Outdated(made_again(&error))),
    };
    let Some(found) = found else { return Ok(Standing::Outdated("made".into())) };
    if found.parameters_hash != set.parameters_hash() {
        return Ok(Standing::Outdated("made again: its parameters changed".into()));
    }
    let verified = match check {
        Check::Sizes => manifest::verify_sizes(&folder, &found),
        Check::Checksums => manifest::verify(&folder, &found),
    };
    match verified {
        Ok(()) => Ok(Standing::Current(found)),
        Err(error) if error.is_environment() => Err(error.into()),
        Err(error) => Ok(Standing::Outdated(made_again(&error))),
    }
}

/// What was wrong with a set, without the remedy at the end, since making it again is the remedy.
fn made_again(error: &StoreError) -> String {
    let text = error.to_string();
    format!("made again: {}", text.rsplit_once("; ").map_or(text.as_str(), |(wrong, _)| wrong))
}

/// Makes `name` unless it is whole and up to date.
pub(crate) fn ensure(catalogue: &Catalogue, name: &str) -> Result<Made> {
    let set = catalogue.get(name)?;
    let start = Instant::now();
    let folder = catalogue.folder(name);
    let (outcome, manifest) = match standing(catalogue, name, Check::Checksums)? {
        Standing::Current(manifest) => (UP_TO_DATE.to_owned(), manifest),
        Standing::Outdated(_) => {
            let _lock = patient_lock(&folder, name)?;
            // Whoever had the lock before may have made it.
            match standing(catalogue, name, Check::Checksums)? {
                Standing::Current(manifest) => (UP_TO_DATE.to_owned(), manifest),
                Standing::Outdated(reason) => (reason, make(set, name, &folder)?),
            }
        }
    };
    let content = match set {
        Definition::Nbody(set) => Content::Nbody { trajectories: set.trajectories() },
        Definition::Graphs(_) => Content::Graphs(GraphContent::read(&folder, &manifest)?),
    };
    Ok(Made {
        set: name.into(),
        outcome,
        content,
        bytes: manifest.splits.values().map(|split| split.bytes).sum(),
        seconds: start.elapsed().as_secs_f64(),
        content_hash: manifest.content_hash,
    })
}

/// The lock under which a set is made, once no other process makes it.
fn patient_lock(folder: &Path, name: &str) -> Result<FolderLock> {
    const PAUSE: Duration = Duration::from_millis(200);
    atomic::create_folder(folder)?;
    let mut told = false;
    loop {
        match FolderLock::acquire(folder, "generate") {
            Err(StoreError::Locked { .. }) => {
                if !told {
                    printer::say(format!("waiting for another process that makes set {name}"));
                    told = true;
                }
                thread::sleep(PAUSE);
            }
            result => return Ok(result?),
        }
    }
}

/// Removes a file that need not be there.
fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(StoreError::io("remove", path, error).into()),
        _ => Ok(()),
    }
}

/// Makes a set in its folder, which is locked.
fn make(set: &Definition, name: &str, folder: &Path) -> Result<Manifest> {
    atomic::sweep_temporaries(folder)?;
    // Without its manifest the set is incomplete until all of it is new.
    remove(&manifest::path(folder))?;
    let parameters_hash = set.parameters_hash();
    let splits = match set {
        Definition::Nbody(set) => nbody::write_splits(set, name, folder, &parameters_hash)?,
        Definition::Graphs(set) => graphs::write_splits(set, name, folder, &parameters_hash)?,
    };
    // A split that the definition no longer has would pass for one of the set.
    for split in SPLITS.into_iter().filter(|split| !splits.contains_key(*split)) {
        remove(&folder.join(format!("{split}.parquet")))?;
    }
    let made = Manifest {
        program: PROGRAM.into(),
        dataset_version: DATASET_VERSION,
        set: name.into(),
        generator: set.kind().name().into(),
        generator_version: GENERATOR_VERSION,
        parameters: set.parameters(),
        parameters_hash,
        content_hash: manifest::content_hash(&splits),
        splits,
    };
    manifest::write(folder, &made)?;
    Ok(made)
}
