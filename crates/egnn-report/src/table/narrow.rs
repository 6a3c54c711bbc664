//! The columns of a report in a terminal: as many as fit.

use super::{
    Table,
    columns::{
        Column::{
            self, BestEpoch, Budget, Epochs, Model, OfMean, Ours, Paper, PaperAll, Place, Ratio, Seeds, ShareOfMean,
            ShortEpochs, Steps, Time, TimeEach,
        },
        build,
    },
};
use crate::{budget, kind::Kind, metric::Metric, report::Report};

/// The table for a terminal of some width: the first of some choices of columns that fits, or the last.
pub(crate) fn narrow(report: &Report<'_>, fits: impl Fn(&Table) -> bool) -> Table {
    let sections = report.options.kind.has_sets();
    let mut table = Table::default();
    for columns in choices(report) {
        table = build(report, &columns, sections);
        if fits(&table) {
            break;
        }
    }
    table
}

/// Columns for a terminal, the fullest choice first. The page has all of them.
fn choices(report: &Report<'_>) -> Vec<Vec<Column>> {
    let [mse, bce, error, f1] = [Metric::Mse, Metric::Bce, Metric::ErrorPercent, Metric::F1];
    let shorter =
        |columns: &[Column], least: usize| (least..=columns.len()).rev().map(|n| columns[..n].to_vec()).collect();
    match report.options.kind {
        Kind::SizeCurve => shorter(&[Place, Model, Ours(mse), Seeds, Epochs, Steps, Time], 5),
        Kind::Table => {
            let elsewhere = report.groups.iter().any(|group| !budget::deviations(Kind::Table, group).is_empty());
            let columns = [Model, Paper(mse), Ours(mse), Ratio(mse), Seeds, Epochs, Place];
            vec![columns[..if elsewhere { 7 } else { 6 }].to_vec()]
        }
        Kind::Beyond => {
            shorter(&[Model, Paper(mse), Ours(mse), Ours(Metric::MseMedian), Seeds, ShortEpochs, TimeEach], 3)
        }
        Kind::Autoencoder => {
            let scores = [Model, Ours(bce), Ours(error), Ours(f1), PaperAll];
            let with = |others: &[Column]| [&scores[..], others].concat();
            vec![
                vec![Model, Ours(bce), Ratio(bce), Ours(error), Ratio(error), Ours(f1), PaperAll, ShortEpochs],
                with(&[Seeds, BestEpoch, Budget]),
                with(&[BestEpoch, Budget]),
                with(&[Seeds, Budget]),
                with(&[Budget]),
                with(&[Seeds, ShortEpochs, BestEpoch]),
                with(&[ShortEpochs, BestEpoch]),
                with(&[Seeds, ShortEpochs]),
                with(&[ShortEpochs]),
            ]
        }
        Kind::GraphSparsity => shorter(&[Place, Model, Ours(f1), Ours(error), Seeds, Epochs, BestEpoch, Time], 5),
        Kind::EmbeddingSizes => {
            let scores = [Model, Place, Ours(error), Paper(error), Ratio(error), Ours(f1), Paper(f1)];
            let with = |others: &[Column]| [&scores[..], others].concat();
            vec![
                with(&[Seeds, BestEpoch, Budget]),
                with(&[Seeds, Budget]),
                with(&[Seeds, Epochs, BestEpoch]),
                with(&[Seeds, ShortEpochs, BestEpoch]),
                with(&[Seeds, ShortEpochs]),
                with(&[ShortEpochs]),
            ]
        }
        Kind::Qm9 => {
            let mae = Metric::Mae;
            let scores = [Model, Place, Ours(mae), Paper(mae), Ratio(mae)];
            let with = |others: &[Column]| [&scores[..], others].concat();
            vec![
                with(&[OfMean, ShareOfMean, Seeds, ShortEpochs, Time]),
                with(&[OfMean, ShareOfMean, Seeds, ShortEpochs]),
                with(&[ShareOfMean, Seeds, ShortEpochs]),
                with(&[ShareOfMean, ShortEpochs]),
                with(&[ShareOfMean]),
            ]
        }
    }
}
