//! `sizes.svg`: error by number of atoms, a line a model, with the number of molecules of each size below.

use super::{
    axis::Axis,
    data::{Figure, Panel, Point, Series},
    format::Format,
    legend::{HALF, Key, LEGEND, Legend},
    panels::{BELOW, Panels, heading},
    plot::{Plot, beside},
    sheet::{BLACK, Drawn, GREY, NOTHING_HEIGHT, Place, Sheet, TEXT, TOP, WHITE, sheet},
    style::{Looks, Marker, Style},
    ticks::linear,
};
use crate::{
    group::SeedValue,
    kind::Kind,
    metric::Metric,
    number, paper,
    predictions::molecules::{Predicted, ShownRun},
    table::{cut, quoted},
};
use plotters::style::{RGBColor, text_anchor::HPos};

/// Sizes with fewer molecules are hollow: their mean says little.
const FEW: usize = 10;
const AREA: i32 = LEGEND - 60;
const HEIGHTS: [i32; 3] = [1080, 900, 720];
/// Units that a panel needs across in a paper, and its height for that.
const LEAST: i32 = 380;
const PROPORTION: f64 = 1.1;
/// Units to the right of a plot, in a paper enough for half of the last tick label.
const RIGHT: (i32, i32) = (10, 20);
/// Part of a panel's plots that the bars take, and what they leave free above.
const BARS: f64 = 0.22;
const GAP: i32 = 18;
const BESIDE: i32 = 150;
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

/// The properties that can be shown.
fn properties(shown: &[ShownRun]) -> Vec<Property<'_>> {
    let mut properties: Vec<Property<'_>> = Vec::new();
    for run in shown {
        let Ok(predicted) = &run.predicted else { continue };
        match properties.iter_mut().find(|property| property.name == run.property) {
            Some(property) => property.runs.push((run, predicted)),
            None => properties.push(Property { name: &run.property, runs: vec![(run, predicted)] }),
        }
    }
    properties
}

pub(super) fn draw(format: Format, title: &str, shown: &[ShownRun]) -> Result<String, String> {
    let properties = properties(shown);
    let reasons: Vec<String> =
        shown.iter().filter(|run| run.predicted.is_err()).filter_map(ShownRun::warning).collect();
    let figure = figure(title, &properties, shown.is_empty());
    let looks = Looks::new(&figure);
    let legend = legend(&figure, &looks);
    let count = properties.len();
    let panels = match format {
        Format::Page => Panels::beside_legend((20, TOP), AREA, count, HEIGHTS),
        _ => Panels::across(format, count, LEAST, PROPORTION),
    };
    let least = format.pick(LEGEND_HEIGHT + figure.named().len() as i32 * OF_MODEL, 0);
    let drawn = if count == 0 { 0 } else { panels.height(count).max(least) };
    let below = panels.corner.1 + drawn;
    let height = match format {
        Format::Page => (TOP + 30 + drawn + reasons.len() as i32 * REASON).max(TOP + 120),
        _ if count == 0 => NOTHING_HEIGHT,
        _ => below + legend.height(format),
    };
    sheet(format, &figure.title, &figure.caption, height, |sheet| {
        if count > 0 {
            for (index, property) in properties.iter().enumerate() {
                paint(sheet, panels.place(index), panels.size, property, &figure.panels[index], &looks)?;
            }
            legend.draw(sheet, TOP, below)?;
        } else if format != Format::Page {
            sheet.nothing()?;
        }
        let reasons = reasons.iter().enumerate().filter(|_| format == Format::Page);
        reasons.into_iter().try_for_each(|(index, reason)| {
            sheet.paragraph(&cut(reason, 240), (40, TOP + drawn + 20 + index as i32 * REASON), 125, GREY).map(drop)
        })
    })
}

/// `sizes.csv`: error and molecules of each size that is drawn, after one line that names the columns.
pub(super) fn points(shown: &[ShownRun]) -> String {
    let mut text = String::from("property,model,seed,trained_on,atoms,molecules,mae\n");
    for (run, predicted) in properties(shown).iter().flat_map(|property| &property.runs) {
        let of = format!("{},{},{},{}", quoted(&run.property), quoted(&run.model), run.seed, run.trained_on);
        for (atoms, molecules, mae) in predicted.by_size() {
            text += &format!("{of},{atoms},{molecules},{mae}\n");
        }
    }
    text
}

