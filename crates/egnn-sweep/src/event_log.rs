//! `events.jsonl`: one [`RunEvent`] a line, appended live, cut back when a run resumes from before its end.
//!
//! A process that is killed leaves at most a torn last line. Readers take whole lines only.

use crate::error::SweepError;
use egnn_schema::RunEvent;
use egnn_store::{atomic, fault};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

/// Reads all whole events up to the first line that is none. A missing file has none.
///
/// # Errors
/// If the system refuses to read.
pub fn read(path: &Path) -> Result<Vec<RunEvent>, SweepError> {
    match fs::read(path) {
        Ok(bytes) => Ok(whole_lines(&bytes).map_while(|line| serde_json::from_slice(line).ok()).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(SweepError::io("read", path, error)),
    }
}

/// What of `events` is still true when an attempt starts at `from_epoch`: what happened in earlier epochs.
pub fn cut_back(events: Vec<RunEvent>, from_epoch: u64) -> Vec<RunEvent> {
    let holds = |event: &RunEvent| match event {
        RunEvent::Started { from_epoch: epoch, .. }
        | RunEvent::Progress { epoch, .. }
        | RunEvent::Evaluated { epoch, .. } => *epoch < from_epoch,
        RunEvent::Timed { .. } | RunEvent::Finished { .. } | RunEvent::Failed { .. } => false,
    };
    events.into_iter().filter(holds).collect()
}

/// Appends events.
#[derive(Debug)]
pub(crate) struct Writer {
    path: PathBuf,
    file: File,
    /// Size of what is whole.
    bytes: u64,
}

impl Writer {
    /// Replaces the file by `events`, at once, and goes on behind them.
    pub(crate) fn start(path: &Path, events: &[RunEvent]) -> Result<Self, SweepError> {
        let lines = events.iter().map(|event| line(path, event)).collect::<Result<Vec<_>, _>>()?;
        // Lost with the power, its run begins anew: a checkpoint counts only with its evaluations on record.
        let bytes = atomic::write_briefly(path, |out| lines.iter().try_for_each(|line| out.write_all(line)))?;
        let file = OpenOptions::new().append(true).open(path).map_err(|error| SweepError::io("open", path, error))?;
        Ok(Self { path: path.into(), file, bytes })
    }

    /// Appends a line with one write, so that readers see it whole and live.
    pub(crate) fn append(&mut self, event: &RunEvent) -> Result<(), SweepError> {
        let line = line(&self.path, event)?;
        let bytes = self.bytes + line.len() as u64;
        fault::check_append(bytes).and_then(|()| self.file.write_all(&line)).map_err(|error| {
            // A full disk may have taken half of the line; a torn end that cannot be cut off is harmless.
            let _ = self.file.set_len(self.bytes);
            SweepError::io("write", &self.path, error)
        })?;
        self.bytes = bytes;
        Ok(())
    }

    /// Makes sure that the disk has everything.
    pub(crate) fn sync(&self) -> Result<(), SweepError> {
        self.file.sync_data().map_err(|error| SweepError::io("write", &self.path, error))
    }
}

fn line(path: &Path, event: &RunEvent) -> Result<Vec<u8>, SweepError> {
    let mut line = serde_json::to_vec(event).map_err(|error| SweepError::io("write", path, error.into()))?;
    line.push(b'\n');
    Ok(line)
}

fn whole_lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let end = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
    bytes[..end].split(|&byte| byte == b'\n').filter(|line| !line.is_empty())
}

/// Follows a growing log.
#[derive(Debug)]
pub struct Tail {
    path: PathBuf,
    read: u64,
    inode: u64,
}

impl Tail {
    /// A tail that gives the log's events from its beginning.
    pub fn new(path: PathBuf) -> Self {
        Self { path, read: 0, inode: 0 }
    }

    /// Goes on with the log at its new place.
    pub(crate) fn moved_to(&mut self, path: PathBuf) {
        self.path = path;
    }

    /// Events since the last call; all events if the log was cut back meanwhile. A log that cannot be read has none:
    /// a display must not stop a sweep.
    pub fn poll(&mut self) -> Vec<RunEvent> {
        self.new_bytes().map_or_else(
            |_| Vec::new(),
            |bytes| {
                let lines: Vec<RunEvent> =
                    whole_lines(&bytes).filter_map(|line| serde_json::from_slice(line).ok()).collect();
                self.read += bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last as u64 + 1);
                lines
            },
        )
    }

    fn new_bytes(&mut self) -> io::Result<Vec<u8>> {
        let mut file = File::open(&self.path)?;
        let metadata = file.metadata()?;
        let inode = inode(&metadata);
        if inode != self.inode || metadata.len() < self.read {
            (self.inode, self.read) = (inode, 0);
        }
        file.seek(SeekFrom::Start(self.read))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

#[cfg(unix)]
fn inode(metadata: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_: &fs::Metadata) -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(epoch: u64) -> RunEvent {
        RunEvent::Progress { epoch, step: epoch * 10, loss: 0.5 }
    }

    #[test]
    fn a_torn_last_line_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let mut writer = Writer::start(&path, &[progress(0)]).unwrap();
        writer.append(&progress(1)).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        bytes.truncate(bytes.len() - 4);
        fs::write(&path, &bytes).unwrap();
        assert_eq!(read(&path).unwrap(), [progress(0)]);
        assert!(read(&folder.path().join("absent")).unwrap().is_empty());
    }

    #[test]
    fn a_tail_sees_each_event_once_and_starts_over_after_a_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let mut tail = Tail::new(path.clone());
        assert!(tail.poll().is_empty());
        let mut writer = Writer::start(&path, &[]).unwrap();
        writer.append(&progress(0)).unwrap();
        assert_eq!(tail.poll(), [progress(0)]);
        // Half a line waits for its other half.
        let bytes = line(&path, &progress(1)).unwrap();
        writer.file.write_all(&bytes[..5]).unwrap();
        assert!(tail.poll().is_empty());
        writer.file.write_all(&bytes[5..]).unwrap();
        assert_eq!(tail.poll(), [progress(1)]);
        // The new file is as long as the old one: only the inode tells.
        drop(Writer::start(&path, &[progress(2), progress(3)]).unwrap());
        assert_eq!(tail.poll(), [progress(2), progress(3)]);
    }

    #[test]
    fn cutting_back_keeps_what_happened_before() {
        let started = RunEvent::Started { from_epoch: 0, from_step: 0, epochs: 9, steps: 90 };
        let events = vec![started.clone(), progress(0), progress(1), progress(2)];
        assert_eq!(cut_back(events.clone(), 2), [started, progress(0), progress(1)]);
        assert!(cut_back(events, 0).is_empty());
    }
}
