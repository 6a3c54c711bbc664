//! `egnn import nbody`: the authors' .npy files as a set.

use crate::{
    args::{Import, ImportKind},
    catalogue::Catalogue,
    command::generate::remove_manifest,
    exit::{Result, Stop},
    printer,
    workspace::Workspace,
};
use egnn_schema::{
    Manifest,
    version::{DATASET_VERSION, GENERATOR_VERSION, PROGRAM},
};
use egnn_store::{
    atomic, import, manifest,
    nbody::{NbodyFooter, write_split},
};
use std::collections::BTreeMap;

pub(crate) fn run(args: &Import, workspace: &Workspace) -> Result<()> {
    let ImportKind::Nbody = args.kind;
    let catalogue = Catalogue::read(workspace)?;
    if catalogue.contains(&args.set) {
        return Err(Stop::input(format!(
            "set '{}' is one that `egnn generate` makes ({}); choose another name with --set",
            args.set,
            workspace.nbody_sets().display()
        )));
    }
    if args.set.is_empty() || !args.set.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)) {
        return Err(Stop::input(format!("--set '{}': a set's name is made of letters, digits, - and _", args.set)));
    }
    let splits = import::nbody_npy(&args.from)?;
    let folder = catalogue.folder(&args.set);
    atomic::create_folder(&folder)?;
    atomic::sweep_temporaries(&folder)?;
    remove_manifest(&folder)?;
    let frames = splits.values().next().map_or(0, |split| split.frames);
    let bodies = splits.values().next().map_or(0, |split| split.bodies);
    let parameters = serde_json::json!({ "frames": frames, "bodies": bodies });
    let parameters_hash = manifest::parameters_hash("import", &parameters);
    let footer = NbodyFooter {
        set: args.set.clone(),
        generator: "import".into(),
        generator_version: GENERATOR_VERSION,
        parameters_hash: parameters_hash.clone(),
        ..NbodyFooter::default()
    };
    let mut entries = BTreeMap::new();
    for (split, arrays) in &splits {
        let path = folder.join(format!("{split}.parquet"));
        let footer = NbodyFooter { split: split.clone(), ..footer.clone() };
        entries.insert(split.clone(), write_split(&path, &arrays.as_split(), &footer)?);
    }
    let made = Manifest {
        program: PROGRAM.into(),
        dataset_version: DATASET_VERSION,
        set: args.set.clone(),
        generator: "import".into(),
        generator_version: GENERATOR_VERSION,
        parameters,
        parameters_hash,
        content_hash: manifest::content_hash(&entries),
        splits: entries,
    };
    manifest::write(&folder, &made)?;
    if args.json {
        printer::json(&made);
    } else {
        let counts: Vec<_> = import::SPLITS
            .iter()
            .filter_map(|split| Some(format!("{} {split}", made.splits.get(*split)?.samples)))
            .collect();
        printer::data(format!(
            "{}: imported {} trajectories, {frames} frames, {bodies} bodies",
            args.set,
            counts.join(" + ")
        ));
    }
    Ok(())
}
