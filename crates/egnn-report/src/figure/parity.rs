//! `parity.svg`: predicted against true values of test molecules, a panel for each model and property.

use super::{
    axis::Axis,
    panels::Panels,
    plot::{BOTTOM, Plot},
    sheet::{BLACK, Drawn, GREY, Place, Sheet, TEXT, WIDTH, sheet, words},
    style::looks,
    ticks::linear,
};
use crate::{
    metric::Metric,
    number,
    paper::qm9,
    predictions::molecules::{Predicted, ShownRun},
    table::cut,
};
use plotters::{
    prelude::{Circle, Color, RGBColor},
    style::text_anchor::HPos,
};

/// Models that are shown, the paper's own first.
const MODELS: usize = 4;
/// Points of the whole figure: more would only make it heavier. Each takes about 80 bytes of the page.
const POINTS: usize = 12_000;
/// Panels in a row, and units across for a single one.
const COLUMNS: usize = 4;
const SINGLE: i32 = 1060;
const MARGIN: i32 = 40;
const TOP: i32 = 150;
const BESIDE: i32 = 160;
/// Height of the words above a plot, of which a line takes a part.
const HEADING: i32 = 176;
const LINE: i32 = 34;
/// Height of a reason why something is not shown, and its letters.
const REASON: i32 = 84;
const LETTERS: usize = 240;
/// Ticks of an axis at most, and units that a letter of a label and the gap between labels need.
const TICKS: usize = 8;
const LETTER: i32 = 16;
const LABEL_GAP: i32 = 24;

pub(super) fn draw(title: &str, shown: &[ShownRun]) -> Result<String, String> {
    let mut models: Vec<&str> = Vec::new();
    for run in shown.iter().filter(|run| run.model != qm9::MEAN) {
        if !models.contains(&run.model.as_str()) {
            models.push(&run.model);
        }
    }
    models.truncate(MODELS);
    let runs: Vec<&ShownRun> = shown.iter().filter(|run| models.contains(&run.model.as_str())).collect();
    let panels: Vec<(&ShownRun, &Predicted)> =
        runs.iter().filter_map(|run| Some((*run, run.predicted.as_ref().ok()?))).collect();
    let reasons: Vec<String> =
        runs.iter().filter(|run| run.predicted.is_err()).filter_map(|run| run.warning()).collect();
    let caption = if runs.is_empty() {
        "No finished run: there is nothing to show."
    } else {
        "A point is a test molecule; on the line its prediction is right. Of each model the run on the most molecules is shown."
    };
    models.retain(|model| panels.iter().any(|(run, _)| run.model == *model));
    let columns = if models.len() > 1 { models.len() } else { panels.len().clamp(1, COLUMNS) };
    let slots = slots(&panels, &models);
    let across = if columns == 1 { SINGLE } else { (WIDTH as i32 - 2 * MARGIN) / columns as i32 };
    let grid = Panels {
        corner: (if columns == 1 { (WIDTH as i32 - SINGLE) / 2 } else { MARGIN }, TOP),
        columns,
        size: (across, HEADING + across - BESIDE + BOTTOM),
    };
    let below = TOP + if panels.is_empty() { 0 } else { grid.height(slots.last().map_or(0, |last| last + 1)) };
    let height = below + reasons.len() as i32 * REASON + 30;
    let colours = looks(&models);
    let room = POINTS / panels.len().max(1);
    sheet(title, caption, height.max(TOP + 120) as u32, |sheet| {
        for (&slot, (run, predicted)) in slots.iter().zip(&panels) {
            let colour =
                models.iter().position(|model| *model == run.model).map_or(BLACK, |model| colours[model].colour);
            // Models of a property can be compared.
            let same = panels.iter().filter(|(other, _)| other.property == run.property);
            let cloud = Cloud {
                run,
                predicted,
                pairs: thinned(&predicted.pairs, room),
                ends: ends(same.flat_map(|(_, predicted)| thinned(&predicted.pairs, room))),
                colour,
            };
            panel(sheet, grid.place(slot), across, &cloud)?;
        }
        reasons.iter().enumerate().try_for_each(|(index, reason)| {
            sheet.paragraph(&cut(reason, LETTERS), (MARGIN, below + 10 + index as i32 * REASON), 125, GREY).map(drop)
        })
    })
}

/// Where panels stand: one after another, or where there are several models a property in each row and a model in each column.
fn slots(panels: &[(&ShownRun, &Predicted)], models: &[&str]) -> Vec<usize> {
    let mut properties: Vec<&str> = panels.iter().map(|(run, _)| run.property.as_str()).collect();
    properties.dedup();
    let of = |found: &[&str], name: &str| found.iter().position(|other| *other == name).unwrap_or_default();
    let slot =
        |(run, _): &(&ShownRun, &Predicted)| of(&properties, &run.property) * models.len() + of(models, &run.model);
    panels.iter().map(slot).collect()
}

