//! What may be removed, and what never is.

mod common;

use common::{PIPELINE, history::finish_all};
use egnn_store::lock::FolderLock;
use egnn_sweep::{
    RunFolder, SweepPlan,
    gc::{Found, Planned, Why, find, remove},
};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// A sweep whose plan has one model less than its runs.
fn shrunk(root: &Path) -> (SweepPlan, SweepPlan) {
    let all = common::plan(root, PIPELINE, "quick", &[]);
    finish_all(&all);
    let few = common::plan(root, &PIPELINE.replace("[alpha, beta]", "[alpha]"), "quick", &[]);
    few.manifest.write(&few.folder).unwrap();
    (all, few)
}

fn nothing_else(_: &str, _: &str) -> Planned {
    Planned::Runs(BTreeSet::new())
}

fn look(root: &Path) -> Found {
    find(&root.join("reports"), None, &nothing_else).unwrap()
}

fn run(plan: &SweepPlan, index: usize) -> PathBuf {
    RunFolder::new(&plan.folder, &plan.manifest.runs[index].id).path().to_owned()
}

fn paths(found: &Found) -> Vec<PathBuf> {
    found.garbage.iter().map(|garbage| garbage.path.clone()).collect()
}

#[test]
fn runs_that_nothing_refers_to_are_found_and_removed_and_no_other() {
    let root = tempfile::tempdir().unwrap();
    let (all, few) = shrunk(root.path());
    let found = look(root.path());
    assert_eq!(paths(&found), [run(&all, 2), run(&all, 3)]);
    assert!(found.skipped.is_empty());
    let bytes: u64 = fs::read_dir(run(&all, 2)).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum();
    assert_eq!((found.garbage[0].bytes, found.garbage[0].why), (bytes, Why::NotPlanned));
    // The profile plans it now, though no sweep was run since.
    let planned = |pipeline: &str, sweep: &str| {
        assert_eq!((pipeline, sweep), ("toy", "quick"));
        Planned::Runs(BTreeSet::from([all.manifest.runs[2].id.clone()]))
    };
    let found = find(&root.path().join("reports"), None, &planned).unwrap();
    assert_eq!(paths(&found), [run(&all, 3)]);
    assert!(remove(&found.garbage).unwrap().is_empty());
    assert!(!run(&all, 3).exists() && run(&all, 2).exists());
    assert!((0..2).all(|index| run(&few, index).join("done.json").exists()));
    assert_eq!(fs::read_dir(few.folder.join("runs")).unwrap().count(), 3, "nothing is left under another name");
    assert_eq!(find(&root.path().join("reports"), Some("other"), &nothing_else).unwrap(), Found::default());
}

#[test]
fn what_is_not_ours_is_neither_listed_nor_touched() {
    let root = tempfile::tempdir().unwrap();
    let (all, few) = shrunk(root.path());
    let reports = root.path().join("reports");
    for foreign in [
        "toy/quick/runs/notes",
        "toy/quick/runs/beta-10-seed1-0123456789",
        "toy/quick/pictures",
        "toy/notes/runs/mine",
        "train/egnn-0123456789",
        "published/toy/quick/runs/beta-0123456789",
        "loose",
    ] {
        fs::create_dir_all(reports.join(foreign)).unwrap();
        fs::write(reports.join(foreign).join("mine.txt"), "mine").unwrap();
    }
    fs::write(reports.join("published/toy/quick/runs/beta-0123456789/done.json"), "{}").unwrap();
    fs::write(reports.join("toy/quick/runs/beta-10-seed9-0123456789"), "a file").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(run(&all, 0), few.folder.join("runs/beta-10-seed8-0123456789")).unwrap();
    let found = look(root.path());
    assert_eq!(paths(&found), [run(&all, 2), run(&all, 3)]);
    remove(&found.garbage).unwrap();
    assert_eq!(fs::read_dir(few.folder.join("runs")).unwrap().count(), 2 + 4);
    assert!(run(&all, 0).join("done.json").exists());
}

#[test]
fn folders_that_cannot_be_judged_are_named_and_left_alone() {
    let root = tempfile::tempdir().unwrap();
    let (all, few) = shrunk(root.path());
    let reason = |planned: &dyn Fn(&str, &str) -> Planned| {
        let found = find(&root.path().join("reports"), None, planned).unwrap();
        assert!(found.garbage.is_empty(), "{found:?}");
        let [(folder, reason)] = &found.skipped[..] else { panic!("{found:?}") };
        assert_eq!(*folder, few.folder);
        reason.clone()
    };
    assert_eq!(reason(&|_, _| Planned::Unknown("a typo".into())), "a typo");
    let found = look(root.path());
    let lock = FolderLock::acquire(&few.folder, "sweep").unwrap();
    assert_eq!(reason(&nothing_else), "a sweep is at work in it");
    // One that began since the look.
    assert_eq!(remove(&found.garbage).unwrap(), [(few.folder.clone(), "a sweep is at work in it".into())]);
    drop(lock);
    fs::write(few.folder.join("plan.json"), "{").unwrap();
    assert!(reason(&nothing_else).contains("not a sweep's plan"), "{}", reason(&nothing_else));
    fs::remove_file(few.folder.join("plan.json")).unwrap();
    assert!(reason(&nothing_else).contains("there is no such plan"));
    assert!(run(&all, 2).exists());
}

#[test]
fn a_run_at_work_or_planned_again_meanwhile_stays() {
    let root = tempfile::tempdir().unwrap();
    let (all, _) = shrunk(root.path());
    let found = look(root.path());
    assert_eq!(found.garbage.len(), 2);
    let worker = FolderLock::acquire(&run(&all, 2), "run").unwrap();
    let at_work = (run(&all, 2), "a worker is at work in it".to_owned());
    assert_eq!(look(root.path()).skipped, std::slice::from_ref(&at_work));
    assert_eq!(remove(&found.garbage[..1]).unwrap(), [at_work]);
    drop(worker);
    all.manifest.write(&all.folder).unwrap();
    let again = |index: usize| (run(&all, index), "it is planned again".to_owned());
    assert_eq!(remove(&found.garbage).unwrap(), [again(2), again(3)]);
    assert!(run(&all, 2).exists() && run(&all, 3).exists());
}

#[test]
fn pipelines_that_are_gone_what_was_set_aside_and_half_removed_runs_are_told_apart() {
    let root = tempfile::tempdir().unwrap();
    let (all, few) = shrunk(root.path());
    fs::create_dir_all(few.folder.join("set-aside/beta-10-seed1-0123456789")).unwrap();
    fs::rename(run(&all, 3), few.folder.join("runs/.egnn-gc-beta")).unwrap();
    let whys = |found: &Found| found.garbage.iter().map(|garbage| garbage.why).collect::<Vec<_>>();
    let found = look(root.path());
    assert_eq!(whys(&found), [Why::HalfRemoved, Why::NotPlanned, Why::SetAside]);
    let gone = find(&root.path().join("reports"), Some("toy"), &|_, _| Planned::Gone).unwrap();
    assert_eq!(whys(&gone)[1..4], [Why::PipelineGone; 3]);
    assert_eq!((whys(&gone)[0], whys(&gone)[4], gone.garbage.len()), (Why::HalfRemoved, Why::SetAside, 5));
    assert!(remove(&gone.garbage).unwrap().is_empty());
    assert_eq!(fs::read_dir(few.folder.join("runs")).unwrap().count(), 0);
    assert_eq!(fs::read_dir(few.folder.join("set-aside")).unwrap().count(), 0);
    assert!(few.folder.join("plan.json").exists());
}
