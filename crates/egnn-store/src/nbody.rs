//! N-body sets as Parquet: `datasets/nbody/<set>/<split>.parquet`, a row for each body in each saved frame.
//!
//! Rows are sorted by frame, trajectory, body, and no row group holds rows of two frames, so that training reads two
//! frames of 49 and never touches the bytes of the others. The index columns cost almost nothing on disk: their
//! differences repeat. Values are float32, cast when written.

mod layout;
mod read;
mod write;

#[cfg(test)]
mod tests;

use egnn_schema::version::DATASET_VERSION;

pub use read::{info, read_frames};
pub use write::write_split;

pub(crate) const VERSION: crate::footer::Version =
    crate::footer::Version { key: "dataset_version", number: DATASET_VERSION };

/// A split as the simulator gives it: borrowed arrays in double precision.
#[derive(Clone, Copy, Debug)]
pub struct NbodySplit<'a> {
    /// Bodies of each trajectory.
    pub bodies: usize,
    /// Saved frames of each trajectory.
    pub frames: usize,
    /// Trajectories.
    pub trajectories: usize,
    /// `(trajectories, bodies)`.
    pub charge: &'a [f64],
    /// `(frames, trajectories, bodies, 3)`: index `(frame * trajectories + trajectory) * bodies + body`.
    pub position: &'a [[f64; 3]],
    /// Like `position`.
    pub velocity: &'a [[f64; 3]],
}

/// What a split holds, read from its footer alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NbodyInfo {
    /// Trajectories.
    pub trajectories: usize,
    /// Saved frames of each trajectory.
    pub frames: usize,
    /// Bodies of each trajectory.
    pub bodies: usize,
    /// Where it comes from.
    pub footer: crate::SplitFooter,
}

/// One frame of the first trajectories of a split. Index `trajectory * bodies + body`.
#[derive(Clone, Debug, PartialEq)]
pub struct NbodyFrame {
    /// The frame's number, from 0.
    pub frame: u16,
    /// Bodies of each trajectory.
    pub bodies: usize,
    /// Charges.
    pub charge: Vec<f32>,
    /// Positions.
    pub position: Vec<[f32; 3]>,
    /// Velocities.
    pub velocity: Vec<[f32; 3]>,
}
