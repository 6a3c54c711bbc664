//! Motion under central forces: both backends, the laws that hold for it, and what is refused.

mod common;

use candle_core::{DType, Device, Tensor};
use common::agreement::{assert_equal, everywhere};
use common::{differentiate, flat, random, weighted};
use egnn_kernels::{Backend, Edges, LayerInput, Map, Motion};
use egnn_testkit::assert_gradient;

fn map(offset: usize, inputs: usize, outputs: usize) -> Map {
    Map { offset, inputs, outputs, bias: true }
}

/// `phi` of some width, its maps one after the other, and how many numbers they have.
fn phi(attributes: usize, hidden: usize) -> ([Map; 3], usize) {
    let first = map(0, 1 + attributes, hidden);
    let second = map(first.len(), hidden, hidden + 1);
    let last = map(first.len() + second.len(), hidden + 1, 1);
    ([first, second, last], last.offset + last.len())
}

fn motion(dim: usize, attributes: usize, hidden: usize) -> (Motion, usize) {
    let (phi, length) = phi(attributes, hidden);
    let motion = Motion { dim, attributes, phi, step: 0.3, least_steps: 4, most_steps: 500, gradient_limit: None };
    (motion, length)
}

/// Systems of five, two, one and three bodies.
fn ragged() -> Edges {
    Edges::side_by_side(&[Edges::complete(1, 5), Edges::complete(1, 2), Edges::complete(1, 1), Edges::complete(1, 3)])
}

/// State, parameters and attributes that are the same in both directions, in float64.
fn arguments(motion: &Motion, length: usize, edges: &Edges, seed: u64) -> [Tensor; 3] {
    let nodes = edges.nodes();
    let parameters = random(seed, 1, length).flatten_all().unwrap();
    let values = flat(&random(seed + 1, nodes * nodes.max(1), motion.attributes.max(1)));
    let attribute = |(&i, &j): (&u32, &u32)| {
        let pair = (i.min(j) as usize * nodes + i.max(j) as usize) * motion.attributes;
        values[pair..][..motion.attributes].to_vec()
    };
    let attributes: Vec<f64> = edges.row().iter().zip(edges.col()).flat_map(attribute).collect();
    let attributes = Tensor::from_vec(attributes, (edges.len(), motion.attributes), &Device::Cpu).unwrap();
    [random(seed + 2, nodes, 2 * motion.dim), (parameters * 0.3).unwrap(), attributes]
}

fn run(
    backend: Backend,
    motion: &Motion,
    [state, parameters]: [&Tensor; 2],
    attributes: &Tensor,
    edges: &Edges,
) -> Tensor {
    let attributes = (motion.attributes > 0).then(|| attributes.to_dtype(state.dtype()).unwrap());
    let input = LayerInput { state, parameters, embedding: None, attributes: attributes.as_ref(), edges };
    backend.motion(motion, &input).unwrap()
}

#[test]
fn both_backends_move_alike() {
    for (seed, (dim, attributes, hidden)) in
        [(3, 1, 16), (3, 1, 64), (1, 0, 1), (2, 2, 17), (5, 1, 33)].into_iter().enumerate()
    {
        for edges in [ragged(), Edges::complete(7, 5), Edges::complete(3, 1)] {
            for gradient_limit in [None, Some(1e-3), Some(1e9)] {
                let (motion, length) = motion(dim, attributes, hidden);
                let motion = Motion { gradient_limit, ..motion };
                let [state, parameters, attributes] = arguments(&motion, length, &edges, 10 * seed as u64);
                let what = format!("{motion:?}, {} bodies", edges.nodes());
                let operation =
                    |backend, given: &[Tensor]| run(backend, &motion, [&given[0], &given[1]], &attributes, &edges);
                assert_equal(&[state, parameters], operation, &what);
            }
        }
    }
}

