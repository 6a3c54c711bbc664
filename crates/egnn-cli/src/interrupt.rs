//! Ctrl-C and the signals by which systems and clusters ask for an end (SIGTERM, SIGHUP) or for saving before one
//! (SIGUSR1). Whatever was finished is on disk at any moment, so a command may end at once and be typed again; a run
//! saves first, and a sweep lets its runs do so.

use crate::{
    exit::{Result, Stop},
    printer,
};
use egnn_schema::exit;
use std::{
    process,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
    },
};

/// Whether someone looks at [`REQUESTED`] and ends in good order.
static GRACEFUL: AtomicBool = AtomicBool::new(false);
/// Whether the command is to end.
static REQUESTED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// From now on a first request only sets the flag that is returned.
pub(crate) fn graceful() -> &'static Arc<AtomicBool> {
    GRACEFUL.store(true, Ordering::SeqCst);
    &REQUESTED
}

/// Ends the command with exit code 4 when asked to: at once, or, where that is more, as soon as it is in order. A second
/// request is obeyed at once.
#[cfg(unix)]
pub(crate) fn install() -> Result<()> {
    use signal_hook::{
        consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1},
        iterator::Signals,
    };
    use std::time::{Duration, Instant};
    /// Clusters send SIGTERM to a job's shell and to its processes, and the shell hands it on: that is one request.
    const SAME: Duration = Duration::from_secs(1);

    let mut wanted = vec![SIGINT, SIGTERM, SIGUSR1];
    if !is_ignored(SIGHUP) {
        wanted.push(SIGHUP);
    }
    let mut signals = Signals::new(wanted).map_err(|error| Stop::environment("cannot listen to signals", error))?;
    std::thread::spawn(move || {
        let mut first = None::<Instant>;
        for signal in signals.forever() {
            // SIGUSR1 comes long before what follows it.
            let is_first = signal == SIGUSR1 || first.is_none();
            let is_same = first.is_some_and(|first| first.elapsed() < SAME) && signal != SIGINT;
            let is_again = !is_first && !is_same;
            if signal != SIGUSR1 {
                first.get_or_insert_with(Instant::now);
            }
            REQUESTED.store(true, Ordering::SeqCst);
            if is_again || !GRACEFUL.load(Ordering::SeqCst) {
                printer::say("interrupted; the same command goes on from here");
                process::exit(i32::from(exit::INTERRUPTED));
            }
        }
    });
    Ok(())
}

/// Whether whoever started this command had it ignore a signal, as `nohup` does.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap_or_default();
    u64::from_str_radix(mask.trim(), 16).is_ok_and(|mask| mask >> (signal - 1) & 1 == 1)
}

/// Where there are no such signals, the system ends the command.
#[cfg(not(unix))]
pub(crate) fn install() -> Result<()> {
    Ok(())
}
