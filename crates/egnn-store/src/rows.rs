//! Splits whose rows are their samples: a graph, a molecule. What their kinds share: typed columns, some of them lists,
//! row groups of bounded size, and the number of rows in the footer.

mod layout;
mod lists;
mod read;
mod write;

pub(crate) use layout::{Column, Layout, Values, cut};
pub(crate) use lists::Lists;
pub(crate) use read::{Group, Split};
pub(crate) use write::{ColumnWriter, write};
