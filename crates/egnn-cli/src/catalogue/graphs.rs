//! `datasets/graphs.yaml`.

use super::{
    SPLITS,
    file::{COUNT, Map, SEED},
};
use egnn_graphs::{Community, ErdosRenyi, Family, Generator, Source};
use egnn_schema::FieldError;
use egnn_sweep::origin::Located;
use serde::Serialize;
use std::collections::BTreeMap;

/// One set of `datasets/graphs.yaml`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct GraphSet {
    pub(crate) source: Source,
    pub(crate) seed: u64,
    pub(crate) family: Family,
    pub(crate) connected: bool,
    /// Graphs of each split that it has.
    pub(crate) splits: BTreeMap<&'static str, usize>,
}

impl GraphSet {
    pub(crate) fn generator(&self) -> Generator {
        let split = |name| self.splits.get(name).map(|&graphs| (String::from(name), graphs));
        Generator {
            family: self.family.clone(),
            connected: self.connected,
            source: self.source,
            seed: self.seed,
            splits: SPLITS.into_iter().filter_map(split).collect(),
        }
    }

    pub(crate) fn graphs(&self) -> usize {
        self.splits.values().sum()
    }

    pub(super) fn sizes(&self) -> BTreeMap<String, u64> {
        self.splits.iter().map(|(&split, &graphs)| (split.to_owned(), graphs as u64)).collect()
    }
}

const SET: [&str; 6] = ["description", "source", "seed", "family", "graph", "splits"];
const ERDOS_RENYI: [&str; 4] = ["min_nodes", "max_nodes", "p", "connected"];
const COMMUNITY: [&str; 6] = ["communities", "min_community", "max_community", "p_inside", "p_between", "connected"];
const SOURCES: [(&str, Source); 2] = [("reference", Source::Reference), ("native", Source::Native)];

/// Reads the map `graph`, if it is there, into a family and whether graphs must be connected.
type ReadFamily = fn(Option<&Map<'_>>) -> Result<Family, Located>;
const FAMILIES: [(&str, ReadFamily); 2] = [("erdos_renyi", read_erdos_renyi), ("community", read_community)];

/// A set, checked by its generator.
pub(super) fn read_set(map: &Map<'_>) -> Result<GraphSet, Located> {
    map.known(&SET)?;
    let graph = map.inner("graph")?;
    let splits = map.required("splits", map.inner("splits")?)?;
    let family = map.required("family", map.choice("family", &FAMILIES)?)?;
    let connected = graph.as_ref().map(|graph| graph.truth("connected")).transpose()?.flatten();
    let set = GraphSet {
        source: map.required("source", map.choice("source", &SOURCES)?)?,
        seed: map.required("seed", map.whole("seed", SEED)?)? as u64,
        family: family(graph.as_ref())?,
        connected: connected.unwrap_or(false),
        splits: read_splits(&splits)?,
    };
    set.generator().validate().map_err(|FieldError { field, message }| {
        let node = graph.as_ref().and_then(|graph| graph.get(&field)).or_else(|| splits.get(&field));
        // A wrong number may be a default, which stands nowhere.
        let node = node.or_else(|| map.get(&field)).or_else(|| map.get("graph"));
        map.error(node.map_or(map.spot, |node| node.spot), message)
    })?;
    Ok(set)
}

fn read_erdos_renyi(map: Option<&Map<'_>>) -> Result<Family, Located> {
    let default = ErdosRenyi::default();
    let Some(map) = map else { return Ok(Family::ErdosRenyi(default)) };
    map.known(&ERDOS_RENYI)?;
    Ok(Family::ErdosRenyi(ErdosRenyi {
        min_nodes: map.whole("min_nodes", COUNT)?.map_or(default.min_nodes, |count| count as usize),
        max_nodes: map.whole("max_nodes", COUNT)?.map_or(default.max_nodes, |count| count as usize),
        p: map.number("p")?.unwrap_or(default.p),
    }))
}

fn read_community(map: Option<&Map<'_>>) -> Result<Family, Located> {
    let default = Community::default();
    let Some(map) = map else { return Ok(Family::Community(default)) };
    map.known(&COMMUNITY)?;
    Ok(Family::Community(Community {
        communities: map.whole("communities", COUNT)?.map_or(default.communities, |count| count as usize),
        min_community: map.whole("min_community", COUNT)?.map_or(default.min_community, |count| count as usize),
        max_community: map.whole("max_community", COUNT)?.map_or(default.max_community, |count| count as usize),
        p_inside: map.number("p_inside")?.unwrap_or(default.p_inside),
        p_between: map.number("p_between")?.unwrap_or(default.p_between),
    }))
}

fn read_splits(map: &Map<'_>) -> Result<BTreeMap<&'static str, usize>, Located> {
    map.known(&SPLITS)?;
    let size = |split| Ok(map.whole(split, 1..=*COUNT.end())?.map(|graphs| (split, graphs as usize)));
    SPLITS.into_iter().filter_map(|split| size(split).transpose()).collect()
}
