//! A table as dots: a row for each model (of each set), ours and the paper's on one logarithmic axis.

use super::{
    axis::Axis,
    data::{Figure, Series},
    plot::{BOTTOM, Plot},
    sheet::{BLACK, Drawn, GREY, LEGEND, PALE, RADIUS, Sheet, TEXT, TOP, sheet},
    style::Looks,
};
use crate::{metric::Metric, number, table::cut};
use plotters::style::text_anchor::HPos;

/// Units for a row and for names beside.
const ROW: i32 = 110;
const LEFT: i32 = 400;
/// Letters that fit beside a row; the legend has the whole name.
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

pub(super) fn draw(figure: &Figure) -> Result<String, String> {
    let (_, rows) = lines(figure);
    let legend = LEAST_HEIGHT + figure.named().len() as i32 * 90;
    let height = top(figure) + 20 + ((rows * f64::from(ROW)) as i32 + BOTTOM).max(legend);
    sheet(&figure.title, &figure.caption, height as u32, |sheet| paint(sheet, figure))
}

/// Where the rows begin: headings of sets leave more free below the caption.
fn top(figure: &Figure) -> i32 {
    if figure.metric == Metric::Mse { TOP } else { TOP + 16 }
}

fn paint(sheet: &Sheet<'_>, figure: &Figure) -> Drawn {
    let looks = Looks::new(figure);
    let axis = Axis::logarithmic(figure.values());
    let (lines, rows) = lines(figure);
    let (low, high) = axis.ends();

    let height = (rows * f64::from(ROW)) as i32 + BOTTOM;
    let is_nbody = figure.metric == Metric::Mse;
    let name = if is_nbody { "test MSE (length²)" } else { "% error (wrong pairs of nodes, in percent)" };
    // Rows are counted from the top.
    let down = Axis::linear((-rows, 0.0), Vec::new());
    let plot = Plot {
        corner: (20, top(figure)),
        size: (LEGEND - 40, height),
        beside: LEFT,
        axes: (&axis, &down),
        names: (name, ""),
        labels: (&number::plain, &|_| String::new()),
    };
    let place = plot.draw(sheet)?;
    let at = |x: f64, row: f64| place(x, -row);
    if axis.has_zero() {
        sheet.line(vec![at(low, 0.0), at(low, rows)], GREY, 2)?;
    }
    for (row, line) in lines {
        let (_, middle) = at(low, row);
        match line {
            Line::Heading(title) => {
                sheet.text(title, (40, middle - TEXT / 2 + 6), TEXT + 4, BLACK, HPos::Left)?;
                let above = at(high, row - HEADING / 2.0);
                sheet.line(vec![(20 + LEFT, above.1), above], GREY, 1)?;
            }
            Line::Series(series) => {
                let style = looks.of(series);
                if !is_nbody {
                    // From the name to its markers.
                    sheet.line(vec![(20 + LEFT, middle), (at(high, row).0, middle)], PALE, 1)?;
                }
                sheet.text(&cut(&series.title, NAME), (20 + LEFT - 24, middle - TEXT / 2), TEXT, BLACK, HPos::Right)?;
                // Two lanes in a row: ours above, the paper's below, so that neither hides the other.
                for point in &series.points {
                    let place = |x: f64| (at(x, row).0, middle - 14);
                    if let Some(high) = point.high() {
                        let low = point.low();
                        sheet.bar(
                            [(place(high), true), (place(low.unwrap_or(axis.ends().0)), low.is_some())],
                            false,
                            style.colour,
                        )?;
                    }
                    sheet.marker(place(point.mean), style)?;
                    for &seed in point.apart() {
                        let (x, y) = place(seed);
                        sheet.dot((x, y - RADIUS - 8), style.colour)?;
                    }
                }
                for &(_, value) in &series.paper {
                    sheet.hollow((at(value, row).0, middle + 18), style)?;
                }
            }
        }
    }
    let mut note = String::from(if figure.has_several_seeds() {
        "Ours above, published below; seeds above their mean."
    } else {
        "Ours above, published below."
    });
    if axis.has_zero() {
        note += " An error of 0 stands left of the line, beyond the logarithmic axis.";
    }
    sheet.legend(figure, &looks, &note)
}
