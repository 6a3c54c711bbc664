//! Submitting to SLURM, with stand-ins for its programs.
#![cfg(unix)]

mod common;

use common::{PIPELINE, Toy, plan, resolve};
use egnn_sweep::{
    QueueState, SweepError, SweepPlan,
    slurm::{self, Cluster, Order, Role, SlurmOptions, Stages, Submission, Submitted},
};
use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

const TIMED_OUT: &str = "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation";

/// Stand-ins for SLURM's programs, and a project's folder.
struct Fake {
    folder: tempfile::TempDir,
}

impl Fake {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("bin")).unwrap();
        let fake = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slurm/fake");
        for program in ["sbatch", "squeue", "scontrol", "scancel", "sacct"] {
            symlink(&fake, folder.path().join("bin").join(program)).unwrap();
        }
        let fake = Self { folder };
        fake.write("scontrol.says", "Configuration data\nMaxArraySize            = 3\nMaxDBDMsgs = 1\n");
        fake.write("sacct.fails", &"Slurm accounting storage is disabled\n".repeat(20));
        fake
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("lab")
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.folder.path().join("bin").join(file), text).unwrap();
    }

    fn lines(&self, file: &str) -> Vec<String> {
        let text = fs::read_to_string(self.folder.path().join("bin").join(file)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Calls of one program.
    fn calls(&self, program: &str) -> Vec<String> {
        self.lines("calls").into_iter().filter(|line| line.starts_with(program)).collect()
    }

    fn cluster(&self) -> Cluster {
        let pauses = vec![Duration::ZERO; 3];
        Cluster { programs: Some(self.folder.path().join("bin")), pauses, ..Cluster::default() }
    }

    fn plan(&self) -> SweepPlan {
        plan(&self.root(), PIPELINE, "quick", &[])
    }

    fn submit(&self) -> Result<Submitted, SweepError> {
        submit(&self.plan(), false, &SlurmOptions::default(), &self.cluster())
    }

    /// Submits and expects jobs.
    fn jobs(&self) -> Submission {
        match self.submit().unwrap() {
            Submitted::Jobs(submission) => submission,
            nothing @ Submitted::Nothing { .. } => panic!("{nothing:?}"),
        }
    }
}

struct Around;

impl Stages for Around {
    fn prepare(&self, plan: &Path) -> Command {
        let mut command = Command::new("/lab/egnn");
        command.args(["sweep", "toy", "--prepare", "--plan-out"]).arg(plan);
        command
    }

    fn report(&self) -> Command {
        let mut command = Command::new("/lab/egnn");
        command.args(["report", "toy"]);
        command
    }
}

fn worker(manifest: &Path, index: usize) -> Command {
    let mut command = Command::new("/lab/egnn");
    command.arg("worker").arg(manifest).arg(index.to_string()).env("THREADS", "1 or 2");
    command
}

fn order<'a>(plan: &'a SweepPlan, data_missing: bool, options: &'a SlurmOptions, trainer: &'a Toy) -> Order<'a> {
    Order { plan, data_missing, options, trainer, stages: &Around, command: "egnn sweep toy --executor slurm" }
}

fn submit(
    plan: &SweepPlan,
    data_missing: bool,
    options: &SlurmOptions,
    cluster: &Cluster,
) -> Result<Submitted, SweepError> {
    slurm::submit(&order(plan, data_missing, options, &Toy { worker }), cluster)
}

#[test]
fn runs_are_arrays_below_the_clusters_limit_and_the_report_waits_for_all() {
    let fake = Fake::new();
    let submission = fake.jobs();
    let calls = fake.calls("sbatch");
    assert_eq!(calls.len(), 3, "{calls:?}");
    assert!(calls[0].contains(" --array=0-2 ") && calls[0].ends_with("/slurm/001/tasks.sh 0"), "{}", calls[0]);
    assert!(calls[1].contains(" --array=0 ") && calls[1].ends_with("/slurm/001/tasks.sh 3"), "{}", calls[1]);
    assert!(calls[2].contains(" --dependency=afterany:101:102 "), "{}", calls[2]);
    let ids: Vec<_> = submission.jobs.iter().map(|job| job.id.as_deref().unwrap()).collect();
    assert_eq!(ids, ["101", "102", "103"]);
    let plan = fs::read_to_string(submission.folder().join("plan.json")).unwrap();
    assert_eq!(plan, fs::read_to_string(fake.plan().folder.join("plan.json")).unwrap());
}

