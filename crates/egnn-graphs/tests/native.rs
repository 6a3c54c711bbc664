//! Laws of the sets from our own streams.

mod common;

use common::{assert_well_formed, community_small, density_percent, erdos_renyi, generator, only};
use egnn_graphs::{Community, Family, Generator, Graph, Source, generate};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn native(family: Family, seed: u64, graphs: usize) -> Generator {
    generator(family, Source::Native, seed, &[("train", graphs)])
}

/// Families of small graphs.
fn any_family() -> impl Strategy<Value = Family> {
    let p = || prop_oneof![Just(0.0), Just(1.0), 0.0..=1.0];
    let sizes = || (2_usize..20, 0_usize..10).prop_map(|(low, more)| (low, low + more));
    prop_oneof![
        (sizes(), p()).prop_map(|((low, high), p)| erdos_renyi(low, high, p)),
        (1_usize..6, sizes(), p(), p()).prop_map(|(communities, (low, high), p_inside, p_between)| {
            Family::Community(Community { communities, min_community: low, max_community: high, p_inside, p_between })
        }),
    ]
}

/// Sizes of the communities, which must be numbered in order.
fn community_sizes(graph: &Graph) -> Vec<usize> {
    assert!(graph.community.is_sorted());
    let last = graph.community.last().map_or(0, |&last| usize::from(last) + 1);
    (0..last).map(|k| graph.community.iter().filter(|&&community| usize::from(community) == k).count()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn graphs_are_well_formed_and_as_large_as_asked(family in any_family(), seed: u64) {
        let graphs = only(&native(family.clone(), seed, 8));
        prop_assert_eq!(graphs.len(), 8);
        for graph in &graphs {
            assert_well_formed(graph);
            match &family {
                Family::ErdosRenyi(family) => {
                    prop_assert!((family.min_nodes..=family.max_nodes).contains(&usize::from(graph.nodes)));
                    prop_assert_eq!(graph.p, family.p);
                    prop_assert!(graph.community.is_empty());
                }
                Family::Community(family) => {
                    let sizes = community_sizes(graph);
                    prop_assert_eq!(sizes.len(), family.communities);
                    let allowed = family.min_community..=family.max_community;
                    prop_assert!(sizes.iter().all(|size| allowed.contains(size)));
                    prop_assert_eq!(graph.p, family.p_inside);
                }
            }
        }
    }

    #[test]
    fn every_community_is_joined_to_the_next(family in any_family(), seed: u64) {
        let Family::Community(Community { communities, .. }) = family else { return Ok(()) };
        for graph in only(&native(family, seed, 4)) {
            let of = |node: u16| usize::from(graph.community[usize::from(node)]);
            let joined: BTreeSet<(usize, usize)> = graph.edges.iter().map(|&(u, v)| (of(u), of(v))).collect();
            prop_assert!((1..communities).all(|k| joined.contains(&(k - 1, k))));
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_bits_and_another_one_others(family in any_family(), seed: u64) {
        let graphs = only(&native(family.clone(), seed, 40));
        prop_assert_eq!(&only(&native(family.clone(), seed, 40)), &graphs);
        let may_vary = family.mean_pairs() > 10.0 && match &family {
            Family::ErdosRenyi(family) => (0.3..0.7).contains(&family.p),
            Family::Community(family) => (0.3..0.7).contains(&family.p_inside),
        };
        prop_assert!(!may_vary || only(&native(family, seed.wrapping_add(1), 40)) != graphs);
    }

    #[test]
    fn connected_graphs_are_connected_and_of_the_same_sizes(seed: u64, p in 0.15..1.0_f64) {
        let free = native(erdos_renyi(2, 9, p), seed, 30);
        let bound = Generator { connected: true, ..free.clone() };
        let (free, bound) = (only(&free), only(&bound));
        prop_assert!(bound.iter().all(Graph::is_connected));
        for (free, bound) in free.iter().zip(&bound) {
            prop_assert_eq!(free.nodes, bound.nodes);
            // Nothing is drawn again where the first draw will do.
            prop_assert!(!free.is_connected() || free == bound);
        }
    }

    #[test]
    fn is_connected_agrees_with_a_walk(family in any_family(), seed: u64) {
        for graph in only(&native(family, seed, 4)) {
            let mut reached = BTreeSet::from([0]);
            let mut size = 0;
            while reached.len() > size {
                size = reached.len();
                for &(u, v) in &graph.edges {
                    if reached.contains(&u) || reached.contains(&v) {
                        reached.extend([u, v]);
                    }
                }
            }
            prop_assert_eq!(graph.is_connected(), reached.len() == usize::from(graph.nodes));
        }
    }
}

#[test]
fn probability_0_gives_no_edge_and_1_all_of_them() {
    assert!(only(&native(erdos_renyi(2, 30, 0.0), 1, 50)).iter().all(|graph| graph.edges.is_empty()));
    for graph in only(&native(erdos_renyi(2, 30, 1.0), 1, 50)) {
        let n = usize::from(graph.nodes);
        assert_eq!(graph.edges.len(), n * (n - 1) / 2);
    }
    let apart = Family::Community(Community { communities: 3, p_inside: 1.0, p_between: 0.0, ..Community::default() });
    for graph in only(&native(apart, 1, 50)) {
        let inside: usize = community_sizes(&graph).iter().map(|n| n * (n - 1) / 2).sum();
        assert_eq!(graph.edges.len(), inside + 2, "each community is joined to the next by one edge");
    }
}

/// Sizes, edges within and edges between are binomial or uniform: each mean within five standard errors.
#[test]
fn densities_and_sizes_have_the_means_that_were_asked_for() {
    for p in [0.05, 0.25, 0.5, 0.9] {
        let family = erdos_renyi(7, 16, p);
        let graphs = only(&native(family.clone(), 7, 4000));
        let pairs = family.mean_pairs() * 4000.0;
        let error = 100.0 * (p * (1.0 - p) / pairs).sqrt();
        let density = density_percent(&graphs);
        assert!((density - 100.0 * p).abs() < 5.0 * error, "p {p}: {density} %, standard error {error}");
        let nodes: f64 = graphs.iter().map(|graph| f64::from(graph.nodes)).sum::<f64>() / 4000.0;
        assert!((nodes - 11.5).abs() < 5.0 * (8.25_f64 / 4000.0).sqrt(), "{nodes} nodes on average");
        // Variances: p (1 - p) for a pair, and the pairs' own, whose standard deviation is 33 at sizes 7 to 16.
        let edges: f64 = graphs.iter().map(|graph| graph.edges.len() as f64).sum::<f64>() / 4000.0;
        let error = ((p * 33.1).powi(2) + p * (1.0 - p) * family.mean_pairs()).sqrt() / 4000.0_f64.sqrt();
        assert!((edges - family.mean_edges()).abs() < 5.0 * error, "{edges} edges, {} expected", family.mean_edges());
    }
    let family = Community { communities: 4, p_between: 0.1, ..Community::default() };
    let graphs = only(&native(Family::Community(family), 7, 2000));
    let (mut inside, mut between, mut pairs_inside, mut pairs_between) = (0.0, 0.0, 0.0, 0.0);
    for graph in &graphs {
        let of = |node: u16| graph.community[usize::from(node)];
        let within = graph.edges.iter().filter(|&&(u, v)| of(u) == of(v)).count() as f64;
        inside += within;
        between += graph.edges.len() as f64 - within;
        let n = f64::from(graph.nodes);
        let pairs: f64 = community_sizes(graph).iter().map(|&n| (n * (n - 1) / 2) as f64).sum();
        pairs_inside += pairs;
        pairs_between += n * (n - 1.0) / 2.0 - pairs;
    }
    let near = |found: f64, p: f64, pairs: f64| (found / pairs - p).abs() < 5.0 * (p * (1.0 - p) / pairs).sqrt();
    assert!(near(inside, 0.7, pairs_inside), "{}", inside / pairs_inside);
    // Communities without any edge to the next are rare here (0.9^64), so that joining them shows in no digit.
    assert!(near(between, 0.1, pairs_between), "{}", between / pairs_between);
}

#[test]
fn a_graph_depends_on_seed_split_and_number_only() {
    let draw =
        |splits: &[(&str, usize)]| generate(&generator(community_small(), Source::Native, 5, splits), &|_| ()).unwrap();
    let long = draw(&[("train", 50), ("test", 20)]);
    let short = draw(&[("test", 20), ("train", 10)]);
    assert_eq!(long[1], short[0], "other splits do not matter");
    assert_eq!(long[0].1[..10], short[1].1, "a longer split begins with the shorter one");
    assert_ne!(long[0].1[..20], long[1].1, "splits differ");
}

/// What the authors' set is not: every community drawn afresh.
#[test]
fn communities_drawn_afresh_hardly_repeat() {
    let splits = [("train", 5000), ("valid", 500), ("test", 500)];
    let generator = Generator { connected: true, ..generator(community_small(), Source::Native, 0, &splits) };
    let sets = generate(&generator, &|_| ()).unwrap();
    let train: BTreeSet<_> = sets[0].1.iter().map(|graph| (graph.nodes, &graph.edges)).collect();
    assert_eq!(train.len(), 5000);
    assert!(sets[2].1.iter().all(|graph| !train.contains(&(graph.nodes, &graph.edges))));
    let density = density_percent(&sets[0].1);
    // Pairs of a graph on average: 58 inside, 64 between; of these 0.99^64 = 0.53 of the graphs get an edge to join them.
    // The authors' ten communities happen to be sparser than that: 31.8 %.
    let expected = 100.0 * (58.0 * 0.7 + 64.0 * 0.01 + 0.53) / 122.0;
    assert!((density - expected).abs() < 0.3, "{density} %, {expected} expected");
}

#[test]
fn progress_counts_every_graph() {
    let seen = std::cell::RefCell::new(Vec::new());
    for source in [Source::Native, Source::Reference] {
        for family in [erdos_renyi(4, 5, 0.5), community_small()] {
            seen.borrow_mut().clear();
            let generator = generator(family, source, 1, &[("train", 4), ("test", 2)]);
            generate(&generator, &|done| seen.borrow_mut().push(done)).unwrap();
            assert_eq!(*seen.borrow(), [1, 2, 3, 4, 5, 6]);
        }
    }
}

/// The first native graphs, fixed for life.
#[test]
fn native_graphs_are_golden() {
    let first = |family| only(&native(family, 1, 1)).remove(0);
    let graph = first(erdos_renyi(4, 8, 0.5));
    let edges = [(0, 1), (1, 3), (1, 5), (1, 6), (2, 3), (2, 5), (2, 6), (3, 4), (3, 6), (4, 5), (4, 6)];
    assert_eq!((graph.nodes, graph.edges), (7, edges.to_vec()));
    let small = Community { communities: 2, min_community: 3, max_community: 4, p_inside: 0.7, p_between: 0.1 };
    let graph = first(Family::Community(small));
    let edges = [(0, 1), (0, 2), (1, 2), (2, 3), (2, 4), (3, 6), (4, 5), (4, 6)];
    assert_eq!((graph.nodes, graph.edges), (7, edges.to_vec()));
}
