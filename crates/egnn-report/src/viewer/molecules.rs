//! Molecules at which a run is worst, and at which it errs as usual.

use super::{Viewer, flat, rounded};
use crate::{
    metric::Metric,
    paper::qm9,
    predictions::examples::{Example, ShownRun, shown},
    results::Results,
    table::cut,
};
use serde_json::{Value, json};
use std::path::Path;

/// Digits of labels and errors, and of coordinates.
const DIGITS: usize = 6;
/// Letters of a SMILES string: those of QM9 have fewer than 40.
const LETTERS: usize = 120;

pub(super) fn viewer(folder: &Path, results: &Results) -> (Option<Viewer>, Vec<String>) {
    let shown = shown(folder, results);
    let warnings = shown.iter().filter_map(warning).collect();
    let runs: Vec<Value> = shown.iter().filter_map(run).collect();
    let words = "Molecules of the test set: the six of the largest error, and the six whose error is nearest to the median one, with \
                 what is true and what was predicted. Of each model and property the run on the most molecules is shown.";
    let viewer = (!runs.is_empty()).then(|| Viewer {
        id: "molecules",
        heading: "Worst and median molecules".into(),
        words: words.into(),
        data: json!({ "runs": runs }),
    });
    (viewer, warnings)
}

/// Geometry that is there, but not as it should be: of what is missing the pictures have warned, or the viewer itself says it.
fn warning(shown: &ShownRun<'_>) -> Option<String> {
    let of = |example: &Example| {
        let reason = example.geometry.as_ref()?.as_ref().err()?;
        let number = example.index.map_or_else(String::new, |index| format!(" {index}"));
        Some(format!("Molecule{number} of {} is not drawn: {reason}.", shown.run.run))
    };
    shown.examples.as_ref().ok()?.iter().find_map(of)
}

fn run(shown: &ShownRun<'_>) -> Option<Value> {
    let examples = shown.examples.as_ref().ok()?;
    Some(json!({
        "property": shown.run.set,
        "unit": qm9::unit(&shown.run.set),
        "title": shown.title,
        "run": shown.run.run,
        "seed": shown.run.seed,
        "trainedOn": shown.run.settings.train_samples,
        "mae": shown.run.value(Metric::Mae).map(|mae| rounded(mae, DIGITS)),
        "molecules": examples.iter().map(molecule).collect::<Vec<_>>(),
    }))
}

fn molecule(example: &Example) -> Value {
    let atoms = example.geometry.as_ref().and_then(|geometry| geometry.as_ref().ok());
    json!({
        "worst": example.is_worst,
        "index": example.index,
        "smiles": cut(&example.smiles, LETTERS),
        "atoms": example.atoms,
        "true": rounded(example.target, DIGITS),
        "predicted": rounded(example.prediction, DIGITS),
        "error": rounded(example.prediction - example.target, DIGITS),
        "elements": atoms.map(|atoms| atoms.iter().map(|(element, _)| element).collect::<Vec<_>>()),
        "places": atoms.map(|atoms| flat(&atoms.iter().map(|&(_, place)| place).collect::<Vec<_>>(), DIGITS - 1)),
    })
}
