//! Two result sets side by side: what they were configured with, and what was measured, seed by seed.

mod configuration;
mod equality;
mod groups;
mod json;
mod pairs;
mod quantity;
mod side;
mod text;

pub use configuration::{Circumstance, Difference};
pub use equality::Equality;
pub use groups::Group;
pub use pairs::{Mean, Measured, Paired};
pub use quantity::{Better, Quantity};

use crate::{
    error::ReportError,
    frame::{Frame, read},
    results::Status,
};
use side::Side;
use std::path::Path;

/// How many runs a result set has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// What the set is called.
    pub name: String,
    /// Finished runs.
    pub finished: usize,
    /// Runs that failed.
    pub failed: usize,
    /// Runs that are not complete.
    pub pending: usize,
    /// Runs without a run of the same settings and seed on the other side, by id.
    pub alone: Vec<String>,
}

/// What two result sets, A and B, have in common and what not. Of pairs of values the first is A's.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// A and B.
    pub sides: [Count; 2],
    /// Whether their results are equal.
    pub equality: Equality,
    /// Fields that differ between runs that are compared, in some groups or all.
    pub differences: Vec<Difference>,
    /// Fields that tell the runs of a model apart, in A or in B: runs are compared where these agree.
    pub varying: Vec<Difference>,
    /// Data, versions, backend and machine: no configuration.
    pub circumstances: Vec<Circumstance>,
    /// Runs of the same model and settings.
    pub groups: Vec<Group>,
    /// Semantic columns that only one of them has values in.
    pub only: [Vec<String>; 2],
}

impl Comparison {
    /// Text of at most 100 columns.
    pub fn text(&self) -> String {
        text::text(self)
    }

    /// Everything, with every number in full.
    pub fn json(&self) -> serde_json::Value {
        json::json(self)
    }

    /// Why nothing that was measured could be compared, if so.
    pub fn nothing_in_common(&self) -> Option<String> {
        if !self.groups.is_empty() {
            return None;
        }
        let [a, b] = self.sides.each_ref().map(|side| &side.name);
        let disjoint = |field: &&Difference| !field.values[0].iter().any(|value| field.values[1].contains(value));
        let why: Vec<String> = self.varying.iter().filter(disjoint).map(Difference::sentence).collect();
        let why = if why.is_empty() { "no settings of A are those of any run of B".into() } else { why.join("; ") };
        Some(format!("no run of {a} (A) has a partner in {b} (B): {why}"))
    }
}

/// Compares two results files, which are called by the names that stand before them.
///
/// # Errors
/// If a file is missing, damaged, empty or no results, or if they have no task or no model in common.
pub fn compare(a: (&str, &Path), b: (&str, &Path)) -> Result<Comparison, ReportError> {
    let open = |path: &Path| {
        let frame = read(path)?;
        if frame.rows() == 0 && frame.has("model") { Err(ReportError::NoRuns { path: path.into() }) } else { Ok(frame) }
    };
    of([a.0, b.0], [(a.1, &open(a.1)?), (b.1, &open(b.1)?)])
}

/// The comparison of two frames and the files that they are from.
fn of(names: [&str; 2], files: [(&Path, &Frame); 2]) -> Result<Comparison, ReportError> {
    let mut columns: Vec<String> = files.iter().flat_map(|(_, frame)| frame.names()).collect();
    columns.sort();
    columns.dedup();
    let sides = [Side::read(files[0].0, files[0].1, &columns)?, Side::read(files[1].0, files[1].1, &columns)?];
    let models = groups::models(names, &sides)?;
    let (groups, keys) = groups::groups(&sides, &models);
    let alone = groups::alone(&sides, &groups);
    let frames = [files[0].1, files[1].1];
    let equality = equality::of(&sides, frames, &groups, &alone)?;
    let count = |index: usize| {
        let of = |status| sides[index].status.iter().filter(|&&of_run| of_run == status).count();
        let alone: &Vec<usize> = &alone[index];
        Count {
            name: names[index].into(),
            finished: of(Status::Finished),
            failed: of(Status::Failed),
            pending: of(Status::Pending),
            alone: alone.iter().map(|&run| sides[index].run[run].clone()).collect(),
        }
    };
    Ok(Comparison {
        sides: [count(0), count(1)],
        equality,
        differences: configuration::differences(&groups),
        varying: configuration::varying(&sides, &models, &keys),
        circumstances: configuration::circumstances(frames)?,
        only: equality::only(frames),
        groups,
    })
}
