//! How the sweep reaches data: generated sets are made when they are missing, imported ones must be there.

use crate::{
    catalogue::{Catalogue, Definition, GraphSet, Kind, NbodySet, Qm9Set},
    command::generate::{Check, Standing, ensure, standing},
    exit::Stop,
    printer,
};
use egnn_schema::exit;
use egnn_store::manifest;
use egnn_sweep::{DataError, DataErrorKind, DataProvider, DataState};

/// Bytes a row takes on disk, measured on `nbody_small`.
const BYTES_PER_ROW: f64 = 24.0;
/// Body-pair steps that one core simulates in a second, measured likewise.
const PAIR_STEPS_PER_SECOND: f64 = 1.5e8;

/// Pairs of nodes that are drawn, written and read again in a second, measured on `erdos_renyi`.
const PAIRS_PER_SECOND: f64 = 1e7;
/// Bytes that a graph takes on disk besides its edges, measured likewise.
const BYTES_PER_GRAPH: f64 = 2.0;
/// Bytes that an edge takes on disk, measured likewise.
const BYTES_PER_EDGE: f64 = 1.0;

/// Molecules that are read from the wheel, written and read again in a second, measured on `qm9`.
const MOLECULES_PER_SECOND: f64 = 2e4;
/// Bytes that a molecule takes on disk, measured likewise.
const BYTES_PER_MOLECULE: f64 = 500.0;

pub(crate) struct LocalData<'a> {
    pub(crate) catalogue: &'a Catalogue,
    /// How closely a set is looked at before it counts as ready.
    pub(crate) check: Check,
}

impl LocalData<'_> {
    /// An imported set cannot be made: it is there and whole, or it is not.
    fn imported(&self, set: &str) -> Result<String, DataError> {
        let folder = self.catalogue.folder(set);
        let found = self.catalogue.manifest(set).map_err(|stop| data_error(&stop))?;
        let found = found.ok_or_else(|| DataError {
            message: self.catalogue.unknown(set, &Kind::ALL),
            kind: DataErrorKind::UnknownSet,
        })?;
        let verified = match self.check {
            Check::Sizes => manifest::verify_sizes(&folder, &found),
            Check::Checksums => manifest::verify(&folder, &found),
        };
        verified.map_err(|error| data_error(&error.into()))?;
        Ok(found.content_hash)
    }
}

impl DataProvider for LocalData<'_> {
    fn state(&self, set: &str) -> Result<DataState, DataError> {
        if !self.catalogue.contains(set) {
            return self.imported(set).map(|content_hash| DataState::Ready { content_hash });
        }
        match standing(self.catalogue, set, self.check).map_err(|stop| data_error(&stop))? {
            Standing::Current(manifest) => Ok(DataState::Ready { content_hash: manifest.content_hash }),
            Standing::Outdated(reason) => {
                let definition = self.catalogue.get(set).map_err(|stop| data_error(&stop))?;
                let (estimate_seconds, disk_bytes) = match definition {
                    Definition::Nbody(set) => nbody_cost(set),
                    Definition::Graphs(set) => graphs_cost(set),
                    Definition::Qm9(set) => qm9_cost(set),
                };
                // What `generate` says when it is done; here, nothing was made yet.
                let reason = match reason.as_str() {
                    "made" => "not there yet",
                    wrong => wrong.trim_start_matches("made again: "),
                };
                let reason = reason.to_owned();
                Ok(DataState::Missing { reason, estimate_seconds, disk_bytes: disk_bytes as u64 })
            }
        }
    }

    fn provide(&self, set: &str) -> Result<String, DataError> {
        if !self.catalogue.contains(set) {
            return self.imported(set);
        }
        let made = ensure(self.catalogue, set, None).map_err(|stop| data_error(&stop))?;
        printer::say(crate::command::generate::describe(&made));
        Ok(made.content_hash)
    }
}

/// Seconds and bytes that an n-body set takes.
fn nbody_cost(set: &NbodySet) -> (f64, f64) {
    let pairs = (set.system.bodies * set.system.bodies.saturating_sub(1) / 2) as f64;
    let steps = set.trajectories() as f64 * f64::from(set.system.steps);
    (steps * pairs / PAIR_STEPS_PER_SECOND, set.rows() as f64 * BYTES_PER_ROW)
}

/// Seconds and bytes that a graph set takes.
fn graphs_cost(set: &GraphSet) -> (f64, f64) {
    let graphs = set.graphs() as f64;
    let (pairs, edges) = (graphs * set.family.mean_pairs(), graphs * set.family.mean_edges());
    (pairs / PAIRS_PER_SECOND, graphs * BYTES_PER_GRAPH + edges * BYTES_PER_EDGE)
}

/// Seconds and bytes that a set of molecules takes.
fn qm9_cost(set: &Qm9Set) -> (f64, f64) {
    let molecules = set.molecules() as f64;
    (molecules / MOLECULES_PER_SECOND, molecules * BYTES_PER_MOLECULE)
}

