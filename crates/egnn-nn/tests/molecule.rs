//! Models of molecules: invariances on real molecules, gradients, sizes, and what tells them apart.

use candle_core::{DType, Device, Tensor};
use egnn_nn::molecule::{
    ATOM_FEATURES, Atoms, MoleculeInput, MoleculeModel, MoleculeModelConfig, MoleculeModelKind, SPECIES, atom_features,
};
use egnn_nn::params::{Group, Parameters};
use egnn_nn::{Backend, NnError};
use egnn_random::Stream;
use egnn_testkit::{Cloud, Random, Symmetry, assert_gradient, assert_symmetries};

const TRAINED: [MoleculeModelKind; 3] = [MoleculeModelKind::Egnn, MoleculeModelKind::SchNet, MoleculeModelKind::Nmp];

#[derive(Clone, Debug)]
struct Molecule {
    atomic_numbers: Vec<u8>,
    positions: Vec<[f64; 3]>,
}

/// Six molecules of QM9: methane, water, cyclopropane, benzene, fluorobenzene and one of the largest.
fn molecules() -> Vec<Molecule> {
    let text = include_str!("fixtures/molecules.xyz");
    let mut lines = text.lines();
    let mut found = Vec::new();
    while let Some(count) = lines.next() {
        let atoms = lines.by_ref().skip(1).take(count.parse().unwrap()).map(|line| {
            let mut parts = line.split(' ');
            let element =
                ["H", "C", "N", "O", "F"].iter().position(|&name| Some(name) == parts.clone().next()).unwrap();
            let mut axis = parts.by_ref().skip(1).map(|number| number.parse().unwrap());
            (SPECIES[element], [axis.next().unwrap(), axis.next().unwrap(), axis.next().unwrap()])
        });
        let (atomic_numbers, positions) = atoms.unzip();
        found.push(Molecule { atomic_numbers, positions });
    }
    assert_eq!(found.iter().map(|molecule| molecule.positions.len()).collect::<Vec<_>>(), [5, 3, 9, 12, 12, 29]);
    found
}

fn batch(molecules: &[Molecule], cutoff: Option<f64>, dtype: DType) -> MoleculeInput {
    let atoms = molecules.iter().map(|Molecule { atomic_numbers, positions }| Atoms { atomic_numbers, positions });
    MoleculeInput::new(&atoms.collect::<Vec<_>>(), cutoff, dtype).unwrap()
}

