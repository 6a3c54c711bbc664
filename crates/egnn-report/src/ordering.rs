//! Where the models stand in another order than in the paper.

use crate::{
    group::Group,
    kind::Kind,
    number,
    paper::{self, autoencoder, nbody, qm9},
    results::place,
};

/// How the order of the models compares with the paper's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ordering {
    kind: Kind,
    /// Where two or more models can be compared: training sizes, or sets.
    pub compared: Vec<String>,
    /// One sentence for each pair of models that stands the other way round.
    pub differences: Vec<String>,
}

impl Ordering {
    /// Compares pair by pair, at each set and place.
    pub fn of(kind: Kind, groups: &[Group]) -> Self {
        let mut ordering = Self { kind, compared: Vec::new(), differences: Vec::new() };
        let mut spots: Vec<(&str, Option<f64>)> = groups.iter().map(|group| (group.set.as_str(), group.at)).collect();
        spots.sort_by(|a, b| {
            let set = |set: &str| (paper::set_rank(kind, set), set.to_owned());
            set(a.0).cmp(&set(b.0)).then_with(|| place(a.1).total_cmp(&place(b.1)))
        });
        spots.dedup();
        for (set, at) in spots {
            let here: Vec<&Group> = groups.iter().filter(|group| group.set == set && group.at == at).collect();
            let mut compared = false;
            for (better, worse) in pairs(kind, set, at) {
                for (first, second) in pairs_of(kind, &here, better, worse) {
                    compared = true;
                    ordering.differences.extend(difference(kind, &spot(kind, set, at), first, second));
                }
            }
            if compared {
                ordering.compared.push(short_spot(kind, set, at));
            }
        }
        ordering
    }

    /// A sentence on the whole, before the differences.
    pub fn statement(&self) -> String {
        let spots = self.compared.join("; ");
        let (samples, every) =
            if self.kind.is_nbody() { (" training samples", "at every training size") } else { ("", "everywhere") };
        match (self.compared.len(), self.differences.len()) {
            (0, _) if self.kind == Kind::GraphSparsity => autoencoder::FIGURE_5_RIGHT.into(),
            (0, _) if self.kind == Kind::Qm9 => qm9::RIVALS.into(),
            (0, _) if self.kind.is_nbody() => {
                "No two models that the paper orders were trained on the same number of samples: there is no order to compare.".into()
            }
            (0, _) => "No two models that the paper orders were run on the same set: there is no order to compare.".into(),
            (1, 0) => format!("The models stand in the paper's order ({spots}{samples})."),
            (_, 0) => format!("The models stand in the paper's order {every} ({spots})."),
            (_, 1) => "The order of the models differs from the paper's in one place:".into(),
            (_, n) => format!("The order of the models differs from the paper's in {n} places:"),
        }
    }
}

/// Pairs of models, the better one first, that the paper orders at a set and place.
fn pairs(kind: Kind, set: &str, at: Option<f64>) -> Vec<(&'static str, &'static str)> {
    match kind {
        Kind::SizeCurve => nbody::ordered_pairs(place(at) as i64),
        Kind::Table => nbody::ordered_pairs(nbody::TABLE_2_SAMPLES),
        Kind::Beyond | Kind::GraphSparsity | Kind::Qm9 => Vec::new(),
        Kind::Autoencoder | Kind::EmbeddingSizes => {
            let error = |model| paper::value(kind, kind.main_metric(), set, model, at);
            let models = || autoencoder::MODELS.iter().map(|&(model, _)| model);
            let is_better = |a, b| matches!((error(a), error(b)), (Some(a), Some(b)) if a < b);
            models().flat_map(|a| models().filter(move |&b| is_better(a, b)).map(move |b| (a, b))).collect()
        }
    }
}

/// A set and place in a sentence.
fn spot(kind: Kind, set: &str, at: Option<f64>) -> String {
    match kind {
        Kind::SizeCurve | Kind::Table => format!("at {} training samples", short_spot(kind, set, at)),
        _ => format!("on {}", short_spot(kind, set, at)),
    }
}

fn short_spot(kind: Kind, set: &str, at: Option<f64>) -> String {
    match (kind, at) {
        (Kind::SizeCurve | Kind::Table, at) => number::count(place(at) as i64),
        (Kind::EmbeddingSizes, Some(n)) => format!("{}, n = {n}", autoencoder::set_title(set)),
        _ => autoencoder::set_title(set).into(),
    }
}

/// Groups of two models at one place that differ in nothing else that is known.
fn pairs_of<'a>(kind: Kind, here: &[&'a Group], better: &str, worse: &str) -> Vec<(&'a Group, &'a Group)> {
    let of = |model: &str| -> Vec<&'a Group> {
        let is_usable = |group: &&Group| group.model == model && group.mean(kind.main_metric()).is_some();
        here.iter().copied().filter(is_usable).collect()
    };
    let (firsts, seconds) = (of(better), of(worse));
    let mut pairs = Vec::new();
    for &first in &firsts {
        for &second in &seconds {
            // Where one model has several settings and the other has one, that one stands against each of them.
            if first.variant == second.variant || firsts.len() == 1 || seconds.len() == 1 {
                pairs.push((first, second));
            }
        }
    }
    pairs
}

