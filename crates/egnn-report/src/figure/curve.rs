//! A curve for each model, with a panel for each set: n-body error against training samples, F1 against edge probability, % error against
//! dimensions.

use super::{
    axis::{Axis, Scale},
    data::{Figure, Panel, Point},
    plot::Plot,
    sheet::{BLACK, Drawn, GREY, LEGEND, Place, RADIUS, Sheet, TEXT, TOP, sheet},
    style::{Looks, Style},
    ticks::sparse,
};
use crate::{kind::Kind, number};
use plotters::style::text_anchor::HPos;

const HEIGHT: u32 = 1240;
/// Units for tick labels beside the plot, and beside a panel that shares them.
const LEFT: i32 = 150;
const SHARED: i32 = 40;
/// Height of a panel's title, and what it leaves free above.
const HEADING: i32 = 60;
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

pub(super) fn draw(kind: Kind, figure: &Figure) -> Result<String, String> {
    sheet(&figure.title, &figure.caption, HEIGHT, |sheet| paint(sheet, figure, &axes(kind, figure)))
}

fn axes(kind: Kind, figure: &Figure) -> Axes {
    let points = || figure.series().flat_map(|series| &series.points);
    let sorted = |mut places: Vec<f64>| {
        places.sort_by(f64::total_cmp);
        places.dedup();
        places
    };
    let places = sorted(points().map(|point| point.at).collect());
    let of_paper = sorted(figure.series().flat_map(|series| series.paper.iter().map(|&(at, _)| at)).collect());
    let x = if kind == Kind::SizeCurve {
        let length = f64::from(LEGEND - 40 - LEFT);
        // Ends first, then the others, the paper's size where there is room.
        let wanted: Vec<f64> =
            places.first().into_iter().chain(places.last()).chain(&places).chain(&of_paper).copied().collect();
        Axis::logarithmic_places(places.iter().chain(&of_paper).copied(), |ends| sparse(&wanted, ends, length, LABEL))
    } else {
        Axis::linear_places(&sorted(places.iter().chain(&of_paper).copied().collect()))
    };
    let y = match figure.scale() {
        Scale::Logarithmic => Axis::logarithmic(figure.values()),
        Scale::Linear => Axis::linear((-0.02, 1.04), (0..=10).map(|tenth| f64::from(tenth) / 10.0).collect()),
    };
    let (names, place) = match kind {
        Kind::GraphSparsity => (("edge probability p of the graphs", "F1"), "p"),
        Kind::EmbeddingSizes => (("dimensions n of the embedding", "% error (wrong pairs of nodes, in percent)"), "n"),
        _ => (("training samples", "test MSE (length²)"), "size"),
    };
    let label: fn(f64) -> String =
        if kind == Kind::SizeCurve { |place| number::count(place as i64) } else { number::plain };
    Axes { x, y, places, names, place, label }
}

fn paint(sheet: &Sheet<'_>, figure: &Figure, axes: &Axes) -> Drawn {
    let looks = Looks::new(figure);
    let shared = (figure.panels.len().max(1) - 1) as i32 * SHARED;
    let breadth = (LEGEND - 40 - LEFT - shared) / figure.panels.len().max(1) as i32;
    let mut left = 20;
    for (index, panel) in figure.panels.iter().enumerate() {
        let beside = if index == 0 { LEFT } else { SHARED };
        paint_panel(sheet, (left, beside, breadth), figure, panel, axes, &looks)?;
        left += beside + breadth;
    }
    let mut note = format!("Models at one {} stand side by side", axes.place);
    note += if figure.has_several_seeds() { ", seeds to the right of their mean." } else { "." };
    if axes.y.has_zero() {
        note += " An error of 0 stands below the line, beyond the logarithmic axis.";
    }
    sheet.legend(figure, &looks, &note)
}

fn paint_panel(
    sheet: &Sheet<'_>,
    (left, beside, breadth): (i32, i32, i32),
    figure: &Figure,
    panel: &Panel,
    axes: &Axes,
    looks: &Looks,
) -> Drawn {
    let (x, y) = (&axes.x, &axes.y);
    let has_labels = left == 20;
    let mut top = TOP;
    if !panel.title.is_empty() {
        sheet.text(&panel.title, (left + beside + breadth / 2, TOP + ABOVE), TEXT + 3, BLACK, HPos::Center)?;
        top += HEADING;
    }
    let plot = Plot {
        corner: (left, top),
        size: (beside + breadth, HEIGHT as i32 - top - 20),
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
    let aside = asides(figure, x, &axes.places, f64::from(breadth));
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
    for &seed in point.apart() {
        let (x, y) = place(seed);
        sheet.dot((x + RADIUS + 6, y), style.colour)?;
    }
    Ok(())
}
