//! Sweeps as jobs of a real SLURM cluster, which `tests/slurm/cluster` makes of this machine; and ending sweeps.
#![cfg(unix)]

mod common;

use common::{
    Lab, json,
    sweeps::{assert_equal_sweeps, evaluations, runs},
};
use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    thread,
    time::Duration,
};

/// One cluster for all tests. It stops when this process ends, however that comes, since its input does then.
static CLUSTER: OnceLock<Option<(Mutex<Child>, PathBuf)>> = OnceLock::new();
/// Tests take turns on it.
static TURN: Mutex<()> = Mutex::new(());

/// A workspace whose commands reach the cluster.
struct Site {
    lab: Lab,
    _turn: MutexGuard<'static, ()>,
}

/// Nothing, visibly, where there is no SLURM; that is a failure if `EGNN_REQUIRE_SLURM` is 1.
fn site() -> Option<Site> {
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let (_, folder) = CLUSTER.get_or_init(start).as_ref()?;
    let mut lab = Lab::new();
    lab.environment.push(("SLURM_CONF", folder.join("slurm.conf").display().to_string()));
    let site = Site { lab, _turn: turn };
    // Nothing of a test that failed stands in the way of the next.
    site.slurm(&["scancel", "--user=root"]);
    if site.slurm(&["sinfo", "--noheader", "--format=%T"]).contains("dr") {
        site.set("resume");
    }
    site.wait_for_the_end();
    Some(site)
}

fn start() -> Option<(Mutex<Child>, PathBuf)> {
    let shell = |line: &str| Command::new("sh").args(["-c", line]).output().unwrap().status.success();
    let lacking = if !shell("command -v slurmctld && command -v slurmd && command -v sbatch && command -v munged") {
        "slurm-wlm and munge are not installed"
    } else if !shell("test $(id -u) -eq 0") {
        "a cluster for tests is started by root only"
    } else {
        let mut child = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slurm/cluster"))
            .arg("lend")
            .env("CLUSTER_MAX_ARRAY_SIZE", "3")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut folder = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut folder).unwrap();
        assert!(!folder.is_empty(), "the cluster does not start");
        return Some((Mutex::new(child), PathBuf::from(folder.trim())));
    };
    assert!(std::env::var("EGNN_REQUIRE_SLURM").as_deref() != Ok("1"), "SLURM is required: {lacking}");
    // Past the harness, which keeps what passing tests print.
    std::io::stderr().write_all(format!("SKIPPED: {lacking}\n").as_bytes()).unwrap();
    None
}

impl Site {
    /// What a program of SLURM prints.
    fn slurm(&self, words: &[&str]) -> String {
        let output =
            Command::new(words[0]).args(&words[1..]).envs(self.lab.environment.iter().cloned()).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Rows like `12_0 RUNNING`.
    fn queue(&self) -> Vec<String> {
        let text = self.slurm(&["squeue", "--noheader", "--array", "--format=%i %T"]);
        text.lines().map(|line| line.trim().to_owned()).collect()
    }

    fn wait_for_the_end(&self) {
        wait_for(|| {
            let reasons = self.slurm(&["squeue", "--noheader", "--format=%i %r"]);
            assert!(!reasons.contains("Held"), "nobody will release these jobs: {reasons}");
            self.queue().is_empty()
        });
    }

    /// Sets the node's state.
    fn set(&self, state: &str) {
        let (node, state) = (format!("nodename={}", self.node()), format!("state={state}"));
        self.slurm(&["scontrol", "update", &node, &state, "reason=test"]);
    }

    /// Submits and gives the ids of the arrays.
    fn submit(&self, arguments: &[&str]) -> Vec<String> {
        let all =
            [&["sweep", "nbody-sizes", "--profile", "smoke", "--executor", "slurm", "--json"], arguments].concat();
        let said = json(&self.lab.ok(&all).stdout);
        let jobs = said["submission"]["jobs"].as_array().unwrap_or_else(|| panic!("{said}")).clone();
        let arrays = jobs.iter().filter(|job| job["role"] == "runs");
        arrays.map(|job| job["id"].as_str().unwrap().to_owned()).collect()
    }

    /// Finished runs of a sweep.
    fn finished(&self, name: &str) -> usize {
        runs(&self.lab, &format!("reports/nbody-sizes/{name}"))
            .iter()
            .filter(|run| run.join("done.json").exists())
            .count()
    }

    fn node(&self) -> String {
        self.slurm(&["sinfo", "--noheader", "--format=%n"]).trim().to_owned()
    }
}

fn wait_for(what: impl Fn() -> bool) {
    while !what() {
        thread::sleep(Duration::from_millis(50));
    }
}

/// Words of a sweep of three runs, each of some seconds.
fn long(name: &'static str) -> [&'static str; 6] {
    ["model=egnn", "train_samples=80", "seed=1,2,3", "steps=1200", "--name", name]
}

#[test]
fn a_sweep_from_nothing_to_a_page_is_the_same_as_on_this_machine() {
    let Some(site) = site() else { return };
    let lab = &site.lab;
    let arrays = site.submit(&["--name", "there"]);
    assert_eq!(arrays.len(), 3, "9 runs and no array above 3 tasks");
    let again = lab.ok(&["sweep", "nbody-sizes", "--profile", "smoke", "--name", "there", "--executor", "slurm"]);
    assert!(again.stdout.contains("nothing to submit"), "{}", again.stdout);
    let watcher = lab.spawn(&["status", "nbody-sizes", "--profile", "there", "--watch", "0.2"], Stdio::piped());
    site.wait_for_the_end();
    let watched = watcher.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&watched.stderr);
    assert!(watched.status.success() && stderr.contains("9 of 9 runs finished"), "{stderr}");
    let logs = lab.path("reports/nbody-sizes/there/slurm/001/logs");
    assert!(lab.path("reports/nbody-sizes/there/index.html").is_file(), "the report job; see {}", logs.display());
    for array in &arrays {
        for task in 0..3 {
            let log = std::fs::read_to_string(logs.join(format!("{array}_{task}.out"))).unwrap();
            assert!(log.contains(": finished, "), "{log}");
        }
    }
    lab.ok(&["sweep", "nbody-sizes", "--profile", "smoke", "--name", "here"]);
    assert_equal_sweeps(lab, "reports/nbody-sizes/here", "reports/nbody-sizes/there");
    let again = lab.ok(&["sweep", "nbody-sizes", "--profile", "smoke", "--name", "there", "--executor", "slurm"]);
    assert!(again.stdout.contains("all 9 runs are finished"), "{}", again.stdout);
    assert!(!lab.path("reports/nbody-sizes/there/slurm/002").exists());
}