fn difference(kind: Kind, spot: &str, better: &Group, worse: &Group) -> Option<String> {
    let metric = kind.main_metric();
    let (first, second) = (better.measure(metric)?, worse.measure(metric)?);
    let (expected_low, expected_high) = (first.mean?, second.mean?);
    if expected_low <= expected_high {
        return None;
    }
    let weight = match (first.spread, second.spread) {
        (Some(a), Some(b)) if expected_low - expected_high <= a.max(b) => {
            "; the difference is within the spread of the seeds"
        }
        (Some(_), Some(_)) => "",
        // The baseline has no spread: nothing in it is drawn.
        _ if [better, worse].iter().any(|group| group.model == autoencoder::BASELINE) => "",
        _ => "; with one seed the spread is unknown",
    };
    Some(format!(
        "{spot} {} ({}) has a larger {} than {} ({}), in the paper a smaller one{weight}",
        better.title(),
        first.text()?,
        metric.noun(),
        worse.title(),
        second.text()?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fabricate::{finished, of, reconstructed, results},
        group::groups,
    };

    #[test]
    fn agreement_is_said() {
        let groups = groups(
            Kind::SizeCurve,
            &results(&[
                ("egnn", 100, 0.03),
                ("radial_field", 100, 0.04),
                ("gnn", 100, 0.08),
                ("egnn", 400, 0.02),
                ("gnn", 400, 0.03),
            ]),
        );
        let ordering = Ordering::of(Kind::SizeCurve, &groups);
        assert_eq!(ordering.differences, Vec::<String>::new());
        assert_eq!(ordering.statement(), "The models stand in the paper's order at every training size (100; 400).");
    }

    #[test]
    fn each_difference_is_said_with_its_size() {
        let groups = groups(
            Kind::SizeCurve,
            &results(&[
                ("egnn", 100, 0.05),
                ("radial_field", 100, 0.04),
                ("gnn", 100, 0.08),
                ("egnn", 1600, 0.02),
                ("radial_field", 1600, 0.031),
                ("gnn", 1600, 0.03),
            ]),
        );
        let ordering = Ordering::of(Kind::SizeCurve, &groups);
        assert_eq!(
            ordering.differences,
            [
                "at 100 training samples EGNN (0.05000) has a larger error than Radial Field (0.04000), in the paper a smaller one; \
                 with one seed the spread is unknown",
                "at 1,600 training samples Radial Field (0.03100) has a larger error than GNN (0.03000), in the paper a smaller one; \
                 with one seed the spread is unknown",
            ]
        );
        assert_eq!(ordering.statement(), "The order of the models differs from the paper's in 2 places:");
    }

    #[test]
    fn beyond_small_sizes_the_baselines_may_stand_either_way() {
        let groups = groups(
            Kind::SizeCurve,
            &results(&[("radial_field", 50000, 0.009), ("gnn", 50000, 0.007), ("egnn", 50000, 0.004)]),
        );
        assert!(Ordering::of(Kind::SizeCurve, &groups).differences.is_empty());
    }

    #[test]
    fn a_difference_within_the_seeds_spread_is_called_so() {
        let runs = [("egnn", [0.030, 0.036]), ("gnn", [0.029, 0.035])]
            .into_iter()
            .flat_map(|(model, errors)| [finished(model, 100, 1, errors[0]), finished(model, 100, 2, errors[1])])
            .collect();
        let ordering = Ordering::of(Kind::SizeCurve, &groups(Kind::SizeCurve, &of(runs)));
        assert!(ordering.differences[0].ends_with("the difference is within the spread of the seeds"), "{ordering:?}");
    }

    #[test]
    fn one_model_has_no_order() {
        let ordering = Ordering::of(
            Kind::SizeCurve,
            &groups(Kind::SizeCurve, &results(&[("egnn", 100, 0.03), ("gnn", 200, 0.02)])),
        );
        assert!(ordering.compared.is_empty());
        assert!(ordering.statement().contains("no order to compare"));
    }

    #[test]
    fn a_table_is_compared_with_table_2_whatever_the_size() {
        let groups = groups(Kind::SizeCurve, &results(&[("linear", 160, 0.06), ("gnn", 160, 0.07)]));
        assert_eq!(Ordering::of(Kind::Table, &groups).differences.len(), 1);
    }

    #[test]
    fn reconstructions_are_ordered_by_error_in_each_set() {
        let scores = |error| [3.0, error, 0.99];
        let runs = vec![
            reconstructed("erdos_renyi", "egnn", 1, scores(1.4)),
            reconstructed("erdos_renyi", "noise_gnn", 1, scores(1.3)),
            reconstructed("erdos_renyi", "no_edges", 1, scores(25.0)),
            reconstructed("community_small", "egnn", 1, scores(0.1)),
            reconstructed("community_small", "gnn", 1, scores(1.3)),
            reconstructed("own", "egnn", 1, scores(9.0)),
            reconstructed("own", "gnn", 1, scores(1.0)),
        ];
        let ordering = Ordering::of(Kind::Autoencoder, &groups(Kind::Autoencoder, &of(runs)));
        assert_eq!(ordering.compared, ["Community", "Erdos-Renyi"], "the paper orders nothing on a set of one's own");
        assert_eq!(
            ordering.differences,
            [
                "on Erdos-Renyi EGNN (1.40) has a larger % error than Noise-GNN (1.30), in the paper a smaller one; with one seed the \
              spread is unknown"
            ]
        );
    }

    #[test]
    fn what_is_only_drawn_in_the_paper_is_not_ordered() {
        let ordering = Ordering::of(Kind::GraphSparsity, &[]);
        assert!(ordering.statement().contains("tabulated nowhere"));
    }
}
