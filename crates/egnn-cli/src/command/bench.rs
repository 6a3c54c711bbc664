//! `egnn bench`: milliseconds a step, on one core.

use crate::{
    args::Bench,
    exit::{Result, Stop},
    printer,
};
use egnn_kernels::simd::Path;
use egnn_nbody::{Generator, Source, System};
use egnn_nn::nbody::{ModelKind, NbodyModelConfig};
use egnn_schema::exit;
use egnn_train::{Samples, StepTimes, bench_step};
use serde::Serialize;
use std::time::Instant;

/// Trajectories a batch: the paper's.
const BATCH: usize = 100;
/// Trajectories simulated for the simulator's rate.
const SIMULATED: usize = 800;

#[derive(Serialize)]
struct Report {
    backend: &'static str,
    /// The vector instructions in use.
    path: &'static str,
    rows: Vec<Row>,
    simulator: Simulator,
}

#[derive(Serialize)]
struct Row {
    task: &'static str,
    model: &'static str,
    /// Median milliseconds of forward, backward and Adam.
    train_ms: f64,
    /// Median milliseconds of a forward pass.
    forward_ms: f64,
    /// Allocations of a training step.
    allocations: u64,
}

#[derive(Serialize)]
struct Simulator {
    trajectories_per_second: f64,
}

pub(crate) fn run(args: &Bench) -> Result<()> {
    let backend = args.compute.backend();
    let path = Path::from_environment().map_err(Stop::input)?;
    let system = System::default();
    let generate = |count: usize| {
        let generator = Generator {
            system: system.clone(),
            source: Source::Native,
            seed: 1,
            splits: vec![("bench".into(), count)],
        };
        egnn_nbody::generate(&generator, None, &|_| ()).map_err(|error| Stop::new(exit::BAD_INPUT, error))
    };
    let start = Instant::now();
    let sets = generate(SIMULATED)?;
    let rate = SIMULATED as f64 / start.elapsed().as_secs_f64();
    let trajectories = &sets[0].1;
    let frame = |values: &[[f64; 3]], frame: usize| -> Vec<f32> {
        let nodes = BATCH * trajectories.bodies;
        let start = frame * trajectories.trajectories * trajectories.bodies;
        values[start..start + nodes].iter().flatten().map(|&value| value as f32).collect()
    };
    let charge = trajectories.charge[..BATCH * trajectories.bodies].iter().map(|&charge| charge as f32).collect();
    let samples = Samples::from_arrays(
        trajectories.bodies,
        frame(&trajectories.position, 30),
        frame(&trajectories.velocity, 30),
        charge,
        frame(&trajectories.position, 40),
    );
    let mut rows = Vec::new();
    for kind in ModelKind::ALL {
        let StepTimes { train_ms, forward_ms, allocations } =
            bench_step(&NbodyModelConfig::new(kind), &samples, BATCH, backend)?;
        rows.push(Row { task: "nbody", model: kind.name(), train_ms, forward_ms, allocations });
    }
    let simulator = Simulator { trajectories_per_second: rate };
    let report = Report { backend: backend.name(), path: path.name(), rows, simulator };
    if args.json {
        printer::json(&report);
    } else {
        printer::data(format!(
            "{:<8} {:<14} {:>16} {:>12} {:>18}",
            "task", "model", "ms a train step", "ms forward", "allocations a step"
        ));
        for Row { task, model, train_ms, forward_ms, allocations } in &report.rows {
            printer::data(format!("{task:<8} {model:<14} {train_ms:>16.3} {forward_ms:>12.3} {allocations:>18}"));
        }
        printer::data(format!("simulator: {rate:.0} trajectories of 5,000 steps a second"));
        printer::data(format!("batch {BATCH}, one core, float32, medians; {backend}, {}", path.name()));
    }
    Ok(())
}
