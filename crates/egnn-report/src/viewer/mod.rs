//! Parts of the page that show predictions and can be turned.

use crate::{report::Report, results::Results};
use serde_json::Value;
use std::path::Path;

/// A part of the page that a script of its own draws.
pub(crate) struct Viewer {
    /// Its name in the page and in the script: `nbody`, `graphs` or `molecules`.
    pub(crate) id: &'static str,
    pub(crate) heading: String,
    /// What is shown, in a sentence or two.
    pub(crate) words: String,
    /// What the script gets.
    pub(crate) data: Value,
}

/// The viewers of a report; where a file is missing or damaged, the report warns.
pub(crate) fn viewers(_folder: &Path, _results: &Results, _report: &mut Report<'_>) -> Vec<Viewer> {
    Vec::new()
}
