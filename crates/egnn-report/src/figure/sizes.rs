//! `sizes.svg`: error by number of atoms, a line a model, with the number of molecules of each size below.

use super::{
    axis::Axis,
    data::{Figure, Panel, Point, Series},
    panels::{BELOW, Panels, heading},
    plot::{BOTTOM, Plot},
    sheet::{BLACK, Drawn, GREY, KEY, LEGEND, LETTERS, Place, RADIUS, Sheet, TEXT, TOP, WHITE, WORDS, sheet},
    style::{Looks, Marker, Style},
    ticks::linear,
};
use crate::{
    kind::Kind,
    metric::Metric,
    number, paper,
    predictions::molecules::{Predicted, ShownRun},
    table::cut,
};
use plotters::style::{RGBColor, text_anchor::HPos};

/// Sizes with fewer molecules are hollow: their mean says little.
const FEW: usize = 10;
const AREA: i32 = LEGEND - 60;
const HEIGHTS: [i32; 3] = [1080, 900, 720];
/// Part of a panel's plots that the bars take, and what they leave free above.
const BARS: f64 = 0.22;
const GAP: i32 = 18;
const BESIDE: i32 = 150;
const HEADING: i32 = 60;
const LABEL: i32 = 70;
const LEGEND_HEIGHT: i32 = 520;
const OF_MODEL: i32 = 120;
const REASON: i32 = 84;
const BAR: RGBColor = RGBColor(190, 190, 190);

/// A property's models with their errors by size.
struct Property<'a> {
    name: &'a str,
    runs: Vec<(&'a ShownRun, &'a Predicted)>,
}

pub(super) fn draw(title: &str, shown: &[ShownRun]) -> Result<String, String> {
    let mut properties: Vec<Property<'_>> = Vec::new();
    for run in shown {
        let Ok(predicted) = &run.predicted else { continue };
        match properties.iter_mut().find(|property| property.name == run.property) {
            Some(property) => property.runs.push((run, predicted)),
            None => properties.push(Property { name: &run.property, runs: vec![(run, predicted)] }),
        }
    }
    let reasons: Vec<String> =
        shown.iter().filter(|run| run.predicted.is_err()).filter_map(ShownRun::warning).collect();
    let figure = figure(title, &properties, shown.is_empty());
    let count = properties.len();
    let panels = Panels::beside_legend((20, TOP), AREA, count, HEIGHTS);
    let drawn =
        if count == 0 { 0 } else { panels.height(count).max(LEGEND_HEIGHT + figure.named().len() as i32 * OF_MODEL) };
    let height = TOP + 30 + drawn + reasons.len() as i32 * REASON;
    sheet(&figure.title, &figure.caption, height.max(TOP + 120) as u32, |sheet| {
        if count > 0 {
            let looks = Looks::new(&figure);
            for (index, property) in properties.iter().enumerate() {
                paint(sheet, panels.place(index), panels.size, property, &figure.panels[index], &looks)?;
            }
            legend(sheet, &figure, &looks)?;
        }
        reasons.iter().enumerate().try_for_each(|(index, reason)| {
            sheet.paragraph(&cut(reason, 240), (40, TOP + drawn + 20 + index as i32 * REASON), 125, GREY).map(drop)
        })
    })
}

