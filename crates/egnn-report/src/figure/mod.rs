//! Drawings as SVG, the same SVG as PNG and PDF, and their points as CSV: each for the report's page, and in two sizes for papers
//! ([`Format`]).
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
//! families to fall back on; in the PDF, which krilla makes of the SVG with the same usvg as resvg, it is text in that font.

mod axis;
mod curve;
pub(crate) mod data;
mod dots;
mod format;
mod graphs;
mod layout;
mod learning;
mod legend;
mod panels;
mod parity;
mod pdf;
mod plot;
mod points;
mod raster;
mod sheet;
mod sizes;
mod style;
mod ticks;
mod words;

use crate::{
    error::ReportError,
    kind::{Kind, PlacedBy},
    predictions::{Shown, molecules::ShownRun},
    report::Report,
};
use format::Format;
pub(crate) use layout::places;

/// A drawing and its files.
pub(crate) struct Drawing {
    /// What its files' names begin with.
    pub(crate) name: &'static str,
    /// Heading on the page.
    pub(crate) heading: &'static str,
    /// As it stands on the page.
    pub(crate) svg: String,
    /// Names and contents: SVG, PNG and PDF in each format, and its points as CSV.
    pub(crate) files: Vec<(String, Vec<u8>)>,
}

impl Drawing {
    /// Draws something in every format, with its points.
    fn new(
        report: &Report<'_>,
        name: &'static str,
        heading: &'static str,
        points: String,
        draw: impl Fn(Format) -> Result<String, String>,
    ) -> Result<Self, ReportError> {
        if report.live.is_some() {
            // Files are for when the sweep is over.
            let figure = || format!("{name}.svg");
            let svg = draw(Format::Page).map_err(|message| ReportError::Figure { figure: figure(), message })?;
            return Ok(Self { name, heading, svg, files: Vec::new() });
        }
        let one = |format: Format| {
            let failed = |ending, message| ReportError::Figure {
                figure: format!("{name}{}.{ending}", format.suffix()),
                message,
            };
            let svg = draw(format).map_err(|message| failed("svg", message))?;
            let tree = raster::tree(&svg).map_err(|message| failed("svg", message))?;
            let png = raster::png(&tree, format).map_err(|message| failed("png", message))?;
            let pdf = pdf::pdf(&tree).map_err(|message| failed("pdf", message))?;
            Ok::<_, ReportError>((svg, png, pdf))
        };
        let mut files = Vec::new();
        let mut page = String::new();
        for format in Format::ALL {
            let (svg, png, pdf) = one(format)?;
            if format == Format::Page {
                page.clone_from(&svg);
            }
            let file = |ending: &str, bytes| (format!("{name}{}.{ending}", format.suffix()), bytes);
            files.extend([file("svg", svg.into_bytes()), file("png", png), file("pdf", pdf)]);
        }
        files.push((format!("{name}.csv"), points.into_bytes()));
        Ok(Self { name, heading, svg: page, files })
    }
}

/// The report's figure.
pub(crate) fn figure(report: &Report<'_>) -> Result<Drawing, ReportError> {
    let figure = data::figure(report);
    let kind = report.options.kind;
    let points = points::points(&figure, kind.placed_by() != PlacedBy::Nothing);
    Drawing::new(report, "figure", "Figure", points, |format| match kind {
        Kind::Table | Kind::Beyond | Kind::Autoencoder => dots::draw(format, &figure),
        Kind::Qm9 => learning::draw(format, &figure),
        kind => curve::draw(format, kind, &figure),
    })
}

/// The series of a report's figure by their names in its legend, each with the number of its look.
pub(crate) fn series(report: &Report<'_>) -> Vec<(String, usize)> {
    let figure = data::figure(report);
    let looks = style::Looks::new(&figure);
    figure.named().iter().map(|series| (series.title.clone(), looks.of(series).number())).collect()
}

/// The number of a model's own look.
pub(crate) fn look(model: &str) -> usize {
    style::looks(&[model]).first().map_or(0, |style| style.number())
}

/// Pictures of graphs and their reconstructions.
pub(crate) fn graphs(report: &Report<'_>, shown: &[Shown]) -> Result<Drawing, ReportError> {
    let title = format!("Test graphs and their reconstructions ({} profile)", report.options.profile);
    Drawing::new(report, "graphs", "Some test graphs", graphs::points(shown), |format| {
        graphs::draw(format, &title, shown)
    })
}

/// Predicted against true values of molecules.
pub(crate) fn parity(report: &Report<'_>, shown: &[ShownRun]) -> Result<Drawing, ReportError> {
    let title = format!("Predicted against true values of test molecules ({} profile)", report.options.profile);
    Drawing::new(report, "parity", "Predicted against true", parity::points(shown), |format| {
        parity::draw(format, &title, shown)
    })
}

/// Errors by size of the molecule.
pub(crate) fn sizes(report: &Report<'_>, shown: &[ShownRun]) -> Result<Drawing, ReportError> {
    let title = format!("Test error by size of the molecule ({} profile)", report.options.profile);
    Drawing::new(report, "sizes", "Error by size of the molecule", sizes::points(shown), |format| {
        sizes::draw(format, &title, shown)
    })
}
