//! The kernels, with each set of vector instructions, against candle's own operations.

mod common;

use candle_core::{DType, Device, Tensor, Var};
use common::agreement::{assert_equal, bits, everywhere, paths};
use common::{Case, Clamp, Definition, FieldSpec, Spec, differentiate, flat, random, uneven};
use egnn_kernels::simd::{Path, with_path};
use egnn_kernels::{Activation, Aggregation, Backend, Edges, Map, Velocity, VelocityUpdate};
use proptest::prelude::*;

fn assert_case(case: &Case, what: &str) {
    let case = case.to_dtype(DType::F32);
    assert_equal(&case.arguments(), |backend, arguments| case.with_arguments(arguments).run(backend).unwrap(), what);
}

fn assert_spec(spec: &Spec, edges: &Edges, seed: u64) {
    let what = format!("{spec:?}, {} nodes, {} edges, seed {seed}", edges.nodes(), edges.len());
    assert_case(&Case::layer(spec, edges, seed), &what);
}

/// A star whose centre hears 150 others twice, and who hear nobody but a few of them the centre.
fn star() -> Edges {
    let mut pairs: Vec<(u32, u32)> = (0..300).map(|edge| (0, 1 + edge % 150)).collect();
    pairs.extend((1..8).map(|node| (node * 20, 0)));
    let (row, col) = pairs.into_iter().unzip();
    Edges::new(row, col, 151).unwrap()
}

fn lonely(nodes: usize) -> Edges {
    Edges::new(Vec::new(), Vec::new(), nodes).unwrap()
}

fn one_edge() -> Edges {
    Edges::new(vec![1], vec![0], 2).unwrap()
}

#[test]
fn every_option_on_every_kind_of_graph() {
    for edges in [uneven(), Edges::complete(7, 5), lonely(1), lonely(0), one_edge()] {
        for (seed, spec) in Spec::variants(17, 3).iter().chain(&Spec::normalized(17, 3)).enumerate() {
            assert_spec(spec, &edges, seed as u64);
        }
    }
}

#[test]
fn every_option_in_every_width() {
    let edges = Edges::complete(2, 5);
    for hidden in [1, 3, 16, 64, 65, 100, 128] {
        for (seed, spec) in Spec::variants(hidden, 3).iter().chain(&Spec::normalized(hidden, 3)).enumerate() {
            assert_spec(spec, &edges, 100 + seed as u64);
        }
    }
}

#[test]
fn every_option_in_every_dimension() {
    for dim in [1, 2, 5, 9] {
        for (seed, spec) in Spec::variants(16, dim).iter().chain(&Spec::normalized(16, dim)).enumerate() {
            assert_spec(spec, &uneven(), 200 + seed as u64);
        }
    }
}

#[test]
fn nodes_that_hear_very_many() {
    let initial = Some(Velocity::Initial);
    for hidden in [16, 64] {
        let base = Spec::new(hidden, hidden, 3);
        for spec in [
            base,
            Spec { velocity: initial, embedding: Some(1), clamp: Clamp::Loose, ..base },
            Spec { gate: true, tanh: true, aggregation: Aggregation::Sum, ..base },
            Spec { normalize: true, ..base },
            Spec { attributes: 1, embedding: Some(6), ..Spec::new(hidden, hidden, 0) },
        ] {
            assert_spec(&spec, &star(), 4);
        }
    }
}

#[test]
fn batches_of_several_blocks() {
    // More edges and more nodes than go through a layer's networks at a time, and neither a multiple of it.
    let edges = Edges::complete(41, 5);
    assert!(edges.len() > 2 * 384 && edges.nodes() > 2 * 96);
    let base = Spec::new(64, 64, 3);
    let velocity = Some(Velocity::Initial);
    for spec in [
        Spec { velocity, attributes: 2, embedding: Some(1), clamp: Clamp::Loose, ..base },
        Spec { gate: true, attributes: 1, ..base },
        Spec { attributes: 1, ..Spec::new(24, 24, 0) },
    ] {
        assert_spec(&spec, &edges, 5);
    }
}

