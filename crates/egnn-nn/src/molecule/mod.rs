//! Properties of molecules from their atoms and positions (section 5.3 and appendix C.3 of the paper).
//!
//! Every model sees atoms `i` with features [`atom_features`] and the distances between them, and returns a number a
//! molecule: the label, normalised. Distances do not change when a molecule is moved, turned or reflected, and sums do not
//! when its atoms are listed in another order; neither does what is returned.
//!
//! ```
//! use candle_core::DType;
//! use egnn_nn::molecule::{Atoms, MoleculeInput, MoleculeModelConfig, MoleculeModelKind};
//! use egnn_random::Stream;
//!
//! let model = MoleculeModelConfig::new(MoleculeModelKind::Egnn).init(&Stream::new(1), DType::F32)?;
//! assert_eq!(model.parameters().count(), 745_224);
//! let water = Atoms {
//!     atomic_numbers: &[8, 1, 1],
//!     positions: &[[-0.034, 0.978, 0.008], [0.065, 0.021, 0.002], [0.872, 1.301, 0.001]],
//! };
//! let input = MoleculeInput::new(&[water], None, DType::F32)?;
//! assert_eq!(model.predict(&input)?.dims(), [1]);
//! # Ok::<(), egnn_nn::NnError>(())
//! ```

mod config;
mod input;
mod message_passing;
mod model;
mod schnet;

pub use config::{MoleculeModelConfig, MoleculeModelKind};
pub use input::{ATOM_FEATURES, Atoms, MoleculeInput, SPECIES, atom_features};
pub use model::MoleculeModel;
