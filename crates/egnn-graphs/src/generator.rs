//! The splits of a set of graphs.

use crate::{family::Family, graph::Graph, native, reference};
use egnn_schema::{FieldError, names};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Splits that a set may have.
pub const SPLITS: [&str; 3] = ["train", "valid", "test"];

/// Where the random numbers come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The legacy streams of CPython and NumPy, drawn as the authors' programs do. Train is drawn from the seed itself,
    /// valid from the next one, test from the one after.
    Reference,
    /// Our streams: every graph has its own, named by seed, split and number.
    Native,
}

/// Pairs of nodes of all graphs of a set at most: minutes to draw, and gigabytes if all are edges.
const MOST_PAIRS: f64 = 1e9;

/// A set of graphs: what to draw and how much of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generator {
    /// What kind of graphs.
    pub family: Family,
    /// Whether each graph is drawn again until it is connected. Its size is drawn once, so that the distribution of
    /// sizes stays what it is. Only for [`Source::Native`].
    pub connected: bool,
    /// The random numbers.
    pub source: Source,
    /// Their seed; below 2^32 - 2 for [`Source::Reference`].
    pub seed: u64,
    /// Names of the splits, which are some of [`SPLITS`], and their numbers of graphs.
    pub splits: Vec<(String, usize)>,
}

impl Generator {
    /// Checks all parameters; the error names the first wrong field.
    pub fn validate(&self) -> Result<(), FieldError> {
        self.family.validate()?;
        self.validate_splits()?;
        match self.source {
            Source::Native => Ok(()),
            Source::Reference => self.validate_reference(),
        }
    }

    fn validate_splits(&self) -> Result<(), FieldError> {
        if self.splits.is_empty() {
            return Err(FieldError::new("splits", "splits is empty; name at least one, for example train: 1000"));
        }
        let mut seen = BTreeSet::new();
        for (name, graphs) in &self.splits {
            if !SPLITS.contains(&name.as_str()) {
                return Err(FieldError::new("splits", names::unknown("split", name, &SPLITS)));
            }
            if !seen.insert(name) {
                return Err(FieldError::new("splits", format!("split '{name}' is there twice")));
            }
            if *graphs == 0 || u32::try_from(*graphs).is_err() {
                let message = format!("{name} is {graphs}; give a number of graphs from 1 to {}", u32::MAX);
                return Err(FieldError::new(name, message));
            }
        }
        // All graphs are in memory until they are written.
        let graphs = self.splits.iter().map(|(_, graphs)| *graphs as f64).sum::<f64>();
        let pairs = graphs * self.family.mean_pairs();
        if pairs > MOST_PAIRS {
            let message = format!(
                "the splits are {graphs} graphs with about {pairs:.1e} pairs of nodes in all; a set may have \
                 {MOST_PAIRS:.0e}, so make smaller or fewer graphs"
            );
            return Err(FieldError::new("splits", message));
        }
        Ok(())
    }

    /// What the authors' programs cannot draw.
    fn validate_reference(&self) -> Result<(), FieldError> {
        let largest = u64::from(u32::MAX) - SPLITS.len() as u64 + 1;
        if self.seed > largest {
            let message = format!("seed {} does not fit the legacy streams; give one up to {largest}", self.seed);
            return Err(FieldError::new("seed", message));
        }
        if self.connected {
            let message = "connected: true would leave out some of the authors' graphs; it needs source: native";
            return Err(FieldError::new("connected", message));
        }
        match &self.family {
            Family::Community(family) if family.communities != 2 => {
                let message = format!(
                    "communities is {}; source: reference has 2, others need source: native",
                    family.communities
                );
                Err(FieldError::new("communities", message))
            }
            Family::Community(_) => Ok(()),
            Family::ErdosRenyi(family) => {
                let sizes = family.max_nodes - family.min_nodes + 1;
                match self.splits.iter().find(|(_, graphs)| !graphs.is_multiple_of(sizes)) {
                    None => Ok(()),
                    Some((name, graphs)) => {
                        let message = format!(
                            "{name} is {graphs}; source: reference draws all {sizes} sizes in turn, so give a multiple \
                             of {sizes}"
                        );
                        Err(FieldError::new(name, message))
                    }
                }
            }
        }
    }
}

/// Draws all splits, in their order. `progress` is called with the number of graphs done so far over all splits.
///
/// # Errors
/// If the generator is not valid, or no connected graph is found where one is asked for.
pub fn generate(generator: &Generator, progress: &dyn Fn(usize)) -> Result<Vec<(String, Vec<Graph>)>, FieldError> {
    generator.validate()?;
    let mut done = 0;
    let mut count = || {
        done += 1;
        progress(done);
    };
    let split = |(name, graphs): &(String, usize)| {
        let drawn = match generator.source {
            Source::Reference => {
                // The seed fits: it was validated.
                let seed = generator.seed as u32 + SPLITS.iter().position(|split| split == name).unwrap_or(0) as u32;
                reference::split(&generator.family, seed, *graphs, &mut count)
            }
            Source::Native => native::split(generator, name, *graphs, &mut count)?,
        };
        Ok((name.clone(), drawn))
    };
    generator.splits.iter().map(split).collect()
}
