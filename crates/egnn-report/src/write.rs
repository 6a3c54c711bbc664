//! The files of a report.

use crate::{
    error::ReportError,
    figure::{self, Drawing},
    kind::Kind,
    page,
    predictions::{self, molecules::ShownRun},
    report::Report,
    results::Results,
    stamp,
    table::{csv, latex, markdown, table_3_csv, table_3_latex, terminal},
};
use std::{
    iter,
    path::{Path, PathBuf},
};

/// Name of the results file in a report's folder.
pub const RESULTS: &str = "results.parquet";

/// The last file that is drawn: whoever sees it finds the rest.
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

/// Reads `results.parquet` in `folder` and writes beside it, each whole or not at all:
///
/// - `table.md`, `table.csv` and `table.tex`, and of [`Kind::Qm9`] the same rows in the paper's columns as `table-3.csv` and `table-3.tex`;
/// - of each drawing `NAME.svg`, `NAME.png` and `NAME.pdf` as on the page, the same of `NAME-1col` and `NAME-2col` for one and two columns of a
///   paper (3.25 and 6.75 inches), and its points as `NAME.csv`. `figure` is of every report; from `runs/<run>/predictions.parquet` come `graphs`
///   of [`Kind::Autoencoder`], and `parity` and `sizes` of [`Kind::Qm9`];
/// - `index.html`, the page, and at the end `report.json`, which [`outdated`](crate::outdated) reads.
pub fn write_report(folder: &Path, options: &Options) -> Result<Summary, ReportError> {
    let results = Results::read(&folder.join(RESULTS), options.kind)?;
    let inputs = stamp::inputs(folder, options)?;
    let mut report = Report::new(&results, options);
    let pictures = pictures(folder, &results, &mut report)?;
    // What follows takes most memory, and the runs are not asked any more.
    drop(results);
    let drawings: Vec<Drawing> = iter::once(figure::figure(&report)?).chain(pictures).collect();
    let page = page::html(&report, &drawings);
    let named = |name: &str, text: String| (name.to_owned(), text.into_bytes());
    let mut contents = vec![
        named("table.md", markdown(&report)),
        named("table.csv", csv(&report)),
        named("table.tex", latex(&report)),
    ];
    if options.kind == Kind::Qm9 {
        contents.extend([named("table-3.csv", table_3_csv(&report)), named("table-3.tex", table_3_latex(&report))]);
    }
    contents.extend(drawings.into_iter().flat_map(|drawing| drawing.files));
    contents.push(named(PAGE, page));
    let mut files = Vec::new();
    for (name, bytes) in contents {
        let path = folder.join(name);
        egnn_store::atomic::write(&path, |file| file.write_all(&bytes))?;
        files.push(path);
    }
    stamp::write(folder, &inputs, &files)?;
    Ok(Summary {
        terminal: terminal(&report),
        files,
        finished: report.finished,
        pending: report.pending,
        failures: report.failures,
    })
}

/// Drawings from the runs' predictions; where there are none to be drawn, the report warns.
fn pictures(folder: &Path, results: &Results, report: &mut Report<'_>) -> Result<Vec<Drawing>, ReportError> {
    match report.options.kind {
        Kind::Autoencoder => {
            let shown = predictions::shown(folder, Kind::Autoencoder, results);
            let missing = |shown: &predictions::Shown| {
                let reason = shown.graphs.as_ref().err()?;
                Some(format!("No pictures of {}: {reason}.", shown.set))
            };
            report.warnings.extend(shown.iter().filter_map(missing));
            Ok(vec![figure::graphs(report, &shown)?])
        }
        Kind::Qm9 => {
            let shown = predictions::molecules::shown(folder, results);
            report.warnings.extend(shown.iter().filter_map(ShownRun::warning));
            Ok(vec![figure::parity(report, &shown)?, figure::sizes(report, &shown)?])
        }
        _ => Ok(Vec::new()),
    }
}
