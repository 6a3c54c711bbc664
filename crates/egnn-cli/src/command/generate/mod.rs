//! `egnn generate`: makes sets, and leaves alone what is up to date.

mod graphs;
mod nbody;
mod qm9;

use crate::{
    args::{DataKind, Generate},
    catalogue::{Catalogue, Definition, Kind, SPLITS},
    exit::{Result, Stop},
    printer,
    workspace::Workspace,
};
use egnn_qm9::Qm9Error;
use egnn_schema::{
    Manifest, SplitEntry,
    version::{DATASET_VERSION, GENERATOR_VERSION, PROGRAM},
};
use egnn_store::{SplitFooter, StoreError, atomic, lock::FolderLock, manifest, qm9::SET as ALL_OF_QM9};
use qm9::{Given, MissingSource, Qm9Content};
use serde::Serialize;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    path::Path,
    thread,
    time::{Duration, Instant},
};

pub(crate) use graphs::{GraphContent, graph_row};

/// What was done about one set.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Made {
    pub(crate) set: String,
    /// `made`, `up to date`, or why it was made again.
    pub(crate) outcome: String,
    #[serde(flatten)]
    pub(crate) content: Content,
    pub(crate) bytes: u64,
    pub(crate) seconds: f64,
    pub(crate) content_hash: String,
}

/// What is in a set.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Content {
    Nbody { trajectories: usize },
    Graphs(GraphContent),
    Qm9(Qm9Content),
}

pub(crate) fn run(args: &Generate, workspace: &Workspace) -> Result<()> {
    let catalogue = Catalogue::read(workspace)?;
    let kinds = match args.kind {
        DataKind::Nbody => &[Kind::Nbody][..],
        DataKind::Graphs => &[Kind::Graphs],
        DataKind::Qm9 => &[Kind::Qm9],
        DataKind::All => &Kind::ALL,
    };
    let names: Vec<String> = match (args.sets.as_slice(), &args.from) {
        ([], None) => catalogue.names(kinds).map(str::to_owned).collect(),
        ([], Some(_)) => vec![ALL_OF_QM9.into()],
        (sets, _) => sets.to_vec(),
    };
    refuse_from(args)?;
    // Every name is checked before anything is made.
    for name in &names {
        catalogue.get_of(name, kinds)?;
    }
    let given = args.from.as_deref().map(|from| Given::new(from, args.uncharacterized.as_deref())).transpose()?;
    let (mut all, mut missing) = (Vec::new(), Vec::new());
    for name in &names {
        let made = match ensure(&catalogue, name, given.as_ref()) {
            // The others are made first.
            Err(stop) if stop.is::<MissingSource>() || stop.is::<Qm9Error>() => {
                missing.push(stop);
                continue;
            }
            made => made?,
        };
        if !args.json {
            printer::data(describe(&made));
        }
        all.push(made);
    }
    if args.json {
        printer::json(&all);
    }
    let Some(last) = missing.pop() else { return Ok(()) };
    for stop in missing {
        printer::say(format!("error: {stop}"));
    }
    Err(last)
}

/// A source is one set's, and only molecules have one.
fn refuse_from(args: &Generate) -> Result<()> {
    match (&args.from, args.kind, args.sets.len()) {
        (None, ..) | (Some(_), DataKind::Qm9, 0 | 1) => Ok(()),
        (Some(_), DataKind::Qm9, sets) => Err(Stop::input(format!(
            "--from: a source is one set's, but {sets} sets are named; make one after the other"
        ))),
        (Some(_), DataKind::Nbody | DataKind::Graphs | DataKind::All, _) => Err(Stop::input(
            "--from is for qm9 alone, as in `egnn generate qm9 --from FILE`; the other sets are read from no file",
        )),
    }
}

