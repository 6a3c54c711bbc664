//! Manifests of generated sets: written last, so that a set with a valid manifest is complete.

use crate::{
    atomic, checksum,
    error::{Result, StoreError},
    qm9,
};
use egnn_schema::{
    Manifest, SplitEntry, hash,
    version::{DATASET_VERSION, GENERATOR_VERSION, PROGRAM},
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

/// The manifest's name in the folder of its set.
pub const FILE: &str = "manifest.json";

/// Path of the manifest of the set in `folder`.
pub fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Reads the manifest of the set in `folder`; `None` if there is none.
///
/// # Errors
/// If it cannot be read, is not a manifest of this program, or has another version.
pub fn read(folder: &Path) -> Result<Option<Manifest>> {
    let path = path(folder);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(StoreError::io("read", &path, error)),
    };
    parse(&path, &text, &remedy_in(folder)).map(Some)
}

fn parse(path: &Path, text: &[u8], remedy: &str) -> Result<Manifest> {
    if text.is_empty() {
        return Err(StoreError::damaged(path, "it is empty", remedy));
    }
    let no_json = |error: serde_json::Error| StoreError::damaged(path, format!("it is no manifest: {error}"), remedy);
    // Program and version first: another version may have other fields.
    let value: Value = serde_json::from_slice(text).map_err(no_json)?;
    match value.get("program") {
        Some(Value::String(program)) if program == PROGRAM => {}
        Some(program) => return Err(StoreError::foreign(path, format!("its program is {program}"), remedy)),
        None => return Err(StoreError::foreign(path, "it names no program", remedy)),
    }
    let found = value.get("dataset_version").map_or_else(|| "missing".to_owned(), Value::to_string);
    if found != DATASET_VERSION.to_string() {
        let (path, remedy) = (path.to_owned(), remedy.to_owned());
        return Err(StoreError::Version { path, key: "dataset_version", found, expected: DATASET_VERSION, remedy });
    }
    // From the text again, so that the error has a line and a column.
    let manifest: Manifest = serde_json::from_slice(text).map_err(no_json)?;
    if let Some((split, entry)) = manifest.splits.iter().find(|(_, entry)| !is_plain_name(&entry.file)) {
        let reason = format!("split '{split}' names the file '{}', which is not one beside it", entry.file);
        return Err(StoreError::damaged(path, reason, remedy));
    }
    if manifest.content_hash != content_hash(&manifest.splits) {
        return Err(StoreError::damaged(path, "its content_hash is not that of its splits", remedy));
    }
    Ok(manifest)
}

/// A manifest must not lead out of its folder.
fn is_plain_name(name: &str) -> bool {
    let path = Path::new(name);
    path.file_name().is_some_and(|file| file == path.as_os_str())
}

/// Writes the manifest of the set in `folder`: the last file of a set.
///
/// # Errors
/// If it cannot be written.
pub fn write(folder: &Path, manifest: &Manifest) -> Result<u64> {
    atomic::write_json(&path(folder), manifest)
}

/// Fast check: every file of the set is there and has its size.
///
/// # Errors
/// Naming the first file that is not as it was written.
pub fn verify_sizes(folder: &Path, manifest: &Manifest) -> Result<()> {
    manifest.splits.values().try_for_each(|entry| size(folder, manifest, entry))
}

/// Full check: every file of the set is there, has its size and its checksum.
///
/// # Errors
/// Naming the first file that is not as it was written.
pub fn verify(folder: &Path, manifest: &Manifest) -> Result<()> {
    verify_sizes(folder, manifest)?;
    manifest.splits.values().try_for_each(|entry| {
        let path = folder.join(&entry.file);
        if checksum::file(&path)? == entry.checksum {
            return Ok(());
        }
        let reason = "its checksum is not the one in the manifest";
        Err(StoreError::damaged(&path, reason, &remedy(&manifest.generator, &manifest.set)))
    })
}

fn size(folder: &Path, manifest: &Manifest, entry: &SplitEntry) -> Result<()> {
    let path = folder.join(&entry.file);
    let damaged = |reason: String| StoreError::damaged(&path, reason, &remedy(&manifest.generator, &manifest.set));
    match fs::metadata(&path) {
        Ok(found) if !found.is_file() => Err(damaged("it is not a file".into())),
        Ok(found) if found.len() != entry.bytes => {
            Err(damaged(format!("it has {} bytes, the manifest says {}", found.len(), entry.bytes)))
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(damaged("it is missing".into())),
        Err(error) => Err(StoreError::io("read", &path, error)),
    }
}

/// Hash over the splits' checksums: what a run record names as its data. It covers names and content, not sizes or
/// row counts, which follow from them.
pub fn content_hash(splits: &BTreeMap<String, SplitEntry>) -> String {
    let checksums: BTreeMap<_, _> = splits.iter().map(|(split, entry)| (split, &entry.checksum)).collect();
    hash::of(&checksums)
}

/// Hash of a generator at its present version and its parameters: what tells whether a set is up to date.
pub fn parameters_hash(generator: &str, parameters: &Value) -> String {
    hash::of(&serde_json::json!({
        "generator": generator,
        "generator_version": GENERATOR_VERSION,
        "parameters": parameters,
    }))
}

/// How to get a set's files again.
fn remedy(generator: &str, set: &str) -> String {
    if generator == "import" {
        format!("delete it or run egnn import again for the set {set}")
    } else {
        format!("delete it or run egnn generate {generator} {set} again")
    }
}

/// The same where only the folder tells which set it is: `datasets/<generator>/<set>`, or `datasets/qm9` for the set of
/// that name.
pub(crate) fn remedy_in(folder: &Path) -> String {
    let name = |folder: &Path| folder.file_name().and_then(|name| name.to_str()).map(str::to_owned);
    match (folder.parent().and_then(name), name(folder)) {
        (_, Some(set)) if set == qm9::SET => remedy(qm9::SET, &set),
        (Some(generator), Some(set)) => {
            format!("{} (egnn import, if that is where it came from)", remedy(&generator, &set))
        }
        _ => "delete it or run egnn generate again".into(),
    }
}
