//! The one place that prints: data to stdout, words to stderr.

use serde::{Serialize, Serializer};
use std::{
    io::{self, BufWriter, ErrorKind, StdoutLock, Write},
    sync::Mutex,
};

/// What became of stdout. A reader like `head` that leaves early ends the printing and not the work: exit codes stay
/// what they are. Any other failure to print is told at the end.
static STDOUT: Mutex<Stdout> = Mutex::new(Stdout::Open);

enum Stdout {
    Open,
    Closed,
    Failed(std::io::Error),
}

/// Prints one line, or a whole document, of data.
pub(crate) fn data(text: impl AsRef<str>) {
    let text = text.as_ref();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    print(|out| out.write_all(text.as_bytes()).and_then(|()| out.write_all(end.as_bytes())));
}

/// Prints data as they are: a document, or what is no text.
pub(crate) fn bytes(bytes: &[u8]) {
    print(|out| out.write_all(bytes));
}

fn print(write: impl FnOnce(&mut BufWriter<StdoutLock<'_>>) -> io::Result<()>) {
    let mut state = STDOUT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if !matches!(*state, Stdout::Open) {
        return;
    }
    let mut out = BufWriter::new(io::stdout().lock());
    *state = match write(&mut out).and_then(|()| out.flush()) {
        Ok(()) => Stdout::Open,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Stdout::Closed,
        Err(error) => Stdout::Failed(error),
    };
    // Without another attempt to write what is still buffered.
    let _ = out.into_parts();
}

/// Whether data still reach anybody: a command that only prints ends when not.
pub(crate) fn is_open() -> bool {
    matches!(*STDOUT.lock().unwrap_or_else(std::sync::PoisonError::into_inner), Stdout::Open)
}

/// Why data could not be printed, if so.
pub(crate) fn failure() -> Option<std::io::Error> {
    let mut state = STDOUT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    match std::mem::replace(&mut *state, Stdout::Closed) {
        Stdout::Failed(error) => Some(error),
        Stdout::Open | Stdout::Closed => None,
    }
}

/// Prints a value as indented JSON.
pub(crate) fn json(value: &impl Serialize) {
    print(|out| {
        serde_json::to_writer_pretty(&mut *out, value)?;
        out.write_all(b"\n")
    });
}

/// Prints a value as JSON on a line.
pub(crate) fn json_line(value: &impl Serialize) {
    print(|out| {
        serde_json::to_writer(&mut *out, value)?;
        out.write_all(b"\n")
    });
}

/// A list for JSON whose items are made one after the other while it is written.
pub(crate) struct List<F>(pub(crate) F);

impl<I: IntoIterator<Item: Serialize>, F: Fn() -> I> Serialize for List<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// Says something to the person.
pub(crate) fn say(text: impl AsRef<str>) {
    // A stderr that is gone leaves nobody to tell.
    let _ = writeln!(std::io::stderr().lock(), "{}", text.as_ref());
}
