//! Reference cases.

use std::path::Path;

/// A file of another crate.
pub(crate) fn fixture(relative: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(relative).display().to_string()
}

/// The models' reference cases whose names begin with one of `prefixes`, sorted.
pub(crate) fn cases(prefixes: &[&str]) -> Vec<String> {
    let entries = std::fs::read_dir(fixture("egnn-nn/tests/fixtures")).unwrap();
    let mut cases: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.ends_with(".safetensors") && prefixes.iter().any(|prefix| name.starts_with(prefix))
    });
    cases.sort();
    cases.iter().map(|path| path.display().to_string()).collect()
}

/// Changes the last byte of the data of `tensor`, which moves a float32 by a factor of at least two.
pub(crate) fn damage(bytes: &mut [u8], tensor: &str) {
    let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let json: serde_json::Value = serde_json::from_slice(&bytes[8..8 + header]).unwrap();
    let end = json[tensor]["data_offsets"][1].as_u64().unwrap() as usize;
    bytes[8 + header + end - 1] ^= 1;
}
