//! What several tests need.

use serde_json::Value;

/// Numbers of the authors' program; see `fixtures/README.md`.
pub fn reference() -> Value {
    serde_json::from_str(include_str!("../fixtures/qm9.json")).unwrap()
}
