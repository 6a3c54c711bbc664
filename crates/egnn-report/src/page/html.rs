//! Tables, lists and drawings as HTML.

use crate::table::{Align, Table};

/// A table. Its text is escaped.
pub(super) fn table(table: &Table) -> String {
    let class = |align: Align| if align == Align::Right { " class=\"r\"" } else { "" };
    let mut text = String::from("<table>\n<thead><tr>");
    for column in &table.columns {
        text += &format!("<th scope=\"col\"{}>{}</th>", class(column.align), escaped(&column.title));
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

/// A table that may be wider than the page, under a name for those who cannot see it.
pub(super) fn wide_table(name: &str, content: &Table) -> String {
    let name = escaped(name);
    format!("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{name}\">{}</div>\n", table(content))
}

/// A list, of which at most `most` items are shown. Items are HTML already.
pub(super) fn list(items: impl ExactSizeIterator<Item = String>, most: usize, others: &str) -> String {
    let count = items.len();
    if count == 0 {
        return String::new();
    }
    let shown: Vec<String> = items.take(most).map(|item| format!("<li>{item}</li>\n")).collect();
    let more = match count.saturating_sub(most) {
        0 => String::new(),
        left => format!("<p class=\"more\">and {} more{}.</p>\n", crate::number::count(left as i64), escaped(others)),
    };
    format!("<ul>\n{}</ul>\n{more}", shown.concat())
}

/// An SVG document as a part of a page: without its XML declaration, if it has one, and with the page's own title and budget for those
/// who cannot see it, in place of the SVG's.
pub(super) fn inline(svg: &str) -> String {
    let svg = from_tag(svg);
    let words = svg.find("<title>").zip(svg.find("</desc>\n"));
    let svg = words.map_or(svg.into(), |(start, end)| svg[..start].to_owned() + &svg[end + "</desc>\n".len()..]);
    svg.replacen(r#"role="img""#, r#"role="img" aria-labelledby="title" aria-describedby="budget""#, 1)
}

/// An SVG document without what stands before its first tag.
pub(super) fn from_tag(svg: &str) -> &str {
    svg.find("<svg").map_or(svg, |start| &svg[start..])
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