fn data_error(stop: &Stop) -> DataError {
    let kind = if stop.code == exit::ENVIRONMENT { DataErrorKind::Environment } else { DataErrorKind::BadData };
    DataError { message: stop.to_string(), kind }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;
    use std::{collections::BTreeMap, path::Path};

    /// The project's own definitions in a folder of its own.
    fn workspace() -> (tempfile::TempDir, Workspace) {
        let folder = tempfile::tempdir().unwrap();
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets");
        for name in ["pipelines", "datasets"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        std::fs::create_dir(folder.path().join("datasets/fixtures")).unwrap();
        for name in ["nbody.yaml", "graphs.yaml", "qm9.yaml", "fixtures/qm9_fixture.tar.bz2"] {
            std::fs::copy(project.join(name), folder.path().join("datasets").join(name)).unwrap();
        }
        let workspace = Workspace::find(Some(folder.path())).unwrap();
        (folder, workspace)
    }

    #[test]
    fn a_graph_set_is_estimated_made_and_ready() {
        let (_folder, workspace) = workspace();
        let catalogue = Catalogue::read(&workspace).unwrap();
        let data = LocalData { catalogue: &catalogue, check: Check::Checksums };
        for set in ["erdos_renyi", "community_small_distinct", "overfit_p09"] {
            let DataState::Missing { reason, estimate_seconds, disk_bytes } = data.state(set).unwrap() else {
                panic!("{set} is not there yet");
            };
            assert_eq!(reason, "not there yet");
            assert!(estimate_seconds > 0.0 && estimate_seconds < 1.0, "{set}: {estimate_seconds} s");
            let content_hash = data.provide(set).unwrap();
            assert_eq!(data.state(set).unwrap(), DataState::Ready { content_hash });
            let manifest = catalogue.manifest(set).unwrap().unwrap();
            let bytes: u64 = manifest.splits.values().map(|split| split.bytes).sum();
            // A file has some fixed size besides, which shows in the small sets.
            assert!(
                (bytes / 4..2 * bytes).contains(&disk_bytes),
                "{set}: {disk_bytes} bytes estimated, {bytes} written"
            );
        }
        let error = data.state("erdos_reny").unwrap_err();
        assert_eq!(error.message, "unknown set 'erdos_reny'; did you mean 'erdos_renyi'?");
        assert_eq!(error.kind, DataErrorKind::UnknownSet);
    }

    #[test]
    fn splits_of_a_graph_set_are_known_before_it_is_made() {
        let (folder, workspace) = workspace();
        let catalogue = Catalogue::read(&workspace).unwrap();
        let sizes = |sizes: &[(&str, u64)]| -> Result<BTreeMap<String, u64>, String> {
            Ok(sizes.iter().map(|(split, size)| ((*split).to_owned(), *size)).collect())
        };
        let smoke = sizes(&[("train", 60), ("valid", 20), ("test", 20)]);
        assert_eq!(catalogue.graph_splits("graphs_smoke"), smoke);
        assert_eq!(catalogue.graph_splits("overfit_p05"), sizes(&[("train", 100)]));
        let error = catalogue.graph_splits("nbody_smoke").unwrap_err();
        assert!(error.starts_with("set 'nbody_smoke' holds n-body trajectories, not graphs; known: commun"), "{error}");
        assert!(catalogue.graph_splits("grph_smoke").unwrap_err().contains("did you mean 'graphs_smoke'?"));
        // A set on disk that no file defines, as an imported one.
        LocalData { catalogue: &catalogue, check: Check::Sizes }.provide("graphs_smoke").unwrap();
        std::fs::remove_file(folder.path().join("datasets/graphs.yaml")).unwrap();
        let catalogue = Catalogue::read(&workspace).unwrap();
        assert_eq!(catalogue.graph_splits("graphs_smoke"), smoke);
        let state = LocalData { catalogue: &catalogue, check: Check::Checksums }.state("graphs_smoke").unwrap();
        assert!(matches!(state, DataState::Ready { .. }));
        assert!(catalogue.graph_splits("overfit_p05").is_err());
    }

    #[test]
    fn a_set_of_molecules_is_made_if_its_source_is_there() {
        let (folder, workspace) = workspace();
        let catalogue = Catalogue::read(&workspace).unwrap();
        let data = LocalData { catalogue: &catalogue, check: Check::Checksums };
        assert!(matches!(data.state("qm9_fixture").unwrap(), DataState::Missing { .. }));
        let content_hash = data.provide("qm9_fixture").unwrap();
        std::fs::remove_dir_all(folder.path().join("datasets/fixtures")).unwrap();
        assert_eq!(data.state("qm9_fixture").unwrap(), DataState::Ready { content_hash: content_hash.clone() });
        assert_eq!(data.provide("qm9_fixture").unwrap(), content_hash, "the source is asked for no more");
        let DataState::Missing { reason, disk_bytes, .. } = data.state("qm9").unwrap() else {
            panic!("it is not there")
        };
        assert_eq!((reason.as_str(), disk_bytes > 50_000_000), ("not there yet", true));
        let error = data.provide("qm9").unwrap_err();
        assert_eq!(error.kind, DataErrorKind::BadData);
        assert!(error.message.contains("run `just fetch-qm9`"), "{}", error.message);
    }

    #[test]
    fn splits_of_a_set_of_molecules_are_known_before_it_is_made() {
        let (_folder, workspace) = workspace();
        let catalogue = Catalogue::read(&workspace).unwrap();
        let sizes = |sizes: [u64; 3]| -> Result<BTreeMap<String, u64>, String> {
            Ok(["train", "valid", "test"].into_iter().map(str::to_owned).zip(sizes).collect())
        };
        assert_eq!(catalogue.qm9_splits("qm9"), sizes([100_000, 17_748, 13_083]));
        assert_eq!(catalogue.qm9_splits("qm9_fixture"), sizes([40, 12, 12]));
        let error = catalogue.qm9_splits("graphs_smoke").unwrap_err();
        assert_eq!(error, "set 'graphs_smoke' holds graphs, not molecules; known: qm9, qm9_fixture");
        assert!(catalogue.qm9_splits("qm").unwrap_err().contains("did you mean 'qm9'?"));
    }
}
