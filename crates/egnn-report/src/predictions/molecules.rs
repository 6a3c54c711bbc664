//! Test molecules and what runs said of them, for the parity plot and the error by size.

use super::{File, doubt, largest, path, words};
use crate::{
    frame::{self, Frame},
    kind::Kind,
    metric::Metric,
    paper,
    results::{Results, Run},
};
use std::{collections::BTreeMap, path::Path};

/// Rows that are read: more than the paper's test set has. A larger file is not ours.
const ROWS: usize = 200_000;
/// A label or prediction beyond this is none.
const LARGEST: f64 = 1e100;

/// The predictions of a run, row by row of its file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Predicted {
    /// Atoms of each molecule.
    pub(crate) atoms: Vec<i64>,
    /// True and predicted value of each.
    pub(crate) pairs: Vec<(f64, f64)>,
}

impl Predicted {
    /// Mean absolute error.
    pub(crate) fn mae(&self) -> f64 {
        let errors: f64 = self.pairs.iter().map(|(target, prediction)| (prediction - target).abs()).sum();
        errors / self.pairs.len() as f64
    }

    /// For each number of atoms the molecules that have it, and their mean absolute error.
    pub(crate) fn by_size(&self) -> Vec<(i64, usize, f64)> {
        let mut sizes: BTreeMap<i64, (usize, f64)> = BTreeMap::new();
        for (&atoms, (target, prediction)) in self.atoms.iter().zip(&self.pairs) {
            let (count, sum) = sizes.entry(atoms).or_default();
            *count += 1;
            *sum += (prediction - target).abs();
        }
        sizes.into_iter().map(|(atoms, (count, sum))| (atoms, count, sum / count as f64)).collect()
    }
}

/// The run that is shown of a model, for a property.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ShownRun {
    pub(crate) property: String,
    pub(crate) model: String,
    /// The model's name in print.
    pub(crate) title: String,
    pub(crate) seed: i64,
    /// Molecules that it was trained on.
    pub(crate) trained_on: i64,
    /// Its predictions, or why there are none.
    pub(crate) predicted: Result<Predicted, String>,
    /// Why they may not be its own.
    pub(crate) doubt: Option<String>,
}

/// For each property and model the run on the most molecules, of these the first variant's lowest seed.
pub(crate) fn shown(folder: &Path, results: &Results) -> Vec<ShownRun> {
    largest(results, Metric::Mae).into_iter().map(|run| of_run(folder, run)).collect()
}

fn of_run(folder: &Path, run: &Run) -> ShownRun {
    let predicted = path(folder, &run.run).and_then(|file| read(&file));
    let doubt = predicted.as_ref().ok().and_then(|predicted| doubt(run, Metric::Mae, predicted.mae()));
    ShownRun {
        property: run.set.clone(),
        model: run.model.clone(),
        title: paper::title(&run.model).into(),
        seed: run.seed,
        trained_on: run.settings.train_samples,
        predicted,
        doubt,
    }
}

impl ShownRun {
    /// What a reader must know of it, if something is wrong.
    pub(crate) fn warning(&self) -> Option<String> {
        let of = || format!("{}, {}", self.title, paper::set_title(Kind::Qm9, &self.property));
        match &self.predicted {
            Err(reason) => Some(format!("No predictions of {} are shown: {reason}.", of())),
            Ok(_) => self.doubt.as_ref().map(|doubt| format!("{doubt}.")),
        }
    }
}

fn read(file: &File) -> Result<Predicted, String> {
    file.check()?;
    let frame = frame::head(&file.path, ROWS + 1).map_err(|error| file.damaged(&words(&error)))?;
    predicted(&frame).map_err(|what| file.damaged(&what))
}

