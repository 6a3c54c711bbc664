//! `index.html`: everything a report says on one page that needs no other file and no network.
//!
//! What it says stands in it as text; one script of ours (`script/`) adds what can be turned, sorted and pointed at. A policy in
//! its head lets a browser run that script only, by its hash, and fetch nothing.

mod html;
mod runs;
mod sections;

use crate::{
    curves::Curves, figure::Drawing, live::Live, report::Report, results::Results, table::full, viewer::Viewer,
    write::RESULTS,
};
use askama::Template;
use base64::{Engine, engine::general_purpose::STANDARD};
use sections::Section;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

pub(crate) const STYLE: &str = concat!(
    include_str!("style/page.css"),
    include_str!("style/space.css"),
    include_str!("style/nbody.css"),
    include_str!("style/graphs.css"),
    include_str!("style/molecules.css"),
);

/// The page's script: parts that share one scope, the last of which starts them.
static SCRIPT: LazyLock<String> = LazyLock::new(|| {
    let parts = [
        include_str!("script/core.js"),
        include_str!("script/plot.js"),
        include_str!("script/charts.js"),
        include_str!("script/runs.js"),
        include_str!("script/space.js"),
        include_str!("script/nbody.js"),
        include_str!("script/graphs.js"),
        include_str!("script/molecules.js"),
        include_str!("script/start.js"),
    ];
    format!("(() => {{\n'use strict';\n{}}})();", parts.concat())
});

/// What a page of the same content looks like depends on.
pub(crate) fn fingerprint() -> String {
    egnn_schema::hash::of(&(include_str!("../../templates/page.html"), STYLE, SCRIPT.as_str()))
}

/// What the policy in a page's head knows the script by.
fn script_hash() -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(SCRIPT.as_bytes())))
}

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    title: &'a str,
    profile: &'a str,
    command: &'a str,
    counts: String,
    live: Option<&'a Live>,
    /// What the page leads to.
    parts: Vec<Part<'a>>,
    budget: &'a str,
    notes: &'a [String],
    figure: String,
    figure_files: Vec<Form>,
    table_heading: &'static str,
    table: String,
    source: Option<String>,
    table_files: &'static [&'static str],
    spent: String,
    viewers: Vec<Shown<'a>>,
    pictures: Vec<Inline<'a>>,
    runs: Option<runs::Runs>,
    sections: &'a [Section],
    provenance: &'a [(&'static str, Vec<String>)],
    style: &'static str,
    script: &'a str,
    script_hash: String,
}

struct Part<'a> {
    id: String,
    heading: &'a str,
}

struct Shown<'a> {
    id: &'a str,
    heading: &'a str,
    words: &'a str,
    /// Those of the drawing of the same, if there is one.
    files: Vec<Form>,
    data: String,
}

struct Inline<'a> {
    id: &'a str,
    heading: &'a str,
    svg: &'a str,
    files: Vec<Form>,
}

/// A drawing's files of a size: its name, and what they end with beside where they are.
struct Form {
    name: &'static str,
    files: Vec<(String, String)>,
}

/// What a page shows besides the report's words.
pub(crate) struct Content<'a> {
    pub(crate) results: &'a Results,
    pub(crate) curves: &'a Curves,
    pub(crate) viewers: &'a [Viewer],
    /// The figure, then the others.
    pub(crate) drawings: &'a [Drawing],
    /// Which runs have a folder beside the page, by their place in the results.
    pub(crate) links: &'a [bool],
}

