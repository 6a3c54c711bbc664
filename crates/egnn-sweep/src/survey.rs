//! What a plan would do, why, and what it costs: the content of `--dry-run`.

use crate::{
    data::MISSING,
    end::End,
    error::SweepError,
    eta::Eta,
    outstanding::schedule,
    plan::{Platform, ResolvedPlan},
    reason::{Reason, reasons},
    results,
    stage::Stage,
    trainer::{DataProvider, DataState, Estimate},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::Duration,
};

/// What a plan would do and cost. Nothing is written to find out.
#[derive(Clone, Debug, PartialEq)]
pub struct Survey {
    /// Different runs of the plan.
    pub runs: usize,
    /// Of these, finished.
    pub finished: usize,
    /// The outstanding runs, in plan order.
    pub outstanding: Vec<Outstanding>,
    /// State of each set.
    pub sets: BTreeMap<String, DataState>,
    /// Core-seconds of the outstanding runs.
    pub core_seconds: f64,
    /// Seconds for making missing sets.
    pub data_seconds: f64,
    /// Until the sweep would end.
    pub wall: Duration,
    /// Bytes that data and runs will add to the disk.
    pub disk_bytes: u64,
    /// Memory of the largest runs that may be side by side.
    pub memory_bytes: u64,
    /// Why `results.parquet` would be written again although no run is outstanding.
    results: Option<String>,
}

/// A run that would run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outstanding {
    /// Its readable name.
    pub name: String,
    /// Why it would run.
    pub reason: Reason,
}

impl Survey {
    /// Surveys `plan` as it would be executed in the project folder `root` with `jobs` runs side by side.
    ///
    /// # Errors
    /// An unknown set, or a folder that cannot be read.
    pub fn new(
        plan: &ResolvedPlan,
        root: &Path,
        data: &dyn DataProvider,
        platform: &Platform,
        jobs: usize,
    ) -> Result<Self, SweepError> {
        let sets = plan.states(data)?;
        let hash = |(set, state): (&String, &DataState)| match state {
            DataState::Ready { content_hash } => (set.clone(), content_hash.clone()),
            DataState::Missing { .. } => (set.clone(), MISSING.to_owned()),
        };
        let hashes = sets.iter().map(hash).collect();
        let planned = plan.with_data(root, &hashes, platform, "")?;
        let ends = End::read_all(&planned.manifest, &planned.folder)?;
        let reasons = reasons(&planned, &ends)?;
        let estimates: Vec<Estimate> = reasons.iter().map(|&(index, _)| planned.estimates[index]).collect();
        let outstanding = reasons
            .into_iter()
            .map(|(index, reason)| Outstanding { name: planned.manifest.runs[index].name.clone(), reason });
        let mut survey = Self {
            runs: ends.len(),
            finished: ends.len() - estimates.len(),
            outstanding: outstanding.collect(),
            sets,
            core_seconds: estimates.iter().map(|estimate| estimate.core_seconds).sum(),
            data_seconds: 0.0,
            wall: Duration::ZERO,
            disk_bytes: estimates.iter().fold(0, |bytes, estimate| bytes.saturating_add(estimate.disk_bytes)),
            memory_bytes: 0,
            results: results::outdated(&planned, &ends),
        };
        survey.add_data();
        survey.add_schedule(&estimates, jobs.max(1));
        Ok(survey)
    }

    /// Names of the sets that would be made first.
    pub fn missing(&self) -> BTreeSet<&str> {
        let missing = self.sets.iter().filter(|(_, state)| matches!(state, DataState::Missing { .. }));
        missing.map(|(set, _)| set.as_str()).collect()
    }

    /// The stages that this crate knows: data, runs and results. The report reads the last.
    pub fn stages(&self) -> [Stage; 3] {
        let missing: Vec<&str> = self.missing().into_iter().collect();
        let data = (!missing.is_empty()).then(|| format!("would make {}", missing.join(", ")));
        let runs = self.outstanding.first().map(|first| {
            let is_only_reason = self.outstanding.iter().all(|run| run.reason == first.reason);
            let why = if is_only_reason { format!(": {}", first.reason) } else { String::new() };
            format!("would run {} of {}{why}", self.outstanding.len(), self.runs)
        });
        let results = match (&runs, &self.results) {
            (Some(_), _) => Some("would be written: its runs are to be done".to_owned()),
            (None, reason) => reason.as_ref().map(|reason| format!("would be written: {reason}")),
        };
        [Stage::new("data", data), Stage::new("runs", runs), Stage::new("results", results)]
    }

    fn add_data(&mut self) {
        for state in self.sets.values() {
            if let DataState::Missing { estimate_seconds, disk_bytes, .. } = state {
                self.data_seconds += estimate_seconds;
                self.disk_bytes = self.disk_bytes.saturating_add(*disk_bytes);
            }
        }
    }

    fn add_schedule(&mut self, estimates: &[Estimate], jobs: usize) {
        let order = schedule((0..estimates.len()).collect(), estimates);
        let waiting = order.into_iter().map(|index| estimates[index].core_seconds).collect();
        let runs = Eta { jobs, waiting, ..Eta::default() }.remaining();
        self.wall = Duration::try_from_secs_f64(self.data_seconds).unwrap_or_default().saturating_add(runs);
        let mut memory: Vec<u64> = estimates.iter().map(|estimate| estimate.memory_bytes).collect();
        memory.sort_unstable_by(|a, b| b.cmp(a));
        self.memory_bytes = memory.into_iter().take(jobs).fold(0, u64::saturating_add);
    }
}
