//! `egnn`: the command line of egnn-lab. The only crate that prints.

mod args;
mod catalogue;
mod collection;
mod command;
mod display;
mod estimate;
mod exit;
mod interrupt;
mod models;
mod printer;
mod progress;
mod provenance;
mod provider;
mod trainer;
mod workspace;

use args::{Cli, Command};
use clap::Parser;
use egnn_kernels::{Counted, simd};
use exit::{Result, Stop};
use std::process::ExitCode;
use workspace::Workspace;

/// A training step frees and takes the same few megabytes over and over; the C library's allocator gives them back to
/// the system each time. `egnn bench` counts.
#[global_allocator]
static ALLOCATOR: Counted<mimalloc::MiMalloc> = Counted(mimalloc::MiMalloc);

fn main() -> ExitCode {
    let cli = Cli::parse();
    // Warnings of the libraries: people see them on stderr, workers leave them in their run's log.
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .with_target(false)
        .with_ansi(false)
        .without_time()
        .init();
    let ended = run(&cli).and_then(|()| match printer::failure() {
        Some(error) => Err(Stop::environment("cannot print", error)),
        None => Ok(()),
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => {
            printer::say(format!("error: {stop}"));
            ExitCode::from(stop.code)
        }
    }
}

fn run(cli: &Cli) -> Result<()> {
    interrupt::install()?;
    let workspace = || Workspace::find(cli.root.as_deref());
    match &cli.command {
        Command::Generate(args) => command::generate::run(args, &workspace()?),
        Command::Import(args) => command::import::run(args, &workspace()?),
        Command::Sweep(args) => simd_path().and_then(|()| command::sweep::run(args, &workspace()?)),
        Command::Cancel(args) => command::cancel::run(args, &workspace()?),
        Command::Status(args) => command::status::run(args, &workspace()?),
        Command::Report(args) => command::report::run(args, &workspace()?),
        Command::Gc(args) => command::gc::run(args, &workspace()?),
        Command::Query(args) => command::query::run(args, &workspace),
        Command::Compare(args) => command::compare::run(args, &workspace),
        Command::Train(args) => on_one_thread().and_then(|()| command::train::run(args, &workspace()?)),
        Command::Evaluate(args) => on_one_thread().and_then(|()| command::evaluate::run(args, &workspace()?)),
        Command::Worker(args) => on_one_thread().and_then(|()| command::worker::run(args, &workspace()?)),
        Command::Parity(args) => on_one_thread().and_then(|()| command::parity::run(args)),
        Command::Bench(args) => on_one_thread().and_then(|()| command::bench::run(args)),
    }
}

/// Threads of a run: sums are then in one order, and cores are used for runs.
pub(crate) const THREADS_PER_RUN: u32 = 1;

/// A wrong `EGNN_SIMD` is refused before anything is written.
fn simd_path() -> Result<()> {
    simd::Path::from_environment().map(|_| ()).map_err(Stop::input)
}

/// What candle, rayon and the allocator take from the environment when they start: [`THREADS_PER_RUN`], and that memory
/// which was freed is given back to the system after ten seconds (in milliseconds) only, since the next step takes it again.
pub(crate) const ENVIRONMENT: [(&str, &str); 2] = [("RAYON_NUM_THREADS", "1"), ("MIMALLOC_PURGE_DELAY", "10000")];

/// A command that computes restarts itself with the right environment.
fn on_one_thread() -> Result<()> {
    simd_path()?;
    if ENVIRONMENT.iter().all(|(name, wanted)| std::env::var(name).is_ok_and(|value| value == *wanted)) {
        return Ok(());
    }
    let program =
        std::env::current_exe().map_err(|error| Stop::environment("cannot find this program's own file", error))?;
    let mut again = std::process::Command::new(program);
    again.args(std::env::args_os().skip(1)).envs(ENVIRONMENT);
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        Err(Stop::environment("cannot restart", again.exec()))
    }
    #[cfg(not(unix))]
    {
        let status = again.status().map_err(|error| Stop::environment("cannot restart", error))?;
        std::process::exit(status.code().unwrap_or(i32::from(egnn_schema::exit::RUN_FAILED)))
    }
}
