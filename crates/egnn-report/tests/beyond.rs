//! N-body models beside what was published, and what stands beside their mean errors.

mod common;
#[path = "common/page.rs"]
mod page;

use common::{Row, finished, measured, results};
use egnn_report::{Kind, Options, Summary, write_report};
use resvg::usvg::roxmltree::{Document, Node};
use std::{fs, path::Path};

fn report(kind: Kind, rows: &[Row]) -> (tempfile::TempDir, Summary) {
    let folder = tempfile::tempdir().unwrap();
    results(folder.path(), rows);
    let options = Options {
        title: "Beyond the paper".into(),
        kind,
        profile: "quick".into(),
        command: "egnn sweep nbody-beyond".into(),
    };
    let summary = write_report(folder.path(), &options).unwrap();
    (folder, summary)
}

fn text(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

/// Two models that were published and one that was not; one run of an older version, one that failed.
fn rows() -> Vec<Row> {
    let reason = Some("loss is NaN in epoch 3, batch 7");
    vec![
        measured("segno", 2, 0.00455),
        measured("segno", 1, 0.00433),
        measured("segno", 3, 0.00441),
        measured("radial_ode", 1, 0.0034),
        Row { status: "failed", reason, mse: None, beside: None, ..measured("radial_ode", 2, 0.0) },
        finished("egnn", 3000, 1, 0.0092),
    ]
}

#[test]
fn ours_stand_beside_what_was_published() {
    let (folder, summary) = report(Kind::Beyond, &rows());
    assert!(summary.terminal.lines().all(|line| line.chars().count() <= 100));
    insta::assert_snapshot!("beyond_terminal", summary.terminal);
    insta::assert_snapshot!("beyond_markdown", text(folder.path(), "table.md"));
    insta::assert_snapshot!("beyond_csv", text(folder.path(), "table.csv"));
}

#[test]
fn the_page_says_which_values_are_published_and_by_whom() {
    let (folder, _) = report(Kind::Beyond, &rows());
    let page = page::page(folder.path());
    for said in [
        "0.00433 ± 0.00013",
        "33,602 parameters, 500 epochs",
        "arXiv 2102.09844",
        "1: 0.004330, 2: 0.004550, 3: 0.004410",
        "hollow: published",
        "Here it is 9.0 times the median trajectory's error",
    ] {
        assert!(page.contains(said), "the page does not say '{said}'");
    }
    assert!(!page.contains("paper's values") && !page.contains("the paper's order"), "it is not about the paper");
}

#[test]
fn the_figure_has_every_seed_and_hollow_published_values() {
    let (folder, _) = report(Kind::Beyond, &rows());
    let svg = text(folder.path(), "figure.svg");
    let document = Document::parse(&svg).unwrap();
    let texts: Vec<&str> = document
        .descendants()
        .filter(|node| node.has_tag_name("text"))
        .filter_map(|node| node.text())
        .map(str::trim)
        .collect();
    let names = ["Multivector networks", "CGENN", "SEGNN", "SEGNO", "EGNN", "Radial ODE"];
    let found = |name: &str| texts.iter().filter(|text| **text == name).count();
    // Beside its row, and in the legend.
    assert_eq!(names.map(found), [2; 6], "{texts:?}");
    // SEGNO's colour: a dot for each seed, and the published square is an outline.
    let of_segno = |tag: &str, attribute: &str| {
        let is_it = |node: &Node<'_, '_>| {
            node.has_tag_name(tag)
                && node.attribute(attribute).is_some_and(|colour| colour.eq_ignore_ascii_case("#D55E00"))
        };
        document.descendants().filter(is_it).count()
    };
    assert_eq!(of_segno("circle", "fill"), 3, "a dot a seed");
    assert_eq!(of_segno("polygon", "fill"), 2, "the mean, in the plot and in the legend");
    assert!(of_segno("polyline", "stroke") > 0, "the published value is an outline");
}

#[test]
fn models_without_published_epochs_are_no_reproduction() {
    let (_folder, summary) = report(Kind::Beyond, &[measured("radial_ode", 1, 0.0034)]);
    assert!(summary.terminal.contains("Nobody published epochs of these models."), "{}", summary.terminal);
    let full = Row { epochs: 500, steps: 15_000, ..measured("segno", 1, 0.0043) };
    let (_folder, summary) = report(Kind::Beyond, &[full]);
    assert!(summary.terminal.contains("Every run whose epochs are published had at least as many."));
}

#[test]
fn results_of_older_versions_have_no_medians_and_no_warnings() {
    for kind in [Kind::Table, Kind::Beyond] {
        let (folder, summary) = report(kind, &[finished("egnn", 3000, 1, 0.0092)]);
        assert!(!summary.terminal.contains("left out") && !summary.terminal.contains("close encounters"));
        let csv = text(folder.path(), "table.csv");
        let egnn = csv.lines().find(|line| line.starts_with("egnn")).unwrap();
        assert!(egnn.contains(",0.0092,"), "{egnn}");
    }
}

#[test]
fn table_2_orders_the_papers_models_whatever_else_was_run() {
    let rows = [measured("egnn", 1, 0.0092), measured("segno", 1, 0.0043), measured("gnn", 1, 0.0122)];
    let (folder, summary) = report(Kind::Table, &rows);
    assert!(summary.terminal.contains("The models stand in the paper's order (3,000 training samples)."));
    let table = text(folder.path(), "table.md");
    assert!(table.contains("| SEGNO | - | 0.004300 | - |"), "{table}");
    let (_folder, summary) = report(Kind::Table, &rows[1..2]);
    assert!(summary.terminal.contains("No two models that the paper orders"), "{}", summary.terminal);
}
