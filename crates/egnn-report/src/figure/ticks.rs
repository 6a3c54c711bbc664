//! Ticks of logarithmic axes, as plain numbers.

/// Labelled and unlabelled values of an axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ticks {
    pub(crate) major: Vec<f64>,
    pub(crate) minor: Vec<f64>,
}

/// A range for values: a margin beyond the smallest and the largest, or a decade around nothing.
pub(crate) fn range(values: impl Iterator<Item = f64>, margin: f64) -> (f64, f64) {
    let (low, high) = values
        .filter(|value| value.is_finite() && *value > 0.0)
        .fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    if high == 0.0 {
        return (0.01, 0.1);
    }
    // At least this far apart, or a single value would have no axis; and never beyond what a float can hold.
    let pad = (high / low).powf(margin).max(1.25);
    ((low / pad).max(1e-300), (high * pad).min(1e300))
}

/// Ticks for a range of errors: the sparsest of the usual divisions of a decade that gives at least four.
pub(crate) fn decades((low, high): (f64, f64)) -> Ticks {
    const DIVISIONS: [&[f64]; 5] = [
        &[1.0],
        &[1.0, 3.0],
        &[1.0, 2.0, 5.0],
        &[1.0, 1.5, 2.0, 3.0, 5.0, 7.0],
        &[1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0],
    ];
    let within = |division: &[f64]| -> Vec<f64> {
        let decades = low.log10().floor() as i32..=high.log10().ceil() as i32;
        // Text is the way to the nearest float: 5 * 10^-3 computed is not 0.005.
        let value = |digit: f64, decade: i32| format!("{digit}e{decade}").parse::<f64>().unwrap_or(f64::NAN);
        let all = decades.flat_map(|decade| division.iter().map(move |&digit| value(digit, decade)));
        all.filter(|value| (low..=high).contains(value)).collect()
    };
    let major = DIVISIONS.iter().map(|division| within(division)).find(|ticks| ticks.len() >= 4);
    let mut major = major.unwrap_or_else(|| within(DIVISIONS[4]));
    while major.len() > 10 {
        major = major.into_iter().step_by(2).collect();
    }
    Ticks { major, minor: within(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]) }
}

/// Ticks of a linear axis at round numbers, at most so many.
pub(crate) fn linear((low, high): (f64, f64), most: usize) -> Vec<f64> {
    let room = (high - low) / most.max(1) as f64;
    if !(room.is_finite() && room > 0.0) {
        return Vec::new();
    }
    // Text is the way to the nearest float, see above.
    let round = |digit: f64, decade: i32| format!("{digit}e{decade}").parse::<f64>().unwrap_or(f64::NAN);
    let decade = room.log10().floor() as i32;
    let steps = (decade - 1..=decade + 1).flat_map(|decade| [1.0, 2.0, 5.0].map(|digit| (digit, decade)));
    for (digit, decade) in steps {
        let step = round(digit, decade);
        let (first, last) = ((low / step).ceil(), (high / step).floor());
        if last - first < most as f64 {
            let ticks = (0..most).map(|index| round((first + index as f64) * digit, decade));
            return ticks.filter(|tick| *tick <= high).collect();
        }
    }
    Vec::new()
}

/// Which of `wanted` (the most important first) can be labelled without touching: they stay at least `gap` apart on an axis whose
/// range is `length` long.
pub(crate) fn sparse(wanted: &[f64], (low, high): (f64, f64), length: f64, gap: f64) -> Vec<f64> {
    let position = |value: f64| (value / low).ln() / (high / low).ln() * length;
    let mut kept: Vec<f64> = Vec::new();
    for &value in wanted {
        if kept.iter().all(|&other| (position(other) - position(value)).abs() >= gap) {
            kept.push(value);
        }
    }
    kept.sort_by(f64::total_cmp);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_get_plain_ticks() {
        assert_eq!(decades((0.006, 0.095)).major, [0.007, 0.01, 0.015, 0.02, 0.03, 0.05, 0.07]);
        assert_eq!(decades((0.004, 0.25)).major, [0.005, 0.01, 0.02, 0.05, 0.1, 0.2]);
        assert_eq!(decades((0.0009, 11.0)).major, [0.001, 0.01, 0.1, 1.0, 10.0]);
        assert!(decades((0.0100, 0.0156)).major.len() >= 3, "the narrowest range");
        assert!(decades((1e-200, 1e200)).major.len() <= 10);
    }

    #[test]
    fn ranges_hold_their_values_and_are_never_empty() {
        for values in [vec![], vec![0.02], vec![0.01, 0.02], vec![f64::NAN, 0.0, -1.0], vec![1e-308, 1e308]] {
            let (low, high) = range(values.iter().copied(), 0.08);
            assert!(low > 0.0 && high.is_finite() && high > low * 1.2, "{values:?}");
        }
        let (low, high) = range([0.01, 0.04].into_iter(), 0.08);
        assert!(low < 0.01 && high > 0.04);
    }

    #[test]
    fn linear_ticks_are_round_and_few() {
        let text = |ends, most| linear(ends, most).into_iter().map(crate::number::signed).collect::<Vec<_>>().join(" ");
        assert_eq!(text((0.0, 9.7), 6), "0 2 4 6 8");
        assert_eq!(text((-84_000.0, -12_000.0), 4), "-80,000 -60,000 -40,000 -20,000");
        assert_eq!(text((-0.031, 0.12), 4), "0 0.05 0.1");
        assert_eq!(text((-0.031, 0.12), 8), "-0.02 0 0.02 0.04 0.06 0.08 0.1 0.12");
        assert_eq!(text((-1.6, 8.1), 4), "0 5");
        for ends in [(1.0, 1.0), (2.0, 1.0), (f64::NAN, 1.0)] {
            assert!(linear(ends, 5).is_empty(), "{ends:?}");
        }
        assert!(linear((-1e100, 1e100), 5).len() <= 5);
    }

    #[test]
    fn close_labels_are_left_out_by_importance() {
        let kept = sparse(&[100.0, 3200.0, 1600.0, 3000.0], (100.0, 3200.0), 100.0, 10.0);
        assert_eq!(kept, [100.0, 1600.0, 3200.0]);
    }
}
