//! What a sweep leaves behind, and sweeps that are killed.

use super::{Lab, json};
use egnn_sweep::RunFolder;
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

/// The semantic part of results.parquet as CSV.
pub(crate) fn semantic(lab: &Lab, results: &str) -> String {
    let circumstantial: Vec<_> =
        egnn_schema::columns::results::CIRCUMSTANTIAL.iter().map(|column| column.name).collect();
    let all = lab.ok(&["query", "--format", "csv", &format!("SELECT * FROM read_parquet('{results}') LIMIT 1")]).stdout;
    let columns: Vec<_> =
        all.lines().next().unwrap().split(',').filter(|name| !circumstantial.contains(name)).collect();
    assert!(columns.len() > 25, "{columns:?}");
    let sql = format!("SELECT {} FROM read_parquet('{results}') ORDER BY run", columns.join(", "));
    lab.ok(&["query", "--format", "csv", &sql]).stdout
}

/// The folders of a sweep's runs, sorted.
pub(crate) fn runs(lab: &Lab, sweep: &str) -> Vec<PathBuf> {
    let Ok(runs) = std::fs::read_dir(lab.path(sweep).join("runs")) else { return Vec::new() };
    let mut runs: Vec<_> = runs.map(|run| run.unwrap().path()).collect();
    runs.sort();
    runs
}

/// Evaluations on record in all runs of a sweep.
pub(crate) fn evaluations(lab: &Lab, sweep: &str) -> usize {
    let of_run = |run: &PathBuf| {
        let events = std::fs::read_to_string(RunFolder::at(run).live_events()).unwrap_or_default();
        events.lines().filter(|line| line.contains("\"evaluated\"")).count()
    };
    runs(lab, sweep).iter().map(of_run).sum()
}

/// Sends a signal to a process; whether there was one.
pub(crate) fn signal(signal: &str, process: u32) -> bool {
    Command::new("kill").args([signal, &process.to_string()]).stderr(Stdio::null()).status().unwrap().success()
}

/// Process ids of the workers that work in the lab.
pub(crate) fn workers(lab: &Lab) -> Vec<u32> {
    let here = lab.path("").canonicalize().unwrap();
    let is_worker = |process: &Path| {
        let command = std::fs::read(process.join("cmdline")).unwrap_or_default();
        std::fs::read_link(process.join("cwd")).is_ok_and(|folder| folder == here)
            && command.split(|&byte| byte == 0).any(|word| word == b"worker")
    };
    let processes = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let id = |process: PathBuf| process.file_name()?.to_str()?.parse().ok().filter(|_| is_worker(&process));
    processes.filter_map(id).collect()
}

/// Starts the command again and again and kills it as soon as its sweep has each of some shares (in per cent) of `total`
/// evaluations: moments that fall into training on any machine. Then lets it finish.
pub(crate) fn kill_and_finish(lab: &Lab, arguments: &[&str], sweep: &str, total: usize, shares: &[usize]) {
    for percent in shares {
        let mut process = lab.spawn(arguments, Stdio::null());
        while evaluations(lab, sweep) < total * percent / 100 {
            assert!(process.try_wait().unwrap().is_none(), "the sweep ended before it could be killed at {percent} %");
            std::thread::sleep(Duration::from_millis(3));
        }
        process.kill().unwrap();
        let status = process.wait().unwrap();
        assert!(status.code().is_none(), "killed in the middle of its work, at {percent} %: {status}");
    }
    lab.ok(arguments);
    let attempts = format!("SELECT MAX(attempts) AS most FROM read_parquet('{sweep}/results.parquet')");
    let rows = json(&lab.ok(&["query", "--json", &attempts]).stdout);
    assert!(rows[0]["most"].as_u64().unwrap() > 1, "some run was resumed: {rows}");
}

/// Asserts that two sweeps have equal results, histories and files; gives the results as CSV.
pub(crate) fn assert_equal_sweeps(lab: &Lab, one: &str, other: &str) -> String {
    let results = semantic(lab, &format!("{one}/results.parquet"));
    assert_eq!(results, semantic(lab, &format!("{other}/results.parquet")));
    for run in runs(lab, one) {
        let twin = lab.path(other).join("runs").join(run.file_name().unwrap());
        for file in ["model.safetensors", "predictions.parquet"] {
            assert!(
                std::fs::read(run.join(file)).unwrap() == std::fs::read(twin.join(file)).unwrap(),
                "{}/{file}",
                run.display()
            );
        }
        let history = |run: &PathBuf| {
            let path = run.join("metrics.parquet");
            let sql = format!(
                "SELECT epoch, step, train_loss, valid_loss, best_valid_loss, best_epoch FROM read_parquet('{}')",
                path.display()
            );
            lab.ok(&["query", "--format", "csv", &sql]).stdout
        };
        assert_eq!(history(&run), history(&twin));
    }
    results
}
