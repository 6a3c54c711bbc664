//! Message passing on the CPU: fused operations with hand-written gradients under candle's autograd.

#![allow(clippy::inline_always, reason = "a kernel gets its path's instructions only if all of it is inlined")]

mod backend;
mod check;
mod definition;
mod edges;
mod fused;
mod math;
mod matrix;
mod plain;
pub mod simd;

pub use backend::{Backend, LayerInput};
pub use definition::{Activation, Aggregation, Coordinates, Layer, Map, RadialField, Velocity};
pub use edges::{Edges, EdgesError};
