//! How the runs of a plan ended, in little memory: a sweep has thousands.

use crate::{error::SweepError, manifest::SweepManifest, publish, record::Recorded, run_folder::RunFolder};
use egnn_schema::hash;
use serde::Serialize;
use std::path::Path;

/// What a sweep remembers of a [`Recorded`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// No end: never started, interrupted, or under way.
    None,
    /// `done.json`.
    Finished {
        /// The attempt's own folder below `attempts/`, while it had one.
        attempt: Box<str>,
        /// Hash of what the record says.
        record: Box<str>,
    },
    /// `failed.json`.
    Failed {
        /// Why.
        reason: String,
        /// Hash of what the record says.
        record: Box<str>,
    },
    /// A `done.json` that does not count, or one whose files are not as it says.
    Damaged {
        /// Why it does not count.
        message: String,
    },
}

impl From<&Recorded> for End {
    fn from(record: &Recorded) -> Self {
        match record {
            Recorded::None => Self::None,
            Recorded::Finished(ended) => Self::Finished {
                attempt: ended.circumstances.attempt.as_str().into(),
                record: hash_of(&(&ended.outcome, &ended.circumstances)),
            },
            Recorded::Failed(ended) => Self::Failed {
                reason: ended.outcome.reason.clone(),
                record: hash_of(&(&ended.outcome, &ended.circumstances)),
            },
            Recorded::Damaged { message, .. } => Self::Damaged { message: message.clone() },
        }
    }
}

fn hash_of(record: &impl Serialize) -> Box<str> {
    // Records were JSON, and so they can be again.
    hash::bytes(&serde_json::to_vec(record).unwrap_or_default()).into()
}

impl End {
    /// Reads how the runs of a plan ended, in its order.
    ///
    /// # Errors
    /// If the system refuses to read.
    pub fn read_all(manifest: &SweepManifest, folder: &Path) -> Result<Vec<Self>, SweepError> {
        let mut ends = Vec::with_capacity(manifest.runs.len());
        for run in &manifest.runs {
            ends.push(Self::from(&Recorded::planned(manifest, folder, run)?));
        }
        Ok(ends)
    }

    /// Whether the run need not be run again.
    pub fn is_finished(&self) -> bool {
        matches!(self, Self::Finished { .. })
    }

    /// Hash of what the run's record says, if it counts.
    pub(crate) fn record(&self) -> Option<&str> {
        match self {
            Self::Finished { record, .. } | Self::Failed { record, .. } => Some(record),
            _ => None,
        }
    }
}

/// Moves files of finished runs to their places, where whoever published them died before it could.
///
/// # Errors
/// If the system refuses.
pub fn settle(manifest: &SweepManifest, sweep: &Path, ends: &[End]) -> Result<(), SweepError> {
    for (run, end) in manifest.runs.iter().zip(ends) {
        if let End::Finished { attempt, .. } = end
            && !attempt.is_empty()
        {
            let folder = RunFolder::new(sweep, &run.id);
            if folder.attempts().join(&**attempt).exists() {
                publish::settle(&folder, attempt)?;
            }
        }
    }
    Ok(())
}
