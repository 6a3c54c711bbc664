//! The numbers of a run's events.

use egnn_schema::{Failure, RunEvent, RunMetrics, columns};
use egnn_store::table::{ColumnData, Table};
use std::collections::BTreeMap;

/// `metrics.parquet`: a row an evaluation.
pub(super) fn table(events: &[RunEvent], run: &str) -> Table {
    use columns::metrics::{BEST_EPOCH, BEST_VALID_LOSS, EPOCH, SECONDS, STEP, TRAIN_LOSS, VALID_LOSS};
    let mut whole: [Vec<Option<i64>>; 3] = Default::default();
    let mut real: [Vec<Option<f64>>; 4] = Default::default();
    for event in events {
        if let RunEvent::Evaluated { epoch, step, train_loss, valid_loss, best_valid_loss, best_epoch, seconds } = event
        {
            for (column, value) in whole.iter_mut().zip([epoch, step, best_epoch]) {
                column.push(Some(*value as i64));
            }
            for (column, value) in real.iter_mut().zip([train_loss, valid_loss, best_valid_loss, seconds]) {
                column.push(Some(*value));
            }
        }
    }
    let [epoch, step, best_epoch] = whole.map(ColumnData::I64);
    let [train_loss, valid_loss, best_valid_loss, seconds] = real.map(ColumnData::F64);
    let columns = [
        (EPOCH, epoch),
        (STEP, step),
        (TRAIN_LOSS, train_loss),
        (VALID_LOSS, valid_loss),
        (BEST_VALID_LOSS, best_valid_loss),
        (BEST_EPOCH, best_epoch),
        (SECONDS, seconds),
    ];
    Table {
        columns: columns.into_iter().map(|(column, data)| (column.name.to_owned(), data)).collect(),
        metadata: BTreeMap::from([("run".to_owned(), run.to_owned())]),
    }
}

/// What an event says that is no finite number, if anything.
pub(super) fn not_finite(event: &RunEvent) -> Option<String> {
    match event {
        RunEvent::Evaluated { train_loss, valid_loss, best_valid_loss, seconds, .. } => {
            let numbers = [
                ("train_loss", train_loss),
                ("valid_loss", valid_loss),
                ("best_valid_loss", best_valid_loss),
                ("seconds", seconds),
            ];
            numbers.into_iter().find(|(_, value)| !value.is_finite()).map(|(name, _)| name.to_owned())
        }
        RunEvent::Finished { metrics: RunMetrics { values, .. } } => {
            values.iter().find(|(_, value)| !value.is_finite()).map(|(name, _)| name.clone())
        }
        RunEvent::Failed { failure: Failure { last_good: Some(good), .. } } => {
            (!good.valid_loss.is_finite()).then(|| "the last good validation loss".to_owned())
        }
        _ => None,
    }
}
