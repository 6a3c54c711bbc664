//! Learning curves: the error of each property against training molecules, a line a model, between what the paper's EGNN reaches and
//! what saying the mean for each molecule gives.

use super::{
    axis::Axis,
    curve::{asides, mark},
    data::{Figure, Panel},
    format::Format,
    legend::{HALF, Key, LEGEND, Legend},
    panels::{BELOW, Panels, heading},
    plot::{Plot, beside},
    sheet::{BLACK, Drawn, GREY, NOTHING_HEIGHT, Place, Sheet, TEXT, TOP, sheet},
    style::{Looks, Marker, Style},
    ticks::sparse,
};
use crate::{number, paper::qm9};
use plotters::style::{RGBColor, text_anchor::HPos};

const WIDTH: i32 = LEGEND - 60;
const HEIGHTS: [i32; 3] = [960, 780, 600];
/// Units that a panel needs across in a paper, and its height for that.
const LEAST: i32 = 380;
const PROPORTION: f64 = 1.0;
/// Where panels begin: the caption has two lines.
const UPPER: i32 = TOP + 20;
/// Units for tick labels beside a plot, and what a panel's title leaves free above.
const BESIDE: i32 = 130;
const ABOVE: i32 = 12;
/// Units that a tick label below needs.
const LABEL: f64 = 110.0;
/// Units to the right of a plot of a paper, for half of the last one.
const RIGHT: i32 = 44;
/// What the legend takes besides its models.
const LEGEND_HEIGHT: i32 = 480;
const OF_MODEL: i32 = 125;
/// The paper's EGNN and the mean have no colour of a model's.
const GOAL: RGBColor = RGBColor(20, 20, 20);
const GOAL_STYLE: Style = Style { colour: GOAL, marker: Marker::Circle };

pub(super) fn draw(format: Format, figure: &Figure) -> Result<String, String> {
    let count = figure.panels.len();
    let panels = match format {
        Format::Page => Panels::beside_legend((20, UPPER), WIDTH, count, HEIGHTS),
        _ => Panels::across(format, count, LEAST, PROPORTION),
    };
    let looks = Looks::new(figure);
    let legend = legend(format, figure, &looks);
    let below = panels.corner.1 + if count == 0 { NOTHING_HEIGHT } else { panels.height(count) };
    let height = match format {
        Format::Page => {
            let beside = LEGEND_HEIGHT + figure.named().len() as i32 * OF_MODEL;
            UPPER + 20 + panels.height(count).max(beside)
        }
        _ => below + legend.height(format),
    };
    sheet(format, &figure.title, &figure.caption, height, |sheet| {
        paint(sheet, figure, &panels, &looks)?;
        legend.draw(sheet, TOP, below)
    })
}

/// The axis of training molecules, which all panels share, and our places on it.
fn axis(figure: &Figure, length: f64) -> (Axis, Vec<f64>) {
    let mut places: Vec<f64> = figure.series().flat_map(|series| series.points.iter().map(|point| point.at)).collect();
    places.sort_by(f64::total_cmp);
    places.dedup();
    let paper = qm9::TRAIN_MOLECULES as f64;
    // Ends first.
    let wanted: Vec<f64> = [paper].iter().chain(places.first()).chain(places.last()).chain(&places).copied().collect();
    let x =
        Axis::logarithmic_places(places.iter().copied().chain([paper]), |ends| sparse(&wanted, ends, length, LABEL));
    (x, places)
}

fn paint(sheet: &Sheet<'_>, figure: &Figure, panels: &Panels, looks: &Looks) -> Drawn {
    // One width for all: panels are compared.
    let values = || figure.panels.iter().map(|panel| Axis::logarithmic(panel.values()));
    let beside = values().map(|y| beside(sheet.format, BESIDE, &y, number::plain, false)).max().unwrap_or(BESIDE);
    let right = sheet.format.pick(0, RIGHT);
    let length = f64::from(panels.size.0 - beside - right);
    let (x, places) = axis(figure, length);
    let aside = asides(figure, &x, &places, length);
    if figure.panels.is_empty() {
        let (left, top) = panels.corner;
        sheet.text("No runs: there is nothing to draw.", (left + 40, top + 40), TEXT, GREY)?;
    }
    for (index, panel) in figure.panels.iter().enumerate() {
        paint_panel(sheet, (panels.place(index), panels.size, beside), panel, &x, looks, &aside)?;
    }
    Ok(())
}

fn paint_panel(
    sheet: &Sheet<'_>,
    ((left, top), (width, height), beside): (Place, (i32, i32), i32),
    panel: &Panel,
    x: &Axis,
    looks: &Looks,
    aside: &impl Fn(&str) -> i32,
) -> Drawn {
    let format = sheet.format;
    let above = format.pick(60, 40);
    let middle = left + format.pick(beside + (width - beside) / 2, width / 2);
    sheet.text_to(
        &heading(&panel.title, width),
        (middle, top + format.pick(ABOVE, 0)),
        TEXT + 3,
        BLACK,
        HPos::Center,
    )?;
    let y = Axis::logarithmic(panel.values());
    let plot = Plot {
        corner: (left, top + above),
        size: (width - format.pick(10, RIGHT), height - above - BELOW),
        beside,
        axes: (x, &y),
        names: ("training molecules", ""),
        labels: (&|place| number::count(place as i64), &number::plain),
    };
    let at = plot.draw(sheet)?;
    let (low, high) = x.ends();
    if let (Some(first), Some(last)) = (panel.of_mean.first(), panel.of_mean.last()) {
        let ends = [(low, first.1), (high, last.1)];
        let all = ends[..1].iter().chain(&panel.of_mean).chain(&ends[1..]);
        sheet.dots(&all.map(|&(place, value)| at(place, value)).collect::<Vec<_>>(), GREY)?;
    }
    if let Some(goal) = panel.goal {
        sheet.dashes(&[at(low, goal), at(high, goal)], GOAL)?;
        sheet.hollow(at(qm9::TRAIN_MOLECULES as f64, goal), GOAL_STYLE)?;
    }
    for series in &panel.series {
        let by = aside(&series.title);
        let shifted = |(x, y): Place| (x + by, y);
        let places: Vec<Place> = series.points.iter().map(|point| shifted(at(point.at, point.mean))).collect();
        if places.len() > 1 {
            sheet.line(places, looks.of(series).colour, 4)?;
        }
        for point in &series.points {
            mark(sheet, point, looks.of(series), |value| shifted(at(point.at, value)), y.ends().0)?;
        }
    }
    Ok(())
}

fn legend<'a>(format: Format, figure: &'a Figure, looks: &Looks) -> Legend<'a> {
    let note = if figure.has_several_seeds() { "Seeds stand to the right of their mean." } else { "" };
    let mut legend = Legend::of(format, figure, looks, note.into());
    let paper = format!(
        "EGNN, paper ({} molecules, {} epochs)",
        number::count(qm9::TRAIN_MOLECULES),
        number::count(qm9::EPOCHS)
    );
    legend.marks.push(Key::new(paper, |sheet, (x, y)| {
        sheet.dashes(&[(x - HALF, y), (x + HALF, y)], GOAL)?;
        sheet.hollow((x, y), GOAL_STYLE)
    }));
    let of_mean = Key::new("saying the training molecules' mean for each", |sheet, (x, y)| {
        sheet.dots(&[(x - HALF, y), (x + HALF, y)], GREY)
    });
    legend.marks.push(Key { gap: 0, ..of_mean });
    legend
}
