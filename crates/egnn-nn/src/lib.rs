//! Equivariant layers and models on candle, and their rivals.
//!
//! Source of the equations: Satorras, Hoogeboom, Welling, *E(n) Equivariant Graph Neural Networks*, ICML 2021
//! (arXiv 2102.09844); its numbers in parentheses below are that paper's. Parameter names are the authors', so that
//! checkpoints travel between this crate and PyTorch as safetensors.
//!
//! What a layer computes is defined in [`egnn_kernels`], whose [`Backend`]s compute it.
//!
//! | module | what |
//! |---|---|
//! | [`params`] | parameters: one contiguous variable a layer, with named views |
//! | [`egcl`] | the equivariant layer, equations (3) to (8) |
//! | [`nbody`] | the models of the n-body task: a registry of EGNN, SEGNO, Radial ODE, TFN, SE(3)-Transformer, GNN, Radial Field and Linear |
//! | [`autoencoder`] | encoders and decoders of graphs: EGNN, GNN, Noise-GNN, Radial Field |
//! | [`irreps`] | harmonics and couplings: the constants of TFN and SE(3)-Transformer |
//! | [`molecule`] | models of the QM9 task: EGNN, SchNet, message passing with distances |
//! | [`stack`] | the stand-alone EGNN, wrapped in two embeddings |
//! | [`parity`] | comparison with cases computed by the authors' program |

pub mod autoencoder;
pub mod egcl;
pub mod error;
pub mod irreps;
pub mod molecule;
pub mod nbody;
pub mod params;
pub mod parity;
pub mod stack;

pub use egnn_kernels::{Aggregation, Backend, CrossEntropy, Edges, Velocity};
pub use error::{NnError, Result};
pub use params::{Parameters, Tracking};
