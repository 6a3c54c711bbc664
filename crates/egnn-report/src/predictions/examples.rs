//! The molecules that a run is worst at, and those at which it errs as usual, with their geometry where it is stored.

use super::{File, largest, nbody::Point, path, words};
use crate::{
    frame::{self, Frame},
    metric::Metric,
    paper::{self, qm9},
    results::{Results, Run},
};
use egnn_schema::examples::worst_and_median;
use std::path::Path;

/// Rows that are read: more than the paper's test set has. A larger file is not ours.
const ROWS: usize = 200_000;
/// Atoms of a molecule that can be shown: QM9 has at most 29.
const ATOMS: usize = 200;
/// A coordinate in angstrom, or a label or prediction, beyond these is none.
const FARTHEST: f64 = 1e3;
const LARGEST: f64 = 1e100;

/// An atom: its element and its place in angstrom.
pub(crate) type Atom = (String, Point);

/// A test molecule and what a run said of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Example {
    /// Whether it is one of the worst; else it is one about the median error.
    pub(crate) is_worst: bool,
    /// Its number in the source.
    pub(crate) index: Option<i64>,
    pub(crate) smiles: String,
    pub(crate) atoms: i64,
    pub(crate) target: f64,
    pub(crate) prediction: f64,
    /// Its atoms, or what is wrong with them; none where the file has none, as older ones.
    pub(crate) geometry: Option<Result<Vec<Atom>, String>>,
}

/// The run that is shown of a model, for a property.
pub(crate) struct ShownRun<'a> {
    pub(crate) run: &'a Run,
    /// The model's name in print.
    pub(crate) title: &'a str,
    /// Worst ones first, then those about the median, or why there are none.
    pub(crate) examples: Result<Vec<Example>, String>,
}

/// For each property and trained model the run that the parity plot shows too.
pub(crate) fn shown<'a>(folder: &Path, results: &'a Results) -> Vec<ShownRun<'a>> {
    let of = |run: &'a Run| {
        let examples = path(folder, &run.run).and_then(|file| read(&file));
        ShownRun { run, title: paper::title(&run.model), examples }
    };
    largest(results, Metric::Mae).into_iter().filter(|run| run.model != qm9::MEAN).map(of).collect()
}

fn read(file: &File) -> Result<Vec<Example>, String> {
    file.check()?;
    let frame = frame::head(&file.path, ROWS + 1).map_err(|error| file.damaged(&words(&error)))?;
    examples(&frame).map_err(|what| file.damaged(&what))
}

fn examples(frame: &Frame) -> Result<Vec<Example>, String> {
    if let Some(missing) = ["smiles", "atoms", "target", "prediction"].into_iter().find(|name| !frame.has(name)) {
        return Err(format!("it has no column '{missing}'"));
    }
    if frame.rows() == 0 || frame.rows() > ROWS {
        return Err(if frame.rows() == 0 { "it has no rows".into() } else { format!("it has more than {ROWS} rows") });
    }
    let (index, atoms) = (frame.whole("index"), frame.whole("atoms"));
    let (index, atoms) = (index.map_err(|error| words(&error))?, atoms.map_err(|error| words(&error))?);
    let [targets, predictions] = ["target", "prediction"].map(|name| frame.real(name).map_err(|error| words(&error)));
    let (targets, predictions) = (targets?, predictions?);
    let number = |value: Option<f64>| value.filter(|value| value.abs() <= LARGEST);
    let mut errors = Vec::with_capacity(frame.rows());
    for row in 0..frame.rows() {
        let pair =
            number(targets[row]).zip(number(predictions[row])).filter(|_| atoms[row].is_some_and(|atoms| atoms > 0));
        let (target, prediction) = pair.ok_or_else(|| format!("row {row} has a value that is missing or none"))?;
        errors.push((prediction - target).abs());
    }
    let [smiles, xyz] = ["smiles", "xyz"].map(|name| frame.text(name).map_err(|error| words(&error)));
    let (smiles, xyz) = (smiles?, xyz?);
    let [worst, median] = worst_and_median(&errors);
    let of = |is_worst: bool, row: usize| {
        let atoms = atoms[row].unwrap_or(0);
        Example {
            is_worst,
            index: index[row],
            smiles: smiles[row].clone().unwrap_or_default(),
            atoms,
            target: targets[row].unwrap_or(f64::NAN),
            prediction: predictions[row].unwrap_or(f64::NAN),
            geometry: xyz[row].as_ref().map(|xyz| geometry(xyz, atoms)),
        }
    };
    let mut found: Vec<Example> = worst.into_iter().map(|row| of(true, row)).collect();
    found.extend(median.into_iter().map(|row| of(false, row)));
    Ok(found)
}

/// Atoms of the body of an XYZ file: a line each, of element and three coordinates.
fn geometry(xyz: &str, atoms: i64) -> Result<Vec<Atom>, String> {
    let lines: Vec<&str> = xyz.lines().take(ATOMS + 1).collect();
    if lines.len() > ATOMS || lines.len() as i64 != atoms {
        return Err(format!("its geometry has {} lines for {atoms} atoms", lines.len()));
    }
    let atom = |(number, line): (usize, &&str)| {
        let refused = || format!("line {} of its geometry is no atom", number + 1);
        let mut words = line.split_whitespace();
        let element = words.next().filter(|word| word.len() <= 2 && word.bytes().all(|b| b.is_ascii_alphabetic()));
        let mut coordinates = [0.0; 3];
        for coordinate in &mut coordinates {
            let word = words.next().and_then(|word| word.parse::<f64>().ok());
            *coordinate = word.filter(|value| value.abs() <= FARTHEST).ok_or_else(refused)?;
        }
        let element = element.filter(|_| words.next().is_none()).ok_or_else(refused)?;
        Ok((element.to_owned(), coordinates))
    };
    lines.iter().enumerate().map(atom).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_come_first_and_then_those_about_the_median() {
        // Errors 0 to 28: the median is 14.
        let errors: Vec<f64> = (0..29).map(f64::from).collect();
        assert_eq!(worst_and_median(&errors), [vec![28, 27, 26, 25, 24, 23], vec![14, 13, 15, 12, 16, 11]]);
        assert_eq!(worst_and_median(&[1.0; 8]), [vec![0, 1, 2, 3, 4, 5], vec![6, 7]]);
        assert_eq!(worst_and_median(&[]).concat(), Vec::<usize>::new());
    }

    #[test]
    fn what_is_no_geometry_is_refused() {
        let water = "O 0.0 0.0 0.119\nH 0.0 0.763 -0.477\nH 0.0 -0.763 -0.477";
        let atoms = geometry(water, 3).unwrap();
        assert_eq!(atoms[1], ("H".to_owned(), [0.0, 0.763, -0.477]));
        for (xyz, count, said) in [
            (water, 4, "3 lines for 4 atoms"),
            ("O 0 0", 1, "line 1 of its geometry is no atom"),
            ("O 0 0 0 0", 1, "line 1"),
            ("O 0 0 NaN", 1, "line 1"),
            ("O 0 0 1e9", 1, "line 1"),
            ("<script> 0 0 0", 1, "line 1"),
            ("", 1, "0 lines"),
        ] {
            let error = geometry(xyz, count).unwrap_err();
            assert!(error.contains(said), "{xyz}: {error}");
        }
        let many = "H 0 0 0\n".repeat(100_000);
        assert!(geometry(&many, 100_000).unwrap_err().contains("lines for 100000 atoms"));
    }
}
