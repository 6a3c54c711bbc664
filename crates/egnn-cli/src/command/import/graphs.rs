//! Edge lists as a graph set.

use crate::{
    args::Import,
    catalogue::IMPORT,
    command::generate::{Content, GraphContent, Made, describe},
    exit::Result,
    printer,
};
use egnn_schema::{Manifest, version::GENERATOR_VERSION};
use egnn_store::{
    SplitFooter,
    graphs::{GraphRow, write_split},
    import, manifest,
};
use std::{collections::BTreeMap, path::Path, time::Instant};

pub(super) fn run(args: &Import, sets: &Path, set: &str) -> Result<()> {
    let start = Instant::now();
    // All files are read before anything is written.
    let splits = import::edge_lists(&args.from)?;
    let written = super::replace(sets, set, |folder| write_set(folder, set, &splits))?;
    let made = Made {
        set: set.into(),
        outcome: "imported".into(),
        content: Content::Graphs(GraphContent::of(&splits)),
        bytes: written.splits.values().map(|split| split.bytes).sum(),
        seconds: start.elapsed().as_secs_f64(),
        content_hash: written.content_hash,
    };
    if args.json {
        printer::json(&made);
    } else {
        printer::data(describe(&made));
    }
    Ok(())
}

fn write_set(folder: &Path, set: &str, splits: &BTreeMap<String, Vec<GraphRow>>) -> Result<Manifest> {
    let parameters = serde_json::json!({ "format": "edge lists" });
    let footer = SplitFooter {
        set: set.into(),
        generator: IMPORT.into(),
        generator_version: GENERATOR_VERSION,
        parameters_hash: manifest::parameters_hash(IMPORT, &parameters),
        ..SplitFooter::default()
    };
    let mut entries = BTreeMap::new();
    for (split, rows) in splits {
        let path = folder.join(format!("{split}.parquet"));
        let footer = SplitFooter { split: split.clone(), ..footer.clone() };
        entries.insert(split.clone(), write_split(&path, rows, &footer)?);
    }
    super::write_manifest(folder, set, parameters, entries)
}
