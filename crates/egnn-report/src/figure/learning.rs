//! Learning curves: the error of each property against training molecules, a line a model, between what the paper's EGNN reaches and
//! what saying the mean for each molecule gives.

use super::{
    axis::Axis,
    curve::{asides, mark},
    data::{Figure, Panel},
    panels::{BELOW, Panels, heading},
    plot::Plot,
    sheet::{BLACK, Drawn, GREY, KEY, LEGEND, LETTERS, Place, Sheet, TEXT, TOP, WORDS, sheet},
    style::{Looks, Marker, Style},
    ticks::sparse,
};
use crate::{number, paper::qm9};
use plotters::style::{RGBColor, text_anchor::HPos};

const WIDTH: i32 = LEGEND - 60;
const HEIGHTS: [i32; 3] = [960, 780, 600];
/// Where panels begin: the caption has two lines.
const UPPER: i32 = TOP + 20;
/// Units for tick labels beside a plot, a panel's title, and what that leaves free above.
const BESIDE: i32 = 130;
const HEADING: i32 = 60;
const ABOVE: i32 = 12;
/// Units that a tick label below needs.
const LABEL: f64 = 110.0;
/// What the legend takes besides its models.
const LEGEND_HEIGHT: i32 = 480;
const OF_MODEL: i32 = 125;
/// The paper's EGNN and the mean have no colour of a model's.
const GOAL: RGBColor = RGBColor(20, 20, 20);
const GOAL_STYLE: Style = Style { colour: GOAL, marker: Marker::Circle };

pub(super) fn draw(figure: &Figure) -> Result<String, String> {
    let count = figure.panels.len();
    let panels = Panels::beside_legend((20, UPPER), WIDTH, count, HEIGHTS);
    let legend = LEGEND_HEIGHT + figure.named().len() as i32 * OF_MODEL;
    let height = UPPER + 20 + panels.height(count).max(legend);
    sheet(&figure.title, &figure.caption, height as u32, |sheet| paint(sheet, figure, &panels))
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

fn paint(sheet: &Sheet<'_>, figure: &Figure, panels: &Panels) -> Drawn {
    let looks = Looks::new(figure);
    let length = f64::from(panels.size.0 - BESIDE);
    let (x, places) = axis(figure, length);
    let aside = asides(figure, &x, &places, length);
    if figure.panels.is_empty() {
        sheet.text("No runs: there is nothing to draw.", (60, UPPER + 40), TEXT, GREY, HPos::Left)?;
    }
    for (index, panel) in figure.panels.iter().enumerate() {
        paint_panel(sheet, panels.place(index), panels.size, panel, &x, &looks, &aside)?;
    }
    legend(sheet, figure, &looks)
}

fn paint_panel(
    sheet: &Sheet<'_>,
    (left, top): Place,
    (width, height): (i32, i32),
    panel: &Panel,
    x: &Axis,
    looks: &Looks,
    aside: &impl Fn(&str) -> i32,
) -> Drawn {
    let middle = left + BESIDE + (width - BESIDE) / 2;
    sheet.text(&heading(&panel.title, width), (middle, top + ABOVE), TEXT + 3, BLACK, HPos::Center)?;
    let y = Axis::logarithmic(panel.values());
    let plot = Plot {
        corner: (left, top + HEADING),
        size: (width - 10, height - HEADING - BELOW),
        beside: BESIDE,
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

fn legend(sheet: &Sheet<'_>, figure: &Figure, looks: &Looks) -> Drawn {
    let mut y = sheet.keys(figure, looks)?;
    let middle = y + TEXT / 2;
    sheet.dashes(&[(KEY - 34, middle), (KEY + 34, middle)], GOAL)?;
    sheet.hollow((KEY, middle), GOAL_STYLE)?;
    let paper = format!(
        "EGNN, paper ({} molecules, {} epochs)",
        number::count(qm9::TRAIN_MOLECULES),
        number::count(qm9::EPOCHS)
    );
    y = sheet.paragraph(&paper, (WORDS, y), LETTERS, BLACK)? + 16;
    sheet.dots(&[(KEY - 34, y + TEXT / 2), (KEY + 34, y + TEXT / 2)], GREY)?;
    y = sheet.paragraph("saying the training molecules' mean for each", (WORDS, y), LETTERS, BLACK)?;
    let note = if figure.has_several_seeds() { "Seeds stand to the right of their mean." } else { "" };
    sheet.note(note, y + 28)
}
