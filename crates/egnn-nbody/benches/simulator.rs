//! Trajectories a second: `cargo bench -p egnn-nbody`.
//!
//! `RAYON_NUM_THREADS=1` gives the rate of one core.
#![allow(missing_docs, reason = "criterion's macros make public items")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use egnn_nbody::{Distance, Generator, Source, System, simulate};

fn simulator(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("simulator");
    group.sample_size(10);
    for (name, bodies, trajectories, distance) in [
        ("nbody_small", 5, 512, Distance::Expanded),
        ("nbody_small, direct distance", 5, 512, Distance::Direct),
        ("20 bodies", 20, 32, Distance::Expanded),
    ] {
        let system = System { bodies, distance, ..System::default() };
        let splits = vec![("train".to_owned(), trajectories)];
        let generator = Generator { system, source: Source::Native, seed: 1, splits };
        let states = generator.initial_states().remove(0).1;
        group.throughput(Throughput::Elements(trajectories as u64));
        group.bench_function(name, |bencher| bencher.iter(|| simulate(&generator.system, &states)));
    }
    group.finish();
}

fn initial_states(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("initial states");
    for (name, source) in [("reference", Source::Reference), ("native", Source::Native)] {
        let splits = vec![("train".to_owned(), 1000)];
        let generator = Generator { system: System::default(), source, seed: 43, splits };
        group.throughput(Throughput::Elements(1000));
        group.bench_function(name, |bencher| bencher.iter(|| generator.initial_states()));
    }
    group.finish();
}

criterion_group!(benches, simulator, initial_states);
criterion_main!(benches);
