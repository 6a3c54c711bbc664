//! Refusal of what does not fit together, for every backend and before anything is computed.

mod irreps;

use candle_core::{DType, Result, Tensor, bail};

use crate::backend::LayerInput;
use crate::definition::{Decoder, Layer, Map, Motion, RadialField, VelocityUpdate};
use crate::edges::Edges;

pub(crate) use irreps::{attention, convolution, norm_nonlinearity};

pub(crate) fn dense(x: &Tensor, parameters: &Tensor, map: Map) -> Result<()> {
    let check = Check("dense");
    let [_, columns] = check.matrix("input", x)?;
    check.equal("columns of the input", columns, map.inputs)?;
    check.map("map", map, [map.inputs, map.outputs], parameters)?;
    check.dtypes(x, &[("parameters", Some(parameters))])
}

pub(crate) fn layer(layer: &Layer, input: &LayerInput) -> Result<()> {
    let check = Check("layer");
    check.layer_definition(layer)?;
    check.layer_maps(layer, input.parameters)?;
    check.embedding(layer, input.embedding)?;
    check.input(input, layer.input_width(), layer.attributes)
}

pub(crate) fn radial_field(layer: &RadialField, input: &LayerInput) -> Result<()> {
    let check = Check("radial field");
    check.positive("dim", layer.dim)?;
    let ([first, last], parameters) = (layer.phi, input.parameters);
    check.map("phi", first, [1 + layer.attributes, first.outputs], parameters)?;
    check.last_map("phi", last, first.outputs, parameters)?;
    if let Some([first, last]) = layer.velocity {
        check.map("phi_v", first, [1, first.outputs], parameters)?;
        check.map("phi_v", last, [first.outputs, 1], parameters)?;
    }
    check.clamp(layer.clamp)?;
    if input.embedding.is_some() {
        bail!("radial field: parameters of an embedding are given, but it has none");
    }
    check.input(input, layer.width(), layer.attributes)
}

/// Steps of a unit of time, beyond which float32 no longer tells one position from the next.
const MOST_STEPS: usize = 10_000_000;

pub(crate) fn motion(motion: &Motion, input: &LayerInput) -> Result<()> {
    let check = Check("motion");
    check.positive("dim", motion.dim)?;
    check.positive("least_steps", motion.least_steps)?;
    if !(motion.least_steps..=MOST_STEPS).contains(&motion.most_steps) || motion.step.is_nan() || motion.step <= 0.0 {
        bail!("motion: {motion:?} leaves no step to take");
    }
    if motion.gradient_limit.is_some_and(|limit| limit.is_nan() || limit <= 0.0) {
        bail!("motion: a gradient cannot be limited to {:?}", motion.gradient_limit);
    }
    let ([first, second, last], parameters) = (motion.phi, input.parameters);
    check.map("phi", first, [1 + motion.attributes, first.outputs], parameters)?;
    check.map("phi", second, [first.outputs, second.outputs], parameters)?;
    check.map("phi", last, [second.outputs, 1], parameters)?;
    if input.embedding.is_some() {
        bail!("motion: parameters of an embedding are given, but it has none");
    }
    let (row, col) = (input.edges.row(), input.edges.col());
    let has = |i: u32, j: u32| input.edges.of_row(i as usize).filter(|&edge| col[edge] == j).count() == 1;
    if let Some((i, j)) = row.iter().zip(col).find(|(i, j)| i == j || !has(**i, **j) || !has(**j, **i)) {
        bail!("motion: body {i} feels {j}, but not the other way round, or not once");
    }
    check.input(input, 2 * motion.dim, motion.attributes)
}

/// `targets`: what each edge is compared with, if it is.
pub(crate) fn decoder(
    decoder: Decoder,
    z: &Tensor,
    parameters: &Tensor,
    targets: Option<&Tensor>,
    edges: &Edges,
) -> Result<()> {
    let check = Check("decoder");
    check.positive("dim", decoder.dim)?;
    let inputs = if decoder.map.inputs == 1 { 1 } else { decoder.dim };
    check.map("map", decoder.map, [inputs, 1], parameters)?;
    let [rows, columns] = check.matrix("embedding", z)?;
    check.equal("rows of the embedding", rows, edges.nodes())?;
    check.equal("columns of the embedding", columns, decoder.dim)?;
    if let Some(targets) = targets {
        let [rows, columns] = check.matrix("targets", targets)?;
        check.equal("rows of the targets", rows, edges.len())?;
        check.equal("columns of the targets", columns, 1)?;
    }
    check.dtypes(z, &[("parameters", Some(parameters)), ("targets", targets)])
}

