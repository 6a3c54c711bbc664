//! Symmetry suite, gradient check and redactions for tests.
//!
//! The kit knows no tensor library and no model: it takes closures over plain numbers, so that every crate can use it
//! as a dev-dependency. What a person reads when a test fails is a [`Violation`] or a [`GradientMismatch`].

mod gradient;
mod random;
mod redact;
mod symmetry;

pub use gradient::{GradientMismatch, assert_gradient, check_gradient, numeric_gradient};
pub use random::{Random, determinant, orthogonal};
pub use redact::Redactions;
pub use symmetry::{Cloud, Symmetry, Violation, assert_symmetries, check};
