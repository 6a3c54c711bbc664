//! `egnn bench`: milliseconds a step, on one core.

use crate::{
    args::Bench,
    command::generate::graph_row,
    exit::{Result, Stop},
    printer,
};
use egnn_graphs::{ErdosRenyi, Family};
use egnn_kernels::simd::Path;
use egnn_nbody::{Generator, Source, System};
use egnn_nn::{
    autoencoder::{AutoencoderModelConfig, EncoderKind},
    molecule::{MoleculeModelConfig, MoleculeModelKind, SPECIES},
    nbody::{ModelKind, NbodyModelConfig},
};
use egnn_random::Stream;
use egnn_schema::{Property, exit};
use egnn_store::{graphs::GraphRow, qm9::MoleculeRow};
use egnn_train::{Graphs, Molecules, Samples, StepTimes, bench_autoencoder, bench_nbody, bench_qm9};
use serde::Serialize;
use std::time::Instant;

/// Trajectories a batch: the paper's.
const BATCH: usize = 100;
/// Trajectories simulated for the simulator's rate.
const SIMULATED: usize = 800;

/// Atoms of the molecules of a batch: the 96 quantiles (i + 1/2)/96 over QM9, mixed, as in the PyTorch side of
/// `just bench-peers`.
const SIZES: [usize; 96] = [
    10, 17, 20, 15, 18, 23, 17, 20, 14, 18, 21, 16, 19, 12, 17, 20, 15, 18, 23, 17, 20, 14, 18, 21, 16, 19, 12, 17, 21,
    15, 19, 23, 17, 20, 14, 18, 21, 16, 19, 13, 17, 21, 16, 19, 23, 17, 20, 15, 18, 21, 16, 19, 13, 18, 21, 16, 19, 23,
    17, 20, 15, 18, 22, 16, 19, 13, 18, 21, 16, 19, 25, 17, 20, 15, 18, 22, 17, 19, 14, 18, 21, 16, 19, 25, 17, 20, 15,
    18, 22, 17, 19, 14, 18, 21, 16, 19,
];

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
    /// Median milliseconds of both that go into making the batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    batch_ms: Option<f64>,
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
    let (samples, rate) = samples()?;
    let mut rows = Vec::new();
    let mut push = |task, model, times| {
        let StepTimes { train_ms, forward_ms, batch_ms, allocations } = times;
        rows.push(Row { task, model, train_ms, forward_ms, batch_ms, allocations });
    };
    for &kind in ModelKind::ALL {
        push("nbody", kind.name, bench_nbody(&NbodyModelConfig::new(kind), &samples, BATCH, backend)?);
    }
    let graphs = graphs()?;
    for kind in EncoderKind::ALL.into_iter().filter(|kind| *kind != EncoderKind::NoEdges) {
        push("autoencoder", kind.name(), bench_autoencoder(&AutoencoderModelConfig::new(kind), &graphs, backend)?);
    }
    let molecules = molecules();
    for kind in MoleculeModelKind::ALL.into_iter().filter(|kind| *kind != MoleculeModelKind::Mean) {
        push("qm9", kind.name(), bench_qm9(&MoleculeModelConfig::new(kind), &molecules, backend)?);
    }
    let simulator = Simulator { trajectories_per_second: rate };
    let report = Report { backend: backend.name(), path: path.name(), rows, simulator };
    if args.json {
        printer::json(&report);
    } else {
        printer::data(format!(
            "{:<12} {:<14} {:>16} {:>12} {:>14} {:>18}",
            "task", "model", "ms a train step", "ms forward", "ms its batch", "allocations a step"
        ));
        for Row { task, model, train_ms, forward_ms, batch_ms, allocations } in &report.rows {
            let batch = batch_ms.map_or_else(|| "-".into(), |ms| format!("{ms:.3}"));
            printer::data(format!(
                "{task:<12} {model:<14} {train_ms:>16.3} {forward_ms:>12.3} {batch:>14} {allocations:>18}"
            ));
        }
        printer::data(format!("simulator: {rate:.0} trajectories of 5,000 steps a second"));
        printer::data(format!(
            "n-body: batch {BATCH}; autoencoder: one graph a step, mean over 7 to 16 nodes; qm9: batch {} of 10 to 25 \
             atoms; one core, float32, medians; {backend}, {}",
            SIZES.len(),
            path.name()
        ));
    }
    Ok(())
}

/// A batch of simulated trajectories, and how many the simulator makes in a second.
fn samples() -> Result<(Samples, f64)> {
    let system = System::default();
    let splits = vec![("bench".into(), SIMULATED)];
    let generator = Generator { system, source: Source::Native, seed: 1, splits };
    let start = Instant::now();
    let sets = egnn_nbody::generate(&generator, None, &|_| ()).map_err(refused)?;
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
    Ok((samples, rate))
}

/// One graph of each of the paper's sizes.
fn graphs() -> Result<Graphs> {
    let paper = ErdosRenyi { min_nodes: 7, max_nodes: 16, p: 0.25 };
    let count = paper.max_nodes - paper.min_nodes + 1;
    let generator = egnn_graphs::Generator {
        family: Family::ErdosRenyi(paper),
        connected: false,
        source: egnn_graphs::Source::Reference,
        seed: 0,
        splits: vec![("train".into(), count)],
    };
    let sets = egnn_graphs::generate(&generator, &|_| ()).map_err(refused)?;
    let rows: Vec<GraphRow> = sets.into_iter().flat_map(|(_, graphs)| graphs).map(graph_row).collect();
    Ok(Graphs::new(&rows)?)
}

/// Molecules of QM9's sizes, of random atoms at random places.
fn molecules() -> Molecules {
    let mut stream = Stream::new(1);
    let mut molecule = |&atoms: &usize| MoleculeRow {
        atomic_number: (0..atoms).map(|atom| SPECIES[atom % SPECIES.len()]).collect(),
        position: (0..atoms).map(|_| [(); 3].map(|()| 1.5 * stream.normal())).collect(),
        ..MoleculeRow::default()
    };
    Molecules::new(SIZES.iter().map(&mut molecule).collect(), Property::Mu)
}

fn refused(error: egnn_schema::FieldError) -> Stop {
    Stop::new(exit::BAD_INPUT, error)
}
