//! `datasets/qm9.yaml`.

use super::{
    SPLITS,
    file::{COUNT, Map},
};
use egnn_sweep::origin::Located;
use serde::Serialize;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// One set of `datasets/qm9.yaml`. Where its source lies is no parameter of it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Qm9Set {
    /// The file that it is read from if no other is named.
    #[serde(skip)]
    pub(crate) source: PathBuf,
    /// Checksum of the wheel. The original archive has none: how its authors packed it is not known.
    #[serde(rename = "sha256")]
    pub(crate) wheel_sha256: Option<String>,
    /// Whether the source must hold all characterised molecules.
    pub(crate) complete: bool,
    pub(crate) seed: u32,
    /// Molecules of each split.
    pub(crate) splits: BTreeMap<&'static str, usize>,
}

impl Qm9Set {
    /// Sizes of train, valid and test.
    pub(crate) fn sizes(&self) -> [usize; 3] {
        SPLITS.map(|split| self.splits.get(split).copied().unwrap_or_default())
    }

    pub(crate) fn molecules(&self) -> usize {
        self.splits.values().sum()
    }
}

const SET: [&str; 6] = ["description", "from", "sha256", "complete", "seed", "splits"];

/// A set, whose source is named from `folder`.
pub(super) fn read_set(map: &Map<'_>, folder: &Path) -> Result<Qm9Set, Located> {
    map.known(&SET)?;
    let splits = map.required("splits", map.inner("splits")?)?;
    splits.known(&SPLITS)?;
    let size = |split| {
        let molecules = splits.whole(split, 1..=*COUNT.end())?;
        Ok((split, splits.required(split, molecules)? as usize))
    };
    Ok(Qm9Set {
        source: folder.join(map.required("from", map.text("from")?)?),
        wheel_sha256: map.sha256("sha256")?,
        complete: map.truth("complete")?.unwrap_or(false),
        seed: map.required("seed", map.whole("seed", COUNT)?)? as u32,
        splits: SPLITS.into_iter().map(size).collect::<Result<_, _>>()?,
    })
}
