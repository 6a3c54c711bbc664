//! A table as dots: a row for each model (of each set), ours and the paper's on one logarithmic axis.

use super::{
    axis::Axis,
    curve::{ERROR, RIGHT, SHORT_ERROR},
    data::{Figure, Series},
    format::Format,
    legend::{LEGEND, Legend},
    plot::Plot,
    sheet::{BLACK, Drawn, GREY, PALE, PAPER_TOP, Sheet, TEXT, TOP, sheet},
    style::Looks,
    words::{breadth, cut_to},
};
use crate::{metric::Metric, number, table::cut};
use plotters::style::text_anchor::HPos;

/// Units for names beside, and letters that fit there; the legend has the whole name.
const LEFT: i32 = 400;
const NAME: usize = 27;
/// The legend's own height is never cut.
const LEAST_HEIGHT: i32 = 420;

/// Rows that the heading of a set takes.
const HEADING: f64 = 0.7;

/// What stands in the rows.
enum Line<'a> {
    Heading(&'a str),
    Series(&'a Series),
}

/// Every line with the rows above its middle, and the rows of all.
fn lines(figure: &Figure) -> (Vec<(f64, Line<'_>)>, f64) {
    let mut lines = Vec::new();
    let mut rows = 0.0;
    for panel in &figure.panels {
        if !panel.title.is_empty() {
            lines.push((rows + HEADING / 2.0, Line::Heading(panel.title.as_str())));
            rows += HEADING;
        }
        for series in &panel.series {
            lines.push((rows + 0.5, Line::Series(series)));
            rows += 1.0;
        }
    }
    (lines, f64::max(rows, 1.0))
}

/// Where rows and names stand.
struct Layout {
    /// Units down for a row.
    row: i32,
    /// The upper left corner, and units across.
    corner: (i32, i32),
    across: i32,
    /// Units for names beside.
    left: i32,
    /// How far ours stand above the middle of their row, and the paper's below.
    lanes: (i32, i32),
}

impl Layout {
    fn new(format: Format, figure: &Figure) -> Self {
        // Headings of sets leave more free below the caption.
        let top = if figure.metric == Metric::Mse { TOP } else { TOP + 16 };
        let names = figure.series().map(|series| &series.title);
        let titles = figure.panels.iter().map(|panel| &panel.title);
        let widest = names.chain(titles).map(|name| breadth(name, TEXT)).max().unwrap_or(0);
        Self {
            row: format.pick(110, 76),
            corner: format.pick((20, top), (Format::MARGIN, PAPER_TOP)),
            across: format.pick(LEGEND - 40, format.across() - RIGHT),
            left: format.pick(LEFT, (widest + 24).min(format.across() * 9 / 20)),
            lanes: format.pick((14, 18), (10, 14)),
        }
    }

    /// Units down for rows with all that is below them.
    fn height(&self, format: Format, rows: f64) -> i32 {
        (rows * f64::from(self.row)) as i32 + format.bottom()
    }

    /// A name beside its row, and whether it is all there.
    fn name(&self, format: Format, title: &str) -> (String, bool) {
        let cut = if format == Format::Page { cut(title, NAME) } else { cut_to(title, self.left - 24, TEXT) };
        let is_whole = cut == title;
        (cut, is_whole)
    }
}

pub(super) fn draw(format: Format, figure: &Figure) -> Result<String, String> {
    let (_, rows) = lines(figure);
    let layout = Layout::new(format, figure);
    let axis = Axis::logarithmic(figure.values()).thinned(layout.across - layout.left, number::plain);
    let looks = Looks::new(figure);
    let mut note = String::from(if figure.has_several_seeds() {
        "Ours above, published below; seeds above their mean."
    } else {
        "Ours above, published below."
    });
    if axis.has_zero() {
        note += " An error of 0 stands left of the line, beyond the logarithmic axis.";
    }
    let mut legend = Legend::of(format, figure, &looks, note);
    if format != Format::Page {
        // The others have their names beside them.
        legend.series.retain(|key| !layout.name(format, &key.words).1);
    }
    let beside = LEAST_HEIGHT + figure.named().len() as i32 * 90;
    let below = layout.corner.1 + layout.height(format, rows);
    let height =
        format.pick(layout.corner.1 + 20 + layout.height(format, rows).max(beside), below + legend.height(format));
    sheet(format, &figure.title, &figure.caption, height, |sheet| {
        paint(sheet, figure, &layout, &axis, &looks)?;
        legend.draw(sheet, TOP, below)
    })
}

fn paint(sheet: &Sheet<'_>, figure: &Figure, layout: &Layout, axis: &Axis, looks: &Looks) -> Drawn {
    let &Layout { corner, left, lanes, .. } = layout;
    let (lines, rows) = lines(figure);
    let (low, high) = axis.ends();
    let format = sheet.format;
    let is_nbody = figure.metric == Metric::Mse;
    let name = if is_nbody { "test MSE (length²)" } else { format.pick(ERROR, SHORT_ERROR) };
    // Rows are counted from the top.
    let down = Axis::linear((-rows, 0.0), Vec::new());
    let plot = Plot {
        corner,
        size: (layout.across, layout.height(format, rows)),
        beside: left,
        axes: (axis, &down),
        names: (name, ""),
        labels: (&number::plain, &|_| String::new()),
    };
    let place = plot.draw(sheet)?;
    let at = |x: f64, row: f64| place(x, -row);
    let left = corner.0 + left;
    if axis.has_zero() {
        sheet.line(vec![at(low, 0.0), at(low, rows)], GREY, 2)?;
    }
    for (row, line) in lines {
        let (_, middle) = at(low, row);
        match line {
            Line::Heading(title) => {
                let title = format.pick((*title).into(), cut_to(title, layout.left - 12, TEXT));
                sheet.text(&title, (format.pick(40, corner.0), middle - TEXT / 2 + 6), TEXT + 4, BLACK)?;
                let above = at(high, row - HEADING / 2.0);
                sheet.line(vec![(left, above.1), above], GREY, 1)?;
            }
            Line::Series(series) => {
                let style = looks.of(series);
                if !is_nbody {
                    // From the name to its markers.
                    sheet.line(vec![(left, middle), (at(high, row).0, middle)], PALE, 1)?;
                }
                let (name, _) = layout.name(format, &series.title);
                let end = (left - format.pick(24, 12), middle - TEXT / 2);
                sheet.text_to(&name, end, TEXT, BLACK, HPos::Right)?;
                // Two lanes in a row: ours above, the paper's below, so that neither hides the other.
                for point in &series.points {
                    let place = |x: f64| (at(x, row).0, middle - lanes.0);
                    if let Some(high) = point.high() {
                        let low = point.low();
                        sheet.bar(
                            [(place(high), true), (place(low.unwrap_or(axis.ends().0)), low.is_some())],
                            false,
                            style.colour,
                        )?;
                    }
                    sheet.marker(place(point.mean), style)?;
                    for seed in point.apart() {
                        let (x, y) = place(seed.value);
                        sheet.dot((x, y - format.radius() - format.pick(8, 6)), style.colour)?;
                    }
                }
                for &(_, value) in &series.paper {
                    sheet.hollow((at(value, row).0, middle + lanes.1), style)?;
                }
            }
        }
    }
    Ok(())
}
