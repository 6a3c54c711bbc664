//! What a sweep spent, beside what the paper spent.

use crate::{
    group::{Group, widened},
    kind::Kind,
    number,
    paper::{self, autoencoder, nbody},
};

/// Epochs that the paper trained a group's model on its number of samples, if it did.
pub(crate) fn paper_epochs(kind: Kind, group: &Group) -> Option<i64> {
    paper_epochs_of(kind, &group.model, Some(group))
}

/// The same for a model of which there may be no runs, and so no number of samples.
pub(crate) fn paper_epochs_of(kind: Kind, model: &str, group: Option<&Group>) -> Option<i64> {
    match kind {
        Kind::SizeCurve => nbody::sweep_epochs(model, group?.settings.train_samples),
        Kind::Table => nbody::row(model).map(|_| nbody::TABLE_2_EPOCHS),
        _ if !autoencoder::is_trained(model) => None,
        Kind::Autoencoder | Kind::EmbeddingSizes => Some(autoencoder::EPOCHS),
        Kind::GraphSparsity => Some(autoencoder::SPARSITY_EPOCHS),
    }
}

/// The least part of the paper's epochs that a run of the group was given. At the paper's batch size, steps are in the same ratio.
pub(crate) fn share(kind: Kind, group: &Group) -> Option<f64> {
    let (fewest, _) = group.epochs?;
    paper_epochs(kind, group).filter(|&epochs| epochs > 0).map(|epochs| fewest as f64 / epochs as f64)
}

/// What was set otherwise than in the paper, besides the epochs: `500 of 5,000 graphs`, `hidden 32 (paper 64)`.
pub(crate) fn deviations(kind: Kind, group: &Group) -> Vec<String> {
    let settings = group.settings;
    if kind == Kind::Table && settings.train_samples != nbody::TABLE_2_SAMPLES {
        return vec!["other training size".into()];
    }
    if kind.is_nbody() || !autoencoder::is_trained(&group.model) {
        return Vec::new();
    }
    let (graphs, dimensions) = match kind {
        Kind::GraphSparsity => (autoencoder::SPARSITY_GRAPHS, Some(autoencoder::SPARSITY_DIMENSIONS)),
        Kind::EmbeddingSizes => (autoencoder::TRAIN_GRAPHS, None),
        _ => (autoencoder::TRAIN_GRAPHS, Some(autoencoder::DIMENSIONS)),
    };
    let mut found = Vec::new();
    // Zero stands for a number that is not recorded.
    if settings.train_samples != graphs && settings.train_samples != 0 {
        let (ours, paper) = (number::count(settings.train_samples), number::count(graphs));
        let fewer = settings.train_samples < graphs;
        found.push(if fewer { format!("{ours} of {paper} graphs") } else { format!("{ours} graphs (paper {paper})") });
    }
    let others = [
        ("hidden", settings.hidden, Some(autoencoder::HIDDEN)),
        ("layers", settings.layers, Some(autoencoder::LAYERS)),
        ("n =", settings.dim, dimensions),
        ("batch", settings.batch_size, Some(autoencoder::BATCH)),
    ];
    for (name, ours, paper) in others {
        if let (Some(ours), Some(paper)) = (ours, paper)
            && ours != paper
        {
            found.push(format!("{name} {ours} (paper {paper})"));
        }
    }
    found
}

/// Whether a group had at least the paper's epochs and its settings, as far as the paper says what it spent.
pub(crate) fn is_complete(kind: Kind, group: &Group) -> bool {
    share(kind, group).is_some_and(|share| share >= 1.0) && deviations(kind, group).is_empty()
}

/// Epochs of a group beside the paper's: `15 of 4,000 (0.38 %)`.
pub(crate) fn epochs(kind: Kind, group: &Group) -> String {
    match (group.epochs, share(kind, group)) {
        (Some(_), Some(share)) => format!("{} ({})", short_epochs(kind, group), number::share(share)),
        _ => short_epochs(kind, group),
    }
}

