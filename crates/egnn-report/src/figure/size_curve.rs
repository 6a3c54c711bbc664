//! Figure 2: test error against the number of training samples.

use super::{
    data::{Figure, Point},
    sheet::{BLACK, Drawn, GREY, LEGEND, PALE, Place, RADIUS, Sheet, TEXT, TOP, sheet, text_style, words},
    style::{Style, styles},
    ticks::{decades, range, sparse},
};
use crate::{number, paper};
use plotters::{
    coord::combinators::IntoLogRange,
    prelude::{BindKeyPoints, ChartBuilder, Color},
    style::text_anchor::{HPos, VPos},
};

const HEIGHT: u32 = 1240;
/// Units for tick labels beside and below the plot.
const LEFT: i32 = 150;
const BOTTOM: i32 = 110;
/// Units that a tick label on the horizontal axis needs.
const LABEL: f64 = 110.0;
/// How far a series may stand from its size, side by side with the others: this part of the axis, and this part of the smallest gap
/// between two sizes, so that no point looks like one of another size.
const OF_AXIS: f64 = 0.025;
const OF_GAP: f64 = 0.1;

pub(super) fn draw(figure: &Figure) -> Result<String, String> {
    sheet(&figure.title, &figure.caption, HEIGHT, |sheet| paint(sheet, figure))
}

fn paint(sheet: &Sheet<'_>, figure: &Figure) -> Drawn {
    let styles = styles(figure.series.iter().map(|series| series.model.as_str()));
    let points = || figure.series.iter().flat_map(|series| &series.points);
    let paper_x = paper::TABLE_2_SAMPLES as f64;
    let shown_paper = figure.series.iter().filter_map(|series| series.paper);

    let mut sizes: Vec<f64> = points().map(|point| point.samples).collect();
    sizes.sort_by(f64::total_cmp);
    sizes.dedup();
    let reference = if figure.series.iter().any(|series| series.paper.is_some()) { Some(paper_x) } else { None };
    let x_range = range(sizes.iter().copied().chain(reference), 0.07);
    let errors = points().flat_map(|point| {
        point.seeds.iter().copied().chain([Some(point.mean), point.low(), point.high()].into_iter().flatten())
    });
    let y_range = range(errors.chain(shown_paper), 0.07);

    let area = sheet.root.clone().shrink((20, TOP), ((LEGEND - 40) as u32, HEIGHT - TOP as u32 - 20));
    let length = f64::from(LEGEND - 40 - LEFT);
    // Ends first, then the others, the paper's size where there is room.
    let wanted: Vec<f64> =
        sizes.first().into_iter().chain(sizes.last()).chain(&sizes).copied().chain(reference).collect();
    let x_ticks = sparse(&wanted, x_range, length, LABEL);
    let y_ticks = decades(y_range);
    let mut chart = ChartBuilder::on(&area)
        .x_label_area_size(BOTTOM)
        .y_label_area_size(LEFT)
        .build_cartesian_2d(
            (x_range.0..x_range.1).log_scale().with_key_points(x_ticks.clone()).with_light_points(x_ticks),
            (y_range.0..y_range.1).log_scale().with_key_points(y_ticks.major.clone()).with_light_points(y_ticks.minor),
        )
        .map_err(words)?;
    chart
        .configure_mesh()
        .x_desc("training samples")
        .y_desc("test MSE (length²)")
        .axis_desc_style(text_style(TEXT + 3, BLACK, HPos::Center, VPos::Top))
        .label_style(text_style(TEXT, BLACK, HPos::Center, VPos::Top))
        .x_label_formatter(&|value| number::count(*value as i64))
        .y_label_formatter(&|value| number::plain(*value))
        .bold_line_style(PALE.stroke_width(2))
        .light_line_style(PALE.mix(0.6).stroke_width(1))
        .axis_style(GREY.stroke_width(2))
        .set_all_tick_mark_size(8)
        .draw()
        .map_err(words)?;

    let at = |x: f64, y: f64| -> Place { chart.backend_coord(&(x, y)) };
    let gap = sizes.windows(2).map(|pair| (pair[1] / pair[0]).ln()).fold(f64::INFINITY, f64::min)
        / (x_range.1 / x_range.0).ln()
        * length;
    let farthest = (gap * OF_GAP).min(length * OF_AXIS);
    let middle = (figure.series.len().max(2) as f64 - 1.0) / 2.0;
    let aside = |index: usize| {
        if figure.series.len() < 2 { 0 } else { ((index as f64 / middle - 1.0) * farthest).round() as i32 }
    };
    let shifted = |(x, y): Place, by: i32| (x + by, y);

    for (index, (series, style)) in figure.series.iter().zip(&styles).enumerate() {
        let places: Vec<Place> =
            series.points.iter().map(|point| shifted(at(point.samples, point.mean), aside(index))).collect();
        if places.len() > 1 {
            sheet.line(places, style.colour, 4)?;
        }
    }
    for (index, (series, style)) in figure.series.iter().zip(&styles).enumerate() {
        for point in &series.points {
            let place = |y: f64| shifted(at(point.samples, y), aside(index));
            mark(sheet, point, *style, place, y_range.0)?;
        }
    }
    for (index, (series, style)) in figure.series.iter().zip(&styles).enumerate() {
        if let Some(mse) = series.paper {
            sheet.hollow(shifted(at(paper_x, mse), aside(index)), *style)?;
        }
    }
    let note = if figure.has_several_seeds() {
        "Models at one size stand side by side, seeds to the right of their mean."
    } else {
        "Models at one size stand side by side."
    };
    sheet.legend(figure, &styles, note)
}

/// One point: error bar, mean, seeds beside it.
fn mark(sheet: &Sheet<'_>, point: &Point, style: Style, place: impl Fn(f64) -> Place, floor: f64) -> Drawn {
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
