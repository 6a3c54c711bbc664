//! The lists of a column: all values in one place.

use std::iter;

/// Lists one after another.
#[derive(Clone, Debug)]
pub(crate) struct Lists<T> {
    values: Vec<T>,
    /// Where each list ends in `values`.
    ends: Vec<usize>,
}

impl<T> Lists<T> {
    /// Lists put together from Parquet's levels: a repetition level of 0 begins a list, 1 goes on with it; a definition
    /// level of 1 is an element, 0 an empty list.
    pub(super) fn of_levels(values: Vec<T>, repeated: &[i16], defined: &[i16]) -> Result<Self, String> {
        if defined.len() != repeated.len() {
            return Err("has levels that do not fit together".into());
        }
        let (mut ends, mut count) = (Vec::new(), 0);
        // Whether the list under way has an element.
        let mut is_open = false;
        for (at, levels) in iter::zip(repeated, defined).enumerate() {
            match levels {
                (0, 0 | 1) if at > 0 => ends.push(count),
                (0, 0 | 1) => {}
                (1, 1) if is_open => {}
                (1, 1) => return Err("goes on with a list that has not begun".into()),
                (repeated, defined) => return Err(format!("has the levels {repeated} and {defined} in a list")),
            }
            is_open = *defined.get(at).unwrap_or(&0) == 1;
            count += usize::from(is_open);
        }
        if !repeated.is_empty() {
            ends.push(count);
        }
        if count == values.len() {
            Ok(Self { values, ends })
        } else {
            Err("has another number of values than it says".into())
        }
    }

    /// Number of lists.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[T]> {
        let starts = iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.values[start..end])
    }
}
