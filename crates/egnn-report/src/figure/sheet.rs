//! The sheet that figures are drawn on: text, lines and markers at exact places.
//!
//! Places are whole units, since plotters knows only whole ones; the [`Format`] says how large one is.

use super::{
    format::Format,
    style::{Marker, Style},
    words::wrap,
};
use plotters::{
    coord::Shift,
    prelude::{Circle, Color, DrawingArea, IntoDrawingArea, PathElement, Polygon, RGBColor, Rectangle, SVGBackend},
    style::{
        FontFamily, FontStyle, ShapeStyle, TextStyle,
        text_anchor::{HPos, Pos, VPos},
    },
};

/// The figures' font, then others of its width for whoever opens the SVG without it.
const FAMILIES: &str = "DejaVu Sans, Verdana, Geneva, sans-serif";

/// Height of the title and of a line of the caption.
const TITLE: i32 = 36;
const CAPTION: i32 = 25;
/// Height of text in axes and legend.
pub(super) const TEXT: i32 = 25;
/// Where the plot begins below title and caption.
pub(super) const TOP: i32 = 140;
/// Where it begins in a paper, and the height of a drawing that shows nothing.
pub(super) const PAPER_TOP: i32 = 18;
pub(super) const NOTHING_HEIGHT: i32 = 72;

pub(super) const BLACK: RGBColor = RGBColor(20, 20, 20);
pub(super) const GREY: RGBColor = RGBColor(95, 95, 95);
pub(super) const PALE: RGBColor = RGBColor(225, 225, 225);
pub(super) const WHITE: RGBColor = RGBColor(255, 255, 255);

/// A place on the sheet.
pub(super) type Place = (i32, i32);
/// plotters' errors carry types of their own; their words are enough.
pub(super) type Drawn = Result<(), String>;

/// Words of any of plotters' errors.
pub(super) fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// A sheet under work.
pub(super) struct Sheet<'a> {
    pub(super) root: DrawingArea<SVGBackend<'a>, Shift>,
    pub(super) format: Format,
}

