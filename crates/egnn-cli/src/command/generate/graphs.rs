//! The files of a graph set, and what there is to say about one.

use crate::{
    catalogue::{GraphSet, SPLITS},
    exit::{Result, Stop},
    progress,
};
use egnn_graphs::Graph;
use egnn_schema::{Manifest, SplitEntry};
use egnn_store::{
    SplitFooter,
    graphs::{GraphRow, read_split, repeats, statistics, write_split},
};
use serde::Serialize;
use std::{collections::BTreeMap, fmt::Write, path::Path};

/// Draws the splits.
pub(super) fn draw(set: &GraphSet, name: &str) -> Result<Vec<(String, Vec<Graph>)>> {
    let bar = progress::bar(&format!("drawing {name}"), set.graphs() as u64);
    let splits = egnn_graphs::generate(&set.generator(), &|done| bar.set_position(done as u64))
        .map_err(|error| Stop::input(format!("set '{name}': {error}")))?;
    bar.finish_and_clear();
    Ok(splits)
}

pub(super) fn write(path: &Path, graphs: Vec<Graph>, footer: &SplitFooter) -> Result<SplitEntry> {
    let rows: Vec<GraphRow> = graphs.into_iter().map(graph_row).collect();
    Ok(write_split(path, &rows, footer)?)
}

/// A graph as the store takes it.
pub(crate) fn graph_row(Graph { nodes, edges, community, p }: Graph) -> GraphRow {
    let (source, target) = edges.into_iter().unzip();
    GraphRow { nodes, source, target, community, p: Some(p) }
}

/// What is in a graph set, and how far its splits are the same graphs.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct GraphContent {
    pub(crate) graphs: usize,
    splits: BTreeMap<String, SplitContent>,
    /// Test graphs that are in the training split, too, node for node; absent without a test split.
    #[serde(skip_serializing_if = "Option::is_none")]
    test_graphs_in_train: Option<u64>,
}

#[derive(Clone, Debug, Serialize)]
struct SplitContent {
    graphs: u64,
    /// Different labelled graphs.
    distinct: u64,
    density_percent: f64,
}

impl GraphContent {
    /// Reads the splits of a set that is whole.
    pub(crate) fn read(folder: &Path, manifest: &Manifest) -> Result<Self> {
        let read =
            |(split, entry): (&String, &SplitEntry)| Ok((split.clone(), read_split(&folder.join(&entry.file), None)?));
        Ok(Self::of(&manifest.splits.iter().map(read).collect::<Result<_>>()?))
    }

    pub(crate) fn of(splits: &BTreeMap<String, Vec<GraphRow>>) -> Self {
        let content = |rows: &Vec<GraphRow>| {
            let found = statistics(rows);
            SplitContent { graphs: found.graphs, distinct: found.distinct, density_percent: found.density_percent() }
        };
        let [train, _, test] = SPLITS.map(|split| splits.get(split));
        Self {
            graphs: splits.values().map(Vec::len).sum(),
            splits: splits.iter().map(|(split, rows)| (split.clone(), content(rows))).collect(),
            test_graphs_in_train: test.zip(train).map(|(test, train)| repeats(test, train)),
        }
    }

    /// A line a split, each after a line break.
    pub(crate) fn describe(&self) -> String {
        let mut text = String::new();
        for name in SPLITS {
            let Some(SplitContent { graphs, distinct, density_percent }) = self.splits.get(name) else { continue };
            let repeated = match self.test_graphs_in_train {
                Some(count) if name == "test" => format!(", {count} of them in train, too"),
                _ => String::new(),
            };
            // Writing to a text cannot fail.
            let _ = write!(
                text,
                "\n  {name}: {graphs} graphs, {distinct} distinct, edge density {density_percent:.2} %{repeated}"
            );
        }
        text
    }
}
