//! Custom candle operations with hand-written gradients, on the CPU.
//!
//! candle's own backward pass writes a zeroed tensor and a sum for every node of its graph, and its SiLU differentiates
//! through many element-wise passes. These operations cover what a layer needs in few nodes: each makes one pass over
//! its data forward and one backward, and keeps the slope of its activation for the backward pass itself, since candle
//! keeps nothing for a custom operation.
//!
//! Loops are compiled for the vector width of the CPU at hand by [`pulp`], use no fused multiply-add and add in a
//! fixed order, so that every width gives the same bits. Matrix products are candle's.

#![allow(clippy::inline_always, reason = "a loop gets the CPU's instructions only if all of it is inlined")]

mod coordinates;
mod dense;
mod distance;
mod edge_dense;
mod real;
mod segment;
mod silu;
mod storage;

pub use coordinates::{Aggregation, Coordinates, coordinate_update};
pub use dense::{Activation, Weights, dense};
pub use distance::squared_distance;
pub use edge_dense::edge_dense;
pub use segment::segment_sum;
pub use silu::silu;

use pulp::{Simd, WithSimd};

/// Run a loop, given as an `#[inline(always)]` closure, in the widest vector instructions of this CPU.
pub(crate) fn vectorised<R>(body: impl FnMut() -> R) -> R {
    pulp::Arch::new().dispatch(Loop(body))
}

/// pulp takes closures too, but calls them as `FnOnce`, through a shim that the compiler does not always inline; the
/// loop behind it then stays in the narrowest instructions.
struct Loop<F>(F);

impl<R, F: FnMut() -> R> WithSimd for Loop<F> {
    type Output = R;

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) -> R {
        (self.0)()
    }
}
