//! Axes: where values stand, logarithmic or linear, with a place of its own for a zero that a logarithmic axis lacks.

use super::{
    sheet::TEXT,
    ticks::{Ticks, decades, range},
    words::breadth,
};
use plotters::coord::{
    ranged1d::{DefaultFormatting, KeyPointHint, Ranged},
    types::RangedCoordf64,
};
use std::ops::Range;

/// How values are spread out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    Logarithmic,
    Linear,
}

/// Part of a range left beyond its ends.
const MARGIN: f64 = 0.07;
/// Units between two labels.
const LABEL_GAP: i32 = 12;
/// Part of a logarithmic axis between its range and zero.
const ZERO: f64 = 0.08;

/// An axis with its ticks. plotters draws it as one of its own.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    scale: Scale,
    /// The ends of the values.
    ends: (f64, f64),
    /// Part of the axis that lies before the values, with zero in its middle.
    before: f64,
    ticks: Ticks,
}

impl Axis {
    /// A logarithmic axis for values, with a place for zero if there is one among them.
    pub(super) fn logarithmic(values: impl Iterator<Item = f64> + Clone) -> Self {
        let has_zero = values.clone().any(|value| value == 0.0);
        let ends = range(values, MARGIN);
        let mut ticks = decades(ends);
        if has_zero {
            ticks.major.push(0.0);
        }
        Self { scale: Scale::Logarithmic, ends, before: if has_zero { ZERO } else { 0.0 }, ticks }
    }

    /// A logarithmic axis over places, with ticks at some of them.
    pub(super) fn logarithmic_places(
        places: impl Iterator<Item = f64>,
        ticks: impl FnOnce((f64, f64)) -> Vec<f64>,
    ) -> Self {
        let ends = range(places, MARGIN);
        Self { scale: Scale::Logarithmic, ends, before: 0.0, ticks: same(ticks(ends)) }
    }

    /// A linear axis between two ends.
    pub(super) fn linear(ends: (f64, f64), ticks: Vec<f64>) -> Self {
        Self { scale: Scale::Linear, ends, before: 0.0, ticks: same(ticks) }
    }

    /// A linear axis over places, with a tick at each, or at every second and so on if no more than `most` have room.
    pub(super) fn linear_places(places: &[f64], most: usize) -> Self {
        let low = places.iter().copied().fold(f64::INFINITY, f64::min);
        let high = places.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if places.is_empty() {
            return Self::linear((0.0, 1.0), Vec::new());
        }
        let margin = if high > low { (high - low) * MARGIN } else { 1.0 };
        let every = places.len().div_ceil(most.max(1));
        Self::linear((low - margin, high + margin), places.iter().copied().step_by(every).collect())
    }

    /// Without the labels that would touch the one before on an axis of so many units.
    pub(super) fn thinned(mut self, length: i32, label: impl Fn(f64) -> String) -> Self {
        let mut end = f64::NEG_INFINITY;
        let mut values = self.ticks.major.clone();
        values.sort_by(|&a, &b| self.own(a).total_cmp(&self.own(b)));
        values.retain(|&value| {
            let (middle, half) =
                (self.between(self.ends.0, value) * f64::from(length), breadth(&label(value), TEXT) / 2);
            let is_free = middle - f64::from(half) > end;
            if is_free {
                end = middle + f64::from(half + LABEL_GAP);
            }
            is_free
        });
        self.ticks.major = values;
        self
    }

    /// Both ends of the values.
    pub(super) fn ends(&self) -> (f64, f64) {
        self.ends
    }

    /// The values that have a label.
    pub(super) fn labelled(&self) -> &[f64] {
        &self.ticks.major
    }

    /// Whether there is a place for zero before the values.
    pub(super) fn has_zero(&self) -> bool {
        self.before > 0.0
    }

    /// How far two values stand from each other, as a part of the axis.
    pub(super) fn between(&self, first: f64, second: f64) -> f64 {
        (self.own(second) - self.own(first)) / (self.own(self.ends.1) - self.start())
    }

    /// A number along the axis for a value, beyond the ends that of the end.
    fn own(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => value.clamp(self.ends.0, self.ends.1),
            Scale::Logarithmic if value <= 0.0 => f64::midpoint(self.start(), self.ends.0.ln()),
            Scale::Logarithmic => value.clamp(self.ends.0, self.ends.1).ln(),
        }
    }

    /// The number at which the axis starts.
    fn start(&self) -> f64 {
        match self.scale {
            Scale::Linear => self.ends.0,
            Scale::Logarithmic => self.ends.0.ln() - self.before * (self.ends.1.ln() - self.ends.0.ln()),
        }
    }
}

fn same(ticks: Vec<f64>) -> Ticks {
    Ticks { major: ticks.clone(), minor: ticks }
}

impl From<Axis> for Range<f64> {
    fn from(axis: Axis) -> Self {
        axis.range()
    }
}

impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        RangedCoordf64::from(self.start()..self.own(self.ends.1)).map(&self.own(*value), limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() { self.ticks.minor.clone() } else { self.ticks.major.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.ends.0..self.ends.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(axis: &Axis, value: f64) -> i32 {
        axis.map(&value, (0, 1000))
    }

    #[test]
    fn zero_has_a_place_of_its_own_before_the_smallest_value() {
        let axis = Axis::logarithmic([0.0, 0.01, 1.0].into_iter());
        assert!(axis.has_zero() && axis.ticks.major.contains(&0.0));
        assert!(0 < at(&axis, 0.0) && at(&axis, 0.0) < at(&axis, axis.ends().0) && axis.ends().0 < 0.01);
        assert!(!Axis::logarithmic([0.01, 1.0].into_iter()).has_zero());
    }

    #[test]
    fn labels_that_would_touch_are_left_out() {
        let axis = || Axis::logarithmic([0.0, 1e-6, 1.0].into_iter());
        let labels = |length| axis().thinned(length, crate::number::plain).labelled().to_vec();
        assert_eq!(labels(100_000).len(), axis().labelled().len());
        assert_eq!(labels(100_000)[0], 0.0, "in the order of the axis");
        assert!((1..axis().labelled().len()).contains(&labels(300).len()));
    }

    #[test]
    fn values_stand_in_their_proportions_and_never_beyond_the_ends() {
        let axis = Axis::linear((0.0, 1.0), vec![]);
        assert_eq!([-1.0, 0.0, 0.25, 1.0, 7.0].map(|value| at(&axis, value)), [0, 0, 250, 1000, 1000]);
        let axis = Axis::logarithmic_places([1.0, 100.0].into_iter(), |_| vec![1.0]);
        assert_eq!(at(&axis, 10.0), 500);
        assert!((axis.between(1.0, 10.0) - axis.between(10.0, 100.0)).abs() < 1e-12);
        let every = |most| Axis::linear_places(&[1.0, 2.0, 3.0, 4.0, 5.0], most).ticks.major;
        assert_eq!((every(5).len(), every(3), every(1)), (5, vec![1.0, 3.0, 5.0], vec![1.0]));
        let (low, high) = Axis::linear_places(&[4.0], 0).ends();
        assert!(low < 4.0 && high > 4.0);
    }
}
