//! Learning curves of runs: from `metrics.parquet` of those that are finished, from `events.jsonl` of those that are under way.

use crate::{
    frame, number,
    results::{Results, Run, Status, run_folder},
};
use egnn_schema::{RunEvent, columns::metrics as column};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Curves that a page shows: of more runs a sample.
const MOST: usize = 200;
/// Values of a curve: of more evaluations those that a plot can tell apart.
const VALUES: usize = 160;
/// A log beyond this is not read.
const LARGEST_LOG: u64 = 64 << 20;

/// Evaluations of a run, in order. What is no number is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Curve {
    /// The run's place in the results.
    pub(crate) row: usize,
    pub(crate) epoch: Vec<i64>,
    /// Seconds over all attempts.
    pub(crate) seconds: Vec<f64>,
    pub(crate) train: Vec<Option<f64>>,
    pub(crate) valid: Vec<Option<f64>>,
    /// Whether it has fewer values than there were evaluations.
    is_thinned: bool,
}

/// The curves that a page shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Curves {
    pub(crate) shown: Vec<Curve>,
    /// Runs that were asked for theirs.
    asked: usize,
    /// Runs that may have one: that have begun.
    of: usize,
    /// Whether the runs' folders are here.
    has_folders: bool,
}

impl Curves {
    /// What a reader must know of them.
    pub(crate) fn words(&self) -> String {
        let count = |n: usize| number::count(n as i64);
        if self.shown.is_empty() {
            let words = if self.has_folders {
                "No run has been evaluated yet: there are no curves."
            } else {
                "The runs' folders are not here (published results have none): there are no curves. The same sweep draws them."
            };
            return words.into();
        }
        let mut words = if self.asked < self.of {
            format!(
                "A sample of {} of the {} runs, taken evenly in the order of the table.",
                count(self.asked),
                count(self.of)
            )
        } else {
            "Losses of every run at its evaluations.".into()
        };
        if self.shown.iter().any(|curve| curve.is_thinned) {
            words +=
                &format!(" Of more than {VALUES} those are shown in which the validation loss is lowest or highest.");
        }
        if self.shown.len() < self.asked {
            words += &format!(" {} of them have no curve.", count(self.asked - self.shown.len()));
        }
        words
    }
}

/// The curves of a report's runs, whose folders are in `folder`.
pub(crate) fn curves(folder: &Path, results: &Results) -> Curves {
    let runs = folder.join("runs");
    let has_begun = |run: &Run| {
        run.status == Status::Finished || run_folder(folder, &run.run).is_some_and(|folder| folder.is_dir())
    };
    let rows: Vec<usize> = (0..results.runs.len()).filter(|&row| has_begun(&results.runs[row])).collect();
    let of = rows.len();
    let asked = of.min(MOST);
    let sample = (0..asked).map(|index| rows[index * of / asked]);
    let shown: Vec<Curve> = sample.filter_map(|row| curve(folder, row, &results.runs[row])).collect();
    Curves { shown, asked, of, has_folders: runs.is_dir() }
}

fn curve(folder: &Path, row: usize, run: &Run) -> Option<Curve> {
    let folder = run_folder(folder, &run.run)?;
    let finished = || recorded(&folder.join("metrics.parquet"));
    let curve = if run.status == Status::Finished { finished() } else { logged(&folder) }?;
    (!curve.epoch.is_empty()).then(|| Curve { row, ..thinned(curve) })
}

fn number(value: f64) -> Option<f64> {
    // Six digits are more than any plot shows, and half the page.
    value.is_finite().then(|| format!("{value:.5e}").parse().ok()).flatten()
}

fn recorded(file: &Path) -> Option<Curve> {
    let frame = frame::read(file).ok()?;
    let epoch = frame.whole(column::EPOCH.name).ok()?;
    let [seconds, train, valid] =
        [column::SECONDS, column::TRAIN_LOSS, column::VALID_LOSS].map(|column| frame.real(column.name).ok());
    let (seconds, train, valid) = (seconds?, train?, valid?);
    let mut curve = Curve::default();
    for (index, epoch) in epoch.into_iter().enumerate() {
        let (Some(epoch), Some(seconds)) = (epoch, seconds[index].and_then(number)) else { continue };
        curve.epoch.push(epoch);
        curve.seconds.push(seconds);
        curve.train.push(train[index].and_then(number));
        curve.valid.push(valid[index].and_then(number));
    }
    Some(curve)
}

