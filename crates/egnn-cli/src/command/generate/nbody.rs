//! The files of an n-body set.

use crate::{
    catalogue::NbodySet,
    exit::{Result, Stop},
    progress,
};
use egnn_schema::{SplitEntry, version::GENERATOR_VERSION};
use egnn_store::{
    SplitFooter,
    nbody::{NbodySplit, write_split},
};
use std::{collections::BTreeMap, path::Path};

/// Simulates the splits and writes them into the folder.
pub(super) fn write_splits(
    set: &NbodySet,
    name: &str,
    folder: &Path,
    parameters_hash: &str,
) -> Result<BTreeMap<String, SplitEntry>> {
    let bar = progress::bar(&format!("simulating {name}"), set.trajectories() as u64);
    let splits = egnn_nbody::generate(&set.generator(), None, &|done| bar.set_position(done as u64))
        .map_err(|error| Stop::input(format!("set '{name}': {error}")))?;
    bar.finish_and_clear();
    let footer = SplitFooter {
        set: name.into(),
        generator: "nbody".into(),
        generator_version: GENERATOR_VERSION,
        seed: Some(set.seed),
        parameters_hash: parameters_hash.into(),
        ..SplitFooter::default()
    };
    let mut entries = BTreeMap::new();
    for (split, trajectories) in splits {
        if let Some(number) = trajectories.first_not_finite() {
            return Err(Stop::input(format!(
                "set '{name}': trajectory {number} of {split} is not finite, two bodies met; choose another seed or a smaller dt"
            )));
        }
        let borrowed = NbodySplit {
            bodies: trajectories.bodies,
            frames: trajectories.frames,
            trajectories: trajectories.trajectories,
            charge: &trajectories.charge,
            position: &trajectories.position,
            velocity: &trajectories.velocity,
        };
        let footer = SplitFooter { split: split.clone(), ..footer.clone() };
        let entry = write_split(&folder.join(format!("{split}.parquet")), &borrowed, &footer)?;
        entries.insert(split, entry);
    }
    Ok(entries)
}
