//! Every run as data of the page's table and plots.

use super::{Content, embedded};
use crate::{
    figure,
    group::title,
    kind::{Kind, PlacedBy},
    paper,
    report::Report,
    results::{Run, Status},
};
use serde_json::{Value, json};

/// What the part on all runs shows.
pub(super) struct Runs {
    pub(super) data: String,
    pub(super) curve_words: String,
}

/// A column of the table: its heading, how its values are shown (see `TEXT` in runs.js), and its value of a run.
struct Column<'a> {
    title: String,
    shown_as: &'static str,
    value: Box<dyn Fn(&Run) -> Value + 'a>,
}

pub(super) fn runs(report: &Report<'_>, content: &Content<'_>) -> Runs {
    let kind = report.options.kind;
    let runs = &content.results.runs;
    let columns = columns(report, content);
    let mut names = figure::series(report);
    let mut series = Vec::with_capacity(runs.len());
    for run in runs {
        let title = title(&run.model, &run.variant);
        let place = names.iter().position(|(name, _)| *name == title);
        series.push(place.unwrap_or_else(|| {
            // What the figure draws as a line of its own, or not at all.
            names.push((title, figure::look(&run.model)));
            names.len() - 1
        }));
    }
    let metrics: Vec<Value> = kind
        .metrics()
        .iter()
        .filter_map(|metric| {
            let column = columns.iter().position(|column| column.title == metric.title())?;
            Some(json!({"title": metric.title(), "column": column, "isPositive": metric.is_positive()}))
        })
        .collect();
    let set = |run: &Run| paper::set_title(kind, &run.set);
    let has_sets = runs.iter().any(|run| !run.set.is_empty());
    let data = json!({
        "columns": columns.iter().map(|column| json!({"title": column.title, "type": column.shown_as})).collect::<Vec<_>>(),
        "names": names.iter().map(|(title, look)| json!({"title": title, "look": look})).collect::<Vec<_>>(),
        "series": series,
        "at": runs.iter().map(|run| run.at).collect::<Vec<_>>(),
        "place": place_title(kind),
        "isLogarithmic": kind.placed_by() == PlacedBy::Samples,
        "sets": has_sets.then(|| runs.iter().map(set).collect::<Vec<_>>()),
        "setName": if kind == Kind::Qm9 { "property" } else { "set" },
        "metrics": metrics,
        "links": content.links.iter().any(|&is| is).then_some(content.links),
        "loss": report.options.kind.loss(),
        "curves": content.curves.shown.iter().map(|curve| json!({
            "row": curve.row,
            "epoch": curve.epoch,
            "seconds": curve.seconds,
            "valid": curve.valid,
            "train": curve.train,
        })).collect::<Vec<_>>(),
    });
    // Of ten thousand runs a row at a time: as values they would take ten times the room.
    let mut rows = String::from("{\"rows\":[");
    for (index, run) in runs.iter().enumerate() {
        let cells: Value = columns.iter().map(|column| (column.value)(run)).collect();
        rows += if index > 0 { "," } else { "" };
        rows += &embedded(&cells);
    }
    let others = embedded(&data);
    Runs { data: format!("{rows}],{}", &others[1..]), curve_words: content.curves.words() }
}

fn place_title(kind: Kind) -> &'static str {
    match kind.placed_by() {
        PlacedBy::Samples if kind == Kind::Qm9 => "training molecules",
        PlacedBy::Samples => "training samples",
        PlacedBy::Probability => "edge probability p",
        PlacedBy::Dimensions => "dimensions n",
        PlacedBy::Nothing => "",
    }
}

fn columns<'a>(report: &'a Report<'_>, content: &Content<'_>) -> Vec<Column<'a>> {
    let kind = report.options.kind;
    let runs = &content.results.runs;
    let mut columns: Vec<Column<'a>> = Vec::new();
    let mut add = |title: &str, shown_as, value: Box<dyn Fn(&Run) -> Value + 'a>| {
        columns.push(Column { title: title.into(), shown_as, value });
    };
    add("run", "run", Box::new(|run| json!(run.run)));
    let live = report.live;
    add(
        "status",
        "text",
        Box::new(move |run| match (run.status, live.and_then(|live| live.progress.get(&run.run))) {
            (Status::Finished, _) => json!("finished"),
            (Status::Failed, _) => json!("failed"),
            (Status::Pending, Some(progress)) => json!(progress),
            (Status::Pending, None) => json!("pending"),
        }),
    );
    if runs.iter().any(|run| !run.set.is_empty()) {
        let title = if kind == Kind::Qm9 { "property" } else { "set" };
        add(title, "text", Box::new(move |run| json!(paper::set_title(kind, &run.set))));
    }
    add("model", "text", Box::new(|run| json!(title(&run.model, &run.variant))));
    if kind.placed_by() != PlacedBy::Nothing {
        let shown_as = if kind.placed_by() == PlacedBy::Samples { "count" } else { "whole" };
        add(place_title(kind), shown_as, Box::new(|run| json!(run.at)));
    }
    add("seed", "whole", Box::new(|run| json!(run.seed)));
    for &metric in kind.metrics() {
        if runs.iter().any(|run| run.value(metric).is_some()) {
            add(metric.title(), "value", Box::new(move |run| json!(run.value(metric))));
        }
    }
    add("epochs", "count", Box::new(|run| json!(run.epochs)));
    if runs.iter().any(|run| run.best_epoch.is_some()) {
        add("best epoch", "count", Box::new(|run| json!(run.best_epoch)));
    }
    add("steps", "count", Box::new(|run| json!(run.steps)));
    add("time", "seconds", Box::new(|run| json!(run.seconds.filter(|seconds| seconds.is_finite()))));
    add("parameters", "count", Box::new(|run| json!(run.parameters)));
    if runs.iter().any(|run| run.status == Status::Failed) {
        let reason = |run: &Run| if run.status == Status::Failed { json!(run.reason) } else { Value::Null };
        add("reason", "text", Box::new(reason));
    }
    columns
}
