//! What a finished run costs whoever looks at its sweep: one file is read for it, whatever is asked.
#![cfg(target_os = "linux")]

mod common;

use common::{
    PIPELINE, Shelf,
    history::{attempt, finished},
    platform, resolve,
};
use egnn_sweep::{End, Survey, SweepPlan, Watch, results};
use std::{collections::BTreeMap, fs, path::Path};

/// Times that this thread asked the system to read from a file, which for a small file read whole is twice: its content and
/// its end.
fn reads() -> u64 {
    let counters = fs::read_to_string("/proc/thread-self/io").unwrap();
    let reads = counters.lines().find_map(|line| line.strip_prefix("syscr: ")).unwrap();
    reads.parse().unwrap()
}

fn reads_of<T>(what: impl FnOnce() -> T) -> u64 {
    // Reading the counter counts, too.
    let (earlier, before) = (reads(), reads());
    what();
    reads() - before - (before - earlier)
}

/// A sweep with that many finished runs, as text and as plan.
fn finished_sweep(root: &Path, seeds: usize) -> (String, SweepPlan) {
    let seeds: Vec<String> = (1..=seeds).map(|seed| seed.to_string()).collect();
    let text = PIPELINE.replace("\n  seed: [1, 2]\n", &format!("\n  seed: [{}]\n", seeds.join(", ")));
    let plan = common::plan(root, &text, "quick", &[]);
    (0..plan.manifest.runs.len()).for_each(|index| attempt(&plan, index, 0, Some(&finished())));
    plan.manifest.write(&plan.folder).unwrap();
    (text, plan)
}

#[test]
fn one_file_is_read_for_a_finished_run() {
    let root = tempfile::tempdir().unwrap();
    let (text, plan) = finished_sweep(root.path(), 100);
    let runs = plan.manifest.runs.len() as u64;
    assert_eq!(runs, 200);
    let read_all = || End::read_all(&plan.manifest, &plan.folder).unwrap();
    results::write(&plan, &read_all()).unwrap();
    let resolved = resolve(&text, "quick", &[]).unwrap();
    let survey = || Survey::new(&resolved, root.path(), &Shelf::default(), &platform(), 2).unwrap();
    assert_eq!(survey().finished, 200);
    // Whatever does not grow with the runs: the plan, the end of results.parquet.
    let fixed = 40;
    let plan_again = reads_of(survey);
    let status = reads_of(|| Watch::new(&SweepPlan::load(&plan.folder).unwrap()).look(&BTreeMap::new()).unwrap());
    let up_to_date = reads_of(|| results::write(&plan, &read_all()).unwrap());
    for (what, reads) in [("planning", plan_again), ("status", status), ("results", up_to_date)] {
        assert!((2 * runs..2 * runs + fixed).contains(&reads), "{what}: {reads} reads for {runs} runs");
    }
    // Of what ended nothing is read again.
    let mut watch = Watch::new(&plan);
    watch.look(&BTreeMap::new()).unwrap();
    assert_eq!(reads_of(|| watch.look(&BTreeMap::new()).unwrap()), 0);
}
