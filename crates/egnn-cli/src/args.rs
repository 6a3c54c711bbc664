//! The command line. Field names and values are checked by the commands, which know them; clap knows the rest.

mod results;

pub(crate) use results::{Compare, Format, Query};

use crate::models;
use clap::{Args, Parser, Subcommand, ValueEnum, builder::PossibleValue};
use egnn_nn::Backend;
use std::{path::PathBuf, time::Duration};

/// Reproduces the experiments of "E(n) Equivariant Graph Neural Networks" (Satorras, Hoogeboom, Welling, ICML 2021):
/// generates the data, trains the models, sweeps, and draws the figures beside the paper's numbers.
#[derive(Debug, Parser)]
#[command(
    name = "egnn",
    version,
    after_help = "\
Example: the paper's Figure 2 on a budget of minutes, from data to page
    egnn sweep nbody-sizes
EGNN_SIMD=portable, avx2 or avx512 in the environment forces the vector instructions of whatever computes
Exit codes: 0 done, 1 a run failed, 2 bad input, 3 disk, permission or lock, 4 interrupted (the same command resumes)"
)]
pub(crate) struct Cli {
    /// Folder with pipelines/, datasets/ and reports/ [default: the nearest one upwards from here]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What the environment can force.
const SIMD: &str = "EGNN_SIMD=portable, avx2 or avx512 in the environment forces the kernels' vector instructions";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make datasets as Parquet; what is up to date is left alone
    #[command(
        after_help = "Examples:\n  egnn generate nbody nbody_small\n  egnn generate graphs erdos_renyi community_small\n  \
        egnn generate qm9 --from dsgdb9nsd.xyz.tar.bz2\n\
        Sets and their parameters stand in datasets/nbody.yaml, graphs.yaml and qm9.yaml; add your own there. QM9 is read \
        from a file: `just fetch-qm9` fetches it, and datasets/README.md says how to get it in another way."
    )]
    Generate(Generate),
    /// Bring in files made elsewhere
    #[command(after_help = "Examples:\n  egnn import nbody --from n_body_system/dataset --set authors\n  \
        then: egnn sweep nbody train_set=authors eval_set=authors\n  \
        egnn import graphs --from my-graphs --set mine\n\n\
        Graphs are edge lists in my-graphs/train, valid and test (train must be there): one .txt file a graph, a line \
        an edge, two node numbers from 0 with white space or a comma between them. The first line may be 'nodes N'; \
        # begins a comment.")]
    Import(Import),
    /// Train one run
    #[command(after_help = format!(
        "Examples:\n  egnn train nbody model=egnn train_samples=3000 epochs=300 seed=1\n  \
        egnn train autoencoder model=egnn set=erdos_renyi dim=8 epochs=10 seed=1\n\n{}\n{SIMD}",
        models::nbody()
    ))]
    Train(Train),
    /// Evaluate a stored model on a set
    #[command(after_help = "Examples:\n  egnn evaluate reports/nbody/quick/runs/<run> --data nbody_small\n  \
        egnn evaluate reports/autoencoder/quick/runs/<run> --data erdos_renyi --split valid\n\
        RUN may also be a .safetensors file saved from PyTorch under the authors' names.")]
    Evaluate(Evaluate),
    /// Run a pipeline: data, runs, results, report; the same command resumes or does nothing
    #[command(
        after_help = "Examples:\n  egnn sweep nbody-sizes\n  egnn sweep nbody-sizes --profile paper --dry-run\n  \
        egnn sweep nbody model=egnn seed=1,2,3 epochs=300 --name egnn-300\n  \
        egnn sweep autoencoder set=community_small_distinct dim=4,8\n\n\
        On a SLURM cluster (docs/clusters.md):\n  \
        egnn sweep nbody-sizes --executor slurm --slurm partition=short --slurm time=4:00:00"
    )]
    Sweep(Sweep),
    /// Show where the runs of a pipeline stand
    #[command(after_help = "Examples:\n  egnn status nbody-sizes\n  egnn status nbody-sizes --profile paper --watch\n\
        It reads the sweep's folder, so that any host that sees the folder can watch; of a submitted sweep it asks the \
        cluster's queue, too.")]
    Status(Status),
    /// End a sweep, on a cluster or here; the same `egnn sweep` goes on from there
    #[command(after_help = "Example: egnn cancel nbody-sizes --profile paper")]
    Cancel(Finished),
    /// Draw a pipeline's tables, figures and page again from its records
    #[command(after_help = "\
