//! Layers with every option, and inputs for them.

#![allow(dead_code, reason = "not every test file uses all of it")]
#![allow(clippy::struct_excessive_bools, clippy::large_enum_variant, reason = "plain lists of options")]

pub(crate) mod agreement;

use candle_core::{DType, Device, Result, Tensor, Var};
use egnn_kernels::{
    Aggregation, Backend, Coordinates, Edges, Layer, LayerInput, Map, RadialField, Velocity, VelocityUpdate,
};
use egnn_testkit::Random;

/// A bound of the coordinate terms, relative to the terms that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clamp {
    None,
    /// Beyond all terms.
    Loose,
    /// Within the terms, and not near any of them.
    Biting,
}

/// The options of a layer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spec {
    pub(crate) embedding: Option<usize>,
    pub(crate) features: usize,
    pub(crate) hidden: usize,
    pub(crate) attributes: usize,
    pub(crate) dim: usize,
    pub(crate) gate: bool,
    pub(crate) moves: bool,
    pub(crate) tanh: bool,
    pub(crate) normalize: bool,
    pub(crate) aggregation: Aggregation,
    pub(crate) clamp: Clamp,
    pub(crate) velocity: Option<Velocity>,
    /// The step of time of second-order motion, instead of a velocity.
    pub(crate) step: Option<f64>,
    pub(crate) node: bool,
    pub(crate) residual: bool,
    pub(crate) bias: bool,
    /// A bias in the last map of `phi_x`.
    pub(crate) last_bias: bool,
    pub(crate) keep: f64,
}

impl Spec {
    /// The plain layer: positions move, nothing else is chosen.
    pub(crate) fn new(features: usize, hidden: usize, dim: usize) -> Self {
        Self {
            embedding: None,
            features,
            hidden,
            attributes: 2,
            dim,
            gate: false,
            moves: dim > 0,
            tanh: false,
            normalize: false,
            aggregation: Aggregation::Mean,
            clamp: Clamp::None,
            velocity: None,
            step: None,
            node: true,
            residual: features == hidden,
            bias: true,
            last_bias: false,
            keep: 1.0,
        }
    }

    /// Every option by itself, and some together.
    pub(crate) fn variants(hidden: usize, dim: usize) -> Vec<Self> {
        let base = Self::new(hidden, hidden, dim);
        let (initial, current) = (Some(Velocity::Initial), Some(Velocity::Current));
        let (sum, step) = (Aggregation::Sum, Some(0.3));
        vec![
            base,
            Self { bias: false, ..base },
            Self { gate: true, ..base },
            Self { tanh: true, ..base },
            Self { aggregation: sum, ..base },
            Self { clamp: Clamp::Loose, ..base },
            Self { clamp: Clamp::Biting, ..base },
            Self { clamp: Clamp::Biting, tanh: true, aggregation: sum, velocity: current, ..base },
            Self { velocity: initial, ..base },
            Self { velocity: current, ..base },
            Self { velocity: initial, node: false, clamp: Clamp::Loose, ..base },
            Self { velocity: current, node: false, ..base },
            Self { velocity: initial, embedding: Some(1), ..base },
            Self { velocity: current, embedding: Some(5), gate: true, tanh: true, ..base },
            Self { velocity: initial, embedding: Some(1), node: false, ..base },
            Self { embedding: Some(3), ..base },
            Self { moves: false, ..base },
            Self { moves: false, gate: true, embedding: Some(2), ..base },
            Self { moves: false, node: false, ..base },
            Self { attributes: 0, ..base },
            Self { attributes: 1, ..base },
            Self { attributes: 5, gate: true, velocity: initial, ..base },
            Self { keep: 0.8, ..base },
            Self { keep: 0.8, velocity: initial, clamp: Clamp::Biting, ..base },
            Self { keep: 0.8, velocity: current, ..base },
            Self { node: false, ..base },
            Self { residual: false, ..base },
            Self { attributes: 1, ..Self::new(hidden, hidden, 0) },
            Self { attributes: 0, embedding: Some(6), gate: true, ..Self::new(hidden, hidden, 0) },
            Self { keep: 0.8, attributes: 1, ..Self::new(1, hidden, dim) },
            Self { attributes: 1, ..Self::new(1, hidden, 0) },
            Self::new(hidden + 2, hidden, dim),
            Self { velocity: initial, embedding: Some(2), ..Self::new(hidden + 1, hidden, dim) },
            Self { velocity: current, gate: true, ..Self::new(1, hidden, dim) },
            Self { last_bias: true, ..base },
            Self { last_bias: true, tanh: true, velocity: initial, clamp: Clamp::Biting, ..base },
            Self { step, ..base },
            Self { step, last_bias: true, embedding: Some(1), ..base },
            Self { step, last_bias: true, node: false, ..base },
            Self { step, last_bias: true, embedding: Some(1), node: false, aggregation: sum, ..base },
            Self { step, last_bias: true, keep: 0.8, gate: true, tanh: true, clamp: Clamp::Biting, ..base },
            Self { step, attributes: 0, residual: false, ..Self::new(1, hidden, dim) },
        ]
    }

