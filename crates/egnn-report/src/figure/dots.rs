//! Table 2 as dots: a row for each model, ours and the paper's on one logarithmic axis.

use super::{
    data::Figure,
    sheet::{BLACK, Drawn, GREY, LEGEND, PALE, Place, RADIUS, Sheet, TEXT, TOP, sheet, text_style, words},
    style::styles,
    ticks::{decades, range},
};
use crate::number;
use plotters::{
    coord::combinators::IntoLogRange,
    prelude::{BindKeyPoints, ChartBuilder, Color},
    style::text_anchor::{HPos, VPos},
};

/// Units for a row, for names beside and for labels below.
const ROW: i32 = 110;
const LEFT: i32 = 400;
const BOTTOM: i32 = 110;
/// The legend's own height is never cut.
const LEAST_HEIGHT: i32 = 420;

pub(super) fn draw(figure: &Figure) -> Result<String, String> {
    let rows = figure.series.len() as i32;
    let legend = LEAST_HEIGHT + rows * 90;
    let height = TOP + 20 + (rows * ROW + BOTTOM).max(legend);
    sheet(&figure.title, &figure.caption, height as u32, |sheet| paint(sheet, figure))
}

fn paint(sheet: &Sheet<'_>, figure: &Figure) -> Drawn {
    let styles = styles(figure.series.iter().map(|series| series.model.as_str()));
    let points = || figure.series.iter().flat_map(|series| &series.points);
    let errors = points().flat_map(|point| {
        point.seeds.iter().copied().chain([Some(point.mean), point.low(), point.high()].into_iter().flatten())
    });
    let x_range = range(errors.chain(figure.series.iter().filter_map(|series| series.paper)), 0.07);
    let ticks = decades(x_range);
    let rows = figure.series.len().max(1);

    let height = rows as i32 * ROW + BOTTOM;
    let area = sheet.root.clone().shrink((20, TOP), ((LEGEND - 40) as u32, height as u32));
    let mut chart = ChartBuilder::on(&area)
        .x_label_area_size(BOTTOM)
        .y_label_area_size(LEFT)
        .build_cartesian_2d(
            (x_range.0..x_range.1).log_scale().with_key_points(ticks.major.clone()).with_light_points(ticks.minor),
            rows as f64..0.0,
        )
        .map_err(words)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .y_labels(0)
        .x_desc("test MSE (length²)")
        .axis_desc_style(text_style(TEXT + 3, BLACK, HPos::Center, VPos::Top))
        .label_style(text_style(TEXT, BLACK, HPos::Center, VPos::Top))
        .x_label_formatter(&|value| number::plain(*value))
        .bold_line_style(PALE.stroke_width(2))
        .light_line_style(PALE.mix(0.6).stroke_width(1))
        .axis_style(GREY.stroke_width(2))
        .set_all_tick_mark_size(8)
        .draw()
        .map_err(words)?;

    let at = |x: f64, row: usize| -> Place { chart.backend_coord(&(x, row as f64 + 0.5)) };
    for (row, (series, style)) in figure.series.iter().zip(&styles).enumerate() {
        let (_, middle) = at(x_range.0, row);
        sheet.text(&series.title, (20 + LEFT - 24, middle - TEXT / 2), TEXT, BLACK, HPos::Right)?;
        // Two lanes in a row: ours above, the paper's below, so that neither hides the other.
        for point in &series.points {
            let place = |x: f64| (at(x, row).0, middle - 14);
            if let Some(high) = point.high() {
                let low = point.low();
                sheet.bar(
                    [(place(high), true), (place(low.unwrap_or(x_range.0)), low.is_some())],
                    false,
                    style.colour,
                )?;
            }
            sheet.marker(place(point.mean), *style)?;
            for &seed in point.apart() {
                let (x, y) = place(seed);
                sheet.dot((x, y - RADIUS - 8), style.colour)?;
            }
        }
        if let Some(mse) = series.paper {
            sheet.hollow((at(mse, row).0, middle + 18), *style)?;
        }
    }
    let note = if figure.has_several_seeds() {
        "Ours above, the paper's below; seeds above their mean."
    } else {
        "Ours above, the paper's below."
    };
    sheet.legend(figure, &styles, note)
}