/// The page.
///
/// # Errors
/// None but the template's own, which cannot be.
pub(crate) fn html(report: &Report<'_>, content: &Content<'_>) -> Result<String, askama::Error> {
    let options = report.options;
    let sections = sections::all(report);
    let is_interactive = |id: &str| content.viewers.iter().any(|viewer| viewer.id == id);
    let (figure, others) =
        content.drawings.split_first().map_or((None, &[][..]), |(figure, others)| (Some(figure), others));
    let pictures: Vec<Inline<'_>> = others
        .iter()
        .filter(|drawing| !is_interactive(drawing.name))
        .map(|drawing| Inline {
            id: drawing.name,
            heading: drawing.heading,
            svg: html::from_tag(&drawing.svg),
            files: forms(drawing),
        })
        .collect();
    let viewers: Vec<Shown<'_>> = content
        .viewers
        .iter()
        .map(|viewer| Shown {
            id: viewer.id,
            heading: &viewer.heading,
            words: &viewer.words,
            files: others.iter().find(|drawing| drawing.name == viewer.id).map_or(Vec::new(), forms),
            data: embedded(&viewer.data),
        })
        .collect();
    let mut parts = vec![Part { id: "results".into(), heading: "Results" }];
    parts.extend(viewers.iter().map(|viewer| Part { id: format!("view-{}", viewer.id), heading: viewer.heading }));
    parts.extend(pictures.iter().map(|picture| Part { id: picture.id.into(), heading: picture.heading }));
    let has_runs = !content.results.runs.is_empty();
    if has_runs {
        parts.extend(
            [("all-runs", "Every run"), ("learning-curves", "Learning curves"), ("runs-table", "Table of runs")]
                .map(|(id, heading)| Part { id: id.into(), heading }),
        );
    }
    parts.extend(sections.iter().map(|section| Part { id: section.id.into(), heading: &section.heading }));
    parts.push(Part { id: "made".into(), heading: "How it was made" });
    let page = Page {
        title: &options.title,
        profile: &options.profile,
        command: &options.command,
        counts: report.counts(),
        live: report.live,
        parts,
        budget: &report.budget,
        notes: &report.notes,
        figure: figure.map_or(String::new(), |figure| html::inline(&figure.svg)),
        figure_files: figure.map_or(Vec::new(), forms),
        table_heading: "Ours beside what is published",
        table: html::table(&full(report)),
        // Its marks are Markdown's.
        source: report.source_line().map(|line| line.replace('`', "")),
        table_files: if report.live.is_some() { &[] } else { &["table.csv", "table.md", "table.tex", RESULTS] },
        spent: report.spent(),
        viewers,
        pictures,
        runs: has_runs.then(|| runs::runs(report, content)),
        sections: &sections,
        provenance: &report.provenance,
        style: STYLE,
        script: &SCRIPT,
        script_hash: script_hash(),
    };
    page.render()
}

/// A drawing's files by size.
fn forms(drawing: &Drawing) -> Vec<Form> {
    let of = |suffix: &str, endings: &[&str]| -> Vec<(String, String)> {
        let named = endings.iter().map(|ending| ((*ending).to_owned(), format!("{}{suffix}.{ending}", drawing.name)));
        named.filter(|(_, name)| drawing.files.iter().any(|(file, _)| file == name)).collect()
    };
    let drawn = &["svg", "pdf", "png"];
    let forms = [
        Form { name: "as here", files: of("", drawn) },
        Form { name: "for one column of a paper", files: of("-1col", drawn) },
        Form { name: "for two columns", files: of("-2col", drawn) },
        Form { name: "its points", files: of("", &["csv"]) },
    ];
    forms.into_iter().filter(|form| !form.files.is_empty()).collect()
}

/// JSON as the content of a `<script>`, which ends at the first `</script`, whatever the quotes.
fn embedded(data: &Value) -> String {
    data.to_string().replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn data_never_ends_its_script() {
        let hostile = json!({"run": "</script><script>alert(1)</script><!--"});
        let text = embedded(&hostile);
        assert!(!text.contains('<'));
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), hostile);
    }

    #[test]
    fn the_script_is_one_and_has_no_end_in_it() {
        assert!(!SCRIPT.contains("</script") && !SCRIPT.contains("<!--"));
        assert!(!SCRIPT.contains("innerHTML") && !SCRIPT.contains("eval("));
    }
}