fn numbers(tensor: &Tensor) -> Vec<f64> {
    tensor.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

/// Every kind in small, EGNN also with coordinates that move and without the gate.
fn variants(hidden: usize) -> Vec<MoleculeModelConfig> {
    let small = |kind| MoleculeModelConfig { hidden, layers: 3, gaussians: 12, ..MoleculeModelConfig::new(kind) };
    let egnn = small(MoleculeModelKind::Egnn);
    let mut all: Vec<_> = TRAINED.map(small).into();
    all.push(MoleculeModelConfig { update_coordinates: true, ..egnn });
    all.push(MoleculeModelConfig { attention: false, ..egnn });
    all
}

/// A model whose coordinates move as much as its features do, and whose predictions are far from constant.
fn vivid(config: &MoleculeModelConfig, dtype: DType) -> MoleculeModel {
    let model = config.init(&Stream::new(7), dtype).unwrap();
    let louder = model.parameters().named().unwrap().into_iter().map(|(name, tensor)| {
        let factor = if name.ends_with("coord_mlp.2.weight") { 1000.0 } else { 1.0 };
        (name, (tensor * factor).unwrap())
    });
    model.parameters().load(&louder.collect()).unwrap();
    model
}

fn as_cloud(Molecule { atomic_numbers, positions }: &Molecule) -> Cloud {
    Cloud {
        nodes: positions.len(),
        dim: 3,
        points: positions.iter().flatten().copied().collect(),
        vectors: Vec::new(),
        scalars: atomic_numbers.iter().map(|&z| f64::from(z)).collect(),
    }
}

/// The prediction beside each atom, as a number that stays.
fn run(model: &MoleculeModel, cutoff: Option<f64>, cloud: &Cloud) -> Cloud {
    let positions = cloud.points.chunks(3).map(|point| [point[0], point[1], point[2]]).collect();
    let molecule = Molecule { atomic_numbers: cloud.scalars.iter().map(|&z| z as u8).collect(), positions };
    let prediction = model.predict(&batch(&[molecule], cutoff, DType::F64)).unwrap();
    let scalars = vec![numbers(&prediction)[0]; cloud.nodes];
    Cloud { points: Vec::new(), vectors: Vec::new(), scalars, ..cloud.clone() }
}

#[test]
fn predictions_do_not_change_when_a_molecule_is_turned_mirrored_moved_or_renumbered() {
    let clouds: Vec<Cloud> = molecules().iter().map(as_cloud).collect();
    for config in variants(16) {
        let model = vivid(&config, DType::F64);
        for cutoff in [None, Some(2.7)] {
            assert_symmetries(|cloud| run(&model, cutoff, cloud), &Symmetry::ALL, &clouds, 1e-9);
        }
    }
}

#[test]
fn predictions_change_with_elements_and_with_distances() {
    for config in variants(16) {
        let model = vivid(&config, DType::F64);
        let benzene = molecules()[3].clone();
        let mut heavier = benzene.clone();
        heavier.atomic_numbers[0] = 7;
        let mut stretched = benzene.clone();
        stretched.positions.iter_mut().flatten().for_each(|x| *x *= 1.1);
        let found = numbers(&model.predict(&batch(&[benzene, heavier, stretched], None, DType::F64)).unwrap());
        assert!((found[1] - found[0]).abs() > 1e-3 && (found[2] - found[0]).abs() > 1e-4, "{config:?}: {found:?}");
    }
}

#[test]
fn a_molecule_is_predicted_alike_whatever_stands_beside_it() {
    let molecules = molecules();
    for config in variants(16) {
        let model = vivid(&config, DType::F64);
        let together = numbers(&model.predict(&batch(&molecules, None, DType::F64)).unwrap());
        for (molecule, together) in molecules.iter().zip(together) {
            let alone = numbers(&model.predict(&batch(std::slice::from_ref(molecule), None, DType::F64)).unwrap())[0];
            assert!((alone - together).abs() < 1e-12 * together.abs().max(1.0), "{config:?}: {alone} {together}");
        }
    }
}

#[test]
fn features_edges_and_members_by_hand() {
    let ammonia_of_fluorine = Molecule { atomic_numbers: vec![7, 9], positions: vec![[0.0; 3], [0.0, 3.0, 4.0]] };
    let lonely = Molecule { atomic_numbers: vec![1], positions: vec![[1.0; 3]] };
    let input = batch(&[ammonia_of_fluorine.clone(), lonely.clone()], None, DType::F64);
    let mut expected = [0.0; 3 * ATOM_FEATURES];
    expected[6..9].copy_from_slice(&[1.0, 7.0 / 9.0, 49.0 / 81.0]);
    expected[ATOM_FEATURES + 12..][..3].copy_from_slice(&[1.0, 1.0, 1.0]);
    expected[2 * ATOM_FEATURES..][..3].copy_from_slice(&[1.0, 1.0 / 9.0, 1.0 / 81.0]);
    assert_eq!(numbers(&input.features), expected);
    assert_eq!((input.edges.row(), input.edges.col()), (&[0, 1][..], &[1, 0][..]));
    assert_eq!((input.members.row(), input.members.nodes()), (&[0, 0, 1][..], 2));
    assert_eq!(
        batch(std::slice::from_ref(&ammonia_of_fluorine), Some(5.0), DType::F32).edges.len(),
        2,
        "the cutoff is included"
    );
    assert_eq!(batch(&[ammonia_of_fluorine], Some(4.9), DType::F32).edges.len(), 0);
    assert!(atom_features(2).is_none());
    for config in variants(8) {
        let alone =
            vivid(&config, DType::F32).predict(&batch(std::slice::from_ref(&lonely), None, DType::F32)).unwrap();
        assert!(numbers(&alone)[0].is_finite(), "an atom by itself has a prediction");
        assert_eq!(vivid(&config, DType::F32).predict(&batch(&[], None, DType::F32)).unwrap().dims(), [0]);
    }
}

#[test]
fn parameter_counts() {
    // SchNet by hand: embedding; filters, map before and maps after of six blocks; output.
    let square = 128 * 128 + 128;
    let schnet = 16 * 128 + 6 * (51 * 128 + square + 128 * 128 + 2 * square) + (128 * 64 + 64) + 65;
    // The paper's EGNN without gates, whose edges see 50 numbers instead of one.
    let nmp = 745_224 - 7 * 129 + 7 * 49 * 128;
    for (kind, count) in [
        (MoleculeModelKind::Egnn, 745_224),
        (MoleculeModelKind::SchNet, schnet),
        (MoleculeModelKind::Nmp, nmp),
        (MoleculeModelKind::Mean, 0),
    ] {
        let model = MoleculeModelConfig::new(kind).init(&Stream::new(1), DType::F32).unwrap();
        assert_eq!(model.parameters().count(), count, "{kind}");
        assert!(model.parameters().groups().iter().flat_map(Group::views).all(|view| view.reached), "{kind}");
    }
}

fn flat(parameters: &Parameters) -> Vec<f64> {
    parameters.groups().iter().flat_map(|group| numbers(group.var().as_tensor())).collect()
}

/// A loss that every prediction has a part in.
fn loss(model: &MoleculeModel, input: &MoleculeInput) -> Tensor {
    let prediction = model.forward(input).unwrap();
    let weights = (0..input.members.nodes()).map(|number| 1.0 + number as f64);
    let weights = Tensor::from_iter(weights, &Device::Cpu).unwrap().to_dtype(prediction.dtype()).unwrap();
    (prediction.sqr().unwrap() * weights).unwrap().sum_all().unwrap()
}

#[test]
fn gradients_of_every_model() {
    for config in variants(4) {
        let config = MoleculeModelConfig { layers: 2, gaussians: 3, gaussian_range: 4.0, ..config };
        let model = config.init(&Stream::new(11), DType::F64).unwrap();
        let input = batch(&molecules()[..3], None, DType::F64);
        let gradients = loss(&model, &input).backward().unwrap();
        let named = model.parameters().named_gradients(&gradients).unwrap();
        let gradient: Vec<f64> = named.iter().flat_map(|(_, gradient)| numbers(gradient)).collect();
        for (name, gradient) in &named {
            assert!(numbers(gradient).iter().any(|&part| part.abs() > 1e-12), "{config:?}: {name} is reached");
        }
        let value = |x: &[f64]| {
            let mut start = 0;
            for group in model.parameters().groups() {
                let part = Tensor::from_slice(&x[start..start + group.len()], group.len(), &Device::Cpu).unwrap();
                group.var().set(&part).unwrap();
                start += group.len();
            }
            loss(&model, &input).to_scalar().unwrap()
        };
        assert_gradient(value, &flat(model.parameters()), &gradient, 1e-6);
    }
}

#[test]
fn both_backends_agree() {
    for config in variants(17) {
        let input = batch(&molecules(), None, DType::F32);
        let found = Backend::ALL.map(|backend| {
            let model = config.init_on(&Stream::new(4), DType::F32, backend).unwrap();
            let gradients = loss(&model, &input).backward().unwrap();
            let named = model.parameters().named_gradients(&gradients).unwrap();
            let gradients = named.iter().flat_map(|(_, gradient)| numbers(gradient)).collect::<Vec<_>>();
            (numbers(&model.predict(&input).unwrap()), gradients)
        });
        let [(kernels, of_kernels), (plain, of_plain)] = found;
        for (found, expected) in [(kernels, plain), (of_kernels, of_plain)] {
            let scale = expected.iter().fold(0.0_f64, |scale, value| scale.max(value.abs()));
            let worst = found.iter().zip(&expected).fold(0.0_f64, |worst, (a, b)| worst.max((a - b).abs()));
            assert!(worst <= 1e-4 * scale, "{config:?}: {worst} of {scale}");
        }
    }
}

#[test]
fn the_baseline_says_the_mean_of_every_molecule() {
    let model = MoleculeModelConfig::new(MoleculeModelKind::Mean).init(&Stream::new(1), DType::F32).unwrap();
    assert_eq!(numbers(&model.predict(&batch(&molecules(), None, DType::F32)).unwrap()), [0.0; 6]);
}

#[test]
fn what_describes_no_model_or_does_not_fit_is_refused() {
    let paper = MoleculeModelConfig::new(MoleculeModelKind::SchNet);
    for (config, field) in [
        (MoleculeModelConfig { hidden: 0, ..paper }, "'hidden'"),
        (MoleculeModelConfig { layers: 0, ..paper }, "'layers'"),
        (MoleculeModelConfig { gaussians: 1, ..paper }, "'gaussians'"),
        (MoleculeModelConfig { gaussian_range: f64::NAN, ..paper }, "'gaussian_range'"),
    ] {
        let error = config.init(&Stream::new(1), DType::F32).unwrap_err();
        assert!(matches!(error, NnError::Config { .. }) && error.to_string().contains(field), "{error}");
    }
    let strange = Atoms { atomic_numbers: &[1, 2], positions: &[[0.0; 3], [1.0; 3]] };
    let error = MoleculeInput::new(&[strange], None, DType::F32).unwrap_err().to_string();
    assert!(error.contains("'atomic_number' is 2") && error.contains("H, C, N, O or F"), "{error}");
    let short = Atoms { atomic_numbers: &[1], positions: &[[0.0; 3], [1.0; 3]] };
    assert!(MoleculeInput::new(&[short], None, DType::F32).unwrap_err().to_string().contains("'atomic_numbers'"));
    let model = variants(8)[0].init(&Stream::new(1), DType::F32).unwrap();
    let error = model.predict(&batch(&molecules()[..1], None, DType::F64)).unwrap_err().to_string();
    assert!(error.contains("'features'") && error.contains("F64"), "{error}");
}

#[test]
fn random_clouds_of_atoms_are_invariant_too() {
    let mut random = Random::new(3);
    for config in variants(8) {
        let model = vivid(&config, DType::F64);
        let cloud = Cloud::random(8, 3, 1, &mut random);
        let scalars = (0..8).map(|atom| f64::from(SPECIES[atom % SPECIES.len()])).collect();
        let cloud = Cloud { scalars, vectors: Vec::new(), ..cloud };
        assert_symmetries(|cloud| run(&model, None, cloud), &Symmetry::ALL, &[cloud], 1e-9);
    }
}
