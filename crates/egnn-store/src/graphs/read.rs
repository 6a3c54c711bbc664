//! Graphs from Parquet.

use super::{GraphInfo, GraphRow, check, layout::layout};
use crate::{
    SplitFooter,
    error::Result,
    rows::{Group, Split},
};
use egnn_schema::columns::graphs::{COMMUNITY, GRAPH, NODES, P, SOURCE, TARGET};
use std::{iter, path::Path};

/// Reads the first `graphs` graphs of a split, all of them if `None`.
///
/// # Errors
/// If the file is missing, damaged, of another program or version, has other columns, holds a row that is not a graph
/// in the form that [`check()`] asks for, or holds less than is asked for.
pub fn read_split(path: &Path, graphs: Option<usize>) -> Result<Vec<GraphRow>> {
    Split::open(path, layout())?.read(graphs, read_group, check)
}

/// What a split holds, from its footer alone.
///
/// # Errors
/// If the file is missing, its footer damaged, of another program or version, or its columns are not a split's.
pub fn info(path: &Path) -> Result<GraphInfo> {
    let split = Split::open(path, layout())?;
    Ok(GraphInfo { graphs: split.rows, footer: SplitFooter::read(&split.file)? })
}

fn read_group(group: &Group<'_>) -> Result<Vec<GraphRow>> {
    for (row, number) in (group.first..).zip(group.unsigned::<u32>(GRAPH.name)?) {
        if number as usize != row {
            return Err(group.damaged(format!("row {row} says that it is graph {number}")));
        }
    }
    let nodes = group.unsigned::<u16>(NODES.name)?;
    let source = group.unsigned_lists::<u16>(SOURCE.name)?;
    let target = group.unsigned_lists::<u16>(TARGET.name)?;
    let community = group.unsigned_lists::<u8>(COMMUNITY.name)?;
    let p = group.numbers_or_nulls(P.name)?;
    let lists = source.iter().zip(target.iter()).zip(community.iter());
    let rows = iter::zip(nodes, lists).zip(p).map(|((nodes, ((source, target), community)), p)| {
        let (source, target, community) = (source.to_vec(), target.to_vec(), community.to_vec());
        GraphRow { nodes, source, target, community, p }
    });
    Ok(rows.collect())
}
