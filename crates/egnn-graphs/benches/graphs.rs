//! Graphs a second: `cargo bench -p egnn-graphs`.
#![allow(missing_docs, reason = "criterion's macros make public items")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use egnn_graphs::{Community, ErdosRenyi, Family, Generator, Source, generate};

fn sets(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("graphs");
    group.sample_size(10);
    for (name, family, source) in [
        ("erdos_renyi, reference", Family::ErdosRenyi(ErdosRenyi::default()), Source::Reference),
        ("erdos_renyi, native", Family::ErdosRenyi(ErdosRenyi::default()), Source::Native),
        ("community_small, reference", Family::Community(Community::default()), Source::Reference),
        ("community_small, native", Family::Community(Community::default()), Source::Native),
    ] {
        let splits = [("train", 5000), ("valid", 500), ("test", 500)];
        let splits = splits.map(|(name, graphs)| (name.to_owned(), graphs)).into();
        let generator = Generator { family, connected: false, source, seed: 0, splits };
        group.throughput(Throughput::Elements(6000));
        group.bench_function(name, |bencher| bencher.iter(|| generate(&generator, &|_| ())));
    }
    group.finish();
}

criterion_group!(benches, sets);
criterion_main!(benches);
