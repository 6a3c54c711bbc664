//! Figures as SVG, and the same SVG as PNG.
//!
//! # Why plotters draws and resvg rasterises
//! `kuva` 0.6.0 and `plotters` 0.3.7 were both tried on a real Figure 2. kuva's hollow markers are circles only (triangles and squares
//! come out filled), its legend has neither hollow markers nor markers on lines, axes end on whole decades (half of the plot stays
//! empty), logarithmic ticks cannot be chosen (`1e-2` stands beside `0.050`), and the last tick label is cut off. plotters takes any
//! ticks on logarithmic axes and gives the pixel of a data point, so that error bars, seeds beside their mean, hollow markers and the
//! legend are drawn exactly here.
//!
//! plotters' own bitmap backend looks for fonts on the system. So the SVG is the only drawing, and resvg turns it into the PNG with the
//! one font in `fonts/`, which needs no font installed. In the SVG itself text stays text, to be found and copied, with a list of
//! families to fall back on.

mod axis;
mod curve;
pub(crate) mod data;
mod dots;
mod graphs;
mod layout;
mod learning;
mod panels;
mod parity;
mod plot;
mod raster;
mod sheet;
mod sizes;
mod style;
mod ticks;

use crate::{
    error::ReportError,
    kind::Kind,
    predictions::{Shown, molecules::ShownRun},
    report::Report,
};
pub(crate) use layout::places;
pub(crate) use raster::png;

/// The report's figure as SVG.
pub(crate) fn svg(report: &Report<'_>) -> Result<String, ReportError> {
    let figure = data::figure(report);
    let drawn = match report.options.kind {
        Kind::Table | Kind::Beyond | Kind::Autoencoder => dots::draw(&figure),
        Kind::Qm9 => learning::draw(&figure),
        kind => curve::draw(kind, &figure),
    };
    drawn.map_err(|message| ReportError::Figure { figure: "figure.svg", message })
}

/// The series of a report's figure by their names in its legend, each with the number of its look.
pub(crate) fn series(report: &Report<'_>) -> Vec<(String, usize)> {
    let figure = data::figure(report);
    let looks = style::Looks::new(&figure);
    figure.named().iter().map(|series| (series.title.clone(), looks.of(series).number())).collect()
}

/// Pictures of graphs and their reconstructions as SVG.
pub(crate) fn graphs(report: &Report<'_>, shown: &[Shown]) -> Result<String, ReportError> {
    let title = format!("Test graphs and their reconstructions ({} profile)", report.options.profile);
    graphs::draw(&title, shown).map_err(|message| ReportError::Figure { figure: "graphs.svg", message })
}

/// Predicted against true values of molecules as SVG.
pub(crate) fn parity(report: &Report<'_>, shown: &[ShownRun]) -> Result<String, ReportError> {
    let title = format!("Predicted against true values of test molecules ({} profile)", report.options.profile);
    parity::draw(&title, shown).map_err(|message| ReportError::Figure { figure: "parity.svg", message })
}

/// Errors by size of the molecule as SVG.
pub(crate) fn sizes(report: &Report<'_>, shown: &[ShownRun]) -> Result<String, ReportError> {
    let title = format!("Test error by size of the molecule ({} profile)", report.options.profile);
    sizes::draw(&title, shown).map_err(|message| ReportError::Figure { figure: "sizes.svg", message })
}
