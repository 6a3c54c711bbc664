//! Tables come back as they were written, and only tables of ours do.

mod common;

use common::{Raw, snapshot};
use egnn_store::{
    StoreError,
    fault::{self, Fault},
    table::{self, ColumnData, Table},
};
use proptest::{option, prelude::*};
use std::{collections::BTreeMap, fs};

fn sample() -> Table {
    Table {
        columns: vec![
            ("finished".into(), ColumnData::Bool(vec![Some(true), None, Some(false)])),
            ("steps".into(), ColumnData::I64(vec![Some(i64::MIN), Some(i64::MAX), None])),
            ("test_mse".into(), ColumnData::F64(vec![None, Some(0.1), Some(f64::INFINITY)])),
            ("loss".into(), ColumnData::F32(vec![Some(-0.0), None, Some(f32::MIN_POSITIVE)])),
            ("rotation".into(), ColumnData::U8(vec![0, 1, 255])),
            ("body".into(), ColumnData::U16(vec![0, 1, u16::MAX])),
            ("trajectory".into(), ColumnData::U32(vec![0, 1 << 31, u32::MAX])),
            ("reason".into(), ColumnData::Text(vec![Some("größer\n".into()), None, Some(String::new())])),
        ],
        metadata: BTreeMap::from([("pipeline".into(), "nbody-sizes".into())]),
    }
}

#[test]
fn every_type_comes_back_with_its_nulls() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("results.parquet");
    let size = table::write(&path, &sample()).unwrap();
    assert_eq!(size, fs::metadata(&path).unwrap().len());
    let read = table::read(&path).unwrap();
    assert_eq!(read, sample());
    assert_eq!(read.rows(), 3);
    assert_eq!(read.column("body"), Some(&ColumnData::U16(vec![0, 1, u16::MAX])));
    assert_eq!(read.column("nobody"), None);
}

#[test]
fn a_table_without_rows_keeps_its_columns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("empty.parquet");
    let table = Table {
        columns: vec![("a".into(), ColumnData::Text(vec![])), ("b".into(), ColumnData::U8(vec![]))],
        metadata: BTreeMap::new(),
    };
    table::write(&path, &table).unwrap();
    assert_eq!(table::read(&path).unwrap(), table);
}

#[test]
fn a_table_that_comes_in_parts_is_read_as_one_and_a_part_that_fails_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("parts.parquet");
    let part = |ids: &[u32]| Table { columns: vec![("i".into(), ColumnData::U32(ids.to_vec()))], ..Table::default() };
    let shape = Table { metadata: sample().metadata, ..part(&[]) };
    let write = |parts: Vec<Result<Table, StoreError>>| table::write_parts(&path, &shape, parts.into_iter());
    write(vec![Ok(part(&[1, 2])), Ok(part(&[3]))]).unwrap();
    let whole = Table { metadata: shape.metadata.clone(), ..part(&[1, 2, 3]) };
    assert_eq!(table::read(&path).unwrap(), whole);
    let error = write(vec![Ok(part(&[1])), Ok(sample())]).unwrap_err();
    assert!(error.to_string().contains("other columns"), "{error}");
    let missing = || table::read(&folder.path().join("missing.parquet"));
    assert_eq!(write(vec![Ok(part(&[1])), missing()]).unwrap_err().to_string(), missing().unwrap_err().to_string());
    assert_eq!(table::read(&path).unwrap(), whole);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_table_of_more_rows_than_a_row_group_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.parquet");
    let rows = (1 << 20) + 3;
    let table = Table {
        columns: vec![
            ("i".into(), ColumnData::U32((0..rows).collect())),
            ("x".into(), ColumnData::I64((0..rows).map(|i| (i % 7 != 0).then_some(i64::from(i))).collect())),
        ],
        metadata: BTreeMap::new(),
    };
    table::write(&path, &table).unwrap();
    assert!(table::read(&path).unwrap() == table);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_table_comes_back(rows in prop::collection::vec(
        (option::of(any::<i64>()), option::of(-1e300..1e300), option::of(".{0,8}"), any::<u16>(), option::of(any::<bool>())),
        0..40,
    )) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("any.parquet");
        let table = Table {
            columns: vec![
                ("a".into(), ColumnData::I64(rows.iter().map(|row| row.0).collect())),
                ("b".into(), ColumnData::F64(rows.iter().map(|row| row.1).collect())),
                ("c".into(), ColumnData::Text(rows.iter().map(|row| row.2.clone()).collect())),
                ("d".into(), ColumnData::U16(rows.iter().map(|row| row.3).collect())),
                ("e".into(), ColumnData::Bool(rows.iter().map(|row| row.4).collect())),
            ],
            metadata: BTreeMap::new(),
        };
        table::write(&path, &table).unwrap();
        prop_assert_eq!(table::read(&path).unwrap(), table);
    }
}

