//! The reader of the list of uncharacterised molecules.

#![no_main]

use egnn_qm9::{Expected, Qm9Error, parse_uncharacterized, read};
use libfuzzer_sys::fuzz_target;
use std::io;

fuzz_target!(|text: &str| {
    if let Ok(indices) = parse_uncharacterized(text) {
        assert!(indices.is_sorted_by(|a, b| a < b));
        let expected = Expected { uncharacterized: Some(indices), ..Expected::default() };
        let result = read(io::empty(), &expected, &mut |_, _| ());
        assert!(matches!(result, Err(Qm9Error::OtherExclusions { .. } | Qm9Error::UnknownFormat)));
    }
});
