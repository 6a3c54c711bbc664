//! Parameters: one contiguous variable a layer, with named views.
//!
//! A [`Group`] is a layer. Its parameters lie one after the other in ONE 1-D [`Var`], each weight directly followed by
//! its bias, so that a backend takes a whole layer as one tensor, an optimiser walks flat slices, and a checkpoint
//! still carries the authors' names.
//!
//! Initialisation is PyTorch's default for `Linear`: weight and bias uniform in `+-1/sqrt(inputs)`; the last layer of
//! `phi_x` is Xavier-uniform with gain 0.001, `+-gain sqrt(6 / (inputs + outputs))`, a bias there as everywhere; TFN and
//! SE(3)-Transformer have larger weights. Each parameter is drawn from the child of the given stream that carries its
//! name, so that it does not depend on the order of construction.

mod builder;

use std::collections::BTreeMap;

use candle_core::backprop::GradStore;
use candle_core::{DType, Device, Tensor, Var};
use egnn_kernels::{Activation, Backend, Map};

use crate::error::{NnError, ParameterMismatch, Result};

pub(crate) use builder::{Builder, LinearSpec};

/// Whether a pass records what the gradient needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tracking {
    /// Record: the result can be differentiated with respect to the parameters.
    On,
    /// Do not record: cheaper, for evaluation.
    Off,
}

/// A named part of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The authors' full name, for instance `gcl_0.edge_mlp.0.weight`.
    pub name: String,
    /// Where the part begins in the group's variable.
    pub offset: usize,
    /// Its shape; weights are `[outputs, inputs]`.
    pub shape: Vec<usize>,
    /// Whether the loss depends on it. An optimiser skips the others whole, weight decay included, as PyTorch does
    /// where the gradient is `None`.
    pub reached: bool,
}

impl View {
    /// How many numbers the view holds.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The parameters of one layer.
#[derive(Debug, Clone)]
pub struct Group {
    name: String,
    var: Var,
    views: Vec<View>,
}

impl Group {
    /// The layer's name, for instance `gcl_0`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The contiguous 1-D variable.
    pub fn var(&self) -> &Var {
        &self.var
    }

    /// The named parts, in order, without gaps.
    pub fn views(&self) -> &[View] {
        &self.views
    }

    /// How many numbers the layer has.
    pub fn len(&self) -> usize {
        self.views.iter().map(View::len).sum()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The gradient of the whole group, 1-D, zero where the loss does not reach; `None` if it reaches no part.
    pub fn gradient<'a>(&self, gradients: &'a GradStore) -> Option<&'a Tensor> {
        gradients.get(self.var.as_tensor())
    }
}

/// All parameters of a model, in a fixed order, and what computes with them.
#[derive(Debug, Clone)]
pub struct Parameters {
    groups: Vec<Group>,
    dtype: DType,
    backend: Backend,
}

impl Parameters {
    /// The layers, in the model's order.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The layers' variables, in the model's order.
    pub fn vars(&self) -> Vec<Var> {
        self.groups.iter().map(|group| group.var.clone()).collect()
    }

    /// f32 or f64.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// What computes the model.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// How many numbers there are, those that the loss does not reach included (as PyTorch counts them).
    pub fn count(&self) -> usize {
        self.groups.iter().map(Group::len).sum()
    }

    /// Every parameter under its authors' name, as an independent copy.
    pub fn named(&self) -> Result<Vec<(String, Tensor)>> {
        self.cut(|group| Ok(group.var.as_detached_tensor()))
    }

    /// Every parameter's gradient under its authors' name; zeros where the loss does not reach.
    pub fn named_gradients(&self, gradients: &GradStore) -> Result<Vec<(String, Tensor)>> {
        self.cut(|group| match group.gradient(gradients) {
            Some(gradient) => Ok(gradient.detach()),
            None => Ok(Tensor::zeros(group.len(), self.dtype, &Device::Cpu)?),
        })
    }

    /// Replace every parameter. The names and shapes must be exactly the model's; numbers are converted to its type.
    /// On an error nothing has changed.
    pub fn load(&self, tensors: &BTreeMap<String, Tensor>) -> Result<()> {
        self.check(tensors)?;
        let mut flats = Vec::with_capacity(self.groups.len());
        for group in &self.groups {
            let mut parts = Vec::with_capacity(group.views.len());
            for view in &group.views {
                parts.push(tensors[&view.name].to_dtype(self.dtype)?.flatten_all()?);
            }
            flats.push(Tensor::cat(&parts, 0)?);
        }
        for (group, flat) in self.groups.iter().zip(&flats) {
            group.var.set(flat)?;
        }
        Ok(())
    }

    /// The parameters of a group as one 1-D tensor.
    pub(crate) fn tensor(&self, group: usize, tracking: Tracking) -> Tensor {
        let var = &self.groups[group].var;
        match tracking {
            Tracking::On => var.as_tensor().clone(),
            Tracking::Off => var.as_detached_tensor(),
        }
    }

    /// A linear map and its activation.
    pub(crate) fn dense(&self, x: &Tensor, map: Linear, then: Activation, tracking: Tracking) -> Result<Tensor> {
        Ok(self.backend.dense(x, &self.tensor(map.group, tracking), map.map, then)?)
    }

    fn check(&self, tensors: &BTreeMap<String, Tensor>) -> Result<()> {
        let mut mismatch = ParameterMismatch::default();
        let mut known = std::collections::BTreeSet::new();
        for view in self.groups.iter().flat_map(|group| &group.views) {
            known.insert(view.name.as_str());
            match tensors.get(&view.name) {
                None => mismatch.missing.push(view.name.clone()),
                Some(tensor) if tensor.dims() != view.shape => {
                    mismatch.misshapen.push((view.name.clone(), tensor.dims().to_vec(), view.shape.clone()));
                }
                Some(_) => {}
            }
        }
        mismatch.unexpected = tensors.keys().filter(|name| !known.contains(name.as_str())).cloned().collect();
        if mismatch.is_empty() { Ok(()) } else { Err(NnError::Parameters(mismatch)) }
    }

    /// Cut a flat tensor of each group into its views.
    fn cut(&self, flat_of: impl Fn(&Group) -> Result<Tensor>) -> Result<Vec<(String, Tensor)>> {
        let mut named = Vec::new();
        for group in &self.groups {
            let flat = flat_of(group)?;
            for view in &group.views {
                let tensor = flat.narrow(0, view.offset, view.len())?.reshape(view.shape.as_slice())?;
                named.push((view.name.clone(), tensor.copy()?));
            }
        }
        Ok(named)
    }
}

/// A linear map and the group that holds it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Linear {
    pub(crate) group: usize,
    pub(crate) map: Map,
}
