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
        let usable = |earlier: &&Earlier| {
            (any_cpu || earlier.record.circumstances.cpu == *cpu) && earlier.folder.checkpoint().is_file()
        };
        let source = earlier.iter().filter(usable).max_by_key(|earlier| earlier.evaluations());
        let mut circumstances = Circumstances {
            attempts: u32::try_from(earlier.len() + 1).unwrap_or(u32::MAX),
            started_unix: earlier
                .first()
                .map_or(circumstances.started_unix, |first| first.record.circumstances.started_unix),
            ..circumstances
        };
        if let Some(Earlier { record, .. }) = source {
            let others = record.circumstances.earlier_cpus.iter().chain([&record.circumstances.cpu]);
            circumstances.earlier_cpus = others.filter(|other| **other != circumstances.cpu).cloned().collect();
            circumstances.earlier_cpus.dedup();
        }
        let (name, folder) = create(run, attempts.last(), &circumstances.host)?;
        circumstances.attempt = name;
        let mut events = Vec::new();
        if let Some(source) = source {
            // The checkpoint first: a log that grows meanwhile is never behind it.
            take(&source.folder.checkpoint(), &folder.checkpoint())?;
            events = event_log::read(&source.folder.events())?;
        }
        for dead in earlier.iter().filter(|earlier| earlier.record.circumstances.host == circumstances.host) {
            // On this host the lock proves that nobody goes on from it but this attempt.
            remove(&dead.folder.checkpoint())?;
            atomic::sweep_temporaries(dead.folder.path())?;
        }
        Ok(Self { folder, events, circumstances })
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
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-.".contains(c) { c } else { '-' };
    let host: String = host.chars().take(HOST).map(plain).collect();
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