pub(crate) fn describe(made: &Made) -> String {
    let size = size(made.bytes);
    let (count, details) = match &made.content {
        Content::Nbody { trajectories } => (format!("{trajectories} trajectories"), String::new()),
        Content::Graphs(content) => (format!("{} graphs", content.graphs), content.describe()),
        Content::Qm9(content) => (content.count(), content.describe()),
    };
    let how =
        if made.outcome == UP_TO_DATE { "checksums verified".to_owned() } else { format!("{:.1} s", made.seconds) };
    format!("{}: {} ({count}, {size}, {how}){details}", made.set, made.outcome)
}

/// As a person says it: graph sets are small.
fn size(bytes: u64) -> String {
    if bytes < 100_000 { format!("{:.1} kB", bytes as f64 / 1e3) } else { format!("{:.1} MB", bytes as f64 / 1e6) }
}

const UP_TO_DATE: &str = "up to date";

/// Why a set must be made, or its manifest if it is whole and up to date.
pub(crate) enum Standing {
    Current(Manifest),
    Outdated(String),
}

/// How much of a set's files is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// Presence and size.
    Sizes,
    /// Every byte.
    Checksums,
}

/// Compares a generated set on disk with its definition.
pub(crate) fn standing(catalogue: &Catalogue, name: &str, check: Check) -> Result<Standing> {
    let set = catalogue.get(name)?;
    let folder = catalogue.folder(name);
    let found = match manifest::read(&folder) {
        Ok(found) => found,
        Err(error) if error.is_environment() => return Err(error.into()),
        Err(error) => return Ok(Standing::Outdated(made_again(&error))),
    };
    let Some(found) = found else { return Ok(Standing::Outdated("made".into())) };
    if found.parameters_hash != set.parameters_hash() {
        return Ok(Standing::Outdated("made again: its parameters changed".into()));
    }
    let verified = match check {
        Check::Sizes => manifest::verify_sizes(&folder, &found),
        Check::Checksums => manifest::verify(&folder, &found),
    };
    match verified {
        Ok(()) => Ok(Standing::Current(found)),
        Err(error) if error.is_environment() => Err(error.into()),
        Err(error) => Ok(Standing::Outdated(made_again(&error))),
    }
}

/// What was wrong with a set, without the remedy at the end, since making it again is the remedy.
fn made_again(error: &StoreError) -> String {
    let text = error.to_string();
    format!("made again: {}", text.rsplit_once("; ").map_or(text.as_str(), |(wrong, _)| wrong))
}

/// The same for a set that the command line may name a source for: a set of another source is outdated.
fn standing_from(catalogue: &Catalogue, name: &str, given: Option<&Given>) -> Result<Standing> {
    match (standing(catalogue, name, Check::Checksums)?, given) {
        (Standing::Current(manifest), Some(given)) if !given.made(&manifest)? => {
            Ok(Standing::Outdated("made again: it was made from another source".into()))
        }
        (standing, _) => Ok(standing),
    }
}

/// Makes `name` unless it is whole and up to date.
pub(crate) fn ensure(catalogue: &Catalogue, name: &str, given: Option<&Given>) -> Result<Made> {
    let set = catalogue.get(name)?;
    let start = Instant::now();
    let folder = catalogue.folder(name);
    let (outcome, manifest) = match standing_from(catalogue, name, given)? {
        Standing::Current(manifest) => (UP_TO_DATE.to_owned(), manifest),
        Standing::Outdated(_) => {
            let _lock = patient_lock(&folder, name)?;
            // Whoever had the lock before may have made it.
            match standing_from(catalogue, name, given)? {
                Standing::Current(manifest) => (UP_TO_DATE.to_owned(), manifest),
                Standing::Outdated(reason) => (reason, make(set, name, &folder, given)?),
            }
        }
    };
    let content = match set {
        Definition::Nbody(set) => Content::Nbody { trajectories: set.trajectories() },
        Definition::Graphs(_) => Content::Graphs(GraphContent::read(&folder, &manifest)?),
        Definition::Qm9(_) => Content::Qm9(Qm9Content::read(&folder, &manifest)?),
    };
    Ok(Made {
        set: name.into(),
        outcome,
        content,
        bytes: manifest.splits.values().map(|split| split.bytes).sum(),
        seconds: start.elapsed().as_secs_f64(),
        content_hash: manifest.content_hash,
    })
}

