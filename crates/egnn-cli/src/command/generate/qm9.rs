//! The files of a set of molecules, and what there is to say about one.

use crate::{
    catalogue::{Qm9Set, SPLITS},
    exit::{Result, Stop},
    progress,
};
use egnn_qm9::{Expected, Molecule, Qm9Error, check_uncharacterized, parse_uncharacterized};
use egnn_schema::{Manifest, Property, exit};
use egnn_store::{
    StoreError, checksum,
    qm9::{MoleculeRow, read_split},
};
use serde::Serialize;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fmt::{self, Write},
    fs::{self, File},
    io::{self, BufReader, Read, Seek},
    mem,
    path::{Path, PathBuf},
};

/// A source that the command line names.
pub(crate) struct Given {
    from: PathBuf,
    /// A list of excluded molecules, and where it stands.
    uncharacterized: Option<(PathBuf, Vec<u32>)>,
}

impl Given {
    pub(super) fn new(from: &Path, uncharacterized: Option<&Path>) -> Result<Self> {
        let read = |path: &Path| {
            let text = fs::read(path).map_err(|error| StoreError::io("read", path, error))?;
            let indices =
                parse_uncharacterized(&String::from_utf8_lossy(&text)).map_err(|error| refused(path, error))?;
            // Also where the set is up to date and nothing will be read.
            check_uncharacterized(&indices).map_err(|error| refused(path, error))?;
            Ok::<_, Stop>((path.to_owned(), indices))
        };
        Ok(Self { from: from.to_owned(), uncharacterized: uncharacterized.map(read).transpose()? })
    }

    /// Whether a set was made of this very file.
    pub(super) fn made(&self, manifest: &Manifest) -> Result<bool> {
        Ok(manifest.parameters["source"]["checksum"] == json!(checksum::file(&self.from)?))
    }
}

/// A set's own source is not there. Other sets can be made all the same.
#[derive(Debug)]
pub(crate) struct MissingSource {
    set: String,
    path: PathBuf,
}

impl std::error::Error for MissingSource {}

impl fmt::Display for MissingSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const WHEEL: &str = "qm9pack-1.0.3-py3-none-any.whl";
        let Self { set, path } = self;
        write!(f, "set '{set}' cannot be made: '{}' is not there; ", path.display())?;
        if path.ends_with(WHEEL) {
            write!(
                f,
                "run `just fetch-qm9`, or get {WHEEL} of the PyPI package qm9pack 1.0.3 in any other way and put it \
                 there, or name it or the original dsgdb9nsd.xyz.tar.bz2 with `egnn generate qm9 {set} --from FILE`"
            )
        } else {
            write!(f, "put it there, or name another source with `egnn generate qm9 {set} --from FILE`")
        }
    }
}

/// The rows of each split.
pub(super) type Splits = Vec<(String, Vec<MoleculeRow>)>;

/// Reads a set's molecules and splits them; besides, what the manifest says of their source.
pub(super) fn read(set: &Qm9Set, name: &str, given: Option<&Given>) -> Result<(Splits, Value)> {
    let path = given.map_or(&set.source, |given| &given.from);
    let mut file = match open(path) {
        Err(error) if given.is_none() && error.kind() == io::ErrorKind::NotFound => {
            let missing = MissingSource { set: name.into(), path: path.clone() };
            return Err(Stop::new(exit::BAD_INPUT, missing));
        }
        file => file.map_err(|error| StoreError::io("read", path, error))?,
    };
    let format = format(&mut file).map_err(|error| StoreError::io("read", path, error))?;
    let list = given.and_then(|given| given.uncharacterized.as_ref());
    let expected = Expected {
        wheel_sha256: set.wheel_sha256.clone(),
        uncharacterized: list.map(|(_, indices)| indices.clone()),
        complete: set.complete,
    };
    let bar = progress::bar(&format!("reading {name}"), 0);
    let mut progress = |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    };
    let molecules = egnn_qm9::read(BufReader::new(file), &expected, &mut progress);
    bar.finish_and_clear();
    let molecules = molecules.map_err(|error| match (&error, list) {
        (Qm9Error::OtherExclusions { .. }, Some((list, _))) => refused(list, error),
        _ => refused(path, error),
    })?;
    let splits = split(set, name, molecules)?;
    Ok((splits, json!({ "format": format, "checksum": checksum::file(path)? })))
}

fn open(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() { Err(io::ErrorKind::IsADirectory.into()) } else { Ok(file) }
}

