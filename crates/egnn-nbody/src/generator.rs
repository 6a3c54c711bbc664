//! The splits of a data set.

use crate::{initial::InitialState, simulate::simulate_with_progress, system::System, trajectories::Trajectories};
use egnn_random::{NumpyRandomState, Stream};
use egnn_schema::{FieldError, names};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
};

/// Where initial states come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// NumPy's legacy stream, drawn as the authors' generator does: all splits from one stream, in order. Gives the
    /// authors' sets `nbody_small` (seed 43) and `nbody` (seed 42, `sample_freq` 500).
    Reference,
    /// Our streams: every trajectory has its own, named by seed, split and number.
    Native,
}

/// A data set: what to draw and how much of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generator {
    /// The physics.
    #[serde(default)]
    pub system: System,
    /// The random numbers.
    pub source: Source,
    /// Their seed; below 2^32 for [`Source::Reference`].
    pub seed: u64,
    /// Names of the splits and their numbers of trajectories, in stream order.
    pub splits: Vec<(String, usize)>,
}

impl Generator {
    /// Checks the system, the seed and the splits; the error names the first wrong field.
    pub fn validate(&self) -> Result<(), FieldError> {
        self.system.validate()?;
        if self.source == Source::Reference && u32::try_from(self.seed).is_err() {
            let message = format!("seed {} does not fit NumPy's legacy stream; give one below 4294967296", self.seed);
            return Err(FieldError::new("seed", message));
        }
        if self.splits.is_empty() {
            return Err(FieldError::new("splits", "splits is empty; name at least one, for example train: 1000"));
        }
        let mut seen = BTreeSet::new();
        for (name, trajectories) in &self.splits {
            if name.is_empty() || !seen.insert(name) {
                return Err(FieldError::new("splits", format!("split '{name}' needs a name of its own")));
            }
            if *trajectories == 0 || u32::try_from(*trajectories).is_err() {
                let message = format!("split '{name}' has {trajectories} trajectories; give 1 to {}", u32::MAX);
                return Err(FieldError::new("splits", message));
            }
        }
        Ok(())
    }

    /// Initial states of every split, in stream order.
    ///
    /// # Panics
    /// If the generator is not valid ([`Generator::validate`]).
    pub fn initial_states(&self) -> Vec<(String, Vec<InitialState>)> {
        if let Err(error) = self.validate() {
            panic!("invalid generator: {error}");
        }
        match self.source {
            Source::Reference => {
                let mut state = NumpyRandomState::new(self.seed as u32);
                let mut draw = || InitialState::reference(&self.system, &mut state);
                self.splits.iter().map(|(name, n)| (name.clone(), (0..*n).map(|_| draw()).collect())).collect()
            }
            Source::Native => {
                let root = Stream::new(self.seed).child("nbody");
                let split = |(name, n): &(String, usize)| {
                    let stream = root.child(name);
                    let state = |i: usize| InitialState::native(&self.system, stream.index(i as u64));
                    (name.clone(), (0..*n).into_par_iter().map(state).collect())
                };
                self.splits.iter().map(split).collect()
            }
        }
    }
}

/// Simulates one split, or all of them in stream order. Runs on rayon's current pool.
///
/// `progress` is called from worker threads with the number of trajectories done so far, over all splits asked for;
/// numbers may arrive slightly out of order.
///
/// # Errors
/// If the generator is not valid, or has no split of that name.
pub fn generate(
    generator: &Generator,
    split: Option<&str>,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Vec<(String, Trajectories)>, FieldError> {
    generator.validate()?;
    if let Some(wanted) = split {
        let known: Vec<&str> = generator.splits.iter().map(|(name, _)| name.as_str()).collect();
        if !known.contains(&wanted) {
            return Err(FieldError::new("splits", names::unknown("split", wanted, &known)));
        }
    }
    let done = AtomicUsize::new(0);
    let count = |trajectories: usize| progress(done.fetch_add(trajectories, Ordering::Relaxed) + trajectories);
    // The legacy stream has to be drawn up to the wanted split anyway.
    let states = generator.initial_states().into_iter().filter(|(name, _)| split.is_none_or(|wanted| wanted == name));
    Ok(states.map(|(name, states)| (name, simulate_with_progress(&generator.system, &states, &count))).collect())
}
