//! What a sweep spent, beside what the paper spent.

mod molecules;

use crate::{
    group::{Group, widened},
    kind::Kind,
    number,
    paper::{self, autoencoder, beyond, nbody, qm9},
};

pub(crate) use molecules::evaluated;

/// Epochs that the paper trained a group's model on its number of samples, if it did.
pub(crate) fn paper_epochs(kind: Kind, group: &Group) -> Option<i64> {
    paper_epochs_of(kind, &group.model, Some(group))
}

/// The same for a model of which there may be no runs, and so no number of samples.
pub(crate) fn paper_epochs_of(kind: Kind, model: &str, group: Option<&Group>) -> Option<i64> {
    match kind {
        Kind::SizeCurve => nbody::sweep_epochs(model, group?.settings.train_samples),
        Kind::Table => nbody::row(model).map(|_| nbody::TABLE_2_EPOCHS),
        Kind::Beyond => beyond::published(model)?.epochs,
        Kind::Qm9 => (model == qm9::EGNN).then_some(qm9::EPOCHS),
        _ if !autoencoder::is_trained(model) => None,
        Kind::Autoencoder | Kind::EmbeddingSizes => Some(autoencoder::EPOCHS),
        Kind::GraphSparsity => Some(autoencoder::SPARSITY_EPOCHS),
    }
}

/// Steps that the paper trained a group's model, where it says how many: an epoch is as many on any number of samples elsewhere.
pub(crate) fn paper_steps(kind: Kind, model: &str) -> Option<i64> {
    (kind == Kind::Qm9 && model == qm9::EGNN).then(qm9::steps)
}

/// What [`share`] is a part of.
fn measure(kind: Kind) -> &'static str {
    if kind == Kind::Qm9 { "steps" } else { "epochs" }
}

/// The least part of the paper's epochs that a run of the group was given. At the paper's batch size, steps are in the same ratio;
/// where a sweep varies the number of molecules, it is the part of the steps.
pub(crate) fn share(kind: Kind, group: &Group) -> Option<f64> {
    if let Some(steps) = paper_steps(kind, &group.model) {
        return group.steps.map(|(fewest, _)| fewest as f64 / steps as f64);
    }
    let (fewest, _) = group.epochs?;
    paper_epochs(kind, group).filter(|&epochs| epochs > 0).map(|epochs| fewest as f64 / epochs as f64)
}

/// What was set otherwise than in the paper, besides the epochs: `500 of 5,000 graphs`, `hidden 32 (paper 64)`.
///
/// Not compared is how often validation happens.
pub(crate) fn deviations(kind: Kind, group: &Group) -> Vec<String> {
    let settings = &group.settings;
    if matches!(kind, Kind::Table | Kind::Beyond) && settings.train_samples != nbody::TABLE_2_SAMPLES {
        return vec!["other training size".into()];
    }
    if kind == Kind::Qm9 {
        return molecules::deviations(group);
    }
    if kind.is_nbody() || !autoencoder::is_trained(&group.model) {
        return Vec::new();
    }
    let (graphs, tested, splits, dimensions) = match kind {
        Kind::GraphSparsity => {
            let graphs = autoencoder::SPARSITY_GRAPHS;
            (graphs, graphs, autoencoder::SPARSITY_SPLITS, Some(autoencoder::SPARSITY_DIMENSIONS))
        }
        Kind::EmbeddingSizes => (autoencoder::TRAIN_GRAPHS, autoencoder::TEST_GRAPHS, autoencoder::SPLITS, None),
        _ => {
            let dimensions = Some(autoencoder::DIMENSIONS);
            (autoencoder::TRAIN_GRAPHS, autoencoder::TEST_GRAPHS, autoencoder::SPLITS, dimensions)
        }
    };
    let mut found = Vec::new();
    if !paper::has_set(kind, &group.graphs) {
        found.push(format!("set {}", group.graphs));
    }
    // Zero stands for a number that is not recorded.
    if settings.train_samples != graphs && settings.train_samples != 0 {
        let (ours, paper) = (number::count(settings.train_samples), number::count(graphs));
        let fewer = settings.train_samples < graphs;
        found.push(if fewer { format!("{ours} of {paper} graphs") } else { format!("{ours} graphs (paper {paper})") });
    }
    let text = |name: &str, ours: &Option<String>, paper: &str| other(name, ours.as_deref(), paper);
    let whole =
        |name, ours: Option<i64>, paper: i64| text(name, &ours.map(|ours| ours.to_string()), &paper.to_string());
    let real = |name, ours: Option<f64>, paper| text(name, &ours.map(number::setting), &number::setting(paper));
    // A split that is not recorded counts as the paper's.
    let used: Vec<&str> =
        settings.splits.iter().zip(splits).map(|(ours, paper)| ours.as_deref().unwrap_or(paper)).collect();
    found.extend(
        [
            whole("valid_samples", settings.valid_samples, tested),
            whole("test_samples", settings.test_samples, tested),
            other("splits", Some(&used.join("/")), &splits.join("/")),
            whole("hidden", settings.hidden, autoencoder::HIDDEN),
            whole("layers", settings.layers, autoencoder::LAYERS),
            dimensions.and_then(|dimensions| whole("n =", settings.dim, dimensions)),
            whole("batch", settings.batch_size, autoencoder::BATCH),
            real("learning_rate", settings.learning_rate, autoencoder::LEARNING_RATE),
            text("schedule", &settings.schedule, autoencoder::SCHEDULE),
            real("weight_decay", settings.weight_decay, autoencoder::WEIGHT_DECAY),
            real("clamp", settings.clamp, autoencoder::CLAMP),
            real("shrink", settings.shrink, autoencoder::SHRINK),
            text("cross_entropy", &settings.cross_entropy, autoencoder::CROSS_ENTROPY),
        ]
        .into_iter()
        .flatten(),
    );
    found
}

