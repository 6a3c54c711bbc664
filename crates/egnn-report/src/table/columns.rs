//! The columns of a report, and what stands in them.

use super::{
    Align, Heading, Table,
    rows::{Row, rows},
};
use crate::{
    budget,
    group::{Group, Measure},
    kind::{Kind, PlacedBy},
    metric::Metric,
    number,
    paper::{self, beyond, qm9},
    report::Report,
};

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Set,
    Model,
    /// Samples, edge probability or dimensions.
    Place,
    Paper(Metric),
    /// The paper's values of every metric in one cell.
    PaperAll,
    Ours(Metric),
    Ratio(Metric),
    Each(Metric),
    /// Error of saying the mean for each molecule.
    OfMean,
    /// Ours as a part of that.
    ShareOfMean,
    /// Molecules that validation and test used.
    Molecules,
    Seeds,
    Epochs,
    /// Epochs without their part of the paper's.
    ShortEpochs,
    /// Epoch of the best validation.
    BestEpoch,
    Steps,
    Time,
    /// Time of one run.
    TimeEach,
    Budget,
    Parameters,
    /// Who published what is not ours.
    Source,
}

use Column::{
    BestEpoch, Budget, Each, Epochs, Model, Molecules, OfMean, Ours, Paper, PaperAll, Parameters, Place, Ratio, Seeds,
    Set, ShareOfMean, ShortEpochs, Source, Steps, Time, TimeEach,
};

/// Every column, for a page.
pub(crate) fn full(report: &Report<'_>) -> Table {
    let kind = report.options.kind;
    let metrics = kind.metrics();
    let mut columns: Vec<Column> = if kind.has_sets() { vec![Set] } else { Vec::new() };
    match kind {
        Kind::SizeCurve | Kind::GraphSparsity => columns.extend([Place, Model]),
        Kind::Table | Kind::Beyond | Kind::Autoencoder => columns.push(Model),
        Kind::EmbeddingSizes | Kind::Qm9 => columns.extend([Model, Place]),
    }
    for &metric in metrics.iter().filter(|metric| metric.is_result()) {
        if matches!(kind, Kind::SizeCurve | Kind::GraphSparsity) {
            columns.extend([Ours(metric), Each(metric)]);
        } else if metric.has_ratio() {
            columns.extend([Paper(metric), Ours(metric), Ratio(metric), Each(metric)]);
        } else {
            columns.extend([Paper(metric), Ours(metric), Each(metric)]);
        }
    }
    if kind == Kind::Qm9 {
        columns.extend([OfMean, ShareOfMean, Molecules]);
    }
    let [median, p95, forward] = [Metric::MseMedian, Metric::MseP95, Metric::Forward];
    let own: (&[Column], &[Column]) = match kind {
        Kind::Table => (&[Ours(median), Ours(p95), Parameters, Ours(forward), Paper(forward), Seeds, Place], &[]),
        Kind::Beyond => (&[Ours(median), Ours(p95), Parameters, Ours(forward), Seeds, Place], &[Source]),
        _ => (&[Seeds], &[]),
    };
    columns.extend(own.0);
    columns.push(Epochs);
    columns.extend((!kind.is_nbody()).then_some(BestEpoch));
    columns.extend(if kind == Kind::Beyond { [Steps, TimeEach] } else { [Steps, Time] });
    columns.extend((kind != Kind::Beyond).then_some(Budget));
    columns.extend(own.1);
    build(report, &columns, false)
}

/// The table of some columns; with `sections` a row of its own before the first row of each set, in place of a column.
pub(super) fn build(report: &Report<'_>, columns: &[Column], sections: bool) -> Table {
    let kind = report.options.kind;
    let headings =
        columns.iter().map(|column| Heading { title: column.title(kind), align: column.align(kind) }).collect();
    let mut table = Table { columns: headings, rows: Vec::new() };
    let mut section = None;
    for row in rows(report) {
        let title = row.set_title().filter(|_| sections);
        if title.is_some() && title != section {
            let mut cells = vec![String::new(); columns.len()];
            cells[0] = title.clone().unwrap_or_default();
            table.rows.push(cells);
            section = title;
        }
        let mut cells: Vec<String> = columns.iter().map(|column| column.cell(kind, &row)).collect();
        if section.is_some() {
            cells[0].insert(0, ' ');
        }
        table.rows.push(cells);
    }
    table
}

impl Column {
    fn title(self, kind: Kind) -> String {
        // Where there is one metric only, its name is said once.
        let results = kind.metrics().iter().filter(|metric| metric.is_result()).count();
        let of = |word: &str, metric: Metric| match results {
            1 => word.to_owned(),
            _ => format!("{word} {}", metric.title()),
        };
        match self {
            Set if kind == Kind::Qm9 => "property".into(),
            Set => "set".into(),
            Model => "model".into(),
            Place => match kind.placed_by() {
                PlacedBy::Samples if kind == Kind::Qm9 => "trained on".into(),
                PlacedBy::Samples => "samples".into(),
                PlacedBy::Probability => "p".into(),
                PlacedBy::Dimensions => "n".into(),
                PlacedBy::Nothing => String::new(),
            },
            Paper(Metric::Forward) => "the paper's, s (GTX 1080 Ti)".into(),
            Paper(metric) => of(kind.others(), metric),
            PaperAll => "paper: BCE/%/F1".into(),
            Ours(Metric::Mse) => "test MSE (mean ± std)".into(),
            Ours(metric) => metric.title().into(),
            OfMean => "MAE of mean".into(),
            ShareOfMean => "of mean's MAE".into(),
            Molecules => "molecules (validation / test)".into(),
            Ratio(metric) => of("ratio", metric),
            Each(metric) => match results {
                1 => "each seed".into(),
                _ => format!("{} of each seed", metric.title()),
            },
            Seeds => "seeds".into(),
            Epochs if kind == Kind::Beyond => "epochs (of those published)".into(),
            Epochs => "epochs (of the paper's)".into(),
            ShortEpochs => "epochs".into(),
            BestEpoch => "best epoch".into(),
            Steps if kind == Kind::Qm9 => "steps (of the paper's)".into(),
            Steps => "steps".into(),
            Time => "time".into(),
            TimeEach => "time a seed".into(),
            Budget => "budget".into(),
            Parameters => "parameters".into(),
            Source => "source of what is published".into(),
        }
    }

