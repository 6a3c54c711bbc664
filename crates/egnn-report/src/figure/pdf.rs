//! SVG to PDF: lines stay lines and text stays text, in a subset of the one font, which is embedded. No date is written: the same
//! drawing gives the same bytes.

use krilla::{Document, geom::Size, page::PageSettings};
use krilla_svg::{SurfaceExt, SvgSettings};
use resvg::usvg::Tree;

/// Points to a pixel of an SVG.
const TO_POINT: f32 = 72.0 / 96.0;

/// A drawing as the one page of a PDF.
pub(super) fn pdf(tree: &Tree) -> Result<Vec<u8>, String> {
    let (width, height) = (tree.size().width() * TO_POINT, tree.size().height() * TO_POINT);
    let size = Size::from_wh(width, height).ok_or("the drawing has no size")?;
    let mut document = Document::new();
    let mut page = document.start_page_with(PageSettings::new(size));
    let mut surface = page.surface();
    surface.draw_svg(tree, size, SvgSettings::default()).ok_or("the drawing cannot be drawn as PDF")?;
    surface.finish();
    page.finish();
    document.finish().map_err(|error| format!("{error:?}"))
}
