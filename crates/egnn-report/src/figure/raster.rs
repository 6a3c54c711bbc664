//! SVG to PNG with the font in `fonts/` and no other.

use super::format::{DPI, Format};
use resvg::{
    tiny_skia::{Color, Pixmap, Transform},
    usvg::{Options, Tree, fontdb::Database},
};
use std::sync::{Arc, LazyLock};

/// Family of the font in `fonts/`.
pub(crate) const FAMILY: &str = "DejaVu Sans";

const FONT: &[u8] = include_bytes!("../../fonts/DejaVuSans-subset.ttf");

/// Pixels of a PNG at most.
const PIXELS: f32 = 1e8;

/// An SVG, read with the one font.
pub(super) fn tree(svg: &str) -> Result<Tree, String> {
    Tree::from_str(&with_simple_opacity(svg), &options()).map_err(|error| error.to_string())
}

/// plotters gives each see-through mark an opacity, which makes it a group of its own: a PDF of thousands of points would take megabytes.
/// The opacity of what a mark has, its fill or its stroke, is the same and takes nothing.
fn with_simple_opacity(svg: &str) -> String {
    let line = |line: &str| match line {
        line if line.starts_with("<circle ") => line.replacen(" opacity=", " fill-opacity=", 1),
        line if line.starts_with("<line ") || line.starts_with("<polyline ") => {
            line.replacen(" opacity=", " stroke-opacity=", 1)
        }
        line => line.to_owned(),
    };
    svg.split_inclusive('\n').map(line).collect()
}

/// A drawing as PNG on white: twice its nominal size for the page, 300 dpi for a paper.
pub(super) fn png(tree: &Tree, format: Format) -> Result<Vec<u8>, String> {
    let scale = format.scale();
    let [width, height] = [tree.size().width(), tree.size().height()].map(|length| (length * scale).round());
    if width * height > PIXELS {
        return Err("the drawing is too large".into());
    }
    let mut pixels = Pixmap::new(width as u32, height as u32).ok_or("the drawing has no size")?;
    pixels.fill(Color::WHITE);
    resvg::render(tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    let png = pixels.encode_png().map_err(|error| error.to_string())?;
    Ok(format.pick(png.clone(), with_density(png)))
}

/// Says how many pixels stand in a metre (chunk `pHYs`), so that programs place the picture in its size.
fn with_density(mut png: Vec<u8>) -> Vec<u8> {
    /// What comes first: the signature and the chunk `IHDR`.
    const HEADER: usize = 8 + 25;
    let density = ((DPI / 0.0254).round() as u32).to_be_bytes();
    let body = [b"pHYs".as_slice(), &density, &density, &[1]].concat();
    let chunk = [9_u32.to_be_bytes().as_slice(), &body, &crc(&body).to_be_bytes()].concat();
    png.splice(HEADER..HEADER, chunk);
    png
}

/// CRC-32 of a chunk of a PNG.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}

/// What reads our SVG: one font, whatever the machine has.
fn options() -> Options<'static> {
    static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
        let mut fonts = Database::new();
        fonts.load_font_data(FONT.to_vec());
        fonts.set_sans_serif_family(FAMILY);
        Arc::new(fonts)
    });
    Options { fontdb: FONTS.clone(), font_family: FAMILY.into(), ..Options::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::pdf::pdf;

    fn with_text(text: &str) -> Tree {
        tree(&format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="200" height="40"><text x="5" y="30" font-size="24" font-family="{FAMILY}, sans-serif">{text}</text></svg>"#
        ))
        .unwrap()
    }

    fn dark_pixels(text: &str) -> usize {
        let image = Pixmap::decode_png(&png(&with_text(text), Format::Page).unwrap()).unwrap();
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
    fn a_papers_png_says_how_large_it_is() {
        let png = png(&with_text("EGNN"), Format::OneColumn).unwrap();
        assert_eq!(&png[33..50], b"\0\0\0\x09pHYs\0\0\x2e\x23\0\0\x2e\x23\x01", "11,811 pixels a metre");
        assert_eq!(crc(b"IEND"), 0xAE42_6082);
        let image = Pixmap::decode_png(&png).expect("its checksums are right");
        assert_eq!((image.width(), image.height()), (625, 125));
    }

    #[test]
    fn text_of_a_pdf_is_text_in_an_embedded_subset_of_the_font() {
        let whole = pdf(&with_text("EGNN ± Käthe")).unwrap();
        let has = |pdf: &[u8], words: &str| pdf.windows(words.len()).any(|part| part == words.as_bytes());
        assert!(whole.starts_with(b"%PDF-"));
        for words in ["/FontFile2", "/ToUnicode", "+DejaVuSans", "/MediaBox[0 0 150 30]"] {
            assert!(has(&whole, words), "no {words}");
        }
        assert!(!has(&whole, "/CreationDate") && !has(&whole, "/ModDate"));
        assert!(whole.len() < FONT.len() / 2, "{} bytes: only the letters that are used", whole.len());
        assert!(!has(&pdf(&with_text("")).unwrap(), "/FontFile2"));
        assert_eq!(whole, pdf(&with_text("EGNN ± Käthe")).unwrap(), "the same drawing gives the same bytes");
    }

    #[test]
    fn a_hostile_svg_is_an_error() {
        let svg = |size: &str, inner: &str| {
            format!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {size}>{inner}</svg>"#
            )
        };
        for broken in
            ["", "<svg", "\0", "<a/>", &svg(r#"width="0" height="0""#, ""), &svg(r#"width="NaN" height="-1""#, "")]
        {
            assert!(tree(broken).is_err(), "{broken}");
        }
        let laughs = format!(
            r#"<!DOCTYPE svg [<!ENTITY a "ha">{}]>{}"#,
            (1..12)
                .map(|i| format!(r#"<!ENTITY {} "{}">"#, letter(i), format!("&{};", letter(i - 1)).repeat(10)))
                .collect::<String>(),
            svg("", "<text>&l;</text>")
        );
        assert!(tree(&laughs).is_err());
        let huge = tree(&svg(r#"width="1e9" height="1e9""#, "")).unwrap();
        assert_eq!(png(&huge, Format::Page).unwrap_err(), "the drawing is too large");
        // What points at itself, at files and at nothing draws what is left.
        let odd = svg(
            r#"width="9" height="9""#,
            r##"<g id="g"><use xlink:href="#g"/></g><image xlink:href="/etc/passwd" width="9" height="9"/><path d="M0 0 LNaN"/><text font-size="1e30" x="1e30">a</text>"##,
        );
        if let Ok(tree) = tree(&odd) {
            assert!(png(&tree, Format::OneColumn).is_ok());
            assert!(pdf(&tree).is_ok());
        }
    }

    fn letter(index: u8) -> char {
        char::from(b'a' + index)
    }
}
