//! The files of a report.

use crate::{
    curves::curves,
    error::ReportError,
    figure::{self, Drawing},
    kind::Kind,
    live::Live,
    page,
    predictions::{self, molecules::ShownRun},
    report::Report,
    results::{Results, run_folder},
    stamp,
    table::{csv, latex, markdown, table_3_csv, table_3_latex, terminal},
    viewer::viewers,
};
use std::{
    fs, iter,
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
    write(folder, &folder.join(RESULTS), folder, options, None)
}

/// The page alone of a sweep that is under way, from results in a file of their own: it reads itself again, and counts as outdated.
pub fn write_live_report(
    folder: &Path,
    results: &Path,
    options: &Options,
    live: &Live,
) -> Result<Summary, ReportError> {
    write(folder, results, folder, options, Some(live))
}

/// The same in another folder, with a copy of the results, to be sent or kept: its page leads to no run's folder.
pub fn write_copy(folder: &Path, to: &Path, options: &Options) -> Result<Summary, ReportError> {
    let results =
        std::fs::read(folder.join(RESULTS)).map_err(|_| ReportError::NoResults { path: folder.join(RESULTS) })?;
    egnn_store::atomic::create_folder(to)?;
    egnn_store::atomic::write(&to.join(RESULTS), |file| file.write_all(&results))?;
    write(folder, &to.join(RESULTS), to, options, None)
}

/// Reads the runs in `from` and their results, and writes into `to`.
fn write(
    from: &Path,
    results: &Path,
    to: &Path,
    options: &Options,
    live: Option<&Live>,
) -> Result<Summary, ReportError> {
    // First: what comes in between makes the report outdated.
    let inputs = stamp::inputs(from, options)?;
    let results = Results::read(results, options.kind)?;
    let mut report = Report::new(&results, options);
    report.live = live;
    let pictures = pictures(from, &results, &mut report)?;
    let viewers = viewers(from, &results, &mut report);
    let drawings: Vec<Drawing> = iter::once(figure::figure(&report)?).chain(pictures).collect();
    let curves = curves(from, &results);
    let content = page::Content {
        results: &results,
        curves: &curves,
        viewers: &viewers,
        drawings: &drawings,
        links: &results
            .runs
            .iter()
            .map(|run| from == to && run_folder(from, &run.run).is_some_and(|folder| folder.is_dir()))
            .collect::<Vec<_>>(),
    };
    let page = page::html(&report, &content)
        .map_err(|error| ReportError::Figure { figure: PAGE.into(), message: error.to_string() })?;
    // What follows takes most memory, and the runs are not asked any more.
    let shows_runs = !viewers.is_empty() || !curves.shown.is_empty();
    drop((results, viewers, curves));
    let mut contents = if live.is_some() { Vec::new() } else { files(&report, drawings) };
    contents.push((PAGE.to_owned(), page.into_bytes()));
    let mut files = Vec::new();
    for (name, bytes) in contents {
        let path = to.join(name);
        egnn_store::atomic::write(&path, |file| file.write_all(&bytes))?;
        files.push(path);
    }
    stamp::write(to, live.is_none().then_some(inputs.as_str()), &report, &files, shows_runs)?;
    Ok(Summary {
        terminal: terminal(&report),
        files,
        finished: report.finished,
        pending: report.pending,
        failures: report.failures,
    })
}

/// The files of a report besides its page.
fn files(report: &Report<'_>, drawings: Vec<Drawing>) -> Vec<(String, Vec<u8>)> {
    let named = |name: &str, text: String| (name.to_owned(), text.into_bytes());
    let mut files =
        vec![named("table.md", markdown(report)), named("table.csv", csv(report)), named("table.tex", latex(report))];
    if report.options.kind == Kind::Qm9 {
        files.extend([named("table-3.csv", table_3_csv(report)), named("table-3.tex", table_3_latex(report))]);
    }
    files.extend(drawings.into_iter().flat_map(|drawing| drawing.files));
    files
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
            let is_lost = !shown.is_empty() && shown.iter().all(|shown| shown.graphs.is_err());
            let drawing = figure::graphs(report, &shown)?;
            Ok(vec![if is_lost { kept(folder, drawing, report) } else { drawing }])
        }
        Kind::Qm9 => {
            let shown = predictions::molecules::shown(folder, results);
            report.warnings.extend(shown.iter().filter_map(ShownRun::warning));
            let is_lost = !shown.is_empty() && shown.iter().all(|shown| shown.predicted.is_err());
            let drawings = [figure::parity(report, &shown)?, figure::sizes(report, &shown)?];
            Ok(drawings.map(|drawing| if is_lost { kept(folder, drawing, report) } else { drawing }).into())
        }
        _ => Ok(Vec::new()),
    }
}

/// What was drawn when the runs' folders were still there, if it was: a picture outlives them.
fn kept(folder: &Path, drawing: Drawing, report: &mut Report<'_>) -> Drawing {
    let before = |(name, _): &(String, Vec<u8>)| Some((name.clone(), fs::read(folder.join(name)).ok()?));
    let files: Vec<_> = drawing.files.iter().filter_map(before).collect();
    let svg = fs::read_to_string(folder.join(format!("{}.svg", drawing.name)));
    match svg {
        Ok(svg) => {
            let name = drawing.name;
            report.warnings.push(format!("{name}.svg is of before: the runs that it shows are no longer here."));
            Drawing { svg, files, ..drawing }
        }
        Err(_) => drawing,
    }
}
