//! Comma-separated values: a row for each group, every number in full.

use super::rows::{Row, rows};
use crate::{
    budget,
    kind::{Kind, PlacedBy},
    metric::Metric,
    paper::beyond,
    report::Report,
};
use egnn_schema::Property;

/// A field of a row.
#[derive(Clone, Copy)]
enum Field {
    Property,
    Unit,
    Set,
    Model,
    Variant,
    Place,
    TrainSamples,
    Paper(Metric),
    Mean(Metric),
    Spread(Metric),
    Ratio(Metric),
    ShareOfMean,
    ValidSamples,
    TestSamples,
    Seeds,
    BySeed(Metric),
    Failed,
    Pending,
    EpochsMin,
    EpochsMax,
    BestEpochMin,
    BestEpochMax,
    PaperEpochs,
    PaperSteps,
    FullBudget,
    StepsMin,
    StepsMax,
    Seconds,
    Parameters,
    PublishedSpread,
    Source,
}

/// The report's table. Missing values are empty.
pub(crate) fn csv(report: &Report<'_>) -> String {
    let kind = report.options.kind;
    let fields = fields(kind);
    let names: Vec<String> = fields.iter().map(|field| field.name(kind)).collect();
    let mut text = names.join(",") + "\n";
    for row in rows(report) {
        let cells: Vec<String> = fields.iter().map(|field| field.value(kind, &row)).collect();
        text += &cells.join(",");
        text.push('\n');
    }
    text
}

fn fields(kind: Kind) -> Vec<Field> {
    if kind == Kind::Qm9 {
        return of_molecules();
    }
    let mut fields = Vec::new();
    fields.extend((!kind.is_nbody()).then_some(Field::Set));
    fields.extend([Field::Model, Field::Variant]);
    fields.extend(matches!(kind.placed_by(), PlacedBy::Probability | PlacedBy::Dimensions).then_some(Field::Place));
    fields.push(Field::TrainSamples);
    for &metric in kind.metrics() {
        let is_compared = kind != Kind::GraphSparsity && metric.is_result();
        fields
            .extend((is_compared || (kind, metric) == (Kind::Table, Metric::Forward)).then_some(Field::Paper(metric)));
        fields.extend((is_compared && kind == Kind::Beyond).then_some(Field::PublishedSpread));
        fields.extend([Field::Mean(metric), Field::Spread(metric)]);
        fields.extend((is_compared && metric.has_ratio()).then_some(Field::Ratio(metric)));
    }
    fields.push(Field::Seeds);
    fields.extend(kind.metrics().iter().map(|&metric| Field::BySeed(metric)));
    fields.extend([Field::Failed, Field::Pending, Field::EpochsMin, Field::EpochsMax]);
    if !kind.is_nbody() {
        fields.extend([Field::BestEpochMin, Field::BestEpochMax]);
    }
    fields.extend([
        Field::PaperEpochs,
        Field::FullBudget,
        Field::StepsMin,
        Field::StepsMax,
        Field::Seconds,
        Field::Parameters,
    ]);
    fields.extend((kind == Kind::Beyond).then_some(Field::Source));
    fields
}

fn of_molecules() -> Vec<Field> {
    let mae = Metric::Mae;
    vec![
        Field::Property,
        Field::Unit,
        Field::Set,
        Field::Model,
        Field::Variant,
        Field::TrainSamples,
        Field::ValidSamples,
        Field::TestSamples,
        Field::Paper(mae),
        Field::Mean(mae),
        Field::Spread(mae),
        Field::Ratio(mae),
        Field::Mean(Metric::MaeOfMean),
        Field::ShareOfMean,
        Field::Seeds,
        Field::BySeed(mae),
        Field::Failed,
        Field::Pending,
        Field::EpochsMin,
        Field::EpochsMax,
        Field::BestEpochMin,
        Field::BestEpochMax,
        Field::PaperEpochs,
        Field::FullBudget,
        Field::StepsMin,
        Field::StepsMax,
        Field::PaperSteps,
        Field::Seconds,
        Field::Parameters,
    ]
}

