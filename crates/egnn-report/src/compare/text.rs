//! A comparison for people: at most 100 columns.

use super::{Circumstance, Comparison, Count, Difference, Equality, Measured, quantity::Better};
use crate::{
    number::{self, MSE, mean_and_spread},
    table::{Align, Heading, Table, aligned, cut},
};
use egnn_schema::columns::results::DATASET_HASH;

/// Columns of the terminal.
const WIDTH: usize = 100;
/// Letters of a list of values.
const VALUES: usize = 34;
/// Runs without a partner that are named.
const NAMED: usize = 3;

pub(super) fn text(comparison: &Comparison) -> String {
    let mut text = String::new();
    for (letter, side) in ["A", "B"].iter().zip(&comparison.sides) {
        text += &line(&format!("{letter}  {}: {}", side.name, count(side)));
    }
    text += &format!("\n{}\n", equality(comparison));
    text += &configuration(comparison);
    text += &circumstances(&comparison.circumstances);
    text += &metrics(comparison);
    for (index, (letter, other)) in [("A", "B"), ("B", "A")].into_iter().enumerate() {
        text += &alone(letter, other, &comparison.sides[index].alone);
        let only = &comparison.only[index];
        if !only.is_empty() {
            text += &line(&format!("Measured only in {letter}: {}", only.join(", ")));
        }
    }
    text
}

fn line(text: &str) -> String {
    cut(&clean(text), WIDTH) + "\n"
}

