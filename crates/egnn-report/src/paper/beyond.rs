//! Published errors of EGNN's successors on charged bodies, with the paper's protocol: 3,000 training samples, positions
//! of 1,000 integration steps later.

use super::nbody::{self, TABLE_2_SOURCE};

/// Where [`PUBLISHED`] comes from.
pub const SOURCES: &str = "what others published, as the last column says";

/// A published test error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Published {
    /// The model's name in configurations, or what it would be.
    pub model: &'static str,
    /// The model's name in print.
    pub title: &'static str,
    /// Test mean squared error.
    pub mse: f64,
    /// Its standard deviation over seeds, where it was published.
    pub spread: Option<f64>,
    /// Epochs behind it, where they are known.
    pub epochs: Option<i64>,
    /// Who says so.
    pub source: &'static str,
}

const fn row(model: &'static str, title: &'static str, mse: f64, source: &'static str) -> Published {
    Published { model, title, mse, spread: None, epochs: None, source }
}

/// From the largest error to the smallest.
pub const PUBLISHED: [Published; 5] = [
    Published { epochs: Some(nbody::TABLE_2_EPOCHS), ..row("egnn", "EGNN", 0.0071, TABLE_2_SOURCE) },
    Published {
        spread: Some(0.00013),
        epochs: Some(500),
        ..row("segno", "SEGNO", 0.00433, "SEGNO's project page: 33,602 parameters, 500 epochs")
    },
    row("segnn", "SEGNN", 0.0043, "its own page"),
    row("cgenn", "CGENN", 0.0039, "its own page"),
    row("multivector", "Multivector networks", 0.0035, "their own page"),
];

/// What was published of a model, if anything was.
pub fn published(model: &str) -> Option<&'static Published> {
    PUBLISHED.iter().find(|row| row.model == model)
}

/// Where a model stands from the smallest published error to the largest; models without one come last.
pub fn rank(model: &str) -> usize {
    PUBLISHED.iter().rev().position(|row| row.model == model).unwrap_or(PUBLISHED.len())
}

/// The error with its spread, with the source's digits.
pub fn text(model: &str) -> Option<String> {
    let Published { mse, spread, .. } = published(model)?;
    Some(spread.map_or_else(|| mse.to_string(), |spread| format!("{mse} ± {spread}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_errors_are_in_order_and_egnns_is_the_papers() {
        assert!(PUBLISHED.is_sorted_by(|a, b| a.mse > b.mse));
        assert_eq!(published("egnn").unwrap().mse, nbody::row("egnn").unwrap().mse);
        assert_eq!(["multivector", "egnn", "own"].map(rank), [0, 4, 5]);
        let printed: Vec<String> = PUBLISHED.iter().map(|row| text(row.model).unwrap()).collect();
        assert_eq!(printed, ["0.0071", "0.00433 ± 0.00013", "0.0043", "0.0039", "0.0035"]);
    }
}