/// Words on a setting that is known and not the paper's: `hidden 32 (paper 64)`.
fn other(name: &str, ours: Option<&str>, paper: &str) -> Option<String> {
    ours.filter(|ours| *ours != paper).map(|ours| format!("{name} {ours} (paper {paper})"))
}

/// Whether a group had at least the paper's epochs and its settings, as far as the paper says what it spent.
pub(crate) fn is_complete(kind: Kind, group: &Group) -> bool {
    share(kind, group).is_some_and(|share| share >= 1.0) && deviations(kind, group).is_empty()
}

/// Epochs of a group beside the paper's: `15 of 4,000 (0.38 %)`.
pub(crate) fn epochs(kind: Kind, group: &Group) -> String {
    match (group.epochs, share(kind, group)) {
        (Some(_), Some(share)) if measure(kind) == "epochs" => {
            format!("{} ({})", short_epochs(kind, group), number::share(share))
        }
        _ => short_epochs(kind, group),
    }
}

/// Epochs of a group beside the paper's, without their part: `15 of 4,000`.
pub(crate) fn short_epochs(kind: Kind, group: &Group) -> String {
    let Some(spent) = group.epochs else { return String::from("-") };
    match paper_epochs(kind, group) {
        Some(paper) => format!("{} of {}", number::counts(spent), number::count(paper)),
        None if paper::is_untrained(kind, &group.model) => "-".into(),
        None => number::counts(spent),
    }
}

/// Steps of a group, beside the paper's where it says how many: `160 of 1,042,000 (0.015 %)`.
pub(crate) fn steps(kind: Kind, group: &Group) -> String {
    let Some(spent) = group.steps.filter(|_| !(kind == Kind::Qm9 && paper::is_untrained(kind, &group.model))) else {
        return "-".into();
    };
    match (paper_steps(kind, &group.model), share(kind, group)) {
        (Some(paper), Some(share)) => {
            format!("{} of {} ({})", number::counts(spent), number::count(paper), number::share(share))
        }
        _ => number::counts(spent),
    }
}

