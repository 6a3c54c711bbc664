//! What two result sets were made with.

use super::{
    groups::{Group, Model},
    side::Side,
};
use crate::{error::ReportError, frame::Frame};
use egnn_schema::columns::{Column, results as column};
use std::collections::BTreeSet;

/// A field with the values that it has in A and in B.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The field.
    pub field: String,
    /// Its values in A and in B, each once; `none` where a run has none.
    pub values: [Vec<String>; 2],
    /// Groups in which A and B differ; 0 for fields in which compared runs agree.
    pub groups: usize,
    /// Models of these.
    pub models: Vec<String>,
}

impl Difference {
    pub(super) fn sentence(&self) -> String {
        let [a, b] = self.values.each_ref().map(|values| values.join(", "));
        format!("{} is {a} in A and {b} in B", self.field)
    }
}

/// A column that is no configuration, with its values in A and in B.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circumstance {
    /// The column.
    pub column: &'static str,
    /// Its different values in A and in B, sorted.
    pub values: [Vec<String>; 2],
}

impl Circumstance {
    /// Whether A and B have other values.
    pub fn differs(&self) -> bool {
        self.values[0] != self.values[1]
    }
}

/// What is told of data, program and machine.
const CIRCUMSTANCES: [Column; 8] = [
    column::DATASET_HASH,
    column::NUMERICS,
    column::BACKEND,
    column::THREADS,
    column::VERSION,
    column::REVISION,
    column::CPU,
    column::HOST,
];

/// The fields in which compared runs differ.
pub(super) fn differences(groups: &[Group]) -> Vec<Difference> {
    let mut differences: Vec<Difference> = Vec::new();
    for group in groups {
        for (field, values) in &group.differences {
            let index = differences.iter().position(|difference| difference.field == *field).unwrap_or_else(|| {
                differences.push(Difference {
                    field: field.clone(),
                    values: [Vec::new(), Vec::new()],
                    groups: 0,
                    models: Vec::new(),
                });
                differences.len() - 1
            });
            let difference = &mut differences[index];
            difference.groups += 1;
            add(&mut difference.models, &group.model);
            for (known, value) in difference.values.iter_mut().zip(values) {
                add(known, value.as_deref().unwrap_or("none"));
            }
        }
    }
    differences
}

fn add(values: &mut Vec<String>, value: &str) {
    if !values.iter().any(|known| known == value) {
        values.push(value.into());
    }
}

/// The fields by which runs of `models` are told apart, `keys`, with their values on each side.
pub(super) fn varying(sides: &[Side; 2], models: &[Model], keys: &[Vec<usize>]) -> Vec<Difference> {
    let fields: BTreeSet<usize> = keys.iter().flatten().copied().collect();
    let of = |field: usize| {
        let values = sides.each_ref().map(|side| {
            let mut values = Vec::new();
            for (model, _) in models.iter().zip(keys).filter(|(_, key)| key.contains(&field)) {
                for run in side.of(model) {
                    add(&mut values, side.fields.value(field, run).unwrap_or("none"));
                }
            }
            values
        });
        let varied = models.iter().zip(keys).filter(|(_, key)| key.contains(&field));
        let models = varied.map(|((_, model), _)| model.clone()).collect();
        Difference { field: sides[0].fields.names[field].clone(), values, groups: 0, models }
    };
    fields.into_iter().map(of).filter(|field| field.values.iter().flatten().any(|value| value != "none")).collect()
}

pub(super) fn circumstances(frames: [&Frame; 2]) -> Result<Vec<Circumstance>, ReportError> {
    let mut circumstances = Vec::new();
    for column in CIRCUMSTANCES {
        let values = frames.map(|frame| frame.distinct(column.name));
        let [a, b] = values.map(|values| values.map(|values| values.into_iter().collect::<Vec<_>>()));
        circumstances.push(Circumstance { column: column.name, values: [a?, b?] });
    }
    Ok(circumstances)
}
