//! The sheet that figures are drawn on: text, lines and markers at exact places.
//!
//! Places are whole units, two of them to a pixel of the figure's nominal size, since plotters knows only whole ones.

use super::{
    data::Figure,
    style::{Looks, Marker, Style},
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

/// Units across.
pub(super) const WIDTH: u32 = 1920;
/// Units to a pixel.
const UNITS: u32 = 2;
/// Height of the title and of a line of the caption.
const TITLE: i32 = 36;
const CAPTION: i32 = 25;
/// Height of text in axes and legend.
pub(super) const TEXT: i32 = 25;
/// Radius of a mean's marker and of a seed's dot.
pub(super) const RADIUS: i32 = 12;
const DOT: i32 = 5;
/// Half of an error bar's cap.
const CAP: i32 = 9;
/// Where the plot ends and the legend begins.
pub(super) const LEGEND: i32 = 1400;
/// The legend's marks and words, and letters that fit beside a mark.
pub(super) const KEY: i32 = LEGEND + 40;
pub(super) const WORDS: i32 = LEGEND + 90;
pub(super) const LETTERS: usize = 28;
/// Where the plot begins below title and caption.
pub(super) const TOP: i32 = 140;

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

/// Text of the figures' font at a size.
pub(super) fn text_style(size: i32, colour: RGBColor, horizontal: HPos, vertical: VPos) -> TextStyle<'static> {
    // plotters' SVG divides by this number.
    let height = f64::from(size) * 1.24;
    let family = FontFamily::Name(FAMILIES);
    TextStyle {
        font: (family, height, FontStyle::Normal).into(),
        color: colour.to_backend_color(),
        pos: Pos::new(horizontal, vertical),
    }
}

/// A sheet under work.
pub(super) struct Sheet<'a> {
    pub(super) root: DrawingArea<SVGBackend<'a>, Shift>,
}

