//! Memory for a run of a large sweep.
#![cfg(target_os = "linux")]

mod common;

use common::{Lab, fabricate};
use std::{
    io::Read,
    process::{Command, Stdio},
};

/// Largest resident memory of `egnn <arguments>` when it begins to print, which is when it has everything. It prints more than a
/// pipe holds, so that it is still there to be asked.
fn peak(lab: &Lab, arguments: &[&str]) -> u64 {
    let mut child = Command::new(env!("CARGO_BIN_EXE_egnn"))
        .current_dir(lab.path(""))
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut [0]).unwrap();
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().unwrap();
    let mut rest = Vec::new();
    out.read_to_end(&mut rest).unwrap();
    assert!(rest.len() > 100_000, "{arguments:?} prints {} bytes, which fit into a pipe", rest.len());
    assert!(child.wait().unwrap().success());
    kib * 1024
}

#[test]
fn memory_for_a_run_is_bounded() {
    let lab = Lab::new();
    lab.ok(&["generate", "nbody", "nbody_smoke"]);
    let mut peaks = Vec::new();
    for seeds in [100, 200] {
        fabricate::write_pipeline(&lab, seeds);
        let planning = peak(&lab, &["sweep", fabricate::MANY, "--dry-run", "--json"]);
        let plan = fabricate::plan(&lab);
        assert_eq!(plan.manifest.runs.len(), 20 * seeds);
        fabricate::finish_all(&plan);
        peaks.push([planning, peak(&lab, &["status", fabricate::MANY, "--json"])]);
    }
    for (what, few, many) in [("planning", peaks[0][0], peaks[1][0]), ("status", peaks[0][1], peaks[1][1])] {
        let of_a_run = many.saturating_sub(few) / (100 * 20);
        assert!(of_a_run < 20_000, "{what}: {of_a_run} bytes a run");
    }
}
