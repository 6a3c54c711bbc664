//! `parity.svg`: predicted against true values of test molecules, a panel for each model and property.

use super::{
    axis::Axis,
    format::Format,
    panels::Panels,
    plot::{Plot, beside},
    sheet::{BLACK, Drawn, GREY, NOTHING_HEIGHT, PAPER_TOP, Place, Sheet, TEXT, sheet, words},
    style::looks,
    ticks::linear,
    words::cut_to,
};
use crate::{
    metric::Metric,
    number,
    paper::qm9,
    predictions::molecules::{Predicted, ShownRun},
    table::{cut, quoted},
};
use plotters::prelude::{Circle, Color, RGBColor};

/// Models that are shown, the paper's own first.
const MODELS: usize = 4;
/// Points of the whole figure: more would only make it heavier. Each takes about 80 bytes of the page.
const POINTS: usize = 12_000;
/// Panels in a row, and units across for a single one.
const COLUMNS: usize = 4;
const SINGLE: i32 = 1060;
const SINGLE_IN_PAPER: i32 = 800;
const MARGIN: i32 = 40;
const TOP: i32 = 150;
const BESIDE: i32 = 160;
/// In a paper: units that a panel needs across, those that it may shrink to where there are many, and down for all of them: nine inches.
const WIDE: i32 = 380;
const LEAST: i32 = 320;
const PAGE: i32 = 2160;
/// Units between two rows of its panels at least, whose plots are squares.
const BETWEEN: i32 = 22;
/// Height of the words above a plot on the page, and of a line of them.
const HEADING: i32 = 176;
const LINE: i32 = 34;
/// Height of a reason why something is not shown, and its letters.
const REASON: i32 = 84;
const LETTERS: usize = 240;
/// Ticks of an axis at most, and units that a letter of a label and the gap between labels need.
const TICKS: usize = 8;
const LETTER: i32 = 16;
const LABEL_GAP: i32 = 24;

/// What is drawn.
struct Shown<'a> {
    models: Vec<&'a str>,
    /// By property, then model.
    panels: Vec<(&'a ShownRun, &'a Predicted)>,
    /// Why others are not.
    reasons: Vec<String>,
    is_empty: bool,
}

impl<'a> Shown<'a> {
    fn new(shown: &'a [ShownRun]) -> Self {
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
        models.retain(|model| panels.iter().any(|(run, _)| run.model == *model));
        let reasons = runs.iter().filter(|run| run.predicted.is_err()).filter_map(|run| run.warning());
        Self { models, panels, reasons: reasons.collect(), is_empty: runs.is_empty() }
    }

    /// The points of a panel that are shown.
    fn points(&self, predicted: &Predicted) -> Vec<(f64, f64)> {
        thinned(&predicted.pairs, POINTS / self.panels.len().max(1))
    }

    /// Where panels stand, and the slot of each.
    fn grid(&self, format: Format) -> (Panels, Vec<usize>) {
        let count = self.panels.len();
        // In a row of its own each property, in a column each model, if there are several.
        let by_model = if self.models.len() > 1 { self.models.len() } else { count.clamp(1, COLUMNS) };
        if format == Format::Page {
            let across = if by_model == 1 { SINGLE } else { (format.width() - 2 * MARGIN) / by_model as i32 };
            let left = if by_model == 1 { (format.width() - SINGLE) / 2 } else { MARGIN };
            let size = (across, HEADING + across - BESIDE + format.bottom());
            return (Panels { corner: (left, TOP), columns: by_model, size }, slots(&self.panels, &self.models));
        }
        let panels = |columns: usize| {
            let across = (format.across() / columns as i32).min(SINGLE_IN_PAPER);
            Panels { corner: (Format::MARGIN, PAPER_TOP), columns, size: (across, across + 2 * LINE + BETWEEN) }
        };
        let most = |least: i32| (format.across() / least).max(1) as usize;
        let wished = by_model.min(most(WIDE));
        let fitting = (wished..=most(LEAST)).find(|&columns| panels(columns).height(count) <= PAGE);
        let panels = panels(fitting.unwrap_or(most(LEAST)));
        let is_by_model = self.models.len() > 1 && panels.columns == self.models.len();
        (panels, if is_by_model { slots(&self.panels, &self.models) } else { (0..count).collect() })
    }
}

