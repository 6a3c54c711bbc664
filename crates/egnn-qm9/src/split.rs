//! Cormorant's split.

use crate::Qm9Error;
use egnn_random::NumpyRandomState;

/// Positions in the list of molecules sorted by index, in the order of the split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splits {
    /// What is trained on.
    pub train: Vec<u32>,
    /// What chooses.
    pub valid: Vec<u32>,
    /// What is reported.
    pub test: Vec<u32>,
}

/// Cuts NumPy's legacy permutation of that seed, in order, into parts of `sizes` (train, valid, test), which must add up.
/// Cormorant's, which the paper uses, is `split(CHARACTERISED, 0, [100_000, 17_748, 13_083])`.
pub fn split(molecules: usize, seed: u32, sizes: [usize; 3]) -> Result<Splits, Qm9Error> {
    let sum = sizes.iter().try_fold(0_usize, |sum, &size| sum.checked_add(size));
    if sum != Some(molecules) || u32::try_from(molecules).is_err() {
        return Err(Qm9Error::Split { molecules, sizes });
    }
    let mut order = NumpyRandomState::new(seed).permutation(molecules).into_iter().map(|position| position as u32);
    let [train, valid, test] = sizes.map(|size| order.by_ref().take(size).collect());
    Ok(Splits { train, valid, test })
}
