//! What can be wrong with a source, each with its entry, line and molecule.

use crate::molecule_set::INDICES;
use std::{fmt, io};

/// An error of a source of QM9. [`Qm9Error::is_environment`] tells whether the system or the input is to blame.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Qm9Error {
    /// The system could not read the source.
    #[error("failed to read: {0}")]
    Io(#[from] io::Error),
    /// Neither of the two formats.
    #[error(
        "neither a wheel nor a bzip2 archive: give qm9pack-1.0.3-py3-none-any.whl or the original dsgdb9nsd.xyz.tar.bz2"
    )]
    UnknownFormat,
    /// Another wheel, or a damaged one.
    #[error("the wheel has sha256 {found}, expected {expected}: fetch it again")]
    Checksum {
        /// What the caller asked for.
        expected: String,
        /// What the file has.
        found: String,
    },
    /// The container or its compression does not hold.
    #[error("{place}: truncated or damaged ({reason}): fetch it again")]
    Damaged {
        /// The entry, or the archive itself.
        place: String,
        /// What the decoder says.
        reason: String,
    },
    /// An entry that the source must not have, or must have.
    #[error("entry '{entry}' {fault}")]
    Entry {
        /// Its name.
        entry: String,
        /// What is wrong with it.
        fault: EntryFault,
    },
    /// The header of a csv part names other columns.
    #[error("entry '{entry}', line 1: {}", columns(missing, unknown))]
    Columns {
        /// The csv part.
        entry: String,
        /// Columns that are not there.
        missing: Vec<String>,
        /// Columns that are there and unknown, or there twice.
        unknown: Vec<String>,
    },
    /// A molecule that cannot be right.
    #[error("entry '{entry}', line {line}{}: {fault}", molecule.map(|index| format!(", molecule {index}")).unwrap_or_default())]
    Molecule {
        /// The file or csv part.
        entry: String,
        /// The line of the entry, from 1.
        line: u64,
        /// The molecule's index, as far as it is known.
        molecule: Option<u32>,
        /// What is wrong with it.
        fault: Fault,
    },
    /// Molecules that must be there are not.
    #[error("{count} molecules are missing, the first is {first}: fetch the source again")]
    Missing {
        /// The lowest index that is missing.
        first: u32,
        /// How many are.
        count: usize,
    },
    /// A line of `uncharacterized.txt`.
    #[error("line {line}: {fault}: give QM9's own uncharacterized.txt")]
    Uncharacterized {
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        fault: Fault,
    },
    /// Another list of uncharacterised molecules.
    #[error(
        "the list of uncharacterised molecules is not QM9's: it has {count} indices and {} {index}: give QM9's own \
         uncharacterized.txt", if *theirs { "has" } else { "lacks" }
    )]
    OtherExclusions {
        /// The first index that only one of the two lists has.
        index: u32,
        /// How many indices the list has.
        count: usize,
        /// Whether it is the given list that has it.
        theirs: bool,
    },
    /// The sizes of a split do not fit.
    #[error("splits of {sizes:?} do not add up to {molecules} molecules")]
    Split {
        /// Number of molecules.
        molecules: usize,
        /// Asked for: train, valid, test.
        sizes: [usize; 3],
    },
}

impl Qm9Error {
    /// Whether the system is at fault and not the source.
    pub fn is_environment(&self) -> bool {
        matches!(self, Self::Io(_))
    }

    /// A decoder's complaint about `place`.
    pub(crate) fn damaged(place: &str, reason: impl fmt::Display) -> Self {
        Self::Damaged { place: shorten(place), reason: reason.to_string() }
    }

    pub(crate) fn entry(entry: &str, fault: EntryFault) -> Self {
        Self::Entry { entry: shorten(entry), fault }
    }
}

/// What can be wrong with an entry of an archive, after its name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryFault {
    /// The name would lead out of a folder.
    #[error("has an unsafe path: only names below the archive's own folder are read")]
    UnsafePath,
    /// Neither a molecule nor a folder.
    #[error("is not a molecule: expected files 'dsgdb9nsd_NNNNNN.xyz' and nothing else")]
    NotAMolecule,
    /// More bytes than any entry of its kind has.
    #[error("is larger than {limit} bytes, which no entry of QM9 is")]
    TooLarge {
        /// Bytes that are read at most.
        limit: u64,
    },
    /// More entries than QM9 has.
    #[error("is one too many: at most {limit} entries are read")]
    TooMany {
        /// Entries that are read at most.
        limit: usize,
    },
    /// The wheel lacks it.
    #[error("is not in the wheel: give qm9pack 1.0.3")]
    Absent,
}

/// What can be wrong with a molecule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Bytes that are no text.
    #[error("not UTF-8")]
    NotUtf8,
    /// A row or line that is longer than any of QM9.
    #[error("longer than {limit} bytes")]
    TooLong {
        /// Bytes that are read at most.
        limit: usize,
    },
    /// Too few or too many values.
    #[error("expected {expected}, found {found} values")]
    Values {
        /// What belongs there.
        expected: &'static str,
        /// How many values are there.
        found: usize,
    },
    /// Something else than belongs there.
    #[error("expected {expected}, found '{found}'")]
    Expected {
        /// What belongs there.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// The molecule says one number of atoms and has another.
    #[error("says it has {stated} atoms, has {found}")]
    AtomCount {
        /// What it says.
        stated: usize,
        /// What it has.
        found: usize,
    },
    /// No atoms, or more than a molecule may have.
    #[error("{stated} atoms, expected 1 to {}", crate::MOST_ATOMS)]
    Size {
        /// What it says.
        stated: usize,
    },
    /// Not one of H, C, N, O, F.
    #[error("unknown element '{0}', expected H, C, N, O or F")]
    Element(String),
    /// Not a number.
    #[error("'{0}' is not a number")]
    Number(String),
    /// NaN, infinity, or beyond the range of a double.
    #[error("'{0}' is not a finite number")]
    NotFinite(String),
    /// An index that QM9 does not have.
    #[error("'{0}' is not an index from 1 to {INDICES}")]
    Index(String),
    /// The file's name and the molecule's index differ.
    #[error("belongs to molecule {named} by its file's name and to {found} by its index")]
    OtherIndex {
        /// By the name.
        named: u32,
        /// By the index.
        found: u32,
    },
    /// The second molecule of an index.
    #[error("occurs twice")]
    Duplicate,
}

/// Where in a source something stands.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) entry: &'a str,
    pub(crate) line: u64,
    pub(crate) molecule: Option<u32>,
}

impl Place<'_> {
    pub(crate) fn error(self, fault: Fault) -> Qm9Error {
        Qm9Error::Molecule { entry: shorten(self.entry), line: self.line, molecule: self.molecule, fault }
    }
}

/// Foreign text for a message: control characters escaped, and not endless.
pub(crate) fn shorten(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut short: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if text.chars().nth(LONGEST).is_some() {
        short.push_str("...");
    }
    short
}

fn columns(missing: &[String], unknown: &[String]) -> String {
    let list = |names: &[String]| names.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
    match (missing, unknown) {
        (missing, []) => format!("columns {} are missing: give qm9pack 1.0.3", list(missing)),
        ([], unknown) => format!("columns {} are unknown: give qm9pack 1.0.3", list(unknown)),
        _ => format!("columns {} are missing, {} are unknown: give qm9pack 1.0.3", list(missing), list(unknown)),
    }
}
