//! Everything that egnn-lab keeps on disk: files that appear whole or not at all, checksums, manifests, flat tables,
//! n-body sets, graph sets and QM9 as Parquet, locks of folders, imports of others' files.
//!
//! The only crate that knows Parquet's format. It depends on the schema alone and knows no generator: what it writes
//! comes in as plain slices.

pub mod atomic;
pub mod checksum;
pub mod error;
#[doc(hidden)]
pub mod fault;
mod footer;
pub mod graphs;
pub mod host;
pub mod import;
pub mod lock;
pub mod manifest;
pub mod nbody;
mod pages;
pub mod qm9;
mod rows;
mod split;
pub mod table;

pub use error::StoreError;
pub use split::SplitFooter;