#[test]
fn many_attributes() {
    for attributes in [7, 9, 12] {
        assert_spec(&Spec { attributes, ..Spec::new(16, 16, 3) }, &uneven(), 6);
    }
}

/// The bits of a layer's result and gradients, on the kernels.
fn all_bits(case: &Case) -> Vec<u32> {
    let (result, gradients) =
        differentiate(&case.arguments(), |arguments| case.with_arguments(arguments).run(Backend::Kernels).unwrap());
    std::iter::once(&result).chain(&gradients).flat_map(bits).collect()
}

#[test]
fn the_same_bits_whatever_runs_beside_and_whatever_ran_before() {
    let edges = Edges::complete(3, 5);
    let velocity = Some(Velocity::Initial);
    let spec = Spec { velocity, gate: true, embedding: Some(2), ..Spec::new(24, 24, 3) };
    let case = Case::layer(&spec, &edges, 8).to_dtype(DType::F32);
    let expected = all_bits(&case);
    std::thread::scope(|scope| {
        for seed in 0..2 {
            let (case, expected, edges) = (&case, &expected, &edges);
            scope.spawn(move || {
                for hidden in [3, 64, 24] {
                    // Leaves memory full of NaN for what comes next.
                    let other = Case::layer(&Spec::new(hidden, hidden, 2), edges, seed).to_dtype(DType::F32);
                    let arguments: Vec<Tensor> =
                        other.arguments().iter().map(|argument| (argument * f64::NAN).unwrap()).collect();
                    let broken = other.with_arguments(&arguments);
                    assert!(flat(&broken.run(Backend::Kernels).unwrap()).iter().any(|value| value.is_nan()));
                    assert_eq!(&all_bits(case), expected);
                }
            });
        }
    });
}

#[test]
fn a_graph_can_be_differentiated_twice_and_keeps_its_path() {
    let case = Case::layer(&Spec::new(20, 20, 3), &uneven(), 9).to_dtype(DType::F32);
    for path in paths() {
        let vars: Vec<Var> = case.arguments().iter().map(|argument| Var::from_tensor(argument).unwrap()).collect();
        let tracked: Vec<Tensor> = vars.iter().map(|var| var.as_tensor().clone()).collect();
        let loss = with_path(path, || case.with_arguments(&tracked).run(Backend::Kernels).unwrap().sqr().unwrap());
        let gradients = || {
            let gradients = loss.sum_all().unwrap().backward().unwrap();
            tracked.iter().flat_map(|var| bits(gradients.get(var).unwrap())).collect::<Vec<_>>()
        };
        let first = gradients();
        let other = Path::ALL.into_iter().find(|other| *other != path && other.is_available());
        let second = with_path(other.unwrap_or(path), gradients);
        assert_eq!(first, second, "{path:?}");
    }
}

#[test]
fn constants_of_edges() {
    let edges = uneven();
    let single = |seed, rows, columns| random(seed, rows, columns).to_dtype(DType::F32).unwrap();
    let (x, charge) = (single(1, edges.nodes(), 3), single(2, edges.nodes(), 1));
    for (name, operation) in [
        ("distances", (|backend: Backend, x, _| backend.squared_distances(x, &uneven())) as Constant),
        ("products", |backend, _, charge| backend.products(charge, &uneven())),
    ] {
        let [kernels, plain] = Backend::ALL.map(|backend| flat(&operation(backend, &x, &charge).unwrap()));
        assert_eq!(kernels.len(), edges.len(), "{name}");
        for (a, b) in kernels.iter().zip(&plain) {
            assert!((a - b).abs() <= 1e-6 * b.abs().max(1.0), "{name}: {a} {b}");
        }
    }
    for backend in Backend::ALL {
        let error = backend.products(&x, &edges).unwrap_err().to_string();
        assert!(error.contains("columns of the values"), "{error}");
        let error = backend.squared_distances(&single(1, 4, 3), &edges).unwrap_err().to_string();
        assert!(error.contains("rows of the values"), "{error}");
    }
}

