//! Faults for tests: a full disk and denied permissions, which cannot be had for real where tests run as root.
//!
//! Within a process, [`inject`] makes every atomic write of the calling thread, and every append that asks
//! [`check_append`], fail until its guard is dropped. For a binary, the environment variable `EGNN_TEST_FAULT` does the same for all its threads: `disk-full` (or
//! `disk-full:BYTES`, so many bytes into each file), `permission` or `read-only`.

use std::{cell::Cell, io, marker::PhantomData};

/// The environment variable that injects a fault into a whole process.
pub const VARIABLE: &str = "EGNN_TEST_FAULT";

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The disk is full when a file has grown to this size.
    DiskFull {
        /// Bytes of each file that still fit.
        after_bytes: u64,
    },
    /// Nothing may be created.
    PermissionDenied,
    /// The file system takes no writes.
    ReadOnly,
}

thread_local! {
    static INJECTED: Cell<Option<Fault>> = const { Cell::new(None) };
}

/// Ends the fault when dropped. It stays on the thread that it was made on.
#[must_use = "the fault ends when the guard is dropped"]
#[derive(Debug)]
pub struct Guard {
    previous: Option<Fault>,
    on_this_thread: PhantomData<*const ()>,
}

/// Makes the atomic writes of this thread fail until the guard is dropped.
pub fn inject(fault: Fault) -> Guard {
    Guard { previous: INJECTED.replace(Some(fault)), on_this_thread: PhantomData }
}

impl Drop for Guard {
    fn drop(&mut self) {
        INJECTED.set(self.previous);
    }
}

/// The fault in force, if any.
pub(crate) fn active() -> io::Result<Option<Fault>> {
    if let Some(fault) = INJECTED.get() {
        return Ok(Some(fault));
    }
    match std::env::var(VARIABLE) {
        Ok(text) => parse(&text).map(Some),
        Err(_) => Ok(None),
    }
}

fn parse(text: &str) -> io::Result<Fault> {
    let fault = match text.split_once(':') {
        None if text == "disk-full" => Some(Fault::DiskFull { after_bytes: 0 }),
        None if text == "permission" => Some(Fault::PermissionDenied),
        None if text == "read-only" => Some(Fault::ReadOnly),
        Some(("disk-full", bytes)) => bytes.parse().ok().map(|after_bytes| Fault::DiskFull { after_bytes }),
        _ => None,
    };
    // A mistyped fault must not let a test pass for want of a fault.
    fault.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, format!("{VARIABLE}={text} is no known fault")))
}

/// Fails if nothing may be created now.
pub(crate) fn check_create() -> io::Result<()> {
    match active()? {
        Some(Fault::PermissionDenied) => Err(io::ErrorKind::PermissionDenied.into()),
        Some(Fault::ReadOnly) => Err(io::ErrorKind::ReadOnlyFilesystem.into()),
        Some(Fault::DiskFull { .. }) | None => Ok(()),
    }
}

/// Fails if a file that is open may not grow to `bytes` now: to be asked by those who append to files of their own.
/// Missing permissions do not stop them.
///
/// # Errors
/// The injected one.
pub fn check_append(bytes: u64) -> io::Result<()> {
    match active()? {
        Some(Fault::DiskFull { after_bytes }) if bytes > after_bytes => Err(io::ErrorKind::StorageFull.into()),
        Some(Fault::ReadOnly) => Err(io::ErrorKind::ReadOnlyFilesystem.into()),
        _ => Ok(()),
    }
}

/// Bytes of a file that still fit.
pub(crate) fn capacity() -> io::Result<u64> {
    Ok(match active()? {
        Some(Fault::DiskFull { after_bytes }) => after_bytes,
        _ => u64::MAX,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_names_a_fault_or_is_refused() {
        assert_eq!(parse("disk-full").unwrap(), Fault::DiskFull { after_bytes: 0 });
        assert_eq!(parse("disk-full:77").unwrap(), Fault::DiskFull { after_bytes: 77 });
        assert_eq!(parse("permission").unwrap(), Fault::PermissionDenied);
        assert_eq!(parse("read-only").unwrap(), Fault::ReadOnly);
        for wrong in ["", "disk", "disk-full:", "disk-full:-1", "permission:3"] {
            assert_eq!(parse(wrong).unwrap_err().kind(), io::ErrorKind::InvalidInput, "{wrong}");
        }
    }

    #[test]
    fn a_fault_ends_with_its_guard_and_nests() {
        assert_eq!(active().unwrap(), None);
        let outer = inject(Fault::PermissionDenied);
        {
            let _inner = inject(Fault::ReadOnly);
            assert_eq!(active().unwrap(), Some(Fault::ReadOnly));
        }
        assert_eq!(active().unwrap(), Some(Fault::PermissionDenied));
        assert!(check_append(1).is_ok());
        assert_eq!(std::thread::spawn(|| active().unwrap()).join().unwrap(), None);
        drop(outer);
        assert_eq!(active().unwrap(), None);
    }

    #[test]
    fn what_is_appended_must_fit() {
        let _guard = inject(Fault::DiskFull { after_bytes: 10 });
        assert!(check_append(10).is_ok());
        assert_eq!(check_append(11).unwrap_err().kind(), io::ErrorKind::StorageFull);
        let _guard = inject(Fault::ReadOnly);
        assert_eq!(check_append(1).unwrap_err().kind(), io::ErrorKind::ReadOnlyFilesystem);
    }
}