fn figure(title: &str, properties: &[Property<'_>], is_empty: bool) -> Figure {
    let caption = if is_empty {
        "No finished run: there is nothing to show."
    } else {
        "Of each model the run on the most molecules is shown, of its seeds the lowest."
    };
    let panels = properties.iter().map(|property| Panel {
        title: paper::set_title(Kind::Qm9, property.name),
        series: property.runs.iter().map(|(run, predicted)| series(properties, run, predicted)).collect(),
        ..Panel::default()
    });
    Figure { title: title.into(), caption: caption.into(), metric: Metric::Mae, panels: panels.collect(), paper: None }
}

fn series(properties: &[Property<'_>], run: &ShownRun, predicted: &Predicted) -> Series {
    let mut budgets: Vec<String> = Vec::new();
    let same = |other: &&(&ShownRun, &Predicted)| other.0.model == run.model;
    for (run, _) in properties.iter().flat_map(|property| property.runs.iter().filter(same)) {
        let budget = format!("trained on {}, seed {}", number::count(run.trained_on), run.seed);
        if !budgets.contains(&budget) {
            budgets.push(budget);
        }
    }
    let point = |(atoms, _, mean): (i64, usize, f64)| Point { at: atoms as f64, mean, spread: None, seeds: vec![mean] };
    Series {
        model: run.model.clone(),
        title: run.title.clone(),
        budget: budgets.join("; "),
        points: predicted.by_size().into_iter().map(point).collect(),
        paper: Vec::new(),
    }
}

fn paint(
    sheet: &Sheet<'_>,
    (left, top): Place,
    (width, height): (i32, i32),
    property: &Property<'_>,
    panel: &Panel,
    looks: &Looks,
) -> Drawn {
    let middle = left + BESIDE + (width - BESIDE) / 2;
    sheet.text(&heading(&panel.title, width), (middle, top + 12), TEXT + 3, BLACK, HPos::Center)?;
    let sizes = || panel.series.iter().flat_map(|series| series.points.iter().map(|point| point.at));
    let ends = (sizes().fold(f64::INFINITY, f64::min) - 1.0, sizes().fold(f64::NEG_INFINITY, f64::max) + 1.0);
    let length = width - 10 - BESIDE;
    let x = Axis::linear(ends, linear(ends, (length / LABEL).max(2) as usize));
    let y = Axis::logarithmic(panel.values());
    let room = height - HEADING - BOTTOM - GAP - BELOW;
    let bars = (f64::from(room) * BARS) as i32;
    let none = |_: f64| String::new();
    let plot = Plot {
        corner: (left, top + HEADING),
        size: (width - 10, room - bars + BOTTOM),
        beside: BESIDE,
        axes: (&x, &y),
        names: ("", ""),
        labels: (&none, &number::plain),
    };
    let at = plot.draw(sheet)?;
    let counts = property.runs[0].1.by_size();
    draw_bars(sheet, (left, top + HEADING + room - bars + GAP), (width - 10, bars + BOTTOM), &x, &counts)?;
    // Markers of neighbouring sizes do not touch.
    let radius = ((f64::from(length) / (ends.1 - ends.0) * 0.36) as i32).clamp(5, RADIUS);
    for (series, (_, predicted)) in panel.series.iter().zip(&property.runs) {
        let style = looks.of(series);
        let places: Vec<Place> = series.points.iter().map(|point| at(point.at, point.mean)).collect();
        if places.len() > 1 {
            sheet.line(places.clone(), style.colour, 3)?;
        }
        for (place, (_, count, _)) in places.into_iter().zip(predicted.by_size()) {
            if count < FEW {
                sheet.shape(place, style.marker, radius, WHITE)?;
                sheet.outline(place, style, radius)?;
            } else {
                sheet.shape(place, style.marker, radius, style.colour)?;
            }
        }
    }
    Ok(())
}

/// How many molecules there are of each size.
fn draw_bars(sheet: &Sheet<'_>, corner: Place, size: (i32, i32), x: &Axis, counts: &[(i64, usize, f64)]) -> Drawn {
    let most = counts.iter().map(|(_, count, _)| *count).max().unwrap_or(1) as f64;
    let ends = (0.0, most * 1.1);
    let y = Axis::linear(ends, linear(ends, 3));
    let plot = Plot {
        corner,
        size,
        beside: BESIDE,
        axes: (x, &y),
        names: ("atoms of the molecule", "molecules"),
        labels: (&number::signed, &number::plain),
    };
    let at = plot.draw(sheet)?;
    let (low, high) = x.ends();
    let half = ((f64::from(size.0 - BESIDE) / (high - low) * 0.4) as i32).max(1);
    for &(atoms, count, _) in counts {
        let ((middle, low), (_, high)) = (at(atoms as f64, 0.0), at(atoms as f64, count as f64));
        sheet.filled((middle - half, high), (middle + half, low), BAR)?;
    }
    Ok(())
}

fn legend(sheet: &Sheet<'_>, figure: &Figure, looks: &Looks) -> Drawn {
    let mut y = TOP + 12;
    for series in figure.named() {
        let style = looks.of(series);
        sheet.line(vec![(KEY - 34, y + TEXT / 2), (KEY + 34, y + TEXT / 2)], style.colour, 3)?;
        sheet.marker((KEY, y + TEXT / 2), style)?;
        y = sheet.paragraph(&series.title, (WORDS, y), LETTERS, BLACK)?;
        y = sheet.paragraph(&series.budget, (WORDS, y), LETTERS, GREY)? + 16;
    }
    y += 22;
    sheet.hollow((KEY, y + TEXT / 2), Style { colour: GREY, marker: Marker::Circle })?;
    y = sheet.paragraph(&format!("fewer than {FEW} molecules of the size"), (WORDS, y), LETTERS, BLACK)? + 16;
    sheet.filled((KEY - 12, y), (KEY + 12, y + TEXT), BAR)?;
    sheet.paragraph("test molecules of the size", (WORDS, y), LETTERS, BLACK).map(drop)
}
