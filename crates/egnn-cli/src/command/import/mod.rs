//! `egnn import`: files that others made, as a set.

mod graphs;
mod nbody;

use crate::{
    args::{Import, ImportKind},
    catalogue::{self, Catalogue, IMPORT, Kind},
    exit::{Result, Stop},
    workspace::Workspace,
};
use egnn_schema::{
    Manifest, SplitEntry,
    version::{DATASET_VERSION, GENERATOR_VERSION, PROGRAM},
};
use egnn_store::{StoreError, atomic, import, lock::FolderLock, manifest};
use std::{collections::BTreeMap, fs, io, path::Path};

pub(crate) fn run(args: &Import, workspace: &Workspace) -> Result<()> {
    let kind = match args.kind {
        ImportKind::Nbody => Kind::Nbody,
        ImportKind::Graphs => Kind::Graphs,
    };
    let default = format!("{}_imported", kind.name());
    let set = args.set.as_deref().unwrap_or(&default);
    Catalogue::read(workspace)?.refuse_import(set, kind)?;
    catalogue::check_name(set).map_err(|message| Stop::input(format!("--set: {message}")))?;
    match args.kind {
        ImportKind::Nbody => nbody::run(args, &workspace.sets(kind), set),
        ImportKind::Graphs => graphs::run(args, &workspace.sets(kind), set),
    }
}

/// Puts what `fill` writes in the place of the folder of `set`. If anything fails, what was there stays.
fn replace<T>(sets: &Path, set: &str, fill: impl FnOnce(&Path) -> Result<T>) -> Result<T> {
    atomic::create_folder(sets)?;
    let _lock = FolderLock::acquire(sets, &format!("import-{set}"))?;
    let folder = sets.join(set);
    let [fresh, old] = ["new", "old"].map(|age| sets.join(format!("{}{set}-{age}", atomic::TEMPORARY_PREFIX)));
    // A process that was killed between the two renames left the set under its other name.
    if old.exists() && !folder.exists() {
        rename(&old, &folder)?;
    }
    remove(&old)?;
    remove(&fresh)?;
    refuse_foreign(&folder)?;
    let written = atomic::create_folder(&fresh).map_err(Stop::from).and_then(|()| fill(&fresh));
    let replaced = written.and_then(|value| {
        let existed = folder.exists();
        if existed {
            rename(&folder, &old)?;
        }
        match rename(&fresh, &folder) {
            Ok(()) => Ok(value),
            Err(error) if existed => rename(&old, &folder).and(Err(error)),
            Err(error) => Err(error),
        }
    });
    match replaced {
        Ok(value) => remove(&old).map(|()| value),
        Err(error) => {
            // What failed first is what there is to say; the next import removes what is left.
            let _ = remove(&fresh);
            Err(error)
        }
    }
}

/// Refuses to replace a folder that holds more than a set, such as the files to import.
fn refuse_foreign(folder: &Path) -> Result<()> {
    let failed = |error| StoreError::io("read", folder, error);
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(failed)?,
    };
    let manifest = manifest::path(folder);
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let ours = path == manifest
            || import::SPLITS.iter().any(|split| name.strip_suffix(".parquet") == Some(split))
            || name.starts_with(atomic::TEMPORARY_PREFIX)
            || (name.starts_with('.') && name.ends_with(".lock"));
        if !ours {
            return Err(Stop::input(format!(
                "'{}' is no part of a set and would be lost; move it, or choose another name with --set",
                path.display()
            )));
        }
    }
    Ok(())
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    Ok(fs::rename(from, to).map_err(|error| StoreError::io("replace", to, error))?)
}

/// Removes a folder that need not be there.
fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::io("remove", folder, error).into()),
        _ => Ok(()),
    }
}

/// The last file of an imported set.
fn write_manifest(
    folder: &Path,
    set: &str,
    parameters: serde_json::Value,
    splits: BTreeMap<String, SplitEntry>,
) -> Result<Manifest> {
    let made = Manifest {
        program: PROGRAM.into(),
        dataset_version: DATASET_VERSION,
        set: set.into(),
        generator: IMPORT.into(),
        generator_version: GENERATOR_VERSION,
        parameters_hash: manifest::parameters_hash(IMPORT, &parameters),
        parameters,
        content_hash: manifest::content_hash(&splits),
        splits,
    };
    manifest::write(folder, &made)?;
    Ok(made)
}
