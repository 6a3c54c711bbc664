//! A source under observation: how far it is read, and whether reading itself has failed.
//!
//! Decoders report what their source says and what is wrong with the data by the same type. What the source said is kept
//! here, so that a full disk or a lost network drive is never taken for a damaged archive.

use crate::Qm9Error;
use std::{
    cell::{Cell, RefCell},
    io::{self, Read, Seek, SeekFrom},
};

/// Progress is told each time this many bytes were read.
const STEP: u64 = 1 << 20;

type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// Lets `work` read `source`, of which it will read `all` bytes in total.
pub(crate) fn watch<R, T>(
    source: R,
    all: u64,
    progress: Progress,
    work: impl FnOnce(Watched<R>) -> Result<T, Qm9Error>,
) -> Result<T, Qm9Error> {
    let watch = Watch { done: Cell::new(0), all, progress: RefCell::new(progress), failure: RefCell::new(None) };
    let result = work(Watched { source, watch: &watch });
    if let Some(error) = watch.failure.take() {
        return Err(Qm9Error::Io(error));
    }
    let result = result?;
    watch.progress.borrow_mut()(all, all);
    Ok(result)
}

struct Watch<'a> {
    done: Cell<u64>,
    all: u64,
    progress: RefCell<Progress<'a>>,
    failure: RefCell<Option<io::Error>>,
}

impl Watch<'_> {
    fn advance(&self, bytes: usize) {
        let before = self.done.get();
        let done = before + bytes as u64;
        self.done.set(done);
        if done / STEP > before / STEP {
            self.progress.borrow_mut()(done.min(self.all), self.all);
        }
    }

    /// Keeps the error and passes on one like it.
    fn keep(&self, error: io::Error) -> io::Error {
        let passed_on = io::Error::new(error.kind(), error.to_string());
        if error.kind() != io::ErrorKind::Interrupted {
            *self.failure.borrow_mut() = Some(error);
        }
        passed_on
    }
}

pub(crate) struct Watched<'a, R> {
    source: R,
    watch: &'a Watch<'a>,
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer).map_err(|error| self.watch.keep(error))?;
        self.watch.advance(read);
        Ok(read)
    }
}

impl<R: Seek> Seek for Watched<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        // A decoder that is misled by its data may seek to before the start, which is not the source's failure.
        self.source.seek(to).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidInput => error,
            _ => self.watch.keep(error),
        })
    }
}
