//! A curve for each model, with a panel for each set: n-body error against training samples, F1 against edge probability, % error against
//! dimensions.

use super::{
    axis::{Axis, Scale},
    data::{Figure, Panel, Point},
    format::Format,
    legend::{LEGEND, Legend},
    plot::{Plot, beside},
    sheet::{BLACK, Drawn, GREY, PAPER_TOP, Place, Sheet, TEXT, TOP, sheet},
    style::{Looks, Style},
    ticks::sparse,
    words::cut_to,
};
use crate::{kind::Kind, number};
use plotters::style::text_anchor::HPos;

const HEIGHT: i32 = 1240;
/// Units for tick labels beside the plot, and beside a panel that shares them.
const LEFT: i32 = 150;
const SHARED: i32 = 40;
/// Units that a panel needs across in a paper, how high it is for its width, and how high at most.
const LEAST: i32 = 560;
const PROPORTION: f64 = 0.7;
const TALLEST: i32 = 760;
/// Units to the right of a plot of a paper, for half of the last tick label.
pub(super) const RIGHT: i32 = 20;
/// Units between a panel of a paper that has a title and what is below.
const BETWEEN: i32 = 16;
/// What a panel's title leaves free above.
const ABOVE: i32 = 12;
/// Units that a tick label on the horizontal axis needs.
const LABEL: f64 = 110.0;
/// How far a series may stand from its size, side by side with the others: this part of the axis, and this part of the smallest gap
/// between two sizes, so that no point looks like one of another size.
const OF_AXIS: f64 = 0.025;
const OF_GAP: f64 = 0.1;

/// What the axes show.
struct Axes {
    x: Axis,
    y: Axis,
    /// Places of ours, sorted.
    places: Vec<f64>,
    names: (&'static str, &'static str),
    /// What a place is called.
    place: &'static str,
    /// A place in print.
    label: fn(f64) -> String,
}

/// Where the panels stand: all in a row on the page, where there is room in a paper.
struct Grid {
    columns: i32,
    /// The first panel's upper left corner.
    corner: Place,
    /// Units beside a panel of the first column, and of another.
    beside: (i32, i32),
    /// Units across a plot, and down for a panel with all that is above and below the plot.
    breadth: i32,
    height: i32,
}

impl Grid {
    fn new(format: Format, panels: usize, y: &Axis) -> Self {
        let panels = panels.max(1) as i32;
        let columns = format.pick(panels, panels.min(format.across() / LEAST).max(1));
        let beside = (beside(format, LEFT, y, number::plain, true), format.pick(SHARED, 24));
        let across = format.pick(LEGEND - 40, format.across() - RIGHT);
        let breadth = (across - beside.0 - (columns - 1) * beside.1) / columns;
        let tall = (f64::from(beside.0 + breadth) * PROPORTION) as i32;
        Self {
            columns,
            corner: format.pick((20, TOP), (Format::MARGIN, PAPER_TOP)),
            beside,
            breadth,
            height: format.pick(HEIGHT - TOP - 20, tall.min(TALLEST)),
        }
    }

    /// The left end and the top of a panel, and the units beside it.
    fn place(&self, index: usize) -> (Place, i32) {
        let (row, column) = (index as i32 / self.columns, index as i32 % self.columns);
        let top = self.corner.1 + row * self.height;
        if column == 0 {
            return ((self.corner.0, top), self.beside.0);
        }
        let before = self.beside.0 + self.breadth + (column - 1) * (self.beside.1 + self.breadth);
        ((self.corner.0 + before, top), self.beside.1)
    }

    /// The place below so many panels.
    fn below(&self, panels: usize) -> i32 {
        self.corner.1 + panels.max(1).div_ceil(self.columns as usize) as i32 * self.height
    }
}

pub(super) fn draw(format: Format, kind: Kind, figure: &Figure) -> Result<String, String> {
    let y = match figure.scale() {
        Scale::Logarithmic => Axis::logarithmic(figure.values()),
        Scale::Linear => Axis::linear((-0.02, 1.04), (0..=10).map(|tenth| f64::from(tenth) / 10.0).collect()),
    };
    let grid = Grid::new(format, figure.panels.len(), &y);
    let axes = axes(format, kind, figure, y, grid.breadth);
    let mut note = format!("Models at one {} stand side by side", axes.place);
    note += if figure.has_several_seeds() { ", seeds to the right of their mean." } else { "." };
    if axes.y.has_zero() {
        note += " An error of 0 stands below the line, beyond the logarithmic axis.";
    }
    let looks = Looks::new(figure);
    let legend = Legend::of(format, figure, &looks, note);
    let below = grid.below(figure.panels.len());
    let height = format.pick(HEIGHT, below + legend.height(format));
    sheet(format, &figure.title, &figure.caption, height, |sheet| {
        for (index, panel) in figure.panels.iter().enumerate() {
            paint(sheet, &grid, index, figure, panel, &axes, &looks)?;
        }
        legend.draw(sheet, TOP, below)
    })
}

