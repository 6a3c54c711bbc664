//! The figure as a drawing: what is on it, not how many pixels it takes.

mod common;

use common::{finished, results, sweep};
use egnn_report::{Kind, Options, write_report};
use resvg::usvg::roxmltree::Document;
use std::fs;

const COLOURS: [(&str, &str); 3] = [("egnn", "#0072B2"), ("radial_field", "#009E73"), ("gnn", "#D55E00")];

fn svg(rows: &[common::Row]) -> String {
    let folder = tempfile::tempdir().unwrap();
    results(folder.path(), rows);
    let options = Options {
        title: "A <title> & more".into(),
        kind: Kind::SizeCurve,
        profile: "quick".into(),
        command: "egnn".into(),
    };
    write_report(folder.path(), &options).unwrap();
    fs::read_to_string(folder.path().join("figure.svg")).unwrap()
}

/// One seed at sizes close together.
fn few() -> Vec<common::Row> {
    let errors = [("egnn", 0.05), ("radial_field", 0.06), ("gnn", 0.09)];
    let sizes = [(20, 1.0), (40, 0.8), (80, 0.6)];
    errors
        .iter()
        .flat_map(|&(model, mse)| sizes.map(|(samples, factor)| finished(model, samples, 1, mse * factor)))
        .collect()
}

/// Elements of a tag whose attribute has a value.
fn count(document: &Document<'_>, tag: &str, attribute: &str, value: &str, also: impl Fn(&str) -> bool) -> usize {
    document
        .descendants()
        .filter(|node| {
            node.has_tag_name(tag) && node.attribute(attribute).is_some_and(|found| found.eq_ignore_ascii_case(value))
        })
        .filter(|node| also(node.attribute(if tag == "circle" { "r" } else { "points" }).unwrap_or("")))
        .count()
}

fn texts(document: &Document<'_>) -> Vec<String> {
    document
        .descendants()
        .filter(|node| node.has_tag_name("text"))
        .filter_map(|node| node.text())
        .map(|text| text.trim().to_owned())
        .collect()
}

#[test]
fn one_line_a_model_and_every_seed() {
    let svg = svg(&sweep());
    let document = Document::parse(&svg).unwrap();
    for (model, colour) in COLOURS {
        // A seed is a small dot in the model's colour.
        assert_eq!(count(&document, "circle", "fill", colour, |r| r == "5"), 6, "{model}: three seeds at two sizes");
        // The line through the means is the only path of two places that is neither upright nor level.
        let slanted = |points: &str| {
            let places: Vec<(i32, i32)> = points
                .split_whitespace()
                .filter_map(|place| place.split_once(','))
                .map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap()))
                .collect();
            places.len() == 2 && places[0].0 != places[1].0 && places[0].1 != places[1].1
        };
        assert_eq!(count(&document, "polyline", "stroke", colour, slanted), 1, "{model}: one line");
    }
}

#[test]
fn axes_and_legend_say_what_they_show() {
    let svg = svg(&sweep());
    let document = Document::parse(&svg).unwrap();
    let texts = texts(&document);
    for said in [
        "training samples",
        "test MSE (length²)",
        "100",
        "1,600",
        "3,000",
        "EGNN",
        "Radial Field",
        "GNN",
        "one seed",
        "1,500 steps a size",
    ] {
        assert!(texts.iter().any(|text| text == said), "'{said}' is not among {texts:?}");
    }
    assert!(texts.iter().any(|text| text.starts_with("Not a reproduction of Figure 2")), "{texts:?}");
    assert!(texts.iter().any(|text| text.starts_with("hollow: the paper's Table 2")), "{texts:?}");
    assert!(texts.iter().any(|text| text == "A <title> & more (quick profile)"), "{texts:?}");
    assert!(!texts.iter().any(|text| text.contains("e-")), "ticks are plain numbers: {texts:?}");
}

#[test]
fn the_papers_markers_are_hollow() {
    let svg = svg(&sweep());
    let document = Document::parse(&svg).unwrap();
    let hollow = document
        .descendants()
        .filter(|node| node.has_tag_name("circle") && node.attribute("fill") == Some("none"))
        .filter(|node| node.attribute("stroke").is_some_and(|stroke| stroke.eq_ignore_ascii_case("#0072B2")));
    assert_eq!(hollow.count(), 1, "EGNN's circle at 3,000");
}

#[test]
fn one_size_and_one_seed_draw_neither_line_nor_bar() {
    let svg = svg(&[finished("egnn", 100, 1, 0.03)]);
    let document = Document::parse(&svg).unwrap();
    assert_eq!(count(&document, "polyline", "stroke", "#0072B2", |_| true), 0);
}

#[test]
fn one_seed_is_its_marker() {
    let svg = svg(&few());
    let document = Document::parse(&svg).unwrap();
    assert!(!document.descendants().any(|node| node.attribute("r") == Some("5")), "no dot on a marker");
    let texts = texts(&document);
    assert!(texts.iter().any(|text| text == "one seed"), "{texts:?}");
    assert!(!texts.iter().any(|text| text.contains("their mean") || text.contains("deviation")), "{texts:?}");
}

#[test]
fn models_stay_close_to_their_size() {
    let svg = svg(&few());
    let document = Document::parse(&svg).unwrap();
    // The lines through the means, drawn before all other lines of their colour.
    let places = COLOURS.map(|(_, colour)| {
        let line = document.descendants().find(|node| {
            node.has_tag_name("polyline")
                && node.attribute("stroke").is_some_and(|stroke| stroke.eq_ignore_ascii_case(colour))
        });
        let points = line.unwrap().attribute("points").unwrap();
        points.split_whitespace().map(|place| place.split_once(',').unwrap().0.parse().unwrap()).collect::<Vec<i32>>()
    });
    let gap = places[1][1] - places[1][0];
    for model in &places {
        for (x, middle) in model.iter().zip(&places[1]) {
            assert!((x - middle).abs() * 8 < gap, "{x} is too far from {middle} with sizes {gap} apart");
        }
    }
    assert!(places[0][0] < places[1][0] && places[1][0] < places[2][0], "side by side");
}

#[test]
fn a_spread_larger_than_the_mean_stays_on_the_sheet() {
    let svg = svg(&[finished("egnn", 100, 1, 0.5), finished("egnn", 100, 2, 0.001), finished("egnn", 100, 3, 0.001)]);
    let document = Document::parse(&svg).unwrap();
    for points in document.descendants().filter_map(|node| node.attribute("points")) {
        for place in points.split_whitespace() {
            let (x, y) = place.split_once(',').unwrap();
            let (x, y): (i32, i32) = (x.parse().unwrap(), y.parse().unwrap());
            assert!((0..=1920).contains(&x) && (0..=1240).contains(&y), "{place} is off the sheet");
        }
    }
}
