//! `table.md`.

use super::{Align, Table, data, full, table_3};
use crate::{kind::Kind, report::Report};

/// The report as Markdown.
pub(crate) fn markdown(report: &Report<'_>) -> String {
    let options = report.options;
    let mut text =
        format!("# {}\n\nProfile `{}`; made by `{}`.\n\n", escaped(&options.title), options.profile, options.command);
    text += &format!("{}\n\n", report.budget);
    for sentence in &report.notes {
        text += &format!("{}\n\n", escaped(sentence));
    }
    text += &format!("{}\n{}\n", table(&full(report)), report.spent());
    text += &report.order().map_or_else(String::new, |order| format!("\n{order}\n"));
    text += &list(report.ordering.differences.iter().cloned());
    for line in report.source_line().into_iter().chain(report.authors_line().map(Into::into)) {
        text += &format!("\n{line}\n");
    }
    if options.kind == Kind::Autoencoder {
        text += "\nPictures of some test graphs: `graphs.svg`, `graphs.png`.\n";
    }
    if options.kind == Kind::Qm9 {
        text += "\nPredicted against true: `parity.svg`, `parity.png`. Error by size of the molecules: `sizes.svg`, `sizes.png`.\n";
        text += &format!("\n## Table 3 as published, and ours below\n\n{}", table(&table_3(report)));
    }
    if !report.data.is_empty() {
        text += &format!("\n## Data\n\n{}", table(&data::table(&report.data)));
    }
    text += &section(report.warnings_title(), report.warnings.iter().cloned());
    text +=
        &section("Failed runs", report.failures.iter().map(|(run, reason)| format!("`{run}`: {}", escaped(reason))));
    let provenance =
        report.provenance.iter().map(|(label, values)| format!("{label}: {}", escaped(&values.join(", "))));
    text + &section("Provenance", provenance)
}

fn table(table: &Table) -> String {
    let mut text = String::new();
    let mut line = |cells: Vec<String>| text += &format!("| {} |\n", cells.join(" | "));
    line(table.columns.iter().map(|column| column.title.clone()).collect());
    line(table.columns.iter().map(|column| if column.align == Align::Left { "---" } else { "--:" }.into()).collect());
    for row in &table.rows {
        line(row.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect());
    }
    text
}

fn section(title: &str, items: impl Iterator<Item = String>) -> String {
    let items = list(items);
    if items.is_empty() { items } else { format!("\n## {title}\n{items}") }
}

fn list(items: impl Iterator<Item = String>) -> String {
    let mut text = String::new();
    for item in items {
        text += &format!("\n- {item}");
    }
    if text.is_empty() { text } else { format!("{text}\n") }
}

fn escaped(text: &str) -> String {
    text.replace('\n', " ").replace('<', "&lt;").replace('|', "\\|")
}
