//! The reader of the wheel: bytes as a csv part, and as the zip.

#![no_main]

use egnn_qm9::{Expected, read, read_csv};
use libfuzzer_sys::fuzz_target;
use std::io::Cursor;

fuzz_target!(|bytes: &[u8]| {
    let _ = read_csv("qm9pack/data/qm9_part1.csv", bytes);
    if bytes.starts_with(b"PK") {
        let _ = read(Cursor::new(bytes), &Expected::default(), &mut |_, _| ());
    }
});