    fn align(self, kind: Kind) -> Align {
        match self {
            Set | Model | Ours(Metric::Mse) | Each(_) | Epochs | ShortEpochs | Budget | Source => Align::Left,
            Ours(_) if kind == Kind::GraphSparsity => Align::Left,
            Place | Paper(_) | PaperAll | Ours(_) | Ratio(_) | OfMean | ShareOfMean | Molecules | Seeds | BestEpoch
            | Steps | Time | TimeEach | Parameters => Align::Right,
        }
    }

    fn cell(self, kind: Kind, row: &Row<'_>) -> String {
        let Some(group) = row.group else { return self.cell_without_runs(kind, row) };
        match self {
            Set | Paper(_) | PaperAll | Source => self.cell_without_runs(kind, row),
            Model => group.title(),
            Place => {
                place(kind, row.at).unwrap_or_else(|| if row.set.is_empty() { "-".into() } else { row.set.into() })
            }
            Ours(metric) => {
                let text = group.measure(metric).and_then(Measure::text);
                text.unwrap_or_else(|| if metric.is_result() { reason(group) } else { "-" }.into())
            }
            Ratio(metric) => row.ratio(metric).map_or("-".into(), |ratio| format!("{ratio:.2}")),
            Each(metric) => {
                let seeds = group.measure(metric).map_or(&[][..], |measure| &measure.seeds);
                let each: Vec<String> =
                    seeds.iter().map(|seed| format!("{}: {}", seed.seed, metric.text(seed.value))).collect();
                if each.is_empty() { "-".into() } else { each.join(", ") }
            }
            OfMean => group.mean(Metric::MaeOfMean).map_or("-".into(), |mae| Metric::MaeOfMean.text(mae)),
            ShareOfMean => row.share_of_mean().map_or("-".into(), number::share),
            Molecules => molecules(group),
            Seeds => match (group.usable(), group.planned()) {
                (usable, planned) if usable == planned => planned.to_string(),
                (usable, planned) => format!("{usable} of {planned}"),
            },
            Epochs => budget::epochs(kind, group),
            ShortEpochs => budget::short_epochs(kind, group),
            BestEpoch => group.best_epochs.map_or("-".into(), number::counts),
            Steps => budget::steps(kind, group),
            Time => number::duration(group.seconds),
            TimeEach => group.seconds_each().map_or("-".into(), number::duration),
            Parameters => group.parameters.map_or("-".into(), number::count),
            Budget => budget::verdict(kind, group),
        }
    }

    /// A cell of a row for which nothing was run, or of what does not depend on runs.
    fn cell_without_runs(self, kind: Kind, row: &Row<'_>) -> String {
        let paper = |metric: Metric| row.paper_text(metric).unwrap_or_else(|| "-".into());
        match self {
            Set => row.set_title().unwrap_or_else(|| "-".into()),
            Model => paper::title(row.model).into(),
            Place => place(kind, row.at).unwrap_or_else(|| "-".into()),
            Paper(metric) => paper(metric),
            PaperAll => {
                let values: Vec<String> = kind.metrics().iter().map(|&metric| paper(metric)).collect();
                if values.iter().all(|value| value == "-") { "-".into() } else { values.join("/") }
            }
            Ours(metric) if metric == kind.metrics()[0] => "not run".into(),
            Source => beyond::published(row.model).map_or("-", |row| row.source).into(),
            _ => "-".into(),
        }
    }
}

/// Why a group has no mean of a metric; of those that have one of another, it is not asked.
fn reason(group: &Group) -> &'static str {
    if group.usable() > 0 {
        "-"
    } else if group.failed > 0 {
        "failed"
    } else if group.pending > 0 {
        "pending"
    } else {
        "no usable value"
    }
}

/// How many molecules validation and test used, of all that the paper's splits have.
fn molecules(group: &Group) -> String {
    let used = [group.settings.valid_samples, group.settings.test_samples].map(|n| n.map_or("-".into(), number::count));
    if !paper::has_set(Kind::Qm9, &group.graphs) {
        return used.join(" / ");
    }
    let all = [qm9::VALID_MOLECULES, qm9::TEST_MOLECULES].map(number::count);
    format!("{} of {} / {} of {}", used[0], all[0], used[1], all[1])
}

/// A place on the axis in print.
pub(crate) fn place(kind: Kind, at: Option<f64>) -> Option<String> {
    Some(match kind.placed_by() {
        PlacedBy::Samples => number::count(at? as i64),
        PlacedBy::Probability | PlacedBy::Dimensions => at?.to_string(),
        PlacedBy::Nothing => return None,
    })
}