/// The lock under which a set is made, once no other process makes it.
fn patient_lock(folder: &Path, name: &str) -> Result<FolderLock> {
    const PAUSE: Duration = Duration::from_millis(200);
    atomic::create_folder(folder)?;
    let mut told = false;
    loop {
        match FolderLock::acquire(folder, "generate") {
            Err(StoreError::Locked { .. }) => {
                if !told {
                    printer::say(format!("waiting for another process that makes set {name}"));
                    told = true;
                }
                thread::sleep(PAUSE);
            }
            result => return Ok(result?),
        }
    }
}

/// Removes a file that need not be there.
fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(StoreError::io("remove", path, error).into()),
        _ => Ok(()),
    }
}

/// Makes a set in its folder, which is locked. Its samples are there before anything is touched.
fn make(set: &Definition, name: &str, folder: &Path, given: Option<&Given>) -> Result<Manifest> {
    let parameters = set.parameters();
    let target = Target { set, name, folder };
    match set {
        Definition::Nbody(set) => {
            let write = |path: &Path, samples, footer: &SplitFooter| nbody::write(path, &samples, footer);
            target.fill(set.seed, nbody::simulate(set, name)?, parameters, write)
        }
        Definition::Graphs(set) => target.fill(set.seed, graphs::draw(set, name)?, parameters, graphs::write),
        Definition::Qm9(set) => {
            let (splits, source) = qm9::read(set, name, given)?;
            let mut parameters = parameters;
            parameters["source"] = source;
            let write = |path: &Path, rows: Vec<_>, footer: &SplitFooter| {
                Ok(egnn_store::qm9::write_split(path, &rows, footer)?)
            };
            target.fill(set.seed.into(), splits, parameters, write)
        }
    }
}

/// Where a set is made.
struct Target<'a> {
    set: &'a Definition,
    name: &'a str,
    folder: &'a Path,
}

impl Target<'_> {
    /// Writes the splits, and then the manifest with these parameters.
    fn fill<T>(
        self,
        seed: u64,
        splits: Vec<(String, T)>,
        parameters: Value,
        write: impl Fn(&Path, T, &SplitFooter) -> Result<SplitEntry>,
    ) -> Result<Manifest> {
        let Self { set, name, folder } = self;
        atomic::sweep_temporaries(folder)?;
        // Without its manifest the set is incomplete until all of it is new.
        remove(&manifest::path(folder))?;
        let parameters_hash = set.parameters_hash();
        let footer = SplitFooter {
            set: name.into(),
            split: String::new(),
            generator: set.kind().name().into(),
            generator_version: GENERATOR_VERSION,
            seed: Some(seed),
            parameters_hash: parameters_hash.clone(),
        };
        let mut entries = BTreeMap::new();
        for (split, samples) in splits {
            let footer = SplitFooter { split: split.clone(), ..footer.clone() };
            let entry = write(&folder.join(format!("{split}.parquet")), samples, &footer)?;
            entries.insert(split, entry);
        }
        // A split that the definition no longer has would pass for one of the set.
        for split in SPLITS.into_iter().filter(|split| !entries.contains_key(*split)) {
            remove(&folder.join(format!("{split}.parquet")))?;
        }
        let made = Manifest {
            program: PROGRAM.into(),
            dataset_version: DATASET_VERSION,
            set: name.into(),
            generator: footer.generator,
            generator_version: GENERATOR_VERSION,
            parameters,
            parameters_hash,
            content_hash: manifest::content_hash(&entries),
            splits: entries,
        };
        manifest::write(folder, &made)?;
        Ok(made)
    }
}
