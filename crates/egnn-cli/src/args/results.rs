//! Commands that ask what sweeps have left: `query` and `compare`.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// What follows the options of `query`.
pub(super) const QUERY: &str = "\
Examples:
  egnn query --pipeline nbody-sizes \"SELECT model, AVG(test_mse) AS mse FROM results GROUP BY model\"
  egnn query --pipeline 'nbody*' --profile '*' \"SELECT pipeline, profile, COUNT(*) AS runs FROM results GROUP BY pipeline, profile\"
  egnn query --named                                  the queries with names, and their SQL
  egnn query --named best-by-model                    over all pipelines and profiles
  egnn query --named mean-by-model --pipeline 'published/*' --out means.csv
  egnn query \"SELECT epoch, valid_loss FROM read_parquet('reports/nbody/quick/runs/*/metrics.parquet')\"

Table results has the rows of all matching sweeps, with columns pipeline and profile in front and variant: the settings in \
which a run differs from the others of its model there. Every documented column is there, null where a task has none.
Patterns: * any letters, ? one, commas between several; reports/published is 'published/PIPELINE'.";

/// What follows the options of `compare`.
pub(super) const COMPARE: &str = "\
Examples:
  egnn compare nbody/quick nbody/egnn-300
  egnn compare published/nbody-sizes nbody-sizes      the profile is quick where none is named
  egnn compare old/results.parquet new/results.parquet --exit-code && echo equal

Runs of one model are compared where the settings that tell runs apart in A or B agree, and seed by seed where both have \
the seed; differences are B - A. Exit code 0 whether they differ or not, 1 if they do with --exit-code, 2 if there is \
nothing to compare.";

#[derive(Debug, Args)]
pub(crate) struct Query {
    /// The SQL; it only reads: SELECT, WITH or SHOW
    #[arg(conflicts_with = "named")]
    pub(crate) sql: Option<String>,
    /// Run a query that has a name; without NAME, list them with their SQL
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "")]
    pub(crate) named: Option<String>,
    /// Make the results of these pipelines available as table `results` [default: none; with --named all]
    #[arg(long, value_name = "PATTERN")]
    pub(crate) pipeline: Option<String>,
    /// Profiles of the pipelines [default: quick; with --named all]
    #[arg(long, value_name = "PATTERN")]
    pub(crate) profile: Option<String>,
    /// Output [default: what the ending of --out says, or table]
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
    /// Write into this file, whole or not at all [default: print]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Aligned columns
    Table,
    /// Comma-separated values
    Csv,
    /// An array of objects
    Json,
    /// Parquet, which `egnn query` can read again
    Parquet,
}

#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// PIPELINE, PIPELINE/PROFILE, a report's folder, or a results.parquet
    pub(crate) a: String,
    /// Likewise
    pub(crate) b: String,
    /// Exit code 1 if the results differ
    #[arg(long)]
    pub(crate) exit_code: bool,
    /// Print as JSON, every number in full
    #[arg(long)]
    pub(crate) json: bool,
}
