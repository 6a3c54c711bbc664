//! What the page's viewers show, taken from the runs' predictions: trajectories in space, graphs, molecules.
//!
//! Numbers of pictures are rounded; errors under rotations are measured before, in full precision.

mod graphs;
mod molecules;
mod nbody;

use crate::{kind::Kind, report::Report, results::Results};
use serde_json::Value;
use std::path::Path;

/// One of the page's viewers.
pub(crate) struct Viewer {
    /// `nbody`, `graphs` or `molecules`.
    pub(crate) id: &'static str,
    /// Its heading.
    pub(crate) heading: String,
    /// What it shows, as text.
    pub(crate) words: String,
    /// What its script reads.
    pub(crate) data: Value,
}

/// The viewers of a report on `results` in `folder`; where something cannot be shown, the report warns.
pub(crate) fn viewers(folder: &Path, results: &Results, report: &mut Report<'_>) -> Vec<Viewer> {
    let (viewer, warnings) = match report.options.kind {
        kind if kind.is_nbody() => nbody::viewer(folder, results),
        // The pictures of graphs and molecules come from the same files, and have warned already.
        Kind::Autoencoder => (graphs::viewer(folder, results), Vec::new()),
        Kind::Qm9 => molecules::viewer(folder, results),
        _ => (None, Vec::new()),
    };
    report.warnings.extend(warnings);
    viewer.into_iter().collect()
}

/// A number with as many significant digits: nobody sees more in a picture.
fn rounded(value: f64, digits: usize) -> f64 {
    let value: f64 = format!("{value:.*e}", digits - 1).parse().unwrap_or(0.0);
    // Not -0.
    value + 0.0
}

/// Points one after the other, x y z each.
fn flat(points: &[[f64; 3]], digits: usize) -> Vec<f64> {
    points.iter().flatten().map(|&coordinate| rounded(coordinate, digits)).collect()
}

#[cfg(test)]
mod tests;