#[test]
fn a_task_cancelled_from_outside_is_done_by_the_next_submission() {
    let Some(site) = site() else { return };
    let arrays = site.submit(&long("cancelled"));
    wait_for(|| evaluations(&site.lab, "reports/nbody-sizes/cancelled") > 0);
    site.slurm(&["scancel", &format!("{}_0", arrays[0])]);
    site.wait_for_the_end();
    assert_eq!(site.finished("cancelled"), 2);
    site.submit(&long("cancelled"));
    assert_eq!(site.queue().len(), 2, "one task and the report: {:?}", site.queue());
    site.wait_for_the_end();
    assert_eq!(site.finished("cancelled"), 3);
}

#[test]
fn killed_and_stopped_workers_are_queued_again_by_themselves() {
    let Some(site) = site() else { return };
    let array = site.submit(&long("killed")).remove(0);
    wait_for(|| running(&site.lab, "killed", 0).is_some() && running(&site.lab, "killed", 1).is_some());
    wait_for(|| evaluations(&site.lab, "reports/nbody-sizes/killed") > 5);
    let worker = running(&site.lab, "killed", 0).unwrap();
    assert!(Command::new("sh").args(["-c", &format!("kill -KILL {worker}")]).status().unwrap().success());
    // What SLURM sends a minute before the time limit.
    site.slurm(&["scancel", "--batch", "--signal=USR1", &format!("{array}_1")]);
    site.wait_for_the_end();
    assert_eq!(site.finished("killed"), 3);
    let log = |task: usize| site.lab.read(&format!("reports/nbody-sizes/killed/slurm/001/logs/{array}_{task}.out"));
    assert!(log(0).contains("ended with 137") && log(0).contains(": finished, "), "{}", log(0));
    assert!(log(1).contains("ended with 4") && log(1).contains(": finished, "), "{}", log(1));
}

/// The process of a run's worker.
fn running(lab: &Lab, sweep: &str, index: usize) -> Option<u32> {
    let manifest = lab.path(&format!("reports/nbody-sizes/{sweep}/slurm/001/plan.json"));
    let words = format!(
        "egnn\0--root\0{}\0worker\0--manifest\0{}\0--index\0{index}\0",
        lab.path("").display(),
        manifest.display()
    );
    let words = words.replace("/\0worker", "\0worker");
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).find(|process: &u32| {
        std::fs::read_to_string(format!("/proc/{process}/cmdline")).is_ok_and(|line| line.contains(&words))
    })
}

#[test]
fn a_node_that_is_drained_and_fails_delays_a_sweep_and_no_more() {
    let Some(site) = site() else { return };
    site.set("drain");
    site.lab.ok(&["generate", "nbody", "nbody_smoke"]);
    site.submit(&long("drained"));
    wait_for(|| site.slurm(&["squeue", "--noheader", "--format=%r"]).contains("ReqNodeNotAvail"));
    let status = site.lab.ok(&["status", "nbody-sizes", "--profile", "drained"]);
    assert_eq!(status.stdout.lines().filter(|line| line.starts_with("queued")).count(), 3, "{}", status.stdout);
    site.set("resume");
    wait_for(|| evaluations(&site.lab, "reports/nbody-sizes/drained") > 0);
    site.set("down");
    wait_for(|| !site.queue().iter().any(|row| row.ends_with("RUNNING") || row.ends_with("COMPLETING")));
    site.set("resume");
    site.wait_for_the_end();
    if site.finished("drained") < 3 {
        site.submit(&long("drained"));
        site.wait_for_the_end();
    }
    assert_eq!(site.finished("drained"), 3);
}

