//! SLURM's programs, called patiently: a controller that is busy for a moment costs a pause and no sweep.

use std::{collections::BTreeSet, env, io, path::PathBuf, process::Command, thread, time::Duration};

/// Pauses between attempts, in seconds.
const PAUSES: [u64; 5] = [1, 2, 4, 8, 16];
/// What SLURM's programs say when trying again may help.
const TRANSIENT: [&str; 9] = [
    "timed out",
    "unable to contact slurm controller",
    "unable to connect",
    "connection refused",
    "connection reset",
    "temporarily unable",
    "temporarily unavailable",
    "zero bytes were transmitted",
    "transport endpoint",
];

/// Why the cluster did not do what it was asked to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClusterError {
    /// No SLURM here.
    #[error(
        "cannot start '{program}' ({reason}): this machine has no SLURM; go to a login node of the cluster, run here with \
         `--executor local`, or look at the scripts with `--print-scripts`"
    )]
    Missing {
        /// The program.
        program: &'static str,
        /// The system's words.
        reason: String,
    },
    /// It does not answer.
    #[error("the cluster does not answer: {said}; try again later{}", about(.job.as_deref()))]
    Unreachable {
        /// The program's last words.
        said: String,
        /// Name of a job of which is not known whether it was accepted.
        job: Option<String>,
    },
    /// It says no.
    #[error("'{program}' refuses: {said}; see the `slurm:` section of the pipeline and --slurm")]
    Refused {
        /// The program.
        program: &'static str,
        /// Its words.
        said: String,
    },
    /// A submission failed, and some of it may still be there.
    #[error("{cause}; and what was submitted before cannot be taken back ({reason}): end it with `{remedy}`")]
    Left {
        /// Why it failed.
        cause: String,
        /// Why it is still there.
        reason: String,
        /// The command that ends it.
        remedy: String,
    },
}

fn about(job: Option<&str>) -> String {
    job.map(|job| format!("; whether the job {job} was accepted, `squeue --name={job}` tells")).unwrap_or_default()
}

impl ClusterError {
    /// Whether the environment is in the way, not the input.
    pub fn is_environment(&self) -> bool {
        !matches!(self, Self::Refused { .. })
    }
}

type Result<T> = std::result::Result<T, ClusterError>;

/// The cluster, as its command-line programs show it.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// Folder of SLURM's programs; absent where they are on the PATH.
    pub programs: Option<PathBuf>,
    /// Pauses before further attempts.
    pub pauses: Vec<Duration>,
    /// Hears why an attempt failed and how long the pause is.
    pub waiting: fn(&str, Duration),
}

/// A job or task that the cluster knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Task {
    pub(super) name: String,
    /// Id of the job or of its array.
    pub(super) job: String,
    pub(super) id: Option<usize>,
    /// `PENDING`, `RUNNING`, ...
    pub(super) state: String,
    pub(super) node: String,
    pub(super) reason: String,
}

impl Default for Cluster {
    fn default() -> Self {
        Self { programs: None, pauses: PAUSES.map(Duration::from_secs).to_vec(), waiting: |_, _| () }
    }
}

impl Cluster {
    /// A cluster that is asked once.
    pub fn once() -> Self {
        Self { pauses: Vec::new(), ..Self::default() }
    }

    /// How many ids an array may have.
    pub(super) fn max_array_size(&self) -> Result<Option<usize>> {
        let text = self.patiently(|| self.call("scontrol", &["show".into(), "config".into()]))?;
        let line = text.lines().find_map(|line| line.trim().strip_prefix("MaxArraySize"));
        Ok(line.and_then(|rest| rest.trim().strip_prefix('=')?.trim().parse().ok()))
    }

    /// Submits the job of that name, which no other job has, and gives its id. `arguments` are all of `sbatch`'s, which
    /// does not see the variables `unset`.
    pub(super) fn submit(&self, name: &str, arguments: &[String], unset: &[String]) -> Result<String> {
        let mut in_doubt = false;
        let submitted = self.patiently(|| {
            // An attempt without an answer may have been heard.
            if in_doubt && let Some(job) = self.find(&[name])?.pop_first() {
                return Ok(job);
            }
            let said = self.call_without(unset, "sbatch", arguments);
            in_doubt |= matches!(said, Err(ClusterError::Unreachable { .. }));
            // `id` or `id;cluster`.
            said.map(|text| text.trim().split(';').next().unwrap_or_default().to_owned())
        });
        let only = |job: String| {
            if in_doubt {
                // It may even have been heard after the next attempt.
                let mut others = self.found(&[name])?;
                others.remove(&job);
                self.cancel(&Vec::from_iter(others))?;
            }
            Ok(job)
        };
        submitted.and_then(only).map_err(|error| match error {
            ClusterError::Unreachable { said, .. } => ClusterError::Unreachable { said, job: Some(name.to_owned()) },
            other => other,
        })
    }

