//! `NumpyRandomState` against NumPy 2.4.6. Above each hash stands the Python that made it, with
//! `r = numpy.random.RandomState` and `h = lambda a: hashlib.sha256(a.tobytes()).hexdigest()`.

mod common;

use common::{reference, sha256, sha256_doubles};
use egnn_random::NumpyRandomState;
use proptest::prelude::*;
use std::fmt::Write;

fn u32_bytes(numbers: impl IntoIterator<Item = u32>) -> Vec<u8> {
    numbers.into_iter().flat_map(u32::to_le_bytes).collect()
}

fn i64_bytes(numbers: impl IntoIterator<Item = i64>) -> Vec<u8> {
    numbers.into_iter().flat_map(i64::to_le_bytes).collect()
}

#[test]
fn first_numbers_of_the_reference() {
    let reference = reference();
    let mut state = NumpyRandomState::new(43);
    for expected in reference["numpy_seed43_first_randn"].as_array().unwrap() {
        assert_eq!(state.randn(), expected.as_f64().unwrap());
    }
    let charges = NumpyRandomState::new(43).choice_weighted(&[0.5, 0.0, 0.5], 5);
    let expected = reference["numpy_seed43_first_choice"].as_array().unwrap();
    for (index, expected) in charges.iter().zip(expected) {
        assert_eq!([-1.0, 0.0, 1.0][*index], expected.as_f64().unwrap());
    }
}

/// `h(r(7).random_sample(1_000_000).astype('<f8'))`
#[test]
fn a_million_uniform_numbers() {
    let mut state = NumpyRandomState::new(7);
    let numbers: Vec<f64> = (0..1_000_000).map(|_| state.random_sample()).collect();
    assert_eq!(sha256_doubles(&numbers), "9a0f4ba232007a78011c67a2bac823d4fda45afa3c7509bcd38ef1e8303043e7");
}

/// `r(4294967295).random_sample(3)`
#[test]
fn the_largest_seed() {
    let mut state = NumpyRandomState::new(u32::MAX);
    let numbers = [(); 3].map(|()| state.random_sample());
    assert_eq!(numbers, [0.0976320289940138, 0.9123828453026218, 0.78903530185164]);
}

/// `h(r(43).randn(1_000_001).astype('<f8'))`, with glibc 2.36 on x86-64.
#[test]
#[cfg_attr(
    not(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64")),
    ignore = "NumPy's normals depend on the platform's logarithm; this hash is of glibc on x86-64"
)]
fn a_million_normal_numbers() {
    let mut state = NumpyRandomState::new(43);
    let numbers: Vec<f64> = (0..1_000_001).map(|_| state.randn()).collect();
    assert_eq!(sha256_doubles(&numbers), "205c09b634344158d87439dce42e73ff85473c8b11c25134cf5724e974db7942");
}

/// `h(r(3).randint(-5, 1_000_000, size=100_000).astype('<i8'))` and
/// `h(r(3).randint(0, 2**40 + 1, size=10_000).astype('<i8'))`
#[test]
fn many_integers() {
    let mut state = NumpyRandomState::new(3);
    let small = i64_bytes((0..100_000).map(|_| state.randint(-5, 1_000_000)));
    assert_eq!(sha256(small), "428dd4354c83463785337b48b409191f970263cc2cefe3df164a2a9d8d4f67b7");
    let mut state = NumpyRandomState::new(3);
    let large = i64_bytes((0..10_000).map(|_| state.randint(0, (1 << 40) + 1)));
    assert_eq!(sha256(large), "2233ca7f79a53645deeac2a0dc6dc327a954a59a80a7bb59f6be5b26517728ec");
}

/// `s = r(11); [s.randint(0, n) for n in (1, 2, 3, 10, 1000, 2**32, 2**32+1, 2**62)], s.random_sample()`
#[test]
fn integers_of_every_width() {
    let mut state = NumpyRandomState::new(11);
    let numbers = [1, 2, 3, 10, 1000, 1 << 32, (1 << 32) + 1, 1 << 62].map(|high| state.randint(0, high));
    assert_eq!(numbers, [0, 1, 0, 1, 951, 3113567501, 1804760737, 1940139151773201234]);
    assert_eq!(state.random_sample(), 0.22571271667466164, "the stream stands where NumPy's does");
}

