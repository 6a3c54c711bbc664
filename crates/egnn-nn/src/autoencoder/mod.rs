//! The graph autoencoder: every node of a graph is placed in `R^n` so that its edges can be read off the distances
//! (section 5.2 of the paper).
//!
//! ```
//! use candle_core::{DType, Device, Tensor};
//! use egnn_nn::Edges;
//! use egnn_nn::autoencoder::{AutoencoderModelConfig, AutoencoderInput, EncoderKind};
//! use egnn_random::Stream;
//!
//! let model = AutoencoderModelConfig::new(EncoderKind::Egnn).init(&Stream::new(1), DType::F32)?;
//! assert_eq!(model.parameters().count(), 104_642);
//! // A triangle of which one side is missing.
//! let adjacency = Tensor::new(&[[1.0_f32], [0.0], [1.0], [1.0], [0.0], [1.0]], &Device::Cpu)?;
//! let noise = Tensor::new(&[[0.3_f32; 8], [-0.4; 8], [0.1; 8]], &Device::Cpu)?;
//! let input = AutoencoderInput { adjacency, noise: Some(noise), edges: Edges::complete(1, 3) };
//! assert_eq!(model.embed(&input)?.dims(), [3, 8]);
//! assert_eq!(model.probabilities(&input)?.dims(), [6, 1]);
//! # Ok::<(), egnn_nn::NnError>(())
//! ```

mod config;
mod encoder;
mod input;
mod model;

pub use config::{AutoencoderModelConfig, EncoderKind};
pub use input::AutoencoderInput;
pub use model::Autoencoder;