Examples:
  egnn report nbody-sizes                          files in reports/nbody-sizes/quick, the page is index.html
  egnn report nbody-sizes --watch                  while the sweep runs: open the page, it follows
  egnn report nbody --out for-a-colleague          a copy without links to the runs' folders
  egnn report reports/published/nbody/quick        a folder that was written with --out, from its results alone
  egnn report --all                                every sweep, and reports/index.html with all at a glance")]
    Report(Report),
    /// List runs that no pipeline refers to any longer, and remove them after asking
    #[command(after_help = "Examples:\n  egnn gc\n  egnn gc nbody-sizes --yes\n\
        A run is referred to if the last plan of its folder has it, or what the profile of that name plans now.")]
    Gc(Gc),
    /// Ask Parquet files in SQL
    #[command(after_help = results::QUERY)]
    Query(Query),
    /// Compare two result sets: configurations, and metrics by seed
    #[command(after_help = results::COMPARE)]
    Compare(Compare),
    /// Compare this program with reference cases (outputs, loss, gradients; for an Adam trace: losses and parameters)
    #[command(after_help = "Example: egnn parity crates/egnn-nn/tests/fixtures/nbody_egnn.safetensors")]
    Parity(Parity),
    /// Time training steps, forward passes and the simulator on one core
    #[command(after_help = format!(
        "Example: egnn bench --json\nEvery model of both tasks: n-body in batches of 100, autoencoders graph by graph.\n{SIMD}"
    ))]
    Bench(Bench),
    /// One run of a plan; `egnn sweep` starts these itself
    #[command(hide = true)]
    Worker(Worker),
}

#[derive(Debug, Args)]
pub(crate) struct Generate {
    /// What to make
    pub(crate) kind: DataKind,
    /// Sets to make [default: all of the kind]
    #[arg(value_name = "SET")]
    pub(crate) sets: Vec<String>,
    /// For qm9: the file to read the set from, either qm9pack's wheel or the original archive [default: the set's own
    /// source]
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    /// For qm9: QM9's uncharacterized.txt, to check that it names the molecules that are left out
    #[arg(long, value_name = "FILE", requires = "from")]
    pub(crate) uncharacterized: Option<PathBuf>,
    /// Say as JSON what was done
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DataKind {
    /// Charged-particle trajectories
    Nbody,
    /// Graphs: Erdos-Renyi and communities
    Graphs,
    /// The molecules of QM9
    Qm9,
    /// Everything
    All,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// What to import
    pub(crate) kind: ImportKind,
    /// Folder with the authors' files (loc_train_*.npy, vel_.., charges_.., for train, valid and test), or with the
    /// folders train, valid and test of edge lists
    #[arg(long, value_name = "DIR")]
    pub(crate) from: PathBuf,
    /// Name of the new set [default: nbody_imported or graphs_imported]
    #[arg(long, value_name = "SET")]
    pub(crate) set: Option<String>,
    /// Say as JSON what was done
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ImportKind {
    /// .npy files of the authors' n-body generator
    Nbody,
    /// Edge lists, a text file a graph
    Graphs,
}

/// What computes, for every command that computes.
#[derive(Debug, Args)]
pub(crate) struct Compute {
    /// What computes: kernels (fused, float32 on the CPU) or plain (candle's own operations, slow)
    #[arg(long, value_enum, default_value_t = Named(Backend::Kernels))]
    backend: Named,
}

impl Compute {
    pub(crate) fn backend(&self) -> Backend {
        self.backend.0
    }
}

/// A backend under its own name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Named(Backend);

impl ValueEnum for Named {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self(Backend::Kernels), Self(Backend::Plain)]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(self.0.name().into())
    }
}

