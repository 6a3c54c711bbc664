//! The molecules that QM9's authors call uncharacterised: their relaxed geometry may be another molecule's.

use crate::{Fault, Qm9Error, molecule_set::INDICES, value};
use std::collections::BTreeSet;

/// Number of molecules of QM9 that are not [`EXCLUDED`].
pub const CHARACTERISED: usize = INDICES as usize - EXCLUDED.len();

/// The indices that are left out, ascending: those that the wheel `qm9pack` 1.0.3 does not have.
pub static EXCLUDED: [u32; 3054] = numbers(include_bytes!("excluded.txt"));

/// The indices in the text of QM9's `uncharacterized.txt`, ascending: every line that begins with a whole number holds
/// one, and the others are words around the table.
pub fn parse_uncharacterized(text: &str) -> Result<Vec<u32>, Qm9Error> {
    let mut indices = BTreeSet::new();
    for (line, text) in (1..).zip(text.lines()) {
        let Some(first) = text.split_whitespace().next() else { continue };
        if !first.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let refuse = |fault| Qm9Error::Uncharacterized { line, fault };
        let index = value::index(first).map_err(refuse)?;
        if !indices.insert(index) {
            return Err(refuse(Fault::Duplicate));
        }
    }
    Ok(indices.into_iter().collect())
}

/// Refuses a list that is not [`EXCLUDED`], naming the first index that differs.
pub fn check_uncharacterized(indices: &[u32]) -> Result<(), Qm9Error> {
    let other = |index: u32, theirs: bool| Qm9Error::OtherExclusions { index, count: indices.len(), theirs };
    if let Some(&index) = indices.iter().find(|index| !is_excluded(**index)) {
        return Err(other(index, true));
    }
    match EXCLUDED.iter().find(|index| !indices.contains(index)) {
        Some(&index) => Err(other(index, false)),
        None => Ok(()),
    }
}

pub(crate) fn is_excluded(index: u32) -> bool {
    EXCLUDED.binary_search(&index).is_ok()
}

/// The numbers of a text, read by the compiler; a wrong count does not compile.
const fn numbers<const N: usize>(text: &[u8]) -> [u32; N] {
    let mut numbers = [0; N];
    let (mut at, mut count, mut inside) = (0, 0, false);
    while at < text.len() {
        if text[at].is_ascii_digit() {
            count += !inside as usize;
            numbers[count - 1] = 10 * numbers[count - 1] + (text[at] - b'0') as u32;
        }
        inside = text[at].is_ascii_digit();
        at += 1;
    }
    assert!(count == N, "excluded.txt has another number of indices");
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_excluded_indices_are_ascending_and_of_qm9() {
        assert_eq!(CHARACTERISED, 130_831);
        assert!(EXCLUDED.is_sorted_by(|a, b| a < b));
        assert!(EXCLUDED.iter().all(|index| (1..=INDICES).contains(index)));
        // The first and last gaps of the wheel's index column.
        assert_eq!((EXCLUDED[..3].to_vec(), EXCLUDED[3053]), (vec![58, 61, 80], 133_866));
        assert!(is_excluded(58) && !is_excluded(1) && !is_excluded(133_885));
    }

    #[test]
    fn a_list_is_held_against_the_crates() {
        assert!(check_uncharacterized(&EXCLUDED).is_ok());
        let more: Vec<u32> = [1].into_iter().chain(EXCLUDED).collect();
        assert!(matches!(
            check_uncharacterized(&more),
            Err(Qm9Error::OtherExclusions { index: 1, count: 3055, theirs: true })
        ));
        assert!(matches!(
            check_uncharacterized(&EXCLUDED[1..]),
            Err(Qm9Error::OtherExclusions { index: 58, count: 3053, theirs: false })
        ));
    }
}