type Constant = fn(Backend, &Tensor, &Tensor) -> candle_core::Result<Tensor>;

#[test]
fn loops_and_repeated_edges() {
    let edges = Edges::new(vec![0, 0, 0, 1, 2], vec![0, 1, 1, 1, 0], 3).unwrap();
    for (seed, spec) in Spec::variants(17, 3).iter().enumerate() {
        assert_spec(spec, &edges, 300 + seed as u64);
    }
}

#[test]
fn radial_fields() {
    for hidden in [1, 3, 16, 17, 64, 65, 100, 128] {
        for edges in [uneven(), Edges::complete(7, 5), star(), lonely(1), lonely(0), one_edge()] {
            for (dim, attributes) in [(3, 2), (1, 0), (2, 1), (5, 3)] {
                for spec in FieldSpec::variants(dim, attributes, hidden) {
                    assert_case(&Case::radial_field(&spec, &edges, 5), &format!("{spec:?}, {} nodes", edges.nodes()));
                }
            }
        }
    }
}

#[test]
fn coinciding_bodies_have_finite_gradients() {
    let edges = Edges::complete(1, 4);
    let velocity = Some(Velocity::Current);
    let layer = Case::layer(&Spec { velocity, ..Spec::new(17, 17, 3) }, &edges, 1);
    let second = Case::layer(&Spec { step: Some(0.5), ..Spec::new(17, 17, 3) }, &edges, 1);
    for (mut case, start) in [(layer, 17), (second, 17), (Case::radial_field(&FieldSpec::new(3, 2, 17), &edges, 1), 0)]
    {
        let width = case.state.dims()[1];
        let mut state = flat(&case.state);
        state.copy_within(start..start + 3, width + start);
        case.state = Tensor::from_vec(state, (4, width), &Device::Cpu).unwrap();
        assert_case(&case, "coinciding bodies");
        let (_, gradients) =
            differentiate(&case.arguments(), |arguments| case.with_arguments(arguments).run(Backend::Plain).unwrap());
        assert!(gradients.iter().all(|gradient| flat(gradient).iter().all(|value| value.is_finite())));
    }
}

#[test]
fn dense_maps() {
    for (inputs, outputs) in [(1, 1), (3, 5), (6, 64), (16, 17), (64, 64), (65, 1), (64, 3), (100, 128)] {
        for rows in [0, 1, 5, 33] {
            for (bias, activation) in [
                (true, Activation::Silu),
                (false, Activation::Silu),
                (true, Activation::Identity),
                (true, Activation::ShiftedSoftplus),
            ] {
                let map = Map { offset: 3, inputs, outputs, bias };
                let parameters = random(2, 1, 3 + map.len() + 2).flatten_all().unwrap();
                let parameters = (parameters * (1.0 / (inputs as f64).sqrt())).unwrap();
                let dense = |backend: Backend, arguments: &[Tensor]| {
                    backend.dense(&arguments[0], &arguments[1], map, activation).unwrap()
                };
                assert_equal(&[random(1, rows, inputs), parameters], dense, &format!("{rows} rows, {map:?}"));
            }
        }
    }
}

#[test]
fn segments() {
    for edges in [uneven(), star(), Edges::complete(7, 5), lonely(3), lonely(0)] {
        for features in [1, 3, 16, 65] {
            let (messages, what) = ([random(1, edges.len(), features)], format!("{features} features"));
            assert_equal(&messages, |backend, x| backend.segment_sum(&x[0], &edges).unwrap(), &what);
            assert_equal(&messages, |backend, x| backend.segment_mean(&x[0], &edges).unwrap(), &what);
        }
    }
}

#[test]
fn filtered_sums() {
    for edges in [uneven(), star(), Edges::complete(7, 5), lonely(3), lonely(0)] {
        for features in [1, 3, 16, 65] {
            let arguments = [random(1, edges.nodes(), features), random(2, edges.len(), features)];
            let sum = |backend: Backend, x: &[Tensor]| backend.filtered_sum(&x[0], &x[1], &edges).unwrap();
            assert_equal(&arguments, sum, &format!("{features} features"));
        }
    }
}

