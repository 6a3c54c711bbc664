//! What runs on molecules spent, and how many molecules they saw.

use super::{other, range, share};
use crate::{
    group::{Group, widened},
    kind::Kind,
    number,
    paper::{self, qm9},
};

/// How every deviation in the number of training molecules ends, for all of them to be said as one range.
const TRAINING: &str = " training molecules";

/// What was set otherwise than the paper set it for its EGNN; nothing for models that are not its own.
pub(super) fn deviations(group: &Group) -> Vec<String> {
    let settings = &group.settings;
    if group.model != qm9::EGNN {
        return Vec::new();
    }
    let mut found = Vec::new();
    if !paper::has_set(Kind::Qm9, &group.graphs) {
        found.push(format!("set {}", group.graphs));
    }
    // Zero stands for a number that is not recorded.
    if settings.train_samples != qm9::TRAIN_MOLECULES && settings.train_samples != 0 {
        let (ours, paper) = (number::count(settings.train_samples), number::count(qm9::TRAIN_MOLECULES));
        found.push(format!("{ours} of {paper}{TRAINING}"));
    }
    // Of another set they are not a part of the paper's.
    let part = |ours: Option<i64>, all: i64, what: &str| {
        let ours = ours.filter(|_| paper::has_set(Kind::Qm9, &group.graphs));
        let (ours, all) = (number::count(ours.filter(|&ours| ours != all)?), number::count(all));
        Some(format!("{ours} of {all} {what} molecules"))
    };
    let text = |name: &str, ours: &Option<String>, paper: &str| other(name, ours.as_deref(), paper);
    let whole =
        |name, ours: Option<i64>, paper: i64| text(name, &ours.map(|ours| ours.to_string()), &paper.to_string());
    let real = |name, ours: Option<f64>, paper| text(name, &ours.map(number::setting), &number::setting(paper));
    let cutoff = settings.cutoff.filter(|&cutoff| cutoff != 0.0);
    found.extend(
        [
            part(settings.valid_samples, qm9::VALID_MOLECULES, "validation"),
            part(settings.test_samples, qm9::TEST_MOLECULES, "test"),
            whole("evaluate_every_epochs", settings.evaluate_every_epochs, 1),
            whole("hidden", settings.hidden, qm9::HIDDEN),
            whole("layers", settings.layers, qm9::LAYERS),
            text("attention", &settings.attention, "true"),
            text("update_coordinates", &settings.update_coordinates, "false"),
            text("cutoff_angstrom", &cutoff.map(number::setting), "none"),
            whole("batch", settings.batch_size, qm9::BATCH),
            real("learning_rate", settings.learning_rate, qm9::learning_rate(&group.set)),
            text("schedule", &settings.schedule, qm9::SCHEDULE),
            real("weight_decay", settings.weight_decay, qm9::WEIGHT_DECAY),
        ]
        .into_iter()
        .flatten(),
    );
    found
}

/// Whether a deviation is one of those that [`sizes`] says together.
pub(super) fn is_size(deviation: &str) -> bool {
    deviation.ends_with(TRAINING)
}

/// The numbers of training molecules that are not the paper's: `1,000 to 50,000 of 100,000 training molecules`.
pub(super) fn sizes(groups: &[&Group]) -> Vec<String> {
    let other = |group: &&&Group| deviations(group).iter().any(|deviation| is_size(deviation));
    let ours = groups.iter().filter(other).map(|group| group.settings.train_samples);
    let Some((low, high)) = ours.fold(None, |range, size| widened(range, Some(size))) else { return Vec::new() };
    let (low, high) = (number::count(low), number::count(high));
    let ours = if low == high { low } else { format!("{low} to {high}") };
    vec![format!("{ours} of {}{TRAINING}", number::count(qm9::TRAIN_MOLECULES))]
}

/// What was spent on a model, for its legend: part of the paper's steps, or epochs.
pub(super) fn legend(groups: &[&Group]) -> String {
    let epochs = groups
        .iter()
        .filter_map(|group| group.epochs)
        .fold(None, |range, (low, high)| widened(widened(range, Some(low)), Some(high)));
    let Some(epochs) = epochs else { return "no finished run".into() };
    if groups.iter().all(|group| paper::is_untrained(Kind::Qm9, &group.model)) {
        return "not trained".into();
    }
    let shares: Vec<f64> = groups.iter().filter_map(|group| share(Kind::Qm9, group)).collect();
    if shares.is_empty() {
        return format!("{} epochs", number::counts(epochs));
    }
    let least = number::share(shares.iter().copied().fold(f64::INFINITY, f64::min));
    let most = number::share(shares.iter().copied().fold(0.0, f64::max));
    format!(
        "{} of {} epochs, {} of the paper's steps",
        number::counts(epochs),
        number::count(qm9::EPOCHS),
        range(least, &most)
    )
}

