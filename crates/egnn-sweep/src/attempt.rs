//! Attempts at a run. Each works in a folder of its own below `attempts/`, so that two on different hosts never write to
//! one file; a later one begins with what the best of the earlier ones has saved.

use crate::{error::SweepError, event_log, run_folder::RunFolder};
use egnn_schema::{Circumstances, RunEvent, RunRecord, run::RunIdentity};
use egnn_store::{StoreError, atomic};
use std::{fs, io, path::Path};

/// Longest part of a host's name in a folder's name.
const HOST: usize = 40;

/// A new attempt.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// Its own folder.
    pub(crate) folder: RunFolder,
    /// Events of earlier attempts up to the checkpoint that it begins with, and perhaps beyond.
    pub(crate) events: Vec<RunEvent>,
    /// What is known of the run so far: attempts, start, memory, other CPUs.
    pub(crate) circumstances: Circumstances,
    /// Earlier attempts of this host that have nothing that is needed once this one's record is written.
    pub(crate) spent: Vec<RunFolder>,
}

struct Earlier {
    folder: RunFolder,
    record: RunRecord,
    events: Vec<RunEvent>,
}

impl Earlier {
    /// How far it came. Clocks of other hosts are not asked.
    fn evaluations(&self) -> usize {
        self.events.iter().filter(|event| matches!(event, RunEvent::Evaluated { .. })).count()
    }
}

impl Attempt {
    /// Begins an attempt at `run`, whose lock is held. What another type of CPU has saved counts only if `any_cpu`.
    pub(crate) fn begin(
        run: &RunFolder,
        identity: &RunIdentity,
        circumstances: Circumstances,
        any_cpu: bool,
    ) -> Result<Self, SweepError> {
        let attempts = run.each_attempt();
        let earlier: Vec<Earlier> = attempts.iter().filter_map(|folder| Earlier::read(folder, identity)).collect();
        let cpu = &circumstances.cpu;
        let (mut usable, other): (Vec<&Earlier>, Vec<&Earlier>) = earlier
            .iter()
            .filter(|earlier| earlier.folder.checkpoint().is_file())
            .partition(|earlier| any_cpu || earlier.record.circumstances.cpu == *cpu);
        usable.sort_by_key(|earlier| earlier.evaluations());
        if let (None, Some(other)) = (usable.last(), other.last()) {
            tracing::warn!(
                "{}: made on another type of CPU ({}), so that the run starts again; --allow-other-cpu would go on from it",
                other.folder.checkpoint().display(),
                other.record.circumstances.cpu
            );
        }
        let mut circumstances = Circumstances {
            attempts: u32::try_from(earlier.len() + 1).unwrap_or(u32::MAX),
            started_unix: earlier
                .first()
                .map_or(circumstances.started_unix, |first| first.record.circumstances.started_unix),
            ..circumstances
        };
        let (name, folder) = create(run, attempts.last(), &circumstances.host)?;
        circumstances.attempt = name;
        let mut events = Vec::new();
        if let Some(Earlier { folder: source, record, .. }) = usable.last() {
            // The checkpoint first: a log that grows meanwhile is never behind it.
            match take(&source.checkpoint(), &folder.checkpoint()).and_then(|()| event_log::read(&source.events())) {
                Ok(read) => events = read,
                // Another host may just be finishing the run, and clear up.
                Err(error) => {
                    tracing::warn!("{error}; the run starts again");
                    remove(&folder.checkpoint())?;
                }
            }
            let others = record.circumstances.earlier_cpus.iter().chain([&record.circumstances.cpu]);
            circumstances.earlier_cpus = others.filter(|other| **other != circumstances.cpu).cloned().collect();
            circumstances.earlier_cpus.dedup();
        }
        // What never wrote a record was cut off before it had anything of its own.
        let is_spent = |folder: &&RunFolder| {
            let is_usable = usable.iter().any(|usable| usable.folder == **folder);
            let has_nothing = !folder.checkpoint().exists() || started(folder).is_none();
            is_of_host(folder, &circumstances.host) && (is_usable || has_nothing)
        };
        let spent = attempts.iter().filter(is_spent).cloned().collect();
        Ok(Self { folder, events, circumstances, spent })
    }

    /// Clears what dead attempts of this host left to go on from, as soon as this attempt can be gone on from itself. The
    /// run's lock proves that they are dead.
    pub(crate) fn clear(spent: &[RunFolder]) -> Result<(), SweepError> {
        for folder in spent {
            remove(&folder.checkpoint())?;
            atomic::sweep_temporaries(folder.path())?;
        }
        Ok(())
    }
}

impl Earlier {
    /// What an attempt of the same identity left; anything else in its place does not count.
    fn read(folder: &RunFolder, identity: &RunIdentity) -> Option<Self> {
        let record = started(folder).filter(|record| record.identity == *identity)?;
        Some(Self { folder: folder.clone(), record, events: event_log::read(&folder.events()).unwrap_or_default() })
    }
}

/// What an attempt wrote when it began.
pub(crate) fn started(attempt: &RunFolder) -> Option<RunRecord> {
    serde_json::from_slice(&fs::read(attempt.run()).ok()?).ok()
}

/// A new folder behind the last one: number, host and process, so that no two attempts have the same.
fn create(run: &RunFolder, last: Option<&RunFolder>, host: &str) -> Result<(String, RunFolder), SweepError> {
    let host = plain(host);
    let number = |folder: &RunFolder| folder.path().file_name()?.to_str()?.split('-').next()?.parse::<u64>().ok();
    let mut next = last.and_then(number).unwrap_or(0) + 1;
    atomic::create_folder(&run.attempts())?;
    loop {
        let name = format!("{next:04}-{host}-{}", std::process::id());
        let path = run.attempts().join(&name);
        match fs::create_dir(&path) {
            Ok(()) => return Ok((name, RunFolder::at(path))),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => next += 1,
            Err(error) => return Err(StoreError::io("create", &path, error).into()),
        }
    }
}

/// A host's name as it stands in a folder's.
fn plain(host: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-.".contains(c) { c } else { '-' };
    host.chars().take(HOST).map(plain).collect()
}

/// Whether an attempt was made on that host, as its folder's name says.
fn is_of_host(attempt: &RunFolder, host: &str) -> bool {
    let name = attempt.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let between = name.split_once('-').and_then(|(_, rest)| rest.rsplit_once('-'));
    between.is_some_and(|(of, _)| of == plain(host))
}

/// Makes `from` available as `to` too. Whoever writes `from` replaces it as a whole, so that the two stay apart.
fn take(from: &Path, to: &Path) -> Result<(), SweepError> {
    if fs::hard_link(from, to).is_err() {
        let bytes = fs::read(from).map_err(|error| SweepError::io("read", from, error))?;
        atomic::write(to, |out| out.write_all(&bytes))?;
    }
    Ok(())
}

/// Removes a file that need not be there.
pub(crate) fn remove(path: &Path) -> Result<(), SweepError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(SweepError::io("remove", path, error)),
        _ => Ok(()),
    }
}
