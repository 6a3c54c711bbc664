//! Where a split comes from: the same words in the footer of every kind of set.

use crate::{error::Result, footer::OpenFile};
use std::collections::BTreeMap;

/// Where a split comes from, as its footer tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SplitFooter {
    /// The set's name.
    pub set: String,
    /// The split's name.
    pub split: String,
    /// What made it: `nbody`, `graphs` or `import`.
    pub generator: String,
    /// [`egnn_schema::version::GENERATOR_VERSION`] that made it.
    pub generator_version: u32,
    /// The set's seed; an imported set has none.
    pub seed: Option<u64>,
    /// The manifest's [`parameters_hash`](egnn_schema::Manifest::parameters_hash).
    pub parameters_hash: String,
}

impl SplitFooter {
    pub(crate) fn read(file: &OpenFile<'_>) -> Result<Self> {
        let text = |key| file.text(key).map(str::to_owned);
        Ok(Self {
            set: text("set")?,
            split: text("split")?,
            generator: text("generator")?,
            generator_version: file.number("generator_version")?,
            seed: file.metadata.contains_key("seed").then(|| file.number("seed")).transpose()?,
            parameters_hash: text("parameters_hash")?,
        })
    }

    /// The footer's entries, with what the kind of set says of its sizes.
    pub(crate) fn entries<const N: usize>(&self, sizes: [(&str, usize); N]) -> BTreeMap<String, String> {
        let own = [
            ("set", self.set.clone()),
            ("split", self.split.clone()),
            ("generator", self.generator.clone()),
            ("generator_version", self.generator_version.to_string()),
            ("parameters_hash", self.parameters_hash.clone()),
        ];
        let seed = self.seed.map(|seed| ("seed", seed.to_string()));
        let sizes = sizes.map(|(key, size)| (key, size.to_string()));
        own.into_iter().chain(seed).chain(sizes).map(|(key, value)| (key.to_owned(), value)).collect()
    }
}
