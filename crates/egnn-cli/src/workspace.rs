//! Where things are: the folder that holds pipelines/, datasets/ and reports/.

use crate::{
    catalogue::Kind,
    exit::{Result, Stop},
};
use egnn_schema::names;
use std::path::{Path, PathBuf};

/// The root folder and the places in it.
#[derive(Clone, Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// `given`, or the nearest folder upwards from here that has pipelines/ and datasets/.
    pub(crate) fn find(given: Option<&Path>) -> Result<Self> {
        let is_root = |folder: &Path| folder.join("pipelines").is_dir() && folder.join("datasets").is_dir();
        if let Some(root) = given {
            return if is_root(root) {
                Ok(Self { root: root.into() })
            } else {
                Err(Stop::input(format!(
                    "{}: no pipelines/ and datasets/ in it; --root must name a checkout of egnn-lab",
                    root.display()
                )))
            };
        }
        let here = std::env::current_dir().map_err(|error| Stop::input(format!("no current folder: {error}")))?;
        match here.ancestors().find(|folder| is_root(folder)) {
            // The root is where people usually stand: an empty path keeps all others, and so all messages, short.
            Some(root) if root == here => Ok(Self { root: PathBuf::new() }),
            Some(root) => Ok(Self { root: root.into() }),
            None => Err(Stop::input(
                "no folder with pipelines/ and datasets/ here or above; go to a checkout of egnn-lab or name one with --root",
            )),
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// `datasets`.
    pub(crate) fn datasets(&self) -> PathBuf {
        self.path("datasets")
    }

    /// `datasets/<kind>`, where each set of the kind has a folder.
    pub(crate) fn sets(&self, kind: Kind) -> PathBuf {
        self.datasets().join(kind.name())
    }

    /// `datasets/<kind>.yaml`, which says what can be generated.
    pub(crate) fn definitions(&self, kind: Kind) -> PathBuf {
        self.datasets().join(format!("{}.yaml", kind.name()))
    }

    /// `pipelines/<name>.yaml`, which must exist.
    pub(crate) fn pipeline(&self, name: &str) -> Result<PathBuf> {
        let folder = self.path("pipelines");
        let path = folder.join(format!("{name}.yaml"));
        if path.is_file() {
            return Ok(path);
        }
        let known = self.pipelines();
        let known: Vec<_> = known.iter().map(String::as_str).collect();
        Err(Stop::input(format!("{}: {}", folder.display(), names::unknown("pipeline", name, &known))))
    }

    /// The names of all pipelines, sorted.
    pub(crate) fn pipelines(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path("pipelines")).into_iter().flatten();
        let name = |entry: std::fs::DirEntry| Some(entry.file_name().to_str()?.strip_suffix(".yaml")?.to_owned());
        let mut names: Vec<String> = entries.filter_map(|entry| name(entry.ok()?)).collect();
        names.sort();
        names
    }

    /// Whether there is certainly no `pipelines/<name>.yaml`, and not only none that can be looked at.
    pub(crate) fn has_no_pipeline(&self, name: &str) -> bool {
        let file = std::fs::symlink_metadata(self.path("pipelines").join(format!("{name}.yaml")));
        file.is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
    }

    /// `reports/<pipeline>`.
    pub(crate) fn reports(&self, pipeline: &str) -> PathBuf {
        self.path("reports").join(pipeline)
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }
}