    /// Ids of all jobs that were submitted under these names, in whatever state.
    pub(super) fn found(&self, names: &[&str]) -> Result<BTreeSet<String>> {
        self.patiently(|| self.find(names))
    }

    fn find(&self, names: &[&str]) -> Result<BTreeSet<String>> {
        let arguments = ["--noheader", "--states=all", "--format=%F"].map(str::to_owned);
        let text = self.call("squeue", &[&arguments[..], &[format!("--name={}", names.join(","))]].concat())?;
        Ok(text.split_whitespace().map(str::to_owned).collect())
    }

    /// Everything under these names that waits or works, a task a row.
    pub(super) fn queue(&self, names: &[&str]) -> Result<Vec<Task>> {
        let arguments = ["--noheader", "--array", "--format=%j|%F|%K|%T|%N|%r"].map(str::to_owned);
        let arguments = [&arguments[..], &[format!("--name={}", names.join(","))]].concat();
        let text = self.patiently(|| self.call("squeue", &arguments))?;
        let row = |line: &str| match line.trim().splitn(6, '|').collect::<Vec<_>>()[..] {
            [name, job, task, state, node, reason] => Some(Task {
                name: name.into(),
                job: job.into(),
                id: task.parse().ok(),
                state: state.into(),
                node: node.into(),
                reason: reason.into(),
            }),
            _ => None,
        };
        Ok(text.lines().filter_map(row).collect())
    }

    /// What accounting, if there is any, knows of these names since some seconds ago. Nodes and reasons are empty.
    pub(super) fn accounted(&self, names: &[&str], seconds: u64) -> Result<Vec<Task>> {
        let arguments = [
            "--noheader".into(),
            "--parsable2".into(),
            "--allocations".into(),
            "--format=JobName,JobID,State".into(),
            format!("--starttime=now-{seconds}seconds"),
            format!("--name={}", names.join(",")),
        ];
        let text = self.patiently(|| self.call("sacct", &arguments))?;
        let row = |line: &str| {
            let [name, id, state] = line.trim().splitn(3, '|').collect::<Vec<_>>()[..] else { return None };
            let (job, id) = id.split_once('_').map_or((id, None), |(job, id)| (job, id.parse().ok()));
            let state = state.split_whitespace().next().unwrap_or_default();
            let (node, reason) = (String::new(), String::new());
            Some(Task { name: name.into(), job: job.into(), id, state: state.into(), node, reason })
        };
        Ok(text.lines().filter_map(row).collect())
    }

    /// Ends jobs, whole arrays included.
    pub(super) fn cancel(&self, jobs: &[String]) -> Result<()> {
        if jobs.is_empty() {
            return Ok(());
        }
        self.patiently(|| self.call("scancel", jobs)).map(drop)
    }

    fn patiently<T>(&self, mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
        let mut pauses = self.pauses.iter();
        loop {
            match attempt() {
                Err(ClusterError::Unreachable { said, job }) => {
                    let Some(pause) = pauses.next() else { return Err(ClusterError::Unreachable { said, job }) };
                    (self.waiting)(&said, *pause);
                    thread::sleep(*pause);
                }
                other => return other,
            }
        }
    }

    fn call(&self, program: &'static str, arguments: &[String]) -> Result<String> {
        self.call_without(&[], program, arguments)
    }

    /// What a program prints. Variables that change what it shows are kept from it, and those of `unset`.
    fn call_without(&self, unset: &[String], program: &'static str, arguments: &[String]) -> Result<String> {
        let path = self.programs.as_ref().map_or_else(|| PathBuf::from(program), |folder| folder.join(program));
        let mut command = Command::new(path);
        command.args(arguments);
        let changing = |name: &str| ["SQUEUE_", "SACCT_", "SCANCEL_"].iter().any(|prefix| name.starts_with(prefix));
        for name in unset {
            command.env_remove(name);
        }
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_str().is_some_and(changing)) {
            command.env_remove(name);
        }
        let output = command.output().map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => {
                ClusterError::Unreachable { said: format!("'{program}' cannot be started: {error}"), job: None }
            }
            _ => ClusterError::Missing { program, reason: error.to_string() },
        })?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let words = String::from_utf8_lossy(&output.stderr);
        let mut said: Vec<&str> = words.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        said.dedup();
        let said = if said.is_empty() { output.status.to_string() } else { said.join("; ") };
        let lower = said.to_lowercase();
        if TRANSIENT.iter().any(|sign| lower.contains(sign)) {
            return Err(ClusterError::Unreachable { said, job: None });
        }
        Err(ClusterError::Refused { program, said })
    }
}
