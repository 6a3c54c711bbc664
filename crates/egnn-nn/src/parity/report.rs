//! What a comparison found.

use candle_core::{DType, Tensor};
use serde::Serialize;

/// What a row compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// A model's output.
    Output,
    /// The loss.
    Loss,
    /// The loss's gradient with respect to a parameter.
    Gradient,
    /// The losses of an optimiser's steps.
    Losses,
    /// A parameter after an optimiser's last step.
    Parameter,
}

/// How far numbers may differ, relative to the largest entry of what is expected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerances {
    /// For outputs and losses.
    pub output: f64,
    /// For gradients, and for parameters after optimisation.
    pub gradient: f64,
}

impl Default for Tolerances {
    fn default() -> Self {
        Self { output: 1e-5, gradient: 1e-4 }
    }
}

/// One tensor compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// What is compared.
    pub quantity: Quantity,
    /// Its name: of the output, or the authors' name of the parameter.
    pub name: String,
    /// The largest absolute difference; infinite if a number is not finite.
    pub max_abs: f64,
    /// The same divided by the largest absolute entry of what is expected (0 if both are exactly zero), or by what else
    /// they are measured against.
    pub max_rel: f64,
    /// What `max_rel` may be.
    pub tolerance: f64,
    /// Whether it is within.
    pub ok: bool,
}

impl Row {
    /// Compare numbers in order.
    pub fn compare(quantity: Quantity, name: &str, found: &[f64], expected: &[f64], tolerance: f64) -> Self {
        let comparable = found.len() == expected.len() && found.iter().chain(expected).all(|value| value.is_finite());
        let (max_abs, max_rel) = if comparable {
            let differences = found.iter().zip(expected).map(|(found, expected)| (found - expected).abs());
            let max_abs = differences.fold(0.0, f64::max);
            let scale = expected.iter().fold(0.0_f64, |scale, value| scale.max(value.abs()));
            (max_abs, if max_abs == 0.0 { 0.0 } else { max_abs / scale })
        } else {
            (f64::INFINITY, f64::INFINITY)
        };
        Self { quantity, name: name.into(), max_abs, max_rel, tolerance, ok: max_rel <= tolerance }
    }

    /// The same row, measured against `scale` where what is expected is smaller.
    #[must_use]
    pub(super) fn at_least_relative_to(self, scale: f64) -> Self {
        let max_rel = if scale > 0.0 { self.max_rel.min(self.max_abs / scale) } else { self.max_rel };
        Self { max_rel, ok: max_rel <= self.tolerance, ..self }
    }

    /// Compare two tensors of one shape.
    pub fn compare_tensors(
        quantity: Quantity,
        name: &str,
        found: &Tensor,
        expected: &Tensor,
        tolerance: f64,
    ) -> candle_core::Result<Self> {
        Ok(Self::compare(quantity, name, &numbers(found)?, &numbers(expected)?, tolerance))
    }
}

fn numbers(tensor: &Tensor) -> candle_core::Result<Vec<f64>> {
    tensor.detach().to_dtype(DType::F64)?.flatten_all()?.to_vec1()
}

/// Every comparison of one case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParityReport {
    /// The file's name without folder and ending.
    pub case: String,
    /// Its task.
    pub task: String,
    /// Its model.
    pub model: String,
    /// The comparisons.
    pub rows: Vec<Row>,
}

impl ParityReport {
    /// Whether there is something to compare and all of it is within tolerance.
    pub fn passed(&self) -> bool {
        !self.rows.is_empty() && self.rows.iter().all(|row| row.ok)
    }

    /// The row of a quantity with the largest relative error.
    pub fn worst(&self, quantity: Quantity) -> Option<&Row> {
        self.rows
            .iter()
            .filter(|row| row.quantity == quantity)
            .max_by(|left, right| left.max_rel.total_cmp(&right.max_rel))
    }
}
