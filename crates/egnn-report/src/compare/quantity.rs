//! What is compared of finished runs.

use egnn_schema::columns::{Column, Kind, results as column};

/// Which of two values is the better one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// The smaller.
    Less,
    /// The greater.
    More,
}

/// A measured column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantity {
    /// Its name in results.
    pub column: &'static str,
    /// Whether it is measured time or memory, which differs from one execution to the next.
    pub is_circumstance: bool,
    /// Which value is better, if any is.
    pub better: Option<Better>,
    /// Whether text shows it.
    pub(crate) is_shown: bool,
}

const fn of(column: Column, better: Option<Better>, is_shown: bool) -> Quantity {
    Quantity { column: column.name, is_circumstance: matches!(column.kind, Kind::Circumstantial), better, is_shown }
}

impl Quantity {
    /// Test metrics, then validation and training, then what it cost.
    pub const ALL: [Self; 19] = {
        use Better::{Less, More};
        [
            of(column::TEST_MSE, Some(Less), true),
            of(column::TEST_MSE_MEDIAN, Some(Less), true),
            of(column::TEST_MSE_P95, Some(Less), true),
            of(column::TEST_BCE, Some(Less), true),
            of(column::TEST_ERROR, Some(Less), true),
            of(column::TEST_F1, Some(More), true),
            of(column::TEST_MAE, Some(Less), true),
            of(column::VALID_MSE, Some(Less), true),
            of(column::VALID_BCE, Some(Less), true),
            of(column::VALID_MAE, Some(Less), true),
            of(column::TRAIN_MSE, Some(Less), false),
            of(column::TRAIN_BCE, Some(Less), false),
            of(column::TRAIN_MAE, Some(Less), false),
            of(column::TEST_MAE_OF_MEAN, None, false),
            of(column::BEST_EPOCH, None, false),
            of(column::PARAMETERS, None, false),
            of(column::SECONDS, Some(Less), true),
            of(column::FORWARD_SECONDS, Some(Less), true),
            of(column::PEAK_MEMORY, Some(Less), false),
        ]
    };
}
