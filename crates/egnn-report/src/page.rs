//! `index.html`: everything a report says on one page that needs no other file, no script and no network.

use crate::{
    figure::Drawing,
    kind::Kind,
    paper::{autoencoder, nbody, qm9, source},
    report::Report,
    table::{Align, Table, data, full, paper_table, table_3},
};

const STYLE: &str = "
body { max-width: 72rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; color: #141414; background: #fff }
h1 { font-size: 1.6rem; margin-bottom: 0 } h2 { font-size: 1.2rem; margin-top: 2.5rem }
table { border-collapse: collapse; font-size: .9rem } th, td { padding: .25rem .7rem; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top }
th.r, td.r { text-align: right } td { font-variant-numeric: tabular-nums }
.scroll { overflow-x: auto } .budget { border-left: 4px solid #d55e00; padding: .3rem 1rem; background: #fdf3ec }
figure { margin: 1.5rem 0 } svg { max-width: 100%; height: auto } code { background: #f3f3f3; padding: .1rem .3rem; overflow-wrap: anywhere }
dt { font-weight: 600 } dd { margin: 0 0 .5rem 1.5rem; overflow-wrap: anywhere }
";

/// The page with the drawings in it, of which the first is the figure.
pub(crate) fn html(report: &Report<'_>, drawings: &[Drawing]) -> String {
    let options = report.options;
    let title = escaped(&options.title);
    let mut body =
        format!("<h1 id=\"title\">{title}</h1>\n<p>Profile <code>{}</code></p>\n", escaped(&options.profile));
    if let Some(figure) = drawings.first() {
        body += &format!("<figure id=\"{}\">\n{}</figure>\n{}", figure.name, inline(&figure.svg), links(figure));
    }
    let notes: Vec<String> = report.notes.iter().map(|sentence| format!("<p>{}</p>\n", escaped(sentence))).collect();
    body += &format!(
        "<h2>Results</h2>\n<p class=\"budget\" id=\"budget\">{}</p>\n{}<div class=\"scroll\">{}</div>\n<p>{}",
        escaped(&report.budget),
        notes.concat(),
        table(&full(report)),
        escaped(&report.spent())
    );
    body += " <a href=\"table.csv\">table.csv</a>, <a href=\"table.md\">table.md</a>, <a href=\"table.tex\">table.tex</a>, <a href=\"results.parquet\">results.parquet</a></p>\n";
    for drawing in drawings.iter().skip(1) {
        let Drawing { name, heading, svg, .. } = drawing;
        let svg = from_tag(svg);
        body += &format!("<h2>{heading}</h2>\n<figure id=\"{name}\">\n{svg}</figure>\n{}", links(drawing));
    }
    if !report.data.is_empty() {
        body += &format!("<h2>Data</h2>\n<div class=\"scroll\">{}</div>\n", table(&data::table(&report.data)));
    }
    // What the paper only draws is said once, below.
    if let Some(order) = report.order().filter(|_| options.kind != Kind::GraphSparsity) {
        body += &format!("<h2>Order of the models</h2>\n<p>{}</p>\n", escaped(&order));
    }
    body += &list(report.ordering.differences.iter().map(|difference| escaped(difference)));
    body += &paper_values(report);
    if !report.warnings.is_empty() {
        let title = report.warnings_title();
        body += &format!("<h2>{title}</h2>\n{}", list(report.warnings.iter().map(|warning| escaped(warning))));
    }
    if !report.failures.is_empty() {
        let failures =
            report.failures.iter().map(|(run, reason)| format!("<code>{}</code>: {}", escaped(run), escaped(reason)));
        body += &format!("<h2>Failed runs</h2>\n{}", list(failures));
    }
    body += &format!("<h2>How it was made</h2>\n<p>Command: <code>{}</code></p>\n<dl>\n", escaped(&options.command));
    for (label, values) in &report.provenance {
        let values: Vec<String> = values.iter().map(|value| escaped(value)).collect();
        body += &format!("<dt>{label}</dt><dd>{}</dd>\n", values.join("<br>"));
    }
    body += "</dl>\n";
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
         </head>\n<body>\n{body}</body>\n</html>\n"
    )
}

/// Links to a drawing's files.
fn links(drawing: &Drawing) -> String {
    let links = drawing.files.iter().map(|(name, _)| format!("<a href=\"{name}\">{name}</a>"));
    format!("<p>{}</p>\n", links.collect::<Vec<_>>().join(", "))
}

fn paper_values(report: &Report<'_>) -> String {
    let kind = report.options.kind;
    if kind == Kind::Qm9 {
        return format!(
            "<h2>Table 3 as published, and ours below</h2>\n<div class=\"scroll\">{}</div>\n<p>Published: {}. {} <a href=\"table-3.csv\">table-3.csv</a>, <a href=\"table-3.tex\">table-3.tex</a></p>\n",
            table(&table_3(report)),
            qm9::TABLE_3_SOURCE,
            qm9::NOTE
        );
    }
    if kind == Kind::Beyond {
        return String::new();
    }
    let mut text = String::from("<h2>The paper's values</h2>\n");
    if kind == Kind::SizeCurve {
        text += "<p>The curves of the paper's Figure 2 are tabulated nowhere, so only Table 2 can be drawn beside ours.</p>\n";
    }
    match paper_table(kind) {
        Some(values) => text += &format!("<div class=\"scroll\">{}</div>\n", table(&values)),
        None => text += &format!("<p>{}</p>\n", autoencoder::FIGURE_5_RIGHT),
    }
    if let Some(source) = source(kind) {
        let rerun = if kind.is_nbody() { format!(" Re-run: {}.", nbody::RERUN_SOURCE) } else { String::new() };
        text += &format!("<p>Source: {source}.{rerun}</p>\n");
    }
    text + &report.authors_line().map_or_else(String::new, |line| format!("<p>{line}</p>\n"))
}

fn table(table: &Table) -> String {
    let class = |align: Align| if align == Align::Right { " class=\"r\"" } else { "" };
    let mut text = String::from("<table>\n<thead><tr>");
    for column in &table.columns {
        text += &format!("<th{}>{}</th>", class(column.align), escaped(&column.title));
    }
    text += "</tr></thead>\n<tbody>\n";
    for row in &table.rows {
        text += "<tr>";
        for (cell, column) in row.iter().zip(&table.columns) {
            text += &format!("<td{}>{}</td>", class(column.align), escaped(cell));
        }
        text += "</tr>\n";
    }
    text + "</tbody>\n</table>"
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.map(|item| format!("<li>{item}</li>\n")).collect();
    if items.is_empty() { String::new() } else { format!("<ul>\n{}</ul>\n", items.concat()) }
}

/// An SVG document as a part of a page: without its XML declaration, if it has one, and with the page's own title and budget for those
/// who cannot see it, in place of the SVG's.
fn inline(svg: &str) -> String {
    let svg = from_tag(svg);
    let words = svg.find("<title>").zip(svg.find("</desc>\n"));
    let svg = words.map_or(svg.into(), |(start, end)| svg[..start].to_owned() + &svg[end + "</desc>\n".len()..]);
    svg.replacen(r#"role="img""#, r#"role="img" aria-labelledby="title" aria-describedby="budget""#, 1)
}

/// An SVG document without what stands before its first tag.
fn from_tag(svg: &str) -> &str {
    svg.find("<svg").map_or(svg, |start| &svg[start..])
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