/// Draws a figure of some height: `paint` gets a sheet with title and caption on it.
pub(super) fn sheet(
    title: &str,
    caption: &str,
    height: u32,
    paint: impl FnOnce(&Sheet<'_>) -> Drawn,
) -> Result<String, String> {
    let mut svg = String::new();
    {
        let sheet = Sheet { root: SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area() };
        sheet.root.fill(&WHITE).map_err(words)?;
        sheet.text(title, (40, 30), TITLE, BLACK, HPos::Left)?;
        for (line, text) in wrap(caption, 125).iter().enumerate() {
            sheet.text(text, (40, 82 + line as i32 * (CAPTION + 6)), CAPTION, GREY, HPos::Left)?;
        }
        paint(&sheet)?;
        sheet.root.present().map_err(words)?;
    }
    Ok(described(&svg, title, caption, height))
}

/// Gives the SVG its nominal size, and words for those who cannot see it.
fn described(svg: &str, title: &str, caption: &str, height: u32) -> String {
    let drawn = format!(r#"<svg width="{WIDTH}" height="{height}""#);
    let nominal = format!(r#"<svg width="{}" height="{}" role="img""#, WIDTH / UNITS, height / UNITS);
    let svg = svg.replacen(&drawn, &nominal, 1);
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    let words = format!("<title>{}</title>\n<desc>{}</desc>\n", escaped(title), escaped(caption));
    match svg.find(">\n") {
        Some(end) => format!("{}>\n{words}{}", &svg[..end], &svg[end + 2..]),
        None => svg,
    }
}

impl Sheet<'_> {
    /// Text whose top (at its left, middle or right) is at a place.
    pub(super) fn text(&self, text: &str, at: Place, size: i32, colour: RGBColor, horizontal: HPos) -> Drawn {
        self.root.draw_text(text, &text_style(size, colour, horizontal, VPos::Top), at).map_err(words)
    }

    pub(super) fn line(&self, places: Vec<Place>, colour: RGBColor, width: u32) -> Drawn {
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
        self.disc(at, DOT + 2, WHITE)?;
        self.disc(at, DOT, colour)
    }

    /// A mean.
    pub(super) fn marker(&self, at: Place, style: Style) -> Drawn {
        self.shape(at, style.marker, RADIUS, style.colour)
    }

    /// A value of the paper's: the marker's outline, through which ours is still seen.
    pub(super) fn hollow(&self, at: Place, style: Style) -> Drawn {
        self.outline(at, style, RADIUS)
    }

    /// The outline of a marker of some size.
    pub(super) fn outline(&self, at: Place, style: Style, radius: i32) -> Drawn {
        match style.marker {
            Marker::Circle => {
                let rim = ShapeStyle { color: style.colour.to_rgba(), filled: false, stroke_width: 4 };
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
            Marker::Circle => self.root.draw(&Circle::new(at, radius, colour.filled())).map_err(words),
            Marker::Polygon(corners) => {
                self.root.draw(&Polygon::new(placed(corners, at, radius), colour.filled())).map_err(words)
            }
        }
    }

    /// An error bar along y (or along x): from one end to the other, a cap at each end that is one.
    pub(super) fn bar(&self, ends: [(Place, bool); 2], vertical: bool, colour: RGBColor) -> Drawn {
        self.line(vec![ends[0].0, ends[1].0], colour, 3)?;
        for ((x, y), _) in ends.into_iter().filter(|(_, capped)| *capped) {
            let cap = if vertical { vec![(x - CAP, y), (x + CAP, y)] } else { vec![(x, y - CAP), (x, y + CAP)] };
            self.line(cap, colour, 3)?;
        }
        Ok(())
    }

    /// Says what lines and marks mean.
    pub(super) fn legend(&self, figure: &Figure, looks: &Looks, note: &str) -> Drawn {
        let y = self.keys(figure, looks)?;
        self.note(note, y + 28)
    }

    /// Words below what lines and marks mean.
    pub(super) fn note(&self, note: &str, y: i32) -> Drawn {
        self.paragraph(note, (KEY - 34, y), LETTERS + 5, GREY).map(drop)
    }

    /// What lines and marks mean; the place below.
    pub(super) fn keys(&self, figure: &Figure, looks: &Looks) -> Result<i32, String> {
        let mut y = TOP + 12;
        for series in figure.named() {
            let style = looks.of(series);
            let key = (KEY, y + TEXT / 2);
            if series.points.len() > 1 {
                self.line(vec![(KEY - 34, key.1), (KEY + 34, key.1)], style.colour, 4)?;
            }
            if series.points.is_empty() {
                self.hollow(key, style)?;
            } else {
                self.marker(key, style)?;
            }
            y = self.paragraph(&series.title, (WORDS, y), LETTERS, BLACK)?;
            y = self.paragraph(&series.budget, (WORDS, y), LETTERS, GREY)? + 16;
        }
        y += 22;
        let middle = y + TEXT / 2;
        let grey = Style { colour: GREY, marker: Marker::Circle };
        if figure.has_several_seeds() {
            self.bar([((KEY, middle - 22), true), ((KEY, middle + 22), true)], true, GREY)?;
            self.marker((KEY, middle), grey)?;
            y = self.paragraph("mean ± standard deviation over seeds", (WORDS, y), LETTERS, BLACK)? + 16;
            self.dot((KEY, y + TEXT / 2), GREY)?;
        } else {
            self.marker((KEY, middle), grey)?;
        }
        y = self.paragraph("one seed", (WORDS, y), LETTERS, BLACK)? + 16;
        if let Some(paper) = figure.paper {
            self.hollow((KEY, y + TEXT / 2), grey)?;
            y = self.paragraph(paper, (WORDS, y), LETTERS, BLACK)?;
        }
        Ok(y)
    }

    /// Lines of text; the place below them.
    pub(super) fn paragraph(
        &self,
        text: &str,
        (x, mut y): Place,
        letters: usize,
        colour: RGBColor,
    ) -> Result<i32, String> {
        for line in wrap(text, letters) {
            self.text(&line, (x, y), TEXT, colour, HPos::Left)?;
            y += TEXT + 8;
        }
        Ok(y)
    }
}

fn placed(corners: &[(i32, i32)], (x, y): Place, radius: i32) -> Vec<Place> {
    corners.iter().map(|(dx, dy)| (x + dx * radius / 100, y + dy * radius / 100)).collect()
}

/// Breaks text between words.
fn wrap(text: &str, letters: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always a line");
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > letters {
            lines.push(word.into());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            *line += word;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::raster;

    #[test]
    fn figures_ask_for_the_font_that_is_shipped() {
        assert_eq!(FAMILIES.split(',').next(), Some(raster::FAMILY));
    }

    #[test]
    fn text_is_broken_between_words() {
        assert_eq!(wrap("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrap("", 7), [""]);
    }
}
