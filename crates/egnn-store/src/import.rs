//! Import of files that others wrote: graphs as edge lists ([`edge_lists`]), and the `.npy` files of the authors' n-body
//! generator ([`nbody_npy`]), so that results on the very files others used are possible.
//!
//! A split of n-body is three files: `loc_<split>_<suffix>.npy` and `vel_<split>_<suffix>.npy`, arrays of shape
//! (trajectories, frames, 3, bodies), and `charges_<split>_<suffix>.npy` of shape (trajectories, bodies, 1), all of
//! float64 or float32 in C order. Their `edges_*` files follow from the charges and are not read.

mod edges;
mod npy;

use crate::{
    error::{Result, StoreError},
    nbody::NbodySplit,
};
pub use edges::edge_lists;
use npy::Array;
use rayon::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// The splits of a set.
pub const SPLITS: [&str; 3] = ["train", "valid", "test"];

/// A split in memory, laid out like [`NbodySplit`].
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedSplit {
    /// Bodies of each trajectory.
    pub bodies: usize,
    /// Saved frames of each trajectory.
    pub frames: usize,
    /// Trajectories.
    pub trajectories: usize,
    /// `(trajectories, bodies)`.
    pub charge: Vec<f64>,
    /// `(frames, trajectories, bodies, 3)`.
    pub position: Vec<[f64; 3]>,
    /// Like `position`.
    pub velocity: Vec<[f64; 3]>,
}

impl ImportedSplit {
    /// The split as [`crate::nbody::write_split`] takes it.
    pub fn as_split(&self) -> NbodySplit<'_> {
        NbodySplit {
            bodies: self.bodies,
            frames: self.frames,
            trajectories: self.trajectories,
            charge: &self.charge,
            position: &self.position,
            velocity: &self.velocity,
        }
    }
}

/// Reads the three splits in `folder`, by name.
///
/// # Errors
/// If a file is missing, there are several to choose from, or one is not the array that is expected.
pub fn nbody_npy(folder: &Path) -> Result<BTreeMap<String, ImportedSplit>> {
    let suffixes = find(folder)?;
    let read = |split: &&str| Ok(((*split).to_owned(), read_split(folder, split, &suffixes[*split])?));
    let splits: BTreeMap<String, ImportedSplit> = SPLITS.iter().map(read).collect::<Result<_>>()?;
    let bodies: BTreeSet<usize> = splits.values().map(|split| split.bodies).collect();
    if bodies.len() > 1 {
        let counts: Vec<_> = splits.iter().map(|(name, split)| format!("{name} {}", split.bodies)).collect();
        return Err(in_folder(folder, format!("the splits differ in their number of bodies: {}", counts.join(", "))));
    }
    Ok(splits)
}

fn in_folder(folder: &Path, reason: String) -> StoreError {
    StoreError::ImportFolder { folder: folder.to_owned(), reason }
}

/// The suffix of each split's files, the only one for which they are there.
fn find(folder: &Path) -> Result<BTreeMap<&'static str, String>> {
    let unreadable = |error| StoreError::io("read", folder, error);
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        // A name that is not text is none of theirs.
        names.extend(entry.map_err(unreadable)?.file_name().into_string());
    }
    let suffix_of = |split| {
        let prefix = format!("loc_{split}_");
        let suffix = |name: &String| Some(name.strip_prefix(&prefix)?.strip_suffix(".npy")?.to_owned());
        let found: Vec<String> = names.iter().filter_map(suffix).collect();
        match found.as_slice() {
            [suffix] => Ok((split, suffix.clone())),
            [] => Err(in_folder(folder, format!("there is no file {prefix}*.npy"))),
            several => {
                let files: Vec<_> = several.iter().map(|suffix| format!("{prefix}{suffix}.npy")).collect();
                let choice = files.join(", ");
                let remedy = "put the files of one set into a folder of their own";
                Err(in_folder(folder, format!("there are several sets to choose from: {choice}; {remedy}")))
            }
        }
    };
    let suffixes: BTreeMap<_, _> = SPLITS.into_iter().map(suffix_of).collect::<Result<_>>()?;
    for (split, suffix) in &suffixes {
        for kind in ["vel", "charges"] {
            let name = file_name(kind, split, suffix);
            if !names.contains(&name) {
                let reason = format!("there is no file {name}, which belongs to {}", file_name("loc", split, suffix));
                return Err(in_folder(folder, reason));
            }
        }
    }
    Ok(suffixes)
}

fn file_name(kind: &str, split: &str, suffix: &str) -> String {
    format!("{kind}_{split}_{suffix}.npy")
}

fn read_split(folder: &Path, split: &str, suffix: &str) -> Result<ImportedSplit> {
    let path = |kind| folder.join(file_name(kind, split, suffix));
    let (charge_path, velocity_path) = (path("charges"), path("vel"));
    let charge = npy::read(
        &charge_path,
        "(trajectories, bodies, 1)",
        |shape| matches!(shape, [trajectories, bodies, 1] if trajectories * bodies > 0),
    )?;
    let is_motion = |shape: &[usize]| shape.len() == 4 && shape[2] == 3 && !shape.contains(&0);
    let motion = "(trajectories, frames, 3, bodies)";
    let position = npy::read(&path("loc"), motion, is_motion)?;
    let velocity = npy::read(&velocity_path, motion, is_motion)?;
    let (trajectories, frames, bodies) = (position.shape[0], position.shape[1], position.shape[3]);
    same_shape(&velocity_path, &velocity, &position.shape)?;
    same_shape(&charge_path, &charge, &[trajectories, bodies, 1])?;
    Ok(ImportedSplit {
        bodies,
        frames,
        trajectories,
        charge: charge.values,
        position: frames_first(&position),
        velocity: frames_first(&velocity),
    })
}

fn same_shape(path: &Path, array: &Array, expected: &[usize]) -> Result<()> {
    if array.shape == expected {
        return Ok(());
    }
    let (found, expected) = (npy::shape_text(&array.shape), npy::shape_text(expected));
    Err(StoreError::Npy {
        path: path.to_owned(),
        reason: format!("its shape is {found}, but its loc file asks for {expected}"),
    })
}

/// From (trajectory, frame, axis, body) to (frame, trajectory, body) of points.
fn frames_first(array: &Array) -> Vec<[f64; 3]> {
    let (trajectories, frames, bodies) = (array.shape[0], array.shape[1], array.shape[3]);
    let mut points = vec![[0.0; 3]; trajectories * frames * bodies];
    points.par_chunks_mut(bodies).enumerate().for_each(|(index, points)| {
        let (frame, trajectory) = (index / trajectories, index % trajectories);
        let values = &array.values[(trajectory * frames + frame) * 3 * bodies..][..3 * bodies];
        for (body, point) in points.iter_mut().enumerate() {
            *point = [values[body], values[bodies + body], values[2 * bodies + body]];
        }
    });
    points
}
