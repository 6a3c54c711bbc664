//! A workspace of its own for each test: the project's pipelines, set definitions and fixture of QM9 in a
//! temporary folder.
#![allow(dead_code, reason = "each test file uses its own part")]

pub(crate) mod cases;
pub(crate) mod fabricate;
pub(crate) mod sweeps;

use assert_cmd::Command;
use std::{
    path::{Path, PathBuf},
    process::{Child, Output, Stdio},
};

pub(crate) struct Lab {
    folder: tempfile::TempDir,
    /// What commands find in their environment.
    pub(crate) environment: Vec<(&'static str, String)>,
}

impl Lab {
    pub(crate) fn new() -> Self {
        Self::within(&std::env::temp_dir())
    }

    pub(crate) fn within(parent: &Path) -> Self {
        let folder = tempfile::tempdir_in(parent).unwrap();
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for sub in ["pipelines", "datasets"] {
            std::fs::create_dir(folder.path().join(sub)).unwrap();
            for entry in std::fs::read_dir(project.join(sub)).unwrap() {
                let path = entry.unwrap().path();
                if path.extension().is_some_and(|extension| extension == "yaml") {
                    std::fs::copy(&path, folder.path().join(sub).join(path.file_name().unwrap())).unwrap();
                }
            }
        }
        let fixture = "datasets/fixtures/qm9_fixture.tar.bz2";
        std::fs::create_dir(folder.path().join("datasets/fixtures")).unwrap();
        std::fs::copy(project.join(fixture), folder.path().join(fixture)).unwrap();
        Self { folder, environment: Vec::new() }
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    pub(crate) fn read(&self, relative: &str) -> String {
        std::fs::read_to_string(self.path(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"))
    }

    pub(crate) fn write(&self, relative: &str, content: &str) {
        std::fs::write(self.path(relative), content).unwrap();
    }

    /// Replaces text in a file of the workspace; the text must be there.
    pub(crate) fn edit(&self, relative: &str, from: &str, to: &str) {
        let text = self.read(relative);
        assert!(text.contains(from), "{relative} lacks {from:?}");
        self.write(relative, &text.replace(from, to));
    }

    /// `egnn <arguments>` in the workspace.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::cargo_bin("egnn").unwrap();
        command.current_dir(self.folder.path()).args(arguments).envs(self.environment.iter().cloned());
        command
    }

    /// Starts `egnn <arguments>` in the workspace and does not wait for it.
    pub(crate) fn spawn(&self, arguments: &[&str], stderr: Stdio) -> Child {
        std::process::Command::new(env!("CARGO_BIN_EXE_egnn"))
            .current_dir(self.folder.path())
            .args(arguments)
            .envs(self.environment.iter().cloned())
            .stdout(Stdio::null())
            .stderr(stderr)
            .spawn()
            .unwrap()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        Run::of(self.command(arguments).output().unwrap())
    }

    /// Runs and expects success.
    pub(crate) fn ok(&self, arguments: &[&str]) -> Run {
        let run = self.run(arguments);
        assert_eq!(run.code, 0, "egnn {arguments:?}\nstdout: {}\nstderr: {}", run.stdout, run.stderr);
        run
    }

    /// Runs and expects an exit code and a message.
    pub(crate) fn fails(&self, code: i32, arguments: &[&str], message: &str) -> Run {
        let run = self.run(arguments);
        assert_eq!(run.code, code, "egnn {arguments:?}\nstdout: {}\nstderr: {}", run.stdout, run.stderr);
        assert!(run.stderr.contains(message), "egnn {arguments:?} should say {message:?}, said:\n{}", run.stderr);
        assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
        run
    }

    /// Every file below the workspace, with its size, sorted.
    pub(crate) fn files(&self) -> Vec<(String, u64)> {
        fn walk(folder: &Path, base: &Path, found: &mut Vec<(String, u64)>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, base, found);
                } else {
                    let name = path.strip_prefix(base).unwrap().display().to_string();
                    found.push((name, path.metadata().unwrap().len()));
                }
            }
        }
        let mut found = Vec::new();
        walk(self.folder.path(), self.folder.path(), &mut found);
        found.sort();
        found
    }
}

/// A folder of edge lists: three graphs to train, two to test of which the second is in train, too.
pub(crate) fn write_edge_lists(lab: &Lab, folder: &str) {
    for split in ["train", "test"] {
        std::fs::create_dir_all(lab.path(&format!("{folder}/{split}"))).unwrap();
    }
    for (file, text) in [
        ("train/0.txt", "0 1\n1 2\n2 0\n"),
        ("train/1.txt", "# a path\nnodes 4\n0,1\n1,2\n"),
        ("train/2.txt", "0 1\n1 2\n0 2\n"),
        ("test/0.txt", "nodes 2\n"),
        ("test/1.txt", "2 1\n2 0\n1 0\n"),
    ] {
        lab.write(&format!("{folder}/{file}"), text);
    }
}

/// A command's JSON.
pub(crate) fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}
