//! The authors' .npy files as an n-body set.

use crate::{
    args::Import,
    catalogue::{IMPORT, SPLITS},
    exit::Result,
    printer,
};
use egnn_schema::{Manifest, version::GENERATOR_VERSION};
use egnn_store::{
    SplitFooter,
    import::{self, ImportedSplit},
    manifest,
    nbody::write_split,
};
use std::{collections::BTreeMap, path::Path};

pub(super) fn run(args: &Import, sets: &Path, set: &str) -> Result<()> {
    let splits = import::nbody_npy(&args.from)?;
    let made = super::replace(sets, set, |folder| write_set(folder, set, &splits))?;
    if args.json {
        printer::json(&made);
        return Ok(());
    }
    let counts: Vec<_> =
        SPLITS.iter().filter_map(|split| Some(format!("{} {split}", made.splits.get(*split)?.samples))).collect();
    let [frames, bodies] = ["frames", "bodies"].map(|key| &made.parameters[key]);
    let counts = counts.join(" + ");
    printer::data(format!("{set}: imported {counts} trajectories, {frames} frames, {bodies} bodies"));
    Ok(())
}

fn write_set(folder: &Path, set: &str, splits: &BTreeMap<String, ImportedSplit>) -> Result<Manifest> {
    let frames = splits.values().next().map_or(0, |split| split.frames);
    let bodies = splits.values().next().map_or(0, |split| split.bodies);
    let parameters = serde_json::json!({ "frames": frames, "bodies": bodies });
    let footer = SplitFooter {
        set: set.into(),
        generator: IMPORT.into(),
        generator_version: GENERATOR_VERSION,
        parameters_hash: manifest::parameters_hash(IMPORT, &parameters),
        ..SplitFooter::default()
    };
    let mut entries = BTreeMap::new();
    for (split, arrays) in splits {
        let path = folder.join(format!("{split}.parquet"));
        let footer = SplitFooter { split: split.clone(), ..footer.clone() };
        entries.insert(split.clone(), write_split(&path, &arrays.as_split(), &footer)?);
    }
    super::write_manifest(folder, set, parameters, entries)
}
