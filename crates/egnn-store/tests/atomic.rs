//! Files appear whole or not at all.

mod common;

use common::snapshot;
use egnn_store::{
    StoreError, atomic, checksum,
    fault::{self, Fault},
};
use std::{
    fs, io,
    process::{Command, Stdio},
};

#[test]
fn a_file_replaces_the_old_one_and_nothing_else_appears() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    fs::write(&path, "a much longer old content").unwrap();
    assert_eq!(atomic::write(&path, |out| out.write_all(b"new")).unwrap(), 3);
    assert_eq!(snapshot(folder.path()).into_iter().collect::<Vec<_>>(), [("a.txt".to_owned(), b"new".to_vec())]);
}

#[test]
fn the_checksum_on_the_way_is_that_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("big");
    let content: Vec<u8> = (0..300_000_u32).map(|i| (i.wrapping_mul(i) >> 3) as u8).collect();
    let written = atomic::write_hashed(&path, |out| {
        content.chunks(777).try_for_each(|chunk| out.write_all(chunk))?;
        out.write_all(b"end")
    })
    .unwrap();
    assert_eq!(written.bytes, 300_003);
    assert_eq!(written.checksum, checksum::file(&path).unwrap());
    assert_eq!(written.checksum, egnn_schema::hash::bytes(&fs::read(&path).unwrap()));
}

#[test]
fn json_is_indented_and_ends_with_a_line_break() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    atomic::write_json(&path, &serde_json::json!({"b": 0.1, "a": [1]})).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\n  \"a\": [\n    1\n  ],\n  \"b\": 0.1\n}\n");
}

#[cfg(unix)]
#[test]
fn others_may_read_what_is_written() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (ours, plain) = (folder.path().join("ours"), folder.path().join("plain"));
    atomic::write(&ours, |out| out.write_all(b"x")).unwrap();
    fs::write(&plain, "x").unwrap();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&ours), mode(&plain));
}

type Check = fn(&StoreError) -> bool;

#[test]
fn whatever_fails_nothing_changes_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    fs::write(&path, "old").unwrap();
    let before = snapshot(folder.path());
    let content = vec![7_u8; 200_000];

    let cases: [(Fault, Check, &str); 5] = [
        (
            Fault::DiskFull { after_bytes: 0 },
            |error| matches!(error, StoreError::DiskFull { .. }),
            "a.txt': no space left on device: free some space and run the same command again",
        ),
        (
            Fault::DiskFull { after_bytes: 100_000 },
            |error| matches!(error, StoreError::DiskFull { .. }),
            "no space left",
        ),
        (
            Fault::DiskFull { after_bytes: 199_999 },
            |error| matches!(error, StoreError::DiskFull { .. }),
            "no space left",
        ),
        (
            Fault::PermissionDenied,
            |error| matches!(error, StoreError::Permission { .. }),
            "permission denied: make it accessible to you and run the same command again",
        ),
        (
            Fault::ReadOnly,
            |error| matches!(error, StoreError::ReadOnly { .. }),
            "read-only file system: choose a folder",
        ),
    ];
    for (fault, is_right, message) in cases {
        let guard = fault::inject(fault);
        for error in [
            atomic::write(&path, |out| out.write_all(&content)).unwrap_err(),
            atomic::write_json(&path, &content).unwrap_err(),
        ] {
            assert!(is_right(&error), "{fault:?}: {error:?}");
            assert!(error.is_environment());
            let text = error.to_string();
            assert!(text.contains(message), "{text}");
            assert!(text.contains(folder.path().to_str().unwrap()), "{text}");
        }
        drop(guard);
        assert_eq!(snapshot(folder.path()), before, "{fault:?}");
    }
    let _guard = fault::inject(Fault::DiskFull { after_bytes: 200_000 });
    atomic::write(&path, |out| out.write_all(&content)).unwrap();
}

#[test]
fn an_error_of_the_caller_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    fs::write(&path, "old").unwrap();
    let before = snapshot(folder.path());
    let error = atomic::write(&path, |out| {
        out.write_all(&vec![1; 100_000])?;
        Err(io::Error::other("the model melted"))
    });
    assert!(error.unwrap_err().to_string().contains("the model melted"));
    assert_eq!(snapshot(folder.path()), before);
    let panicked = std::panic::catch_unwind(|| atomic::write(&path, |_| panic!("a panic in the middle")));
    assert!(panicked.is_err());
    assert_eq!(snapshot(folder.path()), before);
}

