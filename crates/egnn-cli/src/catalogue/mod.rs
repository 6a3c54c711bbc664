//! The sets that exist or can be made: those of `datasets/nbody.yaml`, `datasets/graphs.yaml` and `datasets/qm9.yaml`, and
//! what was imported.

mod file;
mod graphs;
mod nbody;
mod qm9;

use crate::{
    exit::{Result, Stop},
    workspace::Workspace,
};
use egnn_schema::{Manifest, dataset, names};
use egnn_store::{StoreError, manifest, qm9::folder as qm9_folder};
use egnn_train::SetShape;
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

pub(crate) use file::check_name;
pub(crate) use graphs::GraphSet;
pub(crate) use nbody::NbodySet;
pub(crate) use qm9::Qm9Set;

/// Splits in the order in which they are drawn.
pub(crate) use egnn_store::import::SPLITS;

/// What a set holds. Each kind has a file of definitions and a folder in which its sets have theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Nbody,
    Graphs,
    Qm9,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Nbody, Self::Graphs, Self::Qm9];

    /// As on the command line and in a manifest.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nbody => "nbody",
            Self::Graphs => "graphs",
            Self::Qm9 => "qm9",
        }
    }

    pub(crate) fn holds(self) -> &'static str {
        match self {
            Self::Nbody => "n-body trajectories",
            Self::Graphs => "graphs",
            Self::Qm9 => "molecules",
        }
    }
}

/// A set that can be generated.
#[derive(Clone, Debug)]
pub(crate) enum Definition {
    Nbody(NbodySet),
    Graphs(GraphSet),
    Qm9(Qm9Set),
}

impl Definition {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Nbody(_) => Kind::Nbody,
            Self::Graphs(_) => Kind::Graphs,
            Self::Qm9(_) => Kind::Qm9,
        }
    }

    /// The complete parameters as the manifest holds them.
    pub(crate) fn parameters(&self) -> serde_json::Value {
        match self {
            Self::Nbody(set) => serde_json::json!(set),
            Self::Graphs(set) => serde_json::json!(set),
            Self::Qm9(set) => serde_json::json!(set),
        }
    }

    /// What `generate` compares.
    pub(crate) fn parameters_hash(&self) -> String {
        manifest::parameters_hash(self.kind().name(), &self.parameters())
    }
}

/// Where the sets of a kind stand.
struct Place {
    kind: Kind,
    /// The file of definitions.
    file: PathBuf,
    /// The folder of the sets' folders.
    folder: PathBuf,
}

impl Place {
    fn of(&self, set: &str) -> PathBuf {
        if self.kind == Kind::Qm9 { qm9_folder(&self.folder, set) } else { self.folder.join(set) }
    }
}

/// All sets that can be generated, and the folders of the others. A name is one set's, whatever the kind.
pub(crate) struct Catalogue {
    sets: BTreeMap<String, Definition>,
    places: BTreeMap<Kind, Place>,
}

impl Catalogue {
    pub(crate) fn read(workspace: &Workspace) -> Result<Self> {
        let place = |kind| (kind, Place { kind, file: workspace.definitions(kind), folder: workspace.sets(kind) });
        let mut catalogue = Self { sets: BTreeMap::new(), places: Kind::ALL.into_iter().map(place).collect() };
        for kind in Kind::ALL {
            let found = catalogue.read_definitions(kind)?;
            catalogue.sets.extend(found);
        }
        catalogue.refuse_clashes()?;
        Ok(catalogue)
    }

