//! `reports/index.html`: every report at a glance, from what each says of itself in its `report.json`.

use crate::{error::ReportError, number, page, stamp::Stamp};
use askama::Template;
use egnn_store::atomic;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The page's name.
const PAGE: &str = "index.html";
/// Folder with reports that are kept.
const PUBLISHED: &str = "published";
/// What a sweep's folder has as soon as it is planned, or has results.
const MARKS: [&str; 2] = ["plan.json", "results.parquet"];

#[derive(Template)]
#[template(path = "index.html")]
struct Index {
    words: String,
    groups: Vec<Cards>,
    /// Pipelines of which nothing was run.
    new: Vec<String>,
    style: &'static str,
}

struct Cards {
    heading: &'static str,
    reports: Vec<Card>,
    /// Sweeps without a report.
    without: Vec<String>,
}

struct Card {
    /// `<pipeline>/<profile>`.
    name: String,
    /// The report's page and figure, as the index refers to them.
    page: String,
    figure: String,
    has_figure: bool,
    stamp: Stamp,
}

/// Writes `index.html` in the folder of all reports, and names it. Of `pipelines` those without any sweep are named on it.
///
/// # Errors
/// If the file cannot be written. A report that says nothing of itself is listed as one without a report.
pub fn write_index(reports: &Path, pipelines: &[String]) -> Result<PathBuf, ReportError> {
    let is_new = |pipeline: &&String| !reports.join(pipeline).is_dir();
    let new: Vec<String> = pipelines.iter().filter(is_new).cloned().collect();
    atomic::create_folder(reports)?;
    let own = cards("Sweeps", reports, "");
    let published = cards("Published with the program", &reports.join(PUBLISHED), "published/");
    let groups: Vec<Cards> =
        [own, published].into_iter().filter(|group| !group.reports.is_empty() || !group.without.is_empty()).collect();
    let count = groups.iter().map(|group| group.reports.len()).sum::<usize>() as i64;
    let words = match count {
        0 => "No report yet: egnn sweep nbody-sizes makes the first.".into(),
        1 => "1 report; its title leads to its page.".into(),
        count => format!("{} reports; their titles lead to their pages.", number::count(count)),
    };
    let failed = |error: askama::Error| ReportError::Figure { figure: PAGE.into(), message: error.to_string() };
    let html = Index { words, groups, new, style: page::STYLE }.render().map_err(failed)?;
    let path = reports.join(PAGE);
    atomic::write(&path, |file| file.write_all(html.as_bytes()))?;
    Ok(path)
}

/// The reports in `folder/<pipeline>/<profile>`, by name.
fn cards(heading: &'static str, folder: &Path, prefix: &str) -> Cards {
    let mut found = Cards { heading, reports: Vec::new(), without: Vec::new() };
    for (pipeline, folder) in folders(folder).into_iter().filter(|(name, _)| name != PUBLISHED) {
        for (profile, folder) in folders(&folder) {
            let name = format!("{pipeline}/{profile}");
            match Stamp::read(&folder).filter(|_| folder.join(PAGE).is_file()) {
                Some(stamp) => {
                    let place = format!("{prefix}{}/{}", encoded(&pipeline), encoded(&profile));
                    found.reports.push(Card {
                        name,
                        page: format!("{place}/{PAGE}"),
                        figure: format!("{place}/figure.svg"),
                        has_figure: folder.join("figure.svg").is_file(),
                        stamp,
                    });
                }
                None if MARKS.iter().any(|mark| folder.join(mark).is_file()) => found.without.push(name),
                None => {}
            }
        }
    }
    found
}

/// The folders in a folder with their names, sorted; none where it cannot be read.
fn folders(folder: &Path) -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let named = |entry: fs::DirEntry| Some((entry.file_name().into_string().ok()?, entry.path()));
    let mut folders: Vec<_> = entries.filter_map(named).filter(|(_, path)| path.is_dir()).collect();
    folders.sort();
    folders
}

/// A name as a part of an address.
fn encoded(name: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    name.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fabricate, kind::Kind, report::Report, stamp, write::Options};

    #[test]
    fn reports_are_listed_and_what_is_damaged_is_not() {
        let reports = tempfile::tempdir().unwrap();
        let options = Options {
            title: "Table <2> & more".into(),
            kind: Kind::Table,
            profile: "quick".into(),
            command: "egnn sweep nbody".into(),
        };
        let results = fabricate::results(&[("egnn", 3000, 0.008), ("gnn", 3000, 0.012)]);
        for (name, mark) in [("nbody/a b", "index.html"), ("published/nbody/x", "index.html"), ("nbody/c", "plan.json")]
        {
            let folder = reports.path().join(name);
            fs::create_dir_all(&folder).unwrap();
            stamp::write(&folder, None, &Report::new(&results, &options), &[], false).unwrap();
            fs::write(folder.join(mark), "").unwrap();
        }
        fs::create_dir_all(reports.path().join("nbody/d")).unwrap();
        fs::write(reports.path().join("nbody/d/report.json"), "{").unwrap();
        fs::write(reports.path().join("nbody/d/results.parquet"), "").unwrap();
        let text = fs::read_to_string(write_index(reports.path(), &["nbody".into(), "qm9".into()]).unwrap()).unwrap();
        for said in [
            "href=\"nbody/a%20b/index.html\"",
            "href=\"published/nbody/x/index.html\"",
            "Table &#60;2&#62; &#38; more",
            "2 reports",
            "<code>egnn sweep qm9</code>",
            "<code>nbody/c</code>, <code>nbody/d</code>",
            "<td class=\"r\">0.0071</td><td class=\"r\">0.008000</td><td class=\"r\">1.13</td>",
        ] {
            assert!(text.contains(said), "{said}\n{text}");
        }
    }

    #[test]
    fn without_any_report_the_page_says_what_makes_one() {
        let reports = tempfile::tempdir().unwrap();
        let text = fs::read_to_string(write_index(reports.path(), &["nbody".into(), "qm9".into()]).unwrap()).unwrap();
        assert!(text.contains("egnn sweep nbody-sizes"));
    }
}
