//! Checks of the operations on features that turn with space.

use candle_core::{Result, Tensor, bail};

use super::Check;
use crate::edges::Edges;
use crate::irreps::{Convolution, Fiber, HIGHEST_TYPE, Norm, NormNonlinearity, RadialNet};

pub(crate) fn convolution(
    convolution: &Convolution,
    features: &Tensor,
    parameters: &Tensor,
    geometry: &Tensor,
    edges: &Edges,
) -> Result<()> {
    let check = Check("convolution");
    let Convolution { input, output, nets } = convolution;
    check.fiber("input", input)?;
    check.fiber("output", output)?;
    let pairs = output.parts().flat_map(|to| input.parts().map(move |from| (to, from)));
    check.equal("radial networks", nets.len(), pairs.clone().count())?;
    let [rows, columns] = check.matrix("geometry", geometry)?;
    check.equal("columns of the geometry", columns, edges.len())?;
    for (net, (to, from)) in nets.iter().zip(pairs) {
        check.equal("type that a radial network makes", net.to, to.degree)?;
        check.equal("type that a radial network reads", net.from, from.degree)?;
        check.radial_net(net, to.channels * from.channels, parameters)?;
        let (start, count) = net.rows(net.last.len() - 1);
        if net.basis == 0 || start.saturating_add(count) > rows {
            bail!("convolution: a basis takes rows {} to {}, but the geometry has {rows}", net.basis, start + count);
        }
    }
    let [rows, columns] = check.matrix("features", features)?;
    check.equal("rows of the features", rows, edges.nodes())?;
    check.equal("columns of the features", columns, input.width())?;
    check.dtypes(features, &[("parameters", Some(parameters)), ("geometry", Some(geometry))])
}

pub(crate) fn norm_nonlinearity(layer: &NormNonlinearity, features: &Tensor, parameters: &Tensor) -> Result<()> {
    let check = Check("norm nonlinearity");
    check.fiber("features", &layer.fiber)?;
    check.equal("networks", layer.nets.len(), layer.fiber.parts().count())?;
    for (&(norm, map), part) in layer.nets.iter().zip(layer.fiber.parts()) {
        check.norm(norm, part.channels, parameters)?;
        if let Some(map) = map {
            check.map("map", map, [part.channels; 2], parameters)?;
        }
    }
    let [_, columns] = check.matrix("features", features)?;
    check.equal("columns of the features", columns, layer.fiber.width())?;
    check.dtypes(features, &[("parameters", Some(parameters))])
}

pub(crate) fn attention(query: &Tensor, key: &Tensor, value: &Tensor, edges: &Edges) -> Result<()> {
    let check = Check("attention");
    let [rows, width] = check.matrix("query", query)?;
    check.equal("rows of the query", rows, edges.nodes())?;
    check.positive("columns of the query", width)?;
    let [rows, columns] = check.matrix("key", key)?;
    check.equal("rows of the key", rows, edges.len())?;
    check.equal("columns of the key", columns, width)?;
    let [rows, _] = check.matrix("value", value)?;
    check.equal("rows of the value", rows, edges.len())?;
    check.dtypes(query, &[("key", Some(key)), ("value", Some(value))])
}

impl Check {
    fn fiber(&self, name: &str, fiber: &Fiber) -> Result<()> {
        self.positive(&format!("types of the {name}"), fiber.parts().count())?;
        match fiber.parts().find(|part| part.degree > HIGHEST_TYPE) {
            Some(part) => bail!("{}: type {} of the {name}, expected at most {HIGHEST_TYPE}", self.0, part.degree),
            None => Ok(()),
        }
    }

    fn radial_net(&self, net: &RadialNet, outputs: usize, parameters: &Tensor) -> Result<()> {
        let hidden = net.hidden();
        self.map("the radial network's first map", net.first, [1, hidden], parameters)?;
        self.map("the radial network's second map", net.second, [hidden, hidden], parameters)?;
        for norm in net.norms {
            self.norm(norm, hidden, parameters)?;
        }
        self.equal("last maps of a radial network", net.last.len(), RadialNet::paths(net.to, net.from))?;
        for &last in &net.last {
            self.map("a radial network's last map", last, [hidden, outputs], parameters)?;
        }
        Ok(())
    }

    fn norm(&self, norm: Norm, channels: usize, parameters: &Tensor) -> Result<()> {
        self.equal("channels of a norm", norm.channels, channels)?;
        let (end, length) = (norm.offset.saturating_add(2 * norm.channels), parameters.elem_count());
        if end > length {
            bail!("{}: a norm ends at {end}, but there are {length} parameters", self.0);
        }
        Ok(())
    }
}
