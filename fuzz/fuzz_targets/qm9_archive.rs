//! The reader of the original archive: bytes as one molecule, as a tar, and as the compressed archive.

#![no_main]

use egnn_qm9::{Expected, read, read_tar, read_xyz};
use libfuzzer_sys::fuzz_target;
use std::io::Cursor;

const BLOCK: usize = 512;

fuzz_target!(|bytes: &[u8]| {
    let _ = read_xyz("dsgdb9nsd_000003.xyz", bytes);
    let _ = read_tar(bytes);
    let _ = read_tar(with_checksums(bytes).as_slice());
    if bytes.starts_with(b"BZh") {
        let _ = read(Cursor::new(bytes), &Expected::default(), &mut |_, _| ());
    }
});

/// Makes the checksum right in every block that looks like a header, or none would be got past.
fn with_checksums(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for block in bytes.chunks_exact_mut(BLOCK).filter(|block| &block[257..262] == b"ustar") {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    bytes
}
