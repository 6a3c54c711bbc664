//! The one place that prints: data to stdout, words to stderr. A closed pipe ends the program quietly, as a reader
//! like `head` expects.

use std::io::{ErrorKind, Write};

/// Prints one line, or a whole document, of data.
pub(crate) fn data(text: impl AsRef<str>) {
    let mut out = std::io::stdout().lock();
    let text = text.as_ref();
    let written =
        out.write_all(text.as_bytes()).and_then(|()| if text.ends_with('\n') { Ok(()) } else { out.write_all(b"\n") });
    match written.and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        // Nothing can be said about a stdout that is gone.
        _ => {}
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
