//! Where a cluster's queue has the runs of a sweep.

/// A run as a cluster's queue sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// What the cluster calls it: `<array job>_<task>`.
    pub job: String,
    /// Whether it waits or works.
    pub state: QueueState,
}

/// State of a queued run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueueState {
    /// Waiting, with the cluster's reason.
    Pending {
        /// `Priority`, `Resources`, `Dependency`, ...
        reason: String,
    },
    /// Working.
    Running {
        /// Where.
        node: String,
    },
    /// The cluster knows that it is over; the run's folder knows how it ended.
    Ended {
        /// The cluster's word: `TIMEOUT`, `CANCELLED`, `OUT_OF_MEMORY`, `NODE_FAIL`, ...
        word: String,
    },
}
