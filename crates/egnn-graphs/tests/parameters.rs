//! Bad parameters are refused, with the field's name.

mod common;

use common::{community_small, erdos_renyi, generator};
use egnn_graphs::{Community, DRAWS, ErdosRenyi, Family, Generator, Source, generate};

/// Field and message of the error that a family gives.
fn refused(family: Family) -> (String, String) {
    let error = generate(&generator(family, Source::Native, 1, &[("train", 1)]), &|_| ()).unwrap_err();
    (error.field, error.message)
}

#[test]
fn bad_families_name_their_field() {
    let community = |change: fn(&mut Community)| {
        let mut family = Community::default();
        change(&mut family);
        Family::Community(family)
    };
    for (family, field, message) in [
        (erdos_renyi(1, 5, 0.5), "min_nodes", "min_nodes is 1; give a number from 2 to 1000"),
        (erdos_renyi(2, 1001, 0.5), "max_nodes", "max_nodes is 1001; give a number from 2 to 1000"),
        (erdos_renyi(6, 5, 0.5), "min_nodes", "min_nodes (6) is above max_nodes (5); swap them"),
        (erdos_renyi(2, 5, -0.1), "p", "p is -0.1; give a probability from 0 to 1"),
        (erdos_renyi(2, 5, 1.1), "p", "p is 1.1; give a probability from 0 to 1"),
        (erdos_renyi(2, 5, f64::NAN), "p", "p is NaN; give a probability from 0 to 1"),
        (community(|c| c.communities = 0), "communities", "communities is 0; give a number from 1 to 256"),
        (community(|c| c.communities = 257), "communities", "communities is 257; give a number from 1 to 256"),
        (
            community(|c| c.communities = 101),
            "communities",
            "communities (101) times max_community (10) is 1010 nodes; a graph may have 1000",
        ),
        (community(|c| c.min_community = 0), "min_community", "min_community is 0; give a number from 2 to 1000"),
        (
            community(|c| c.max_community = 5),
            "min_community",
            "min_community (6) is above max_community (5); swap them",
        ),
        (community(|c| c.p_inside = 2.0), "p_inside", "p_inside is 2; give a probability from 0 to 1"),
        (community(|c| c.p_between = -1.0), "p_between", "p_between is -1; give a probability from 0 to 1"),
    ] {
        assert_eq!(refused(family), (field.to_owned(), message.to_owned()));
    }
}

#[test]
fn the_largest_graphs_can_be_drawn() {
    let many = Community { communities: 256, min_community: 3, max_community: 3, ..Community::default() };
    for family in [erdos_renyi(1000, 1000, 1.0), Family::Community(many)] {
        let nodes = family.nodes();
        let graph = common::only(&generator(family, Source::Native, 1, &[("train", 1)])).remove(0);
        assert!(nodes.0 == nodes.1 && usize::from(graph.nodes) == nodes.0);
        common::assert_well_formed(&graph);
    }
}

#[test]
fn bad_generators_name_their_field() {
    let error = |change: fn(&mut Generator)| {
        let mut generator = generator(erdos_renyi(7, 16, 0.25), Source::Reference, 0, &[("train", 10), ("test", 20)]);
        generator.validate().unwrap();
        change(&mut generator);
        let error = generate(&generator, &|_| ()).unwrap_err();
        (error.field, error.message)
    };
    let (field, message) = error(|g| g.splits[1].1 = 15);
    assert_eq!(
        (field.as_str(), message.contains("test is 15; source: reference draws all 10 sizes in turn")),
        ("test", true)
    );
    assert_eq!(error(|g| g.splits.clear()).0, "splits");
    let (field, message) = error(|g| g.splits[0].1 = 1_000_000_000);
    assert_eq!(field, "splits");
    assert!(message.contains("so make smaller or fewer graphs"), "{message}");
    assert_eq!(error(|g| g.splits[0].1 = 0).0, "train");
    assert_eq!(error(|g| g.splits[0].0 = "test".into()).0, "splits");
    assert_eq!(error(|g| g.splits[0].0 = "trian".into()).1, "unknown split 'trian'; did you mean 'train'?");
    assert_eq!(error(|g| g.seed = u64::from(u32::MAX) - 1).0, "seed");
    assert_eq!(error(|g| g.connected = true).0, "connected");
    let three = |g: &mut Generator| g.family = Family::Community(Community { communities: 3, ..Community::default() });
    assert_eq!(error(three).0, "communities");
    let large_seed = generator(community_small(), Source::Native, u64::MAX, &[("test", 1)]);
    large_seed.validate().unwrap();
}

#[test]
fn what_cannot_be_connected_is_given_up_with_a_message() {
    let sparse = generator(erdos_renyi(8, 8, 0.0), Source::Native, 1, &[("valid", 3)]);
    let error = generate(&Generator { connected: true, ..sparse }, &|_| ()).unwrap_err();
    assert_eq!(error.field, "connected");
    let said = format!("graph 0 of valid (8 nodes) was drawn {DRAWS} times and never connected");
    assert!(error.message.contains(&said), "{error}");
}

#[test]
fn parameters_read_from_files_are_strict() {
    let family: ErdosRenyi = serde_json::from_str(r#"{"p": 0.5}"#).unwrap();
    assert_eq!(family, ErdosRenyi { p: 0.5, ..ErdosRenyi::default() });
    let error = serde_json::from_str::<Community>(r#"{"p": 0.5}"#).unwrap_err().to_string();
    assert!(error.contains("unknown field `p`"), "{error}");
    let whole = generator(community_small(), Source::Reference, 3, &[("train", 2)]);
    let text = serde_json::to_string(&whole).unwrap();
    assert_eq!(serde_json::from_str::<Generator>(&text).unwrap(), whole);
}
