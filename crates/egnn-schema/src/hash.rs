//! Content hashes. All are BLAKE3 in lower-case hexadecimal.

use serde::Serialize;

/// Digits of a hash that appear in a run's readable id.
pub const SHORT: usize = 10;

/// Hash of a value's canonical JSON: object keys sorted, no white space, floats in their shortest exact form.
///
/// ```
/// use std::collections::BTreeMap;
/// let a = BTreeMap::from([("x", 1), ("y", 2)]);
/// let b = serde_json::json!({"y": 2, "x": 1});
/// assert_eq!(egnn_schema::hash::of(&a), egnn_schema::hash::of(&b));
/// ```
///
/// # Panics
/// If the value cannot be written as JSON (a map whose keys are not text): a programming error.
pub fn of(value: &impl Serialize) -> String {
    // serde_json's `Value` keeps its keys sorted, so going through it makes the text canonical.
    let canonical = serde_json::to_value(value).expect("hashed values are plain data");
    bytes(canonical.to_string().as_bytes())
}

/// Hash of bytes.
pub fn bytes(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// The first [`SHORT`] digits.
pub fn short(hash: &str) -> &str {
    &hash[..SHORT.min(hash.len())]
}
