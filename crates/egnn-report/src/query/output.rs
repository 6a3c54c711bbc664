//! A query's result, for people and for programs.

use crate::{
    error::ReportError,
    table::{Align, Heading, Table, aligned, quoted},
};
use polars::prelude::{AnyValue, DataFrame, ParquetWriter};
use serde_json::Value;

/// Columns of a terminal that a result is cut to, where cutting text is enough.
const WIDTH: usize = 160;
/// Letters of a cell that a terminal shows.
const CELL: usize = 60;

/// How a result is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Aligned text: every row, numbers with six digits, long text cut.
    #[default]
    Table,
    /// Comma-separated values, every number in full, nulls empty.
    Csv,
    /// An array of objects, every number in full; what JSON has no number for (NaN, infinity) is null.
    Json,
    /// Parquet: columns keep their order, types and nulls, and another query can read them.
    Parquet,
}

/// A query's result.
#[derive(Clone, Debug)]
pub struct Output {
    frame: DataFrame,
    /// What is to be said about the tables that were read.
    pub notices: Vec<String>,
}

impl Output {
    pub(super) fn new(frame: DataFrame, notices: Vec<String>) -> Self {
        Self { frame, notices }
    }

    /// Rows of the result.
    pub fn rows(&self) -> usize {
        self.frame.height()
    }

    /// Columns of the result.
    pub fn columns(&self) -> Vec<String> {
        self.frame.get_column_names().into_iter().map(ToString::to_string).collect()
    }

    /// The result as a file has it; text ends with a line break.
    ///
    /// # Errors
    /// If the result has columns that Parquet cannot hold.
    pub fn bytes(&self, format: Format) -> Result<Vec<u8>, ReportError> {
        Ok(match format {
            Format::Table => self.table().into_bytes(),
            Format::Csv => self.csv().into_bytes(),
            Format::Json => self.json().into_bytes(),
            Format::Parquet => self.parquet()?,
        })
    }

    fn parquet(&self) -> Result<Vec<u8>, ReportError> {
        let mut bytes = Vec::new();
        let mut frame = self.frame.clone();
        let written = ParquetWriter::new(&mut bytes).finish(&mut frame);
        written.map_err(|error| ReportError::Sql { message: format!("Parquet cannot hold its result: {error}") })?;
        Ok(bytes)
    }

    fn table(&self) -> String {
        let columns = self.frame.columns().iter().map(|column| {
            let align = if column.dtype().is_primitive_numeric() { Align::Right } else { Align::Left };
            Heading { title: column.name().to_string(), align }
        });
        let shown = |value: &AnyValue<'_>| match value {
            AnyValue::Null => "null".into(),
            AnyValue::Float64(value) => digits(*value),
            AnyValue::Float32(value) => digits(f64::from(*value)),
            other => cut(&text(other)),
        };
        let rows = (0..self.rows()).map(|row| self.row(row).iter().map(shown).collect()).collect();
        let table = aligned(&Table { columns: columns.collect(), rows }, WIDTH);
        format!("{table}({} {})\n", self.rows(), if self.rows() == 1 { "row" } else { "rows" })
    }

    fn csv(&self) -> String {
        let line = |cells: Vec<String>| cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",") + "\n";
        let mut lines = line(self.columns());
        for row in 0..self.rows() {
            lines += &line(
                self.row(row).iter().map(|value| if value.is_null() { String::new() } else { text(value) }).collect(),
            );
        }
        lines
    }

    /// Written by hand around the values: a JSON map would put the columns in alphabetical order.
    fn json(&self) -> String {
        let names: Vec<String> = self.columns().into_iter().map(|name| Value::String(name).to_string()).collect();
        let object = |row: usize| {
            let fields: Vec<String> =
                names.iter().zip(self.row(row)).map(|(name, value)| format!("{name}: {}", json(&value))).collect();
            format!("  {{{}}}", fields.join(", "))
        };
        let objects: Vec<String> = (0..self.rows()).map(object).collect();
        if objects.is_empty() { "[]\n".into() } else { format!("[\n{}\n]\n", objects.join(",\n")) }
    }

    fn row(&self, row: usize) -> Vec<AnyValue<'_>> {
        self.frame.columns().iter().map(|column| column.get(row).unwrap_or(AnyValue::Null)).collect()
    }
}

/// A value in full.
fn text(value: &AnyValue<'_>) -> String {
    match value {
        AnyValue::String(text) => (*text).into(),
        AnyValue::StringOwned(text) => text.to_string(),
        AnyValue::Float64(value) => value.to_string(),
        AnyValue::Float32(value) => value.to_string(),
        AnyValue::List(_) => json(value).to_string(),
        other => other.to_string(),
    }
}

fn json(value: &AnyValue<'_>) -> Value {
    match value {
        AnyValue::Null => Value::Null,
        AnyValue::Boolean(value) => Value::Bool(*value),
        AnyValue::Float64(value) => Value::from(*value),
        // By way of its shortest text, so that 0.1 stays 0.1.
        AnyValue::Float32(value) => value.to_string().parse::<f64>().map_or(Value::Null, Value::from),
        AnyValue::List(values) => Value::Array(values.iter().map(|value| json(&value)).collect()),
        other => match (other.is_integer(), text(other)) {
            (true, digits) => serde_json::from_str(&digits).unwrap_or(Value::String(digits)),
            (false, text) => Value::String(text),
        },
    }
}

/// A number as a terminal shows it: six significant digits, or all before the point.
fn digits(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    if size >= 1e5 {
        return if size < 1e15 { format!("{value:.1}") } else { format!("{value:e}") };
    }
    let rounded: f64 = format!("{value:.5e}").parse().unwrap_or(value);
    if size < 1e-5 { format!("{rounded:e}") } else { rounded.to_string() }
}

/// Text as a cell of a terminal's table: on one line, not too long.
fn cut(text: &str) -> String {
    let letters = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    if text.chars().count() <= CELL { letters.collect() } else { letters.take(CELL - 1).chain(['…']).collect() }
}