fn axes(format: Format, kind: Kind, figure: &Figure, y: Axis, breadth: i32) -> Axes {
    let points = || figure.series().flat_map(|series| &series.points);
    let sorted = |mut places: Vec<f64>| {
        places.sort_by(f64::total_cmp);
        places.dedup();
        places
    };
    let places = sorted(points().map(|point| point.at).collect());
    let of_paper = sorted(figure.series().flat_map(|series| series.paper.iter().map(|&(at, _)| at)).collect());
    let x = if kind == Kind::SizeCurve {
        let length = f64::from(breadth);
        // Ends first, then the others, the paper's size where there is room.
        let wanted: Vec<f64> =
            places.first().into_iter().chain(places.last()).chain(&places).chain(&of_paper).copied().collect();
        Axis::logarithmic_places(places.iter().chain(&of_paper).copied(), |ends| sparse(&wanted, ends, length, LABEL))
    } else {
        let most = breadth / (LABEL / 2.0) as i32;
        Axis::linear_places(&sorted(places.iter().chain(&of_paper).copied().collect()), most as usize)
    };
    let (names, place) = match kind {
        Kind::GraphSparsity => (("edge probability p of the graphs", "F1"), "p"),
        Kind::EmbeddingSizes => (("dimensions n of the embedding", format.pick(ERROR, SHORT_ERROR)), "n"),
        _ => (("training samples", "test MSE (length²)"), "size"),
    };
    let label: fn(f64) -> String =
        if kind == Kind::SizeCurve { |place| number::count(place as i64) } else { number::plain };
    Axes { x, y, places, names, place, label }
}

/// Name of the axis of % errors, and the same where there is less room.
pub(super) const ERROR: &str = "% error (wrong pairs of nodes, in percent)";
pub(super) const SHORT_ERROR: &str = "% error (wrong pairs)";

fn paint(
    sheet: &Sheet<'_>,
    grid: &Grid,
    index: usize,
    figure: &Figure,
    panel: &Panel,
    axes: &Axes,
    looks: &Looks,
) -> Drawn {
    let (x, y) = (&axes.x, &axes.y);
    let ((left, mut top), beside) = grid.place(index);
    let has_labels = index as i32 % grid.columns == 0;
    let mut height = grid.height;
    if !panel.title.is_empty() {
        let heading = sheet.format.pick(60, 44);
        let middle = (left + beside + grid.breadth / 2, top + sheet.format.pick(ABOVE, 0));
        sheet.text_to(&cut_to(&panel.title, grid.breadth, TEXT + 3), middle, TEXT + 3, BLACK, HPos::Center)?;
        top += heading;
        height -= heading + sheet.format.pick(0, BETWEEN);
    }
    let plot = Plot {
        corner: (left, top),
        size: (beside + grid.breadth, height),
        beside,
        axes: (x, y),
        names: (axes.names.0, if has_labels { axes.names.1 } else { "" }),
        labels: (&axes.label, &|value| if has_labels { number::plain(value) } else { String::new() }),
    };
    let at = plot.draw(sheet)?;
    let floor = y.ends().0;
    if y.has_zero() {
        sheet.line(vec![at(x.ends().0, floor), at(x.ends().1, floor)], GREY, 2)?;
    }
    let aside = asides(figure, x, &axes.places, f64::from(grid.breadth));
    let shifted = |(x, y): Place, by: i32| (x + by, y);
    for series in &panel.series {
        let by = aside(&series.title);
        let places: Vec<Place> = series.points.iter().map(|point| shifted(at(point.at, point.mean), by)).collect();
        if places.len() > 1 {
            sheet.line(places, looks.of(series).colour, 4)?;
        }
    }
    for series in &panel.series {
        for point in &series.points {
            let by = aside(&series.title);
            let place = |value: f64| shifted(at(point.at, value), by);
            mark(sheet, point, looks.of(series), place, floor)?;
        }
    }
    for series in &panel.series {
        let by = aside(&series.title);
        let places: Vec<Place> = series.paper.iter().map(|&(place, value)| shifted(at(place, value), by)).collect();
        if places.len() > 1 {
            sheet.dashes(&places, looks.of(series).colour)?;
        }
        for place in places {
            sheet.hollow(place, looks.of(series))?;
        }
    }
    Ok(())
}

/// How far each series stands from its place on an axis of some length.
pub(super) fn asides<'a>(figure: &'a Figure, x: &Axis, places: &[f64], length: f64) -> impl Fn(&str) -> i32 + use<'a> {
    let gaps = places.windows(2).map(|pair| x.between(pair[0], pair[1]));
    let gap = gaps.fold(f64::INFINITY, f64::min) * length;
    let farthest = (gap * OF_GAP).min(length * OF_AXIS);
    let named = figure.named();
    let middle = (named.len().max(2) as f64 - 1.0) / 2.0;
    move |title: &str| match named.iter().position(|series| series.title == title) {
        Some(index) if named.len() > 1 => ((index as f64 / middle - 1.0) * farthest).round() as i32,
        _ => 0,
    }
}

/// One point: error bar, mean, seeds beside it.
pub(super) fn mark(sheet: &Sheet<'_>, point: &Point, style: Style, place: impl Fn(f64) -> Place, floor: f64) -> Drawn {
    if let Some(high) = point.high() {
        // A bar that would reach zero ends at the axis, without a cap.
        let low = point.low();
        sheet.bar([(place(high), true), (place(low.unwrap_or(floor)), low.is_some())], true, style.colour)?;
    }
    sheet.marker(place(point.mean), style)?;
    for seed in point.apart() {
        let (x, y) = place(seed.value);
        sheet.dot((x + sheet.format.radius() + 6, y), style.colour)?;
    }
    Ok(())
}
