//! The autoencoders: symmetries, gradients, sizes, and what tells them apart.

use candle_core::{DType, Device, Tensor};
use egnn_nn::autoencoder::{Autoencoder, AutoencoderInput, AutoencoderModelConfig, EncoderKind};
use egnn_nn::params::{Group, Parameters};
use egnn_nn::{Backend, CrossEntropy, Edges, NnError};
use egnn_random::Stream;
use egnn_testkit::{Cloud, Random, Symmetry, assert_gradient, assert_symmetries, check};

const TOLERANCE: f64 = 1e-4;
const TRAINED: [EncoderKind; 4] =
    [EncoderKind::Egnn, EncoderKind::Gnn, EncoderKind::NoiseGnn, EncoderKind::RadialField];

fn matrix(values: &[f64], rows: usize, dtype: DType) -> Tensor {
    Tensor::from_slice(values, (rows, values.len() / rows), &Device::Cpu).unwrap().to_dtype(dtype).unwrap()
}

fn numbers(tensor: &Tensor) -> Vec<f64> {
    tensor.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

/// A model whose coordinates move as much as its features do.
fn vivid(encoder: EncoderKind, dim: usize) -> Autoencoder {
    let config = AutoencoderModelConfig { dim, hidden: 16, ..AutoencoderModelConfig::new(encoder) };
    let model = config.init(&Stream::new(7), DType::F32).unwrap();
    let louder = model.parameters().named().unwrap().into_iter().map(|(name, tensor)| {
        let last = name.ends_with("coord_mlp.2.weight") || name.ends_with("phi.2.weight");
        (name, if last { (tensor * 100.0).unwrap() } else { tensor })
    });
    model.parameters().load(&louder.collect()).unwrap();
    model
}

/// Nodes whose labels say which pairs are edges, and the noise that they begin with.
fn input(cloud: &Cloud) -> AutoencoderInput {
    let edges = Edges::complete(1, cloud.nodes);
    let label = |node: u32| &cloud.scalars[node as usize * 2..][..2];
    let adjacency = edges.row().iter().zip(edges.col()).map(|(&i, &j)| {
        let agreement: f64 = label(i).iter().zip(label(j)).map(|(a, b)| a * b).sum();
        f64::from(u8::from(agreement > 0.0))
    });
    let adjacency = matrix(&adjacency.collect::<Vec<_>>(), edges.len(), DType::F32);
    AutoencoderInput { adjacency, noise: Some(matrix(&cloud.points, cloud.nodes, DType::F32)), edges }
}

/// Embeddings as points; of the decoded matrix, the sum and the sum of squares of each row.
fn run(model: &Autoencoder, cloud: &Cloud) -> Cloud {
    let input = input(cloud);
    let points = numbers(&model.embed(&input).unwrap());
    let probabilities = numbers(&model.probabilities(&input).unwrap());
    let rows = probabilities.chunks(cloud.nodes - 1);
    let scalars = rows.flat_map(|row| [row.iter().sum(), row.iter().map(|p| p * p).sum::<f64>()]).collect();
    Cloud { points, vectors: Vec::new(), scalars, ..cloud.clone() }
}

fn clouds(dim: usize) -> Vec<Cloud> {
    let mut random = Random::new(5);
    vec![Cloud::random(6, dim, 2, &mut random), Cloud::random(9, dim, 2, &mut random)]
}

#[test]
fn encodings_turn_with_the_noise_and_decoded_graphs_do_not() {
    for encoder in [EncoderKind::Egnn, EncoderKind::RadialField] {
        for dim in [2, 3, 8] {
            let model = vivid(encoder, dim);
            let symmetries = [Symmetry::Rotation, Symmetry::Reflection, Symmetry::Permutation];
            assert_symmetries(|cloud| run(&model, cloud), &symmetries, &clouds(dim), TOLERANCE);
        }
    }
}

#[test]
fn moved_noise_gives_the_same_graph_and_without_shrinking_a_moved_encoding() {
    for encoder in [EncoderKind::Egnn, EncoderKind::RadialField] {
        let shrinking = vivid(encoder, 4);
        let only_graphs = |cloud: &Cloud| Cloud { points: Vec::new(), ..run(&shrinking, cloud) };
        check(only_graphs, Symmetry::Translation, &clouds(4)[0], TOLERANCE).unwrap();
        assert!(
            check(|cloud| run(&shrinking, cloud), Symmetry::Translation, &clouds(4)[0], TOLERANCE).is_err(),
            "{encoder}: the authors' shrinking is towards the origin"
        );
        let config = AutoencoderModelConfig { shrink: 0.0, ..*shrinking.config() };
        let model = config.init(&Stream::new(7), DType::F32).unwrap();
        model.parameters().load(&shrinking.parameters().named().unwrap().into_iter().collect()).unwrap();
        assert_symmetries(|cloud| run(&model, cloud), &Symmetry::ALL, &clouds(4), TOLERANCE);
    }
}

#[test]
fn graph_networks_have_permutations_only() {
    for (encoder, noise_width) in [(EncoderKind::Gnn, 4), (EncoderKind::NoiseGnn, 1)] {
        let config = AutoencoderModelConfig { dim: 4, hidden: 16, ..AutoencoderModelConfig::new(encoder) };
        let model = config.init(&Stream::new(7), DType::F32).unwrap();
        let permuted = |cloud: &Cloud| Cloud { dim: 4, ..run(&model, cloud) };
        let cloud = &clouds(noise_width)[0];
        check(permuted, Symmetry::Permutation, cloud, TOLERANCE).unwrap();
        // Their decoder looks at each axis by itself: a turned embedding is another graph.
        let input = input(cloud);
        let turned = |cloud: &Cloud| {
            let z = matrix(&cloud.points, cloud.nodes, DType::F32);
            let probabilities = numbers(&model.decode(&z, &input).unwrap());
            let rows = probabilities.chunks(cloud.nodes - 1);
            let scalars = rows.map(|row| row.iter().sum()).collect();
            Cloud { points: Vec::new(), vectors: Vec::new(), scalars, ..cloud.clone() }
        };
        let z = Cloud::random(6, 4, 2, &mut Random::new(9));
        assert!(check(turned, Symmetry::Rotation, &z, TOLERANCE).is_err());
    }
}

#[test]
fn only_noise_tells_alike_nodes_apart() {
    // In a ring every node looks like every other.
    let edges = Edges::complete(1, 6);
    let next = |(&i, &j): (&u32, &u32)| f64::from(u8::from((i + 1) % 6 == j || (j + 1) % 6 == i));
    let adjacency: Vec<f64> = edges.row().iter().zip(edges.col()).map(next).collect();
    let adjacency = matrix(&adjacency, edges.len(), DType::F32);
    for encoder in TRAINED {
        let model = vivid(encoder, 4);
        let mut random = Random::new(3);
        let width = model.noise_width();
        let noise = (width > 0).then(|| matrix(&random.normals(6 * width), 6, DType::F32));
        let input = AutoencoderInput { adjacency: adjacency.clone(), noise, edges: edges.clone() };
        let probabilities = numbers(&model.probabilities(&input).unwrap());
        let (low, high) =
            probabilities.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), &p| (low.min(p), high.max(p)));
        if encoder == EncoderKind::Gnn {
            assert!(high - low < 1e-6, "all nodes of a ring get one place");
        } else {
            assert!(high - low > 1e-4, "{encoder}: {low} to {high}");
        }
    }
}

