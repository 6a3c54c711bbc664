//! Charged particles in three dimensions: parameters in, trajectories out.
//!
//! The system is that of Fuchs et al. 2020 and Satorras, Hoogeboom and Welling 2021, after Kipf et al. 2018: bodies
//! with charges of either sign, no walls,
//!
//! ```text
//! dx_i/dt = v_i
//! dv_i/dt = F_i = sum_j c_i c_j (x_i - x_j) / |x_i - x_j|^3
//! ```
//!
//! - [`System`]: the parameters, checked by [`System::validate`].
//! - [`Generator`] and [`generate`]: the splits of a data set, from the authors' random stream ([`Source::Reference`],
//!   the authors' own sets number for number) or from ours ([`Source::Native`]).
//! - [`simulate`]: trajectories of given [`InitialState`]s, vectorised across trajectories and on all cores.
//!
//! Numbers are float64. The same parameters and seed give the same bits, whatever the number of threads and whatever
//! the width of the machine's vectors.
//!
//! ```
//! use egnn_nbody::{Generator, Source, System, generate};
//! let system = System { steps: 300, ..System::default() };
//! let splits = vec![("train".to_owned(), 2), ("test".to_owned(), 1)];
//! let generator = Generator { system, source: Source::Reference, seed: 43, splits };
//! let sets = generate(&generator, Some("test"), &|_| ())?;
//! assert_eq!(sets[0].1.position.len(), 2 * 5);
//! # Ok::<(), egnn_schema::FieldError>(())
//! ```

mod generator;
mod initial;
mod integrator;
mod simulate;
mod system;
mod trajectories;
mod vector;

pub use generator::{Generator, Source, generate};
pub use initial::InitialState;
pub use simulate::simulate;
pub use system::{Distance, System};
pub use trajectories::Trajectories;