#[test]
fn the_gradient_is_that_of_the_steps_taken() {
    // Steps of one length: those that depend on the state count as constants.
    let (motion, length) = motion(3, 1, 5);
    let motion = Motion { least_steps: 6, most_steps: 6, ..motion };
    let edges = ragged();
    let [state, parameters, attributes] = arguments(&motion, length, &edges, 3);
    let given = [state, parameters];
    let operation = |given: &[Tensor]| run(Backend::Plain, &motion, [&given[0], &given[1]], &attributes, &edges);
    let (_, gradients) = differentiate(&given, operation);
    for (index, argument) in given.iter().enumerate() {
        let value = |x: &[f64]| {
            let mut changed = given.clone();
            changed[index] = Tensor::from_slice(x, argument.shape(), &Device::Cpu).unwrap();
            weighted(&operation(&changed)).to_scalar().unwrap()
        };
        assert_gradient(value, &flat(argument), &flat(&gradients[index]), 1e-6);
    }
}

/// A `phi` that is `u` at any distance.
fn constant(motion: &Motion, length: usize, u: f64) -> Tensor {
    let mut values = vec![0.0; length];
    values[motion.phi[2].bias_offset().unwrap()] = u;
    Tensor::from_vec(values, length, &Device::Cpu).unwrap()
}

#[test]
fn a_constant_force_gives_the_parabola() {
    let (motion, length) = motion(2, 0, 4);
    let motion = Motion { least_steps: 3, ..motion };
    let state = Tensor::new(&[[1.0, 0.0, 0.3, 0.0], [-1.0, 0.0, -0.1, 0.0]], &Device::Cpu).unwrap();
    let (u, none) = (0.5_f64, Tensor::zeros((2, 0), DType::F64, &Device::Cpu).unwrap());
    everywhere(|backend| {
        let dtype = if backend == Backend::Plain { DType::F64 } else { DType::F32 };
        let [state, parameters] = [&state, &constant(&motion, length, u)].map(|given| given.to_dtype(dtype).unwrap());
        let x = flat(&run(backend, &motion, [&state, &parameters], &none, &Edges::complete(1, 2)));
        for (found, expected) in x.iter().zip([1.3 + 0.5 * u.sinh(), 0.0, -1.1 - 0.5 * u.sinh(), 0.0]) {
            assert!((found - expected).abs() < 1e-6, "{backend}: {found} {expected}");
        }
    });
}

#[test]
fn shorter_steps_come_closer_by_the_square() {
    let (motion, length) = motion(3, 1, 16);
    let edges = ragged();
    let [state, parameters, attributes] = arguments(&motion, length, &edges, 20);
    let at = |steps: usize| {
        let motion = Motion { least_steps: steps, most_steps: steps, ..motion };
        flat(&run(Backend::Plain, &motion, [&state, &parameters], &attributes, &edges))
    };
    let exact = at(3000);
    let error = |steps| at(steps).iter().zip(&exact).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
    let (coarse, fine) = (error(100), error(200));
    assert!(coarse > 1e-9 && (3.5..4.5).contains(&(coarse / fine)), "{coarse} {fine}");
}