#[test]
fn missing_data_are_made_first_and_nothing_waits_for_ever() {
    let fake = Fake::new();
    let submitted = submit(&fake.plan(), true, &SlurmOptions::default(), &fake.cluster()).unwrap();
    let Submitted::Jobs(submission) = submitted else { panic!("{submitted:?}") };
    assert_eq!(submission.jobs[0].role, Role::Data);
    let calls = fake.calls("sbatch");
    assert!(calls[0].ends_with("data.sh"), "{}", calls[0]);
    for array in &calls[1..3] {
        assert!(array.contains(" --dependency=afterok:101 --kill-on-invalid-dep=yes "), "{array}");
    }
    assert!(!submission.folder().join("plan.json").exists(), "the data job writes it");
    // While that job is there, no second one.
    fake.write("squeue.says", &format!("{}|101|N/A|PENDING||Priority\n", submission.jobs[0].name));
    let again = submit(&fake.plan(), true, &SlurmOptions::default(), &fake.cluster()).unwrap();
    assert!(matches!(again, Submitted::Nothing { makes_data: true, .. }), "{again:?}");
}

#[test]
fn a_busy_controller_is_asked_again_and_nothing_is_submitted_twice() {
    let fake = Fake::new();
    let busy = "Unable to contact slurm controller (connect failure)";
    fake.write("sbatch.fails", &format!("ACCEPTED {TIMED_OUT}\n{TIMED_OUT}\n{busy}\n"));
    fake.write("lookup.fails", "slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n");
    let submission = fake.jobs();
    let names: Vec<_> = submission.jobs.iter().map(|job| job.name.clone()).collect();
    assert_eq!(fake.lines("accepted"), names, "each job once");
    assert_eq!(submission.jobs[0].id.as_deref(), Some("101"), "found by its name");
    assert_eq!(fake.calls("sbatch").len(), 5);
}

#[test]
fn a_controller_that_stays_away_is_the_environments_fault_and_the_doubt_is_named() {
    let fake = Fake::new();
    fake.write("sbatch.fails", &format!("{TIMED_OUT}\n").repeat(9));
    let error = fake.submit().unwrap_err();
    assert!(error.is_environment());
    let said = error.to_string();
    assert!(said.contains("Socket timed out") && said.contains("squeue --name=egnn-toy-quick-001-"), "{said}");
}

#[test]
fn a_refusal_is_told_at_once_and_what_was_submitted_is_taken_back() {
    let fake = Fake::new();
    let refusal = "sbatch: error: invalid partition specified: shrot";
    // The first array is taken.
    fake.write("sbatch.fails", &format!("\n{refusal}\n"));
    let error = fake.submit().unwrap_err();
    assert!(!error.is_environment());
    assert!(error.to_string().contains("invalid partition specified: shrot"), "{error}");
    assert_eq!(fake.calls("sbatch").len(), 2, "no second try");
    assert_eq!(fake.calls("scancel"), ["scancel 101"]);
}

#[test]
fn a_job_that_is_accepted_late_is_cancelled() {
    let fake = Fake::new();
    fake.write("sbatch.fails", &format!("LATE {TIMED_OUT}\n"));
    let ids: Vec<_> = fake.jobs().jobs.into_iter().map(|job| job.id.unwrap()).collect();
    assert_eq!(ids, ["102", "103", "104"]);
    assert_eq!(fake.calls("scancel"), ["scancel 101"]);

    let fake = Fake::new();
    fake.write("sbatch.fails", &format!("LATE {TIMED_OUT}\nsbatch: error: invalid account\n"));
    let error = fake.submit().unwrap_err();
    assert!(error.to_string().contains("invalid account"), "{error}");
    assert_eq!(fake.calls("scancel"), ["scancel 101"]);
}

#[test]
fn what_cannot_be_taken_back_is_named() {
    let fake = Fake::new();
    fake.write("sbatch.fails", "\nsbatch: error: invalid account\n");
    fake.write("scancel.fails", &"scancel: error: Unable to contact slurm controller\n".repeat(9));
    let error = fake.submit().unwrap_err();
    assert!(error.is_environment());
    let said = error.to_string();
    assert!(said.contains("invalid account") && said.contains("`egnn cancel toy --profile quick`"), "{said}");
}

#[test]
fn arrays_share_the_throttle() {
    for (throttle, share) in [("throttle=5", "%2 "), ("throttle=1", "%1 ")] {
        let fake = Fake::new();
        submit(&fake.plan(), false, &SlurmOptions::parse(&[throttle]).unwrap(), &fake.cluster()).unwrap();
        let calls = fake.calls("sbatch");
        assert!(calls[..2].iter().all(|call| call.contains(share)), "{calls:?}");
    }
}

