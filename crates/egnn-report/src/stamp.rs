//! `report.json`: what a report was drawn from, so that it is drawn again when that is another, and only then.

use crate::{
    error::ReportError,
    write::{Options, RESULTS},
};
use egnn_schema::hash;
use egnn_store::{atomic, checksum};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The file's name in a report's folder.
const STAMP: &str = "report.json";

/// Why [`write_report`](crate::write_report) would draw another report than the one in `folder`, if it would.
pub fn outdated(folder: &Path, options: &Options) -> Option<String> {
    let stamp = fs::read(folder.join(STAMP)).ok().and_then(|text| serde_json::from_slice::<Value>(&text).ok());
    let Some(stamp) = stamp else { return Some("it is not there yet".into()) };
    let inputs = inputs(folder, options).ok();
    if inputs.is_none() || stamp["inputs"].as_str() != inputs.as_deref() {
        return Some("it was drawn from something else".into());
    }
    let files = stamp["files"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let missing = files.into_iter().find(|file| !folder.join(file).is_file());
    missing.map(|file| format!("{file} is missing"))
}

/// Writes the stamp of the report that was just drawn.
pub(crate) fn write(folder: &Path, inputs: &str, files: &[PathBuf]) -> Result<(), ReportError> {
    let files: Vec<_> = files.iter().filter_map(|file| file.file_name()?.to_str()).collect();
    atomic::write_json(&folder.join(STAMP), &json!({"inputs": inputs, "files": files}))?;
    Ok(())
}

/// Hash of everything that a report is drawn from: this program, its results (which name their runs, and so the predictions that
/// pictures show) and what it says about itself.
pub(crate) fn inputs(folder: &Path, options: &Options) -> Result<String, ReportError> {
    let results = checksum::file(&folder.join(RESULTS))?;
    let Options { title, kind, profile, command } = options;
    Ok(hash::of(&(env!("CARGO_PKG_VERSION"), results, title, kind.name(), profile, command)))
}
