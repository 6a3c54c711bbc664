//! Results of several sweeps as one table.

use crate::{
    error::ReportError,
    frame::{Frame, read, unreadable},
    variant::variants,
};
use egnn_schema::columns::{Column as Documented, results as column};
use polars::prelude::{Column, DataFrame, DataType};
use std::path::PathBuf;

/// The results of one sweep, a part of the table `results`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What column `pipeline` says of its rows.
    pub pipeline: String,
    /// What column `profile` says of them.
    pub profile: String,
    /// Its `results.parquet`.
    pub path: PathBuf,
}

/// Columns in front of the files' own.
const FRONT: [&str; 3] = ["pipeline", "profile", "variant"];
/// Fields that results of some tasks lack and that queries over all tasks ask for.
const FIELDS: [(&str, DataType); 6] = [
    ("property", DataType::String),
    ("set", DataType::String),
    ("train_set", DataType::String),
    ("eval_set", DataType::String),
    ("dim", DataType::Int64),
    ("train_samples", DataType::Int64),
];
/// Columns of text and of whole numbers among the documented ones; the others hold numbers.
const COUNTS: [Documented; 10] = [
    column::PARAMETERS,
    column::EPOCHS,
    column::STEPS,
    column::BEST_EPOCH,
    column::NUMERICS,
    column::THREADS,
    column::PEAK_MEMORY,
    column::ATTEMPTS,
    column::STARTED,
    column::ENDED,
];

/// The rows of all `sources`, one after the other, by the names of their columns, and what is to be said about it.
///
/// Every documented column is there and null where a file lacks it, so that a query depends on no task.
pub(super) fn union(sources: &[Source]) -> Result<(DataFrame, Vec<String>), ReportError> {
    let frames = sources.iter().map(|source| read(&source.path)).collect::<Result<Vec<_>, _>>()?;
    let (mut columns, mut notices) = (Vec::new(), Vec::new());
    for name in names(&frames) {
        let kind = kind(&name, &frames, sources, &mut notices);
        columns.push((name, kind));
    }
    let mut union: Option<DataFrame> = None;
    for (source, frame) in sources.iter().zip(&frames) {
        let part = part(source, frame, &columns)?;
        match &mut union {
            None => union = Some(part),
            Some(union) => {
                union.vstack_mut(&part).map_err(|error| unreadable(&source.path, &error))?;
            }
        }
    }
    Ok((union.unwrap_or_default(), notices))
}

/// The names of all columns: the files' in their order, each new one behind the one that is before it in its file.
fn names(frames: &[Frame]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for frame in frames {
        let mut last = None;
        for name in frame.names().into_iter().filter(|name| !FRONT.contains(&name.as_str())) {
            let at = names.iter().position(|known| *known == name).unwrap_or_else(|| {
                let at = last.map_or(0, |last: usize| last + 1);
                names.insert(at, name);
                at
            });
            last = Some(at);
        }
    }
    let known = column::ALL.iter().map(|column| column.name).chain(FIELDS.iter().map(|(name, _)| *name));
    for name in known.chain(["model", "seed"]) {
        if !names.iter().any(|known| known == name) {
            names.push(name.into());
        }
    }
    names
}

/// The type of a column in the union: numbers of several kinds are numbers, all other mixtures are text.
fn kind(name: &str, frames: &[Frame], sources: &[Source], notices: &mut Vec<String>) -> DataType {
    let mut kinds: Vec<(DataType, &Source)> = Vec::new();
    for (frame, source) in frames.iter().zip(sources) {
        // A column without any value says nothing about its type.
        let column = frame.data().column(name).ok().filter(|column| column.null_count() < column.len());
        let kind = column.map(Column::dtype).filter(|kind| kinds.iter().all(|(known, _)| known != *kind));
        kinds.extend(kind.map(|kind| (kind.clone(), source)));
    }
    match kinds.as_slice() {
        [] => documented(name),
        [(kind, _)] => kind.clone(),
        several if several.iter().all(|(kind, _)| kind.is_integer()) => DataType::Int64,
        several if several.iter().all(|(kind, _)| kind.is_primitive_numeric()) => DataType::Float64,
        several => {
            let held = several
                .iter()
                .map(|(kind, source)| format!("{} in {}/{}", words(kind), source.pipeline, source.profile));
            notices.push(format!("column '{name}' is read as text: {}", held.collect::<Vec<_>>().join(", ")));
            DataType::String
        }
    }
}

/// What a column holds, in words.
fn words(kind: &DataType) -> String {
    match kind {
        DataType::String => "text".into(),
        DataType::Boolean => "true or false".into(),
        kind if kind.is_integer() => "whole numbers".into(),
        kind if kind.is_primitive_numeric() => "numbers".into(),
        kind => kind.to_string(),
    }
}

/// The type of a column of which no file has a value.
fn documented(name: &str) -> DataType {
    let is = |column: &&Documented| column.name == name;
    if let Some((_, kind)) = FIELDS.iter().find(|(field, _)| *field == name) {
        kind.clone()
    } else if name == "seed" || COUNTS.iter().any(|column| is(&column)) {
        DataType::Int64
    } else if column::ALL.iter().find(is).is_some_and(|column| !column.unit.is_empty()) {
        DataType::Float64
    } else {
        DataType::String
    }
}

/// A file's rows with the columns of the union.
fn part(source: &Source, frame: &Frame, columns: &[(String, DataType)]) -> Result<DataFrame, ReportError> {
    let rows = frame.rows();
    let same = |name: &str, text: &str| Column::new(name.into(), vec![text; rows]);
    let [pipeline, profile, variant] = FRONT;
    let variants = Column::new(variant.into(), variants(frame)?);
    let mut part = vec![same(pipeline, &source.pipeline), same(profile, &source.profile), variants];
    for (name, kind) in columns {
        part.push(match frame.data().column(name) {
            Ok(column) if column.null_count() < rows => {
                column.strict_cast(kind).map_err(|_| ReportError::ColumnType {
                    path: source.path.clone(),
                    column: name.clone(),
                    expected: "what other results have there",
                    found: column.dtype().to_string(),
                })?
            }
            _ => Column::full_null(name.as_str().into(), rows, kind),
        });
    }
    DataFrame::new(rows, part).map_err(|error| unreadable(&source.path, &error))
}