/// The arguments as views of others: the state transposed, the parameters inside a longer tensor.
fn of_views(arguments: &[Tensor]) -> Vec<Tensor> {
    let view = |(index, tensor): (usize, &Tensor)| match index {
        0 => tensor.t().unwrap(),
        _ => tensor.narrow(0, 7, tensor.dims()[0] - 11).unwrap(),
    };
    arguments.iter().enumerate().map(view).collect()
}

fn viewed(arguments: &[Tensor]) -> Vec<Tensor> {
    let whole = |(index, tensor): (usize, &Tensor)| match index {
        0 => tensor.t().unwrap().contiguous().unwrap(),
        _ => tensor.pad_with_zeros(0, 7, 4).unwrap(),
    };
    arguments.iter().enumerate().map(whole).collect()
}

#[test]
fn views_are_as_good_as_tensors_of_their_own() {
    let edges = Edges::complete(2, 4);
    let spec = Spec { velocity: Some(Velocity::Initial), embedding: Some(3), gate: true, ..Spec::new(17, 17, 3) };
    for case in [Case::layer(&spec, &edges, 6), Case::radial_field(&FieldSpec::new(3, 2, 17), &edges, 6)] {
        let mut case = case.to_dtype(DType::F32);
        let on_views = |backend, arguments: &[Tensor]| case.with_arguments(&of_views(arguments)).run(backend).unwrap();
        assert_equal(&viewed(&case.arguments()), on_views, "views");
        let expected = case.run(Backend::Kernels).unwrap();
        assert_eq!(bits(&on_views(Backend::Kernels, &viewed(&case.arguments()))), bits(&expected));
        let attributes = case.attributes.as_ref().unwrap().t().unwrap().contiguous().unwrap();
        case.attributes = Some(attributes.t().unwrap());
        assert_eq!(bits(&case.run(Backend::Kernels).unwrap()), bits(&expected));
    }
    let map = Map { offset: 0, inputs: 5, outputs: 4, bias: true };
    let arguments = [random(1, 9, 5), random(2, 1, map.len()).flatten_all().unwrap()];
    let dense = |backend: Backend, arguments: &[Tensor]| {
        let arguments = of_views(arguments);
        backend.dense(&arguments[0], &arguments[1], map, Activation::Silu).unwrap()
    };
    assert_equal(&viewed(&arguments), dense, "dense on views");
    let sum = |backend: Backend, x: &[Tensor]| backend.segment_sum(&x[0].t().unwrap(), &edges).unwrap();
    assert_equal(&[random(1, 4, edges.len())], sum, "sum of views");
}

#[test]
fn a_gradient_that_nobody_asks_for_changes_no_other() {
    let spec = Spec { velocity: Some(Velocity::Current), embedding: Some(3), ..Spec::new(16, 16, 3) };
    let case = Case::layer(&spec, &uneven(), 8).to_dtype(DType::F32);
    let all = case.arguments();
    for index in 0..all.len() {
        let only = |backend, argument: &[Tensor]| {
            let mut arguments = all.clone();
            arguments[index] = argument[0].clone();
            case.with_arguments(&arguments).run(backend).unwrap()
        };
        assert_equal(&all[index..=index], only, &format!("argument {index} alone"));
    }
}

#[test]
fn layers_in_a_row() {
    let base = Spec::new(16, 16, 3);
    for spec in [Spec { velocity: Some(Velocity::Current), ..base }, Spec { step: Some(0.5), last_bias: true, ..base }]
    {
        let case = Case::layer(&spec, &uneven(), 9).to_dtype(DType::F32);
        let twice = |backend, arguments: &[Tensor]| {
            let state = case.with_arguments(arguments).run(backend).unwrap();
            case.with_arguments(&[state, arguments[1].clone()]).run(backend).unwrap()
        };
        assert_equal(&case.arguments(), twice, "two layers with the same parameters");
    }
}