#[test]
fn variables_of_sbatch_do_not_go_over_what_is_said() {
    let name = "variables_of_sbatch_do_not_go_over_what_is_said";
    if std::env::var_os("SBATCH_WAIT").is_none() {
        // A process's own variables are for all its tests.
        let mut child = Command::new(std::env::current_exe().unwrap());
        for name in ["WAIT", "PARTITION", "OUTPUT", "EXCLUSIVE", "ACCOUNT"] {
            child.env(format!("SBATCH_{name}"), "1");
        }
        assert!(child.args(["--exact", name]).stdout(Stdio::null()).status().unwrap().success());
        return;
    }
    let fake = Fake::new();
    let options = SlurmOptions::parse(&["partition=short", "options=--nice=5 --exclusive=user"]).unwrap();
    submit(&fake.plan(), false, &options, &fake.cluster()).unwrap();
    assert_eq!(fake.lines("environment"), ["SBATCH_ACCOUNT=1"; 3]);
}

#[test]
fn a_machine_without_slurm_is_told_what_works_there() {
    let fake = Fake::new();
    let cluster = Cluster { programs: Some(fake.root()), ..fake.cluster() };
    let error = submit(&fake.plan(), false, &SlurmOptions::default(), &cluster).unwrap_err();
    assert!(error.is_environment());
    let said = error.to_string();
    assert!(said.contains("--executor local") && said.contains("--print-scripts"), "{said}");
    assert!(!fake.root().exists(), "nothing is written");
}

#[test]
fn a_second_submission_leaves_alone_what_is_queued() {
    let fake = Fake::new();
    let first = fake.jobs();
    let name = &first.jobs[0].name;
    let other = "egnn-toy-quick-001-00000000-runs1";
    fake.write(
        "squeue.says",
        &format!("{name}|101|0|PENDING||Priority\n{name}|101|2|RUNNING|n7|None\n{other}|9|1|RUNNING|n7|None\n"),
    );
    let plan = fake.plan();
    let queued = slurm::queued_on(&fake.cluster(), &plan.folder, &plan).unwrap();
    let id = |index: usize| &plan.manifest.runs[index].id;
    assert_eq!(queued.len(), 2, "{queued:?}");
    assert_eq!(queued[id(0)].state, QueueState::Pending { reason: "Priority".into() });
    assert_eq!(queued[id(2)].state, QueueState::Running { node: "n7".into() });
    assert_eq!(queued[id(2)].job, "101_2");
    let second = fake.jobs();
    assert_eq!((second.number.as_str(), second.runs()), ("002", 2));
    assert_eq!(second.jobs[0].tasks, "1");
    let row = |job: usize, task: usize| format!("{}|{}|{task}|RUNNING|n7|None\n", first.jobs[job].name, 101 + job);
    // Between its turns a task is COMPLETING.
    let rows = [row(0, 0), row(0, 1), row(0, 2), row(1, 0).replace("RUNNING", "COMPLETING")];
    fake.write("squeue.says", &rows.concat());
    let third = fake.submit().unwrap();
    assert_eq!(third, Submitted::Nothing { finished: 0, queued: 4, makes_data: false });
}

#[test]
fn accounting_tells_how_tasks_ended_and_silence_is_no_error() {
    let fake = Fake::new();
    let plan = fake.plan();
    assert!(slurm::queued_on(&fake.cluster(), &plan.folder, &plan).unwrap().is_empty());
    assert!(fake.lines("calls").is_empty(), "nothing was submitted, nobody is asked");
    let name = fake.jobs().jobs[0].name.clone();
    fake.write("sacct.fails", "");
    fake.write("sacct.says", &format!("{name}|101_0|COMPLETED\n{name}|101_1|CANCELLED by 0\n{name}|101_2|TIMEOUT\n"));
    fake.write("squeue.says", &format!("{name}|101|2|PENDING||BeginTime\n"));
    let queued = slurm::queued_on(&fake.cluster(), &plan.folder, &plan).unwrap();
    let state = |index: usize| queued.get(&plan.manifest.runs[index].id).map(|queued| queued.state.clone());
    assert_eq!(state(0), None);
    assert_eq!(state(1), Some(QueueState::Ended { word: "CANCELLED".into() }));
    assert_eq!(state(2), Some(QueueState::Pending { reason: "BeginTime".into() }), "the queue is newer");
    let silent = Cluster { programs: Some(fake.root()), ..Cluster::once() };
    assert!(slurm::queued_on(&silent, &plan.folder, &plan).unwrap().is_empty());
}

