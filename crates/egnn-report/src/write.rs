//! The files of a report.

use crate::{
    curves::curves,
    error::ReportError,
    figure,
    kind::Kind,
    live::Live,
    page,
    predictions::{self, molecules::ShownRun},
    report::Report,
    results::Results,
    stamp,
    table::{csv, markdown, table_3_csv, terminal},
    viewer::viewers,
};
use std::path::{Component, Path, PathBuf};

/// Name of the results file in a report's folder.
pub const RESULTS: &str = "results.parquet";

/// Files of every report.
const FILES: [&str; 5] = ["table.md", "table.csv", "figure.png", "figure.svg", PAGE];
/// The paper's table with ours, for molecules.
const TABLE_3: &str = "table-3.csv";
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

/// Reads `results.parquet` in `folder` and writes `table.md`, `table.csv`, `figure.svg`, `figure.png` and `index.html` beside it,
/// each whole or not at all; from `runs/<run>/predictions.parquet` also `graphs.svg` and `graphs.png` for [`Kind::Autoencoder`], and the
/// same of `parity` and `sizes` for [`Kind::Qm9`], which has `table-3.csv` besides. At the end it writes `report.json`, which
/// [`outdated`](crate::outdated) reads.
pub fn write_report(folder: &Path, options: &Options) -> Result<Summary, ReportError> {
    write(folder, folder, options, None)
}

/// The same of a sweep that is under way: its page reads itself again, and counts as outdated.
pub fn write_live_report(folder: &Path, options: &Options, live: &Live) -> Result<Summary, ReportError> {
    write(folder, folder, options, Some(live))
}

/// The same in another folder, with a copy of the results, to be sent or kept: its page leads to no run's folder.
pub fn write_copy(folder: &Path, to: &Path, options: &Options) -> Result<Summary, ReportError> {
    let results =
        std::fs::read(folder.join(RESULTS)).map_err(|_| ReportError::NoResults { path: folder.join(RESULTS) })?;
    egnn_store::atomic::create_folder(to)?;
    egnn_store::atomic::write(&to.join(RESULTS), |file| file.write_all(&results))?;
    write(folder, to, options, None)
}

/// Reads `from` and writes into `to`.
fn write(from: &Path, to: &Path, options: &Options, live: Option<&Live>) -> Result<Summary, ReportError> {
    let folder = from;
    let results = Results::read(&folder.join(RESULTS), options.kind)?;
    let inputs = stamp::inputs(folder, options)?;
    let mut report = Report::new(&results, options);
    report.live = live;
    let drawn = pictures(folder, &results, &mut report)?;
    let viewers = viewers(folder, &results, &mut report);
    let svg = figure::svg(&report)?;
    let content = page::Content {
        results: &results,
        curves: &curves(folder, &results),
        viewers: &viewers,
        figure: &svg,
        pictures: &drawn,
        links: &results.runs.iter().map(|run| from == to && is_there(folder, &run.run)).collect::<Vec<_>>(),
    };
    let page = page::html(&report, &content)
        .map_err(|error| ReportError::Figure { figure: PAGE, message: error.to_string() })?;
    // What follows takes most memory, and the runs are not asked any more.
    drop((results, viewers));
    let [table, values, picture, drawing, last] = FILES;
    let mut contents: Vec<(&str, Vec<u8>)> = vec![
        (table, markdown(&report).into_bytes()),
        (values, csv(&report).into_bytes()),
        (picture, figure::png(picture, &svg)?),
        (drawing, svg.into_bytes()),
    ];
    for Picture { files: [picture, drawing], svg, .. } in drawn {
        contents.extend([(picture, figure::png(picture, &svg)?), (drawing, svg.into_bytes())]);
    }
    if options.kind == Kind::Qm9 {
        contents.push((TABLE_3, table_3_csv(&report).into_bytes()));
    }
    contents.push((last, page.into_bytes()));
    let mut files = Vec::new();
    for (name, bytes) in contents {
        let path = to.join(name);
        egnn_store::atomic::write(&path, |file| file.write_all(&bytes))?;
        files.push(path);
    }
    stamp::write(to, live.is_none().then_some(inputs.as_str()), &report, &files)?;
    Ok(Summary {
        terminal: terminal(&report),
        files,
        finished: report.finished,
        pending: report.pending,
        failures: report.failures,
    })
}

/// Whether a run has a folder beside the page. Its id comes from a file: it must not lead anywhere else.
fn is_there(folder: &Path, run: &str) -> bool {
    let mut parts = Path::new(run).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None)) && folder.join("runs").join(run).is_dir()
}

/// A picture made from predictions.
pub(crate) struct Picture {
    /// Heading on the page.
    pub(crate) heading: &'static str,
    /// PNG and SVG.
    pub(crate) files: [&'static str; 2],
    /// The drawing.
    pub(crate) svg: String,
}

impl Picture {
    /// Its files' name without what they end with.
    pub(crate) fn name(&self) -> &'static str {
        let [png, _] = self.files;
        png.trim_end_matches(".png")
    }
}

const GRAPHS: [&str; 2] = ["graphs.png", "graphs.svg"];
const PARITY: [&str; 2] = ["parity.png", "parity.svg"];
const SIZES: [&str; 2] = ["sizes.png", "sizes.svg"];

/// Pictures from the runs' predictions; where there are none to be drawn, the report warns.
fn pictures(folder: &Path, results: &Results, report: &mut Report<'_>) -> Result<Vec<Picture>, ReportError> {
    match report.options.kind {
        Kind::Autoencoder => {
            let shown = predictions::shown(folder, Kind::Autoencoder, results);
            let missing = |shown: &predictions::Shown| {
                let reason = shown.graphs.as_ref().err()?;
                Some(format!("No pictures of {}: {reason}.", shown.set))
            };
            report.warnings.extend(shown.iter().filter_map(missing));
            Ok(vec![Picture { heading: "Some test graphs", files: GRAPHS, svg: figure::graphs(report, &shown)? }])
        }
        Kind::Qm9 => {
            let shown = predictions::molecules::shown(folder, results);
            report.warnings.extend(shown.iter().filter_map(ShownRun::warning));
            Ok(vec![
                Picture { heading: "Predicted against true", files: PARITY, svg: figure::parity(report, &shown)? },
                Picture { heading: "Error by size of the molecule", files: SIZES, svg: figure::sizes(report, &shown)? },
            ])
        }
        _ => Ok(Vec::new()),
    }
}