/// Draws a figure of some height: `paint` gets a sheet, on the page with title and caption on it.
pub(super) fn sheet(
    format: Format,
    title: &str,
    caption: &str,
    height: i32,
    paint: impl FnOnce(&Sheet<'_>) -> Drawn,
) -> Result<String, String> {
    let mut svg = String::new();
    let (width, height) = (format.width(), format.height(height));
    {
        let size = (width as u32, height as u32);
        let sheet = Sheet { root: SVGBackend::with_string(&mut svg, size).into_drawing_area(), format };
        sheet.root.fill(&WHITE).map_err(words)?;
        if format == Format::Page {
            sheet.text(title, (40, 30), TITLE, BLACK)?;
            for (line, text) in wrap(caption, 125).iter().enumerate() {
                sheet.text(text, (40, 82 + line as i32 * (CAPTION + 6)), CAPTION, GREY)?;
            }
        }
        paint(&sheet)?;
        sheet.root.present().map_err(words)?;
    }
    let drawn = format!(r#"<svg width="{width}" height="{height}""#);
    let nominal = format!(r#"<svg width="{}" height="{}" role="img""#, format.length(width), format.length(height));
    Ok(described(&svg.replacen(&drawn, &nominal, 1), title, caption))
}

/// Gives the SVG words for those who cannot see it.
fn described(svg: &str, title: &str, caption: &str) -> String {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    let words = format!("<title>{}</title>\n<desc>{}</desc>\n", escaped(title), escaped(caption));
    legal(&match svg.find(">\n") {
        Some(end) => format!("{}>\n{words}{}", &svg[..end], &svg[end + 2..]),
        None => svg.into(),
    })
}

/// What names may hold and XML may not: control characters, and the end of a section that nothing began.
fn legal(svg: &str) -> String {
    let is_legal = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    let svg: String = svg
        .chars()
        .map(|c| if is_legal(c) && !matches!(c, '\u{fffe}' | '\u{ffff}') { c } else { '\u{fffd}' })
        .collect();
    svg.replace("]]>", "]]&gt;")
}

impl Sheet<'_> {
    /// Text of the figures' font at a size.
    pub(super) fn text_style(
        &self,
        size: i32,
        colour: RGBColor,
        horizontal: HPos,
        vertical: VPos,
    ) -> TextStyle<'static> {
        // plotters' SVG divides by this number.
        let height = f64::from(self.format.letters(size)) * 1.24;
        let family = FontFamily::Name(FAMILIES);
        TextStyle {
            font: (family, height, FontStyle::Normal).into(),
            color: colour.to_backend_color(),
            pos: Pos::new(horizontal, vertical),
        }
    }

    /// Text whose upper left corner is at a place.
    pub(super) fn text(&self, text: &str, at: Place, size: i32, colour: RGBColor) -> Drawn {
        self.text_to(text, at, size, colour, HPos::Left)
    }

    /// Text whose top (at its left, middle or right) is at a place.
    pub(super) fn text_to(&self, text: &str, at: Place, size: i32, colour: RGBColor, horizontal: HPos) -> Drawn {
        self.root.draw_text(text, &self.text_style(size, colour, horizontal, VPos::Top), at).map_err(words)
    }

    pub(super) fn line(&self, places: Vec<Place>, colour: RGBColor, width: u32) -> Drawn {
        let width = self.format.stroke(width);
        self.root.draw(&PathElement::new(places, colour.stroke_width(width))).map_err(words)
    }

    /// A line of dashes.
    pub(super) fn dashes(&self, places: &[Place], colour: RGBColor) -> Drawn {
        self.broken(places, 9.0, colour)
    }

    /// A line of dots.
    pub(super) fn dots(&self, places: &[Place], colour: RGBColor) -> Drawn {
        self.broken(places, 4.0, colour)
    }

    fn broken(&self, places: &[Place], dash_length: f64, colour: RGBColor) -> Drawn {
        for pair in places.windows(2) {
            let ((x, y), (dx, dy)) = (pair[0], (f64::from(pair[1].0 - pair[0].0), f64::from(pair[1].1 - pair[0].1)));
            let dashes = ((dx * dx + dy * dy).sqrt() / (2.0 * dash_length)).ceil().max(1.0);
            let at = |part: f64| (x + (dx * part).round() as i32, y + (dy * part).round() as i32);
            for dash in 0..dashes as usize {
                let start = dash as f64;
                self.line(vec![at(start / dashes), at((start + 0.5) / dashes)], colour, 3)?;
            }
        }
        Ok(())
    }

    /// A filled circle.
    pub(super) fn disc(&self, at: Place, radius: i32, colour: RGBColor) -> Drawn {
        self.root.draw(&Circle::new(at, radius, colour.filled())).map_err(words)
    }

    /// A filled rectangle between two corners.
    pub(super) fn filled(&self, from: Place, to: Place, colour: RGBColor) -> Drawn {
        self.root.draw(&Rectangle::new([from, to], colour.filled())).map_err(words)
    }

    /// A seed: a dot with a white rim, so that it is seen on lines and markers too.
    pub(super) fn dot(&self, at: Place, colour: RGBColor) -> Drawn {
        let radius = self.format.pick(5, 4);
        self.disc(at, radius + 2, WHITE)?;
        self.disc(at, radius, colour)
    }

    /// A mean.
    pub(super) fn marker(&self, at: Place, style: Style) -> Drawn {
        self.shape(at, style.marker, self.format.radius(), style.colour)
    }

    /// A value of the paper's: the marker's outline, through which ours is still seen.
    pub(super) fn hollow(&self, at: Place, style: Style) -> Drawn {
        self.outline(at, style, self.format.radius())
    }

    /// The outline of a marker of some size.
    pub(super) fn outline(&self, at: Place, style: Style, radius: i32) -> Drawn {
        match style.marker {
            Marker::Circle => {
                let stroke_width = self.format.stroke(4);
                let rim = ShapeStyle { color: style.colour.to_rgba(), filled: false, stroke_width };
                self.root.draw(&Circle::new(at, radius, rim)).map_err(words)
            }
            Marker::Polygon(corners) => {
                let mut outline = placed(corners, at, radius);
                // Twice the first side, so that the last corner is joined like the others.
                outline.extend_from_within(..2);
                self.line(outline, style.colour, 4)
            }
        }
    }

    /// A marker of some size.
    pub(super) fn shape(&self, at: Place, marker: Marker, radius: i32, colour: RGBColor) -> Drawn {
        match marker {
            Marker::Circle => self.disc(at, radius, colour),
            Marker::Polygon(corners) => {
                self.root.draw(&Polygon::new(placed(corners, at, radius), colour.filled())).map_err(words)
            }
        }
    }

    /// An error bar along y (or along x): from one end to the other, a cap at each end that is one.
    pub(super) fn bar(&self, ends: [(Place, bool); 2], vertical: bool, colour: RGBColor) -> Drawn {
        let half = self.format.pick(9, 6);
        self.line(vec![ends[0].0, ends[1].0], colour, 3)?;
        for ((x, y), _) in ends.into_iter().filter(|(_, capped)| *capped) {
            let cap = if vertical { vec![(x - half, y), (x + half, y)] } else { vec![(x, y - half), (x, y + half)] };
            self.line(cap, colour, 3)?;
        }
        Ok(())
    }

    /// Says in a paper that there is nothing to draw; the page says why.
    pub(super) fn nothing(&self) -> Drawn {
        self.text("There is nothing to show.", (Format::MARGIN, PAPER_TOP), TEXT, GREY)
    }

    /// Lines of text of so many letters; the place below them.
    pub(super) fn paragraph(
        &self,
        text: &str,
        (x, mut y): Place,
        letters: usize,
        colour: RGBColor,
    ) -> Result<i32, String> {
        for line in wrap(text, letters) {
            self.text(&line, (x, y), TEXT, colour)?;
            y += super::legend::LINE;
        }
        Ok(y)
    }
}

fn placed(corners: &[(i32, i32)], (x, y): Place, radius: i32) -> Vec<Place> {
    corners.iter().map(|(dx, dy)| (x + dx * radius / 100, y + dy * radius / 100)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::raster;

    #[test]
    fn figures_ask_for_the_font_that_is_shipped() {
        assert_eq!(FAMILIES.split(',').next(), Some(raster::FAMILY));
    }
}
