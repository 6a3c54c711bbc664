//! `egnn generate`: makes sets, and leaves alone what is up to date.

use crate::{
    args::Generate,
    catalogue::{Catalogue, NbodySet},
    exit::{Result, Stop},
    printer, progress,
    workspace::Workspace,
};
use egnn_schema::{
    Manifest,
    version::{DATASET_VERSION, GENERATOR_VERSION, PROGRAM},
};
use egnn_store::{
    StoreError, atomic,
    lock::FolderLock,
    manifest,
    nbody::{NbodyFooter, NbodySplit, write_split},
};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    path::Path,
    thread,
    time::{Duration, Instant},
};

/// What was done about one set.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Made {
    pub(crate) set: String,
    /// `made`, `up to date`, or why it was made again.
    pub(crate) outcome: String,
    pub(crate) trajectories: usize,
    pub(crate) bytes: u64,
    pub(crate) seconds: f64,
    pub(crate) content_hash: String,
}

pub(crate) fn run(args: &Generate, workspace: &Workspace) -> Result<()> {
    let catalogue = Catalogue::read(workspace)?;
    let names: Vec<String> =
        if args.sets.is_empty() { catalogue.names().map(str::to_owned).collect() } else { args.sets.clone() };
    // Every name is checked before anything is made.
    for name in &names {
        catalogue.get(name)?;
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
    let size = made.bytes as f64 / 1e6;
    if made.outcome == UP_TO_DATE {
        format!("{}: up to date ({} trajectories, {size:.1} MB, checksums verified)", made.set, made.trajectories)
    } else {
        format!(
            "{}: {} ({} trajectories, {size:.1} MB, {:.1} s)",
            made.set, made.outcome, made.trajectories, made.seconds
        )
    }
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
    let (outcome, manifest) = match standing(catalogue, name, Check::Checksums)? {
        Standing::Current(manifest) => (UP_TO_DATE.to_owned(), manifest),
        Standing::Outdated(_) => {
            let folder = catalogue.folder(name);
            let _lock = patient_lock(&folder, name)?;
            // Whoever had the lock before may have made it.
            match standing(catalogue, name, Check::Checksums)? {
                Standing::Current(manifest) => (UP_TO_DATE.to_owned(), manifest),
                Standing::Outdated(reason) => (reason, make(set, name, &folder)?),
            }
        }
    };
    Ok(Made {
        set: name.into(),
        outcome,
        trajectories: set.trajectories(),
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

/// Marks a set as incomplete.
fn remove_manifest(folder: &Path) -> Result<()> {
    let path = manifest::path(folder);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(StoreError::io("remove", &path, error).into())
        }
        _ => Ok(()),
    }
}

/// Makes a set in its folder, which is locked.
fn make(set: &NbodySet, name: &str, folder: &Path) -> Result<Manifest> {
    atomic::sweep_temporaries(folder)?;
    // Without its manifest the set is incomplete until all of it is new.
    remove_manifest(folder)?;
    let bar = progress::bar(&format!("simulating {name}"), set.trajectories() as u64);
    let splits = egnn_nbody::generate(&set.generator(), None, &|done| bar.set_position(done as u64))
        .map_err(|error| Stop::input(format!("set '{name}': {error}")))?;
    bar.finish_and_clear();
    let parameters_hash = set.parameters_hash();
    let footer = NbodyFooter {
        set: name.into(),
        generator: "nbody".into(),
        generator_version: GENERATOR_VERSION,
        seed: Some(set.seed),
        parameters_hash: parameters_hash.clone(),
        ..NbodyFooter::default()
    };
    let mut entries = BTreeMap::new();
    for (split, trajectories) in splits {
        if let Some(number) = trajectories.first_not_finite() {
            return Err(Stop::input(format!(
                "set '{name}': trajectory {number} of {split} is not finite, two bodies met; choose another seed or a smaller dt"
            )));
        }
        let borrowed = NbodySplit {
            bodies: trajectories.bodies,
            frames: trajectories.frames,
            trajectories: trajectories.trajectories,
            charge: &trajectories.charge,
            position: &trajectories.position,
            velocity: &trajectories.velocity,
        };
        let footer = NbodyFooter { split: split.clone(), ..footer.clone() };
        let entry = write_split(&folder.join(format!("{split}.parquet")), &borrowed, &footer)?;
        entries.insert(split, entry);
    }
    let made = Manifest {
        program: PROGRAM.into(),
        dataset_version: DATASET_VERSION,
        set: name.into(),
        generator: "nbody".into(),
        generator_version: GENERATOR_VERSION,
        parameters: set.parameters(),
        parameters_hash,
        content_hash: manifest::content_hash(&entries),
        splits: entries,
    };
    manifest::write(folder, &made)?;
    Ok(made)
}