#[test]
fn the_papers_parameter_counts() {
    for (encoder, count, used) in [
        (EncoderKind::Egnn, 104_642, 104_642 - 12_416),
        (EncoderKind::Gnn, 88_017, 88_017),
        (EncoderKind::NoiseGnn, 88_017, 88_017),
        // The authors' program carries a layer of 192 parameters that it does not use.
        (EncoderKind::RadialField, 1_026 + 192, 1_026),
        (EncoderKind::NoEdges, 0, 0),
    ] {
        let model = AutoencoderModelConfig::new(encoder).init(&Stream::new(1), DType::F32).unwrap();
        assert_eq!(model.parameters().count(), count, "{encoder}");
        let views = model.parameters().groups().iter().flat_map(Group::views);
        let reached: usize = views.filter(|view| view.reached).map(|view| view.shape.iter().product::<usize>()).sum();
        assert_eq!(reached, used, "{encoder}");
    }
}

/// Two graphs of four and of three nodes, and noise for an embedding in `dim` dimensions.
fn two_graphs(encoder: EncoderKind, dim: usize) -> AutoencoderInput {
    let edges = Edges::side_by_side(&[Edges::complete(1, 4), Edges::complete(1, 3)]);
    let mut random = Random::new(2);
    let adjacency = edges.row().iter().zip(edges.col()).map(|(i, j)| f64::from((i + j) % 2)).collect::<Vec<_>>();
    let width = encoder.noise_width(dim);
    let noise = (width > 0).then(|| matrix(&random.normals(7 * width), 7, DType::F64));
    AutoencoderInput { adjacency: matrix(&adjacency, edges.len(), DType::F64), noise, edges }
}

fn flat(parameters: &Parameters) -> Vec<f64> {
    parameters.groups().iter().flat_map(|group| numbers(group.var().as_tensor())).collect()
}

#[test]
fn gradients_of_every_encoder() {
    for encoder in TRAINED {
        for (dim, clamp, shrink, cross_entropy) in
            [(2, Some(100.0), 1e-3, CrossEntropy::Probability), (3, None, 0.0, CrossEntropy::Logit)]
        {
            let config = AutoencoderModelConfig { encoder, dim, hidden: 4, layers: 2, clamp, shrink, cross_entropy };
            let model = config.init(&Stream::new(11), DType::F64).unwrap();
            let input = two_graphs(encoder, dim);
            let gradients = model.loss(&input).unwrap().backward().unwrap();
            let named = model.parameters().named_gradients(&gradients).unwrap();
            let gradient: Vec<f64> = named.iter().flat_map(|(_, gradient)| numbers(gradient)).collect();
            let at = flat(model.parameters());
            let value = |x: &[f64]| {
                let mut start = 0;
                for group in model.parameters().groups() {
                    let part = Tensor::from_slice(&x[start..start + group.len()], group.len(), &Device::Cpu).unwrap();
                    group.var().set(&part).unwrap();
                    start += group.len();
                }
                model.loss(&input).unwrap().to_scalar().unwrap()
            };
            assert_gradient(value, &at, &gradient, 1e-6);
        }
    }
}

