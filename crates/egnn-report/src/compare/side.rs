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
    /// As recorded.
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
            values.insert(quantity.column, frame.real(quantity.column)?);
        }
        let fields = Fields::read(frame, columns.iter().cloned())?;
        Ok(Self { run, status, model, seed: frame.whole("seed")?, fields, values })
    }

    /// A measured value if the run is finished and the value is one.
    pub(super) fn value(&self, quantity: &Quantity, run: usize) -> Option<f64> {
        // The baseline of autoencoders has no probabilities.
        let is_none = self.model[run].1 == BASELINE && quantity.column.ends_with("_bce");
        let is_usable = self.status[run] == Status::Finished && !is_none;
        self.recorded(quantity, run).filter(|value| value.is_finite() && is_usable)
    }

    /// What stands in the file, number or not.
    pub(super) fn recorded(&self, quantity: &Quantity, run: usize) -> Option<f64> {
        self.values[quantity.column][run]
    }

    /// The runs of a task and model.
    pub(super) fn of(&self, model: &(String, String)) -> Vec<usize> {
        (0..self.run.len()).filter(|&run| self.model[run] == *model).collect()
    }
}