/// Epochs of a group beside the paper's, without their part: `15 of 4,000`.
pub(crate) fn short_epochs(kind: Kind, group: &Group) -> String {
    let Some(spent) = group.epochs else { return String::from("-") };
    match paper_epochs(kind, group) {
        Some(paper) => format!("{} of {}", number::counts(spent), number::count(paper)),
        None if !kind.is_nbody() && group.model == "no_edges" => "-".into(),
        None => number::counts(spent),
    }
}

/// What a group had less of than the paper's runs, or otherwise: `20 of 100 epochs, 500 of 5,000 graphs`.
pub(crate) fn verdict(kind: Kind, group: &Group) -> String {
    match share(kind, group) {
        Some(_) if is_complete(kind, group) => "the paper's".into(),
        Some(share) if kind.is_nbody() && share < 1.0 => "less than the paper's".into(),
        Some(share) => {
            let epochs = (share < 1.0).then(|| format!("{} epochs", short_epochs(kind, group)));
            epochs.into_iter().chain(deviations(kind, group)).collect::<Vec<_>>().join(", ")
        }
        None => "-".into(),
    }
}

/// One sentence or two on the whole report's budget: how much less than the paper's it is, or that it is not less.
pub(crate) fn statement(kind: Kind, groups: &[Group]) -> String {
    let what = kind.what();
    let trained: Vec<&Group> = groups.iter().filter(|group| group.usable() > 0).collect();
    if trained.is_empty() {
        let shown = if paper::source(kind).is_some() { " but the paper's values" } else { "" };
        return format!("No finished runs: nothing of {what} can be shown{shown}.");
    }
    let shares: Vec<f64> = trained.iter().filter_map(|group| share(kind, group)).collect();
    let settings = settings(kind, &trained);
    if shares.is_empty() {
        let these = if kind.is_nbody() { "models and sizes" } else { "models" };
        return format!("Not a reproduction of {what}: the paper has no budget for these {these}.{settings}");
    }
    let least = shares.iter().copied().fold(f64::INFINITY, f64::min);
    let most = shares.iter().copied().fold(0.0, f64::max);
    if least >= 1.0 {
        let lacks = if kind.is_nbody() || settings.is_empty() {
            String::new()
        } else {
            format!("Not a reproduction of {what}. ")
        };
        return format!("{lacks}Every run whose budget the paper gives had at least the paper's epochs.{settings}");
    }
    let (low, high) = (number::share(least), number::share(most));
    let range = if low == high { low } else { format!("{} to {high}", low.trim_end_matches(" %")) };
    format!("Not a reproduction of {what}: these runs had {range} of the paper's epochs.{settings}")
}

/// The statement where there is little room: settings are not listed if they are many.
pub(crate) fn caption(kind: Kind, groups: &[Group]) -> String {
    /// Letters of two lines of a figure's caption.
    const ROOM: usize = 230;
    let whole = statement(kind, groups);
    match whole.split_once(OTHER_SETTINGS) {
        Some((epochs, _)) if whole.chars().count() > ROOM => {
            format!("{epochs}{} in the table.", OTHER_SETTINGS.replace(':', " are"))
        }
        _ => whole,
    }
}

const OTHER_SETTINGS: &str = " Other settings than the paper's:";

/// A sentence on settings that are not the paper's, after a space; empty if all are.
fn settings(kind: Kind, trained: &[&Group]) -> String {
    let mut found: Vec<String> = Vec::new();
    for deviation in trained.iter().flat_map(|group| deviations(kind, group)) {
        if !found.contains(&deviation) {
            found.push(deviation);
        }
    }
    if found.is_empty() {
        String::new()
    } else if kind == Kind::Table {
        format!(" Not all runs trained on the paper's {} samples.", number::count(nbody::TABLE_2_SAMPLES))
    } else {
        format!("{OTHER_SETTINGS} {}.", found.join("; "))
    }
}