#[test]
fn a_nan_stays_a_nan_and_is_not_a_null() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nan.parquet");
    let columns = vec![("x".into(), ColumnData::F64(vec![Some(f64::NAN), None]))];
    table::write(&path, &Table { columns, metadata: BTreeMap::new() }).unwrap();
    let Some(ColumnData::F64(values)) = table::read(&path).unwrap().column("x").cloned() else { panic!() };
    assert!(values[0].is_some_and(f64::is_nan) && values[1].is_none());
}

#[test]
fn tables_that_make_no_sense_are_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    let refused = |columns| {
        let error = table::write(&path, &Table { columns, metadata: BTreeMap::new() }).unwrap_err();
        assert!(!error.is_environment());
        error.to_string()
    };
    let u8 = |values: &[u8]| ColumnData::U8(values.to_vec());
    assert!(refused(vec![("a".into(), u8(&[1])), ("a".into(), u8(&[1]))]).contains("two columns are named 'a'"));
    assert!(
        refused(vec![("a".into(), u8(&[1])), ("b".into(), u8(&[]))]).contains("'b' has 0 rows, the first column 1")
    );
    assert!(refused(vec![]).contains("no columns"));
    assert!(snapshot(folder.path()).is_empty());
}

#[test]
fn a_full_disk_leaves_the_old_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("results.parquet");
    let size = table::write(&path, &sample()).unwrap();
    let before = snapshot(folder.path());
    let mut longer = sample();
    longer.metadata.insert("more".into(), "x".repeat(1000));
    for after_bytes in [0, 4, 100, size] {
        let _guard = fault::inject(Fault::DiskFull { after_bytes });
        let error = table::write(&path, &longer).unwrap_err();
        assert!(matches!(error, StoreError::DiskFull { .. }), "{error}");
        assert_eq!(snapshot(folder.path()), before);
    }
}

#[test]
fn each_kind_of_wrong_file_has_its_own_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("results.parquet");
    let refused = || {
        let error = table::read(&path).unwrap_err();
        assert!(!error.is_environment(), "{error}");
        let text = error.to_string();
        assert!(text.contains("results.parquet"), "{text}");
        text
    };
    assert!(refused().contains("no such file"));
    fs::write(&path, "").unwrap();
    assert!(refused().contains("it is empty; delete it and run the command that wrote it again"));
    fs::write(&path, "model,test_mse\negnn,0.0071\n").unwrap();
    assert!(refused().contains("it is not a Parquet file"));
    table::write(&path, &sample()).unwrap();
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(refused().contains("truncated"));

    let column = || [("a", Raw::Unsigned(8, vec![1, 2]))];
    common::parquet(&path, &[], &column());
    assert!(refused().contains("was not written by egnn-lab: its footer names no program"));
    common::parquet(&path, &[("program", "polars")], &column());
    assert!(refused().contains("names the program polars"));
    common::parquet(&path, &[("program", "egnn-lab")], &column());
    assert!(refused().contains("record_version missing, but this program reads 1"));
    common::parquet(&path, &[("program", "egnn-lab"), ("record_version", "99")], &column());
    assert!(refused().contains("record_version 99, but this program reads 1"));
    let ours = [("program", "egnn-lab"), ("record_version", "1")];
    common::parquet(&path, &ours, &[("a", Raw::Double(vec![1.0]))]);
    assert!(refused().contains("column 'a' has the type REQUIRED DOUBLE"));
    common::parquet(&path, &ours, &[("a", Raw::Unsigned(8, vec![1, 256]))]);
    assert!(refused().contains("256 is out of range"));
    common::parquet(&path, &ours, &column());
    assert_eq!(table::read(&path).unwrap().column("a"), Some(&ColumnData::U8(vec![1, 2])));
}

#[test]
fn no_damage_makes_the_reader_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("results.parquet");
    table::write(&path, &sample()).unwrap();
    let whole = fs::read(&path).unwrap();
    // Every byte, with the lowest bit, the highest and all of them in turn.
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= [0x80, 0x01, 0xff][at % 3];
        fs::write(&path, &damaged).unwrap();
        let _ = table::read(&path);
    }
    for length in (0..whole.len()).step_by(7) {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(table::read(&path).is_err(), "{length} bytes of {}", whole.len());
    }
}
