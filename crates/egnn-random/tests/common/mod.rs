//! What the tests of all three streams need.

use sha2::{Digest, Sha256};
use std::fmt::Write;

/// SHA-256 in hexadecimal.
pub(crate) fn sha256(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("text grows");
        hex
    })
}

/// SHA-256 over little-endian doubles, as `hashlib.sha256(array.astype('<f8').tobytes())`.
#[allow(dead_code, reason = "not every test file needs it")]
pub(crate) fn sha256_doubles(numbers: &[f64]) -> String {
    sha256(numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>())
}

/// The reference numbers.
#[allow(dead_code, reason = "not every test file needs it")]
pub(crate) fn reference() -> serde_json::Value {
    serde_json::from_str(include_str!("../fixtures/streams.json")).expect("the fixture is JSON")
}
