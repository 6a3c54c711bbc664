//! This machine among others that see the same files.

use std::fs;

/// Its name; `unknown` where the system does not say.
pub fn name() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname").map_or_else(|_| "unknown".into(), |name| name.trim().to_owned())
}