#[test]
fn not_a_number_stays_one() {
    let edges = Edges::complete(2, 3);
    let spec = Spec { velocity: Some(Velocity::Initial), clamp: Clamp::Biting, ..Spec::new(16, 16, 3) };
    let layer = Case::layer(&spec, &edges, 2).to_dtype(DType::F32);
    let second = Case::layer(&Spec { velocity: None, step: Some(0.5), ..spec }, &edges, 2).to_dtype(DType::F32);
    let field = Case::radial_field(&FieldSpec::new(3, 2, 16), &edges, 2).to_dtype(DType::F32);
    for (case, columns) in [(layer, vec![0, 16, 18, 19]), (second, vec![0, 16, 18, 19]), (field, vec![0, 2, 3])] {
        let width = case.state.dims()[1];
        for column in columns {
            let mut state: Vec<f32> = case.state.flatten_all().unwrap().to_vec1().unwrap();
            state[width + column] = f32::NAN;
            let state = Tensor::from_vec(state, case.state.shape(), &Device::Cpu).unwrap();
            let case = Case { state, ..case.clone() };
            let pattern = |backend| flat(&case.run(backend).unwrap()).into_iter().map(f64::is_nan).collect::<Vec<_>>();
            let expected = pattern(Backend::Plain);
            assert!(expected[width..2 * width].contains(&true), "column {column}");
            assert!(!expected[3 * width..].contains(&true), "the other graph is not touched");
            everywhere(|backend| assert_eq!(pattern(backend), expected, "column {column}"));
        }
    }
}

/// A layer whose `phi_x` is exactly 1: its terms are the differences.
fn steps_of_one(clamp: f64, x: [f32; 2]) -> Case {
    let edges = Edges::new(vec![0], vec![1], 2).unwrap();
    let spec = Spec { tanh: true, attributes: 0, node: false, ..Spec::new(1, 1, 1) };
    let mut case = Case::layer(&spec, &edges, 1).to_dtype(DType::F32);
    let coordinates = case.definition_of_layer().coordinates.as_mut().unwrap();
    coordinates.clamp = Some(clamp);
    let [first, last] = coordinates.maps;
    let mut parameters: Vec<f32> = case.parameters.to_vec1().unwrap();
    (parameters[first.offset], parameters[first.offset + 1], parameters[last.offset]) = (0.0, 30.0, 10.0);
    case.parameters = Tensor::new(parameters, &Device::Cpu).unwrap();
    case.state = Tensor::new(&[[0.3, x[0]], [-0.2, x[1]]], &Device::Cpu).unwrap();
    case
}

#[test]
fn a_term_on_the_clamp_passes_its_gradient_and_one_beyond_does_not() {
    everywhere(|backend| {
        for (x, clamp, update, passes) in [
            ([1.0, 0.0], 1.0, 1.0, true),
            ([0.0, 1.0], 1.0, -1.0, true),
            ([1.5, 0.0], 1.0, 1.0, false),
            ([0.0, 1.5], 1.0, -1.0, false),
            ([1.5, 0.0], 2.0, 1.5, true),
        ] {
            let case = steps_of_one(clamp, x);
            let state = candle_core::Var::from_tensor(&case.state).unwrap();
            let case = Case { state: state.as_tensor().clone(), ..case };
            let result = case.run(backend).unwrap();
            assert_eq!(result.to_vec2::<f32>().unwrap(), [[x[0] + update], [x[1]]], "{backend}");
            let gradients = result.narrow(0, 0, 1).unwrap().sum_all().unwrap().backward().unwrap();
            let gradient = gradients.get(state.as_tensor()).unwrap().to_vec2::<f32>().unwrap();
            let expected = if passes { [2.0, -1.0] } else { [1.0, 0.0] };
            assert_eq!([gradient[0][1], gradient[1][1]], expected, "{backend}: {x:?}");
        }
    });
}

