//! One process in a folder at a time, and none for ever.

use egnn_store::{
    StoreError,
    fault::{self, Fault},
    lock::FolderLock,
};
use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

#[test]
fn a_lock_excludes_until_it_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let lock = FolderLock::acquire(folder.path(), "sweep").unwrap();
    let error = FolderLock::acquire(folder.path(), "sweep").unwrap_err();
    assert!(error.is_environment());
    let text = error.to_string();
    assert!(text.contains(folder.path().to_str().unwrap()), "{text}");
    assert!(text.contains(&format!("(pid {})", std::process::id())), "{text}");
    FolderLock::acquire(folder.path(), "generate").expect("another purpose has another lock");
    drop(lock);
    FolderLock::acquire(folder.path(), "sweep").unwrap();
}

#[test]
fn a_look_tells_whether_a_lock_is_held_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    assert!(!FolderLock::is_held(folder.path(), "run"));
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none(), "nothing was made");
    let lock = FolderLock::acquire(folder.path(), "run").unwrap();
    assert!(FolderLock::is_held(folder.path(), "run"));
    assert!(!FolderLock::is_held(folder.path(), "sweep"));
    drop(lock);
    assert!(!FolderLock::is_held(folder.path(), "run"), "its file stays, its owner does not");
    FolderLock::acquire(folder.path(), "run").unwrap();
}

#[test]
fn a_missing_folder_and_one_that_may_not_be_written_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let error = FolderLock::acquire(&folder.path().join("no"), "sweep").unwrap_err();
    assert!(matches!(error, StoreError::Missing { .. }), "{error}");
    let _guard = fault::inject(Fault::PermissionDenied);
    let error = FolderLock::acquire(folder.path(), "sweep").unwrap_err();
    assert!(error.is_environment() && matches!(error, StoreError::Permission { .. }), "{error}");
}

/// Run by `a_killed_owner_gives_its_lock_back` in a process of its own.
#[test]
#[ignore = "a part of another test"]
fn child_holds() {
    let folder = std::env::var_os("EGNN_TEST_CHILD_FOLDER").expect("called by its parent");
    let _lock = FolderLock::acquire(Path::new(&folder), "sweep").unwrap();
    fs::write(Path::new(&folder).join("ready"), "").unwrap();
    std::thread::sleep(Duration::from_mins(1));
}

/// A child that is killed whatever happens to the test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_killed_owner_gives_its_lock_back() {
    let folder = tempfile::tempdir().unwrap();
    let child = Killed(
        Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "child_holds"])
            .env("EGNN_TEST_CHILD_FOLDER", folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap(),
    );
    let began = Instant::now();
    while !folder.path().join("ready").exists() {
        assert!(began.elapsed() < Duration::from_secs(30), "the child never took the lock");
        std::thread::sleep(Duration::from_millis(5));
    }
    let pid = child.0.id();
    match FolderLock::acquire(folder.path(), "sweep") {
        Err(StoreError::Locked { owner, .. }) => assert_eq!(owner, Some(pid)),
        other => panic!("the child's lock does not hold: {other:?}"),
    }
    drop(child);
    FolderLock::acquire(folder.path(), "sweep").unwrap();
}
