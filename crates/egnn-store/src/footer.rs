//! The footer that every Parquet file of ours carries: program, format version, and what else its writer says.

use crate::error::{Result, StoreError};
use egnn_schema::version::PROGRAM;
use parquet::{
    basic::{Compression, ZstdLevel},
    errors::ParquetError,
    file::{
        metadata::{ColumnChunkMetaData, KeyValue, RowGroupMetaData},
        properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder},
        reader::{FileReader, SerializedFileReader},
    },
};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

/// Key of the program's name.
pub(crate) const PROGRAM_KEY: &str = "program";

const MAGIC: &[u8; 4] = b"PAR1";

/// The version that a kind of file carries.
#[derive(Clone, Copy)]
pub(crate) struct Version {
    pub(crate) key: &'static str,
    pub(crate) number: u32,
}

/// Writer properties that all files share: zstd at its fastest level, statistics for each column chunk, and a footer
/// with program, version and `metadata` in alphabetical order.
pub(crate) fn properties(version: Version, metadata: &BTreeMap<String, String>) -> WriterPropertiesBuilder {
    let mut entries = metadata.clone();
    entries.insert(PROGRAM_KEY.into(), PROGRAM.into());
    entries.insert(version.key.into(), version.number.to_string());
    WriterProperties::builder()
        .set_created_by(PROGRAM.into())
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_key_value_metadata(Some(entries.into_iter().map(|(key, value)| KeyValue::new(key, value)).collect()))
}

/// What the system or the encoder says while a file is written, as one kind of error.
pub(crate) fn writing(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(other) => io::Error::other(other),
        },
        other => io::Error::other(other),
    }
}

/// A Parquet file whose footer says that it is ours and of the version that is read.
pub(crate) struct OpenFile<'a> {
    path: &'a Path,
    pub(crate) remedy: String,
    pub(crate) reader: SerializedFileReader<File>,
    /// Footer entries but program and version.
    pub(crate) metadata: BTreeMap<String, String>,
}

impl<'a> OpenFile<'a> {
    /// Opens and checks a file. `remedy` ends every error about its content.
    pub(crate) fn open(path: &'a Path, version: Version, remedy: String) -> Result<Self> {
        let mut file = File::open(path).map_err(|error| StoreError::io("read", path, error))?;
        if let Some(reason) = no_parquet(&mut file).map_err(|error| StoreError::io("read", path, error))? {
            return Err(StoreError::damaged(path, reason, &remedy));
        }
        let length = file.metadata().map_err(|error| StoreError::io("read", path, error))?.len();
        let reader = SerializedFileReader::new(file)
            .map_err(|error| StoreError::damaged(path, format!("its footer cannot be read: {error}"), &remedy))?;
        if !reader
            .metadata()
            .row_groups()
            .iter()
            .flat_map(RowGroupMetaData::columns)
            .all(|chunk| is_inside(chunk, length))
        {
            return Err(StoreError::damaged(path, "its footer points outside of the file", &remedy));
        }
        let entries = reader.metadata().file_metadata().key_value_metadata().into_iter().flatten();
        let mut metadata: BTreeMap<_, _> =
            entries.filter_map(|entry| Some((entry.key.clone(), entry.value.clone()?))).collect();
        match metadata.remove(PROGRAM_KEY) {
            Some(program) if program == PROGRAM => {}
            Some(program) => {
                return Err(StoreError::foreign(path, format!("its footer names the program {program}"), &remedy));
            }
            None => return Err(StoreError::foreign(path, "its footer names no program", &remedy)),
        }
        let found = metadata.remove(version.key).unwrap_or_else(|| "missing".into());
        if found != version.number.to_string() {
            let (path, key, expected) = (path.to_owned(), version.key, version.number);
            return Err(StoreError::Version { path, key, found, expected, remedy });
        }
        Ok(Self { path, remedy, reader, metadata })
    }

    pub(crate) fn damaged(&self, reason: impl Into<String>) -> StoreError {
        StoreError::damaged(self.path, reason, &self.remedy)
    }

    /// What the decoder says about a part of the file; a failing disk is told apart from a damaged file.
    pub(crate) fn unreadable(&self, what: &str, error: ParquetError) -> StoreError {
        match error {
            ParquetError::External(inner) => match inner.downcast::<io::Error>() {
                Ok(error) if error.raw_os_error().is_some() => StoreError::io("read", self.path, *error),
                Ok(error) => self.damaged(format!("{what} cannot be read: {error}")),
                Err(error) => self.damaged(format!("{what} cannot be read: {error}")),
            },
            error => self.damaged(format!("{what} cannot be read: {error}")),
        }
    }

    pub(crate) fn columns(&self, reason: impl Into<String>) -> StoreError {
        StoreError::columns(self.path, reason, &self.remedy)
    }

    pub(crate) fn row_groups(&self) -> &[RowGroupMetaData] {
        self.reader.metadata().row_groups()
    }

    /// A number that the footer must have.
    pub(crate) fn number<T: std::str::FromStr>(&self, key: &str) -> Result<T> {
        let text = self.text(key)?;
        text.parse().map_err(|_| self.damaged(format!("its footer has {key} = '{text}', which is not a count")))
    }

    /// A text that the footer must have.
    pub(crate) fn text(&self, key: &str) -> Result<&str> {
        self.metadata.get(key).map(String::as_str).ok_or_else(|| self.damaged(format!("its footer has no {key}")))
    }
}

/// Whether a column chunk's bytes are bytes of the file: the decoder takes that for granted, and panics if not.
fn is_inside(chunk: &ColumnChunkMetaData, length: u64) -> bool {
    let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
    let end = start.checked_add(chunk.compressed_size());
    [start, chunk.data_page_offset(), chunk.compressed_size(), chunk.num_values()].iter().all(|&number| number >= 0)
        && end.is_some_and(|end| end as u64 <= length)
}

/// Why a file cannot be Parquet, told from its first and last bytes.
fn no_parquet(file: &mut File) -> io::Result<Option<&'static str>> {
    const SMALLEST: u64 = 12;
    if file.metadata()?.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let length = file.seek(SeekFrom::End(0))?;
    if length == 0 {
        return Ok(Some("it is empty"));
    }
    let mut magic = [0; 4];
    file.rewind()?;
    if length < SMALLEST || file.read_exact(&mut magic).is_err() || magic != *MAGIC {
        return Ok(Some("it is not a Parquet file"));
    }
    file.seek(SeekFrom::End(-4))?;
    file.read_exact(&mut magic)?;
    file.rewind()?;
    Ok((magic != *MAGIC).then_some("it is truncated: the end of a Parquet file is missing"))
}
