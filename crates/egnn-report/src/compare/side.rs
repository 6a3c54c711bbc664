//! One of two result sets, by run.

use super::quantity::Quantity;
use crate::{error::ReportError, frame::Frame, paper::autoencoder::BASELINE, results::Status, variant::Fields};
use egnn_schema::columns::results as column;
use std::{collections::BTreeMap, path::Path};

/// The runs of a result set.
pub(super) struct Side {
    pub(super) run: Vec<String>,
    pub(super) status: Vec<Status>,
    /// Task and model.
    pub(super) model: Vec<(String, String)>,
    pub(super) seed: Vec<Option<i64>>,
    pub(super) fields: Fields,
    /// Values of finished runs; what is no number is none.
    values: BTreeMap<&'static str, Vec<Option<f64>>>,
}

impl Side {
    /// Reads a file; `columns` are those of both files.
    pub(super) fn read(path: &Path, frame: &Frame, columns: &[String]) -> Result<Self, ReportError> {
        for name in ["model", "seed", column::STATUS.name] {
            if !frame.has(name) {
                return Err(ReportError::MissingColumn { path: path.into(), column: name, found: frame.names() });
            }
        }
        let unknown = |text: Vec<Option<String>>| text.into_iter().map(|text| text.unwrap_or_else(|| "unknown".into()));
        let run = frame.text(column::RUN.name)?.into_iter().enumerate();
        let run = run.map(|(row, run)| run.unwrap_or_else(|| format!("row {row}"))).collect();
        let status: Vec<Status> =
            frame.text(column::STATUS.name)?.iter().map(|status| Status::of(status.as_deref())).collect();
        let model: Vec<(String, String)> =
            unknown(frame.text(column::TASK.name)?).zip(unknown(frame.text("model")?)).collect();
        let mut values = BTreeMap::new();
        for quantity in Quantity::ALL {
            let of_runs = frame.real(quantity.column)?.into_iter().enumerate().map(|(run, value)| {
                // The baseline of autoencoders has no probabilities.
                let is_none = model[run].1 == BASELINE && quantity.column.ends_with("_bce");
                value.filter(|value| value.is_finite() && status[run] == Status::Finished && !is_none)
            });
            values.insert(quantity.column, of_runs.collect());
        }
        let fields = Fields::read(frame, columns.iter().cloned())?;
        Ok(Self { run, status, model, seed: frame.whole("seed")?, fields, values })
    }

    pub(super) fn value(&self, quantity: &Quantity, run: usize) -> Option<f64> {
        self.values[quantity.column][run]
    }

    /// The runs of a task and model.
    pub(super) fn of(&self, model: &(String, String)) -> Vec<usize> {
        (0..self.run.len()).filter(|&run| self.model[run] == *model).collect()
    }
}
