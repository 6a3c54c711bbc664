//! Parquet in and out, atomic files, checksums, manifests, .npy import.