/// What was spent on one series of a figure, for its legend: `1,500 steps a size`, `20 of 100 epochs`.
pub(crate) fn legend(kind: Kind, groups: &[&Group]) -> String {
    if !kind.is_nbody() {
        let mut found: Vec<String> = Vec::new();
        for group in groups.iter().filter(|group| group.epochs.is_some()) {
            let epochs = short_epochs(kind, group);
            let epochs = if epochs == "-" { "not trained".into() } else { format!("{epochs} epochs") };
            if !found.contains(&epochs) {
                found.push(epochs);
            }
        }
        return if found.is_empty() { "no finished run".into() } else { found.join("; ") };
    }
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
        fabricate::{finished, of, reconstructed, results},
        group::groups,
    };

    fn trained(model: &str, samples: i64, epochs: i64) -> Vec<Group> {
        let mut run = finished(model, samples, 1, 0.01);
        run.epochs = Some(epochs);
        run.steps = Some(epochs * samples / 100);
        groups(Kind::SizeCurve, &of(vec![run]))
    }

    #[test]
    fn less_than_the_paper_is_no_reproduction() {
        let groups = groups(Kind::SizeCurve, &results(&[("egnn", 100, 0.03), ("gnn", 1600, 0.02)]));
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
        assert_eq!(legend(Kind::SizeCurve, &[&a[0]]), "15 steps");
        assert_eq!(legend(Kind::SizeCurve, &[&a[0], &b[0]]), "15–240 steps a size");
        assert_eq!(legend(Kind::SizeCurve, &[&a[0], &a[0]]), "15 steps a size");
    }

    #[test]
    fn autoencoders_differ_from_the_paper_in_epochs_and_settings() {
        let mut short = reconstructed("erdos_renyi", "egnn", 1, [1.7, 0.1, 0.998]);
        short.epochs = Some(20);
        short.settings.train_samples = 500;
        short.settings.hidden = Some(32);
        let full = reconstructed("erdos_renyi", "gnn", 1, [14.2, 4.6, 0.9]);
        let mut baseline = reconstructed("erdos_renyi", "no_edges", 1, [f64::NAN, 25.1, 0.0]);
        baseline.epochs = Some(0);
        let kind = Kind::Autoencoder;
        let groups = groups(kind, &of(vec![short, full, baseline]));
        let verdicts: Vec<String> = groups.iter().map(|group| verdict(kind, group)).collect();
        assert_eq!(verdicts, ["20 of 100 epochs, 500 of 5,000 graphs, hidden 32 (paper 64)", "the paper's", "-"]);
        assert_eq!(
            statement(kind, &groups),
            "Not a reproduction of Figure 5 (left): these runs had 20 to 100 % of the paper's epochs. Other settings than the \
             paper's: 500 of 5,000 graphs; hidden 32 (paper 64)."
        );
        assert_eq!(
            groups.iter().map(|group| legend(kind, &[group])).collect::<Vec<_>>(),
            ["20 of 100 epochs", "100 of 100 epochs", "not trained"]
        );
    }

    #[test]
    fn the_papers_epochs_on_other_data_are_no_reproduction() {
        let mut run = reconstructed("community_small", "egnn", 1, [2.1, 0.06, 0.999]);
        run.settings.train_samples = 6000;
        assert_eq!(
            statement(Kind::Autoencoder, &groups(Kind::Autoencoder, &of(vec![run]))),
            "Not a reproduction of Figure 5 (left). Every run whose budget the paper gives had at least the paper's epochs. Other \
             settings than the paper's: 6,000 graphs (paper 5,000)."
        );
    }

    #[test]
    fn a_caption_does_not_list_many_settings() {
        let runs = (1..12).map(|samples| {
            let mut run = reconstructed("erdos_renyi", "egnn", 1, [1.7, 0.1, 0.998]);
            run.settings.train_samples = samples * 100;
            run.variant = format!("train_samples={samples}");
            run
        });
        let groups = groups(Kind::Autoencoder, &of(runs.collect()));
        assert!(statement(Kind::Autoencoder, &groups).len() > 240);
        let caption = caption(Kind::Autoencoder, &groups);
        assert!(
            caption.ends_with("the paper's epochs. Other settings than the paper's are in the table."),
            "{caption}"
        );
    }
}
