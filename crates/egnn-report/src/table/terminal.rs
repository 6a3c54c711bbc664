//! Text aligned in columns, for a terminal.

use super::{Align, Table, data, narrow};
use crate::report::Report;

/// Columns of a terminal that a report's table must fit.
const WIDTH: usize = 100;
/// Spaces between columns.
const GAP: usize = 2;

/// The report as a terminal shows it: title, table, budget, order, failures.
pub(crate) fn terminal(report: &Report<'_>) -> String {
    let options = report.options;
    let mut text = format!("{} ({} profile)\n\n", options.title, options.profile);
    let table = narrow(report, |table| breadth(&widths(table)) <= WIDTH);
    text += &aligned(&table, WIDTH);
    let mut lines = vec![report.budget.clone()];
    lines.extend(report.notes.iter().cloned());
    lines.extend(report.order());
    lines.extend(report.ordering.differences.iter().map(|difference| format!("- {difference}")));
    lines.extend(report.paper_line());
    lines.extend(report.authors_line().map(Into::into));
    if options.kind.has_sets() {
        lines.extend(data::sentences(&report.data));
    }
    lines.extend(report.warnings.iter().cloned());
    lines.extend(report.failures.iter().map(|(run, reason)| format!("FAILED {run}: {reason}")));
    text.push('\n');
    for line in lines {
        text += &wrapped(&line, WIDTH);
    }
    text
}

/// A table in at most `width` columns: where it is too wide, the widest column of text is cut.
pub(crate) fn aligned(table: &Table, width: usize) -> String {
    let mut widths = widths(table);
    fit(&mut widths, table, width);
    let mut text = String::new();
    let titles: Vec<&str> = table.columns.iter().map(|column| column.title.as_str()).collect();
    text += &line(&titles, table, &widths);
    text += &"-".repeat(breadth(&widths));
    text.push('\n');
    for row in &table.rows {
        let cells: Vec<&str> = row.iter().map(String::as_str).collect();
        text += &line(&cells, table, &widths);
    }
    text
}

/// What each column needs to be shown whole.
fn widths(table: &Table) -> Vec<usize> {
    let letters = |text: &str| text.chars().count();
    let mut widths: Vec<usize> = table.columns.iter().map(|column| letters(&column.title)).collect();
    for row in &table.rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(letters(cell));
        }
    }
    widths
}

/// Columns and the gaps between them.
fn breadth(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

fn fit(widths: &mut [usize], table: &Table, limit: usize) {
    const LEAST: usize = 8;
    while breadth(widths) > limit {
        let cuttable = (0..widths.len()).filter(|&i| table.columns[i].align == Align::Left && widths[i] > LEAST);
        let Some(widest) = cuttable.max_by_key(|&i| widths[i]) else { return };
        widths[widest] -= 1;
    }
}

/// Text in at most `width` letters, cut in the middle: settings are told apart by their ends.
pub(crate) fn cut(text: &str, width: usize) -> String {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() <= width {
        return text.into();
    }
    let (start, end) = (width / 2, width - width / 2 - 1);
    letters[..start].iter().chain(['…'].iter()).chain(&letters[letters.len() - end..]).collect()
}

fn line(cells: &[&str], table: &Table, widths: &[usize]) -> String {
    let mut text = String::new();
    for ((cell, column), &width) in cells.iter().zip(&table.columns).zip(widths) {
        if !text.is_empty() {
            text += &" ".repeat(GAP);
        }
        let shown = cut(cell, width);
        match column.align {
            Align::Left => text += &format!("{shown:<width$}"),
            Align::Right => text += &format!("{shown:>width$}"),
        }
    }
    format!("{}\n", text.trim_end())
}

/// Breaks a line between words; what follows is indented.
fn wrapped(line: &str, width: usize) -> String {
    let mut text = String::new();
    let mut used = 0;
    for word in line.split(' ') {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            text += "\n  ";
            used = 2;
        } else if used > 0 {
            text.push(' ');
            used += 1;
        }
        text += word;
        used += length;
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Heading;

    fn table(name: &str) -> Table {
        let column = |title: &str, align| Heading { title: title.into(), align };
        Table {
            columns: vec![column("name", Align::Left), column("n", Align::Right)],
            rows: vec![vec![name.into(), "1".into()], vec!["ab".into(), "1,000".into()]],
        }
    }

    #[test]
    fn columns_are_aligned() {
        assert_eq!(aligned(&table("abc ± d"), 80), "name         n\n--------------\nabc ± d      1\nab       1,000\n");
    }

    #[test]
    fn wide_text_is_cut_and_numbers_are_not() {
        let text = aligned(&table(&"x".repeat(300)), 40);
        assert!(text.lines().all(|line| line.chars().count() <= 40), "{text}");
        assert!(text.contains("x…") && text.contains("1,000"));
    }

    #[test]
    fn long_sentences_are_broken_between_words() {
        assert_eq!(wrapped("one two three four", 9), "one two\n  three\n  four\n");
    }
}