fn predicted(frame: &Frame) -> Result<Predicted, String> {
    const ATOMS: &str = "atoms";
    const VALUES: [&str; 2] = ["target", "prediction"];
    if let Some(missing) = [ATOMS].into_iter().chain(VALUES).find(|name| !frame.has(name)) {
        return Err(format!("it has no column '{missing}'"));
    }
    if frame.rows() == 0 || frame.rows() > ROWS {
        return Err(format!(
            "it has {} rows",
            if frame.rows() == 0 { "no".into() } else { format!("more than {ROWS}") }
        ));
    }
    let atoms = frame.whole(ATOMS).map_err(|error| words(&error))?;
    let [targets, predictions] = VALUES.map(|name| frame.real(name).map_err(|error| words(&error)));
    let mut found = Predicted::default();
    for (row, (atoms, (target, prediction))) in
        atoms.into_iter().zip(targets?.into_iter().zip(predictions?)).enumerate()
    {
        let (Some(atoms), Some(target), Some(prediction)) = (atoms, target, prediction) else {
            return Err(format!("row {row} has a missing value"));
        };
        if atoms < 1 {
            return Err(format!("row {row} has {atoms} atoms"));
        }
        for (name, value) in VALUES.into_iter().zip([target, prediction]) {
            if value.is_nan() || value.abs() > LARGEST {
                return Err(format!("row {row} has a {name} of {value}"));
            }
        }
        found.atoms.push(atoms);
        found.pairs.push((target, prediction));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fabricate::{of, predicted as run};
    use egnn_store::table::{ColumnData, Table, write};

    fn columns() -> Vec<(String, ColumnData)> {
        vec![
            ("index".into(), ColumnData::U32(vec![4, 9, 7])),
            ("atoms".into(), ColumnData::U16(vec![5, 3, 5])),
            ("target".into(), ColumnData::F64([1.0, 2.0, 3.0].map(Some).into())),
            ("prediction".into(), ColumnData::F64([1.5, 2.0, 2.0].map(Some).into())),
        ]
    }

    fn written(folder: &Path, id: &str, columns: Vec<(String, ColumnData)>) {
        let folder = folder.join("runs").join(id);
        std::fs::create_dir_all(&folder).unwrap();
        write(&folder.join("predictions.parquet"), &Table { columns, metadata: BTreeMap::new() }).unwrap();
    }

    #[test]
    fn errors_are_of_all_molecules_and_of_each_size() {
        let folder = tempfile::tempdir().unwrap();
        let run = run("mu", "egnn", 1000, 1, 0.5);
        written(folder.path(), &run.run, columns());
        let shown = shown(folder.path(), &of(vec![run]));
        let predicted = shown[0].predicted.as_ref().unwrap();
        assert!((predicted.mae() - 0.5).abs() < 1e-15);
        assert_eq!(predicted.by_size(), [(3, 1, 0.0), (5, 2, 0.75)]);
        assert_eq!(shown[0].warning(), None);
    }

    #[test]
    fn the_run_on_the_most_molecules_and_of_the_lowest_seed_is_shown() {
        let runs = [(1000, 1), (5000, 1), (5000, 2)].map(|(size, seed)| run("mu", "egnn", size, seed, 0.2));
        let shown = shown(Path::new("nowhere"), &of(runs.into()));
        assert_eq!(shown.iter().map(|run| (run.trained_on, run.seed)).collect::<Vec<_>>(), [(5000, 1)]);
        let warning = shown[0].warning().unwrap();
        assert!(warning.starts_with(
            "No predictions of EGNN, mu (D) are shown: runs/mu-egnn-5000-1/predictions.parquet is not there"
        ));
    }

    #[test]
    fn predictions_of_another_run_are_doubted() {
        let folder = tempfile::tempdir().unwrap();
        let run = run("mu", "egnn", 1000, 1, 0.4);
        written(folder.path(), &run.run, columns());
        let warning = shown(folder.path(), &of(vec![run]))[0].warning().unwrap();
        assert_eq!(warning, "The predictions of mu-egnn-1000-1 have an error of 0.500, its record says 0.400.");
    }

    #[test]
    fn files_that_are_not_as_they_should_be_are_named_with_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let run = run("mu", "egnn", 1000, 1, 0.5);
        for (change, said) in [
            ((|columns| columns.truncate(3)) as fn(&mut Vec<(String, ColumnData)>), "it has no column 'prediction'"),
            (
                |columns| columns[3].1 = ColumnData::F64([1.0, f64::NAN, 1.0].map(Some).into()),
                "row 1 has a prediction of NaN",
            ),
            (
                |columns| columns[2].1 = ColumnData::F64([f64::INFINITY; 3].map(Some).into()),
                "row 0 has a target of inf",
            ),
            (|columns| columns[2].1 = ColumnData::F64(vec![Some(1.0), None, None]), "row 1 has a missing value"),
            (|columns| columns[1].1 = ColumnData::U16(vec![3, 0, 3]), "row 1 has 0 atoms"),
            (|columns| columns[1].1 = ColumnData::Text(vec![None; 3]), "column 'atoms' holds str, not whole numbers"),
        ] {
            let mut columns = columns();
            change(&mut columns);
            written(folder.path(), &run.run, columns);
            let shown = shown(folder.path(), &of(vec![run.clone()]));
            let warning = shown[0].warning().unwrap();
            assert!(warning.contains(said) && warning.contains("delete the run's folder"), "{warning}");
        }
        let file = folder.path().join("runs").join(&run.run).join("predictions.parquet");
        std::fs::write(&file, b"PAR1").unwrap();
        let warning = shown(folder.path(), &of(vec![run]))[0].warning().unwrap();
        assert!(warning.contains("not a readable Parquet file"), "{warning}");
    }
}
