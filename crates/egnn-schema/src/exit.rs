//! Exit codes of the `egnn` binary.

/// Everything asked for is done.
pub const DONE: u8 = 0;
/// A run failed, or a comparison is out of tolerance.
pub const RUN_FAILED: u8 = 1;
/// The input is wrong: an argument, a configuration, a file's content.
pub const BAD_INPUT: u8 = 2;
/// The environment is in the way: disk full, permission denied, a lock held by another process.
pub const ENVIRONMENT: u8 = 3;
/// Interrupted; the same command resumes.
pub const INTERRUPTED: u8 = 4;
