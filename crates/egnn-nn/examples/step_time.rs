//! Milliseconds of a training step (forward, loss, backward) and of a prediction, for each n-body model.
//!
//! `RAYON_NUM_THREADS=1 cargo run --release -p egnn-nn --example step_time [seconds per figure [model]]`
//!
//! The paper's batch: 100 systems of 5 bodies, 64 features, 4 layers. Where the kernel tells it (Linux), the time is
//! that which the thread spent on a core, so that a busy machine does not spoil the figure; elsewhere it is the clock's.

use std::time::{Duration, Instant};

use candle_core::{DType, Device, Tensor};
use egnn_nn::nbody::{ModelKind, NbodyInput, NbodyModel, NbodyModelConfig};
use egnn_nn::{Edges, Result};
use egnn_random::Stream;

/// As the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const GRAPHS: usize = 100;
const BODIES: usize = 5;
const DIM: usize = 3;

fn normal(stream: &Stream, name: &str, columns: usize) -> Result<Tensor> {
    let mut stream = stream.child(name);
    let values: Vec<f32> = (0..GRAPHS * BODIES * columns).map(|_| stream.normal() as f32).collect();
    Ok(Tensor::from_vec(values, (GRAPHS * BODIES, columns), &Device::Cpu)?)
}

/// Seconds that this thread has computed, or else the clock's.
fn seconds(start: Instant) -> f64 {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    match statistics.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<u64>().ok()) {
        Some(nanoseconds) => nanoseconds as f64 * 1e-9,
        None => start.elapsed().as_secs_f64(),
    }
}

/// The mean time of a call, in milliseconds.
fn time(budget: Duration, mut call: impl FnMut() -> Result<()>) -> Result<f64> {
    call()?;
    let start = Instant::now();
    let begin = seconds(start);
    let mut calls = 0;
    while start.elapsed() < budget || calls < 5 {
        call()?;
        calls += 1;
    }
    Ok((seconds(start) - begin) * 1e3 / f64::from(calls))
}

fn step(model: &dyn NbodyModel, input: &NbodyInput, target: &Tensor) -> Result<()> {
    let loss = (model.forward(input)? - target)?.sqr()?.mean_all()?;
    let gradients = loss.backward()?;
    for group in model.parameters().groups() {
        std::hint::black_box(group.gradient(&gradients));
    }
    Ok(())
}

#[allow(clippy::print_stdout, reason = "an example's output")]
fn main() -> Result<()> {
    let seconds = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(2.0);
    let budget = Duration::from_secs_f64(seconds);
    let stream = Stream::new(0);
    let input = NbodyInput {
        x: normal(&stream, "x", DIM)?,
        v: normal(&stream, "v", DIM)?,
        charge: normal(&stream, "charge", 1)?.sign()?,
        edges: Edges::complete(GRAPHS, BODIES),
    };
    let target = normal(&stream, "target", DIM)?;
    let only = std::env::args().nth(2);
    for &kind in ModelKind::ALL.iter().filter(|kind| only.as_deref().is_none_or(|only| only == kind.name)) {
        let model = NbodyModelConfig::new(kind).init(&stream, DType::F32)?;
        let train = time(budget, || step(model.as_ref(), &input, &target))?;
        let forward = time(budget, || model.predict(&input).map(drop))?;
        println!("{:<13} train {train:7.3} ms   forward {forward:7.3} ms", kind.name);
    }
    Ok(())
}
