//! What sets runs of a model apart: the configuration's fields, and the fewest of them that tell runs from each other.

use crate::{error::ReportError, frame::Frame};
use egnn_schema::columns::{Column, results as column};
use std::collections::{BTreeMap, BTreeSet};

/// Fields that people tell runs apart by, before all others.
const FIRST: [&str; 6] = ["property", "set", "train_set", "eval_set", "train_samples", "dim"];
/// Fields that are results, too: what is configured stands there once a run is finished.
const BUDGET: [&str; 2] = [column::EPOCHS.name, column::STEPS.name];

/// Whether a column of results is a field of the configuration that may set runs of a model apart. The budget is one.
pub(crate) fn is_field(name: &str) -> bool {
    let own = ["model", "seed", "pipeline", "profile", "variant"];
    let is_other = |column: &Column| column.name == name && !BUDGET.contains(&name);
    !own.contains(&name) && !column::ALL.iter().any(is_other)
}

/// The fields of results, run by run.
pub(crate) struct Fields {
    /// Their names: what people tell runs apart by first, the budget last.
    pub(crate) names: Vec<String>,
    /// By field and run.
    values: Vec<Vec<Option<String>>>,
    finished: Vec<bool>,
}

impl Fields {
    /// Reads the fields of a file. Those of `names` that it lacks are null.
    pub(crate) fn read(frame: &Frame, names: impl IntoIterator<Item = String>) -> Result<Self, ReportError> {
        let rank = |name: &String| match FIRST.iter().position(|first| first == name) {
            Some(first) => first,
            None if BUDGET.contains(&name.as_str()) => FIRST.len() + 1,
            None => FIRST.len(),
        };
        let mut names: Vec<String> = names.into_iter().filter(|name| is_field(name)).collect();
        names.sort_by_key(|name| (rank(name), name.clone()));
        names.dedup();
        let values = names.iter().map(|name| frame.settings(name)).collect::<Result<_, _>>()?;
        let status = frame.text(column::STATUS.name)?;
        let finished = status.iter().map(|status| status.as_deref() == Some("finished")).collect();
        Ok(Self { names, values, finished })
    }

    pub(crate) fn value(&self, field: usize, run: usize) -> Option<&str> {
        self.values[field][run].as_deref()
    }

    /// The different values that a field has in `runs`. How far an unfinished run came is none.
    pub(crate) fn distinct(&self, field: usize, runs: &[usize]) -> BTreeSet<Option<&str>> {
        let counts = |run: &&usize| self.counts(field, **run);
        let mut values: BTreeSet<_> = runs.iter().filter(counts).map(|&run| self.value(field, run)).collect();
        if values.is_empty() {
            values.extend(runs.iter().map(|&run| self.value(field, run)));
        }
        values
    }

    fn counts(&self, field: usize, run: usize) -> bool {
        !BUDGET.contains(&self.names[field].as_str()) || self.finished[run]
    }

    /// The fewest fields, by their order, that tell all `runs` apart that any field tells apart. What follows from a field
    /// before it, as epochs do from the size of the training set in Figure 2, is none of them.
    pub(crate) fn telling(&self, runs: &[usize]) -> Vec<usize> {
        let mut telling = Vec::new();
        let mut classes: BTreeMap<usize, usize> = runs.iter().map(|&run| (run, 0)).collect();
        for field in 0..self.names.len() {
            let mut ids = BTreeMap::new();
            let refined = classes.iter().map(|(&run, &class)| {
                let next = ids.len();
                (run, *ids.entry((class, self.value(field, run))).or_insert(next))
            });
            let refined: BTreeMap<usize, usize> = refined.collect();
            let count = |classes: &BTreeMap<usize, usize>| {
                let counted = classes.iter().filter(|(run, _)| self.counts(field, **run));
                counted.map(|(_, class)| *class).collect::<BTreeSet<_>>().len()
            };
            if count(&refined) > count(&classes) {
                telling.push(field);
                classes = refined;
            }
        }
        telling
    }

    /// `train_samples=100, hidden=32`: some fields of a run.
    pub(crate) fn text(&self, fields: &[usize], run: usize) -> String {
        let of = |&field: &usize| format!("{}={}", self.names[field], self.value(field, run).unwrap_or("none"));
        fields.iter().map(of).collect::<Vec<_>>().join(", ")
    }
}

/// For each run of a file, what sets it apart from the file's other runs of its task and model besides the seed; empty where
/// nothing does.
pub(crate) fn variants(frame: &Frame) -> Result<Vec<String>, ReportError> {
    let fields = Fields::read(frame, frame.names())?;
    let mut models: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (run, model) in frame.text(column::TASK.name)?.into_iter().zip(frame.text("model")?).enumerate() {
        models.entry(model).or_default().push(run);
    }
    let mut variants = vec![String::new(); frame.rows()];
    for runs in models.values() {
        let telling = fields.telling(runs);
        for &run in runs {
            variants[run] = fields.text(&telling, run);
        }
    }
    Ok(variants)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(rows: &[[&str; 3]]) -> Fields {
        let column = |index: usize| rows.iter().map(|row| Some(row[index].to_owned())).collect();
        Fields {
            names: ["train_samples", "learning_rate", "epochs"].map(Into::into).into(),
            values: vec![column(0), column(1), column(2)],
            finished: vec![true; rows.len()],
        }
    }

    #[test]
    fn what_follows_from_a_field_before_it_tells_nothing() {
        let sizes = fields(&[["100", "1e-3", "900"], ["100", "1e-3", "900"], ["200", "5e-4", "450"]]);
        assert_eq!(sizes.telling(&[0, 1, 2]), [0]);
        assert_eq!(sizes.text(&[0], 2), "train_samples=200");
        assert!(sizes.telling(&[0, 1]).is_empty());
        let grid =
            fields(&[["100", "1e-3", "900"], ["100", "5e-4", "900"], ["200", "1e-3", "450"], ["200", "5e-4", "9"]]);
        assert_eq!(grid.telling(&[0, 1, 2, 3]), [0, 1]);
    }

    #[test]
    fn how_far_a_failed_run_came_is_no_setting() {
        let mut runs = fields(&[["100", "1e-3", "900"], ["100", "1e-3", "17"]]);
        assert_eq!(runs.telling(&[0, 1]), [2]);
        runs.finished[1] = false;
        assert!(runs.telling(&[0, 1]).is_empty());
        assert_eq!(runs.distinct(2, &[0, 1]), [Some("900")].into());
        assert_eq!(runs.distinct(2, &[1]), [Some("17")].into());
    }

    #[test]
    fn results_and_circumstances_are_no_fields() {
        for name in ["test_mse", "valid_bce", "seconds", "run", "seed", "model", "dataset_hash", "pipeline", "threads"]
        {
            assert!(!is_field(name), "{name}");
        }
        for name in ["epochs", "steps", "train_samples", "learning_rate", "set", "an_option_of_next_year"] {
            assert!(is_field(name), "{name}");
        }
    }
}
