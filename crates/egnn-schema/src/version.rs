//! Format versions. A reader refuses a version it does not know; what changed in each stands beside the constant.

/// The program's name as it stands in the footer of every Parquet file it writes.
pub const PROGRAM: &str = "egnn-lab";

/// Version of the dataset files (Parquet layout and manifest).
///
/// 1: first layout.
pub const DATASET_VERSION: u32 = 1;

/// Version of run records (`run.json`, `done.json`, `failed.json`, `events.jsonl`, `metrics.parquet`,
/// `predictions.parquet`, `checkpoint.safetensors`, `results.parquet`) and of the plan that workers read.
///
/// 1: first layout.
pub const RECORD_VERSION: u32 = 1;

/// Raised whenever the same seed gives other bits than before: another order of sums, another kernel, another
/// initialisation. It is part of a run's id, so that results of two numerics never mix.
///
/// 1: candle's products and fused element-wise operations.
/// 2: whole layers as fused kernels; a model's embedding is folded into its first layer's products.
pub const NUMERICS_VERSION: u32 = 3;

/// Version of the generators' output: raised whenever the same parameters and seed give other bits.
///
/// 1: first generators.
pub const GENERATOR_VERSION: u32 = 1;