#[test]
fn exactly_the_views_that_nothing_reads_have_no_gradient() {
    for encoder in TRAINED {
        let model = AutoencoderModelConfig::new(encoder).init(&Stream::new(1), DType::F64).unwrap();
        let gradients = model.loss(&two_graphs(encoder, 8)).unwrap().backward().unwrap();
        let named = model.parameters().named_gradients(&gradients).unwrap();
        let views = model.parameters().groups().iter().flat_map(Group::views);
        for (view, (name, gradient)) in views.zip(named) {
            let size = numbers(&gradient).iter().fold(0.0_f64, |size, value| size.max(value.abs()));
            // Embeddings enter as differences: what shifts all of them alike changes nothing.
            let cancels = name == "fc_emb.bias" || name == "gcl_3.node_mlp.2.bias";
            assert_eq!(view.reached && !cancels, size > 1e-12, "{encoder}: {name} {size}");
        }
    }
}

#[test]
fn the_baseline_says_that_there_are_no_edges() {
    let model = AutoencoderModelConfig::new(EncoderKind::NoEdges).init(&Stream::new(1), DType::F64).unwrap();
    let input = two_graphs(EncoderKind::NoEdges, 8);
    assert!(numbers(&model.probabilities(&input).unwrap()).iter().all(|&p| p == 0.0));
    let edges: f64 = numbers(&input.adjacency).iter().sum();
    assert_eq!(numbers(&model.loss(&input).unwrap()), [100.0 * edges]);
    let gradients = model.loss(&input).unwrap().backward().unwrap();
    assert!(model.parameters().named_gradients(&gradients).unwrap().is_empty());
}

#[test]
fn both_backends_agree() {
    for encoder in TRAINED {
        let config = AutoencoderModelConfig { hidden: 17, ..AutoencoderModelConfig::new(encoder) };
        let single = |tensor: &Tensor| tensor.to_dtype(DType::F32).unwrap();
        let input = two_graphs(encoder, 8);
        let input =
            AutoencoderInput { adjacency: single(&input.adjacency), noise: input.noise.as_ref().map(single), ..input };
        let found = Backend::ALL.map(|backend| {
            let model = config.init_on(&Stream::new(4), DType::F32, backend).unwrap();
            let gradients = model.loss(&input).unwrap().backward().unwrap();
            let named = model.parameters().named_gradients(&gradients).unwrap();
            let gradients = named.iter().flat_map(|(_, gradient)| numbers(gradient)).collect::<Vec<_>>();
            (numbers(&model.probabilities(&input).unwrap()), gradients)
        });
        let [(kernels, of_kernels), (plain, of_plain)] = found;
        for (found, expected) in [(kernels, plain), (of_kernels, of_plain)] {
            let scale = expected.iter().fold(0.0_f64, |scale, value| scale.max(value.abs()));
            let worst = found.iter().zip(&expected).fold(0.0_f64, |worst, (a, b)| worst.max((a - b).abs()));
            assert!(worst <= 1e-4 * scale, "{encoder}: {worst} of {scale}");
        }
    }
}

#[test]
fn what_describes_no_model_or_does_not_fit_is_refused() {
    let paper = AutoencoderModelConfig::new(EncoderKind::Egnn);
    for (config, field) in [
        (AutoencoderModelConfig { dim: 0, ..paper }, "'dim'"),
        (AutoencoderModelConfig { hidden: 0, ..paper }, "'hidden'"),
        (AutoencoderModelConfig { layers: 0, ..paper }, "'layers'"),
        (AutoencoderModelConfig { clamp: Some(-1.0), ..paper }, "'clamp'"),
        (AutoencoderModelConfig { shrink: 1.0, ..paper }, "'shrink'"),
        (AutoencoderModelConfig { shrink: f64::NAN, ..paper }, "'shrink'"),
    ] {
        let error = config.init(&Stream::new(1), DType::F32).unwrap_err();
        assert!(matches!(error, NnError::Config { .. }) && error.to_string().contains(field), "{error}");
    }
    let model = paper.init(&Stream::new(1), DType::F64).unwrap();
    let good = two_graphs(EncoderKind::Egnn, 8);
    for (input, part) in [
        (AutoencoderInput { noise: None, ..good.clone() }, "input 'noise'"),
        (
            AutoencoderInput { noise: good.noise.as_ref().map(|noise| noise.narrow(1, 0, 7).unwrap()), ..good.clone() },
            "(7, 8)",
        ),
        (AutoencoderInput { adjacency: good.adjacency.narrow(0, 0, 9).unwrap(), ..good.clone() }, "input 'adjacency'"),
    ] {
        let error = model.embed(&input).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}
