//! What follows on a page after results and runs: data, order of the models, the paper's values, what is missing.

use super::html::{escaped, list, wide_table};
use crate::{
    kind::Kind,
    paper::{autoencoder, nbody, qm9, source},
    report::Report,
    table::{data, paper_table, table_3},
};

/// Lines of a list that are shown: a sweep of thousands of runs may have as many of a kind.
const LINES: usize = 50;

/// The table's files.
const TABLE_3: &str = "<a href=\"table-3.csv\">table-3.csv</a>, <a href=\"table-3.tex\">table-3.tex</a>";

/// A part of the page.
pub(super) struct Section {
    pub(super) id: &'static str,
    pub(super) heading: String,
    pub(super) html: String,
}

/// Everything that there is something to say about.
pub(super) fn all(report: &Report<'_>) -> Vec<Section> {
    let mut sections = Vec::new();
    let mut add = |id, heading: &str, html: String| {
        if !html.is_empty() {
            sections.push(Section { id, heading: heading.into(), html });
        }
    };
    if !report.failures.is_empty() {
        let of = |(run, reason): &(String, String)| format!("<code>{}</code>: {}", escaped(run), escaped(reason));
        add("failed", "Failed runs", list(report.failures.iter().map(of), LINES, "; the table of runs has all"));
    }
    let warnings = report.warnings.iter().map(|warning| escaped(warning));
    add("warnings", report.warnings_title(), list(warnings, LINES, ""));
    add("order", "Order of the models", order(report));
    add("published", published_heading(report.options.kind), published(report));
    if !report.data.is_empty() {
        add("data", "Data", wide_table("Data", &data::table(&report.data)));
    }
    sections
}

fn order(report: &Report<'_>) -> String {
    // What the paper only draws is said once, with its values.
    let statement = report.order().filter(|_| report.options.kind != Kind::GraphSparsity);
    let statement = statement.map_or(String::new(), |order| format!("<p>{}</p>\n", escaped(&order)));
    let differences = report.ordering.differences.iter().map(|difference| escaped(difference));
    statement + &list(differences, LINES, "")
}

fn published_heading(kind: Kind) -> &'static str {
    if kind == Kind::Qm9 { "Table 3 as published, and ours below" } else { "The paper's values" }
}

fn published(report: &Report<'_>) -> String {
    let kind = report.options.kind;
    if kind == Kind::Qm9 {
        return format!(
            "{}<p>Published: {}. {} {}</p>\n",
            wide_table("Table 3", &table_3(report)),
            escaped(qm9::TABLE_3_SOURCE),
            escaped(qm9::NOTE),
            if report.live.is_some() { "" } else { TABLE_3 }
        );
    }
    if kind == Kind::Beyond {
        return String::new();
    }
    let mut text = String::new();
    if kind == Kind::SizeCurve {
        text += "<p>The curves of the paper's Figure 2 are tabulated nowhere, so only Table 2 can be drawn beside ours.</p>\n";
    }
    match paper_table(kind) {
        Some(values) => text += &wide_table("The paper's values", &values),
        None => text += &format!("<p>{}</p>\n", escaped(autoencoder::FIGURE_5_RIGHT)),
    }
    if let Some(source) = source(kind) {
        let rerun = if kind.is_nbody() { format!(" Re-run: {}.", nbody::RERUN_SOURCE) } else { String::new() };
        text += &format!("<p>Source: {}.{}</p>\n", escaped(source), escaped(&rerun));
    }
    text + &report.authors_line().map_or_else(String::new, |line| format!("<p>{}</p>\n", escaped(line)))
}
