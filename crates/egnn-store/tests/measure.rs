//! Time and size of full sets, of made-up values. Run with
//! `cargo test --release -p egnn-store --test measure -- --ignored --nocapture`.

mod common;

use common::footer;
use egnn_store::nbody::{NbodySplit, read_frames, write_split};
use std::{io::Write, time::Instant};

/// Uniform values, as incompressible as real ones.
fn points(count: usize) -> Vec<[f64; 3]> {
    let mut state = 43_u64;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5) * 8.0
    };
    (0..count).map(|_| [next(), next(), next()]).collect()
}

#[test]
#[ignore = "a measurement"]
fn full_sets() {
    const BODIES: usize = 5;
    let folder = tempfile::tempdir_in(std::env::var("EGNN_MEASURE_DIR").unwrap_or(".".into())).unwrap();
    for (set, frames, splits) in [("nbody_small", 49, [10_000, 2_000, 2_000]), ("nbody", 9, [50_000, 2_000, 2_000])] {
        let (mut seconds, mut bytes) = (0.0, 0);
        for (split, trajectories) in ["train", "valid", "test"].into_iter().zip(splits) {
            let values = points(trajectories * frames * BODIES);
            let charge: Vec<f64> = values.iter().take(trajectories * BODIES).map(|p| p[0].signum()).collect();
            let arrays = NbodySplit {
                bodies: BODIES,
                frames,
                trajectories,
                charge: &charge,
                position: &values,
                velocity: &values,
            };
            let path = folder.path().join(format!("{set}_{split}.parquet"));
            let began = Instant::now();
            bytes += write_split(&path, &arrays, &footer()).unwrap().bytes;
            seconds += began.elapsed().as_secs_f64();
        }
        let began = Instant::now();
        let last = frames as u16 - 1;
        let read = read_frames(&folder.path().join(format!("{set}_train.parquet")), &[0, last], Some(3_000)).unwrap();
        let reading = began.elapsed().as_secs_f64() * 1e3;
        assert_eq!(read[1].position.len(), 3_000 * BODIES);
        let megabytes = bytes as f64 / 1e6;
        let text = format!("{set}: written in {seconds:.2} s, {megabytes:.1} MB; 2 frames read in {reading:.1} ms\n");
        std::io::stderr().write_all(text.as_bytes()).unwrap();
    }
}
