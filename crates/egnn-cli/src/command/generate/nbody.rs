//! The files of an n-body set.

use crate::{
    catalogue::NbodySet,
    exit::{Result, Stop},
    progress,
};
use egnn_nbody::Trajectories;
use egnn_schema::SplitEntry;
use egnn_store::{
    SplitFooter,
    nbody::{NbodySplit, write_split},
};
use std::path::Path;

/// Simulates the splits.
pub(super) fn simulate(set: &NbodySet, name: &str) -> Result<Vec<(String, Trajectories)>> {
    let bar = progress::bar(&format!("simulating {name}"), set.trajectories() as u64);
    let splits = egnn_nbody::generate(&set.generator(), None, &|done| bar.set_position(done as u64))
        .map_err(|error| Stop::input(format!("set '{name}': {error}")))?;
    bar.finish_and_clear();
    for (split, trajectories) in &splits {
        if let Some(number) = trajectories.first_not_finite() {
            return Err(Stop::input(format!(
                "set '{name}': trajectory {number} of {split} is not finite, two bodies met; choose another seed or a smaller dt"
            )));
        }
    }
    Ok(splits)
}

pub(super) fn write(path: &Path, trajectories: &Trajectories, footer: &SplitFooter) -> Result<SplitEntry> {
    let borrowed = NbodySplit {
        bodies: trajectories.bodies,
        frames: trajectories.frames,
        trajectories: trajectories.trajectories,
        charge: &trajectories.charge,
        position: &trajectories.position,
        velocity: &trajectories.velocity,
    };
    Ok(write_split(path, &borrowed, footer)?)
}
