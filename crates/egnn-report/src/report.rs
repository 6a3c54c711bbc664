//! Everything a report says, before it becomes text, pages or pictures.

use crate::{
    budget,
    group::{Group, groups},
    number,
    ordering::Ordering,
    paper,
    results::{Results, Status},
    write::Options,
};

/// A report's content.
pub(crate) struct Report<'a> {
    pub(crate) options: &'a Options,
    pub(crate) groups: Vec<Group>,
    /// How far the budget is the paper's.
    pub(crate) budget: String,
    pub(crate) ordering: Ordering,
    /// Failed runs: id and reason.
    pub(crate) failures: Vec<(String, String)>,
    /// What a reader must know about values that are missing.
    pub(crate) warnings: Vec<String>,
    pub(crate) provenance: Vec<(&'static str, Vec<String>)>,
    pub(crate) finished: usize,
    pub(crate) pending: usize,
}

impl<'a> Report<'a> {
    pub(crate) fn new(results: &Results, options: &'a Options) -> Self {
        let groups = groups(results);
        let reason = |reason: &Option<String>| reason.clone().unwrap_or_else(|| "no reason recorded".into());
        let failures = results.with(Status::Failed).map(|run| (run.run.clone(), reason(&run.reason))).collect();
        let pending = results.with(Status::Pending).count();
        Self {
            options,
            budget: budget::statement(options.kind, &groups),
            ordering: Ordering::of(options.kind, &groups),
            groups,
            failures,
            warnings: warnings(results, pending),
            provenance: results.provenance.clone(),
            finished: results.with(Status::Finished).count(),
            pending,
        }
    }

    /// Table 2 in one line, for reports that do not have it as rows.
    pub(crate) fn paper_line() -> String {
        let mut rows = paper::TABLE_2.to_vec();
        rows.sort_by(|a, b| a.mse.total_cmp(&b.mse));
        let values: Vec<String> = rows.iter().map(|row| format!("{} {}", row.title, row.mse)).collect();
        format!(
            "The paper's values ({} training samples, {} epochs): {}. Source: {}.",
            number::count(paper::TABLE_2_SAMPLES),
            number::count(paper::TABLE_2_EPOCHS),
            values.join(", "),
            paper::TABLE_2_SOURCE
        )
    }

    /// Time spent by finished runs.
    pub(crate) fn spent(&self) -> String {
        let seconds: f64 = self.groups.iter().map(|group| group.seconds).sum();
        let runs = if self.finished == 1 { "run" } else { "runs" };
        format!("{} finished {runs} took {} of computing in all.", self.finished, number::duration(seconds))
    }
}

fn warnings(results: &Results, pending: usize) -> Vec<String> {
    let mut warnings = Vec::new();
    if pending > 0 {
        let verb = if pending == 1 { "run is" } else { "runs are" };
        warnings.push(format!("{pending} {verb} not finished: the table will change."));
    }
    for run in results.with(Status::Finished) {
        let value = match run.test_mse {
            None => "no test error".into(),
            Some(0.0) => {
                warnings.push(format!("{} has a test error of 0: a logarithmic axis cannot show it.", run.run));
                continue;
            }
            Some(mse) if run.error().is_none() => format!("a test error of {mse}"),
            Some(_) => continue,
        };
        warnings.push(format!("{} is finished but has {value}: it is left out of mean and figure.", run.run));
    }
    warnings
}
