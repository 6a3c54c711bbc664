//! Milliseconds (median, and least: the figure to trust on a busy machine) of a training step (forward, loss, backward) and of a prediction, for each n-body model.
//!
//! `RAYON_NUM_THREADS=1 cargo run --release -p egnn-nn --example step_time [seconds per figure [model]]`
//!
//! The paper's batch: 100 systems of 5 bodies, 64 features, 4 layers.

use std::time::{Duration, Instant};

use candle_core::{DType, Device, Tensor};
use egnn_nn::nbody::{ModelKind, NbodyInput, NbodyModel, NbodyModelConfig};
use egnn_nn::{Edges, Result};
use egnn_random::Stream;

const GRAPHS: usize = 100;
const BODIES: usize = 5;
const DIM: usize = 3;

fn normal(stream: &Stream, name: &str, columns: usize) -> Result<Tensor> {
    let mut stream = stream.child(name);
    let values: Vec<f32> = (0..GRAPHS * BODIES * columns).map(|_| stream.normal() as f32).collect();
    Ok(Tensor::from_vec(values, (GRAPHS * BODIES, columns), &Device::Cpu)?)
}

/// The least and the median time of a call, in milliseconds.
fn time(budget: Duration, mut call: impl FnMut() -> Result<()>) -> Result<[f64; 2]> {
    let mut times = Vec::new();
    let start = Instant::now();
    while start.elapsed() < budget || times.len() < 5 {
        let begin = Instant::now();
        call()?;
        times.push(begin.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok([times[0], times[times.len() / 2]])
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
    for kind in ModelKind::ALL.into_iter().filter(|kind| only.as_deref().is_none_or(|only| only == kind.name())) {
        let model = NbodyModelConfig::new(kind).init(&stream, DType::F32)?;
        let [least, train] = time(budget, || step(model.as_ref(), &input, &target))?;
        let [least_forward, forward] = time(budget, || model.predict(&input).map(drop))?;
        println!(
            "{:<13} train {train:7.3} ms (least {least:7.3})   forward {forward:7.3} ms (least {least_forward:7.3})",
            kind.name()
        );
    }
    Ok(())
}
