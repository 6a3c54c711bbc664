//! Runs in temporary folders, whole or killed.

#![allow(dead_code, reason = "not every test file uses all of it")]

use egnn_nn::Backend;
use egnn_schema::{FieldValue, Fields, RunEvent, RunMetrics};
use egnn_store::qm9::MoleculeRow;
use egnn_train::{Attempt, Emit, Files, SetShape, Shapes, TaskConfig, TaskData, TrainError, train};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

/// Saves before every batch.
pub(crate) fn eager() -> Attempt {
    Attempt {
        backend: Backend::Kernels,
        checkpoint_every: Duration::ZERO,
        progress_every: Duration::ZERO,
        cpu: "test".into(),
        any_cpu: false,
        recorded_evaluations: u64::MAX,
        stop: Arc::default(),
    }
}

pub(crate) fn run(
    config: &TaskConfig,
    data: &TaskData,
    folder: &Path,
    emit: Emit<'_>,
) -> Result<RunMetrics, TrainError> {
    train(config, &BTreeMap::new(), data, &Files::of_run(folder), &eager(), emit)
}

/// Runs again and again, each time until it is asked to stop after `batches` batches, and gives the number of times and
/// the results. It saves only when asked to.
pub(crate) fn stopped_every(
    batches: usize,
    config: &TaskConfig,
    data: &TaskData,
    folder: &Path,
) -> (usize, RunMetrics) {
    let attempt = || Attempt { checkpoint_every: Duration::MAX, stop: Arc::default(), ..eager() };
    for times in 1.. {
        let attempt = attempt();
        let mut seen = 0;
        let ended = train(config, &BTreeMap::new(), data, &Files::of_run(folder), &attempt, &mut |event| {
            seen += usize::from(matches!(event, RunEvent::Progress { .. }));
            attempt.stop.store(seen >= batches, Ordering::SeqCst);
            Ok(())
        });
        match ended {
            Ok(metrics) => return (times, metrics),
            Err(TrainError::Stopped { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    unreachable!("the steps are finite")
}

/// Runs in `folder` and is 'killed' by a panic in the event listener after the n-th evaluation, before it is saved.
pub(crate) fn killed_after(config: &TaskConfig, data: &TaskData, folder: &Path, evaluations: usize) {
    let mut seen = 0;
    let killed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        run(config, data, folder, &mut |event| {
            if matches!(event, RunEvent::Evaluated { .. }) {
                seen += 1;
                assert!(seen < evaluations, "killed on purpose");
            }
            Ok(())
        })
    }));
    assert!(killed.is_err(), "the run was meant to be killed");
}

/// Trains on from what is in `folder`; the first epoch trained, and the results.
pub(crate) fn resume(attempt: &Attempt, config: &TaskConfig, data: &TaskData, folder: &Path) -> (u64, RunMetrics) {
    let mut from = u64::MAX;
    let files = Files::of_run(folder);
    let metrics = train(config, &BTreeMap::new(), data, &files, attempt, &mut |event| {
        if let RunEvent::Started { from_epoch, .. } = event {
            from = *from_epoch;
        }
        Ok(())
    });
    (from, metrics.unwrap())
}

/// Sets of one size, whatever their names.
struct Sizes([(&'static str, u64); 3]);

impl Shapes for Sizes {
    fn nbody(&self, set: &str) -> Result<SetShape, String> {
        Ok(SetShape { frames: 49, splits: self.graphs(set)? })
    }

    fn graphs(&self, _: &str) -> Result<BTreeMap<String, u64>, String> {
        Ok(self.0.map(|(split, size)| (split.to_owned(), size)).into())
    }

    fn molecules(&self, set: &str) -> Result<BTreeMap<String, u64>, String> {
        self.graphs(set)
    }
}

/// The project's 64 molecules of QM9, sorted by their number in the source.
pub(crate) fn molecules() -> Vec<MoleculeRow> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/fixtures/qm9_fixture.tar.bz2");
    let file = std::fs::File::open(path).unwrap();
    let molecules = egnn_qm9::read(file, &egnn_qm9::Expected::default(), &mut |_, _| ()).unwrap();
    let row = |molecule: egnn_qm9::Molecule| MoleculeRow {
        references: molecule.references(),
        index: molecule.index,
        smiles: molecule.smiles,
        atomic_number: molecule.atomic_numbers,
        position: molecule.positions,
        properties: molecule.properties,
    };
    molecules.into_iter().map(row).collect()
}

/// A task's configuration from fields, of which later ones win, and the sizes of train, valid and test.
pub(crate) fn config(task: &str, fields: &[&[(&str, &str)]], sizes: [u64; 3]) -> TaskConfig {
    let fields: Fields =
        fields.iter().copied().flatten().map(|&(name, value)| (name.to_owned(), FieldValue::parse(value))).collect();
    let [train, valid, test] = sizes;
    let shapes = Sizes([("train", train), ("valid", valid), ("test", test)]);
    TaskConfig::resolve(task, &fields, &shapes).expect("a valid configuration")
}
