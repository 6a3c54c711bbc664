//! Memory for a run of a large sweep.
#![cfg(target_os = "linux")]

mod common;

use common::{Lab, fabricate};
use std::{fs, process::Stdio, thread, time::Duration};

/// Largest resident memory of `egnn <arguments>`. It is asked for until the process has ended, and only grows: what is missed is the
/// last moment, in which memory is freed.
fn peak(lab: &Lab, arguments: &[&str]) -> u64 {
    let mut child = lab.spawn(arguments, Stdio::null());
    let path = format!("/proc/{}/status", child.id());
    let mut kib = 0;
    let status = loop {
        let status = fs::read_to_string(&path).unwrap_or_default();
        // A process that has ended says nothing about its memory.
        if let Some(line) = status.lines().find_map(|line| line.strip_prefix("VmHWM:")) {
            kib = line.trim().trim_end_matches("kB").trim().parse().unwrap();
        }
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        thread::sleep(Duration::from_millis(1));
    };
    assert!(status.success() && kib > 0, "egnn {arguments:?}: {status}, {kib} kB");
    kib * 1024
}

/// The smaller of two peaks of a command that may be repeated: a loaded machine lets threads hold more at a time.
fn least(lab: &Lab, arguments: &[&str]) -> u64 {
    peak(lab, arguments).min(peak(lab, arguments))
}

/// Peaks of the commands with that many runs.
fn peaks(lab: &Lab, runs: usize) -> [(&'static str, u64); 5] {
    fabricate::write_pipeline(lab, runs / 20);
    let planning = least(lab, &["sweep", fabricate::MANY, "--dry-run", "--json"]);
    let plan = fabricate::plan(lab);
    assert_eq!(plan.manifest.runs.len(), runs);
    fabricate::finish_all(&plan);
    let status = least(lab, &["status", fabricate::MANY, "--json"]);
    let report = least(lab, &["report", fabricate::MANY]);
    let folder = fabricate::folder(lab);
    let (results, page) = (folder.join("results.parquet"), folder.join("index.html"));
    let drawn = || fs::metadata(&page).unwrap().modified().unwrap();
    let (first, before) = (fs::read(&results).unwrap(), drawn());
    let nothing = least(lab, &["sweep", fabricate::MANY]);
    fs::remove_file(&results).unwrap();
    let written = peak(lab, &["sweep", fabricate::MANY]);
    // The same results, and so the same page.
    assert!(fs::read(&results).unwrap() == first && drawn() == before);
    [
        ("planning", planning),
        ("status", status),
        ("a sweep with nothing to do", nothing),
        ("results", written),
        ("the report", report),
    ]
}

#[test]
fn memory_for_a_run_is_bounded() {
    let mut lab = Lab::new();
    // What is held is measured, not what the allocator keeps of what was freed.
    lab.environment.push(("MIMALLOC_PURGE_DELAY", "0".into()));
    lab.ok(&["generate", "nbody", "nbody_smoke"]);
    let (few, many) = (1000, 5000);
    for ((what, less), (_, more)) in peaks(&lab, few).into_iter().zip(peaks(&lab, many)) {
        let of_a_run = more.saturating_sub(less) / (many - few) as u64;
        assert!(of_a_run < 4_000, "{what}: from {less} to {more} bytes, {of_a_run} a run");
    }
}
