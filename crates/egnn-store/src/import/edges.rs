//! Graphs from edge lists: `train/`, `valid/` and `test/`, in each a `.txt` file for each graph.
//!
//! A line is an edge: two node numbers, from 0, with white space or a comma between them. The first line may be
//! `nodes N`; else the graph has as many nodes as its largest number asks for. `#` begins a comment, empty lines do
//! not count. Edges may stand in any order, each once, in either direction.

use super::{SPLITS, in_folder};
use crate::{
    error::{Result, StoreError},
    graphs::{GraphRow, LARGEST_GRAPH},
};
use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

/// The folders that are there are the splits; `train` must be. Graphs are in the order of the files' names.
///
/// # Errors
/// If there is no folder `train`, a folder of another name, a split without a graph, or a file that is no graph: then
/// the error names file and line.
pub fn edge_lists(folder: &Path) -> Result<BTreeMap<String, Vec<GraphRow>>> {
    let mut splits = BTreeMap::new();
    // Files beside the folders, such as a README, are the user's own.
    for name in entries(folder)?.into_iter().filter(|name| folder.join(name).is_dir()) {
        let split = name.to_str().filter(|name| SPLITS.contains(name));
        let split = split.ok_or_else(|| {
            let name = name.display();
            in_folder(folder, format!("the folder '{name}' in it is no split; splits are {}", SPLITS.join(", ")))
        })?;
        splits.insert(split.to_owned(), read_split(&folder.join(split))?);
    }
    if splits.contains_key(SPLITS[0]) {
        Ok(splits)
    } else {
        Err(in_folder(folder, format!("there is no folder {} with a .txt file for each graph", SPLITS[0])))
    }
}

/// Names in a folder, sorted, without hidden ones.
fn entries(folder: &Path) -> Result<Vec<OsString>> {
    let unreadable = |error| StoreError::io("read", folder, error);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        if !name.as_encoded_bytes().starts_with(b".") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn read_split(folder: &Path) -> Result<Vec<GraphRow>> {
    let paths: Vec<PathBuf> = entries(folder)?.into_iter().map(|name| folder.join(name)).collect();
    if let Some(other) = paths.iter().find(|path| path.extension().is_none_or(|extension| extension != "txt")) {
        let name = other.file_name().unwrap_or_default().display();
        return Err(in_folder(folder, format!("'{name}' in it is no .txt file; each graph is one")));
    }
    if paths.is_empty() {
        return Err(in_folder(folder, "there is no graph in it; each graph is a .txt file".into()));
    }
    paths.iter().map(|path| read_graph(path)).collect()
}

fn read_graph(path: &Path) -> Result<GraphRow> {
    let wrong = |(line, reason)| StoreError::EdgeList { path: path.to_owned(), line, reason };
    let bytes = fs::read(path).map_err(|error| StoreError::io("read", path, error))?;
    let text = str::from_utf8(&bytes).map_err(|_| wrong((None, "it is not UTF-8 text".into())))?;
    parse(text.trim_start_matches('\u{feff}')).map_err(wrong)
}

/// What is wrong, and the line if there is one.
type Wrong = (Option<usize>, String);

fn parse(text: &str) -> Result<GraphRow, Wrong> {
    let lines = text.lines().zip(1..).filter_map(|(line, number)| {
        let content = line.split_once('#').map_or(line, |(content, _)| content).trim();
        (!content.is_empty()).then_some((number, content))
    });
    let mut given = None;
    // Edges with the line in which they stand.
    let mut edges = BTreeMap::new();
    for (index, (number, content)) in lines.enumerate() {
        let wrong = |reason: String| (Some(number), reason);
        let words: Vec<&str> =
            content.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()).collect();
        if words.first() == Some(&"nodes") {
            if index > 0 {
                return Err(wrong("'nodes' must be the first line".into()));
            }
            given = Some(nodes(&words).map_err(wrong)?);
        } else {
            let (u, v) = edge(content, &words, given).map_err(wrong)?;
            if let Some(before) = edges.insert((u.min(v), u.max(v)), number) {
                return Err(wrong(format!("edge {u} {v} is there twice; the first is in line {before}")));
            }
        }
    }
    if edges.len() > LARGEST_GRAPH {
        return Err((None, format!("it has {} edges; a graph may have {LARGEST_GRAPH}", edges.len())));
    }
    let largest = edges.keys().map(|&(_, v)| v + 1).max();
    let nodes = given.or(largest).ok_or_else(|| {
        (None, "it has no edge, so that its size is not known; give it as first line, for example 'nodes 7'".into())
    })?;
    let (source, target) = edges.into_keys().unzip();
    Ok(GraphRow { nodes, source, target, community: Vec::new(), p: None })
}

fn nodes(words: &[&str]) -> Result<u16, String> {
    let expected = || format!("'{}' is no size; give 'nodes' and a number from 1 to {}", words.join(" "), u16::MAX);
    let [_, nodes] = words else { return Err(expected()) };
    nodes.parse().ok().filter(|&nodes| nodes > 0).ok_or_else(expected)
}

fn edge(content: &str, words: &[&str], nodes: Option<u16>) -> Result<(u16, u16), String> {
    let &[u, v] = words else {
        return Err(format!("'{content}' is no edge; give two node numbers, for example '0 5'"));
    };
    let node = |word: &str| {
        let node: u64 = word.parse().map_err(|_| format!("'{word}' is no node number; give a whole number from 0"))?;
        let limit = nodes.unwrap_or(u16::MAX);
        match u16::try_from(node) {
            Ok(node) if node < limit => Ok(node),
            _ if nodes.is_some() => Err(format!("node {node} is out of range: the graph has {limit} nodes, from 0")),
            _ => Err(format!("node {node} is out of range: a graph may have {limit} nodes, from 0")),
        }
    };
    match (node(u)?, node(v)?) {
        (u, v) if u == v => Err(format!("edge {u} {v} joins a node with itself")),
        edge => Ok(edge),
    }
}
