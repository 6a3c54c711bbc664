//! Numbers as people read them. One notation everywhere, so that tables, figures and pages agree to the letter.

/// How many digits a quantity is shown with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Notation {
    /// Significant digits at least.
    significant: i32,
    /// Decimals at least, and at most.
    decimals: (i32, i32),
}

/// An error with four significant digits: `0.01043`, `1.234e-6`.
pub(crate) const MSE: Notation = Notation { significant: 4, decimals: (0, i32::MAX) };
/// Three significant digits, and at least the two decimals of the paper: `31.79`, `0.0612`.
pub(crate) const SCORE: Notation = Notation { significant: 3, decimals: (2, i32::MAX) };
/// Three significant digits, whatever the unit: `0.0312` debye, `48.3` meV.
pub(crate) const MAE: Notation = Notation { significant: 3, decimals: (0, i32::MAX) };
/// A score between 0 and 1, where differences near 1 count: `0.9987`.
pub(crate) const F1: Notation = Notation { significant: 4, decimals: (4, 4) };

impl Notation {
    fn decimals(self, value: f64) -> usize {
        let significant = self.significant - 1 - value.abs().log10().floor() as i32;
        significant.clamp(self.decimals.0, self.decimals.1) as usize
    }

    /// Whether a value is shown in plain decimals.
    fn is_plain(self, value: f64) -> bool {
        self.decimals.0 == self.decimals.1 || (1e-4..1e6).contains(&value.abs())
    }

    fn text(self, value: f64) -> String {
        if value == 0.0 {
            "0".into()
        } else if value.is_finite() && self.is_plain(value) {
            format!("{value:.*}", self.decimals(value))
        } else {
            format!("{value:.*e}", (self.significant - 1) as usize)
        }
    }
}

/// `0.01043 ± 0.00012`, the spread with the mean's decimals; the mean alone if there is no spread.
pub(crate) fn mean_and_spread(mean: f64, spread: Option<f64>, notation: Notation) -> String {
    let text = notation.text(mean);
    match spread {
        None => text,
        Some(spread) if notation.is_plain(mean) && mean != 0.0 => {
            format!("{text} ± {spread:.*}", notation.decimals(mean))
        }
        Some(spread) => format!("{text} ± {}", notation.text(spread)),
    }
}

/// A count with thousands set apart: `12,800`.
pub(crate) fn count(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut grouped = String::from(if value < 0 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A range of counts: `40–1,500`, or one number if both ends agree.
pub(crate) fn counts((low, high): (i64, i64)) -> String {
    if low == high { count(low) } else { format!("{}–{}", count(low), count(high)) }
}

/// A part of a whole: `25 %`, `3.8 %`, `0.04 %`. Never rounded up to the whole.
pub(crate) fn share(part: f64) -> String {
    let percent = part * 100.0;
    if percent == 0.0 {
        return "0 %".into();
    }
    let decimals = (1 - percent.log10().floor() as i32).clamp(0, 4) as usize;
    let text = format!("{percent:.decimals$} %");
    if part < 1.0 && text == "100 %" { ">99 %".into() } else { text }
}

/// Seconds of computing: `12 s`, `3.5 min`, `2.1 h`.
pub(crate) fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 9.95 => format!("{s:.1} s"),
        s if s < 99.5 => format!("{s:.0} s"),
        s if s < 5_970.0 => format!("{:.1} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

/// A setting as configurations have it: `100`, `0.5`, `1e-4`.
pub(crate) fn setting(value: f64) -> String {
    if value == 0.0 || (0.01..1e6).contains(&value.abs()) { value.to_string() } else { format!("{value:e}") }
}

/// An axis label in plain decimals without trailing zeros.
pub(crate) fn plain(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    if value >= 1000.0 && value.fract() == 0.0 {
        return count(value as i64);
    }
    if value < 1e-5 {
        return format!("{value:e}");
    }
    let decimals = (4 - value.log10().floor() as i32).max(0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

/// The same of any sign.
pub(crate) fn signed(value: f64) -> String {
    let text = plain(value.abs());
    if value < 0.0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_four_digits() {
        let mse = |value| mean_and_spread(value, None, MSE);
        assert_eq!([0.0104321, 0.08194, 1.5, 123.456, 0.0].map(mse), ["0.01043", "0.08194", "1.500", "123.5", "0"]);
        assert_eq!(mse(1.2345e-6), "1.234e-6");
        assert_eq!(mse(f64::NAN), "NaN");
        assert_eq!(mean_and_spread(0.0104321, Some(0.000123), MSE), "0.01043 ± 0.00012");
        assert_eq!(mean_and_spread(0.0, Some(0.0), MSE), "0 ± 0");
    }

    #[test]
    fn scores_have_at_least_the_papers_digits() {
        let score = |value| mean_and_spread(value, None, SCORE);
        assert_eq!(
            [31.794, 4.618, 0.1104, 0.06123, 0.0, 1e-5].map(score),
            ["31.79", "4.62", "0.110", "0.0612", "0", "1.00e-5"]
        );
        assert_eq!(mean_and_spread(14.1512, Some(0.1234), SCORE), "14.15 ± 0.12");
        assert_eq!(
            [0.99871, 0.0123, 1.0, 0.0].map(|value| mean_and_spread(value, None, F1)),
            ["0.9987", "0.0123", "1.0000", "0"]
        );
        assert_eq!(mean_and_spread(0.99871, Some(0.00042), F1), "0.9987 ± 0.0004");
    }

    #[test]
    fn errors_of_properties_have_three_digits() {
        let mae = |value| mean_and_spread(value, None, MAE);
        assert_eq!([0.031234, 1.5512, 48.26, 512.3, 12345.6].map(mae), ["0.0312", "1.55", "48.3", "512", "12346"]);
        assert_eq!(mean_and_spread(48.26, Some(1.234), MAE), "48.3 ± 1.2");
    }

    #[test]
    fn counts_shares_and_times() {
        assert_eq!([0, 999, 1000, 1_234_567, -1500].map(count), ["0", "999", "1,000", "1,234,567", "-1,500"]);
        assert_eq!(counts((15, 1500)), "15–1,500");
        assert_eq!(counts((1500, 1500)), "1,500");
        assert_eq!(
            [0.25, 0.0375, 0.0004, 1.0, 2.0, 0.0].map(share),
            ["25 %", "3.8 %", "0.040 %", "100 %", "200 %", "0 %"]
        );
        assert_eq!(share(0.9999), ">99 %", "less than all is never shown as all");
        assert_eq!([0.31, 12.4, 210.0, 7560.0].map(duration), ["0.3 s", "12 s", "3.5 min", "2.1 h"]);
    }

    #[test]
    fn settings_stand_as_in_configurations() {
        assert_eq!([100.0, 0.0, 0.5, 1e-4, 1e-16].map(setting), ["100", "0", "0.5", "1e-4", "1e-16"]);
    }

    #[test]
    fn axis_labels_are_plain() {
        assert_eq!(
            [100.0, 1600.0, 0.005, 0.02, 0.1, 1.0, 0.0015].map(plain),
            ["100", "1,600", "0.005", "0.02", "0.1", "1", "0.0015"]
        );
    }
}