/// `h(r(5).choice(5, 100_000).astype('<u4'))` and `h(r(5).choice(4, 100_000, p=[.1, .2, .3, .4]).astype('<u4'))`
#[test]
fn many_choices() {
    let uniform = NumpyRandomState::new(5).choice(5, 100_000);
    assert_eq!(sha256(u32_bytes(uniform)), "86c9588ce187f7b31197bfbbb03e869d810037f5a62a19dd347e2b32be2a4ba5");
    let weighted = NumpyRandomState::new(5).choice_weighted(&[0.1, 0.2, 0.3, 0.4], 100_000);
    let weighted = u32_bytes(weighted.into_iter().map(|index| index as u32));
    assert_eq!(sha256(weighted), "5988040f11c11e2f5be31adf0e994be01a73ea686f4aa1f7f8691ceaf0ae0495");
}

/// The cached normal survives calls in between.
/// ```python
/// s = r(9); a = []
/// for i in range(1000):
///     a += [s.randn(), s.random_sample(), s.randint(0, 6), s.choice([-1., 0., 1.], p=[.5, 0, .5])]
///     if i % 3 == 0: a.extend(s.randn(3))
/// h(np.array(a, '<f8'))
/// ```
#[test]
#[cfg_attr(
    not(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64")),
    ignore = "NumPy's normals depend on the platform's logarithm; this hash is of glibc on x86-64"
)]
fn calls_of_all_kinds_in_turn() {
    let mut state = NumpyRandomState::new(9);
    let mut numbers = Vec::new();
    for i in 0..1000 {
        numbers.push(state.randn());
        numbers.push(state.random_sample());
        numbers.push(state.randint(0, 6) as f64);
        numbers.push([-1.0, 0.0, 1.0][state.choice_weighted(&[0.5, 0.0, 0.5], 1)[0]]);
        if i % 3 == 0 {
            numbers.extend([(); 3].map(|()| state.randn()));
        }
    }
    assert_eq!(numbers.len(), 5002);
    assert_eq!(sha256_doubles(&numbers), "a5819ccbe126eb8e75ae75904c00b73e518635b79fe501bda6b69d6370d7a3af");
}

/// `s = r(2); l = list(range(1000)); s.shuffle(l); h(np.array(l, '<u4')), s.random_sample()`
#[test]
fn a_shuffle() {
    let mut state = NumpyRandomState::new(2);
    let mut items: Vec<u32> = (0..1000).collect();
    state.shuffle(&mut items);
    assert_eq!(sha256(u32_bytes(items)), "518c81ff93e19718ac936e43aa6753120d4bfa108f656fa076fcf28045d60964");
    assert_eq!(state.random_sample(), 0.5878512374498805);
}

#[test]
fn the_qm9_split_of_the_reference() {
    let reference = &reference()["qm9_split"];
    let order = NumpyRandomState::new(0).permutation(130_831);
    for (part, range) in [("train", 0..100_000), ("valid", 100_000..117_748), ("test", 117_748..130_831)] {
        let lines = order[range].iter().fold(String::new(), |mut lines, position| {
            writeln!(lines, "{position}").expect("text grows");
            lines
        });
        assert_eq!(sha256(lines), reference[part]["sha256"].as_str().unwrap(), "{part}");
    }
}

#[test]
#[should_panic(expected = "at least one candidate")]
fn a_choice_of_nothing_is_refused() {
    NumpyRandomState::new(0).choice(0, 1);
}

#[test]
#[should_panic(expected = "positive sum")]
fn a_choice_without_probabilities_is_refused() {
    NumpyRandomState::new(0).choice_weighted(&[], 1);
}

proptest! {
    /// Skipping is drawing, wherever the cache stands and whatever follows.
    #[test]
    fn skipping_moves_the_stream_as_drawing_does(seed: u32, before in 0_usize..4, count in 0_usize..200) {
        let mut drawn = NumpyRandomState::new(seed);
        (0..before).for_each(|_| { drawn.randn(); });
        let mut skipped = drawn.clone();
        (0..count).for_each(|_| { drawn.randn(); });
        skipped.skip_randn(count);
        for _ in 0..5 {
            prop_assert_eq!(drawn.randn().to_bits(), skipped.randn().to_bits());
            prop_assert_eq!(drawn.random_sample().to_bits(), skipped.random_sample().to_bits());
        }
    }

    #[test]
    fn integers_stay_in_their_range(seed: u32, low: i64, width in 1..i64::MAX) {
        let high = low.saturating_add(width);
        prop_assume!(low < high);
        let drawn = NumpyRandomState::new(seed).randint(low, high);
        prop_assert!((low..high).contains(&drawn));
    }
}
