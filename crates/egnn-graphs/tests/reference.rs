//! `source: reference` against the authors' sets, graph by graph and in order.

mod common;

use common::{assert_well_formed, community_small, density_percent, erdos_renyi, generator, only};
use egnn_graphs::{Family, Graph, Source, generate};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{collections::BTreeSet, fmt::Write};

fn theirs(key: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("fixtures/graphs.json")).unwrap();
    all[key].clone()
}

/// As the fixture writes a graph.
fn line(graph: &Graph) -> String {
    let edges: Vec<_> = graph.edges.iter().map(|(u, v)| format!("{u}-{v}")).collect();
    format!("{}:{}", graph.nodes, edges.join(","))
}

fn sha256(lines: &[String]) -> String {
    let text: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
    Sha256::digest(text).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

fn assert_theirs(graphs: &[Graph], key: &str) {
    let theirs = theirs(key);
    graphs.iter().for_each(assert_well_formed);
    let lines: Vec<String> = graphs.iter().map(line).collect();
    for (ours, first) in lines.iter().zip(theirs["first"].as_array().unwrap()) {
        assert_eq!(ours, first.as_str().unwrap(), "{key}");
    }
    assert_eq!(graphs.len(), theirs["graphs"].as_u64().unwrap() as usize, "{key}");
    assert_eq!(sha256(&lines), theirs["sha256"].as_str().unwrap(), "{key}");
    let nodes: u64 = graphs.iter().map(|graph| u64::from(graph.nodes)).sum();
    let edges: u64 = graphs.iter().map(|graph| graph.edges.len() as u64).sum();
    let distinct = lines.iter().collect::<BTreeSet<_>>().len() as u64;
    for (name, ours) in [("nodes", nodes), ("undirected_edges", edges), ("distinct", distinct)] {
        assert_eq!(Some(ours), theirs[name].as_u64(), "{key}: {name}");
    }
    // The fixture's is rounded to four digits.
    let density = density_percent(graphs);
    assert!((density - theirs["density_percent"].as_f64().unwrap()).abs() < 1e-4, "{key}: {density}");
}

fn assert_all_splits_are_theirs(family: Family, key: &str) {
    let splits = [("train", 5000), ("valid", 500), ("test", 500)];
    let sets = generate(&generator(family, Source::Reference, 0, &splits), &|_| ()).unwrap();
    for ((name, graphs), theirs) in sets.iter().zip(["train", "val", "test"]) {
        assert_theirs(graphs, &format!("{key}_{theirs}"));
        assert_eq!(name, splits[["train", "val", "test"].iter().position(|&split| split == theirs).unwrap()].0);
    }
}

#[test]
fn erdos_renyi_is_the_authors_graph_by_graph() {
    assert_all_splits_are_theirs(erdos_renyi(7, 16, 0.25), "erdos_renyi_p0.25");
}

#[test]
fn community_small_is_the_authors_graph_by_graph() {
    assert_all_splits_are_theirs(community_small(), "community_small");
}

#[test]
fn the_overfitting_sets_are_the_authors_graph_by_graph() {
    for p in [0.1, 0.5, 0.9] {
        let family = erdos_renyi(7, 16, p);
        let graphs = only(&generator(family, Source::Reference, 3, &[("train", 100)]));
        assert_theirs(&graphs, &format!("erdos_renyi_overfit_p{p}"));
    }
}

#[test]
fn the_seed_of_a_split_does_not_depend_on_the_other_splits() {
    let family = erdos_renyi(7, 16, 0.25);
    let graphs = only(&generator(family, Source::Reference, 0, &[("test", 500)]));
    assert_theirs(&graphs, "erdos_renyi_p0.25_test");
}

#[test]
fn the_authors_communities_are_labelled_connected_and_joined() {
    let graphs = only(&generator(community_small(), Source::Reference, 0, &[("train", 200)]));
    for graph in &graphs {
        assert!(graph.is_connected());
        assert!(graph.community.is_sorted());
        let first = graph.community.partition_point(|&community| community == 0);
        let sizes = [first, graph.community.len() - first];
        assert!(sizes.iter().all(|size| (6..=10).contains(size)), "{sizes:?}");
        assert_eq!(sizes.iter().sum::<usize>(), usize::from(graph.nodes));
        assert_eq!(graph.p, 0.7);
    }
}

#[test]
fn most_test_graphs_of_community_small_occur_in_training() {
    let splits = [("train", 5000), ("test", 500)];
    let sets = generate(&generator(community_small(), Source::Reference, 0, &splits), &|_| ()).unwrap();
    let train: BTreeSet<String> = sets[0].1.iter().map(line).collect();
    let repeated = sets[1].1.iter().filter(|graph| train.contains(&line(graph))).count();
    assert_eq!(repeated, 365);
}
