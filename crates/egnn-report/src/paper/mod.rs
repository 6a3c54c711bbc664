//! The paper's published values: the only numbers of a report that come from no run record. Every report marks them as the paper's.
//!
//! Source: Satorras, Hoogeboom, Welling, *E(n) Equivariant Graph Neural Networks*, ICML 2021, arXiv 2102.09844.

pub mod autoencoder;
pub mod beyond;
pub mod nbody;
pub mod qm9;

use crate::{kind::Kind, metric::Metric};
use egnn_schema::Property;

/// A row that a kind of report has even if nothing was run for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TableRow {
    pub(crate) model: &'static str,
    /// Set of graphs, or property of molecules; empty in n-body.
    pub(crate) set: &'static str,
    /// Place on the report's axis, where it has one to which the row belongs.
    pub(crate) at: Option<f64>,
}

/// The rows of the paper's table, in its order; none for what the paper only draws.
pub(crate) fn rows(kind: Kind) -> Vec<TableRow> {
    match kind {
        Kind::SizeCurve | Kind::GraphSparsity => Vec::new(),
        Kind::Table => nbody::TABLE_2.iter().map(|row| TableRow { model: row.model, set: "", at: None }).collect(),
        Kind::Beyond => beyond::PUBLISHED.iter().map(|row| TableRow { model: row.model, set: "", at: None }).collect(),
        Kind::Autoencoder => {
            autoencoder::FIGURE_5.iter().map(|row| TableRow { model: row.model, set: row.set, at: None }).collect()
        }
        Kind::EmbeddingSizes => {
            let dimensions = autoencoder::APPENDIX_D1_DIMENSIONS;
            let of = |set, model| dimensions.map(|n| TableRow { model, set, at: Some(n as f64) });
            autoencoder::APPENDIX_D1.iter().flat_map(|&(set, model, _)| of(set, model)).collect()
        }
        // A property's own rows at any number of molecules; Table 3 stands beside them whole.
        Kind::Qm9 => Property::ALL.iter().map(|of| TableRow { model: qm9::EGNN, set: of.name(), at: None }).collect(),
    }
}

/// The paper's value of a metric, for a model on a set at a place of the report's axis.
pub(crate) fn value(kind: Kind, metric: Metric, set: &str, model: &str, at: Option<f64>) -> Option<f64> {
    let table_2 = || nbody::row(model).filter(|_| metric == Metric::Mse).map(|row| row.mse);
    match kind {
        Kind::SizeCurve if at == Some(nbody::TABLE_2_SAMPLES as f64) => table_2(),
        Kind::Table if metric == Metric::Forward => nbody::row(model).map(|row| row.forward_seconds),
        Kind::Table => table_2(),
        Kind::Beyond => beyond::published(model).filter(|_| metric == Metric::Mse).map(|row| row.mse),
        Kind::Autoencoder => autoencoder::figure_5(metric, set, model),
        Kind::EmbeddingSizes => autoencoder::appendix_d1(metric, set, model, at? as i64),
        Kind::Qm9 => qm9::value(set, model).filter(|_| metric == Metric::Mae),
        Kind::SizeCurve | Kind::GraphSparsity => None,
    }
}

/// The same with the paper's digits.
pub(crate) fn text(kind: Kind, metric: Metric, set: &str, model: &str, at: Option<f64>) -> Option<String> {
    let value = value(kind, metric, set, model, at)?;
    let printed = match kind {
        Kind::Qm9 => qm9::text(set, model).map(Into::into),
        Kind::Beyond => beyond::text(model),
        _ => None,
    };
    printed.or_else(|| Some(metric.paper_text(value)))
}

/// Whether a set is one of those that the paper has in what a report shows.
pub(crate) fn has_set(kind: Kind, set: &str) -> bool {
    match kind {
        Kind::SizeCurve | Kind::Table | Kind::Beyond => true,
        Kind::GraphSparsity => autoencoder::SPARSITY_SETS.contains(&set),
        Kind::Qm9 => set == qm9::SET,
        Kind::Autoencoder | Kind::EmbeddingSizes => autoencoder::SETS.iter().any(|(name, _)| *name == set),
    }
}

/// Where [`value`] has its numbers from.
pub(crate) fn source(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::SizeCurve | Kind::Table => Some(nbody::TABLE_2_SOURCE),
        Kind::Beyond => Some(beyond::SOURCES),
        Kind::Autoencoder => Some(autoencoder::FIGURE_5_SOURCE),
        Kind::EmbeddingSizes => Some(autoencoder::APPENDIX_D1_SOURCE),
        Kind::Qm9 => Some(qm9::TABLE_3_SOURCE),
        Kind::GraphSparsity => None,
    }
}

/// The model's name in print: the paper's, or the configuration's own for models that the paper does not have.
pub fn title(model: &str) -> &str {
    let later = || beyond::published(model).map(|row| row.title);
    let ours = || (model == "radial_ode").then_some("Radial ODE");
    let graphs = || autoencoder::MODELS.iter().find(|(name, _)| *name == model).map(|(_, title)| *title);
    let nbody = nbody::row(model).map(|row| row.title).or_else(later).or_else(ours);
    nbody.or_else(graphs).or_else(|| qm9::title(model)).unwrap_or(model)
}

/// Where the model stands from the best to the worst of the paper; models that it does not have come last.
pub(crate) fn rank(kind: Kind, model: &str) -> usize {
    match kind {
        Kind::SizeCurve | Kind::Table => nbody::rank(model),
        Kind::Beyond => beyond::rank(model),
        Kind::Autoencoder | Kind::GraphSparsity | Kind::EmbeddingSizes => autoencoder::rank(model),
        Kind::Qm9 => qm9::rank(model),
    }
}

/// Where what rows are told apart by, a set of graphs or a property, stands in the paper; what it does not have comes last.
pub(crate) fn set_rank(kind: Kind, set: &str) -> usize {
    if kind == Kind::Qm9 { qm9::property_rank(set) } else { autoencoder::set_rank(set) }
}

/// Its name in print.
pub(crate) fn set_title(kind: Kind, set: &str) -> String {
    if kind == Kind::Qm9 { qm9::property_title(set) } else { autoencoder::set_title(set).into() }
}

/// Whether a model has nothing to learn: what it is said to have been trained for means nothing.
pub(crate) fn is_untrained(kind: Kind, model: &str) -> bool {
    match kind {
        Kind::SizeCurve | Kind::Table | Kind::Beyond => false,
        Kind::Autoencoder | Kind::GraphSparsity | Kind::EmbeddingSizes => model == autoencoder::BASELINE,
        Kind::Qm9 => model == qm9::MEAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_paper_has_a_value() {
        for kind in Kind::ALL {
            for row in rows(kind) {
                let found = value(kind, kind.main_metric(), row.set, row.model, row.at);
                assert!(found.is_some(), "{kind:?}: {row:?}");
            }
        }
        assert_eq!(rows(Kind::EmbeddingSizes).len(), 18);
    }

    #[test]
    fn names_in_print() {
        let titles = ["egnn", "noise_gnn", "no_edges", "tfn", "segno", "radial_ode", "nmp", "mean", "own"].map(title);
        assert_eq!(
            titles,
            [
                "EGNN",
                "Noise-GNN",
                "Baseline (no edges)",
                "Tensor Field Network",
                "SEGNO",
                "Radial ODE",
                "NMP (distances)",
                "mean of training set",
                "own"
            ]
        );
    }
}
