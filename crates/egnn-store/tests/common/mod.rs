//! What several test files need.

#![allow(dead_code, unreachable_pub, missing_docs)]

use egnn_store::{SplitFooter, nbody::NbodySplit};
use parquet::{
    basic::{LogicalType, Repetition, Type as Physical},
    data_type::{ByteArray, ByteArrayType, DoubleType, FloatType, Int32Type},
    file::{metadata::KeyValue, properties::WriterProperties, writer::SerializedFileWriter},
    schema::types::Type,
};
use std::{collections::BTreeMap, fs, fs::File, path::Path, sync::Arc};

/// Names and contents of a folder: to see that nothing changed.
pub fn snapshot(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap_or_default()))
        .collect()
}

/// A small split whose every value is different.
pub struct Arrays {
    pub bodies: usize,
    pub frames: usize,
    pub trajectories: usize,
    pub charge: Vec<f64>,
    pub position: Vec<[f64; 3]>,
    pub velocity: Vec<[f64; 3]>,
}

impl Arrays {
    pub fn new(trajectories: usize, frames: usize, bodies: usize) -> Self {
        let count = trajectories * frames * bodies;
        let points = |sign: f64| {
            (0..count).map(|i| std::array::from_fn(|axis| sign * (3 * i + axis + 1) as f64 / 7.0)).collect()
        };
        let charge = (0..trajectories * bodies).map(|i| if i % 2 == 0 { 1.0 } else { -1.0 }).collect();
        Self { bodies, frames, trajectories, charge, position: points(1.0), velocity: points(-1.0) }
    }

    pub fn split(&self) -> NbodySplit<'_> {
        NbodySplit {
            bodies: self.bodies,
            frames: self.frames,
            trajectories: self.trajectories,
            charge: &self.charge,
            position: &self.position,
            velocity: &self.velocity,
        }
    }
}

pub fn footer() -> SplitFooter {
    SplitFooter {
        set: "nbody_small".into(),
        split: "train".into(),
        generator: "nbody".into(),
        generator_version: 1,
        seed: Some(43),
        parameters_hash: "abc".into(),
    }
}

/// A column of a Parquet file that somebody else might have written.
pub enum Raw {
    /// Unsigned, of so many bits.
    Unsigned(i8, Vec<i32>),
    Float(Vec<f32>),
    Double(Vec<f64>),
    /// Numbers that may be null.
    Nullable(Vec<Option<f64>>),
    /// Lists of unsigned numbers of so many bits: the values, their definition and their repetition levels.
    Lists(i8, Vec<i32>, Vec<i16>, Vec<i16>),
    /// Lists of float64, likewise.
    NumberLists(Vec<f64>, Vec<i16>, Vec<i16>),
    /// Bytes that say that they are text.
    Text(Vec<Vec<u8>>),
}

impl Raw {
    fn column(&self, name: &str) -> Type {
        let primitive = |name, physical, repetition, logical| {
            let builder = Type::primitive_type_builder(name, physical);
            builder.with_repetition(repetition).with_logical_type(logical).build().unwrap()
        };
        let unsigned = |name, bits: i8| {
            primitive(name, Physical::INT32, Repetition::REQUIRED, Some(LogicalType::integer(bits, false)))
        };
        match self {
            Self::Unsigned(bits, _) => unsigned(name, *bits),
            Self::Float(_) => primitive(name, Physical::FLOAT, Repetition::REQUIRED, None),
            Self::Double(_) => primitive(name, Physical::DOUBLE, Repetition::REQUIRED, None),
            Self::Nullable(_) => primitive(name, Physical::DOUBLE, Repetition::OPTIONAL, None),
            Self::Lists(bits, ..) => list_of(name, unsigned("element", *bits)),
            Self::NumberLists(..) => list_of(name, primitive("element", Physical::DOUBLE, Repetition::REQUIRED, None)),
            Self::Text(_) => primitive(name, Physical::BYTE_ARRAY, Repetition::REQUIRED, Some(LogicalType::String)),
        }
    }
}

fn list_of(name: &str, element: Type) -> Type {
    let group = |name, field, repetition, logical| {
        let builder = Type::group_type_builder(name).with_repetition(repetition);
        builder.with_logical_type(logical).with_fields(vec![Arc::new(field)]).build().unwrap()
    };
    let list = group("list", element, Repetition::REPEATED, None);
    group(name, list, Repetition::REQUIRED, Some(LogicalType::List))
}

/// Writes one row group of `columns` with the footer entries `entries`.
pub fn parquet(path: &Path, entries: &[(&str, &str)], columns: &[(&str, Raw)]) {
    let field = |(name, raw): &(&str, Raw)| Arc::new(raw.column(name));
    let schema = Type::group_type_builder("x").with_fields(columns.iter().map(field).collect()).build().unwrap();
    let entries = entries.iter().map(|(key, value)| KeyValue::new((*key).to_owned(), (*value).to_owned())).collect();
    let properties = WriterProperties::builder().set_key_value_metadata(Some(entries)).build();
    let file = File::create(path).unwrap();
    let mut writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties)).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for (_, raw) in columns {
        let mut column = group.next_column().unwrap().unwrap();
        match raw {
            Raw::Unsigned(_, values) => column.typed::<Int32Type>().write_batch(values, None, None).unwrap(),
            Raw::Float(values) => column.typed::<FloatType>().write_batch(values, None, None).unwrap(),
            Raw::Double(values) => column.typed::<DoubleType>().write_batch(values, None, None).unwrap(),
            Raw::Nullable(values) => {
                let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
                let present: Vec<f64> = values.iter().flatten().copied().collect();
                column.typed::<DoubleType>().write_batch(&present, Some(&levels), None).unwrap()
            }
            Raw::Lists(_, values, defined, repeated) => {
                column.typed::<Int32Type>().write_batch(values, Some(defined), Some(repeated)).unwrap()
            }
            Raw::NumberLists(values, defined, repeated) => {
                column.typed::<DoubleType>().write_batch(values, Some(defined), Some(repeated)).unwrap()
            }
            Raw::Text(texts) => {
                let texts: Vec<_> = texts.iter().map(|text| ByteArray::from(text.clone())).collect();
                column.typed::<ByteArrayType>().write_batch(&texts, None, None).unwrap()
            }
        };
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
}