/// Text without what moves a terminal's cursor.
fn clean(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// `9 runs finished, 1 failed`.
fn count(side: &Count) -> String {
    let count = |n: usize| number::count(n as i64);
    let runs = if side.finished == 1 { "run" } else { "runs" };
    let mut counts = vec![format!("{} {runs} finished", count(side.finished))];
    let others = [(side.failed, "failed"), (side.pending, "not finished")];
    counts.extend(others.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", count(n))));
    counts.join(", ")
}

fn equality(comparison: &Comparison) -> &'static str {
    match comparison.equality {
        Equality::Complete => "Equal: the same runs, which agree in every semantic column bit for bit.",
        Equality::Measured => "Equal: all runs have partners with the same metrics bit for bit, under other ids.",
        Equality::None if comparison.groups.is_empty() => "Nothing measured can be compared: no run has a partner.",
        Equality::None if metrics_agree(comparison) => {
            "The metrics of all pairs are bit for bit equal; but not every run has a partner."
        }
        Equality::None => "The results differ.",
    }
}

fn metrics_agree(comparison: &Comparison) -> bool {
    let mut pairs = comparison
        .groups
        .iter()
        .flat_map(|group| &group.measured)
        .filter(|measured| !measured.quantity.is_circumstance)
        .filter_map(|measured| measured.paired.as_ref())
        .peekable();
    pairs.peek().is_some() && pairs.all(|paired| paired.is_equal)
}

fn configuration(comparison: &Comparison) -> String {
    let mut rows = Vec::new();
    let all = comparison.groups.len();
    for Difference { field, values, groups, models } in &comparison.differences {
        let place = if *groups == all {
            String::new()
        } else if let [model] = models.as_slice() {
            clean(&format!("{model}, {groups} of {all} groups"))
        } else {
            format!("{groups} of {all} groups")
        };
        rows.push(row(field, values, place));
    }
    let differs = table(["field", "A", "B", "where"], rows);
    let mut text = if differs.is_empty() {
        if all > 0 { "\nThe configurations of compared runs are the same.\n".into() } else { String::new() }
    } else {
        format!("\nConfiguration that differs between compared runs\n{differs}")
    };
    let varying = comparison.varying.iter().map(|Difference { field, values, .. }| row(field, values, String::new()));
    let varying = table(["field", "A", "B"], varying.collect());
    if !varying.is_empty() {
        text += &format!("\nRuns of a model are told apart by, and compared where it agrees\n{varying}");
    }
    text
}

fn circumstances(circumstances: &[Circumstance]) -> String {
    let differing = circumstances.iter().filter(|circumstance| circumstance.differs());
    let short = |values: &Vec<String>| {
        let is_hash = |value: &str| value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
        values.iter().map(|value| if is_hash(value) { value[..12].into() } else { value.clone() }).collect()
    };
    let of = |of: &Circumstance| row(of.column, &of.values.each_ref().map(short), String::new());
    let rows: Vec<Vec<String>> = differing.map(of).collect();
    if rows.is_empty() {
        return "\nCircumstances (data, versions, backend, machine): the same.\n".into();
    }
    let mut text = format!("\nCircumstances that differ (no configuration)\n{}", table(["column", "A", "B"], rows));
    let is_other = |of: &Circumstance| {
        of.column == DATASET_HASH.name
            && !of.values[0].is_empty()
            && of.values[0].iter().all(|value| !of.values[1].contains(value))
    };
    if circumstances.iter().any(is_other) {
        text += "No run of A has the data of a run of B: their metrics are of other samples.\n";
    }
    text
}

fn row(name: &str, values: &[Vec<String>; 2], place: String) -> Vec<String> {
    let [a, b] = values.each_ref().map(|values| clean(&list(values)));
    vec![clean(name), a, b, place]
}

/// `100, 200, 400 and 5 more`.
fn list(values: &[String]) -> String {
    if values.is_empty() {
        return "-".into();
    }
    let mut text = String::new();
    for (index, value) in values.iter().enumerate() {
        let more = values.len() - index;
        if index > 0 && text.chars().count() + value.chars().count() + 2 > VALUES {
            return format!("{text} and {more} more");
        }
        text += &format!("{}{value}", if index > 0 { ", " } else { "" });
    }
    text
}

/// Columns of text, the last of which may be empty throughout; nothing without rows.
fn table<const N: usize>(titles: [&str; N], rows: Vec<Vec<String>>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let last = if rows.iter().all(|row| row[N - 1].is_empty()) { N - 1 } else { N };
    let columns = titles[..last].iter().map(|title| Heading { title: (*title).into(), align: Align::Left }).collect();
    let rows = rows.into_iter().map(|row| row.into_iter().take(last).collect()).collect();
    aligned(&Table { columns, rows }, WIDTH)
}

/// One table of all groups, with a line before the rows of each.
fn metrics(comparison: &Comparison) -> String {
    let titles = ["metric", "A", "B", "B - A", "B / A", "pairs", "B - A by seed", "B better"];
    let heading = |(index, title): (usize, &str)| Heading {
        title: title.into(),
        align: if index == 0 { Align::Left } else { Align::Right },
    };
    // Of equal results only what they cost can differ.
    let is_equal = comparison.equality != Equality::None;
    let shown = |measured: &&Measured| measured.quantity.is_shown && (!is_equal || measured.quantity.is_circumstance);
    let groups = comparison.groups.iter();
    let rows: Vec<Vec<String>> =
        groups.clone().flat_map(|group| group.measured.iter().filter(shown).map(cells)).collect();
    if rows.is_empty() {
        return String::new();
    }
    let table = aligned(&Table { columns: titles.into_iter().enumerate().map(heading).collect(), rows }, WIDTH);
    let mut lines = table.lines();
    let mut text =
        String::from("\nMetrics: ↓ less is better, ↑ more is better, * differs from one execution to the next\n");
    for line in lines.by_ref().take(2) {
        text += &format!("{line}\n");
    }
    for group in groups {
        let [a, b] = group.counts();
        text += &line(&format!("{} ({a} in A, {b} in B)", group.title()));
        for line in lines.by_ref().take(group.measured.iter().filter(shown).count()) {
            text += &format!("{line}\n");
        }
    }
    text + "Training, memory and every digit: --json\n"
}

fn cells(measured: &Measured) -> Vec<String> {
    let quantity = measured.quantity;
    let arrow = match quantity.better {
        Some(Better::Less) => " ↓",
        Some(Better::More) => " ↑",
        None => "",
    };
    let star = if quantity.is_circumstance { "*" } else { "" };
    let [a, b] = measured.means.map(|mean| mean_and_spread(mean.mean, None, MSE));
    let ratio = measured.ratio().map_or("-".into(), |ratio| format!("{ratio:.3}"));
    let mut cells =
        vec![format!("  {}{arrow}{star}", quantity.column), a, b, signed(measured.difference(), None), ratio];
    cells.extend(match &measured.paired {
        None => ["0".into(), "-".into(), "-".into()],
        Some(paired) => [
            paired.difference.n.to_string(),
            if paired.is_equal { "equal".into() } else { signed(paired.difference.mean, paired.difference.sd) },
            match paired.b_better {
                Some(better) if !paired.is_equal => format!("{better} of {}", paired.difference.n),
                _ => "-".into(),
            },
        ],
    });
    cells
}

/// A difference with its sign.
fn signed(value: f64, spread: Option<f64>) -> String {
    let sign = if value > 0.0 { "+" } else { "" };
    format!("{sign}{}", mean_and_spread(value, spread, number::MAE))
}

fn alone(letter: &str, other: &str, runs: &[String]) -> String {
    if runs.is_empty() {
        return String::new();
    }
    let more = runs.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {} more", number::count(more as i64)) } else { String::new() };
    let mut named: Vec<String> = runs.iter().take(NAMED).map(|run| cut(run, 26)).collect();
    named.dedup();
    let count = number::count(runs.len() as i64);
    let runs = if runs.len() == 1 { "run" } else { "runs" };
    format!(
        "\n{count} {runs} of {letter} without a partner in {other}:\n{}",
        line(&format!("  {}{more}", named.join(", ")))
    )
}