pub(super) fn draw(format: Format, title: &str, shown: &[ShownRun]) -> Result<String, String> {
    let shown = Shown::new(shown);
    let (grid, slots) = shown.grid(format);
    let caption = if shown.is_empty {
        "No finished run: there is nothing to show."
    } else {
        "A point is a test molecule; on the line its prediction is right. Of each model the run on the most molecules is shown."
    };
    let is_page = format == Format::Page;
    let drawn = if shown.panels.is_empty() { 0 } else { grid.height(slots.last().map_or(0, |last| last + 1)) };
    let below = grid.corner.1 + drawn;
    let height = match format {
        Format::Page => (below + shown.reasons.len() as i32 * REASON + 30).max(TOP + 120),
        _ if drawn == 0 => NOTHING_HEIGHT,
        _ => below,
    };
    let colours = looks(&shown.models);
    sheet(format, title, caption, height, |sheet| {
        if drawn == 0 && !is_page {
            sheet.nothing()?;
        }
        for (&slot, (run, predicted)) in slots.iter().zip(&shown.panels) {
            let model = shown.models.iter().position(|model| *model == run.model);
            // Models of a property can be compared.
            let same = shown.panels.iter().filter(|(other, _)| other.property == run.property);
            let cloud = Cloud {
                run,
                predicted,
                pairs: shown.points(predicted),
                ends: ends(same.flat_map(|(_, predicted)| shown.points(predicted))),
                colour: model.map_or(BLACK, |model| colours[model].colour),
            };
            panel(sheet, grid.place(slot), grid.size.0, &cloud)?;
        }
        let reasons = shown.reasons.iter().enumerate().filter(|_| is_page);
        reasons.into_iter().try_for_each(|(index, reason)| {
            sheet.paragraph(&cut(reason, LETTERS), (MARGIN, below + 10 + index as i32 * REASON), 125, GREY).map(drop)
        })
    })
}

/// `parity.csv`: every point that is drawn, after one line that names the columns.
pub(super) fn points(shown: &[ShownRun]) -> String {
    let shown = Shown::new(shown);
    let mut text = String::from("property,model,seed,trained_on,target,prediction\n");
    for (run, predicted) in &shown.panels {
        let of = format!("{},{},{},{}", quoted(&run.property), quoted(&run.model), run.seed, run.trained_on);
        for (target, prediction) in shown.points(predicted) {
            text += &format!("{of},{target},{prediction}\n");
        }
    }
    text
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
    let format = sheet.format;
    let unit = qm9::unit(&run.property);
    // A paper's panel has the unit above only.
    let with_unit = |name: &str| match format {
        Format::Page if !unit.is_empty() => format!("{name} ({unit})"),
        _ => name.to_owned(),
    };
    let title = format!("{}: {}", run.property, run.title);
    let error = format!("MAE {} {unit}", Metric::Mae.text(predicted.mae()));
    let gap = format.pick(20, 44);
    let heading = format.pick(HEADING - 20, 2 * LINE + 6);
    let page = Axis::linear(*ends, ticks(*ends, across - gap - BESIDE));
    let beside = beside(format, BESIDE, &page, number::signed, true);
    let axis = format.pick(page, Axis::linear(*ends, ticks(*ends, across - gap - beside)));
    if format == Format::Page {
        let x = left + beside;
        sheet.text(&title, (x, top), TEXT + 4, BLACK)?;
        for (line, text) in [(error, BLACK), (trained(run), GREY), (said(predicted, pairs), GREY)].iter().enumerate() {
            sheet.text(&text.0, (x, top + 42 + line as i32 * LINE), TEXT - 3, text.1)?;
        }
    } else {
        for (line, text) in [title, error].iter().enumerate() {
            sheet.text(&cut_to(text, across - gap, TEXT), (left, top + line as i32 * LINE), TEXT, BLACK)?;
        }
    }
    let plot = Plot {
        corner: (left, top + heading),
        size: (across - gap, across - gap - beside + format.bottom()),
        beside,
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

fn trained(run: &ShownRun) -> String {
    format!("trained on {}, seed {}", number::count(run.trained_on), run.seed)
}

/// How many of the molecules are shown.
fn said(predicted: &Predicted, pairs: &[(f64, f64)]) -> String {
    let all = number::count(predicted.pairs.len() as i64);
    if pairs.len() < predicted.pairs.len() {
        format!("{} of {all} shown", number::count(pairs.len() as i64))
    } else {
        format!("all {all} shown")
    }
}

/// As many ticks as have room for their labels side by side.
fn ticks(ends: (f64, f64), room: i32) -> Vec<f64> {
    let fits = |ticks: &Vec<f64>| {
        let letters = ticks.iter().map(|&tick| number::signed(tick).chars().count()).max().unwrap_or(0);
        ticks.len() as i32 * (letters as i32 * LETTER + LABEL_GAP) <= room
    };
    (1..=TICKS).rev().map(|most| linear(ends, most)).find(fits).unwrap_or_default()
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
