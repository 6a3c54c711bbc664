//! The fused operations: float32 on the CPU.

mod arena;
mod attention;
mod bound;
mod convolution;
mod decoder;
mod dense;
mod field;
mod filter;
mod layer;
mod motion;
mod norm_nonlinearity;
mod pack;
mod pairs;
mod rows;
mod segment;
pub(crate) mod storage;

pub(crate) use attention::attention;
pub(crate) use convolution::convolution;
pub use decoder::cross_entropy;
pub(crate) use decoder::{decode, reconstruction_loss};
pub(crate) use dense::dense;
pub(crate) use field::radial_field;
pub(crate) use filter::filtered_sum;
pub(crate) use layer::layer;
pub(crate) use motion::motion;
pub(crate) use norm_nonlinearity::norm_nonlinearity;
pub(crate) use pairs::{products, squared_distances};
pub(crate) use segment::{segment_mean, segment_sum};
