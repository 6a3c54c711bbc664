//! Message passing on the CPU: fused operations with hand-written gradients under candle's autograd.

#![allow(clippy::inline_always, reason = "a kernel gets its path's instructions only if all of it is inlined")]

mod adam;
mod backend;
mod check;
mod counted;
mod definition;
mod edges;
mod fused;
mod irreps;
mod math;
mod matrix;
mod plain;
pub mod simd;

pub use adam::{AdamStep, adam_step};
pub use backend::{Backend, LayerInput};
pub use counted::{Counted, allocations};
pub use definition::{
    Activation, Aggregation, Coordinates, CrossEntropy, Decoder, Layer, Map, Motion, RadialField, Velocity,
    VelocityUpdate,
};
pub use edges::{Edges, EdgesError};
pub use fused::cross_entropy;
pub use irreps::{Convolution, Fiber, HIGHEST_TYPE, Norm, NormNonlinearity, Part, RadialNet};
