//! Columns of fabricated results files.

use egnn_store::table::ColumnData;

pub(crate) fn text<R>(rows: &[R], of: impl Fn(&R) -> Option<String>) -> ColumnData {
    ColumnData::Text(rows.iter().map(of).collect())
}

pub(crate) fn whole<R>(rows: &[R], of: impl Fn(&R) -> Option<i64>) -> ColumnData {
    ColumnData::I64(rows.iter().map(of).collect())
}

pub(crate) fn real<R>(rows: &[R], of: impl Fn(&R) -> Option<f64>) -> ColumnData {
    ColumnData::F64(rows.iter().map(of).collect())
}
