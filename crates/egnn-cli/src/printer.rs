//! The one place that prints: data to stdout, words to stderr.

use std::{
    io::{ErrorKind, Write},
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
    let mut state = STDOUT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if !matches!(*state, Stdout::Open) {
        return;
    }
    let text = text.as_ref();
    let mut out = std::io::stdout().lock();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    let printed =
        out.write_all(text.as_bytes()).and_then(|()| out.write_all(end.as_bytes())).and_then(|()| out.flush());
    *state = match printed {
        Ok(()) => Stdout::Open,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Stdout::Closed,
        Err(error) => Stdout::Failed(error),
    };
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
pub(crate) fn json(value: &impl serde::Serialize) {
    data(serde_json::to_string_pretty(value).unwrap_or_else(|error| format!("{{\"error\": \"{error}\"}}")));
}

/// Says something to the person.
pub(crate) fn say(text: impl AsRef<str>) {
    // A stderr that is gone leaves nobody to tell.
    let _ = writeln!(std::io::stderr().lock(), "{}", text.as_ref());
}