impl Field {
    fn name(self, kind: Kind) -> String {
        let fixed = match self {
            Self::Property => "property",
            Self::Unit => "unit",
            Self::Set => "set",
            Self::ShareOfMean => "share_of_mean",
            Self::ValidSamples => "valid_samples",
            Self::TestSamples => "test_samples",
            Self::PaperSteps => "paper_steps",
            Self::Model => "model",
            Self::Variant => "variant",
            Self::Place if kind.placed_by() == PlacedBy::Probability => "p",
            Self::Place => "dim",
            Self::TrainSamples => "train_samples",
            Self::Paper(metric) => return format!("{}_{}", kind.others(), metric.short()),
            Self::Mean(metric) => return format!("mean_{}", metric.column()),
            Self::Spread(metric) => return format!("std_{}", metric.column()),
            Self::Ratio(Metric::Mse) => "ratio",
            Self::Ratio(metric) => return format!("ratio_{}", metric.short()),
            Self::Seeds => "seeds",
            Self::BySeed(metric) => return format!("{}_by_seed", metric.column()),
            Self::Failed => "failed",
            Self::Pending => "pending",
            Self::EpochsMin => "epochs_min",
            Self::EpochsMax => "epochs_max",
            Self::BestEpochMin => "best_epoch_min",
            Self::BestEpochMax => "best_epoch_max",
            Self::PaperEpochs => return format!("{}_epochs", kind.others()),
            Self::FullBudget => "full_budget",
            Self::StepsMin => "steps_min",
            Self::StepsMax => "steps_max",
            Self::Seconds => "seconds",
            Self::Parameters => "parameters",
            Self::PublishedSpread => "published_std",
            Self::Source => "source",
        };
        fixed.into()
    }

    fn value(self, kind: Kind, row: &Row<'_>) -> String {
        let group = row.group;
        let measure = |metric| group.and_then(|group| group.measure(metric));
        match self {
            Self::Property => quoted(row.set),
            Self::Unit => Property::from_name(row.set).map_or("", Property::unit).into(),
            Self::ShareOfMean => optional(row.share_of_mean()),
            Self::ValidSamples => optional(group.and_then(|group| group.settings.valid_samples)),
            Self::TestSamples => optional(group.and_then(|group| group.settings.test_samples)),
            Self::PaperSteps => optional(budget::paper_steps(kind, row.model)),
            Self::Set if kind == Kind::Qm9 => quoted(group.map_or("", |group| &group.graphs)),
            Self::Set => quoted(group.map_or(row.set, |group| &group.graphs)),
            Self::Model => quoted(row.model),
            Self::Variant => quoted(group.map_or("", |group| &group.variant)),
            Self::Place => optional(row.at),
            Self::TrainSamples => optional(group.map(|group| group.settings.train_samples)),
            Self::Paper(metric) => optional(row.paper(metric)),
            Self::Mean(metric) => optional(measure(metric).and_then(|measure| measure.mean)),
            Self::Spread(metric) => optional(measure(metric).and_then(|measure| measure.spread)),
            Self::Ratio(metric) => optional(row.ratio(metric)),
            Self::Seeds => group.map_or(0, crate::group::Group::usable).to_string(),
            Self::BySeed(metric) => {
                let seeds = measure(metric).map_or(&[][..], |measure| &measure.seeds);
                let each: Vec<String> = seeds.iter().map(|seed| format!("{}:{}", seed.seed, seed.value)).collect();
                quoted(&each.join(";"))
            }
            Self::Failed => group.map_or(0, |group| group.failed).to_string(),
            Self::Pending => group.map_or(0, |group| group.pending).to_string(),
            Self::EpochsMin => optional(group.and_then(|group| group.epochs).map(|(low, _)| low)),
            Self::EpochsMax => optional(group.and_then(|group| group.epochs).map(|(_, high)| high)),
            Self::BestEpochMin => optional(group.and_then(|group| group.best_epochs).map(|(low, _)| low)),
            Self::BestEpochMax => optional(group.and_then(|group| group.best_epochs).map(|(_, high)| high)),
            Self::PaperEpochs => optional(budget::paper_epochs_of(kind, row.model, group)),
            Self::FullBudget => {
                optional(group.and_then(|group| budget::share(kind, group).map(|_| budget::is_complete(kind, group))))
            }
            Self::StepsMin => optional(group.and_then(|group| group.steps).map(|(low, _)| low)),
            Self::StepsMax => optional(group.and_then(|group| group.steps).map(|(_, high)| high)),
            Self::Seconds => optional(group.map(|group| group.seconds)),
            Self::Parameters => optional(group.and_then(|group| group.parameters)),
            Self::PublishedSpread => optional(beyond::published(row.model).and_then(|row| row.spread)),
            Self::Source => quoted(beyond::published(row.model).map_or("", |row| row.source)),
        }
    }
}

pub(crate) fn optional(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// A field as RFC 4180 has it.
pub(crate) fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.into() }
}
