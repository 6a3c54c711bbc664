//! Drawings for papers: their sizes, letters and lines, and that nothing overlaps or is cut off, whatever the runs are.

mod common;
#[path = "common/graphs.rs"]
#[allow(dead_code, reason = "not every test file uses all of it")]
mod graphs;
#[path = "common/qm9.rs"]
#[allow(dead_code, reason = "not every test file uses all of it")]
mod qm9;

use egnn_report::{Kind, Options, write_report};
use resvg::usvg::{self, Group, Node, Rect, Tree, roxmltree::Document};
use std::{fs, path::Path, sync::Arc};

const LONG: &str = "a_very_long_name_<script>alert(1)</script>&amp;_with_%_and_$_and_no_spaces_at_all_in_it_0123456789";
const FONT: &[u8] = include_bytes!("../fonts/DejaVuSans-subset.ttf");

/// The names of a report's drawings for papers, after `check` saw each with its folder.
fn drawings(kind: Kind, prepare: impl FnOnce(&Path), check: impl Fn(&Path, &str)) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepare(folder);
    let options =
        Options { title: "A <title> & more".into(), kind, profile: "quick".into(), command: "egnn sweep".into() };
    let summary = write_report(folder, &options).unwrap();
    let names = summary.files.iter().filter_map(|file| file.file_stem()?.to_str());
    let mut names: Vec<String> = names.filter(|name| name.ends_with("col")).map(Into::into).collect();
    names.dedup();
    for name in &names {
        check(folder, name);
    }
    names
}

fn tree(svg: &str) -> Tree {
    let mut options = usvg::Options { font_family: "DejaVu Sans".into(), ..usvg::Options::default() };
    Arc::make_mut(&mut options.fontdb).load_font_data(FONT.to_vec());
    Tree::from_str(svg, &options).unwrap()
}

/// Words with the room that they take.
fn words(group: &Group, found: &mut Vec<(String, Rect)>) {
    for node in group.children() {
        match node {
            Node::Group(group) => words(group, found),
            Node::Text(text) => {
                let chunks: String = text.chunks().iter().map(|chunk| chunk.text()).collect();
                found.push((chunks, text.abs_bounding_box()));
            }
            _ => {}
        }
    }
}

/// Width in inches, letters from 7 to 8 points, lines of half a point or more, no title; words inside of the drawing, and apart.
fn assert_fits_a_paper(folder: &Path, name: &str) {
    let inches = if name.ends_with("-1col") { 3.25 } else { 6.75 };
    let svg = fs::read_to_string(folder.join(format!("{name}.svg"))).unwrap();
    let document = Document::parse(&svg).unwrap();
    let root = document.root_element();
    assert_eq!(root.attribute("width"), Some(format!("{inches}in").as_str()));
    let units: f64 = root.attribute("viewBox").unwrap().split(' ').nth(2).unwrap().parse().unwrap();
    let points = inches * 72.0 / units;
    for node in document.descendants().filter(|node| node.is_element()) {
        let number = |attribute| node.attribute(attribute).and_then(|value| value.parse::<f64>().ok());
        if node.has_tag_name("text") {
            let size = number("font-size").unwrap() * points;
            assert!((7.0..=8.0).contains(&size), "{name}: letters of {size} pt");
            assert!(!node.text().unwrap_or("").contains("<title>"), "{name} has a title");
        } else if let Some(width) = number("stroke-width").filter(|_| node.attribute("stroke") != Some("none")) {
            assert!(width * points >= 0.5, "{name}: a line of {} pt", width * points);
        }
    }
    let tree = tree(&svg);
    let mut found = Vec::new();
    words(tree.root(), &mut found);
    assert!(!found.is_empty(), "{name} says nothing");
    let apart = |a: &Rect, b: &Rect| {
        const TOUCH: f32 = 2.0;
        let beside = a.right() < b.left() + TOUCH || b.right() < a.left() + TOUCH;
        beside || a.bottom() < b.top() + TOUCH || b.bottom() < a.top() + TOUCH
    };
    for (index, (words, room)) in found.iter().enumerate() {
        let is_inside = room.left() >= 0.0
            && room.top() >= 0.0
            && room.right() <= tree.size().width()
            && room.bottom() <= tree.size().height();
        assert!(is_inside, "{name}: '{words}' is cut off: {room:?} of {:?}", tree.size());
        for (others, other) in &found[..index] {
            assert!(apart(room, other), "{name}: '{words}' and '{others}' overlap: {room:?}, {other:?}");
        }
    }
    let png = fs::read(folder.join(format!("{name}.png"))).unwrap();
    let picture = resvg::tiny_skia::Pixmap::decode_png(&png).unwrap();
    assert_eq!(f64::from(picture.width()), inches * 300.0, "300 dpi");
    assert!(picture.pixels().iter().any(|pixel| pixel.red() < 120), "{name} is not empty");
    let pdf = fs::read(folder.join(format!("{name}.pdf"))).unwrap();
    let width = format!("/MediaBox[0 0 {} ", inches * 72.0);
    assert!(pdf.windows(width.len()).any(|part| part == width.as_bytes()), "{name}.pdf is not {inches} inches wide");
}

