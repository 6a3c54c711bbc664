//! Kind and sizes of a model, read off names and shapes of its parameters.

use super::ModelSpec;
use crate::protocol::{HIDDEN, LAYERS};
use candle_core::Tensor;
use egnn_nn::{
    autoencoder::{AutoencoderModelConfig, EncoderKind},
    molecule::{MoleculeModelConfig, MoleculeModelKind},
    nbody::{ModelKind, NbodyModelConfig},
};
use std::collections::{BTreeMap, BTreeSet};

/// What the parameters look like, in a file that may name its task. Dimension and options that leave no trace in them are the paper's; a Noise-GNN has the
/// parameters of a GNN.
pub(super) fn infer(task: Option<&str>, parameters: &BTreeMap<String, Tensor>) -> Result<ModelSpec, String> {
    let layers = layers("gcl_", parameters)?;
    if let Some(spec) = molecules(task, layers, parameters)? {
        return Ok(ModelSpec::Qm9(spec));
    }
    let has = |name: &str| parameters.contains_key(name);
    let rows = |name: &str| parameters.get(name).and_then(|tensor| tensor.dims().first()).copied().unwrap_or(1);
    let hidden = |name: &str| hidden(name, parameters);
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
    let Some(&kind) = ModelKind::ALL.iter().find(|kind| has(kind.mark)) else {
        let nbody = ModelKind::names().join(", ");
        return Err(format!(
            "has the parameters of none of the models (nbody: {nbody}; autoencoder: egnn, gnn, noise_gnn, radial_field; \
             qm9: egnn, schnet, nmp)"
        ));
    };
    let model = NbodyModelConfig::new(kind);
    let layers = kind.layer_prefix.map_or(Ok(model.layers), |prefix| self::layers(prefix, parameters))?;
    Ok(ModelSpec::Nbody(NbodyModelConfig { hidden: hidden(kind.mark)?, layers, ..model }))
}

/// How many layers there are of this kind of name, at least 1.
fn layers(prefix: &str, parameters: &BTreeMap<String, Tensor>) -> Result<usize, String> {
    let number = |name: &String| name.strip_prefix(prefix)?.split('.').next()?.parse().ok();
    let numbers: BTreeSet<u64> = parameters.keys().filter_map(number).collect();
    let layers = numbers.len() as u64;
    if numbers.iter().copied().ne(0..layers) || layers > *LAYERS.end() {
        return Err(format!("has layers {prefix}* that are not numbered from 0 to at most {}", LAYERS.end() - 1));
    }
    Ok(layers.max(1) as usize)
}

/// Rows of a parameter, if a model can be as wide.
fn hidden(name: &str, parameters: &BTreeMap<String, Tensor>) -> Result<usize, String> {
    match parameters.get(name).and_then(|tensor| tensor.dims().first()).copied().unwrap_or(1) {
        rows if HIDDEN.contains(&(rows as u64)) => Ok(rows),
        rows => Err(format!("has {rows} rows in {name}; a model has 1 to {}", HIDDEN.end())),
    }
}

/// A model of molecules, if it is one.
fn molecules(
    task: Option<&str>,
    layers_of_messages: usize,
    parameters: &BTreeMap<String, Tensor>,
) -> Result<Option<MoleculeModelConfig>, String> {
    let has = |name: &str| parameters.contains_key(name);
    let columns = |name: &str| parameters.get(name).and_then(|tensor| tensor.dims().get(1)).copied().unwrap_or(0);
    if has("interaction_0.filter.0.weight") {
        return Ok(Some(MoleculeModelConfig {
            hidden: hidden("interaction_0.filter.0.weight", parameters)?,
            layers: layers("interaction_", parameters)?,
            gaussians: columns("interaction_0.filter.0.weight"),
            ..MoleculeModelConfig::new(MoleculeModelKind::SchNet)
        }));
    }
    if has("graph_dec.0.weight") {
        let hidden = hidden("gcl_0.edge_mlp.2.weight", parameters)?;
        let seen = columns("gcl_0.edge_mlp.0.weight").saturating_sub(2 * hidden);
        let is_nmp = seen > 1;
        let paper = MoleculeModelConfig::new(if is_nmp { MoleculeModelKind::Nmp } else { MoleculeModelKind::Egnn });
        return Ok(Some(MoleculeModelConfig {
            hidden,
            layers: layers_of_messages,
            attention: is_nmp || has("gcl_0.att_mlp.0.weight"),
            update_coordinates: has("gcl_0.coord_mlp.0.weight"),
            gaussians: if is_nmp { seen } else { paper.gaussians },
            ..paper
        }));
    }
    let is_mean = parameters.is_empty() && task == Some(crate::qm9::TASK);
    Ok(is_mean.then(|| MoleculeModelConfig::new(MoleculeModelKind::Mean)))
}
