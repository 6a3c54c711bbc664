//! Milliseconds of a training step (forward, loss, backward) and of a prediction, for each n-body model, with the kernels
//! and on candle's own operations: medians, the two taking turns.
//!
//! `RAYON_NUM_THREADS=1 cargo run --release -p egnn-nn --example step_time [seconds per model [model]]`
//!
//! The paper's batch: 100 systems of 5 bodies, 64 features, 4 layers. Where the kernel tells it (Linux), the time is
//! that which the thread spent on a core, so that a busy machine does not spoil the figure; elsewhere it is the clock's.

use std::time::{Duration, Instant};

use candle_core::{DType, Device, Tensor};
use egnn_nn::nbody::{ModelKind, NbodyInput, NbodyModel, NbodyModelConfig};
use egnn_nn::{Backend, Edges, Result};
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

/// How long calls are repeated for one figure: the kernel counts in steps of some milliseconds.
const TURN: Duration = Duration::from_millis(400);

/// The mean time of a call, in milliseconds.
fn time(mut call: impl FnMut() -> Result<()>) -> Result<f64> {
    let start = Instant::now();
    let begin = seconds(start);
    let mut calls = 0;
    while calls == 0 || start.elapsed() < TURN {
        call()?;
        calls += 1;
    }
    Ok((seconds(start) - begin) * 1e3 / f64::from(calls))
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Medians of training steps and of predictions with each backend; the backends take turns.
fn measure(kind: ModelKind, budget: Duration, input: &NbodyInput, target: &Tensor) -> Result<[[f64; 2]; 2]> {
    let stream = Stream::new(0);
    let config = NbodyModelConfig::new(kind);
    let models =
        [config.init_on(&stream, DType::F32, Backend::Kernels)?, config.init_on(&stream, DType::F32, Backend::Plain)?];
    let mut times = [const { [Vec::new(), Vec::new()] }; 2];
    let start = Instant::now();
    for round in 0.. {
        for (model, [train, forward]) in models.iter().zip(&mut times) {
            let step = time(|| step(model.as_ref(), input, target))?;
            let prediction = time(|| model.predict(input).map(drop))?;
            // The first round fills caches.
            if round > 0 {
                train.push(step);
                forward.push(prediction);
            }
        }
        if round >= 5 && start.elapsed() >= budget {
            break;
        }
    }
    Ok(times.map(|times| times.map(median)))
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
        let [[train, forward], [plain_train, plain_forward]] = measure(kind, budget, &input, &target)?;
        println!(
            "{:<15} train {train:8.3} ms (plain {plain_train:9.3}, {:5.2} times)   \
             forward {forward:8.3} ms (plain {plain_forward:9.3}, {:5.2} times)",
            kind.name,
            plain_train / train,
            plain_forward / forward
        );
    }
    Ok(())
}
