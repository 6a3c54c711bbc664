//! What is measured on the test set.

use crate::number;

/// A measured quantity, a column of `results.parquet`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// Mean squared error of positions.
    Mse,
    /// Median of the trajectories' mean squared errors.
    MseMedian,
    /// 95th percentile of the same.
    MseP95,
    /// Seconds of a forward pass of 100 trajectories.
    Forward,
    /// Binary cross-entropy of a graph, summed over its ordered pairs.
    Bce,
    /// Part of the ordered pairs that are on the wrong side of 0.5, in percent.
    ErrorPercent,
    /// F1 score of the links.
    F1,
    /// Mean absolute error of a property of molecules, in its unit.
    Mae,
    /// The same error of saying the training molecules' mean for each: no result, but what one is compared with.
    MaeOfMean,
}

impl Metric {
    /// The error of the n-body task, and what stands beside it.
    pub const NBODY: [Self; 4] = [Self::Mse, Self::MseMedian, Self::MseP95, Self::Forward];
    /// The quantities of the graph autoencoder.
    pub const AUTOENCODER: [Self; 3] = [Self::Bce, Self::ErrorPercent, Self::F1];

    /// Its column in `results.parquet`.
    pub fn column(self) -> &'static str {
        match self {
            Self::Mse => "test_mse",
            Self::MseMedian => "test_mse_median",
            Self::MseP95 => "test_mse_p95",
            Self::Forward => "forward_seconds",
            Self::Bce => "test_bce",
            Self::ErrorPercent => "test_error_percent",
            Self::F1 => "test_f1",
            Self::Mae => "test_mae",
            Self::MaeOfMean => "test_mae_of_mean",
        }
    }

    /// Its name in columns of `table.csv` that hold the paper's values and ratios to them.
    pub(crate) fn short(self) -> &'static str {
        self.column().trim_start_matches("test_")
    }

    /// Its name in print.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Mse => "test MSE",
            Self::MseMedian => "median trajectory",
            Self::MseP95 => "95th percentile",
            Self::Forward => "forward pass of 100, s",
            Self::Bce => "BCE",
            Self::ErrorPercent => "% error",
            Self::F1 => "F1",
            Self::Mae => "test MAE",
            Self::MaeOfMean => "MAE of the mean",
        }
    }

    /// Its name in a sentence.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Mse | Self::Mae => "error",
            metric => metric.title(),
        }
    }

    /// Whether a number can be a value of it.
    pub(crate) fn admits(self, value: f64) -> bool {
        value.is_finite() && value >= 0.0 && (self != Self::F1 || value <= 1.0)
    }

    /// Whether it says by itself how good a model is: the others stand beside one that does.
    pub(crate) fn is_result(self) -> bool {
        !self.is_new() && self != Self::MaeOfMean
    }

    /// Whether records of earlier versions lack it.
    pub(crate) fn is_new(self) -> bool {
        matches!(self, Self::MseMedian | Self::MseP95 | Self::Forward)
    }

    /// Whether it is an error that is never zero but by mistake, and stands on a logarithmic axis.
    pub(crate) fn is_positive(self) -> bool {
        matches!(self, Self::Mse | Self::Mae)
    }

    /// Whether ours over the paper's says something.
    pub(crate) fn has_ratio(self) -> bool {
        self != Self::F1
    }

    /// A value of ours.
    pub(crate) fn text(self, value: f64) -> String {
        number::mean_and_spread(value, None, self.notation())
    }

    /// A mean with its spread.
    pub(crate) fn mean_and_spread(self, mean: f64, spread: Option<f64>) -> String {
        number::mean_and_spread(mean, spread, self.notation())
    }

    /// A value of the paper's, with the paper's digits.
    pub(crate) fn paper_text(self, value: f64) -> String {
        match self {
            Self::Mse | Self::MseMedian | Self::MseP95 | Self::Mae | Self::MaeOfMean => value.to_string(),
            Self::Forward => format!("{value:.4}"),
            Self::Bce | Self::ErrorPercent => format!("{value:.2}"),
            Self::F1 => format!("{value:.3}"),
        }
    }

    fn notation(self) -> number::Notation {
        match self {
            Self::Mse | Self::MseMedian | Self::MseP95 => number::MSE,
            Self::Bce | Self::ErrorPercent => number::SCORE,
            Self::F1 => number::F1,
            Self::Forward | Self::Mae | Self::MaeOfMean => number::MAE,
        }
    }
}