/// The log of the latest attempt, which holds what earlier ones are worth; of a run that failed the log of the run.
fn logged(folder: &Path) -> Option<Curve> {
    let file = latest(&folder.join("attempts")).unwrap_or_else(|| folder.to_owned()).join("events.jsonl");
    if fs::metadata(&file).ok()?.len() > LARGEST_LOG {
        return None;
    }
    let mut curve = Curve::default();
    // A line may be half written; what is no event is none.
    for line in fs::read_to_string(&file).ok()?.lines() {
        if let Ok(RunEvent::Evaluated { epoch, train_loss, valid_loss, seconds, .. }) = serde_json::from_str(line) {
            let (Ok(epoch), Some(seconds)) = (i64::try_from(epoch), number(seconds)) else { continue };
            curve.epoch.push(epoch);
            curve.seconds.push(seconds);
            curve.train.push(number(train_loss));
            curve.valid.push(number(valid_loss));
        }
    }
    Some(curve)
}

/// The attempt with the largest number: `<number>-<host>-<process>`.
fn latest(attempts: &Path) -> Option<PathBuf> {
    let number = |path: &PathBuf| path.file_name()?.to_str()?.split('-').next()?.parse::<u64>().ok();
    let entries = fs::read_dir(attempts).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    entries.filter_map(|path| Some((number(&path)?, path))).max().map(|(_, path)| path)
}

/// A curve of at most [`VALUES`] evaluations: of each stretch the one with the lowest and the one with the highest validation loss, so
/// that no spike of it is lost, and both ends.
fn thinned(curve: Curve) -> Curve {
    let length = curve.epoch.len();
    if length <= VALUES {
        return curve;
    }
    let mut kept = vec![0, length - 1];
    let stretches = (VALUES - 2) / 2;
    for stretch in 0..stretches {
        let range = 1 + stretch * (length - 2) / stretches..1 + (stretch + 1) * (length - 2) / stretches;
        let loss = |&index: &usize| curve.valid[index].unwrap_or(f64::INFINITY);
        kept.extend(range.clone().min_by(|a, b| loss(a).total_cmp(&loss(b))));
        kept.extend(range.max_by(|a, b| loss(a).total_cmp(&loss(b))));
    }
    kept.sort_unstable();
    kept.dedup();
    Curve {
        row: curve.row,
        epoch: kept.iter().map(|&index| curve.epoch[index]).collect(),
        seconds: kept.iter().map(|&index| curve.seconds[index]).collect(),
        train: kept.iter().map(|&index| curve.train[index]).collect(),
        valid: kept.iter().map(|&index| curve.valid[index]).collect(),
        is_thinned: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fabricate::{finished, of, run};

    #[test]
    fn a_thinned_curve_keeps_its_ends_and_spikes() {
        let length = 10_000;
        let curve = Curve {
            row: 3,
            epoch: (0..length).collect(),
            seconds: (0..length).map(|i| i as f64).collect(),
            train: vec![Some(1.0); length as usize],
            valid: (0..length).map(|i| Some(if i == 7777 { 50.0 } else { 1.0 / (i + 1) as f64 })).collect(),
            is_thinned: false,
        };
        let thin = thinned(curve);
        assert!(thin.epoch.len() <= VALUES && thin.epoch.is_sorted());
        assert!([0, 7777, length - 1].iter().all(|epoch| thin.epoch.contains(epoch)));
        assert_eq!((thin.row, thin.valid.len(), thin.train.len()), (3, thin.epoch.len(), thin.epoch.len()));
    }

    #[test]
    fn of_many_runs_an_even_sample_is_asked() {
        let runs = (0..1000).map(|seed| finished("egnn", 100, seed, 0.1)).collect();
        let curves = curves(Path::new("nowhere"), &of(runs));
        assert_eq!((curves.asked, curves.of, curves.shown.len()), (200, 1000, 0));
        assert!(curves.words().contains("not here"));
    }

    #[test]
    fn a_run_under_way_shows_what_its_latest_attempt_logged() {
        let folder = tempfile::tempdir().unwrap();
        let running = run("egnn", 100, 1, Status::Pending);
        let line = |epoch: u64, loss: f64| {
            format!(
                r#"{{"event":"evaluated","epoch":{epoch},"step":{epoch},"train_loss":{loss},"valid_loss":{loss},"best_valid_loss":{loss},"best_epoch":0,"seconds":1.5}}"#
            )
        };
        for (attempt, text) in
            [("2-host-9", line(0, 9.0)), ("10-host-7", format!("{}\n{}\n{{\"ev", line(0, 0.5), line(5, 0.25)))]
        {
            let attempt = folder.path().join("runs").join(&running.run).join("attempts").join(attempt);
            fs::create_dir_all(&attempt).unwrap();
            fs::write(attempt.join("events.jsonl"), text).unwrap();
        }
        let curves = curves(folder.path(), &of(vec![running]));
        assert_eq!(curves.shown[0].epoch, [0, 5]);
        assert_eq!(curves.shown[0].valid, [Some(0.5), Some(0.25)]);
    }

    #[test]
    fn ids_lead_nowhere_else() {
        let mut run = finished("egnn", 100, 1, 0.1);
        run.run = "../../elsewhere".into();
        assert!(curve(Path::new("."), 0, &run).is_none());
    }
}
