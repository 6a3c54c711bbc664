//! Colours that stay apart for colour-blind readers (Okabe and Ito 2008), each with a marker of its own, so that a print in grey
//! still tells the models apart.

use super::data::{Figure, Series};
use plotters::style::RGBColor;

/// Shape of a marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Marker {
    Circle,
    /// Corners in hundredths of the marker's radius.
    Polygon(&'static [(i32, i32)]),
}

const TRIANGLE: Marker = Marker::Polygon(&[(0, -122), (112, 78), (-112, 78)]);
const SQUARE: Marker = Marker::Polygon(&[(-90, -90), (90, -90), (90, 90), (-90, 90)]);
const DIAMOND: Marker = Marker::Polygon(&[(0, -130), (105, 0), (0, 130), (-105, 0)]);
const INVERTED: Marker = Marker::Polygon(&[(0, 122), (112, -78), (-112, -78)]);
const PENTAGON: Marker = Marker::Polygon(&[(0, -115), (109, -36), (68, 93), (-68, 93), (-109, -36)]);
const HOURGLASS: Marker = Marker::Polygon(&[(-95, -100), (95, -100), (-95, 100), (95, 100)]);

/// A series' look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) colour: RGBColor,
    pub(crate) marker: Marker,
}

impl Style {
    /// Its place in the palette, which the page shares.
    pub(crate) fn number(self) -> usize {
        STYLES.iter().position(|(_, style)| *style == self).unwrap_or(0)
    }
}

const STYLES: [(&str, Style); 7] = [
    ("egnn", Style { colour: RGBColor(0, 114, 178), marker: Marker::Circle }),
    ("radial_field", Style { colour: RGBColor(0, 158, 115), marker: TRIANGLE }),
    ("gnn", Style { colour: RGBColor(213, 94, 0), marker: SQUARE }),
    ("linear", Style { colour: RGBColor(204, 121, 167), marker: DIAMOND }),
    ("tfn", Style { colour: RGBColor(230, 159, 0), marker: INVERTED }),
    ("se3_transformer", Style { colour: RGBColor(86, 180, 233), marker: PENTAGON }),
    ("", Style { colour: RGBColor(60, 60, 60), marker: HOURGLASS }),
];

/// Whose look a model has: models that are seldom in one figure share some.
fn own(model: &str) -> &str {
    match model {
        "noise_gnn" | "cgenn" => "tfn",
        "no_edges" | "mean" => "",
        "schnet" | "radial_ode" => "radial_field",
        "nmp" | "segno" => "gnn",
        "segnn" => "se3_transformer",
        "multivector" => "linear",
        model => model,
    }
}

/// A look for each series: a model's own for its first series, one that is still free for others.
fn styles<'a>(models: impl Iterator<Item = &'a str>) -> Vec<Style> {
    let models: Vec<&str> = models.map(own).collect();
    let mut free: Vec<Style> =
        STYLES.iter().filter(|(own, _)| !models.contains(own)).map(|&(_, style)| style).collect();
    free.reverse();
    let mut seen: Vec<&str> = Vec::new();
    let mut spare = STYLES.iter().cycle();
    let mut next = move || free.pop().unwrap_or_else(|| spare.next().expect("an endless cycle").1);
    models
        .iter()
        .map(|model| {
            let own = STYLES.iter().find(|(own, _)| own == model).filter(|_| !seen.contains(model));
            seen.push(model);
            own.map_or_else(&mut next, |&(_, style)| style)
        })
        .collect()
}

/// A look for each of some models.
pub(crate) fn looks(models: &[&str]) -> Vec<Style> {
    styles(models.iter().copied())
}

/// The looks of a figure's series, by their names in the legend.
#[derive(Clone, Debug)]
pub(crate) struct Looks(Vec<(String, Style)>);

impl Looks {
    pub(crate) fn new(figure: &Figure) -> Self {
        let named = figure.named();
        let styles = styles(named.iter().map(|series| series.model.as_str()));
        Self(named.iter().map(|series| series.title.clone()).zip(styles).collect())
    }

    pub(crate) fn of(&self, series: &Series) -> Style {
        let found = self.0.iter().find(|(title, _)| *title == series.title);
        found.map_or(STYLES[STYLES.len() - 1].1, |&(_, style)| style)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_keep_their_look_and_variants_get_another() {
        let looks = styles(["egnn", "egnn", "gnn", "new"].into_iter());
        assert_eq!(looks[0], STYLES[0].1);
        assert_eq!(looks[2], STYLES[2].1);
        for (i, look) in looks.iter().enumerate() {
            assert!(looks[..i].iter().all(|other| other.colour != look.colour && other.marker != look.marker));
        }
        let graphs = styles(["egnn", "noise_gnn", "radial_field", "gnn", "no_edges"].into_iter());
        assert!(graphs.iter().enumerate().all(|(i, look)| !graphs[..i].contains(look)));
        let later = styles(["multivector", "cgenn", "segnn", "segno", "egnn", "radial_ode"].into_iter());
        assert!(later.iter().enumerate().all(|(i, look)| !later[..i].contains(look)));
        assert_eq!(styles(["x"; 40].into_iter()).len(), 40, "more series than looks: looks repeat");
    }
}
