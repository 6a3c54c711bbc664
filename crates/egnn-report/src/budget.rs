//! What a sweep spent, beside what the paper spent.

use crate::{
    group::{Group, widened},
    number, paper,
    write::Kind,
};

/// Epochs that the paper trained a group's model on its number of samples, if it did.
pub(crate) fn paper_epochs(kind: Kind, group: &Group) -> Option<i64> {
    match kind {
        Kind::SizeCurve => paper::sweep_epochs(&group.model, group.samples),
        Kind::Table => paper::row(&group.model).map(|_| paper::TABLE_2_EPOCHS),
    }
}

/// The least part of the paper's epochs that a run of the group was given. At the paper's batch size, steps are in the same ratio.
pub(crate) fn share(kind: Kind, group: &Group) -> Option<f64> {
    let (fewest, _) = group.epochs?;
    paper_epochs(kind, group).filter(|&epochs| epochs > 0).map(|epochs| fewest as f64 / epochs as f64)
}

/// Whether a group had at least the paper's epochs (and, in the table, its training set), as far as the paper says what it spent.
pub(crate) fn is_complete(kind: Kind, group: &Group) -> bool {
    share(kind, group).is_some_and(|share| share >= 1.0)
        && (kind == Kind::SizeCurve || group.samples == paper::TABLE_2_SAMPLES)
}

/// Epochs of a group beside the paper's: `15 of 4,000 (0.38 %)`.
pub(crate) fn epochs(kind: Kind, group: &Group) -> String {
    let Some(spent) = group.epochs else { return String::from("-") };
    match (paper_epochs(kind, group), share(kind, group)) {
        (Some(paper), Some(share)) => {
            format!("{} of {} ({})", number::counts(spent), number::count(paper), number::share(share))
        }
        _ => number::counts(spent),
    }
}

/// One sentence on the whole report's budget: how much less than the paper's it is, or that it is not less.
pub(crate) fn statement(kind: Kind, groups: &[Group]) -> String {
    let what = match kind {
        Kind::SizeCurve => "Figure 2",
        Kind::Table => "Table 2",
    };
    let trained: Vec<&Group> = groups.iter().filter(|group| group.mean.is_some()).collect();
    if trained.is_empty() {
        return format!("No finished runs: nothing of {what} can be shown but the paper's values.");
    }
    let shares: Vec<f64> = trained.iter().filter_map(|group| share(kind, group)).collect();
    let other_sizes = kind == Kind::Table && trained.iter().any(|group| group.samples != paper::TABLE_2_SAMPLES);
    let sizes = if other_sizes {
        format!(" Not all runs trained on the paper's {} samples.", number::count(paper::TABLE_2_SAMPLES))
    } else {
        String::new()
    };
    if shares.is_empty() {
        return format!("Not a reproduction of {what}: the paper has no budget for these models and sizes.{sizes}");
    }
    let least = shares.iter().copied().fold(f64::INFINITY, f64::min);
    let most = shares.iter().copied().fold(0.0, f64::max);
    if least >= 1.0 {
        return format!("Every run whose budget the paper gives had at least the paper's epochs.{sizes}");
    }
    let (low, high) = (number::share(least), number::share(most));
    let range = if low == high { low } else { format!("{} to {high}", low.trim_end_matches(" %")) };
    format!("Not a reproduction of {what}: these runs had {range} of the paper's epochs.{sizes}")
}

/// Steps of one model over all its sizes, for a legend: `1,500 steps a size`, `150–1,500 steps a size`.
pub(crate) fn legend(groups: &[&Group]) -> String {
    let steps = groups
        .iter()
        .filter_map(|group| group.steps)
        .fold(None, |range, (low, high)| widened(widened(range, Some(low)), Some(high)));
    let size = if groups.len() == 1 { "" } else { " a size" };
    steps.map_or_else(|| "steps unknown".into(), |steps| format!("{} steps{size}", number::counts(steps)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fabricate::{finished, results},
        group::groups,
        results::Results,
    };

    fn trained(model: &str, samples: i64, epochs: i64) -> Vec<Group> {
        let mut run = finished(model, samples, 1, 0.01);
        run.epochs = Some(epochs);
        run.steps = Some(epochs * samples / 100);
        groups(&Results { runs: vec![run], provenance: Vec::new() })
    }

    #[test]
    fn less_than_the_paper_is_no_reproduction() {
        let groups = groups(&results(&[("egnn", 100, 0.03), ("gnn", 1600, 0.02)]));
        assert_eq!(
            statement(Kind::SizeCurve, &groups),
            "Not a reproduction of Figure 2: these runs had 0.19 to 0.38 % of the paper's epochs."
        );
        assert_eq!(epochs(Kind::SizeCurve, &groups[0]), "15 of 4,000 (0.38 %)");
        assert!(!is_complete(Kind::SizeCurve, &groups[0]));
    }

    #[test]
    fn one_epoch_short_is_not_all() {
        let groups = trained("egnn", 3000, 9999);
        assert_eq!(
            statement(Kind::Table, &groups),
            "Not a reproduction of Table 2: these runs had >99 % of the paper's epochs."
        );
        assert!(!is_complete(Kind::Table, &groups[0]));
    }

    #[test]
    fn the_papers_budget_is_recognised() {
        let groups = trained("egnn", 3000, 10_000);
        assert_eq!(
            statement(Kind::Table, &groups),
            "Every run whose budget the paper gives had at least the paper's epochs."
        );
        assert!(is_complete(Kind::Table, &groups[0]));
    }

    #[test]
    fn another_training_size_is_said() {
        let groups = trained("egnn", 100, 10_000);
        assert!(statement(Kind::Table, &groups).ends_with("Not all runs trained on the paper's 3,000 samples."));
        assert!(!is_complete(Kind::Table, &groups[0]));
    }

    #[test]
    fn legends_show_one_budget_or_a_range() {
        let (a, b) = (trained("egnn", 100, 15), trained("egnn", 1600, 15));
        assert_eq!(legend(&[&a[0]]), "15 steps");
        assert_eq!(legend(&[&a[0], &b[0]]), "15–240 steps a size");
        assert_eq!(legend(&[&a[0], &a[0]]), "15 steps a size");
    }
}
