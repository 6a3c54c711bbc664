//! Trajectories: true and predicted ends, as stored and under rotations of the input, with the measured equivariance.

use super::{Viewer, flat, rounded};
use crate::{
    metric::Metric,
    number,
    predictions::nbody::{Distances, Point, Predicted, ShownRun, shown},
    results::Results,
    write::RESULTS,
};
use serde_json::{Value, json};
use std::path::Path;

/// Trajectories that are shown, and coordinates of predictions in all: about 8 bytes each. Of large systems fewer are shown.
const TRAJECTORIES: usize = 6;
const COORDINATES: usize = 100_000;
/// Digits of what is drawn, and of what is measured.
const DRAWN: usize = 5;
const MEASURED: usize = 4;
/// Models that are shown.
const MODELS: usize = 12;

pub(super) fn viewer(folder: &Path, results: &Results) -> (Option<Viewer>, Vec<String>) {
    let shown = shown(folder, results);
    if shown.is_empty() {
        return (None, Vec::new());
    }
    if !folder.join("runs").is_dir() {
        let why = "published results have none; run the sweep to have them";
        return (None, vec![format!("No trajectories are shown: there are no run folders beside {RESULTS} ({why}).")]);
    }
    let mut warnings: Vec<String> = shown.iter().filter_map(warning).collect();
    let mut good: Vec<(&ShownRun<'_>, &Predicted)> =
        shown.iter().filter_map(|run| Some((run, run.predicted.as_ref().ok()?))).collect();
    good.sort_by(|(a, _), (b, _)| mse(a).total_cmp(&mse(b)));
    if good.len() > MODELS {
        warnings.push(format!("Trajectories of the {MODELS} best models are shown, not of all {}.", good.len()));
        good.truncate(MODELS);
    }
    (viewer_of(&good), warnings)
}

/// What a reader must know of a run, if something is wrong.
fn warning(shown: &ShownRun<'_>) -> Option<String> {
    match &shown.predicted {
        Err(reason) => Some(format!("No trajectories of {} are shown: {reason}.", shown.title)),
        Ok(_) => shown.doubt.as_ref().map(|doubt| format!("{doubt}.")),
    }
}

fn mse(shown: &ShownRun<'_>) -> f64 {
    shown.run.value(Metric::Mse).unwrap_or(f64::INFINITY)
}

/// A viewer of runs, the best first.
fn viewer_of(good: &[(&ShownRun<'_>, &Predicted)]) -> Option<Viewer> {
    let (best, _) = good.first()?;
    let of_trajectory = |(_, of): &(&ShownRun<'_>, &Predicted)| 3 * of.bodies * (1 + of.rotations.len());
    let shown_of_each = COORDINATES / good.iter().map(of_trajectory).sum::<usize>().max(1);
    let trajectories = shown_of_each.clamp(1, TRAJECTORIES);
    let mut scenes: Vec<Value> = Vec::new();
    let mut scene_of: Vec<&Predicted> = Vec::new();
    let mut models = Vec::new();
    let mut farthest = (0, 0.0);
    for (number, &(shown, predicted)) in good.iter().enumerate() {
        let scene = scene_of.iter().position(|other| is_same(other, predicted)).unwrap_or_else(|| {
            scene_of.push(predicted);
            scenes.push(Value::Null);
            scenes.len() - 1
        });
        // Of runs on the same trajectories one may say more: older ones have neither inputs nor charges.
        if scenes[scene].is_null() || scenes[scene]["inputs"].is_null() {
            scenes[scene] = self::scene(predicted, trajectories);
        }
        let (each, all) = predicted.equivariance();
        let spread = predicted.spread();
        if let Some(relative) = all.map(|all| all.rms / spread).filter(|&relative| relative > farthest.1) {
            farthest = (number, relative);
        }
        models.push(model(shown, predicted, (scene, trajectories), &each, all));
    }
    let samples = number::count(best.run.settings.train_samples);
    let of = if good.iter().all(|(shown, _)| shown.run.settings.train_samples == best.run.settings.train_samples) {
        format!("trained on {samples} trajectories, ")
    } else {
        "on the most training trajectories and ".to_owned()
    };
    let words = format!(
        "The first test trajectories, where their bodies truly end and where models say they do: of each model one run, {of}of the \
         lowest seed. Rotate the input: an equivariant model's prediction rotates with it, that of any other does not. The spread of \
         the true places is the root mean square of their distances from the middle of their trajectory's."
    );
    let data = json!({ "scenes": scenes, "models": models, "left": 0, "right": farthest.0 });
    Some(Viewer { id: "nbody", heading: "Trajectories in space".into(), words, data })
}

/// Whether two runs were tested on the same: the same trajectories and rotations.
fn is_same(a: &Predicted, b: &Predicted) -> bool {
    let matrices = |of: &Predicted| of.rotations.iter().map(|rotated| rotated.matrix).collect::<Vec<_>>();
    (a.bodies, &a.trajectories, &a.targets) == (b.bodies, &b.trajectories, &b.targets) && matrices(a) == matrices(b)
}

/// Points of the first trajectories, each a list.
fn by_trajectory(predicted: &Predicted, points: &[Point], trajectories: usize) -> Vec<Vec<f64>> {
    points.chunks(predicted.bodies.max(1)).take(trajectories).map(|points| flat(points, DRAWN)).collect()
}

fn scene(predicted: &Predicted, trajectories: usize) -> Value {
    let count = predicted.trajectories.len().min(trajectories);
    let charges = |charges: &Vec<f64>| -> Vec<f64> {
        charges.iter().take(count * predicted.bodies).map(|&charge| rounded(charge, DRAWN)).collect()
    };
    let matrices = predicted.rotations.iter().map(|rotated| flat(&rotated.matrix, DRAWN + 1)).collect::<Vec<_>>();
    json!({
        "trajectories": predicted.trajectories[..count],
        "samples": predicted.trajectories.len(),
        "bodies": predicted.bodies,
        "inputs": predicted.inputs.as_ref().map(|inputs| by_trajectory(predicted, inputs, count)),
        "charges": predicted.charges.as_ref().map(charges),
        "targets": by_trajectory(predicted, &predicted.targets, count),
        "rotations": matrices,
    })
}

fn model(
    shown: &ShownRun<'_>,
    predicted: &Predicted,
    (scene, trajectories): (usize, usize),
    each: &[Distances],
    all: Option<Distances>,
) -> Value {
    let measured = |of: Distances| json!({ "rms": rounded(of.rms, MEASURED), "max": rounded(of.max, MEASURED) });
    let rotated =
        predicted.rotations.iter().map(|rotated| by_trajectory(predicted, &rotated.predictions, trajectories));
    json!({
        "title": shown.title,
        "run": shown.run.run,
        "scene": scene,
        "mse": shown.run.value(Metric::Mse).map(|mse| rounded(mse, MEASURED)),
        "spread": rounded(predicted.spread(), MEASURED),
        "predictions": by_trajectory(predicted, &predicted.predictions, trajectories),
        "rotated": rotated.collect::<Vec<_>>(),
        "each": each.iter().map(|&of| measured(of)).collect::<Vec<_>>(),
        "all": all.map(measured),
    })
}

/// Bytes of as many models as JSON, with the trajectories that they share.
#[cfg(test)]
pub(super) fn size_of_models(predicted: &Predicted, models: usize) -> usize {
    let run = crate::fabricate::finished("egnn", 3000, 1, 0.01);
    let shown = ShownRun { run: &run, title: "EGNN", predicted: Err(String::new()), doubt: None };
    let viewer = viewer_of(&vec![(&shown, predicted); models]);
    viewer.map_or(0, |viewer| viewer.data.to_string().len())
}