/// A sentence for each set on how many molecules validation and test used, against all of the paper's.
pub(crate) fn evaluated(kind: Kind, groups: &[Group]) -> Vec<String> {
    let mut sentences: Vec<String> = Vec::new();
    for group in groups.iter().filter(|group| kind == Kind::Qm9 && group.usable() > 0) {
        let sentence = sentence(group);
        if !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }
    sentences
}

fn sentence(group: &Group) -> String {
    let [valid, test] = [group.settings.valid_samples, group.settings.test_samples]
        .map(|used| used.map_or("an unknown number of".into(), number::count));
    if !paper::has_set(Kind::Qm9, &group.graphs) {
        return format!(
            "Validation used {valid} and the test {test} molecules of set {}, which is not the paper's.",
            group.graphs
        );
    }
    let all = [Some(qm9::VALID_MOLECULES), Some(qm9::TEST_MOLECULES)];
    if [group.settings.valid_samples, group.settings.test_samples] == all {
        return format!("Validation used all {valid} and the test all {test} molecules of the paper's splits.");
    }
    let [all_valid, all_test] = [qm9::VALID_MOLECULES, qm9::TEST_MOLECULES].map(number::count);
    format!(
        "Validation used {valid} of {all_valid} molecules and the test {test} of {all_test}: fixed ones, the first of the paper's \
         splits."
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        budget::{epochs, is_complete, statement, steps, verdict},
        fabricate::{of, predicted},
        group::groups,
    };

    #[test]
    fn a_small_run_says_what_it_had_less_of() {
        let groups = groups(Kind::Qm9, &of(vec![predicted("mu", "egnn", 1000, 1, 0.2)]));
        assert_eq!(epochs(Kind::Qm9, &groups[0]), "20 of 1,000");
        assert_eq!(steps(Kind::Qm9, &groups[0]), "220 of 1,042,000 (0.021 %)");
        assert_eq!(
            verdict(Kind::Qm9, &groups[0]),
            "0.021 % of the paper's steps, 1,000 of 100,000 training molecules, 1,000 of 17,748 validation molecules, 1,000 of \
             13,083 test molecules"
        );
        assert_eq!(
            evaluated(Kind::Qm9, &groups),
            [
                "Validation used 1,000 of 17,748 molecules and the test 1,000 of 13,083: fixed ones, the first of the paper's splits."
            ]
        );
    }

    #[test]
    fn many_sizes_are_one_range() {
        let sizes = [1000, 10_000, 50_000].map(|size| predicted("mu", "egnn", size, 1, 0.2));
        let said = statement(Kind::Qm9, &groups(Kind::Qm9, &of(sizes.into())));
        assert!(said.contains("0.021 to 1.0 % of the paper's steps"), "{said}");
        assert!(said.contains(": 1,000 to 50,000 of 100,000 training molecules; 1,000 of 17,748"), "{said}");
    }

    #[test]
    fn each_setting_that_is_not_the_papers_is_said() {
        let mut full = predicted("gap", "egnn", 100_000, 1, 60.0);
        full.settings.valid_samples = Some(17_748);
        full.settings.test_samples = Some(13_083);
        full.settings.learning_rate = Some(1e-3);
        full.epochs = Some(1000);
        full.steps = Some(1_042_000);
        let only = |run: &crate::results::Run| groups(Kind::Qm9, &of(vec![run.clone()])).remove(0);
        assert_eq!(verdict(Kind::Qm9, &only(&full)), "the paper's");
        assert!(is_complete(Kind::Qm9, &only(&full)));
        for (change, said) in [
            (
                (|run| run.settings.learning_rate = Some(5e-4)) as fn(&mut crate::results::Run),
                "learning_rate 5e-4 (paper 1e-3)",
            ),
            (|run| run.settings.evaluate_every_epochs = Some(50), "evaluate_every_epochs 50 (paper 1)"),
            (|run| run.settings.hidden = Some(64), "hidden 64 (paper 128)"),
            (|run| run.settings.attention = Some("false".into()), "attention false (paper true)"),
            (|run| run.settings.update_coordinates = Some("true".into()), "update_coordinates true (paper false)"),
            (|run| run.settings.cutoff = Some(5.0), "cutoff_angstrom 5 (paper none)"),
            (|run| run.settings.schedule = Some("cosine".into()), "schedule cosine (paper authors)"),
            (|run| run.data.set = "qm9_fixture".into(), "set qm9_fixture"),
        ] {
            let mut other = full.clone();
            change(&mut other);
            let group = only(&other);
            assert!(!is_complete(Kind::Qm9, &group));
            assert_eq!(verdict(Kind::Qm9, &group), said);
        }
    }
}
