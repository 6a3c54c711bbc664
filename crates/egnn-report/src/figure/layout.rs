//! Places for the nodes of a graph, so that nodes with few steps between them stand close (stress majorisation, Gansner, Koren and North
//! 2004). The same graph gives the same places: nothing in it is random.

use crate::predictions::Reconstructed;
use std::collections::VecDeque;

/// Sweeps over all nodes: the graphs are small.
const SWEEPS: usize = 300;

/// Places of the nodes in a square from 0 to 1, by the graph's true links.
pub(crate) fn places(graph: &Reconstructed) -> Vec<(f64, f64)> {
    let nodes = graph.nodes;
    let steps = steps(graph);
    let mut places: Vec<(f64, f64)> = (0..nodes)
        .map(|node| {
            let angle = std::f64::consts::TAU * node as f64 / nodes as f64;
            // Not quite a circle: on one, nodes may pull each other in balance.
            let radius = 1.0 + 0.1 * (node % 3) as f64;
            (radius * angle.sin(), -radius * angle.cos())
        })
        .collect();
    for _ in 0..SWEEPS {
        for node in 0..nodes {
            let (mut x, mut y, mut weights) = (0.0, 0.0, 0.0);
            for other in (0..nodes).filter(|&other| other != node) {
                let wanted = steps[node * nodes + other];
                let (dx, dy) = (places[node].0 - places[other].0, places[node].1 - places[other].1);
                let distance = (dx * dx + dy * dy).sqrt().max(1e-9);
                let weight = 1.0 / (wanted * wanted);
                x += weight * (places[other].0 + wanted * dx / distance);
                y += weight * (places[other].1 + wanted * dy / distance);
                weights += weight;
            }
            places[node] = (x / weights, y / weights);
        }
    }
    squared(places)
}

/// Steps between each two nodes; between parts that are not joined, one more than is usual within them, so that they stand apart without
/// taking the room of the rest.
fn steps(graph: &Reconstructed) -> Vec<f64> {
    let nodes = graph.nodes;
    let mut steps = vec![f64::INFINITY; nodes * nodes];
    for start in 0..nodes {
        steps[start * nodes + start] = 0.0;
        let mut queue = VecDeque::from([start]);
        while let Some(node) = queue.pop_front() {
            for next in 0..nodes {
                if graph.edge(node, next) && steps[start * nodes + next].is_infinite() {
                    steps[start * nodes + next] = steps[start * nodes + node] + 1.0;
                    queue.push_back(next);
                }
            }
        }
    }
    let known: Vec<f64> = steps.iter().copied().filter(|step| step.is_finite() && *step > 0.0).collect();
    let apart = 1.0 + known.iter().sum::<f64>() / known.len().max(1) as f64;
    steps.into_iter().map(|step| if step.is_finite() { step } else { apart }).collect()
}

/// Fits places into the unit square, without changing their proportions.
fn squared(places: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let ends = |of: fn(&(f64, f64)) -> f64| {
        places.iter().map(of).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
    };
    let (x, y) = (ends(|place| place.0), ends(|place| place.1));
    let size = (x.1 - x.0).max(y.1 - y.0).max(1e-9);
    let middle = (f64::midpoint(x.0, x.1), f64::midpoint(y.0, y.1));
    places.into_iter().map(|place| ((place.0 - middle.0) / size + 0.5, (place.1 - middle.1) / size + 0.5)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predictions::tests::reconstructed;

    #[test]
    fn communities_stand_apart_and_every_node_has_a_place() {
        let mut links = vec![(0, 4)];
        for community in [0, 4] {
            for source in community..community + 4 {
                links.extend((source + 1..community + 4).map(|target| (source, target)));
            }
        }
        let graph = reconstructed(8, &links, |_, _| 0.0);
        let places = places(&graph);
        let distance =
            |a: usize, b: usize| ((places[a].0 - places[b].0).powi(2) + (places[a].1 - places[b].1).powi(2)).sqrt();
        assert!(distance(1, 2) < distance(1, 5) && distance(5, 6) < distance(2, 6));
        assert!(places.iter().all(|&(x, y)| (0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y)));
        for a in 0..8 {
            assert!((0..a).all(|b| distance(a, b) > 0.05), "{places:?}");
        }
    }

    #[test]
    fn graphs_without_and_with_all_links_have_places_too() {
        let all: Vec<(usize, usize)> = (0..6).flat_map(|a| (a + 1..6).map(move |b| (a, b))).collect();
        for links in [vec![], all] {
            let places = places(&reconstructed(6, &links, |_, _| 0.5));
            assert!(places.iter().all(|&(x, y)| x.is_finite() && y.is_finite()));
        }
    }
}
