//! The stages of a sweep, data -> runs -> results -> report, each addressed by the content of what it reads: a set by its
//! manifest's hash, a run by its identity's, `results.parquet` by the records that it was made from, the report by
//! `results.parquet`. What a stage reads does not name threads, jobs, executors or comments, so that these redo nothing.

/// A stage, and whether it would do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// `data`, `runs`, `results` or `report`.
    pub name: &'static str,
    /// What it would do, and why; nothing if it is up to date.
    pub todo: Option<String>,
}

impl Stage {
    /// A stage that would do something, or nothing.
    pub fn new(name: &'static str, todo: Option<String>) -> Self {
        Self { name, todo }
    }

    /// The state in words.
    pub fn state(&self) -> &str {
        self.todo.as_deref().unwrap_or("up to date")
    }
}
