//! Harmonics, couplings and the basis of kernels that turn with space: what Tensor Field Networks and SE(3)-Transformers
//! are made of. All constants, computed once, in float64.

mod basis;
mod coupling;
mod harmonics;

pub use basis::Basis;
pub use coupling::coupling;
pub use harmonics::Harmonics;
