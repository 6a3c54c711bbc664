//! The data of a plan: what is missing, and getting it.

use crate::{
    error::SweepError,
    event::SweepEvent,
    plan::ResolvedPlan,
    trainer::{DataError, DataErrorKind, DataProvider, DataState},
};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// Stands for the content hash of a set that is not there: a name that is no hash keeps its runs from looking finished.
pub(crate) const MISSING: &str = "missing";

impl ResolvedPlan {
    /// Content hash of every set of the plan; missing sets are made first.
    ///
    /// # Errors
    /// An unknown set (at the field that names it), or one that cannot be made.
    pub fn provide(
        &self,
        data: &dyn DataProvider,
        listener: &mut dyn FnMut(&SweepEvent),
    ) -> Result<BTreeMap<String, String>, SweepError> {
        let mut hashes = BTreeMap::new();
        // All sets are looked at before the first is made: a typo must not show after minutes of work.
        for (set, state) in self.states(data)? {
            let hash = match state {
                DataState::Ready { content_hash } => content_hash,
                DataState::Missing { reason, estimate_seconds, .. } => {
                    let estimate = Duration::try_from_secs_f64(estimate_seconds).unwrap_or_default();
                    listener(&SweepEvent::DataMissing { set: set.clone(), reason, estimate });
                    let started = Instant::now();
                    let hash = data.provide(&set).map_err(|error| self.data_error(&set, error))?;
                    listener(&SweepEvent::DataReady { set: set.clone(), took: started.elapsed() });
                    hash
                }
            };
            hashes.insert(set, hash);
        }
        Ok(hashes)
    }

    /// State of every set of the plan, in alphabetical order.
    ///
    /// # Errors
    /// An unknown set (at the field that names it), or one that can neither be used nor made.
    pub fn states(&self, data: &dyn DataProvider) -> Result<BTreeMap<String, DataState>, SweepError> {
        let state = |set: &str| match data.state(set) {
            Ok(state) => Ok((set.to_owned(), state)),
            Err(error) => Err(self.data_error(set, error)),
        };
        self.datasets().into_iter().map(state).collect()
    }

    fn data_error(&self, set: &str, error: DataError) -> SweepError {
        match error.kind {
            DataErrorKind::UnknownSet => self.about_set(set, error.message).into(),
            _ => SweepError::Data(error),
        }
    }
}