#[test]
fn second_order_motion_is_semi_implicit_euler() {
    // The term of the only edge is the difference, 2.
    everywhere(|backend| {
        let mut case = steps_of_one(100.0, [1.5, -0.5]);
        case.definition_of_layer().velocity = Some(VelocityUpdate::Integrated { step: 0.25 });
        case.state = Tensor::new(&[[0.3_f32, 1.5, 1.0], [-0.2, -0.5, 4.0]], &Device::Cpu).unwrap();
        let (v, free) = (1.0 + 0.25 * 2.0, 4.0);
        let expected = [[1.5 + 0.25 * v, v], [-0.5 + 0.25 * free, free]];
        assert_eq!(case.run(backend).unwrap().to_vec2::<f32>().unwrap(), expected, "{backend}");
    });
}

#[test]
fn what_does_not_fit_is_refused_with_a_reason() {
    let edges = uneven();
    let spec = Spec { velocity: Some(Velocity::Initial), embedding: Some(2), gate: true, ..Spec::new(4, 4, 3) };
    let good = Case::layer(&spec, &edges, 1).to_dtype(DType::F32);
    let refused = |change: &dyn Fn(&mut Case), part: &str| {
        let mut case = good.clone();
        change(&mut case);
        everywhere(|backend| {
            let message = case.run(backend).unwrap_err().to_string();
            assert!(message.contains(part), "{backend}: {message}");
        });
    };
    everywhere(|backend| assert!(good.run(backend).is_ok()));
    refused(&|case| case.state = random(1, 5, 5).to_dtype(DType::F32).unwrap(), "the state has 5 columns, expected 8");
    refused(&|case| case.state = case.state.narrow(0, 0, 4).unwrap(), "the state has 4 rows, but there are 5 nodes");
    refused(&|case| case.state = case.state.flatten_all().unwrap(), "the state has shape [40]");
    refused(&|case| case.attributes = None, "the attributes are missing, expected shape [6, 2]");
    refused(
        &|case| case.attributes = case.attributes.take().map(|tensor| tensor.narrow(0, 0, 5).unwrap()),
        "the attributes have shape [5, 2], expected [6, 2]",
    );
    refused(&|case| case.embedding = None, "the parameters of its embedding are missing");
    refused(&|case| case.definition_of_layer().embedding = None, "parameters of an embedding are given");
    refused(&|case| case.parameters = case.parameters.narrow(0, 0, 9).unwrap(), "but there are 9 parameters");
    refused(&|case| case.parameters = case.parameters.to_dtype(DType::F64).unwrap(), "the parameters are F64");
    refused(&|case| case.definition_of_layer().edge[0].inputs = 9, "phi_e maps 9 to 4, expected 11 to 4");
    refused(&|case| case.definition_of_layer().features = 3, "a residual needs features = hidden, not 3 and 4");
    refused(&|case| case.definition_of_layer().coordinates = None, "a velocity needs coordinates");
    refused(&|case| case.definition_of_layer().dim = 0, "coordinates need dim > 0");
    refused(&|case| case.definition_of_layer().gate.as_mut().unwrap().outputs = 2, "gate maps 4 to 2, expected 4 to 1");
    refused(&|case| case.edges = Edges::complete(1, 4), "the state has 5 rows, but there are 4 nodes");
    refused(
        &|case| case.definition_of_layer().coordinates.as_mut().unwrap().clamp = Some(-1.0),
        "the clamp is -1, expected > 0",
    );
    refused(
        &|case| case.definition_of_layer().velocity = Some(VelocityUpdate::Integrated { step: f64::NAN }),
        "the step of time is NaN, expected a finite number",
    );

    let field = Case::radial_field(&FieldSpec::new(3, 2, 4), &edges, 1).to_dtype(DType::F32);
    everywhere(|backend| {
        let mut case = field.clone();
        case.state = case.state.narrow(1, 0, 5).unwrap();
        let message = case.run(backend).unwrap_err().to_string();
        assert!(message.contains("radial field: the state has 5 columns, expected 6"), "{message}");
        let mut case = field.clone();
        let Definition::RadialField(layer) = &mut case.definition else { panic!() };
        layer.phi[0].inputs = 4;
        let message = case.run(backend).unwrap_err().to_string();
        assert!(message.contains("phi maps 4 to 4, expected 3 to 4"), "{message}");

        let (x, parameters) = (&field.state, &field.parameters);
        let map = Map { offset: 0, inputs: 3, outputs: 2, bias: true };
        let message = backend.dense(x, parameters, map, Activation::Silu).unwrap_err().to_string();
        assert!(message.contains("columns of the input: 6, expected 3"), "{message}");
        let map = Map { offset: parameters.dims()[0], inputs: 6, outputs: 1, bias: false };
        let message = backend.dense(x, parameters, map, Activation::Silu).unwrap_err().to_string();
        assert!(message.contains("but there are"), "{message}");
        let message = backend.segment_sum(x, &edges).unwrap_err().to_string();
        assert!(message.contains("rows of the messages: 5, expected 6"), "{message}");
        assert!(backend.segment_mean(x, &edges).is_err());
        let message = backend.filtered_sum(x, x, &edges).unwrap_err().to_string();
        assert!(message.contains("rows of the filters: 5, expected 6"), "{message}");
    });
    let double = field.to_dtype(DType::F64);
    assert!(double.run(Backend::Plain).is_ok());
    assert!(double.run(Backend::Kernels).unwrap_err().to_string().contains("the kernels compute in F32"));
}