#[test]
fn n_body_drawings_fit_a_paper() {
    let many = || {
        let models = [LONG, "egnn", "gnn", "x\"y'z", "o1", "o2", "o3", "o4"];
        let rows = models.iter().zip(1..).flat_map(|(model, rank)| {
            [100, 150, 200, 400, 3000, 50_000].into_iter().flat_map(move |samples| {
                [1, 2].map(|seed| {
                    common::finished(model, samples, seed, 0.01 * f64::from(rank) / (samples + seed) as f64)
                })
            })
        });
        rows.collect::<Vec<_>>()
    };
    for kind in [Kind::SizeCurve, Kind::Table, Kind::Beyond] {
        for rows in [vec![], common::sweep(), vec![common::measured("egnn", 1, 0.0072)], many()] {
            let names = drawings(kind, |folder| common::results(folder, &rows), assert_fits_a_paper);
            assert_eq!(names, ["figure-1col", "figure-2col"]);
        }
    }
}

#[test]
fn drawings_of_graphs_fit_a_paper() {
    let mut long = Vec::new();
    for set in [LONG, "erdos_renyi", "third"] {
        for dim in 1..30 {
            long.push(graphs::Row { dim, ..graphs::finished(set, LONG, 1, [3.0, 10.0 / dim as f64, 0.9]) });
        }
    }
    for kind in [Kind::Autoencoder, Kind::GraphSparsity, Kind::EmbeddingSizes] {
        for rows in [vec![], graphs::figure_5(), graphs::sparsity(), graphs::embedding_sizes(), long.clone()] {
            let prepare = |folder: &Path| {
                graphs::results(folder, &rows);
                for row in rows.iter().filter(|row| row.model == "egnn" && row.seed == 1).take(20) {
                    graphs::predictions(folder, row, &graphs::predicted(6, row.set == "community_small"));
                }
            };
            let names = drawings(kind, prepare, assert_fits_a_paper);
            assert_eq!(names.len(), if kind == Kind::Autoencoder { 4 } else { 2 });
        }
    }
}

#[test]
fn drawings_of_molecules_fit_a_paper() {
    let properties = ["alpha", "gap", "homo", "lumo", "mu", "Cv", "G", "H", "R2", "U", "U0", "ZPVE"];
    let all = properties.iter().flat_map(|property| {
        [("egnn", 1.3), ("schnet", 2.5), ("mean", 700.0)]
            .map(|(model, mae)| qm9::finished(property, model, 10_000, 1, mae))
    });
    let long = [LONG, "mu"]
        .into_iter()
        .flat_map(|property| [LONG, "egnn", "mean"].map(|model| qm9::finished(property, model, 1000, 1, 0.3)));
    for (rows, has_predictions) in [
        (vec![], false),
        (qm9::quick(), true),
        (qm9::learning_curves(), false),
        (all.collect(), true),
        (long.collect(), false),
    ] {
        let prepare = |folder: &Path| {
            qm9::results(folder, &rows);
            for row in rows.iter().filter(|row| row.status == "finished" && has_predictions) {
                qm9::predictions(folder, row, &qm9::predicted(row));
            }
        };
        assert_eq!(drawings(Kind::Qm9, prepare, assert_fits_a_paper).len(), 6);
    }
}