fn format(file: &mut File) -> io::Result<&'static str> {
    let mut start = Vec::new();
    file.by_ref().take(2).read_to_end(&mut start)?;
    file.rewind()?;
    Ok(if start == b"PK" { "wheel" } else { "archive" })
}

fn refused(path: &Path, error: Qm9Error) -> Stop {
    let code = if error.is_environment() { exit::ENVIRONMENT } else { exit::BAD_INPUT };
    Stop::new(code, anyhow::Error::new(error).context(format!("'{}'", path.display())))
}

/// Cuts the permuted molecules into train, valid and test; what is left over belongs to no split.
fn split(set: &Qm9Set, name: &str, molecules: Vec<Molecule>) -> Result<Splits> {
    let (found, [train, valid, test]) = (molecules.len(), set.sizes());
    let Some(rest) = found.checked_sub(set.molecules()) else {
        let asked = set.molecules();
        return Err(Stop::input(format!(
            "set '{name}': its splits ask for {asked} molecules, but the source has {found}; make them smaller in its \
             definition"
        )));
    };
    let splits = egnn_qm9::split(found, set.seed, [train, valid, test + rest])
        .map_err(|error| Stop::input(format!("set '{name}': {error}")))?;
    let mut rows: Vec<_> = molecules.into_iter().map(molecule_row).collect();
    let mut take = |positions: &[u32]| -> Vec<_> {
        positions.iter().map(|&position| mem::take(&mut rows[position as usize])).collect()
    };
    let parts = [take(&splits.train), take(&splits.valid), take(&splits.test[..test])];
    Ok(SPLITS.iter().map(|split| (*split).to_owned()).zip(parts).collect())
}

/// A molecule as the store takes it.
fn molecule_row(molecule: Molecule) -> MoleculeRow {
    let references = molecule.references();
    let Molecule { index, smiles, atomic_numbers, positions, properties } = molecule;
    MoleculeRow { index, smiles, atomic_number: atomic_numbers, position: positions, properties, references }
}

/// What is in a set of molecules.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Qm9Content {
    molecules: usize,
    atoms: usize,
    /// Molecules of each split.
    splits: BTreeMap<String, usize>,
    /// Of the training split, in the order of the paper's table.
    labels: Vec<Label>,
}

#[derive(Clone, Debug, Serialize)]
struct Label {
    property: &'static str,
    unit: &'static str,
    mean: f64,
    /// Mean absolute deviation from the mean.
    mad: f64,
}

impl Qm9Content {
    /// Reads the splits of a set that is whole, one by one.
    pub(super) fn read(folder: &Path, manifest: &Manifest) -> Result<Self> {
        let mut content = Self { molecules: 0, atoms: 0, splits: BTreeMap::new(), labels: Vec::new() };
        for (split, entry) in &manifest.splits {
            let rows = read_split(&folder.join(&entry.file), None)?;
            content.molecules += rows.len();
            content.atoms += rows.iter().map(|row| row.atomic_number.len()).sum::<usize>();
            content.splits.insert(split.clone(), rows.len());
            if split == "train" {
                content.labels = Property::ALL.into_iter().map(|property| Label::of(property, &rows)).collect();
            }
        }
        Ok(content)
    }

    pub(super) fn count(&self) -> String {
        format!("{} molecules, {} atoms", self.molecules, self.atoms)
    }

    /// The splits' sizes and a table of the labels, each line after a line break.
    pub(super) fn describe(&self) -> String {
        let size = |split| Some(format!("{} {split}", self.splits.get(split)?));
        let sizes: Vec<_> = SPLITS.into_iter().filter_map(size).collect();
        let mut text =
            format!("\n  {} molecules\n  {:<8}{:<14}{:>14}{:>12}", sizes.join(" + "), "label", "unit", "mean", "MAD");
        for Label { property, unit, mean, mad } in &self.labels {
            // Writing to a text cannot fail.
            let _ = write!(text, "\n  {property:<8}{unit:<14}{mean:>14.4}{mad:>12.4}");
        }
        text
    }
}

impl Label {
    fn of(property: Property, rows: &[MoleculeRow]) -> Self {
        let at = property.index();
        let labels = || rows.iter().map(|row| property.label(row.properties[at], row.references[at]));
        let mean = labels().sum::<f64>() / rows.len() as f64;
        let mad = labels().map(|label| (label - mean).abs()).sum::<f64>() / rows.len() as f64;
        Self { property: property.name(), unit: property.unit(), mean, mad }
    }
}