fn graph(nodes: usize, pairs: Vec<(u32, u32)>) -> Edges {
    let pairs = pairs.into_iter().map(|(i, j)| (i % nodes as u32, j % nodes as u32));
    let mut pairs: Vec<_> = pairs.filter(|(i, j)| i != j).collect();
    pairs.sort_unstable();
    let (row, col) = pairs.into_iter().unzip();
    Edges::new(row, col, nodes).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_layers_on_random_graphs(
        nodes in 1_usize..20,
        pairs in proptest::collection::vec((0_u32..20, 0_u32..20), 0..80),
        (hidden, more_features, dim, attributes) in (1_usize..40, 0_usize..4, 0_usize..5, 0_usize..4),
        embedding in proptest::option::of(1_usize..7),
        (gate, moves, tanh, node, residual, bias) in any::<(bool, bool, bool, bool, bool, bool)>(),
        (sum, clamp, velocity, last_bias) in (any::<bool>(), 0_usize..3, 0_usize..4, any::<bool>()),
        seed in any::<u64>(),
    ) {
        let moves = moves && dim > 0;
        let step = (velocity == 3 && moves).then_some(0.3);
        let velocity = [None, Some(Velocity::Initial), Some(Velocity::Current), None][velocity];
        let features = hidden + more_features;
        let spec = Spec {
            embedding,
            attributes,
            gate,
            moves,
            tanh,
            aggregation: if sum { Aggregation::Sum } else { Aggregation::Mean },
            clamp: if moves { [Clamp::None, Clamp::Loose, Clamp::Biting][clamp] } else { Clamp::None },
            velocity: if moves { velocity } else { None },
            step,
            last_bias,
            node: node || dim == 0,
            residual: residual && more_features == 0,
            bias,
            ..Spec::new(features, hidden, dim)
        };
        assert_spec(&spec, &graph(nodes, pairs), seed);
    }

    #[test]
    fn random_radial_fields_on_random_graphs(
        nodes in 1_usize..20,
        pairs in proptest::collection::vec((0_u32..20, 0_u32..20), 0..80),
        (hidden, dim, attributes) in (1_usize..40, 1_usize..5, 0_usize..4),
        (tanh, velocity, clamp) in (any::<bool>(), any::<bool>(), 0_usize..3),
        seed in any::<u64>(),
    ) {
        let clamp = [Clamp::None, Clamp::Loose, Clamp::Biting][clamp];
        let spec = FieldSpec { tanh, velocity, clamp, keep: 0.7, ..FieldSpec::new(dim, attributes, hidden) };
        assert_case(&Case::radial_field(&spec, &graph(nodes, pairs), seed), &format!("{spec:?}, seed {seed}"));
    }
}