    /// Those whose differences are divided by their norms.
    pub(crate) fn normalized(hidden: usize, dim: usize) -> Vec<Self> {
        let base = Self { normalize: true, ..Self::new(hidden, hidden, dim) };
        let velocity = Some(Velocity::Initial);
        vec![
            base,
            Self { tanh: true, aggregation: Aggregation::Sum, ..base },
            Self { clamp: Clamp::Biting, velocity, embedding: Some(2), ..base },
        ]
    }
}

/// The options of a Radial Field layer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldSpec {
    pub(crate) dim: usize,
    pub(crate) attributes: usize,
    pub(crate) hidden: usize,
    pub(crate) tanh: bool,
    pub(crate) clamp: Clamp,
    pub(crate) keep: f64,
    pub(crate) velocity: bool,
}

impl FieldSpec {
    /// The n-body task's.
    pub(crate) fn new(dim: usize, attributes: usize, hidden: usize) -> Self {
        Self { dim, attributes, hidden, tanh: true, clamp: Clamp::None, keep: 1.0, velocity: true }
    }

    /// Every option by itself, and the autoencoder's together.
    pub(crate) fn variants(dim: usize, attributes: usize, hidden: usize) -> Vec<Self> {
        let base = Self::new(dim, attributes, hidden);
        vec![
            base,
            Self { tanh: false, ..base },
            Self { clamp: Clamp::Biting, ..base },
            Self { keep: 0.8, ..base },
            Self { velocity: false, ..base },
            Self { velocity: false, tanh: false, clamp: Clamp::Loose, keep: 0.8, ..base },
            Self { velocity: false, tanh: false, clamp: Clamp::Biting, keep: 0.8, ..base },
        ]
    }
}

/// Places maps one after the other and draws their parameters.
struct Drawer {
    random: Random,
    values: Vec<f64>,
}

impl Drawer {
    /// Parameters that begin with some that nothing reads.
    fn new(seed: u64, unread: usize) -> Self {
        let mut random = Random::new(seed);
        let values = random.normals(unread);
        Self { random, values }
    }

    fn map(&mut self, inputs: usize, outputs: usize, bias: bool) -> Map {
        let map = Map { offset: self.values.len(), inputs, outputs, bias };
        let scale = 1.0 / (inputs as f64).sqrt();
        self.values.extend((0..map.len()).map(|_| self.random.normal() * scale));
        map
    }

    fn tensor(self) -> Tensor {
        Tensor::new(self.values, &Device::Cpu).unwrap()
    }
}

/// The layer, its parameters and those of its embedding. The clamp is not set yet.
fn build(spec: &Spec, seed: u64) -> (Layer, Tensor, Option<Tensor>) {
    let &Spec { features, hidden, attributes, dim, bias, .. } = spec;
    let mut drawer = Drawer::new(seed, 5);
    let edge =
        [drawer.map(2 * features + usize::from(dim > 0) + attributes, hidden, bias), drawer.map(hidden, hidden, bias)];
    let coordinates = spec.moves.then(|| Coordinates {
        maps: [drawer.map(hidden, hidden, bias), drawer.map(hidden, 1, spec.last_bias)],
        tanh: spec.tanh,
        aggregation: spec.aggregation,
        clamp: None,
        normalize: spec.normalize,
        keep: spec.keep,
    });
    let gate = spec.gate.then(|| drawer.map(hidden, 1, bias));
    let scaled = spec.velocity.map(|velocity| {
        let maps = [drawer.map(features, hidden, bias), drawer.map(hidden, 1, bias)];
        VelocityUpdate::Scaled { maps, velocity }
    });
    let velocity = scaled.or(spec.step.map(|step| VelocityUpdate::Integrated { step }));
    let node = spec.node.then(|| [drawer.map(features + hidden, hidden, bias), drawer.map(hidden, hidden, bias)]);
    let mut embedding_drawer = Drawer::new(seed ^ 7, 2);
    let embedding = spec.embedding.map(|inputs| embedding_drawer.map(inputs, features, bias));
    let layer = Layer {
        embedding,
        features,
        hidden,
        attributes,
        dim,
        edge,
        gate,
        coordinates,
        velocity,
        node,
        residual: spec.residual,
    };
    (layer, drawer.tensor(), embedding.map(|_| embedding_drawer.tensor()))
}