#[derive(Debug, Args)]
pub(crate) struct Train {
    /// Task: nbody or autoencoder
    pub(crate) task: String,
    /// Configuration fields
    #[arg(value_name = "FIELD=VALUE")]
    pub(crate) fields: Vec<String>,
    /// Folder of the run [default: reports/train/RUN-ID]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Least seconds between checkpoints
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0)]
    pub(crate) checkpoint_every: f64,
    /// Go on from what another type of CPU saved; the record says so [default: start again]
    #[arg(long)]
    pub(crate) allow_other_cpu: bool,
    #[command(flatten)]
    pub(crate) compute: Compute,
    /// Print the record as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Evaluate {
    /// A run's folder or a model file
    #[arg(value_name = "RUN")]
    pub(crate) run: PathBuf,
    /// Set to evaluate on
    #[arg(long, value_name = "SET")]
    pub(crate) data: String,
    /// Split of the set
    #[arg(long, default_value = "test")]
    pub(crate) split: String,
    /// Frame of the inputs [default: the run's, or 30]
    #[arg(long)]
    pub(crate) start_frame: Option<u64>,
    /// Frame of the targets [default: the run's, or 40]
    #[arg(long)]
    pub(crate) target_frame: Option<u64>,
    /// Model of a file without configuration, where its parameters do not tell (noise_gnn)
    #[arg(long)]
    pub(crate) model: Option<String>,
    /// Dimension of the embedding, likewise [default: the paper's 8]
    #[arg(long)]
    pub(crate) dim: Option<u64>,
    /// Property of molecules that the model predicts, if its file does not say: mu, alpha, homo, lumo, gap, R2, ZPVE, U0, U,
    /// H, G or Cv; its labels are then normalised as those of the set's train split
    #[arg(long)]
    pub(crate) property: Option<String>,
    /// Folder for metrics.json and predictions.parquet [default: RUN/evaluation-SET-SPLIT]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) compute: Compute,
    /// Print the metrics as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(crate) struct Sweep {
    /// Pipeline: the name of a file in pipelines/
    pub(crate) pipeline: String,
    /// Overrides: a value, or several for the grid
    #[arg(value_name = "FIELD=VALUE[,VALUE]")]
    pub(crate) overrides: Vec<String>,
    /// Budget: smoke (seconds), quick (minutes) or paper
    #[arg(long, default_value = "quick")]
    pub(crate) profile: String,
    /// Runs at the same time [default: the cores]
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<usize>,
    /// Show what would run and what it costs, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Where runs are done: by processes of this machine, or as jobs of a SLURM cluster
    #[arg(long, value_enum, default_value_t = Executor::Local)]
    pub(crate) executor: Executor,
    /// With --executor slurm, over the pipeline's `slurm:` section: partition, account, qos, constraint, time, memory,
    /// cpus, throttle, retries, prologue, options
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) slurm: Vec<String>,
    /// Print the scripts and calls that --executor slurm would submit, and do nothing
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) print_scripts: bool,
    /// Make the data and the plan, and do no run
    #[arg(long, conflicts_with_all = ["dry_run", "print_scripts"])]
    pub(crate) prepare: bool,
    /// Where else to write the plan
    #[arg(long, hide = true, requires = "prepare", value_name = "FILE")]
    pub(crate) plan_out: Option<PathBuf>,
    /// Stop at the first failed run [default: finish the others]
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// Folder name for a sweep with overrides [default: PROFILE-HASH]
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Least seconds between a run's checkpoints
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0)]
    pub(crate) checkpoint_every: f64,
    /// How often a run whose worker was killed (out of memory, by a signal) is started again; one that fails by itself is
    /// not
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) retries: u32,
    /// Longest time of a worker, like 90s, 30m or 2h; it saves and ends then, its run counts as failed, and the next
    /// sweep goes on from there [default: none]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) time_limit: Option<Duration>,
    /// Let runs that were interrupted go on on another type of CPU, whose sums round otherwise; their records say so
    /// [default: start them again]
    #[arg(long)]
    pub(crate) allow_other_cpu: bool,
    #[command(flatten)]
    pub(crate) compute: Compute,
    /// Print the outcome, or the plan of a dry run, as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Executor {
    /// Processes of this machine
    Local,
    /// Array jobs of a SLURM cluster
    Slurm,
}

#[derive(Debug, Args)]
pub(crate) struct Finished {
    /// Pipeline: the name of a file in pipelines/
    pub(crate) pipeline: String,
    /// Profile, or the folder name of a sweep with overrides
    #[arg(long, default_value = "quick")]
    pub(crate) profile: String,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// Pipeline: the name of a file in pipelines/; or a report's folder
    #[arg(required_unless_present = "all")]
    pub(crate) pipeline: Option<String>,
    /// Profile, or the folder name of a sweep with overrides
    #[arg(long, default_value = "quick")]
    pub(crate) profile: String,
    /// Draw all reports of which something changed, and the page of all of them
    #[arg(long, conflicts_with_all = ["pipeline", "profile"])]
    pub(crate) all: bool,
    /// Write the page again every so many seconds until every run has ended; an open page follows (exit code 4 if nobody
    /// has been at work for 30 looks)
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "5", conflicts_with_all = ["all", "out"])]
    pub(crate) watch: Option<f64>,
    /// Write into this folder, with a copy of the results and without links to the runs
    #[arg(long, value_name = "DIR", conflicts_with = "all")]
    pub(crate) out: Option<PathBuf>,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

impl Report {
    /// The sweep that is meant.
    pub(crate) fn sweep(&self) -> Finished {
        let pipeline = self.pipeline.clone().unwrap_or_default();
        Finished { pipeline, profile: self.profile.clone(), json: self.json }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) sweep: Finished,
    /// Look again every so many seconds until every run has ended (exit code 4 if nobody has been at work for 30 looks);
    /// with --json an object a line
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "2")]
    pub(crate) watch: Option<f64>,
}

#[derive(Debug, Args)]
pub(crate) struct Gc {
    /// Look through this pipeline's runs only [default: all]
    pub(crate) pipeline: Option<String>,
    /// Remove without asking
    #[arg(long)]
    pub(crate) yes: bool,
    /// Print as JSON; removes with --yes only
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Parity {
    /// Case files
    #[arg(required = true, value_name = "CASE")]
    pub(crate) cases: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) compute: Compute,
    /// Print the comparison as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Bench {
    #[command(flatten)]
    pub(crate) compute: Compute,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Worker {
    #[arg(long)]
    pub(crate) manifest: PathBuf,
    #[arg(long)]
    pub(crate) index: usize,
    #[arg(long, default_value_t = 30.0)]
    pub(crate) checkpoint_every: f64,
    /// Go on from what another type of CPU saved
    #[arg(long)]
    pub(crate) allow_other_cpu: bool,
    /// Save and stop when standard input ends: whoever started this worker is gone then, or wants it to stop
    #[arg(long)]
    pub(crate) lifeline: bool,
}
