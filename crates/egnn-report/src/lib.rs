//! Tables, figures and pages from run records; the paper's values; SQL over any Parquet file.
//!
//! A report reads `results.parquet` and [`paper`], and no other number enters it; pictures of graphs come from the runs' own
//! `predictions.parquet`. The same files give the same bytes.

#![expect(clippy::format_push_string, reason = "appending with write! would leave a Result that cannot be an error")]

mod budget;
pub mod error;
#[cfg(test)]
mod fabricate;
mod figure;
mod frame;
pub mod group;
mod kind;
mod metric;
mod number;
pub mod ordering;
mod page;
pub mod paper;
mod predictions;
pub mod query;
mod report;
pub mod results;
mod run_data;
mod stamp;
mod table;
#[cfg_attr(not(test), expect(dead_code, reason = "the page will show it"))]
mod viewer;
pub mod write;

pub use error::ReportError;
pub use kind::Kind;
pub use metric::Metric;
pub use query::{Format, Output, query};
pub use stamp::outdated;
pub use write::{Options, Summary, write_report};