pub(crate) fn segments(messages: &Tensor, edges: &Edges) -> Result<()> {
    let check = Check("segments");
    let [rows, _] = check.matrix("messages", messages)?;
    check.equal("rows of the messages", rows, edges.len())?;
    check.dtypes(messages, &[])
}

pub(crate) fn filtered(nodes: &Tensor, filters: &Tensor, edges: &Edges) -> Result<()> {
    let check = Check("filtered-sum");
    let [rows, columns] = check.matrix("nodes", nodes)?;
    check.equal("rows of the nodes", rows, edges.nodes())?;
    let [rows, filtered] = check.matrix("filters", filters)?;
    check.equal("rows of the filters", rows, edges.len())?;
    check.equal("columns of the filters", filtered, columns)?;
    check.dtypes(nodes, &[("filters", Some(filters))])
}

pub(crate) fn nodes(operation: &'static str, values: &Tensor, columns: Option<usize>, edges: &Edges) -> Result<()> {
    let check = Check(operation);
    let [rows, found] = check.matrix("values", values)?;
    check.equal("rows of the values", rows, edges.nodes())?;
    check.equal("columns of the values", found, columns.unwrap_or(found))?;
    check.dtypes(values, &[])
}

/// Checks of the operation of that name.
struct Check(&'static str);

impl Check {
    fn layer_definition(&self, layer: &Layer) -> Result<()> {
        let operation = self.0;
        self.positive("features", layer.features)?;
        self.positive("hidden", layer.hidden)?;
        if layer.residual && layer.features != layer.hidden {
            bail!("{operation}: a residual needs features = hidden, not {} and {}", layer.features, layer.hidden);
        }
        if layer.velocity.is_some() && layer.coordinates.is_none() {
            bail!("{operation}: a velocity needs coordinates that move");
        }
        if let Some(VelocityUpdate::Integrated { step }) = layer.velocity
            && !step.is_finite()
        {
            bail!("{operation}: the step of time is {step}, expected a finite number");
        }
        if layer.dim == 0 && layer.coordinates.is_some() {
            bail!("{operation}: coordinates need dim > 0");
        }
        if layer.dim == 0 && layer.node.is_none() {
            bail!("{operation}: without node update and coordinates it returns nothing");
        }
        self.clamp(layer.coordinates.and_then(|coordinates| coordinates.clamp))
    }

    fn clamp(&self, clamp: Option<f64>) -> Result<()> {
        match clamp {
            Some(clamp) if clamp.is_nan() || clamp <= 0.0 => bail!("{}: the clamp is {clamp}, expected > 0", self.0),
            _ => Ok(()),
        }
    }

    fn layer_maps(&self, layer: &Layer, parameters: &Tensor) -> Result<()> {
        let &Layer { features, hidden, attributes, dim, .. } = layer;
        let check = |name, map, lengths| self.map(name, map, lengths, parameters);
        check("phi_e", layer.edge[0], [2 * features + usize::from(dim > 0) + attributes, hidden])?;
        check("phi_e", layer.edge[1], [hidden, hidden])?;
        if let Some(gate) = layer.gate {
            check("gate", gate, [hidden, 1])?;
        }
        if let Some(coordinates) = &layer.coordinates {
            check("phi_x", coordinates.maps[0], [hidden, hidden])?;
            check("phi_x", coordinates.maps[1], [hidden, 1])?;
        }
        if let Some(maps) = layer.velocity_maps() {
            check("phi_v", maps[0], [features, hidden])?;
            check("phi_v", maps[1], [hidden, 1])?;
        }
        if let Some(maps) = layer.node {
            check("phi_h", maps[0], [features + hidden, hidden])?;
            check("phi_h", maps[1], [hidden, hidden])?;
        }
        Ok(())
    }

    fn embedding(&self, layer: &Layer, parameters: Option<&Tensor>) -> Result<()> {
        let operation = self.0;
        match (layer.embedding, parameters) {
            (None, None) => Ok(()),
            (None, Some(_)) => bail!("{operation}: parameters of an embedding are given, but it has none"),
            (Some(_), None) => bail!("{operation}: the parameters of its embedding are missing"),
            (Some(map), Some(parameters)) => {
                self.map("embedding", map, [map.inputs, layer.features], parameters)?;
                self.positive("inputs of the embedding", map.inputs)
            }
        }
    }

    /// State, attributes and edges.
    fn input(&self, input: &LayerInput, width: usize, attributes: usize) -> Result<()> {
        let operation = self.0;
        let [nodes, columns] = self.matrix("state", input.state)?;
        if columns != width {
            bail!("{operation}: the state has {columns} columns, expected {width}");
        }
        if nodes != input.edges.nodes() {
            bail!("{operation}: the state has {nodes} rows, but there are {} nodes", input.edges.nodes());
        }
        let expected = [input.edges.len(), attributes];
        match input.attributes {
            None if attributes > 0 => bail!("{operation}: the attributes are missing, expected shape {expected:?}"),
            Some(_) if attributes == 0 => bail!("{operation}: attributes are given, but it takes none"),
            Some(tensor) if tensor.dims() != expected => {
                bail!("{operation}: the attributes have shape {:?}, expected {expected:?}", tensor.dims())
            }
            _ => {}
        }
        let others = [
            ("parameters", Some(input.parameters)),
            ("embedding's parameters", input.embedding),
            ("attributes", input.attributes),
        ];
        self.dtypes(input.state, &others)
    }

    /// A map to one number, without bias.
    fn last_map(&self, name: &str, map: Map, inputs: usize, parameters: &Tensor) -> Result<()> {
        if map.bias {
            bail!("{}: the last map of {name} has a bias, expected none", self.0);
        }
        self.map(name, map, [inputs, 1], parameters)
    }

    /// A map of these lengths inside the parameters.
    fn map(&self, name: &str, map: Map, [inputs, outputs]: [usize; 2], parameters: &Tensor) -> Result<()> {
        let operation = self.0;
        if [map.inputs, map.outputs] != [inputs, outputs] {
            bail!("{operation}: {name} maps {} to {}, expected {inputs} to {outputs}", map.inputs, map.outputs);
        }
        self.positive(&format!("outputs of {name}"), outputs)?;
        let &[length] = parameters.dims() else {
            bail!("{operation}: the parameters of {name} have shape {:?}, expected one dimension", parameters.dims());
        };
        let end = map.offset.saturating_add(map.len());
        if end > length {
            bail!("{operation}: {name} ends at {end}, but there are {length} parameters");
        }
        Ok(())
    }

    fn matrix(&self, name: &str, tensor: &Tensor) -> Result<[usize; 2]> {
        match *tensor.dims() {
            [rows, columns] => Ok([rows, columns]),
            _ => bail!("{}: the {name} has shape {:?}, expected two dimensions", self.0, tensor.dims()),
        }
    }

    /// float32 or float64, and the same in all tensors.
    fn dtypes(&self, tensor: &Tensor, others: &[(&str, Option<&Tensor>)]) -> Result<()> {
        let (operation, dtype) = (self.0, tensor.dtype());
        if !matches!(dtype, DType::F32 | DType::F64) {
            bail!("{operation}: number type {dtype:?} is not supported, use F32 or F64");
        }
        for (name, other) in others.iter().filter_map(|(name, other)| Some((name, (*other)?))) {
            if other.dtype() != dtype {
                bail!("{operation}: the {name} are {:?}, the input {dtype:?}", other.dtype());
            }
        }
        Ok(())
    }

    fn equal(&self, what: &str, found: usize, expected: usize) -> Result<()> {
        if found != expected {
            bail!("{}: {what}: {found}, expected {expected}", self.0);
        }
        Ok(())
    }

    fn positive(&self, what: &str, value: usize) -> Result<()> {
        if value == 0 {
            bail!("{}: {what}: 0, expected at least 1", self.0);
        }
        Ok(())
    }
}
