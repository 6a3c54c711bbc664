//! The authors' numbers, and systems that several tests look at.
#![allow(dead_code, reason = "not every test file needs everything")]

use egnn_nbody::{Generator, InitialState, Source, System};
use safetensors::SafeTensors;

/// Trajectories of a split in the fixture.
pub(crate) const FIXTURE_TRAJECTORIES: usize = 12;
/// Frames of the fixture.
pub(crate) const FRAMES: usize = 49;

/// The authors' `nbody_small`, with other numbers of trajectories if wanted.
pub(crate) fn nbody_small(splits: [usize; 3]) -> Generator {
    let splits = ["train", "valid", "test"].into_iter().zip(splits).map(|(name, n)| (name.to_owned(), n)).collect();
    Generator { system: System::default(), source: Source::Reference, seed: 43, splits }
}

/// Its whole size.
pub(crate) const WHOLE: [usize; 3] = [10_000, 2_000, 2_000];

/// Initial states from our streams.
pub(crate) fn native_states(system: &System, seed: u64, trajectories: usize) -> Vec<InitialState> {
    let splits = vec![("train".to_owned(), trajectories)];
    let generator = Generator { system: system.clone(), source: Source::Native, seed, splits };
    generator.initial_states().remove(0).1
}

/// A split of the fixture.
pub(crate) struct Fixture {
    charges: Vec<f64>,
    location: Vec<f64>,
    velocity: Vec<f64>,
}

impl Fixture {
    pub(crate) fn load(split: &str) -> Self {
        let file = SafeTensors::deserialize(include_bytes!("../fixtures/nbody_small.safetensors")).unwrap();
        let doubles = |name: &str| {
            let tensor = file.tensor(&format!("{split}.{name}")).unwrap();
            tensor.data().chunks_exact(8).map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap())).collect()
        };
        Self { charges: doubles("charges"), location: doubles("loc"), velocity: doubles("vel") }
    }

    pub(crate) fn charges(&self, trajectory: usize) -> &[f64] {
        &self.charges[trajectory * 5..][..5]
    }

    pub(crate) fn position(&self, trajectory: usize, frame: usize, body: usize) -> [f64; 3] {
        [0, 1, 2].map(|axis| self.location[((trajectory * FRAMES + frame) * 3 + axis) * 5 + body])
    }

    pub(crate) fn velocity(&self, trajectory: usize, frame: usize, body: usize) -> [f64; 3] {
        [0, 1, 2].map(|axis| self.velocity[((trajectory * FRAMES + frame) * 3 + axis) * 5 + body])
    }
}

/// Statistics of the authors' whole set.
pub(crate) fn statistics() -> serde_json::Value {
    let mut file: serde_json::Value = serde_json::from_str(include_str!("../fixtures/nbody_small.json")).unwrap();
    file["nbody_small"].take()
}

/// The largest difference between components.
pub(crate) fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    (0..3).map(|axis| (a[axis] - b[axis]).abs()).fold(0.0, f64::max)
}
