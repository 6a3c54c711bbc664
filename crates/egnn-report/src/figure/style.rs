//! Colours that stay apart for colour-blind readers (Okabe and Ito 2008), each with a marker of its own, so that a print in grey
//! still tells the models apart.

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

const STYLES: [(&str, Style); 7] = [
    ("egnn", Style { colour: RGBColor(0, 114, 178), marker: Marker::Circle }),
    ("radial_field", Style { colour: RGBColor(0, 158, 115), marker: TRIANGLE }),
    ("gnn", Style { colour: RGBColor(213, 94, 0), marker: SQUARE }),
    ("linear", Style { colour: RGBColor(204, 121, 167), marker: DIAMOND }),
    ("tfn", Style { colour: RGBColor(230, 159, 0), marker: INVERTED }),
    ("se3_transformer", Style { colour: RGBColor(86, 180, 233), marker: PENTAGON }),
    ("", Style { colour: RGBColor(60, 60, 60), marker: HOURGLASS }),
];

/// A look for each series: a model's own for its first series, one that is still free for others.
pub(crate) fn styles<'a>(models: impl Iterator<Item = &'a str>) -> Vec<Style> {
    let models: Vec<&str> = models.collect();
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
        assert_eq!(styles(["x"; 40].into_iter()).len(), 40, "more series than looks: looks repeat");
    }
}