/// The points of a panel.
struct Cloud<'a> {
    run: &'a ShownRun,
    predicted: &'a Predicted,
    /// Those that are shown.
    pairs: Vec<(f64, f64)>,
    /// Ends of both axes.
    ends: (f64, f64),
    colour: RGBColor,
}

fn panel(sheet: &Sheet<'_>, (left, top): Place, across: i32, cloud: &Cloud<'_>) -> Drawn {
    let Cloud { run, predicted, pairs, ends, colour } = cloud;
    let all = number::count(predicted.pairs.len() as i64);
    let shown = if pairs.len() < predicted.pairs.len() {
        format!("{} of {all} shown", number::count(pairs.len() as i64))
    } else {
        format!("all {all} shown")
    };
    let trained = format!("trained on {}, seed {}", number::count(run.trained_on), run.seed);
    let unit = qm9::unit(&run.property);
    let with_unit = |name: &str| if unit.is_empty() { name.to_owned() } else { format!("{name} ({unit})") };
    let error = format!("MAE {} {unit}", Metric::Mae.text(predicted.mae()));
    let x = left + BESIDE;
    sheet.text(&format!("{}: {}", run.property, run.title), (x, top), TEXT + 4, BLACK, HPos::Left)?;
    for (line, text) in [(error, BLACK), (trained, GREY), (shown, GREY)].iter().enumerate() {
        sheet.text(&text.0, (x, top + 42 + line as i32 * LINE), TEXT - 3, text.1, HPos::Left)?;
    }
    let axis = Axis::linear(*ends, ticks(*ends, across - 20 - BESIDE));
    let plot = Plot {
        corner: (left, top + HEADING - 20),
        size: (across - 20, across - 20 - BESIDE + BOTTOM),
        beside: BESIDE,
        axes: (&axis, &axis),
        names: (&with_unit("true"), &with_unit("predicted")),
        labels: (&number::signed, &number::signed),
    };
    let at = plot.draw(sheet)?;
    sheet.line(vec![at(ends.0, ends.0), at(ends.1, ends.1)], GREY, 2)?;
    // Where many points stand it is darker.
    let (radius, part) = if pairs.len() > 2000 { (3, 0.35) } else { (4, 0.5) };
    for &(target, prediction) in pairs {
        let point = Circle::new(at(target, prediction), radius, colour.mix(part).filled());
        sheet.root.draw(&point).map_err(words)?;
    }
    Ok(())
}

/// As many ticks as have room for their labels side by side.
fn ticks(ends: (f64, f64), room: i32) -> Vec<f64> {
    let fits = |ticks: &Vec<f64>| {
        let letters = ticks.iter().map(|&tick| number::signed(tick).chars().count()).max().unwrap_or(0);
        ticks.len() as i32 * (letters as i32 * LETTER + LABEL_GAP) <= room
    };
    (2..=TICKS).rev().map(|most| linear(ends, most)).find(fits).unwrap_or_else(|| linear(ends, 2))
}

/// At most so many, evenly over the file, whose order is the split's and says nothing.
fn thinned(pairs: &[(f64, f64)], most: usize) -> Vec<(f64, f64)> {
    let shown = pairs.len().min(most.max(1));
    (0..shown).map(|index| pairs[index * pairs.len() / shown]).collect()
}

/// Ends of both axes: they hold everything that is shown.
fn ends(pairs: impl Iterator<Item = (f64, f64)>) -> (f64, f64) {
    let (low, high) = pairs.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (target, prediction)| {
        (low.min(target).min(prediction), high.max(target).max(prediction))
    });
    let margin = if high > low { (high - low) * 0.04 } else { low.abs().max(1.0) * 0.1 };
    (low - margin, high + margin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_left_out_evenly() {
        let pairs: Vec<(f64, f64)> = (0..100).map(|index| (f64::from(index), 0.0)).collect();
        assert_eq!(thinned(&pairs, 200), pairs);
        assert_eq!(thinned(&pairs, 4).iter().map(|pair| pair.0).collect::<Vec<_>>(), [0.0, 25.0, 50.0, 75.0]);
        assert_eq!(thinned(&pairs, 0).len(), 1);
    }

    #[test]
    fn both_axes_hold_every_point() {
        let (low, high) = ends([(1.0, 5.0), (-2.0, 0.0)].into_iter());
        assert!(low < -2.0 && high > 5.0);
        let (low, high) = ends([(3.0, 3.0)].into_iter());
        assert!(low < 3.0 && high > 3.0);
    }
}
