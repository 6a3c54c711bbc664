//! Tables, figures and pages from run records; the paper's values; SQL over any Parquet file.
//!
//! A report reads `results.parquet` and [`paper`], and no other number enters it; pictures of graphs come from the runs' own
//! `predictions.parquet`. The same files give the same bytes.

#![expect(clippy::format_push_string, reason = "appending with write! would leave a Result that cannot be an error")]

mod budget;
pub mod compare;
mod curves;
pub mod error;
#[cfg(test)]
mod fabricate;
mod figure;
mod frame;
pub mod group;
mod index;
mod kind;
mod live;
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
mod variant;
mod viewer;
pub mod write;

pub use compare::{Comparison, Equality, compare};
pub use error::ReportError;
pub use index::write_index;
pub use kind::Kind;
pub use live::Live;
pub use metric::Metric;
pub use query::{Format, Named, Output, Source, query};
pub use stamp::{is_of_lost_runs, options_of, outdated};
pub use write::{Options, Summary, write_copy, write_live_report, write_report};
