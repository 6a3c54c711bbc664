//! The files of a report.

use crate::{
    error::ReportError,
    figure,
    kind::Kind,
    page, predictions,
    report::Report,
    results::Results,
    table::{csv, markdown, terminal},
};
use std::path::{Path, PathBuf};

/// Name of the results file in a report's folder.
pub const RESULTS: &str = "results.parquet";

/// What the files are made from besides [`RESULTS`]: it has the title, the command and the kind.
const PLAN: &str = "plan.json";
/// Files of every report.
const FILES: [&str; 5] = ["table.md", "table.csv", "figure.png", "figure.svg", PAGE];
/// Pictures of graphs, for kinds that have them.
const PICTURES: [&str; 2] = ["graphs.png", "graphs.svg"];
/// The last file that is written: whoever sees it finds the rest.
const PAGE: &str = "index.html";

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
/// each whole or not at all; for [`Kind::Autoencoder`] also `graphs.svg` and `graphs.png`, from `runs/<run>/predictions.parquet`.
pub fn write_report(folder: &Path, options: &Options) -> Result<Summary, ReportError> {
    let results = Results::read(&folder.join(RESULTS), options.kind)?;
    let mut report = Report::new(&results, options);
    let svg = figure::svg(&report)?;
    let graphs = if has_pictures(options.kind) { Some(pictures(folder, &results, &mut report)?) } else { None };
    let page = page::html(&report, &svg, graphs.as_deref());
    let [table, values, picture, drawing, last] = FILES;
    let mut contents: Vec<(&str, Vec<u8>)> = vec![
        (table, markdown(&report).into_bytes()),
        (values, csv(&report).into_bytes()),
        (picture, figure::png(picture, &svg)?),
        (drawing, svg.into_bytes()),
    ];
    if let Some(graphs) = graphs {
        let [picture, drawing] = PICTURES;
        contents.extend([(picture, figure::png(picture, &graphs)?), (drawing, graphs.into_bytes())]);
    }
    contents.push((last, page.into_bytes()));
    let mut files = Vec::new();
    for (name, bytes) in contents {
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

/// Pictures of graphs as SVG; where there are none to be drawn, the report warns.
fn pictures(folder: &Path, results: &Results, report: &mut Report<'_>) -> Result<String, ReportError> {
    let shown = predictions::shown(folder, report.options.kind, results);
    let missing = |shown: &predictions::Shown| {
        let reason = shown.graphs.as_ref().err()?;
        Some(format!("No pictures of {}: {reason}.", shown.set))
    };
    report.warnings.extend(shown.iter().filter_map(missing));
    figure::graphs(report, &shown)
}

fn has_pictures(kind: Kind) -> bool {
    kind == Kind::Autoencoder
}

/// Whether every file of a report is in `folder` and none is older than `results.parquet` or `plan.json`, by the time of their last
/// change: if not, [`write_report`] has something to do. The plan's field `report` says which files there are.
pub fn is_complete(folder: &Path) -> bool {
    let changed = |name: &str| folder.join(name).metadata().and_then(|file| file.modified()).ok();
    let has_pictures = planned_kind(&folder.join(PLAN)).is_some_and(has_pictures);
    let files = || FILES.iter().chain(PICTURES.iter().filter(|_| has_pictures));
    [RESULTS, PLAN].iter().all(|source| {
        changed(source).is_some_and(|source| files().all(|file| changed(file).is_some_and(|file| file >= source)))
    })
}

fn planned_kind(plan: &Path) -> Option<Kind> {
    let plan: serde_json::Value = serde_json::from_slice(&std::fs::read(plan).ok()?).ok()?;
    Kind::from_name(plan.get("report")?.as_str()?)
}
