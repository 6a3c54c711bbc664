//! A report's table: rows of text, and the ways to write them down.

mod columns;
mod csv;
pub(crate) mod data;
mod latex;
mod markdown;
mod narrow;
mod paper;
mod rows;
mod table_3;
mod terminal;

pub(crate) use columns::{full, place};
pub(crate) use csv::{csv, optional, quoted};
pub(crate) use latex::{latex, table_3_latex};
pub(crate) use markdown::markdown;
pub(crate) use narrow::narrow;
pub(crate) use paper::paper_table;
pub(crate) use rows::{rows, sets};
pub(crate) use table_3::{csv as table_3_csv, table as table_3};
pub(crate) use terminal::{aligned, cut, terminal};

/// Where a column's text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// A column's heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heading {
    pub(crate) title: String,
    pub(crate) align: Align,
}

/// Text in rows and columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) columns: Vec<Heading>,
    pub(crate) rows: Vec<Vec<String>>,
}
