//! `figure.csv`: what a figure shows, a row for each number.

use super::data::{Figure, Panel, Point, Series};
use crate::table::{optional, quoted};

/// The figure's points in full precision, after one line that names the columns.
///
/// `kind` says what `value` is: `mean`, `low` and `high` (the mean less and plus its standard deviation; a low that is not positive is left
/// out, as it is in the figure), `seed` (of which `seed` has the number), `paper` (the paper's or another published value of the model), `goal`
/// (the paper's EGNN, a line across) and `of_mean` (saying the training molecules' mean for each). `at` is the place on the horizontal axis; in
/// a table drawn as dots, the number of training samples, if that tells rows apart, or nothing. What cannot be shown is not in it.
pub(super) fn points(figure: &Figure, has_places: bool) -> String {
    let mut text = String::from("set,model,series,at,kind,seed,value\n");
    for panel in &figure.panels {
        for series in &panel.series {
            for point in &series.points {
                of_point(&mut text, panel, series, point, has_places);
            }
            for &(at, value) in &series.paper {
                let of = [&series.model, &series.title].map(|text| text.as_str());
                row(&mut text, panel, of, Some(at).filter(|_| has_places), "paper", None, value);
            }
        }
        if let Some(goal) = panel.goal {
            row(&mut text, panel, [""; 2], None, "goal", None, goal);
        }
        for &(at, value) in &panel.of_mean {
            row(&mut text, panel, [""; 2], Some(at), "of_mean", None, value);
        }
    }
    text
}

fn of_point(text: &mut String, panel: &Panel, series: &Series, point: &Point, has_places: bool) {
    let of = [&series.model, &series.title].map(|text| text.as_str());
    let at = Some(point.at).filter(|_| has_places);
    let mut add = |kind, seed, value| row(text, panel, of, at, kind, seed, value);
    add("mean", None, point.mean);
    for (kind, value) in [("low", point.low()), ("high", point.high())] {
        if let Some(value) = value {
            add(kind, None, value);
        }
    }
    for seed in &point.seeds {
        add("seed", Some(seed.seed), seed.value);
    }
}

fn row(
    text: &mut String,
    panel: &Panel,
    [model, series]: [&str; 2],
    at: Option<f64>,
    kind: &str,
    seed: Option<i64>,
    value: f64,
) {
    let [set, model, series] = [panel.set.as_str(), model, series].map(quoted);
    *text += &format!("{set},{model},{series},{},{kind},{},{value}\n", optional(at), optional(seed));
}
