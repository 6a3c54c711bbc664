//! `datasets/nbody.yaml`.

use super::{
    SPLITS,
    file::{COUNT, Map, SEED},
};
use egnn_nbody::{Distance, Generator, Source, System};
use egnn_sweep::origin::Located;
use egnn_train::SetShape;
use serde::Serialize;

/// One set of `datasets/nbody.yaml`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct NbodySet {
    pub(crate) source: Source,
    pub(crate) seed: u64,
    pub(crate) system: System,
    pub(crate) splits: Splits,
}

/// Trajectories of each split.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Splits {
    pub(crate) train: usize,
    pub(crate) valid: usize,
    pub(crate) test: usize,
}

impl NbodySet {
    pub(crate) fn generator(&self) -> Generator {
        let Splits { train, valid, test } = self.splits;
        let splits = SPLITS.iter().zip([train, valid, test]).map(|(name, count)| ((*name).to_owned(), count)).collect();
        Generator { system: self.system.clone(), source: self.source, seed: self.seed, splits }
    }

    pub(crate) fn trajectories(&self) -> usize {
        self.splits.train + self.splits.valid + self.splits.test
    }

    /// Rows of the set's files: a body in a frame.
    pub(crate) fn rows(&self) -> u64 {
        (self.trajectories() * self.system.frames() * self.system.bodies) as u64
    }

    pub(super) fn shape(&self) -> SetShape {
        let Splits { train, valid, test } = self.splits;
        let splits =
            SPLITS.iter().zip([train, valid, test]).map(|(name, count)| ((*name).to_owned(), count as u64)).collect();
        SetShape { frames: self.system.frames() as u64, splits }
    }
}

const SET: [&str; 5] = ["description", "source", "seed", "system", "splits"];
const SYSTEM: [&str; 9] =
    ["bodies", "steps", "sample_freq", "dt", "box_size", "speed", "interaction", "max_force", "distance"];
const SOURCES: [(&str, Source); 2] = [("reference", Source::Reference), ("native", Source::Native)];
const DISTANCES: [(&str, Distance); 2] = [("expanded", Distance::Expanded), ("direct", Distance::Direct)];

/// A set, checked by its generator.
pub(super) fn read_set(map: &Map<'_>) -> Result<NbodySet, Located> {
    map.known(&SET)?;
    let system = map.inner("system")?;
    let splits = map.required("splits", map.inner("splits")?)?;
    let set = NbodySet {
        source: map.required("source", map.choice("source", &SOURCES)?)?,
        seed: map.required("seed", map.whole("seed", SEED)?)? as u64,
        system: system.as_ref().map(read_system).transpose()?.unwrap_or_default(),
        splits: read_splits(&splits)?,
    };
    set.generator().validate().map_err(|error| {
        let node = system.as_ref().and_then(|system| system.get(&error.field)).or_else(|| map.get(&error.field));
        map.error(node.map_or(map.spot, |node| node.spot), error.message)
    })?;
    Ok(set)
}

fn read_system(map: &Map<'_>) -> Result<System, Located> {
    map.known(&SYSTEM)?;
    let default = System::default();
    Ok(System {
        bodies: map.whole("bodies", COUNT)?.map_or(default.bodies, |count| count as usize),
        steps: map.whole("steps", COUNT)?.map_or(default.steps, |count| count as u32),
        sample_freq: map.whole("sample_freq", COUNT)?.map_or(default.sample_freq, |count| count as u32),
        dt: map.number("dt")?.unwrap_or(default.dt),
        box_size: map.number("box_size")?.unwrap_or(default.box_size),
        speed: map.number("speed")?.unwrap_or(default.speed),
        interaction: map.number("interaction")?.unwrap_or(default.interaction),
        max_force: map.number("max_force")?.unwrap_or(default.max_force),
        distance: map.choice("distance", &DISTANCES)?.unwrap_or(default.distance),
    })
}

fn read_splits(map: &Map<'_>) -> Result<Splits, Located> {
    map.known(&SPLITS)?;
    let size = |name| Ok(map.required(name, map.whole(name, 1..=*COUNT.end())?)? as usize);
    Ok(Splits { train: size("train")?, valid: size("valid")?, test: size("test")? })
}
