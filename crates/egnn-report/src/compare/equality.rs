//! Whether results are equal: bit for bit, in what does not depend on when and where they were made.

use super::{groups::Group, quantity::Quantity, side::Side};
use crate::{error::ReportError, frame::Frame, variant::is_field};
use egnn_schema::columns::{Kind, results as column};
use std::collections::BTreeMap;

/// How far two result sets are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Equality {
    /// The same runs, which agree in every semantic column that both have.
    Complete,
    /// Every run has a partner of the same seed that agrees in status and in all that both measured, though not in its id or
    /// configuration.
    Measured,
    /// They differ.
    None,
}

pub(super) fn of(
    sides: &[Side; 2],
    frames: [&Frame; 2],
    groups: &[Group],
    alone: &[Vec<usize>; 2],
) -> Result<Equality, ReportError> {
    if is_complete(sides, frames)? {
        return Ok(Equality::Complete);
    }
    let measured: Vec<Quantity> = Quantity::ALL.into_iter().filter(|quantity| !quantity.is_circumstance).collect();
    let agree = |[a, b]: [usize; 2]| {
        let same = |quantity: &Quantity| match (sides[0].recorded(quantity, a), sides[1].recorded(quantity, b)) {
            (Some(a), Some(b)) => a.to_bits() == b.to_bits(),
            _ => true,
        };
        sides[0].status[a] == sides[1].status[b] && measured.iter().all(same)
    };
    let is_equal =
        alone.iter().all(Vec::is_empty) && groups.iter().all(|group| group.partners(sides).into_iter().all(agree));
    Ok(if is_equal { Equality::Measured } else { Equality::None })
}

/// Whether the same runs agree in all semantic columns.
fn is_complete(sides: &[Side; 2], frames: [&Frame; 2]) -> Result<bool, ReportError> {
    let rows = |side: &Side| side.run.iter().cloned().enumerate().map(|(row, run)| (run, row)).collect();
    let rows: [BTreeMap<String, usize>; 2] = [rows(&sides[0]), rows(&sides[1])];
    let is_of_each = |index: usize| rows[index].len() == sides[index].run.len();
    if !rows[0].keys().eq(rows[1].keys()) || !is_of_each(0) || !is_of_each(1) {
        return Ok(false);
    }
    for name in frames[0].names().into_iter().filter(|name| is_semantic(name) && frames[1].has(name)) {
        let values = [frames[0].settings(&name)?, frames[1].settings(&name)?];
        if rows[0].iter().any(|(run, &row)| values[0][row] != values[1][rows[1][run]]) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Semantic columns in which one side has values and the other does not even have the column.
pub(super) fn only(frames: [&Frame; 2]) -> [Vec<String>; 2] {
    let only = |one: &Frame, other: &Frame| {
        let has_values = |name: &String| {
            one.data().column(name).is_ok_and(|column| column.null_count() < column.len()) && !other.has(name)
        };
        one.names().into_iter().filter(|name| is_semantic(name) && !is_field(name)).filter(has_values).collect()
    };
    [only(frames[0], frames[1]), only(frames[1], frames[0])]
}

fn is_semantic(name: &str) -> bool {
    match column::ALL.iter().find(|column| column.name == name) {
        Some(column) => column.kind == Kind::Semantic,
        None => !["pipeline", "profile", "variant"].contains(&name),
    }
}