pub(crate) fn random(seed: u64, rows: usize, columns: usize) -> Tensor {
    Tensor::from_vec(Random::new(seed).normals(rows * columns), (rows, columns), &Device::Cpu).unwrap()
}

pub(crate) fn flat(tensor: &Tensor) -> Vec<f64> {
    tensor.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

/// What is computed.
#[derive(Debug, Clone)]
pub(crate) enum Definition {
    Layer(Layer),
    RadialField(RadialField),
}

/// A layer and its input.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) definition: Definition,
    pub(crate) state: Tensor,
    pub(crate) parameters: Tensor,
    pub(crate) embedding: Option<Tensor>,
    pub(crate) attributes: Option<Tensor>,
    pub(crate) edges: Edges,
}

impl Case {
    /// Random numbers in float64.
    pub(crate) fn layer(spec: &Spec, edges: &Edges, seed: u64) -> Self {
        let (layer, parameters, embedding) = build(spec, seed);
        let mut case = Self {
            state: random(seed ^ 1, edges.nodes(), layer.input_width()),
            definition: Definition::Layer(layer),
            parameters,
            embedding,
            attributes: (spec.attributes > 0).then(|| random(seed ^ 2, edges.len(), spec.attributes)),
            edges: edges.clone(),
        };
        if spec.clamp != Clamp::None {
            case.set_clamp(spec.clamp);
        }
        case
    }

    pub(crate) fn radial_field(spec: &FieldSpec, edges: &Edges, seed: u64) -> Self {
        let &FieldSpec { dim, attributes, hidden, tanh, keep, .. } = spec;
        let mut drawer = Drawer::new(seed, 3);
        let phi = [drawer.map(1 + attributes, hidden, true), drawer.map(hidden, 1, false)];
        let velocity = spec.velocity.then(|| [drawer.map(1, hidden, true), drawer.map(hidden, 1, true)]);
        let layer = RadialField { dim, attributes, phi, tanh, clamp: None, keep, velocity };
        let mut case = Self {
            state: random(seed ^ 1, edges.nodes(), layer.width()),
            definition: Definition::RadialField(layer),
            parameters: drawer.tensor(),
            embedding: None,
            attributes: (attributes > 0).then(|| random(seed ^ 2, edges.len(), attributes)),
            edges: edges.clone(),
        };
        if spec.clamp != Clamp::None {
            case.set_clamp(spec.clamp);
        }
        case
    }

    pub(crate) fn definition_of_layer(&mut self) -> &mut Layer {
        match &mut self.definition {
            Definition::Layer(layer) => layer,
            Definition::RadialField(_) => panic!("a radial field"),
        }
    }

    pub(crate) fn to_dtype(&self, dtype: DType) -> Self {
        let convert = |tensor: &Tensor| tensor.to_dtype(dtype).unwrap();
        Self {
            state: convert(&self.state),
            parameters: convert(&self.parameters),
            embedding: self.embedding.as_ref().map(convert),
            attributes: self.attributes.as_ref().map(convert),
            ..self.clone()
        }
    }

    pub(crate) fn run(&self, backend: Backend) -> Result<Tensor> {
        let input = LayerInput {
            state: &self.state,
            parameters: &self.parameters,
            embedding: self.embedding.as_ref(),
            attributes: self.attributes.as_ref(),
            edges: &self.edges,
        };
        match &self.definition {
            Definition::Layer(layer) => backend.layer(layer, &input),
            Definition::RadialField(layer) => backend.radial_field(layer, &input),
        }
    }

