//! SVG to PNG with the font in `fonts/` and no other.

use crate::error::ReportError;
use resvg::{
    tiny_skia::{Color, Pixmap, Transform},
    usvg::{Options, Tree, fontdb::Database},
};
use std::sync::Arc;

/// Family of the font in `fonts/`.
pub(crate) const FAMILY: &str = "DejaVu Sans";

const FONT: &[u8] = include_bytes!("../../fonts/DejaVuSans-subset.ttf");

/// Pixels for each unit of the drawing.
const SCALE: f32 = 2.0;

/// Draws an SVG on white, at twice its nominal size, as the file `figure`.
pub(crate) fn png(figure: &'static str, svg: &str) -> Result<Vec<u8>, ReportError> {
    let failed = |message: String| ReportError::Figure { figure, message };
    let tree = Tree::from_str(svg, &options()).map_err(|error| failed(error.to_string()))?;
    let size = tree.size().to_int_size().scale_by(SCALE).ok_or_else(|| failed("the drawing has no size".into()))?;
    let mut pixels =
        Pixmap::new(size.width(), size.height()).ok_or_else(|| failed("the drawing is too large".into()))?;
    pixels.fill(Color::WHITE);
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| failed(error.to_string()))
}

/// What reads our SVG: one font, whatever the machine has.
fn options() -> Options<'static> {
    let mut fonts = Database::new();
    fonts.load_font_data(FONT.to_vec());
    fonts.set_sans_serif_family(FAMILY);
    Options { fontdb: Arc::new(fonts), font_family: FAMILY.into(), ..Options::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dark_pixels(text: &str) -> usize {
        let svg = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="200" height="40"><text x="5" y="30" font-size="24" font-family="{FAMILY}, sans-serif">{text}</text></svg>"#
        );
        let image = Pixmap::decode_png(&png("figure.png", &svg).unwrap()).unwrap();
        assert_eq!((image.width(), image.height()), (400, 80));
        image.pixels().iter().filter(|pixel| pixel.red() < 100).count()
    }

    #[test]
    fn text_needs_no_system_font() {
        assert_eq!(options().fontdb.len(), 1, "only the font in fonts/ is known");
        assert_eq!(dark_pixels(""), 0);
        for text in ["EGNN", "0.0071 ± 0.0003", "length²", "samples – 1,600", "Käthe Σ"] {
            assert!(dark_pixels(text) > 300, "'{text}' is not drawn");
        }
        assert!(dark_pixels("EGNN EGNN") > dark_pixels("EGNN") * 3 / 2, "every letter is drawn");
    }

    #[test]
    fn what_is_no_svg_is_an_error() {
        assert!(png("figure.png", "<svg").unwrap_err().to_string().starts_with("cannot draw 'figure.png'"));
    }
}
