//! The kinds of report: what each compares, and with what.

use crate::metric::Metric;

/// What a report shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Figure 2: n-body test error against the number of training samples.
    SizeCurve,
    /// Table 2: n-body test error, a row for each model, beside the paper's.
    Table,
    /// N-body models beside what was published after the paper.
    Beyond,
    /// Figure 5, left: the graph autoencoder's reconstructions, a row for each set and model, and pictures of some graphs.
    Autoencoder,
    /// Figure 5, right: how well the autoencoder can learn graphs by heart, against their edge probability.
    GraphSparsity,
    /// Appendix D.1: the graph autoencoder against the size of its embedding.
    EmbeddingSizes,
    /// Table 3: errors of properties of molecules, beside the paper's, against training molecules and by size of the molecules.
    Qm9,
}

/// What places runs along a curve, or in rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlacedBy {
    /// Training samples or molecules.
    Samples,
    /// Edge probability of the graphs.
    Probability,
    /// Dimensions of the embedding.
    Dimensions,
    /// Rows are told apart by set and model only.
    Nothing,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::SizeCurve,
        Self::Table,
        Self::Beyond,
        Self::Autoencoder,
        Self::GraphSparsity,
        Self::EmbeddingSizes,
        Self::Qm9,
    ];

    /// Its name in pipelines.
    pub fn name(self) -> &'static str {
        match self {
            Self::SizeCurve => "size-curve",
            Self::Table => "table",
            Self::Beyond => "beyond",
            Self::Autoencoder => "autoencoder",
            Self::GraphSparsity => "graph-sparsity",
            Self::EmbeddingSizes => "embedding-sizes",
            Self::Qm9 => "qm9",
        }
    }

    /// The kind of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What it shows, in the order of its columns.
    pub(crate) fn metrics(self) -> &'static [Metric] {
        match self {
            Self::SizeCurve => &[Metric::Mse],
            Self::Table | Self::Beyond => &Metric::NBODY,
            Self::Autoencoder => &Metric::AUTOENCODER,
            Self::GraphSparsity => &[Metric::F1, Metric::ErrorPercent],
            Self::EmbeddingSizes => &[Metric::ErrorPercent, Metric::F1],
            Self::Qm9 => &[Metric::Mae, Metric::MaeOfMean],
        }
    }

    /// What figures show and models are ordered by.
    pub(crate) fn main_metric(self) -> Metric {
        match self {
            Self::SizeCurve | Self::Table | Self::Beyond => Metric::Mse,
            Self::Autoencoder | Self::EmbeddingSizes => Metric::ErrorPercent,
            Self::GraphSparsity => Metric::F1,
            Self::Qm9 => Metric::Mae,
        }
    }

    /// What tells runs of one model and set apart besides their seed.
    pub(crate) fn placed_by(self) -> PlacedBy {
        match self {
            Self::SizeCurve | Self::Table | Self::Beyond | Self::Qm9 => PlacedBy::Samples,
            Self::Autoencoder => PlacedBy::Nothing,
            Self::GraphSparsity => PlacedBy::Probability,
            Self::EmbeddingSizes => PlacedBy::Dimensions,
        }
    }

    /// What its runs' losses are, on the axis of learning curves.
    pub(crate) fn loss(self) -> &'static str {
        match self {
            Self::SizeCurve | Self::Table | Self::Beyond => "MSE (length²)",
            Self::Autoencoder | Self::GraphSparsity | Self::EmbeddingSizes => "cross-entropy of a graph (nat)",
            Self::Qm9 => "MAE (unit of the property)",
        }
    }

    /// What is not ours in it: values of the paper, or of several publications.
    pub(crate) fn others(self) -> &'static str {
        if self == Self::Beyond { "published" } else { "paper" }
    }

    /// The part of the paper that it reproduces.
    pub(crate) fn what(self) -> &'static str {
        match self {
            Self::SizeCurve => "Figure 2",
            Self::Table => "Table 2",
            Self::Beyond => "the published values",
            Self::Autoencoder => "Figure 5 (left)",
            Self::GraphSparsity => "Figure 5 (right)",
            Self::EmbeddingSizes => "Appendix D.1",
            Self::Qm9 => "Table 3",
        }
    }

    /// Whether its runs are of the n-body task.
    pub(crate) fn is_nbody(self) -> bool {
        matches!(self, Self::SizeCurve | Self::Table | Self::Beyond)
    }

    /// Whether its runs are of the graph autoencoder.
    pub(crate) fn is_graphs(self) -> bool {
        matches!(self, Self::Autoencoder | Self::GraphSparsity | Self::EmbeddingSizes)
    }

    /// Whether rows are told apart by their set of graphs, or by the property of molecules that stands in its place.
    pub(crate) fn has_sets(self) -> bool {
        matches!(self, Self::Autoencoder | Self::EmbeddingSizes | Self::Qm9)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_both_ways() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(Kind::from_name("tabel"), None);
    }
}
