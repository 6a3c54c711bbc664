//! The files of a report.

use crate::{
    error::ReportError,
    figure, page,
    report::Report,
    results::Results,
    table::{csv, markdown, terminal},
};
use std::path::{Path, PathBuf};

/// Name of the results file in a report's folder.
pub const RESULTS: &str = "results.parquet";

/// The report's own files, the page last: whoever sees it finds the rest.
const FILES: [&str; 5] = ["table.md", "table.csv", "figure.png", "figure.svg", "index.html"];
/// What they are made from; the plan has the title and the command.
const SOURCES: [&str; 2] = [RESULTS, "plan.json"];

/// What a report shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Figure 2: test error against the number of training samples.
    SizeCurve,
    /// Table 2: a row for each model, beside the paper's.
    Table,
}

/// What a report says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Heading, for example `Figure 2: test error against training-set size`.
    pub title: String,
    /// What it shows.
    pub kind: Kind,
    /// The pipeline's profile.
    pub profile: String,
    /// The command line that made the results.
    pub command: String,
}

/// A written report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The report for a terminal, at most 100 columns wide.
    pub terminal: String,
    /// The files written.
    pub files: Vec<PathBuf>,
    /// Finished runs.
    pub finished: usize,
    /// Failed runs: id and reason.
    pub failures: Vec<(String, String)>,
    /// Runs that are not complete.
    pub pending: usize,
}

/// Reads `results.parquet` in `folder` and writes `table.md`, `table.csv`, `figure.svg`, `figure.png` and `index.html` beside it,
/// each whole or not at all.
pub fn write_report(folder: &Path, options: &Options) -> Result<Summary, ReportError> {
    let results = Results::read(&folder.join(RESULTS))?;
    let report = Report::new(&results, options);
    let svg = figure::svg(&report)?;
    let page = page::html(&report, &svg);
    let contents: [Vec<u8>; FILES.len()] = [
        markdown(&report).into_bytes(),
        csv(&report).into_bytes(),
        figure::png(&svg)?,
        svg.into_bytes(),
        page.into_bytes(),
    ];
    let mut files = Vec::new();
    for (name, bytes) in FILES.into_iter().zip(contents) {
        let path = folder.join(name);
        egnn_store::atomic::write(&path, |file| file.write_all(&bytes))?;
        files.push(path);
    }
    Ok(Summary {
        terminal: terminal(&report),
        files,
        finished: report.finished,
        pending: report.pending,
        failures: report.failures,
    })
}

/// Whether every file of a report is in `folder` and none is older than `results.parquet` or `plan.json`, by the time of their last
/// change: if not, [`write_report`] has something to do.
pub fn is_complete(folder: &Path) -> bool {
    let changed = |name: &str| folder.join(name).metadata().and_then(|file| file.modified()).ok();
    SOURCES.iter().all(|source| {
        changed(source).is_some_and(|source| FILES.iter().all(|file| changed(file).is_some_and(|file| file >= source)))
    })
}