#[test]
fn cancelling_ends_every_living_job_once() {
    let fake = Fake::new();
    let plan = fake.plan();
    assert!(slurm::cancel(&plan.folder, &fake.cluster()).unwrap().is_empty());
    let is_busy = || slurm::is_busy(&plan.folder, &fake.cluster()).unwrap();
    assert!(!is_busy());
    assert!(fake.lines("calls").is_empty(), "nothing was submitted, nobody is asked");
    let jobs = fake.jobs().jobs;
    assert!(!is_busy());
    let row = |job: usize, task: &str| format!("{}|{}|{task}|PENDING||Priority\n", jobs[job].name, 101 + job);
    fake.write("squeue.says", &(row(0, "0") + &row(0, "1") + &row(2, "N/A")));
    assert!(is_busy());
    assert_eq!(slurm::cancel(&plan.folder, &fake.cluster()).unwrap(), ["101", "103"]);
    assert_eq!(fake.calls("scancel"), ["scancel 101 103"]);
}

#[test]
fn print_scripts_shows_everything_that_would_be_submitted_and_writes_nothing() {
    let fake = Fake::new();
    let words = [
        "partition=short",
        "time=2:00:00",
        "memory=4G",
        "cpus=1",
        "throttle=2",
        "retries=5",
        "prologue=module load gcc",
        "options=--exclusive",
    ];
    let options = SlurmOptions::parse(&words).unwrap();
    let root = Path::new("/lab/it's 100%");
    let plan = plan(root, PIPELINE, "quick", &[]);
    let silent = Cluster { programs: Some(fake.root()), ..Cluster::once() };
    let preview = slurm::preview(&order(&plan, true, &options, &Toy { worker }), &silent).unwrap();
    assert!(preview.assumed.is_some());
    let scripts = preview.scripts.iter().map(|(path, text)| format!("# {}\n{text}", path.display()));
    let calls = preview.calls.iter().map(|call| format!("sbatch {}\n", call.join(" ")));
    insta::assert_snapshot!(scripts.chain(calls).collect::<String>());
    assert!(!fake.root().exists());
    let told = slurm::preview(&order(&plan, false, &options, &Toy { worker }), &fake.cluster()).unwrap();
    assert_eq!((told.assumed, told.calls.len()), (None, 3), "the cluster's limit is 3");
}

#[test]
fn the_slurm_section_is_located_when_wrong_and_changes_no_run() {
    let with = |section: &str| format!("{PIPELINE}slurm:\n{section}\n");
    let error = |section: &str| resolve(&with(section), "quick", &[]).unwrap_err().to_string();
    let lines = PIPELINE.lines().count();
    for (section, place, message) in [
        ("  partitoin: x", (2, 3), "did you mean 'partition'?"),
        ("  cpus: many", (2, 9), "'cpus' is a whole number from 1"),
        ("  partition: [a, b]", (2, 14), "'partition' cannot be a list"),
        ("  prologue: [module load gcc, \"a\\nb\"]", (2, 31), "single lines"),
        ("  time: 1", (2, 9), "3 minutes at least"),
    ] {
        let said = error(section);
        let (line, column) = (lines + place.0, place.1);
        assert!(said.starts_with(&format!("pipelines/toy.yaml:{line}:{column}: ")), "{said}");
        assert!(said.contains(message), "{said}");
    }
    let refined = with("  partition: long\n  time: 60").replace(
        "    set: {epochs: 10}\n",
        "    set: {epochs: 10}\n    slurm: {partition: short, prologue: [module load gcc]}\n",
    );
    let resolved = resolve(&refined, "quick", &[]).unwrap();
    assert_eq!(resolved.slurm.partition.as_deref(), Some("short"));
    assert_eq!(resolved.slurm.time.as_deref(), Some("60"));
    assert_eq!(resolve(&refined, "paper", &[]).unwrap().slurm.partition.as_deref(), Some("long"));
    let root = Path::new("/lab");
    assert_eq!(plan(root, &refined, "quick", &[]), plan(root, PIPELINE, "quick", &[]));
}