#[test]
fn data_that_cannot_be_made_take_their_runs_from_the_queue() {
    let Some(site) = site() else { return };
    site.submit(&["model=egnn", "--name", "full", "--slurm", "prologue=export EGNN_TEST_FAULT=disk-full"]);
    let early = site.lab.run(&["status", "nbody-sizes", "--profile", "full"]);
    assert!(early.code == 0 || early.stderr.contains("its data are still to be made"), "{}", early.stderr);
    site.wait_for_the_end();
    assert_eq!(site.finished("full"), 0);
    let logs = site.lab.path("reports/nbody-sizes/full/slurm/001/logs");
    let logs: Vec<_> = std::fs::read_dir(&logs).unwrap().map(|entry| entry.unwrap().path()).collect();
    let data = logs.iter().find(|path| path.to_string_lossy().contains("/data-")).unwrap();
    let said = std::fs::read_to_string(data).unwrap();
    assert!(said.contains("no space left"), "{said}");
    site.submit(&["model=egnn", "--name", "full"]);
    site.wait_for_the_end();
    assert_eq!(site.finished("full"), 3);
}

#[test]
fn cancel_ends_a_submitted_sweep_and_submitting_goes_on() {
    let Some(site) = site() else { return };
    site.submit(&long("ended"));
    wait_for(|| evaluations(&site.lab, "reports/nbody-sizes/ended") > 0);
    let said = site.lab.ok(&["cancel", "nbody-sizes", "--profile", "ended"]);
    assert!(said.stderr.contains("cancelled: "), "{}", said.stderr);
    site.wait_for_the_end();
    assert!(site.finished("ended") < 3);
    let said = site.lab.ok(&["cancel", "nbody-sizes", "--profile", "ended"]);
    assert!(said.stderr.contains("nothing to cancel"), "{}", said.stderr);
    site.submit(&long("ended"));
    site.wait_for_the_end();
    assert_eq!(site.finished("ended"), 3);
}

#[test]
fn a_wrong_partition_is_refused_with_slurms_words() {
    let Some(site) = site() else { return };
    let words = ["sweep", "nbody-sizes", "--profile", "smoke", "--executor", "slurm", "--slurm", "partition=shrot"];
    site.lab.fails(2, &words, "invalid partition specified: shrot");
    assert!(site.queue().is_empty());
}

#[test]
fn cancel_ends_a_sweep_of_this_machine() {
    let lab = Lab::new();
    lab.fails(2, &["cancel", "nbody-sizes", "--profile", "mine"], "no sweep was run");
    let arguments = ["sweep", "nbody-sizes", "--profile", "smoke", "steps=20000", "model=egnn", "--name", "mine"];
    let mut sweep = lab.spawn(&arguments, Stdio::null());
    while evaluations(&lab, "reports/nbody-sizes/mine") < 5 {
        assert!(sweep.try_wait().unwrap().is_none(), "it ended too early");
        thread::sleep(Duration::from_millis(5));
    }
    let said = lab.ok(&["cancel", "nbody-sizes", "--profile", "mine"]);
    assert!(said.stderr.contains(&format!("process {}", sweep.id())), "{}", said.stderr);
    assert_eq!(sweep.wait().unwrap().code(), Some(4));
    let said = lab.ok(&["cancel", "nbody-sizes", "--profile", "mine"]);
    assert!(said.stderr.contains("nothing to cancel"), "{}", said.stderr);
}

#[test]
fn scripts_are_printed_without_a_cluster_and_submitting_says_what_is_missing() {
    let mut lab = Lab::new();
    lab.environment.push(("PATH", "/nowhere".into()));
    let before = lab.files();
    let sweep = ["sweep", "nbody-sizes", "--profile", "smoke"];
    let printed = lab.ok(&[&sweep[..], &["--print-scripts", "--slurm", "time=1:00:00"]].concat());
    for part in
        ["#SBATCH --time=1:00:00", "--signal=B:USR1@60", "--prepare --plan-out", "--array=0-8 ", "report nbody-sizes"]
    {
        assert!(printed.stdout.contains(part), "{part}: {}", printed.stdout);
    }
    assert!(printed.stderr.contains("arrays of 1001 tasks are assumed"), "{}", printed.stderr);
    assert_eq!(lab.files(), before);
    lab.fails(3, &[&sweep[..], &["--executor", "slurm"]].concat(), "--executor local");
    lab.fails(2, &[&sweep[..], &["--slurm", "time=60"]].concat(), "--executor slurm");
    lab.fails(2, &[&sweep[..], &["--executor", "slurm", "--jobs", "2"]].concat(), "throttle");
    lab.fails(2, &[&sweep[..], &["--executor", "slurm", "--slurm", "tmie=60"]].concat(), "did you mean 'time'?");
}
