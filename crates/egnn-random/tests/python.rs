//! `PythonRandom` against CPython 3.11. Above each hash stands the Python that made it, with
//! `h = lambda l, t: hashlib.sha256(numpy.array(l, t).tobytes()).hexdigest()`.

mod common;

use common::{reference, sha256, sha256_doubles};
use egnn_random::PythonRandom;
use std::fmt::Write;

#[test]
fn first_numbers_of_the_reference() {
    let mut random = PythonRandom::new(0);
    for expected in reference()["python_seed0_first_random"].as_array().unwrap() {
        assert_eq!(random.random(), expected.as_f64().unwrap());
    }
}

/// `q = random.Random(seed); h([q.random() for _ in range(100_000)], '<f8')`
#[test]
fn many_uniform_numbers_of_short_and_long_seeds() {
    for (seed, hash) in [
        (0, "859c2acae182de7d60e20f30240498730d80cea8f8a3325e204ee99548e64b5e"),
        (1, "d4f4b1ca99af5829e042d990108e1dd7fd7f6afa04e29642e44ac066ea32a5f5"),
        (4294967301, "c0e0e0d8f72f88d769981818068c1494898a44557f4305eb3818244903da0b88"),
        (u64::MAX, "bce23f96c0473556b1c6f015df52954e9065ebf1725a02b3b93885f0e21c6742"),
    ] {
        let mut random = PythonRandom::new(seed);
        let numbers: Vec<f64> = (0..100_000).map(|_| random.random()).collect();
        assert_eq!(sha256_doubles(&numbers), hash, "seed {seed}");
    }
}

/// `q = random.Random(12345); h([q.getrandbits(k) for _ in range(1000) for k in range(0, 65)], '<u8')`
#[test]
fn bits_of_every_count() {
    let mut random = PythonRandom::new(12345);
    let mut bytes = Vec::new();
    for _ in 0..1000 {
        (0..=64).for_each(|k| bytes.extend(random.getrandbits(k).to_le_bytes()));
    }
    assert_eq!(sha256(bytes), "404c12b6f29397520d75656995fa0d8f778ab4efbb237280d98f4b4e7c9bba72");
}

/// `q = random.Random(6); l = list(range(10000)); q.shuffle(l); h(l, '<u4'), q.random()`
#[test]
fn a_shuffle() {
    let mut random = PythonRandom::new(6);
    let mut items: Vec<u32> = (0..10_000).collect();
    random.shuffle(&mut items);
    let bytes: Vec<u8> = items.into_iter().flat_map(u32::to_le_bytes).collect();
    assert_eq!(sha256(bytes), "ae0f868b043433f1225f4d683ab79d8ff581029ccc756c1efed80490baf14f88");
    assert_eq!(random.random(), 0.27414124250584326);
}

/// The authors' Erdos-Renyi graphs: sizes 7 to 16 in turn, each pair kept with probability 0.25, shuffled at the end.
#[test]
fn the_erdos_renyi_sets_of_the_reference() {
    let reference = reference();
    for (seed, part, rounds) in [(0, "train", 500), (1, "val", 50), (2, "test", 50)] {
        let mut random = PythonRandom::new(seed);
        let mut graphs = Vec::new();
        for _ in 0..rounds {
            for nodes in 7..=16 {
                let mut edges = Vec::new();
                for u in 0..nodes {
                    edges.extend((u + 1..nodes).filter(|_| random.random() < 0.25).map(|v| format!("{u}-{v}")));
                }
                graphs.push(format!("{nodes}:{}", edges.join(",")));
            }
        }
        random.shuffle(&mut graphs);
        let expected = &reference[format!("erdos_renyi_p0.25_{part}")];
        assert_eq!(graphs.len() as u64, expected["graphs"].as_u64().unwrap());
        let text = graphs.iter().fold(String::new(), |mut text, graph| {
            writeln!(text, "{graph}").expect("text grows");
            text
        });
        assert_eq!(sha256(text), expected["sha256"].as_str().unwrap(), "{part}");
    }
}

#[test]
#[should_panic(expected = "at most 64 bits")]
fn too_many_bits_are_refused() {
    PythonRandom::new(0).getrandbits(65);
}
