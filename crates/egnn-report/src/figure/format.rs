//! What a drawing is made for: the report's page, or a column or both columns of a paper.
//!
//! Letters have as many units everywhere, so that the same code draws all three: on the page a unit is half a pixel, in a paper 0.3 pt, which
//! makes letters of 7.5 pt. A paper has its own caption, so that its drawings have neither title nor words on the budget, and its columns are
//! narrow, so that the legend stands below and not beside.

/// What a drawing is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// The report's page.
    Page,
    /// One column of a paper, 3.25 inches.
    OneColumn,
    /// Both columns of a paper, 6.75 inches.
    TwoColumns,
}

/// Units to a pixel of the page, and to an inch of paper.
const TO_PIXEL: i32 = 2;
const TO_INCH: i32 = 240;
/// Dots to an inch of a paper's PNG, and pixels to an inch of an SVG.
pub(super) const DPI: f32 = 300.0;
const SVG_DPI: f32 = 96.0;

impl Format {
    /// Every format.
    pub(crate) const ALL: [Self; 3] = [Self::Page, Self::OneColumn, Self::TwoColumns];

    /// What the names of its files end with.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Self::Page => "",
            Self::OneColumn => "-1col",
            Self::TwoColumns => "-2col",
        }
    }

    /// Units across.
    pub(super) fn width(self) -> i32 {
        match self {
            Self::Page => 1920,
            Self::OneColumn => 780,
            Self::TwoColumns => 1620,
        }
    }

    /// One thing for the page, another for a paper.
    pub(super) fn pick<T>(self, page: T, paper: T) -> T {
        if self == Self::Page { page } else { paper }
    }

    /// A length as SVG has it, pixels or inches.
    pub(super) fn length(self, units: i32) -> String {
        match self {
            Self::Page => (units / TO_PIXEL).to_string(),
            _ => format!("{}in", f64::from(units) / f64::from(TO_INCH)),
        }
    }

    /// Dots of the PNG to a pixel of the SVG.
    pub(super) fn scale(self) -> f32 {
        self.pick(2.0, DPI / SVG_DPI)
    }

    /// A height that is a round number of inches.
    pub(super) fn height(self, units: i32) -> i32 {
        self.pick(units, (units + 11) / 12 * 12)
    }

    /// The size of letters: a paper has two that are nearly the same.
    pub(super) fn letters(self, size: i32) -> i32 {
        self.pick(size, size.clamp(24, 26))
    }

    /// The width of a line: at least 0.6 pt in print.
    pub(super) fn stroke(self, width: u32) -> u32 {
        self.pick(width, width.clamp(2, 3))
    }

    /// Radius of a mean's marker.
    pub(super) fn radius(self) -> i32 {
        self.pick(12, 9)
    }

    /// Units that a paper's drawing leaves free on each side.
    pub(super) const MARGIN: i32 = 8;

    /// Units across for what is drawn in a paper.
    pub(super) fn across(self) -> i32 {
        self.width() - 2 * Self::MARGIN
    }

    /// Units for tick labels and the name of the axis below a plot.
    pub(super) fn bottom(self) -> i32 {
        self.pick(110, 84)
    }
}
