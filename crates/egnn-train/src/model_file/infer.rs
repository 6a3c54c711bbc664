//! Kind and sizes of a model, read off names and shapes of its parameters.

use super::ModelSpec;
use crate::protocol::{HIDDEN, LAYERS};
use candle_core::Tensor;
use egnn_nn::{
    autoencoder::{AutoencoderModelConfig, EncoderKind},
    nbody::{ModelKind, NbodyModelConfig},
};
use std::collections::{BTreeMap, BTreeSet};

/// What the parameters look like. Dimension and options that leave no trace in them are the paper's; a Noise-GNN has the
/// parameters of a GNN.
pub(super) fn infer(parameters: &BTreeMap<String, Tensor>) -> Result<ModelSpec, String> {
    let numbers: BTreeSet<u64> =
        parameters.keys().filter_map(|name| name.strip_prefix("gcl_")?.split('.').next()?.parse().ok()).collect();
    let layers = numbers.len() as u64;
    if numbers.iter().copied().ne(0..layers) || layers > *LAYERS.end() {
        return Err(format!("has layers gcl_* that are not numbered from 0 to at most {}", LAYERS.end() - 1));
    }
    let layers = layers.max(1) as usize;
    let has = |name: &str| parameters.contains_key(name);
    let rows = |name: &str| parameters.get(name).and_then(|tensor| tensor.dims().first()).copied().unwrap_or(1);
    let hidden = |name: &str| match rows(name) {
        rows if HIDDEN.contains(&(rows as u64)) => Ok(rows),
        rows => Err(format!("has {rows} rows in {name}; a model has 1 to {}", HIDDEN.end())),
    };
    let encoder = match (has("fc_emb.weight"), has("w") && has("b"), has("gcl_0.phi.0.weight")) {
        (true, ..) => Some((EncoderKind::Gnn, "gcl_0.edge_mlp.2.weight")),
        (false, true, true) => Some((EncoderKind::RadialField, "gcl_0.phi.0.weight")),
        (false, true, false) => Some((EncoderKind::Egnn, "gcl_0.edge_mlp.2.weight")),
        _ if parameters.is_empty() => Some((EncoderKind::NoEdges, "")),
        _ => None,
    };
    if let Some((encoder, sized_by)) = encoder {
        let paper = AutoencoderModelConfig::new(encoder);
        let hidden = if encoder == EncoderKind::NoEdges { paper.hidden } else { hidden(sized_by)? };
        let dim = if encoder == EncoderKind::Gnn { rows("fc_emb.weight") } else { paper.dim };
        return Ok(ModelSpec::Autoencoder(AutoencoderModelConfig { dim, hidden, layers, ..paper }));
    }
    let (kind, sized_by) = [
        (ModelKind::RadialField, "gcl_0.phi.0.weight"),
        (ModelKind::Gnn, "embedding.0.weight"),
        (ModelKind::Egnn, "embedding.weight"),
        (ModelKind::Linear, "time"),
    ]
    .into_iter()
    .find(|(_, name)| has(name))
    .ok_or(
        "has the parameters of none of the models (nbody: egnn, gnn, radial_field, linear; autoencoder: egnn, gnn, \
         noise_gnn, radial_field)",
    )?;
    Ok(ModelSpec::Nbody(NbodyModelConfig { hidden: hidden(sized_by)?, layers, ..NbodyModelConfig::new(kind) }))
}
