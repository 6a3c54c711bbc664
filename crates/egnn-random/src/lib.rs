//! Random streams: NumPy's and CPython's legacy ones, number for number, and egnn-lab's own.
//!
//! - [`NumpyRandomState`]: what `numpy.random.RandomState(seed)` draws. The authors' n-body sets, community graphs
//!   and QM9 split come from it.
//! - [`PythonRandom`]: what CPython's `random.Random(seed)` draws. The authors' Erdos-Renyi graphs come from it.
//! - [`Stream`]: our own named, splittable stream. Everything that does not reproduce somebody else's numbers draws
//!   from one: initial parameters, shuffles, splits, noise, native data sets.
//!
//! None of them can be created without a seed.

mod mersenne;
mod numpy;
mod python;
mod stream;

pub use numpy::NumpyRandomState;
pub use python::PythonRandom;
pub use stream::{Stream, StreamState, StreamStateError};
