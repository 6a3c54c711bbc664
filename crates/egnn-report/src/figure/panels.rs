//! Panels in rows, each of the same size.

use super::{
    format::Format,
    sheet::{PAPER_TOP, Place, TEXT},
    words::cut_to,
};

/// Units that a panel beside a legend leaves free below.
pub(super) const BELOW: i32 = 24;
/// Units that a panel across a whole paper is high at most: three inches.
const TALLEST: i32 = 720;
/// How high a panel alone in its row is for its width, beside one that is not.
const ALONE: f64 = 0.75;
/// Units that it leaves free to the next one.
const NEXT: i32 = 16;
/// Units across in which a whole heading fits.
const WIDE: i32 = 600;

/// What stands above a panel of errors of a property.
pub(super) fn heading(property: &str, width: i32) -> String {
    cut_to(&format!("{} of {property}", if width > WIDE { "test MAE" } else { "MAE" }), width - NEXT, TEXT + 3)
}

/// Where panels stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Panels {
    /// The first one's upper left corner.
    pub(super) corner: Place,
    /// Panels in a row.
    pub(super) columns: usize,
    /// Units across and down.
    pub(super) size: (i32, i32),
}

impl Panels {
    /// Small multiples beside a legend: one large, two side by side, or rows of up to three.
    pub(super) fn beside_legend(corner: Place, width: i32, count: usize, heights: [i32; 3]) -> Self {
        let columns = match count {
            0 | 1 => 1,
            2 | 4 => 2,
            _ => 3,
        };
        Self { corner, columns, size: (width / columns as i32, heights[columns - 1]) }
    }

    /// Small multiples across a paper: as many side by side as may be, none narrower than `least`, and of some proportion; one alone is lower.
    pub(super) fn across(format: Format, count: usize, least: i32, proportion: f64) -> Self {
        let columns = count.clamp(1, (format.across() / least).max(1) as usize);
        let width = format.across() / columns as i32;
        let proportion = if columns == 1 { proportion * ALONE } else { proportion };
        let height = ((f64::from(width) * proportion) as i32).min(TALLEST);
        Self { corner: (Format::MARGIN, PAPER_TOP), columns, size: (width, height) }
    }

    /// Upper left corner of a panel.
    pub(super) fn place(&self, index: usize) -> Place {
        let (row, column) = ((index / self.columns) as i32, (index % self.columns) as i32);
        (self.corner.0 + column * self.size.0, self.corner.1 + row * self.size.1)
    }

    /// Units down that so many panels take.
    pub(super) fn height(&self, count: usize) -> i32 {
        count.div_ceil(self.columns).max(1) as i32 * self.size.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_follow_each_other() {
        let panels = Panels::beside_legend((20, 140), 1340, 12, [900, 700, 500]);
        assert_eq!((panels.place(0), panels.place(4), panels.height(12)), ((20, 140), (466, 640), 2000));
        let one = Panels::beside_legend((20, 140), 1340, 0, [900, 700, 500]);
        assert_eq!((one.size, one.height(0)), ((1340, 900), 900));
        let narrow = Panels::across(Format::OneColumn, 5, 380, 1.0);
        assert_eq!((narrow.columns, narrow.size, narrow.height(5)), (2, (382, 382), 1146));
        assert_eq!(Panels::across(Format::TwoColumns, 1, 380, 0.7).size, (1604, TALLEST));
    }
}
