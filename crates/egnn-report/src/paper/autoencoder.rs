//! The paper's values on the graph autoencoder: Figure 5 and the table of Appendix D.1.
//!
//! Figure 5's right half is a drawing without numbers, so none stand here.

use crate::metric::Metric;

/// Where [`FIGURE_5`]'s values come from.
pub const FIGURE_5_SOURCE: &str = "Satorras, Hoogeboom, Welling 2021 (arXiv 2102.09844), Figure 5 (left)";
/// Where [`APPENDIX_D1`]'s values come from.
pub const APPENDIX_D1_SOURCE: &str = "Satorras, Hoogeboom, Welling 2021 (arXiv 2102.09844), Appendix D.1";
/// What Figure 5's right half says without numbers.
pub const FIGURE_5_RIGHT: &str = "The curves of the paper's Figure 5 (right) are tabulated nowhere, so none is drawn beside ours. What is known of \
     them: EGNN's F1 is near 1 at every edge probability, GNN's is poor at the sparse and at the dense end.";
/// What the authors' own program gave us.
pub const AUTHORS_PROGRAM: &str = "The authors' own program, run once by us on the Erdos-Renyi set (EGNN, 100 epochs, one seed): BCE 1.64, % error 0.09.";

/// Graphs that Figure 5 (left) and Appendix D.1 train on.
pub const TRAIN_GRAPHS: i64 = 5000;
/// Graphs that both validate on, and as many that they test on.
pub const TEST_GRAPHS: i64 = 500;
/// Splits for training, validation and test behind both.
pub const SPLITS: [&str; 3] = ["train", "valid", "test"];
/// Epochs behind both.
pub const EPOCHS: i64 = 100;
/// Graphs of each edge probability in Figure 5 (right), trained, validated and tested on.
pub const SPARSITY_GRAPHS: i64 = 100;
/// Splits for training, validation and test behind Figure 5 (right): all three are the same graphs.
pub const SPARSITY_SPLITS: [&str; 3] = ["train", "train", "train"];
/// Epochs behind Figure 5 (right).
pub const SPARSITY_EPOCHS: i64 = 10_001;
/// Features of a node, everywhere in these experiments.
pub const HIDDEN: i64 = 64;
/// Layers, everywhere in these experiments.
pub const LAYERS: i64 = 4;
/// Graphs in a batch, everywhere in these experiments.
pub const BATCH: i64 = 1;
/// Adam's learning rate at the start, everywhere in these experiments.
pub const LEARNING_RATE: f64 = 1e-4;
/// What the learning rate follows, everywhere in these experiments.
pub const SCHEDULE: &str = "cosine";
/// Adam's L2 term, everywhere in these experiments.
pub const WEIGHT_DECAY: f64 = 1e-16;
/// Bound of the authors' coordinate updates, everywhere in these experiments.
pub const CLAMP: f64 = 100.0;
/// Part of the coordinates that the authors' layers take away, everywhere in these experiments.
pub const SHRINK: f64 = 1e-3;
/// What the authors take the cross-entropy on, everywhere in these experiments.
pub const CROSS_ENTROPY: &str = "probability";
/// Dimensions of the embedding in Figure 5 (left).
pub const DIMENSIONS: i64 = 8;
/// Dimensions of the embedding in Figure 5 (right).
pub const SPARSITY_DIMENSIONS: i64 = 16;

/// Sets by their names in configurations and in print, in the paper's order.
pub const SETS: [(&str, &str); 2] = [("community_small", "Community"), ("erdos_renyi", "Erdos-Renyi")];
/// Sets of Figure 5 (right), by their names in configurations.
pub const SPARSITY_SETS: [&str; 9] = [
    "overfit_p01",
    "overfit_p02",
    "overfit_p03",
    "overfit_p04",
    "overfit_p05",
    "overfit_p06",
    "overfit_p07",
    "overfit_p08",
    "overfit_p09",
];
/// The model that says that there are no edges. It is not trained, and without probabilities it has no cross-entropy.
pub const BASELINE: &str = "no_edges";
/// Models by their names in configurations and in print, in the order of Figure 5's table.
pub const MODELS: [(&str, &str); 5] = [
    (BASELINE, "Baseline (no edges)"),
    ("gnn", "GNN"),
    ("noise_gnn", "Noise-GNN"),
    ("radial_field", "Radial Field"),
    ("egnn", "EGNN"),
];
/// Models from the best of Figure 5's table to the worst: both sets agree.
const RANKED: [&str; 5] = ["egnn", "noise_gnn", "radial_field", "gnn", BASELINE];

/// What the paper reports of a model on a set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reconstruction {
    /// The set's name in configurations.
    pub set: &'static str,
    /// The model's name in configurations.
    pub model: &'static str,
    /// Binary cross-entropy; the baseline has none.
    pub bce: Option<f64>,
    /// Wrong pairs in percent.
    pub error_percent: f64,
    /// F1 score.
    pub f1: f64,
}

const fn row(set: &'static str, model: &'static str, bce: Option<f64>, error_percent: f64, f1: f64) -> Reconstruction {
    Reconstruction { set, model, bce, error_percent, f1 }
}

