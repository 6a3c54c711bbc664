//! A plot: two axes with their labels and lines, in a part of the sheet.

use super::{
    axis::Axis,
    format::Format,
    sheet::{BLACK, GREY, PALE, Place, Sheet, TEXT, words},
    words::breadth,
};
use plotters::{
    coord::CoordTranslate,
    prelude::{ChartBuilder, Color},
    style::text_anchor::{HPos, VPos},
};

/// Units beside a plot: so many on the page, in a paper as many as the widest tick label and the name of the axis need.
pub(super) fn beside(format: Format, page: i32, axis: &Axis, label: impl Fn(f64) -> String, has_name: bool) -> i32 {
    let widest = axis.labelled().iter().map(|&value| breadth(&label(value), TEXT)).max().unwrap_or(0);
    format.pick(page, widest + if has_name { 60 } else { 24 })
}

/// Where a plot stands and what its axes say.
pub(super) struct Plot<'a> {
    /// Its upper left corner, labels included.
    pub(super) corner: Place,
    /// Units across and down, labels included.
    pub(super) size: (i32, i32),
    /// Units for what stands beside it on the left.
    pub(super) beside: i32,
    pub(super) axes: (&'a Axis, &'a Axis),
    /// Names of the axes; an empty one is not shown.
    pub(super) names: (&'a str, &'a str),
    /// Tick labels.
    pub(super) labels: (&'a dyn Fn(f64) -> String, &'a dyn Fn(f64) -> String),
}

impl Plot<'_> {
    /// Draws axes and lines; gives the place of a point of the plot.
    pub(super) fn draw(&self, sheet: &Sheet<'_>) -> Result<impl Fn(f64, f64) -> Place + use<>, String> {
        let area = sheet.root.clone().shrink(self.corner, (self.size.0 as u32, self.size.1 as u32));
        let mut chart = ChartBuilder::on(&area)
            .x_label_area_size(sheet.format.bottom())
            .y_label_area_size(self.beside)
            .build_cartesian_2d(self.axes.0.clone(), self.axes.1.clone())
            .map_err(words)?;
        let (x_label, y_label) = (|value: &f64| (self.labels.0)(*value), |value: &f64| (self.labels.1)(*value));
        let mut mesh = chart.configure_mesh();
        if !self.names.0.is_empty() {
            mesh.x_desc(self.names.0);
        }
        if !self.names.1.is_empty() {
            mesh.y_desc(self.names.1);
        }
        let stroke = |width| sheet.format.stroke(width);
        mesh.axis_desc_style(sheet.text_style(TEXT + 3, BLACK, HPos::Center, VPos::Top))
            .label_style(sheet.text_style(TEXT, BLACK, HPos::Center, VPos::Top))
            .x_label_formatter(&x_label)
            .y_label_formatter(&y_label)
            .bold_line_style(PALE.stroke_width(stroke(2)))
            .light_line_style(PALE.mix(0.6).stroke_width(stroke(1)))
            .axis_style(GREY.stroke_width(stroke(2)))
            .set_all_tick_mark_size(8)
            .draw()
            .map_err(words)?;
        let coordinates = chart.plotting_area().as_coord_spec().clone();
        Ok(move |x, y| coordinates.translate(&(x, y)))
    }
}