/// The array's script with a worker that does `line`, started as a task of a cluster would be.
fn task(fake: &Fake, line: &str, restarts: &str, words: &[&str]) -> Child {
    fn shell(manifest: &Path, index: usize) -> Command {
        let mut command = Command::new("sh");
        command.arg(manifest.with_file_name("worker.sh")).arg(index.to_string());
        command
    }
    let plan = fake.plan();
    let (options, toy) = (SlurmOptions::parse(words).unwrap(), Toy { worker: shell });
    let submitted = slurm::submit(&order(&plan, false, &options, &toy), &fake.cluster()).unwrap();
    let Submitted::Jobs(submission) = submitted else { panic!("{submitted:?}") };
    fs::write(submission.folder().join("worker.sh"), format!("{line}\n")).unwrap();
    Command::new("sh")
        .arg(submission.folder().join("tasks.sh"))
        .arg("0")
        .env("PATH", format!("{}:{}", fake.folder.path().join("bin").display(), std::env::var("PATH").unwrap()))
        .env("SLURM_ARRAY_JOB_ID", "101")
        .env("SLURM_ARRAY_TASK_ID", "2")
        .env("SLURM_RESTART_COUNT", restarts)
        .env("MARK", fake.folder.path().join("mark"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_task_is_queued_again_if_it_was_stopped_or_crashed_and_not_too_often() {
    let requeued = "scontrol requeue 101_2".to_owned();
    for (line, restarts, code, again) in [
        ("exit 0", "0", 0, false),
        ("exit 1", "0", 1, false),
        ("exit 2", "0", 2, false),
        ("exit 3", "1", 3, true),
        ("exit 3", "2", 3, false),
        ("exit 4", "0", 4, true),
        ("exit 4", "1", 4, true),
        ("exit 4", "2", 4, false),
        ("kill -KILL $$", "0", 137, true),
        ("kill -KILL $$", "2", 137, false),
    ] {
        let fake = Fake::new();
        let status = task(&fake, line, restarts, &[]).wait().unwrap();
        assert_eq!(status.code(), Some(code), "{line}");
        assert_eq!(fake.lines("calls").contains(&requeued), again, "{line}, {restarts} restarts");
    }
}

#[test]
fn a_controller_that_is_busy_is_asked_again_to_queue_a_task() {
    for (failures, pauses) in [(2, &["sleep 1", "sleep 5"][..]), (9, &["sleep 1", "sleep 5", "sleep 25"])] {
        let fake = Fake::new();
        let bin = fake.folder.path().join("bin");
        symlink(bin.join("scontrol"), bin.join("sleep")).unwrap();
        let mut script = task(&fake, "while ! test -e \"$MARK\"; do :; done; exit 4", "0", &[]);
        fake.write("scontrol.fails", &"Unable to contact slurm controller\n".repeat(failures));
        fs::write(fake.folder.path().join("mark"), "").unwrap();
        assert_eq!(script.wait().unwrap().code(), Some(4));
        assert_eq!(fake.calls("sleep"), pauses);
        assert_eq!(fake.calls("scontrol requeue").len(), pauses.len() + 1);
    }
}

#[test]
fn a_prologue_may_change_the_shell() {
    for line in ["set -e", "set -u; set -e", "set -- 7 8"] {
        let fake = Fake::new();
        let prologue = format!("prologue={line}");
        let mut script = task(&fake, "echo \"$1\" >\"$MARK\"; exit 4", "0", &[&prologue]);
        assert_eq!(script.wait().unwrap().code(), Some(4), "{line}");
        assert_eq!(fs::read_to_string(fake.folder.path().join("mark")).unwrap(), "2\n", "{line}");
        assert_eq!(fake.calls("scontrol requeue").len(), 1, "{line}");
    }
}

#[test]
fn a_signal_for_the_script_reaches_the_worker_which_is_heard_to_its_end() {
    // A worker that takes its time to save, and says when it is ready to be told.
    let line = "trap 'sleep 0.2; exit 4' USR1; trap 'sleep 0.2; exit 5' TERM; echo $$ >\"$MARK.new\"; mv \"$MARK.new\" \"$MARK\"; while :; do sleep 0.05; done";
    for (signal, to_worker, code, again) in [("USR1", false, 4, true), ("TERM", true, 5, false)] {
        let fake = Fake::new();
        let mut script = task(&fake, line, "0", &[]);
        let mark = fake.folder.path().join("mark");
        while !mark.exists() {
            assert!(script.try_wait().unwrap().is_none(), "the script ended early");
            thread::sleep(Duration::from_millis(5));
        }
        let script_id = script.id().to_string();
        // SLURM gives TERM to every process of a task.
        let to =
            if to_worker { format!("{} {script_id}", fs::read_to_string(&mark).unwrap().trim()) } else { script_id };
        assert!(Command::new("sh").args(["-c", &format!("kill -{signal} {to}")]).status().unwrap().success());
        assert_eq!(script.wait().unwrap().code(), Some(code), "{signal}");
        assert_eq!(!fake.calls("scontrol requeue").is_empty(), again, "{signal}");
    }
}
