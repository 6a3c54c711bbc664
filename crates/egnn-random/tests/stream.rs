//! Our own streams: fixed bits, independence of the path from the history, resumption, distribution.

mod common;

use common::sha256;
use egnn_random::{Stream, StreamState, StreamStateError};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// These numbers never change: every data set and every initial parameter hangs on them.
#[test]
fn the_bits_are_fixed_for_life() {
    let mut stream = Stream::new(42).child("golden").index(7);
    let mut bytes = Vec::new();
    for n in 1..=10_000_u64 {
        bytes.extend(stream.next_u64().to_le_bytes());
        bytes.extend(stream.uniform().to_le_bytes());
        bytes.extend(stream.uniform_in(-2.0, 3.0).to_le_bytes());
        bytes.extend(stream.normal().to_le_bytes());
        bytes.extend(stream.below(n).to_le_bytes());
    }
    stream.permutation(1000).into_iter().for_each(|i| bytes.extend(i.to_le_bytes()));
    assert_eq!(sha256(bytes), "0accee48c27d79e0f1c12a08c63d4a47e96243d4a6e1035becd097ad750c929a");
}

/// The same numbers from another implementation: Python's `blake3` package and ChaCha8 written out, with
/// `key = blake3(seed.to_bytes(8, "little"), derive_key_context="egnn-lab 2026 random stream from a seed, version 1")`,
/// a child's key `blake3(b"\0" + name, key=key)`, an indexed child's `blake3(b"\1" + i.to_bytes(8, "little"), key=key)`.
#[test]
fn the_definition_gives_the_same_numbers_elsewhere() {
    let mut root = Stream::new(0);
    assert_eq!([root.next_u64(), root.next_u64()], [5199372938452417612, 5880429455816712937]);
    // Python takes the C library's logarithm, which may differ in the last place.
    assert!((Stream::new(0).normal() + 1.1584594315280274).abs() < 1e-15);
    assert_eq!(Stream::new(0).child("a").index(7).next_u64(), 16029269202639242301);
}

#[test]
fn a_child_depends_on_its_path_only() {
    let mut parent = Stream::new(3);
    let mut before = parent.child("a");
    let expected = Stream::new(3).next_u64();
    assert_eq!(parent.next_u64(), expected, "taking a child does not move the parent");
    let mut after = parent.child("a");
    assert_eq!(before.next_u64(), after.next_u64(), "where the parent stands does not matter");
}

#[test]
fn different_paths_differ() {
    let root = Stream::new(1);
    let mut paths = vec![
        root.clone(),
        Stream::new(2),
        root.child(""),
        root.child("a"),
        root.child("b"),
        root.child("ab"),
        root.child("a").child("b"),
        root.child("b").child("a"),
        // The same eight bytes as the index below.
        root.child("\u{1}\0\0\0\0\0\0\0"),
        root.index(0),
        root.index(1),
        root.index(1).index(0),
    ];
    let count = paths.len();
    let first: BTreeSet<u64> = paths.iter_mut().map(Stream::next_u64).collect();
    assert_eq!(first.len(), count);
}

#[test]
fn moments_are_those_of_the_distributions() {
    let n = 200_000;
    let mut stream = Stream::new(5);
    let normal: Vec<f64> = (0..n).map(|_| stream.normal()).collect();
    let moment = |power: i32| normal.iter().map(|x| x.powi(power)).sum::<f64>() / f64::from(n);
    // Five standard errors of each moment: sqrt(Var(x^k) / n), Var = 1, 2, 15, 96.
    let error = |variance: f64| 5.0 * (variance / f64::from(n)).sqrt();
    assert!(moment(1).abs() < error(1.0), "{}", moment(1));
    assert!((moment(2) - 1.0).abs() < error(2.0), "{}", moment(2));
    assert!(moment(3).abs() < error(15.0), "{}", moment(3));
    assert!((moment(4) - 3.0).abs() < error(96.0), "{}", moment(4));
    let mean = (0..n).map(|_| stream.uniform()).sum::<f64>() / f64::from(n);
    assert!((mean - 0.5).abs() < error(1.0 / 12.0), "{mean}");
}

#[test]
fn bounded_integers_are_unbiased() {
    let mut stream = Stream::new(6);
    let mut counts = [0_u32; 6];
    (0..60_000).for_each(|_| counts[stream.below(6) as usize] += 1);
    let chi_square: f64 = counts.iter().map(|&count| (f64::from(count) - 1e4).powi(2) / 1e4).sum();
    // 5 degrees of freedom; 25.7 is exceeded once in ten thousand.
    assert!(chi_square < 25.7, "{counts:?}");
    // A bound just above 2^63 makes every second word fall into the uneven part: bias would show as a wrong mean.
    let n = (1 << 63) + 1;
    let mean = (0..20_000).map(|_| stream.below(n) as f64 / n as f64).sum::<f64>() / 20_000.0;
    assert!((mean - 0.5).abs() < 0.011, "{mean}");
}

#[test]
fn damaged_states_are_refused() {
    let bad = StreamState { key: "xyz".into(), position: 0 };
    let error = Stream::from_state(&bad).unwrap_err();
    assert_eq!(error, StreamStateError::Key("xyz".into()));
    assert!(error.to_string().contains("64 hexadecimal digits"));
    let mut state = Stream::new(0).state();
    state.position = u64::MAX;
    assert_eq!(Stream::from_state(&state).unwrap_err(), StreamStateError::Position(u64::MAX));
    let unknown = r#"{"key": "", "position": 0, "cache": 1}"#;
    assert!(serde_json::from_str::<StreamState>(unknown).is_err());
}

#[test]
fn a_state_far_ahead_is_reached_at_once() {
    let mut stream = Stream::new(9);
    let state = StreamState { position: 1 << 40, ..stream.state() };
    let mut far = Stream::from_state(&state).unwrap();
    assert_eq!(far.state(), state);
    assert_ne!(far.next_u64(), stream.next_u64());
    assert_eq!(far.state().position, (1 << 40) + 1);
}

proptest! {
    #[test]
    fn a_stream_resumes_from_its_state(seed: u64, name: String, draws in 0_usize..100) {
        let mut stream = Stream::new(seed).child(&name);
        (0..draws).for_each(|_| { stream.normal(); });
        let text = serde_json::to_string(&stream.state()).unwrap();
        let mut resumed = Stream::from_state(&serde_json::from_str(&text).unwrap()).unwrap();
        for _ in 0..20 {
            prop_assert_eq!(stream.normal().to_bits(), resumed.normal().to_bits());
        }
        prop_assert_eq!(stream.state(), resumed.state());
    }

    #[test]
    fn numbers_stay_in_their_ranges(seed: u64, n in 1_u64.., low in -1e6..1e6, width in 1e-3..1e6) {
        let mut stream = Stream::new(seed);
        for _ in 0..20 {
            prop_assert!((0.0..1.0).contains(&stream.uniform()));
            prop_assert!((low..=low + width).contains(&stream.uniform_in(low, low + width)));
            prop_assert!(stream.below(n) < n);
            prop_assert!(stream.normal().is_finite());
        }
    }

    #[test]
    fn a_permutation_has_every_number_once(seed: u64, n in 0_usize..300) {
        let mut order = Stream::new(seed).permutation(n);
        order.sort_unstable();
        prop_assert!(order.into_iter().eq(0..n as u32));
    }
}
