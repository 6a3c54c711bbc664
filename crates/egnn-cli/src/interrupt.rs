//! Ctrl-C and SIGTERM. Whatever was finished is on disk at any moment, so a command may end at once and be typed
//! again; only a sweep ends its workers first.

use crate::{
    exit::{Result, Stop},
    printer,
};
use egnn_schema::exit;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether someone looks at [`REQUESTED`] and ends in good order.
static GRACEFUL: AtomicBool = AtomicBool::new(false);
/// Whether the person wants the command to end.
static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Ends the command with exit code 4 when asked to.
pub(crate) fn install() -> Result<()> {
    ctrlc::set_handler(|| {
        // A second request is obeyed at once.
        let again = REQUESTED.swap(true, Ordering::SeqCst);
        if again || !GRACEFUL.load(Ordering::SeqCst) {
            printer::say("interrupted; the same command goes on from here");
            std::process::exit(i32::from(exit::INTERRUPTED));
        }
    })
    .map_err(|error| Stop::new(exit::ENVIRONMENT, error))
}

/// From now on a request only sets the flag that is returned.
pub(crate) fn graceful() -> &'static AtomicBool {
    GRACEFUL.store(true, Ordering::SeqCst);
    &REQUESTED
}
