//! Where the models stand in another order than in the paper.

use crate::{group::Group, number, paper, write::Kind};

/// How the order of the models compares with the paper's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ordering {
    /// Training sizes at which two or more models can be compared.
    pub compared: Vec<i64>,
    /// One sentence for each pair of models that stands the other way round.
    pub differences: Vec<String>,
}

impl Ordering {
    /// Compares pair by pair, at each training size of a curve, or as in Table 2.
    pub fn of(kind: Kind, groups: &[Group]) -> Self {
        let mut sizes: Vec<i64> = groups.iter().map(|group| group.samples).collect();
        sizes.sort_unstable();
        sizes.dedup();
        let mut ordering = Self::default();
        for size in sizes {
            let pairs = match kind {
                Kind::SizeCurve => paper::ordered_pairs(size),
                Kind::Table => paper::ordered_pairs(paper::TABLE_2_SAMPLES),
            };
            let mut compared = false;
            for (better, worse) in pairs {
                for (first, second) in pairs_of(groups, size, better, worse) {
                    compared = true;
                    ordering.differences.extend(difference(size, first, second));
                }
            }
            if compared {
                ordering.compared.push(size);
            }
        }
        ordering
    }

    /// A sentence on the whole, before the differences.
    pub fn statement(&self) -> String {
        let sizes: Vec<String> = self.compared.iter().map(|&size| number::count(size)).collect();
        match (self.compared.len(), self.differences.len()) {
            (0, _) => "No two models that the paper orders were trained on the same number of samples: there is no order to compare.".into(),
            (1, 0) => format!("The models stand in the paper's order ({} training samples).", sizes[0]),
            (_, 0) => format!("The models stand in the paper's order at every training size ({}).", sizes.join("; ")),
            (_, 1) => "The order of the models differs from the paper's in one place:".into(),
            (_, n) => format!("The order of the models differs from the paper's in {n} places:"),
        }
    }
}

/// Groups of two models at one size that differ in nothing else that is known.
fn pairs_of<'a>(groups: &'a [Group], size: i64, better: &str, worse: &str) -> Vec<(&'a Group, &'a Group)> {
    let of = |model: &str| -> Vec<&'a Group> {
        groups.iter().filter(|group| group.samples == size && group.model == model && group.mean.is_some()).collect()
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

fn difference(size: i64, better: &Group, worse: &Group) -> Option<String> {
    let (expected_low, expected_high) = (better.mean?, worse.mean?);
    if expected_low <= expected_high {
        return None;
    }
    let value = |group: &Group| {
        format!("{} ({})", group.title(), number::mean_and_spread(group.mean.unwrap_or(f64::NAN), group.spread))
    };
    let weight = match (better.spread, worse.spread) {
        (Some(a), Some(b)) if expected_low - expected_high <= a.max(b) => {
            "; the difference is within the spread of the seeds"
        }
        (Some(_), Some(_)) => "",
        _ => "; with one seed the spread is unknown",
    };
    Some(format!(
        "at {} training samples {} has a larger error than {}, in the paper a smaller one{weight}",
        number::count(size),
        value(better),
        value(worse),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fabricate::{finished, results},
        group::groups,
        results::Results,
    };

    #[test]
    fn agreement_is_said() {
        let groups = groups(&results(&[
            ("egnn", 100, 0.03),
            ("radial_field", 100, 0.04),
            ("gnn", 100, 0.08),
            ("egnn", 400, 0.02),
            ("gnn", 400, 0.03),
        ]));
        let ordering = Ordering::of(Kind::SizeCurve, &groups);
        assert_eq!(ordering.differences, Vec::<String>::new());
        assert_eq!(ordering.statement(), "The models stand in the paper's order at every training size (100; 400).");
    }

    #[test]
    fn each_difference_is_said_with_its_size() {
        let groups = groups(&results(&[
            ("egnn", 100, 0.05),
            ("radial_field", 100, 0.04),
            ("gnn", 100, 0.08),
            ("egnn", 1600, 0.02),
            ("radial_field", 1600, 0.031),
            ("gnn", 1600, 0.03),
        ]));
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
        let groups = groups(&results(&[("radial_field", 50000, 0.009), ("gnn", 50000, 0.007), ("egnn", 50000, 0.004)]));
        assert!(Ordering::of(Kind::SizeCurve, &groups).differences.is_empty());
    }

    #[test]
    fn a_difference_within_the_seeds_spread_is_called_so() {
        let runs = [("egnn", [0.030, 0.036]), ("gnn", [0.029, 0.035])]
            .into_iter()
            .flat_map(|(model, errors)| [finished(model, 100, 1, errors[0]), finished(model, 100, 2, errors[1])])
            .collect();
        let ordering = Ordering::of(Kind::SizeCurve, &groups(&Results { runs, provenance: Vec::new() }));
        assert!(ordering.differences[0].ends_with("the difference is within the spread of the seeds"), "{ordering:?}");
    }

    #[test]
    fn one_model_has_no_order() {
        let ordering = Ordering::of(Kind::SizeCurve, &groups(&results(&[("egnn", 100, 0.03), ("gnn", 200, 0.02)])));
        assert!(ordering.compared.is_empty());
        assert!(ordering.statement().contains("no order to compare"));
    }

    #[test]
    fn a_table_is_compared_with_table_2_whatever_the_size() {
        let groups = groups(&results(&[("linear", 160, 0.06), ("gnn", 160, 0.07)]));
        assert_eq!(Ordering::of(Kind::Table, &groups).differences.len(), 1);
    }
}
