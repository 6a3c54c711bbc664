//! A report of a sweep that is under way.

use std::collections::BTreeMap;

/// What a page says while its sweep runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    /// Seconds between two readings of an open page.
    pub every: u64,
    /// When the page is written, seconds since 1970: a page that nobody writes any more is not read for ever.
    pub written: u64,
    /// What follows on `The sweep is under way`, for example `: 2 of 9 runs finished`; or nothing.
    pub words: String,
    /// How far the runs are that are under way, by id, for example `running: step 30 of 300`.
    pub progress: BTreeMap<String, String>,
}