#[test]
fn momentum_stays_and_close_bodies_take_more_steps() {
    let (motion, length) = motion(3, 0, 4);
    let edges = Edges::complete(1, 3);
    let none = Tensor::zeros((edges.len(), 0), DType::F64, &Device::Cpu).unwrap();
    // One that flies past another at a thousandth of its distance: steps of the longest length would not notice it.
    let state = [[0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [-0.5, 1e-3, 0.0, 1.0, 0.0, 0.0], [9.0, 0.0, 0.0, 0.0, 0.1, 0.0]];
    let state = Tensor::new(&state, &Device::Cpu).unwrap();
    let parameters = constant(&motion, length, 0.2);
    let x = flat(&run(Backend::Plain, &motion, [&state, &parameters], &none, &edges));
    let sum = |axis: usize| x[axis] + x[3 + axis] + x[6 + axis];
    assert!((sum(0) - 9.5).abs() < 1e-12 && (sum(1) - 0.101).abs() < 1e-12 && sum(2).abs() < 1e-12);
    let finer = Motion { step: 0.003, most_steps: 100_000, ..motion };
    let exact = flat(&run(Backend::Plain, &finer, [&state, &parameters], &none, &edges));
    let coarse = Motion { most_steps: motion.least_steps, ..motion };
    let coarse = flat(&run(Backend::Plain, &coarse, [&state, &parameters], &none, &edges));
    let error = |found: &[f64]| found.iter().zip(&exact).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(error(&x) < 0.1 * error(&coarse), "{} {}", error(&x), error(&coarse));
}

#[test]
fn a_system_adds_no_more_than_its_limit() {
    let (motion, length) = motion(3, 1, 16);
    let edges = Edges::complete(2, 5);
    let [state, parameters, attributes] = arguments(&motion, length, &edges, 5);
    let norm = |limit: Option<f64>| {
        let motion = Motion { gradient_limit: limit, ..motion };
        let operation = |given: &[Tensor]| run(Backend::Plain, &motion, [&state, &given[0]], &attributes, &edges);
        let (_, gradients) = differentiate(std::slice::from_ref(&parameters), operation);
        flat(&gradients[0]).iter().map(|part| part * part).sum::<f64>().sqrt()
    };
    let free = norm(None);
    assert!(norm(Some(0.1 * free)) <= 0.1 * free * (1.0 + 1e-12) && norm(Some(0.1 * free)) > 0.0);
    assert_eq!(norm(Some(1e9)), free);
}

#[test]
fn a_gradient_beyond_all_measure_is_left_out() {
    // The first system repels itself to where float32 ends, the second is as tame as any.
    let (motion, length) = motion(1, 1, 4);
    let motion = Motion { gradient_limit: Some(1e9), least_steps: 2, most_steps: 2, ..motion };
    let edges = Edges::complete(2, 2);
    let attributes = Tensor::new(&[[1e30_f64], [1e30], [0.1], [0.1]], &Device::Cpu).unwrap();
    let parameters = (random(3, 1, length).flatten_all().unwrap() * 1e-20).unwrap();
    let state = Tensor::new(&[[1e30_f64, 1e38], [-1e30, -1e38], [1.0, 0.0], [0.0, 0.0]], &Device::Cpu).unwrap();
    everywhere(|backend| {
        let [state, parameters] = [&state, &parameters].map(|given| given.to_dtype(DType::F32).unwrap());
        let operation = |given: &[Tensor]| run(backend, &motion, [&state, &given[0]], &attributes, &edges);
        let (_, gradients) = differentiate(std::slice::from_ref(&parameters), operation);
        let gradient = flat(&gradients[0]);
        assert!(gradient.iter().all(|part| part.is_finite()), "{backend}");
        assert!(gradient.iter().any(|part| *part != 0.0), "{backend}: the tame one counts");
    });
}

#[test]
fn what_makes_no_motion_is_refused() {
    let (motion, length) = motion(3, 1, 16);
    let edges = Edges::complete(1, 3);
    let [state, parameters, attributes] = arguments(&motion, length, &edges, 5);
    let refuse = |motion: &Motion, edges: &Edges, rows: usize| {
        let attributes = attributes.narrow(0, 0, rows).unwrap();
        let input = LayerInput {
            state: &state,
            parameters: &parameters,
            embedding: None,
            attributes: Some(&attributes),
            edges,
        };
        Backend::Plain.motion(motion, &input).unwrap_err().to_string()
    };
    let one_way = Edges::new(vec![0, 1, 1], vec![1, 0, 2], 3).unwrap();
    assert!(refuse(&motion, &one_way, 3).contains("body 1 feels 2, but not the other way round"));
    assert!(refuse(&motion, &edges, 5).contains("attributes"), "{}", refuse(&motion, &edges, 5));
    for wrong in
        [Motion { step: 0.0, ..motion }, Motion { step: f64::NAN, ..motion }, Motion { most_steps: 3, ..motion }]
    {
        assert!(refuse(&wrong, &edges, 6).contains("no step to take"));
    }
    let twice = Edges::new(vec![0, 0, 1], vec![1, 1, 0], 3).unwrap();
    assert!(refuse(&motion, &twice, 3).contains("or not once"));
    for limit in [0.0, -1.0, f64::NAN] {
        assert!(refuse(&Motion { gradient_limit: Some(limit), ..motion }, &edges, 6).contains("cannot be limited"));
    }
    assert!(refuse(&Motion { most_steps: usize::MAX, ..motion }, &edges, 6).contains("no step to take"));
    assert!(refuse(&Motion { least_steps: 0, ..motion }, &edges, 6).contains("least_steps"));
}