/// Lines of a CSV of points by what its columns hold.
fn count(text: &str, is_counted: impl Fn(&[&str]) -> bool) -> usize {
    text.lines().skip(1).filter(|line| is_counted(&line.split(',').collect::<Vec<_>>())).count()
}

#[test]
fn points_are_all_in_the_csv_in_full() {
    drawings(
        Kind::SizeCurve,
        |folder| common::results(folder, &common::sweep()),
        |folder, _| {
            let text = fs::read_to_string(folder.join("figure.csv")).unwrap();
            assert_eq!(text.lines().next(), Some("set,model,series,at,kind,seed,value"));
            let kinds = ["mean", "low", "high", "seed", "paper"].map(|kind| count(&text, |cells| cells[4] == kind));
            assert_eq!(kinds, [6, 6, 6, 18, 3]);
            assert!(text.contains(&format!(",egnn,EGNN,1600,seed,3,{}\n", 0.0117 * 1.04)), "{text}");
        },
    );
}

#[test]
fn what_cannot_be_shown_is_not_among_the_points() {
    let rows = [
        common::finished("egnn", 100, 1, 0.02),
        common::finished("egnn", 100, 2, f64::NAN),
        common::finished("gnn", 100, 1, 0.0),
    ];
    drawings(
        Kind::SizeCurve,
        |folder| common::results(folder, &rows),
        |folder, _| {
            let text = fs::read_to_string(folder.join("figure.csv")).unwrap();
            assert_eq!(count(&text, |cells| cells[4] == "seed"), 1, "{text}");
            assert!(!text.contains("NaN"));
        },
    );
}

#[test]
fn points_of_graphs_and_molecules_are_those_that_are_drawn() {
    let rows: Vec<graphs::Row> = graphs::figure_5().into_iter().filter(|row| row.set == "erdos_renyi").collect();
    let prepare = |folder: &Path| {
        graphs::results(folder, &rows);
        for row in rows.iter().filter(|row| row.model == "egnn" && row.seed == 1) {
            graphs::predictions(folder, row, &graphs::predicted(6, false));
        }
    };
    drawings(Kind::Autoencoder, prepare, |folder, _| {
        let text = fs::read_to_string(folder.join("graphs.csv")).unwrap();
        assert_eq!(text.lines().next(), Some("set,model,seed,graph,source,target,edge,probability"));
        let mut shown: Vec<&str> = text.lines().skip(1).filter_map(|line| line.split(',').nth(3)).collect();
        shown.dedup();
        assert_eq!(shown.len(), 4, "two graphs that are first and two that are worst: {shown:?}");
        let figure = fs::read_to_string(folder.join("figure.csv")).unwrap();
        assert!(count(&figure, |cells| cells[3].is_empty() && cells[4] == "mean") > 0, "rows have no place: {figure}");
    });
    let row = qm9::finished("mu", "egnn", 1000, 1, 0.3);
    let prepare = |folder: &Path| {
        qm9::results(folder, std::slice::from_ref(&row));
        qm9::predictions(folder, &row, &qm9::predicted(&row));
    };
    drawings(Kind::Qm9, prepare, |folder, _| {
        let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        assert_eq!(count(&read("parity.csv"), |cells| cells[..4] == ["mu", "egnn", "1", "1000"]), 1000);
        let sizes = read("sizes.csv");
        let molecules = sizes.lines().skip(1).map(|line| line.split(',').nth(5).unwrap().parse::<usize>().unwrap());
        assert_eq!(molecules.sum::<usize>(), 1000);
        assert_eq!(count(&read("figure.csv"), |cells| cells[4] == "goal"), 1);
    });
}
