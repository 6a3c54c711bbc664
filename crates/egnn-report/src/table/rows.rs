//! What stands in a report's rows.

use super::{Align, Column, Table};
use crate::{budget, group::Group, number, paper, report::Report, write::Kind};

/// A row: a group, a paper row, or both.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) group: Option<&'a Group>,
    pub(super) paper: Option<&'a paper::PaperRow>,
}

impl Row<'_> {
    /// Ours over the paper's.
    pub(super) fn ratio(&self) -> Option<f64> {
        Some(self.group?.mean? / self.paper?.mse)
    }
}

/// The rows of a report: by size and model for a curve, Table 2 in its order (then models that it lacks) for a table.
pub(super) fn rows<'a>(report: &'a Report<'_>) -> Vec<Row<'a>> {
    let mut groups: Vec<&Group> = report.groups.iter().collect();
    match report.options.kind {
        Kind::SizeCurve => {
            // Stable: within a size the paper's best comes first.
            groups.sort_by_key(|group| group.samples);
            let paper = |group: &Group| paper::row(&group.model).filter(|_| group.samples == paper::TABLE_2_SAMPLES);
            groups.into_iter().map(|group| Row { group: Some(group), paper: paper(group) }).collect()
        }
        Kind::Table => {
            let mut rows = Vec::new();
            for paper in &paper::TABLE_2 {
                let mut found = groups.iter().filter(|group| group.model == paper.model).peekable();
                if found.peek().is_none() {
                    rows.push(Row { group: None, paper: Some(paper) });
                }
                rows.extend(found.map(|group| Row { group: Some(group), paper: Some(paper) }));
            }
            let others = groups.iter().filter(|group| paper::row(&group.model).is_none());
            rows.extend(others.map(|group| Row { group: Some(group), paper: None }));
            rows
        }
    }
}

type Cell = fn(&Report<'_>, &Row<'_>) -> String;

const MODEL: (&str, Align, Cell) = ("model", Align::Left, |_, row| match (row.group, row.paper) {
    (Some(group), _) => group.title(),
    (None, Some(paper)) => paper.title.into(),
    (None, None) => String::new(),
});
const SAMPLES: (&str, Align, Cell) = ("samples", Align::Right, |_, row| of(row, |group| number::count(group.samples)));
const PAPER: (&str, Align, Cell) =
    ("paper", Align::Right, |_, row| row.paper.map_or("-".into(), |paper| paper.mse.to_string()));
const ERROR: (&str, Align, Cell) = ("test MSE (mean ± std)", Align::Left, |_, row| match row.group {
    None => "not run".into(),
    Some(group) => match group.mean {
        Some(mean) => number::mean_and_spread(mean, group.spread),
        None if group.failed > 0 => "failed".into(),
        None if group.pending > 0 => "pending".into(),
        None => "no usable value".into(),
    },
});
const RATIO: (&str, Align, Cell) =
    ("ratio", Align::Right, |_, row| row.ratio().map_or("-".into(), |ratio| format!("{ratio:.2}")));
const RUNS: (&str, Align, Cell) = ("seeds", Align::Right, |_, row| {
    of(row, |group| {
        let planned = group.seeds.len() + group.unusable + group.failed + group.pending;
        if planned == group.seeds.len() { planned.to_string() } else { format!("{} of {planned}", group.seeds.len()) }
    })
});
const EACH: (&str, Align, Cell) = ("each seed", Align::Left, |_, row| {
    of(row, |group| {
        let each: Vec<String> =
            group.seeds.iter().map(|seed| format!("{}: {}", seed.seed, number::mse(seed.mse))).collect();
        if each.is_empty() { "-".into() } else { each.join(", ") }
    })
});
const EPOCHS: (&str, Align, Cell) =
    ("epochs (of the paper's)", Align::Left, |report, row| of(row, |group| budget::epochs(report.options.kind, group)));
const STEPS: (&str, Align, Cell) =
    ("steps", Align::Right, |_, row| of(row, |group| group.steps.map_or("-".into(), number::counts)));
const TIME: (&str, Align, Cell) = ("time", Align::Right, |_, row| of(row, |group| number::duration(group.seconds)));
const BUDGET: (&str, Align, Cell) = ("budget", Align::Left, |report, row| {
    let kind = report.options.kind;
    of(row, |group| match (budget::share(kind, group), budget::is_complete(kind, group)) {
        (_, true) => "the paper's".into(),
        (Some(share), false) if share < 1.0 => "less than the paper's".into(),
        (Some(_), false) => "other training size".into(),
        (None, _) => "-".into(),
    })
});

/// The columns that fit a terminal.
pub(crate) fn narrow(report: &Report<'_>) -> Table {
    match report.options.kind {
        Kind::SizeCurve => build(report, &[SAMPLES, MODEL, ERROR, RUNS, EPOCHS, STEPS, TIME]),
        Kind::Table => {
            let elsewhere = report.groups.iter().any(|group| group.samples != paper::TABLE_2_SAMPLES);
            let columns = [MODEL, PAPER, ERROR, RATIO, RUNS, EPOCHS, SAMPLES];
            build(report, &columns[..if elsewhere { 7 } else { 6 }])
        }
    }
}

/// Every column, for a page.
pub(crate) fn full(report: &Report<'_>) -> Table {
    match report.options.kind {
        Kind::SizeCurve => build(report, &[SAMPLES, MODEL, ERROR, EACH, RUNS, EPOCHS, STEPS, TIME, BUDGET]),
        Kind::Table => build(report, &[MODEL, PAPER, ERROR, RATIO, EACH, RUNS, SAMPLES, EPOCHS, STEPS, TIME, BUDGET]),
    }
}

fn build(report: &Report<'_>, columns: &[(&str, Align, Cell)]) -> Table {
    Table {
        columns: columns.iter().map(|(title, align, _)| Column { title: (*title).into(), align: *align }).collect(),
        rows: rows(report).iter().map(|row| columns.iter().map(|(_, _, cell)| cell(report, row)).collect()).collect(),
    }
}

/// A cell that only a group has.
fn of(row: &Row<'_>, cell: impl Fn(&Group) -> String) -> String {
    row.group.map_or_else(|| "-".into(), cell)
}