fn figure(title: &str, properties: &[Property<'_>], is_empty: bool) -> Figure {
    let caption = if is_empty {
        "No finished run: there is nothing to show."
    } else {
        "Of each model the run on the most molecules is shown, of its seeds the lowest."
    };
    let panels = properties.iter().map(|property| Panel {
        set: property.name.into(),
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
    let point = |(atoms, _, mean): (i64, usize, f64)| Point {
        at: atoms as f64,
        mean,
        spread: None,
        seeds: vec![SeedValue { seed: run.seed, value: mean }],
    };
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
    let format = sheet.format;
    let above = format.pick(60, 40);
    let y = Axis::logarithmic(panel.values());
    let counts = property.runs[0].1.by_size();
    let bars = bars_axis(format, &counts);
    let both = [(&y, number::plain as fn(f64) -> String), (&bars, number::plain)];
    let beside = both.map(|(axis, label)| beside(format, BESIDE, axis, label, false)).into_iter().max();
    let beside = beside.unwrap_or(BESIDE);
    let middle = (left + format.pick(beside + (width - beside) / 2, width / 2), top + format.pick(12, 0));
    sheet.text_to(&heading(&panel.title, width), middle, TEXT + 3, BLACK, HPos::Center)?;
    let sizes = || panel.series.iter().flat_map(|series| series.points.iter().map(|point| point.at));
    let ends = (sizes().fold(f64::INFINITY, f64::min) - 1.0, sizes().fold(f64::NEG_INFINITY, f64::max) + 1.0);
    let across = width - format.pick(RIGHT.0, RIGHT.1);
    let length = across - beside;
    let x = Axis::linear(ends, linear(ends, (length / LABEL).max(2) as usize));
    let room = height - above - format.bottom() - GAP - BELOW;
    let part = (f64::from(room) * BARS) as i32;
    let none = |_: f64| String::new();
    let plot = Plot {
        corner: (left, top + above),
        size: (across, room - part + format.bottom()),
        beside,
        axes: (&x, &y),
        names: ("", ""),
        labels: (&none, &number::plain),
    };
    let at = plot.draw(sheet)?;
    let plot = Plot {
        corner: (left, top + above + room - part + GAP),
        size: (across, part + format.bottom()),
        axes: (&x, &bars),
        names: ("atoms of the molecule", format.pick("molecules", "")),
        labels: (&number::signed, &number::plain),
        ..plot
    };
    draw_bars(sheet, &plot, &counts)?;
    // Markers of neighbouring sizes do not touch.
    let radius = ((f64::from(length) / (ends.1 - ends.0) * 0.36) as i32).clamp(5, format.radius());
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

/// The axis of how many molecules there are.
fn bars_axis(format: Format, counts: &[(i64, usize, f64)]) -> Axis {
    let most = counts.iter().map(|(_, count, _)| *count).max().unwrap_or(1) as f64;
    let ends = (0.0, most * 1.1);
    Axis::linear(ends, linear(ends, format.pick(3, 2)))
}

/// How many molecules there are of each size.
fn draw_bars(sheet: &Sheet<'_>, plot: &Plot<'_>, counts: &[(i64, usize, f64)]) -> Drawn {
    let at = plot.draw(sheet)?;
    let (low, high) = plot.axes.0.ends();
    let half = ((f64::from(plot.size.0 - plot.beside) / (high - low) * 0.4) as i32).max(1);
    for &(atoms, count, _) in counts {
        let ((middle, low), (_, high)) = (at(atoms as f64, 0.0), at(atoms as f64, count as f64));
        sheet.filled((middle - half, high), (middle + half, low), BAR)?;
    }
    Ok(())
}

fn legend<'a>(figure: &'a Figure, looks: &Looks) -> Legend<'a> {
    let series = figure.named().into_iter().map(|series| {
        let style = looks.of(series);
        let mark = move |sheet: &Sheet<'_>, (x, y): Place| {
            sheet.line(vec![(x - HALF, y), (x + HALF, y)], style.colour, 3)?;
            sheet.marker((x, y), style)
        };
        Key { more: series.budget.clone(), ..Key::new(&series.title, mark) }
    });
    let few = Style { colour: GREY, marker: Marker::Circle };
    let marks = vec![
        Key::new(format!("fewer than {FEW} molecules of the size"), move |sheet, at| sheet.hollow(at, few)),
        Key::new("test molecules of the size", |sheet, (x, y)| {
            sheet.filled((x - 12, y - TEXT / 2), (x + 12, y - TEXT / 2 + TEXT), BAR)
        }),
    ];
    Legend { series: series.collect(), marks, note: None }
}
