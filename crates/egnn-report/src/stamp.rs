//! `report.json`: what a report says in short, for the page of all reports, and what it was drawn from, so that it is drawn again when
//! that is another, and only then.

use crate::{
    error::ReportError,
    group::Group,
    kind::Kind,
    number, page, paper,
    report::Report,
    table::{place, rows},
    write::{Options, RESULTS},
};
use egnn_schema::hash;
use egnn_store::{atomic, checksum};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The file's name in a report's folder.
pub(crate) const STAMP: &str = "report.json";
/// Raised when reports of the same results look otherwise, but for their page, which is asked itself.
const LOOK: u32 = 2;
/// Lines of a headline.
const LINES: usize = 12;

/// A report in short.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Stamp {
    /// Hash of what it was drawn from; none where the sweep was under way.
    pub(crate) inputs: Option<String>,
    pub(crate) title: String,
    /// [`Kind::name`].
    pub(crate) kind: String,
    pub(crate) profile: String,
    pub(crate) command: String,
    /// How far the budget is the paper's.
    pub(crate) budget: String,
    /// How many runs ended in which way, in words.
    pub(crate) counts: String,
    pub(crate) headline: Vec<Headline>,
    /// The name of what the headline shows.
    pub(crate) metric: String,
    /// Names of its files.
    pub(crate) files: Vec<String>,
    /// Whether its page has curves or viewers, which are drawn from the runs' own files.
    #[serde(default)]
    pub(crate) shows_runs: bool,
}

/// A result of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Headline {
    /// Set and place, or empty.
    pub(crate) of: String,
    pub(crate) model: String,
    pub(crate) paper: String,
    pub(crate) ours: String,
    pub(crate) ratio: String,
}

impl Stamp {
    /// What a folder's report says of itself, if it does.
    pub(crate) fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(folder.join(STAMP)).ok()?).ok()
    }

    /// Whether a line of the headline has a published value.
    pub(crate) fn has_published(&self) -> bool {
        self.headline.iter().any(|line| !line.paper.is_empty())
    }

    /// What its report says about itself.
    pub(crate) fn options(&self) -> Option<Options> {
        Some(Options {
            title: self.title.clone(),
            kind: Kind::from_name(&self.kind)?,
            profile: self.profile.clone(),
            command: self.command.clone(),
        })
    }
}

/// What the report in `folder` said about itself when it was drawn.
pub fn options_of(folder: &Path) -> Option<Options> {
    Stamp::read(folder)?.options()
}

/// Whether the page in `folder` shows what the folders of its runs had, and these are not there.
pub fn is_of_lost_runs(folder: &Path) -> bool {
    !folder.join("runs").is_dir() && Stamp::read(folder).is_some_and(|stamp| stamp.shows_runs)
}

/// Why [`write_report`](crate::write_report) would draw another report than the one in `folder`, if it would.
pub fn outdated(folder: &Path, options: &Options) -> Option<String> {
    let Some(stamp) = Stamp::read(folder) else { return Some("it is not there yet".into()) };
    let inputs = inputs(folder, options).ok();
    if inputs.is_none() || stamp.inputs != inputs {
        return Some("it was drawn from something else".into());
    }
    let missing = stamp.files.into_iter().find(|file| !folder.join(file).is_file());
    missing.map(|file| format!("{file} is missing"))
}

/// Writes the stamp of the report that was just drawn.
pub(crate) fn write(
    folder: &Path,
    inputs: Option<&str>,
    report: &Report<'_>,
    files: &[PathBuf],
    shows_runs: bool,
) -> Result<(), ReportError> {
    let Options { title, kind, profile, command } = report.options;
    let stamp = Stamp {
        inputs: inputs.map(Into::into),
        title: title.clone(),
        kind: kind.name().into(),
        profile: profile.clone(),
        command: command.clone(),
        budget: report.budget.clone(),
        counts: report.counts(),
        headline: headline(report),
        metric: kind.main_metric().title().into(),
        files: files.iter().filter_map(|file| Some(file.file_name()?.to_str()?.into())).collect(),
        shows_runs,
    };
    atomic::write_json(&folder.join(STAMP), &stamp)?;
    Ok(())
}

/// A line for each model of each set: at the last of its places, which is the largest.
fn headline(report: &Report<'_>) -> Vec<Headline> {
    let kind = report.options.kind;
    let metric = kind.main_metric();
    let mut found: Vec<((&str, String), Headline)> = Vec::new();
    for row in rows(report) {
        let Some(text) = row.group.and_then(|group| group.measure(metric)?.text()) else { continue };
        let model = row.group.map_or_else(|| paper::title(row.model).into(), Group::title);
        let of: Vec<String> = row.set_title().into_iter().chain(place(kind, row.at)).collect();
        let line = Headline {
            of: of.join(", "),
            model: model.clone(),
            paper: row.paper_text(metric).unwrap_or_default(),
            ours: text,
            ratio: row.ratio(metric).map_or(String::new(), |ratio| format!("{ratio:.2}")),
        };
        match found.iter_mut().find(|(key, _)| *key == (row.set, model.clone())) {
            Some((_, shown)) => *shown = line,
            None => found.push(((row.set, model), line)),
        }
    }
    let left = found.len().saturating_sub(LINES);
    let mut lines: Vec<Headline> = found.into_iter().take(LINES).map(|(_, line)| line).collect();
    if left > 0 {
        let [of, paper, ours, ratio] = ["", "", "", ""].map(String::from);
        lines.push(Headline { model: format!("and {} more", number::count(left as i64)), of, paper, ours, ratio });
    }
    lines
}

/// Hash of everything that a report is drawn from: this program, its results (which name their runs, and so the predictions that
/// pictures show) and what it says about itself.
pub(crate) fn inputs(folder: &Path, options: &Options) -> Result<String, ReportError> {
    let path = folder.join(RESULTS);
    let results = if path.is_file() { Some(checksum::file(&path)?) } else { None };
    let Options { title, kind, profile, command } = options;
    let program = (env!("CARGO_PKG_VERSION"), LOOK, page::fingerprint());
    Ok(hash::of(&(program, results, title, kind.name(), profile, command)))
}