#[test]
fn a_disk_that_is_full_is_told_however_the_caller_words_it() {
    let folder = tempfile::tempdir().unwrap();
    let _guard = fault::inject(Fault::DiskFull { after_bytes: 10 });
    let error = atomic::write(&folder.path().join("a"), |out| {
        out.write_all(&vec![0; 100_000]).map_err(|error| io::Error::other(format!("encoder: {error}")))
    });
    assert!(matches!(error, Err(StoreError::DiskFull { .. })), "{error:?}");
}

#[test]
fn a_missing_folder_and_a_folder_in_the_way_are_bad_input() {
    let folder = tempfile::tempdir().unwrap();
    let error = atomic::write(&folder.path().join("no/a.txt"), |out| out.write_all(b"x")).unwrap_err();
    assert!(matches!(&error, StoreError::Missing { path, .. } if path.ends_with("no")), "{error}");
    assert!(!error.is_environment());
    fs::create_dir_all(folder.path().join("dir")).unwrap();
    let error = atomic::write(&folder.path().join("dir"), |out| out.write_all(b"x")).unwrap_err();
    assert!(!error.is_environment(), "{error}");
    fs::write(folder.path().join("file"), "").unwrap();
    let error = atomic::create_folder(&folder.path().join("file/below")).unwrap_err();
    assert!(!error.is_environment(), "{error}");
    let _guard = fault::inject(Fault::PermissionDenied);
    let error = atomic::create_folder(&folder.path().join("new/er")).unwrap_err();
    assert!(error.is_environment() && !folder.path().join("new").exists(), "{error}");
}

#[test]
fn leftovers_of_the_dead_are_swept_and_work_in_progress_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    fs::write(folder.path().join(".egnn-tmp-dead"), "half").unwrap();
    fs::write(folder.path().join("egnn-tmp-mine"), "not ours").unwrap();
    atomic::write(&path, |out| {
        assert_eq!(atomic::sweep_temporaries(folder.path()).unwrap(), 1);
        out.write_all(b"alive")
    })
    .unwrap();
    assert_eq!(snapshot(folder.path()).into_keys().collect::<Vec<_>>(), ["a.txt", "egnn-tmp-mine"]);
    assert_eq!(atomic::sweep_temporaries(folder.path()).unwrap(), 0);
    assert_eq!(atomic::sweep_temporaries(&folder.path().join("nowhere")).unwrap(), 0);
}

/// Run by `the_environment_variable_injects_a_fault` in a process of its own.
#[test]
#[ignore = "a part of another test"]
fn child_writes() {
    let folder = std::env::var_os("EGNN_TEST_CHILD_FOLDER").expect("called by its parent");
    let path = std::path::Path::new(&folder).join("a.txt");
    let error = atomic::write(&path, |out| out.write_all(&[1; 64])).map_err(|error| error.to_string());
    fs::write(std::path::Path::new(&folder).join("said"), format!("{error:?}")).unwrap();
}

#[test]
fn the_environment_variable_injects_a_fault() {
    for (value, expected) in [
        ("disk-full", "no space left on device"),
        ("disk-full:63", "no space left on device"),
        ("disk-full:64", "Ok(64)"),
        ("permission", "permission denied"),
        ("read-only", "read-only file system"),
        ("typo", "EGNN_TEST_FAULT=typo is no known fault"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "child_writes"])
            .env("EGNN_TEST_FAULT", value)
            .env("EGNN_TEST_CHILD_FOLDER", folder.path())
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success());
        let files = snapshot(folder.path());
        let said = String::from_utf8_lossy(&files["said"]);
        assert!(said.contains(expected), "{value}: {said}");
        assert_eq!(files.contains_key("a.txt"), expected.starts_with("Ok"), "{value}");
        assert_eq!(files.keys().filter(|name| name.starts_with(atomic::TEMPORARY_PREFIX)).count(), 0);
    }
}
