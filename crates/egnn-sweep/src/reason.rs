//! Why an outstanding run would run: what its folder says, or else what sets it apart from the most similar run that is there.

use crate::{
    change::{Change, changes, words},
    end::End,
    error::SweepError,
    event_log,
    listing::entries,
    manifest::PlannedRun,
    outstanding::outstanding,
    plan::SweepPlan,
    run_folder::RunFolder,
    worker::Progress,
};
use egnn_schema::{RunIdentity, hash};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    path::Path,
};

/// Runs of the same readable name that are compared with a new one, at most.
const SIBLINGS: usize = 8;

/// Why a run is not finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Its `done.json` does not count.
    Damaged {
        /// Why not.
        message: String,
    },
    /// The previous attempt failed.
    Failed {
        /// Why.
        reason: String,
    },
    /// The previous attempt did not come to an end, or has not yet.
    Interrupted {
        /// Optimiser steps done.
        step: u64,
        /// Optimiser steps of the whole run.
        steps: u64,
    },
    /// A run of its name is there that is no longer planned, and this sets the two apart.
    Changed(Vec<Change>),
    /// Nothing like it is there.
    New,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged { message } => write!(f, "its done.json is damaged: {message}"),
            Self::Failed { reason } => write!(f, "previous attempt failed: {reason}"),
            Self::Interrupted { step, steps } => write!(f, "interrupted at step {step} of {steps}"),
            Self::Changed(changes) => f.write_str(&words(changes)),
            Self::New => f.write_str("new"),
        }
    }
}

/// Why each outstanding run of `plan` would run, in its order. `ends` are those of the plan. Nothing is written.
///
/// # Errors
/// If the system refuses to read.
pub fn reasons(plan: &SweepPlan, ends: &[End]) -> Result<Vec<(usize, Reason)>, SweepError> {
    let outstanding = outstanding(plan.manifest.runs.len(), ends);
    if outstanding.is_empty() {
        return Ok(Vec::new());
    }
    let there = run_folders(&plan.folder)?;
    let siblings = Siblings::new(plan, &there);
    let reason = |index: usize| {
        let run = &plan.manifest.runs[index];
        let own = match ends.get(index) {
            Some(End::Damaged { message }) => Some(Reason::Damaged { message: message.clone() }),
            Some(End::Failed { reason, .. }) => Some(Reason::Failed { reason: reason.clone() }),
            _ if there.contains(&run.id) => interrupted(&RunFolder::new(&plan.folder, &run.id))?,
            _ => None,
        };
        Ok((index, own.unwrap_or_else(|| siblings.reason(run))))
    };
    outstanding.into_iter().map(reason).collect()
}

/// Names in `runs/`.
pub(crate) fn run_folders(sweep: &Path) -> Result<BTreeSet<String>, SweepError> {
    let there = entries(&sweep.join("runs"))?;
    Ok(there.into_iter().filter_map(|entry| entry.file_name().into_string().ok()).collect())
}

/// The readable part of a run's id, if it is one.
pub(crate) fn readable(id: &str) -> Option<&str> {
    let (name, digits) = id.rsplit_once('-')?;
    let is_hash = digits.len() == hash::SHORT && digits.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
    is_hash.then_some(name)
}

fn interrupted(folder: &RunFolder) -> Result<Option<Reason>, SweepError> {
    let mut progress = Progress::default();
    event_log::read(&folder.live_events())?.iter().for_each(|event| progress.hear(event));
    Ok((progress.steps > 0).then_some(Reason::Interrupted { step: progress.step, steps: progress.steps }))
}

/// Runs that are there and not planned, by readable name.
struct Siblings<'a> {
    plan: &'a SweepPlan,
    by_name: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Siblings<'a> {
    fn new(plan: &'a SweepPlan, there: &'a BTreeSet<String>) -> Self {
        let planned: BTreeSet<&str> = plan.manifest.runs.iter().map(|run| run.id.as_str()).collect();
        let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for id in there.iter().map(String::as_str).filter(|id| !planned.contains(id)) {
            if let Some(name) = readable(id) {
                by_name.entry(name).or_default().push(id);
            }
        }
        Self { plan, by_name }
    }

    /// The fewest changes from any of them.
    fn reason(&self, run: &PlannedRun) -> Reason {
        let Some(ids) = readable(&run.id).and_then(|name| self.by_name.get(name)) else { return Reason::New };
        let planned = self.plan.manifest.identity_of(run);
        let mut fewest: Option<Vec<Change>> = None;
        for id in ids.iter().take(SIBLINGS) {
            let Some(there) = identity(&RunFolder::new(&self.plan.folder, id)) else { continue };
            let changes = changes(&there, &planned);
            if fewest.as_ref().is_none_or(|fewest| changes.len() < fewest.len()) {
                fewest = Some(changes);
            }
        }
        // Nothing that is known sets them apart: a record whose folder was renamed, for instance.
        fewest.filter(|changes| !changes.is_empty()).map_or(Reason::New, Reason::Changed)
    }
}

/// The part of any record that says what a run was.
#[derive(Deserialize)]
struct Identified {
    identity: RunIdentity,
}

/// What a run that is there was, if one of its records can be read.
fn identity(folder: &RunFolder) -> Option<RunIdentity> {
    let latest = folder.each_attempt().last().map(RunFolder::run);
    [folder.done(), folder.failed()].into_iter().chain(latest).chain([folder.run()]).find_map(|path| {
        let record: Identified = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
        Some(record.identity)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_end_with_a_hash() {
        assert_eq!(readable("egnn-n100-s1-0123456789"), Some("egnn-n100-s1"));
        for foreign in ["notes", "notes-1", "egnn-012345678x", "egnn-01234567890"] {
            assert_eq!(readable(foreign), None, "{foreign}");
        }
    }
}