/// What a group had less of than the paper's runs, or otherwise: `20 of 100 epochs, 500 of 5,000 graphs`.
pub(crate) fn verdict(kind: Kind, group: &Group) -> String {
    match share(kind, group) {
        Some(_) if is_complete(kind, group) => "the paper's".into(),
        Some(share) if kind.is_nbody() && share < 1.0 => "less than the paper's".into(),
        Some(share) => {
            let epochs = (share < 1.0).then(|| match kind {
                Kind::Qm9 => format!("{} of the paper's steps", number::share(share)),
                _ => format!("{} epochs", short_epochs(kind, group)),
            });
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
        let shown = match kind {
            Kind::Beyond => return "No finished runs: nothing but published values can be shown.".into(),
            kind if paper::source(kind).is_some() => " but the paper's values",
            _ => "",
        };
        return format!("No finished runs: nothing of {what} can be shown{shown}.");
    }
    let shares: Vec<f64> = trained.iter().filter_map(|group| share(kind, group)).collect();
    let settings = settings(kind, &trained);
    if kind == Kind::Beyond {
        return beside_published(&shares) + &settings;
    }
    if shares.is_empty() {
        let these = if kind.is_nbody() { "models and sizes" } else { "models" };
        return format!("Not a reproduction of {what}: the paper has no budget for these {these}.{settings}");
    }
    if is_whole(&shares) {
        let lacks = if kind.is_nbody() || settings.is_empty() {
            String::new()
        } else {
            format!("Not a reproduction of {what}. ")
        };
        let measure = measure(kind);
        return format!("{lacks}Every run whose budget the paper gives had at least the paper's {measure}.{settings}");
    }
    let range = range_of(&shares);
    format!("Not a reproduction of {what}: these runs had {range} of the paper's {}.{settings}", measure(kind))
}

/// The same beside the epochs that were published, each with a model of its own.
fn beside_published(shares: &[f64]) -> String {
    if shares.is_empty() {
        "Nobody published epochs of these models.".into()
    } else if is_whole(shares) {
        "Every run whose epochs are published had at least as many.".into()
    } else {
        let range = range_of(shares);
        format!("Not a reproduction of the published values: runs of published models had {range} of their epochs.")
    }
}

/// Whether no part is less than the whole.
fn is_whole(shares: &[f64]) -> bool {
    shares.iter().all(|&share| share >= 1.0)
}

/// Parts in percent, from the least to the most.
fn range_of(shares: &[f64]) -> String {
    let least = shares.iter().copied().fold(f64::INFINITY, f64::min);
    let most = shares.iter().copied().fold(0.0, f64::max);
    range(number::share(least), &number::share(most))
}

/// Two parts in percent as a range: `0.19 to 0.38 %`.
fn range(low: String, high: &str) -> String {
    if low == high { low } else { format!("{} to {high}", low.trim_end_matches(" %")) }
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
    let mut found: Vec<String> = if kind == Kind::Qm9 { molecules::sizes(trained) } else { Vec::new() };
    for deviation in trained.iter().flat_map(|group| deviations(kind, group)) {
        let is_said = kind == Kind::Qm9 && molecules::is_size(&deviation);
        if !is_said && !found.contains(&deviation) {
            found.push(deviation);
        }
    }
    if found.is_empty() {
        String::new()
    } else if kind.is_nbody() {
        format!(" Not all runs trained on the paper's {} samples.", number::count(nbody::TABLE_2_SAMPLES))
    } else {
        format!("{OTHER_SETTINGS} {}.", found.join("; "))
    }
}

/// What was spent on one series of a figure, for its legend: `1,500 steps a size`, `20 of 100 epochs`.
pub(crate) fn legend(kind: Kind, groups: &[&Group]) -> String {
    if kind == Kind::Qm9 {
        return molecules::legend(groups);
    }
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
    fn every_setting_that_the_paper_has_is_compared() {
        type Change = fn(&mut crate::results::Run);
        let changes: [(Change, &str); 14] = [
            (|run| run.settings.learning_rate = Some(1e-3), "learning_rate 1e-3 (paper 1e-4)"),
            (|run| run.settings.schedule = Some("constant".into()), "schedule constant (paper cosine)"),
            (|run| run.settings.weight_decay = Some(0.0), "weight_decay 0 (paper 1e-16)"),
            (|run| run.settings.clamp = Some(0.0), "clamp 0 (paper 100)"),
            (|run| run.settings.shrink = Some(0.0), "shrink 0 (paper 1e-3)"),
            (|run| run.settings.cross_entropy = Some("logit".into()), "cross_entropy logit (paper probability)"),
            (|run| run.settings.valid_samples = Some(50), "valid_samples 50 (paper 500)"),
            (|run| run.settings.test_samples = Some(100), "test_samples 100 (paper 500)"),
            (|run| run.settings.splits[1] = Some("test".into()), "splits train/test/test (paper train/valid/test)"),
            (|run| run.settings.layers = Some(3), "layers 3 (paper 4)"),
            (|run| run.settings.dim = Some(6), "n = 6 (paper 8)"),
            (|run| run.settings.batch_size = Some(2), "batch 2 (paper 1)"),
            (|run| run.settings.train_samples = 5001, "5,001 graphs (paper 5,000)"),
            (|run| "my_ring".clone_into(&mut run.data.set), "set my_ring"),
        ];
        let kind = Kind::Autoencoder;
        for (change, said) in changes {
            let mut run = reconstructed("erdos_renyi", "egnn", 1, [1.7, 0.1, 0.998]);
            change(&mut run);
            let group = &groups(kind, &of(vec![run]))[0];
            assert_eq!(verdict(kind, group), said);
            assert!(!is_complete(kind, group));
        }
    }

    #[test]
    fn graphs_learnt_by_heart_have_settings_of_their_own() {
        let kind = Kind::GraphSparsity;
        let verdict_on = |set: &str, change: fn(&mut crate::results::Settings)| {
            let mut run = reconstructed(set, "egnn", 1, [1.7, 0.1, 0.998]);
            run.set = String::new();
            run.at = Some(0.5);
            run.epochs = Some(autoencoder::SPARSITY_EPOCHS);
            let settings = &mut run.settings;
            (settings.train_samples, settings.valid_samples, settings.test_samples) = (100, Some(100), Some(100));
            (settings.dim, settings.splits) = (Some(16), ["train"; 3].map(|split| Some(split.into())));
            change(settings);
            verdict(kind, &groups(kind, &of(vec![run]))[0])
        };
        assert_eq!(verdict_on("overfit_p05", |_| ()), "the paper's");
        assert_eq!(verdict_on("erdos_renyi", |_| ()), "set erdos_renyi");
        assert_eq!(
            verdict_on("overfit_p05", |settings| settings.splits[2] = Some("test".into())),
            "splits train/train/test (paper train/train/train)"
        );
        assert_eq!(
            verdict_on("overfit_p09", |settings| settings.test_samples = Some(20)),
            "test_samples 20 (paper 100)"
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