    /// The sets of a file of definitions. Without `graphs.yaml` there are no graph sets, and so for `qm9.yaml`.
    fn read_definitions(&self, kind: Kind) -> Result<Vec<(String, Definition)>> {
        let path = &self.places[&kind].file;
        let bytes = match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && kind != Kind::Nbody => return Ok(Vec::new()),
            bytes => bytes.map_err(|error| StoreError::io("read", path, error))?,
        };
        let name = path.display().to_string();
        let text = String::from_utf8(bytes).map_err(|_| Stop::input(format!("{name}: the file is not UTF-8 text")))?;
        let taken = |set: &str| match self.sets.get(set) {
            Some(other) => {
                let other = self.places[&other.kind()].file.display();
                Err(format!("set '{set}' stands in {other}, too; a name is one set's, so choose another"))
            }
            None => Ok(()),
        };
        let sets = match kind {
            Kind::Nbody => file::read_sets(&name, &text, taken, |map| nbody::read_set(map).map(Definition::Nbody)),
            Kind::Graphs => file::read_sets(&name, &text, taken, |map| graphs::read_set(map).map(Definition::Graphs)),
            Kind::Qm9 => {
                let folder = path.parent().unwrap_or(path);
                file::read_sets(&name, &text, taken, |map| qm9::read_set(map, folder).map(Definition::Qm9))
            }
        };
        sets.map_err(|error| Stop::input(error.to_string()))
    }

    /// An imported set must have a name that no other set has.
    fn refuse_clashes(&self) -> Result<()> {
        let mut imported: BTreeMap<String, PathBuf> = BTreeMap::new();
        for Place { folder, .. } in self.places.values() {
            for (name, manifest) in imports_in(folder)? {
                let other = match (self.sets.get(&name), imported.get(&name)) {
                    (Some(set), _) => self.places[&set.kind()].file.display(),
                    (None, Some(other)) => other.display(),
                    (None, None) => {
                        imported.insert(name, manifest);
                        continue;
                    }
                };
                return Err(Stop::input(format!(
                    "set '{name}' is in {other} and was imported as {}; a name is one set's, so rename the one or \
                     delete the other",
                    manifest.display()
                )));
            }
        }
        Ok(())
    }

    /// Names of the sets of these kinds that can be generated: kind after kind, each in alphabetical order.
    pub(crate) fn names<'a>(&'a self, kinds: &'a [Kind]) -> impl Iterator<Item = &'a str> {
        let of =
            |kind: Kind| self.sets.iter().filter(move |(_, set)| set.kind() == kind).map(|(name, _)| name.as_str());
        kinds.iter().flat_map(move |&kind| of(kind))
    }

    /// The folder of a set: where it is, or where it will be made.
    pub(crate) fn folder(&self, set: &str) -> PathBuf {
        let kind = self.kind(set).unwrap_or(Kind::Nbody);
        self.places[&kind].of(set)
    }

    /// A set that can be generated.
    pub(crate) fn get(&self, name: &str) -> Result<&Definition> {
        self.get_of(name, &Kind::ALL)
    }

    /// A set of one of these kinds that can be generated.
    pub(crate) fn get_of(&self, name: &str, kinds: &[Kind]) -> Result<&Definition> {
        match self.sets.get(name) {
            Some(set) if kinds.contains(&set.kind()) => Ok(set),
            _ => {
                let files: Vec<_> = kinds.iter().map(|kind| self.places[kind].file.display().to_string()).collect();
                Err(Stop::input(format!("{}: {}", files.join(", "), self.unknown(name, kinds))))
            }
        }
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.sets.contains_key(name)
    }

    /// Refuses a name for a new import that another set has.
    pub(crate) fn refuse_import(&self, name: &str, kind: Kind) -> Result<()> {
        let choose = "choose another name with --set";
        if let Some(set) = self.sets.get(name) {
            let file = self.places[&set.kind()].file.display();
            return Err(Stop::input(format!("set '{name}' is one that `egnn generate` makes ({file}); {choose}")));
        }
        match self.kind(name).filter(|&other| other != kind) {
            Some(other) => {
                let manifest = manifest::path(&self.folder(name));
                let (holds, manifest) = (other.holds(), manifest.display());
                Err(Stop::input(format!("set '{name}' is there and holds {holds} ({manifest}); {choose}")))
            }
            None => Ok(()),
        }
    }

    /// The manifest of a set on disk, if it is there.
    pub(crate) fn manifest(&self, name: &str) -> Result<Option<Manifest>> {
        Ok(manifest::read(&self.folder(name))?)
    }

    /// What a set holds, generated or imported.
    pub(crate) fn kind(&self, name: &str) -> Option<Kind> {
        let on_disk = || Kind::ALL.into_iter().find(|kind| manifest::path(&self.places[kind].of(name)).exists());
        self.sets.get(name).map(Definition::kind).or_else(on_disk)
    }

    /// Shape of an n-body set, generated or imported, before it is read.
    pub(crate) fn shape(&self, name: &str) -> Result<SetShape, String> {
        if let Some(Definition::Nbody(set)) = self.sets.get(name) {
            return Ok(set.shape());
        }
        let Manifest { parameters, splits, .. } = self.imported(name, Kind::Nbody)?;
        let frames = parameters.get("frames").and_then(serde_json::Value::as_u64);
        let frames =
            frames.ok_or_else(|| format!("set '{name}' has a manifest without a number of frames; import it again"))?;
        Ok(SetShape { frames, splits: sizes(splits) })
    }

    /// Graphs of each split of a graph set, generated or imported, before it is read.
    pub(crate) fn graph_splits(&self, name: &str) -> Result<BTreeMap<String, u64>, String> {
        if let Some(Definition::Graphs(set)) = self.sets.get(name) {
            return Ok(set.sizes());
        }
        Ok(sizes(self.imported(name, Kind::Graphs)?.splits))
    }

    /// Molecules of each split of a set of molecules before it is read.
    pub(crate) fn qm9_splits(&self, name: &str) -> Result<BTreeMap<String, u64>, String> {
        if let Some(Definition::Qm9(set)) = self.sets.get(name) {
            return Ok(set.splits.iter().map(|(&split, &molecules)| (split.to_owned(), molecules as u64)).collect());
        }
        Ok(sizes(self.imported(name, Kind::Qm9)?.splits))
    }

    /// Mean unordered pairs of nodes of a set's graphs, if it is one that is generated.
    pub(crate) fn mean_pairs(&self, name: &str) -> Option<f64> {
        match self.sets.get(name)? {
            Definition::Graphs(set) => Some(set.family.mean_pairs()),
            Definition::Nbody(_) | Definition::Qm9(_) => None,
        }
    }

    /// The manifest of a set of this kind that is not defined here.
    fn imported(&self, name: &str, kind: Kind) -> Result<Manifest, String> {
        let found = if self.kind(name) == Some(kind) {
            manifest::read(&self.places[&kind].of(name)).map_err(|error| error.to_string())?
        } else {
            None
        };
        found.ok_or_else(|| self.unknown(name, &[kind]))
    }

    /// Why there is no such set of these kinds.
    pub(crate) fn unknown(&self, name: &str, kinds: &[Kind]) -> String {
        let known: Vec<_> = self.names(kinds).collect();
        match self.kind(name).filter(|kind| !kinds.contains(kind)) {
            Some(other) => {
                let wanted: Vec<_> = kinds.iter().map(|kind| kind.holds()).collect();
                let wanted = wanted.join(" or ");
                format!("set '{name}' holds {}, not {wanted}; known: {}", other.holds(), known.join(", "))
            }
            None => names::unknown("set", name, &known),
        }
    }
}

fn sizes(splits: BTreeMap<String, dataset::SplitEntry>) -> BTreeMap<String, u64> {
    splits.into_iter().map(|(split, entry)| (split, entry.samples)).collect()
}

/// Names and manifests of the sets in a folder that were imported. A manifest that cannot be read is no matter here:
/// whoever needs its set will say so.
fn imports_in(folder: &Path) -> Result<BTreeMap<String, PathBuf>> {
    let unreadable = |error| StoreError::io("read", folder, error);
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        entries => entries.map_err(unreadable)?,
    };
    let mut found = BTreeMap::new();
    for entry in entries {
        let set = entry.map_err(unreadable)?;
        // Leftovers of a killed import are hidden.
        if let Some(name) = set.file_name().to_str().filter(|name| !name.starts_with('.'))
            && let Ok(Some(Manifest { generator, .. })) = manifest::read(&set.path())
            && generator == IMPORT
        {
            found.insert(name.to_owned(), manifest::path(&set.path()));
        }
    }
    Ok(found)
}

/// The generator that a manifest names if its set was made elsewhere.
pub(crate) const IMPORT: &str = "import";