    /// The tensors that have a gradient: state, parameters and those of the embedding.
    pub(crate) fn arguments(&self) -> Vec<Tensor> {
        [Some(&self.state), Some(&self.parameters), self.embedding.as_ref()].into_iter().flatten().cloned().collect()
    }

    /// The same case with these arguments.
    pub(crate) fn with_arguments(&self, arguments: &[Tensor]) -> Self {
        Self {
            state: arguments[0].clone(),
            parameters: arguments[1].clone(),
            embedding: arguments.get(2).cloned(),
            ..self.clone()
        }
    }

    /// The term of each edge before the clamp: what each does to its receiver if it is alone.
    fn terms(&self) -> Vec<f64> {
        let edges = self.edges.len() as u32;
        let ends: Vec<u32> =
            self.edges.row().iter().zip(self.edges.col()).flat_map(|(&row, &col)| [row, col]).collect();
        let ends = Tensor::new(ends, &Device::Cpu).unwrap();
        let (row, col) = (0..edges).map(|edge| (2 * edge, 2 * edge + 1)).unzip();
        let mut definition = self.definition.clone();
        let (features, dim) = match &mut definition {
            Definition::Layer(layer) => {
                (layer.velocity, layer.node, layer.residual) = (None, None, false);
                layer.coordinates.as_mut().unwrap().keep = 1.0;
                (layer.input_features(), layer.dim)
            }
            Definition::RadialField(layer) => {
                (layer.velocity, layer.keep) = (None, 1.0);
                (0, layer.dim)
            }
        };
        let state = self.state.index_select(&ends, 0).unwrap().narrow(1, 0, features + dim).unwrap();
        let x = state.narrow(1, features, dim).unwrap();
        let edges = Edges::new(row, col, 2 * self.edges.len()).unwrap();
        let pairs = Self { definition, state, edges, ..self.clone() };
        let terms = (pairs.run(Backend::Plain).unwrap() - x).unwrap();
        flat(&terms).into_iter().map(f64::abs).filter(|term| *term > 0.0).collect()
    }

    fn set_clamp(&mut self, clamp: Clamp) {
        let mut terms = self.terms();
        terms.sort_by(f64::total_cmp);
        let bound = match (clamp, terms.last()) {
            (Clamp::None, _) => return,
            (_, None) => 1.0,
            (Clamp::Loose, Some(largest)) => 10.0 * largest,
            // The middle of the widest relative gap, or below all terms where these are too near to each other: a term on
            // the bound is a matter of rounding.
            (Clamp::Biting, Some(_)) => terms[terms.len() / 3..]
                .windows(2)
                .filter(|gap| gap[1] > 1.01 * gap[0])
                .max_by(|a, b| (a[1] / a[0]).total_cmp(&(b[1] / b[0])))
                .map_or(terms[0] / 2.0, |gap| (gap[0] * gap[1]).sqrt()),
        };
        match &mut self.definition {
            Definition::Layer(layer) => layer.coordinates.as_mut().unwrap().clamp = Some(bound),
            Definition::RadialField(layer) => layer.clamp = Some(bound),
        }
    }
}

/// The weighted sum of all entries, with fixed random weights.
pub(crate) fn weighted(result: &Tensor) -> Tensor {
    let weights = random(99, 1, result.elem_count()).reshape(result.shape()).unwrap();
    (result * weights.to_dtype(result.dtype()).unwrap()).unwrap().sum_all().unwrap()
}

/// An operation's result, and the gradients of its weighted sum with respect to each argument.
pub(crate) fn differentiate(arguments: &[Tensor], operation: impl Fn(&[Tensor]) -> Tensor) -> (Tensor, Vec<Tensor>) {
    let vars: Vec<Var> = arguments.iter().map(|argument| Var::from_tensor(argument).unwrap()).collect();
    let tracked: Vec<Tensor> = vars.iter().map(|var| var.as_tensor().clone()).collect();
    let result = operation(&tracked);
    let gradients = weighted(&result).backward().unwrap();
    let gradient = |var: &Tensor| gradients.get(var).cloned().unwrap_or_else(|| var.zeros_like().unwrap().detach());
    (result.detach(), tracked.iter().map(gradient).collect())
}

/// A graph with nodes of different degree, one without edges and one that nobody hears.
pub(crate) fn uneven() -> Edges {
    Edges::new(vec![0, 0, 0, 1, 3, 3], vec![1, 2, 3, 0, 0, 1], 5).unwrap()
}
