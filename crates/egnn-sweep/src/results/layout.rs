//! Columns of `results.parquet` and their types.

use super::{CIRCUMSTANCES, COUNTS, FRONT, METRICS, PROVENANCE, names, row::Row};
use crate::{end::End, error::SweepError, plan::SweepPlan};
use egnn_schema::{FieldValue, columns::Column};
use egnn_store::table::{ColumnData, Table};
use std::collections::{BTreeMap, BTreeSet};

/// The columns in order.
pub(super) struct Layout {
    columns: Vec<(String, Kind)>,
}

/// Type of a column: the narrowest that holds all values.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    Int,
    Float,
    Text,
}

impl Layout {
    /// Looks at every run of a plan, one after the other.
    pub(super) fn of(plan: &SweepPlan, ends: &[End]) -> Result<Self, SweepError> {
        let name = |column: &Column| column.name;
        let (front, counts, metrics) = (FRONT.iter().map(name), COUNTS.iter().map(name), METRICS.iter().map(name));
        let back = PROVENANCE.iter().chain(&CIRCUMSTANCES).map(name);
        let fixed: BTreeSet<&str> =
            front.clone().chain(counts.clone()).chain(metrics.clone()).chain(back.clone()).collect();
        let runs = &plan.manifest.runs;
        let own = runs.iter().flat_map(|run| run.config.iter()).map(|(name, _)| name);
        let mut config: BTreeSet<&str> = plan.manifest.config.keys().map(String::as_str).chain(own).collect();
        // Finding these takes a hash, to learn that it is text.
        let hashes = [names::DATASET_HASH.name, names::CONFIG_HASH.name];
        let known: BTreeSet<&str> = fixed.union(&config).copied().filter(|name| !hashes.contains(name)).collect();
        config.retain(|name| !fixed.contains(name));

        let mut measured = BTreeSet::new();
        let mut kinds: BTreeMap<String, Kind> = BTreeMap::new();
        for run in runs {
            let row = Row::read(plan, run, ends)?;
            let values = row.metrics().into_iter().flat_map(|metrics| metrics.values.keys()).map(String::as_str);
            let other = |name: &&str| !fixed.contains(name) && !config.contains(name);
            measured.extend(values.clone().filter(other).map(ToOwned::to_owned));
            for name in known.iter().copied().chain(values) {
                if let Some(kind) = row.value(name).as_ref().map(Kind::of) {
                    let known = kinds.get(name).copied();
                    kinds.insert(name.to_owned(), known.map_or(kind, |known| known.with(kind)));
                }
            }
        }
        let measured = measured.iter().map(String::as_str);
        let order = front.chain(config.iter().copied()).chain(counts).chain(metrics).chain(measured).chain(back);
        let kind = |name| kinds.get(name).copied().unwrap_or_else(|| empty(name));
        Ok(Self { columns: order.map(|name| (name.to_owned(), kind(name))).collect() })
    }

    /// The columns of these rows.
    pub(super) fn table(&self, rows: &[Row<'_>]) -> Table {
        let column = |(name, kind): &(String, Kind)| {
            let values = rows.iter().map(|row| row.value(name));
            (name.clone(), kind.column(values))
        };
        Table { columns: self.columns.iter().map(column).collect(), metadata: BTreeMap::new() }
    }
}

/// Type of a column without any value: the one that it has as soon as there is one.
fn empty(name: &str) -> Kind {
    let is_of = |columns: &[Column]| columns.iter().any(|column| column.name == name);
    if is_of(&METRICS) || is_of(&[names::SECONDS, names::FORWARD_SECONDS]) {
        Kind::Float
    } else if is_of(&COUNTS) || is_of(&[names::PEAK_MEMORY, names::ATTEMPTS, names::STARTED, names::ENDED]) {
        Kind::Int
    } else {
        Kind::Text
    }
}

impl Kind {
    fn of(value: &FieldValue) -> Self {
        match value {
            FieldValue::Bool(_) => Self::Bool,
            FieldValue::Int(_) => Self::Int,
            FieldValue::Float(_) => Self::Float,
            FieldValue::Text(_) => Self::Text,
        }
    }

    /// The narrowest type that holds the values of both.
    fn with(self, other: Self) -> Self {
        match (self, other) {
            (one, other) if one == other => one,
            (Self::Int, Self::Float) | (Self::Float, Self::Int) => Self::Float,
            _ => Self::Text,
        }
    }

    fn column(self, values: impl Iterator<Item = Option<FieldValue>>) -> ColumnData {
        match self {
            Self::Bool => ColumnData::Bool(values.map(|value| as_bool(&value?)).collect()),
            Self::Int => ColumnData::I64(values.map(|value| as_int(&value?)).collect()),
            Self::Float => ColumnData::F64(values.map(|value| as_float(&value?)).collect()),
            Self::Text => ColumnData::Text(values.map(|value| Some(value?.to_string())).collect()),
        }
    }
}

fn as_bool(value: &FieldValue) -> Option<bool> {
    if let FieldValue::Bool(value) = value { Some(*value) } else { None }
}

fn as_int(value: &FieldValue) -> Option<i64> {
    if let FieldValue::Int(value) = value { Some(*value) } else { None }
}

fn as_float(value: &FieldValue) -> Option<f64> {
    match value {
        FieldValue::Int(value) => Some(*value as f64),
        FieldValue::Float(value) => Some(*value),
        _ => None,
    }
}
