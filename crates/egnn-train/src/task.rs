//! What the training loop needs of a task.

use crate::{adam::Adam, error::TrainError};
use candle_core::{DType, Tensor};
use egnn_nn::Parameters;
use egnn_schema::Fields;
use egnn_store::table::Table;

/// Precision of training.
pub(crate) const DTYPE: DType = DType::F32;

/// A model with the data that it is trained, validated and tested on.
pub(crate) trait Task {
    /// What is trained.
    fn parameters(&self) -> &Parameters;

    /// What the loss is called in records: `mse` gives `train_mse`, `valid_mse` and `test_mse`.
    fn loss_name(&self) -> &'static str;

    /// What one unit of [`loss`](Self::loss) is in records.
    fn loss_unit(&self) -> f64 {
        1.0
    }

    /// How many training samples there are.
    fn samples(&self) -> usize;

    /// Called before each epoch.
    fn begin_epoch(&mut self, _epoch: u64) {}

    /// Leaves out samples that an earlier attempt trained in this epoch: randomness goes on behind theirs.
    fn skip(&mut self, _samples: &[u32]) {}

    /// The mean loss of some training samples, ready for a backward pass.
    fn loss(&mut self, samples: &[u32]) -> Result<Tensor, TrainError>;

    /// The validation loss after an epoch.
    fn validate(&mut self, epoch: u64) -> Result<f64, TrainError>;

    /// The test set, read once, with the best parameters.
    fn test(&mut self) -> Result<Tested, TrainError>;

    /// What the stored model needs besides parameters and configuration, by name.
    fn constants(&self) -> Fields {
        Fields::new()
    }
}

/// What the test set says.
pub(crate) struct Tested {
    /// If it is not finite, the rest has no meaning.
    pub(crate) loss: f64,
    /// Further numbers for the record, by name.
    pub(crate) values: Vec<(&'static str, f64)>,
    /// `predictions.parquet`.
    pub(crate) predictions: Table,
    /// Seconds of a forward pass of 100 test samples, if the task times one.
    pub(crate) forward_seconds: Option<f64>,
}

/// One optimiser step down a loss; returns its value before the step.
pub(crate) fn descend(parameters: &Parameters, adam: &mut Adam, loss: &Tensor) -> Result<f64, TrainError> {
    let value = f64::from(loss.to_scalar::<f32>()?);
    if value.is_finite() {
        adam.step(parameters, &loss.backward()?)?;
    }
    Ok(value)
}