/// The table of Figure 5, in its order.
pub const FIGURE_5: [Reconstruction; 10] = [
    row("community_small", "no_edges", None, 31.79, 0.0),
    row("community_small", "gnn", Some(6.75), 1.29, 0.980),
    row("community_small", "noise_gnn", Some(3.32), 0.44, 0.993),
    row("community_small", "radial_field", Some(9.22), 1.19, 0.981),
    row("community_small", "egnn", Some(2.14), 0.06, 0.999),
    row("erdos_renyi", "no_edges", None, 25.13, 0.0),
    row("erdos_renyi", "gnn", Some(14.15), 4.62, 0.907),
    row("erdos_renyi", "noise_gnn", Some(4.56), 1.25, 0.975),
    row("erdos_renyi", "radial_field", Some(6.78), 1.63, 0.968),
    row("erdos_renyi", "egnn", Some(1.65), 0.11, 0.998),
];

/// Dimensions of the columns of Appendix D.1.
pub const APPENDIX_D1_DIMENSIONS: [i64; 3] = [4, 6, 8];
/// A row of Appendix D.1: set, model, and for each dimension % error and F1.
pub type EmbeddingSizes = (&'static str, &'static str, [(f64, f64); 3]);
/// The table of Appendix D.1.
pub const APPENDIX_D1: [EmbeddingSizes; 6] = [
    ("community_small", "gnn", [(1.45, 0.977), (1.29, 0.980), (1.29, 0.980)]),
    ("community_small", "noise_gnn", [(1.94, 0.970), (0.44, 0.993), (0.44, 0.993)]),
    ("community_small", "egnn", [(2.19, 0.966), (0.42, 0.993), (0.06, 0.999)]),
    ("erdos_renyi", "gnn", [(7.92, 0.844), (5.22, 0.894), (4.62, 0.907)]),
    ("erdos_renyi", "noise_gnn", [(3.80, 0.925), (2.66, 0.947), (1.25, 0.975)]),
    ("erdos_renyi", "egnn", [(3.09, 0.939), (0.58, 0.988), (0.11, 0.998)]),
];

/// A set's name in print: the paper's, or its own.
pub fn set_title(set: &str) -> &str {
    SETS.iter().find(|(name, _)| *name == set).map_or(set, |(_, title)| title)
}

/// Where a set stands in the paper; sets that it does not have come last.
pub fn set_rank(set: &str) -> usize {
    SETS.iter().position(|(name, _)| *name == set).unwrap_or(SETS.len())
}

/// Where a model stands from the best to the worst; models that the paper does not have come last.
pub fn rank(model: &str) -> usize {
    RANKED.iter().position(|&name| name == model).unwrap_or(RANKED.len())
}

/// Whether the paper trains a model in these experiments.
pub fn is_trained(model: &str) -> bool {
    model != BASELINE && RANKED.contains(&model)
}

/// A value of Figure 5's table.
pub fn figure_5(metric: Metric, set: &str, model: &str) -> Option<f64> {
    let row = FIGURE_5.iter().find(|row| row.set == set && row.model == model)?;
    match metric {
        Metric::Bce => row.bce,
        Metric::ErrorPercent => Some(row.error_percent),
        Metric::F1 => Some(row.f1),
        _ => None,
    }
}

/// A value of Appendix D.1.
pub fn appendix_d1(metric: Metric, set: &str, model: &str, dimensions: i64) -> Option<f64> {
    let (_, _, values) = APPENDIX_D1.iter().find(|(of, by, _)| *of == set && *by == model)?;
    let (error, f1) = values[APPENDIX_D1_DIMENSIONS.iter().position(|&n| n == dimensions)?];
    match metric {
        Metric::ErrorPercent => Some(error),
        Metric::F1 => Some(f1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figure_5_is_the_papers() {
        let printed: Vec<_> = FIGURE_5
            .iter()
            .map(|row| {
                let bce = row.bce.map_or("-".into(), |bce| format!("{bce:.2}"));
                format!("{} {} {bce} {:.2} {:.3}", set_title(row.set), row.model, row.error_percent, row.f1)
            })
            .collect();
        assert_eq!(
            printed,
            [
                "Community no_edges - 31.79 0.000",
                "Community gnn 6.75 1.29 0.980",
                "Community noise_gnn 3.32 0.44 0.993",
                "Community radial_field 9.22 1.19 0.981",
                "Community egnn 2.14 0.06 0.999",
                "Erdos-Renyi no_edges - 25.13 0.000",
                "Erdos-Renyi gnn 14.15 4.62 0.907",
                "Erdos-Renyi noise_gnn 4.56 1.25 0.975",
                "Erdos-Renyi radial_field 6.78 1.63 0.968",
                "Erdos-Renyi egnn 1.65 0.11 0.998",
            ]
        );
    }

    #[test]
    fn both_tables_agree_where_they_meet() {
        for (set, model, _) in APPENDIX_D1 {
            for metric in [Metric::ErrorPercent, Metric::F1] {
                assert_eq!(appendix_d1(metric, set, model, DIMENSIONS), figure_5(metric, set, model), "{set} {model}");
            }
        }
        assert_eq!(appendix_d1(Metric::ErrorPercent, "erdos_renyi", "egnn", 6), Some(0.58));
        assert_eq!(appendix_d1(Metric::F1, "erdos_renyi", "egnn", 16), None);
        assert_eq!(figure_5(Metric::Bce, "own", "egnn"), None);
    }

    #[test]
    fn both_sets_rank_the_models_alike() {
        for (set, _) in SETS {
            let errors: Vec<f64> =
                RANKED.iter().map(|model| figure_5(Metric::ErrorPercent, set, model).unwrap()).collect();
            assert!(errors.is_sorted(), "{set}: {errors:?}");
        }
    }
}
