//! What a plan would do and cost: the content of `--dry-run`.

use crate::{
    error::SweepError,
    eta::Eta,
    outstanding::schedule,
    plan::{Platform, ResolvedPlan},
    record::Recorded,
    run_folder::RunFolder,
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
    /// Names of the outstanding runs, in plan order.
    pub outstanding: Vec<String>,
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
        // A set that does not exist yet has no hash; a name that is no hash keeps its runs from looking finished.
        let hash = |(set, state): (&String, &DataState)| match state {
            DataState::Ready { content_hash } => (set.clone(), content_hash.clone()),
            DataState::Missing { .. } => (set.clone(), "missing".to_owned()),
        };
        let hashes = sets.iter().map(hash).collect();
        let planned = plan.clone().with_data(root, &hashes, platform, "")?;
        let mut survey = Self {
            runs: planned.manifest.runs.len(),
            finished: 0,
            outstanding: Vec::new(),
            sets,
            core_seconds: 0.0,
            data_seconds: 0.0,
            wall: Duration::ZERO,
            disk_bytes: 0,
            memory_bytes: 0,
        };
        let mut estimates: Vec<Estimate> = Vec::new();
        for (run, estimate) in planned.manifest.runs.iter().zip(&planned.estimates) {
            let folder = RunFolder::new(&planned.folder, &run.id);
            if Recorded::read(&folder, &run.id, &planned.manifest.identity_of(run))?.is_finished() {
                survey.finished += 1;
            } else {
                survey.outstanding.push(run.name.clone());
                survey.core_seconds += estimate.core_seconds;
                survey.disk_bytes = survey.disk_bytes.saturating_add(estimate.disk_bytes);
                estimates.push(*estimate);
            }
        }
        survey.add_data();
        survey.add_schedule(&estimates, jobs.max(1));
        Ok(survey)
    }

    /// Names of the sets that would be made first.
    pub fn missing(&self) -> BTreeSet<&str> {
        let missing = self.sets.iter().filter(|(_, state)| matches!(state, DataState::Missing { .. }));
        missing.map(|(set, _)| set.as_str()).collect()
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
