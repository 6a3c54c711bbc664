//! What a reader of a report on properties of molecules sees.

#[path = "common/page.rs"]
mod page;
#[path = "common/qm9.rs"]
mod qm9;

use egnn_report::{Kind, Options, ReportError, Summary, outdated, write_report};
use egnn_store::table::{ColumnData, write};
use qm9::{Row, failed, finished, learning_curves, pending, predicted, predictions, quick, results};
use resvg::usvg::roxmltree::Document;
use std::{fs, path::Path};

/// What a report has, besides the versions of its drawings for papers.
const FILES: [&str; 18] = [
    "table.md",
    "table.csv",
    "table.tex",
    "table-3.csv",
    "table-3.tex",
    "figure.svg",
    "figure.png",
    "figure.pdf",
    "figure.csv",
    "parity.svg",
    "parity.png",
    "parity.pdf",
    "parity.csv",
    "sizes.svg",
    "sizes.png",
    "sizes.pdf",
    "sizes.csv",
    "index.html",
];
const EGNN: &str = "#0072B2";

fn options() -> Options {
    Options {
        title: "Table 3: properties of molecules".into(),
        kind: Kind::Qm9,
        profile: "quick".into(),
        command: "egnn sweep qm9".into(),
    }
}

/// A report without any predictions.
fn bare(rows: &[Row]) -> (tempfile::TempDir, Summary) {
    let folder = tempfile::tempdir().unwrap();
    results(folder.path(), rows);
    let summary = write_report(folder.path(), &options()).unwrap();
    assert!(summary.terminal.lines().all(|line| line.chars().count() <= 100), "{}", summary.terminal);
    (folder, summary)
}

fn report(rows: &[Row]) -> (tempfile::TempDir, Summary) {
    let folder = tempfile::tempdir().unwrap();
    results(folder.path(), rows);
    for row in rows.iter().filter(|row| row.status == "finished") {
        predictions(folder.path(), row, &predicted(row));
    }
    let summary = write_report(folder.path(), &options()).unwrap();
    assert!(summary.terminal.lines().all(|line| line.chars().count() <= 100), "{}", summary.terminal);
    (folder, summary)
}

fn text(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

fn words(svg: &str) -> String {
    let document = Document::parse(svg).unwrap();
    let texts = document.descendants().filter(|node| node.has_tag_name("text")).filter_map(|node| node.text());
    texts.map(str::trim).collect::<Vec<_>>().join("\n")
}

/// Filled circles of a radius and colour.
fn discs(svg: &str, radius: &str, colour: &str) -> usize {
    let document = Document::parse(svg).unwrap();
    let is_one = |node: &resvg::usvg::roxmltree::Node<'_, '_>| {
        node.attribute("r") == Some(radius) && node.attribute("fill") == Some(colour)
    };
    document.descendants().filter(is_one).count()
}

/// The line of a file that has some words.
fn line<'a>(text: &'a str, words: &str) -> &'a str {
    text.lines().find(|line| line.contains(words)).unwrap_or_else(|| panic!("no '{words}' in {text}"))
}

#[test]
fn a_quick_run_everywhere() {
    let (folder, summary) = report(&quick());
    let names: Vec<_> = summary.files.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names.iter().copied().filter(|name| !name.contains("col.")).collect::<Vec<_>>(), FILES);
    insta::assert_snapshot!("quick_latex", text(folder.path(), "table.tex"));
    insta::assert_snapshot!("quick_table_3_latex", text(folder.path(), "table-3.tex"));
    insta::assert_snapshot!("quick_terminal", summary.terminal);
    insta::assert_snapshot!("quick_markdown", text(folder.path(), "table.md"));
    insta::assert_snapshot!("quick_csv", text(folder.path(), "table.csv"));
    insta::assert_snapshot!("quick_table_3_csv", text(folder.path(), "table-3.csv"));
    for (name, shown) in [("figure", "quick_words"), ("parity", "parity_words"), ("sizes", "sizes_words")] {
        insta::assert_snapshot!(shown, words(&text(folder.path(), &format!("{name}.svg"))));
        let png = fs::read(folder.path().join(format!("{name}.png"))).unwrap();
        let picture = resvg::tiny_skia::Pixmap::decode_png(&png).unwrap();
        assert!(picture.width() == 1920 && picture.pixels().iter().any(|pixel| pixel.red() < 50), "{name}");
    }
}

#[test]
fn learning_curves_everywhere() {
    let (folder, summary) = report(&learning_curves());
    insta::assert_snapshot!("learning_terminal", summary.terminal);
    insta::assert_snapshot!("learning_words", words(&text(folder.path(), "figure.svg")));
    let svg = text(folder.path(), "figure.svg");
    assert_eq!(discs(&svg, "5", EGNN), 16, "EGNN's two seeds at four sizes of two properties");
    // Of the predictions of each model those of the run on the most molecules.
    let parity = words(&text(folder.path(), "parity.svg"));
    assert_eq!(parity.matches("trained on 10,000, seed 1").count(), 3, "{parity}");
    let table = text(folder.path(), "table-3.csv");
    assert_eq!(
        table.lines().filter(|line| line.starts_with("ours,egnn,")).count(),
        4,
        "both properties in one row a size"
    );
}

#[test]
fn table_3_is_published_whole_and_ours_stands_below() {
    let (folder, _) = bare(&quick());
    let table = text(folder.path(), "table-3.csv");
    let mut lines = table.lines();
    assert!(
        lines
            .next()
            .unwrap()
            .ends_with("mu (D),Cv (cal/(mol K)),G (meV),H (meV),R2 (bohr^2),U (meV),U0 (meV),ZPVE (meV)")
    );
    let sources: Vec<&str> = lines.map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(sources, [["published"; 9].as_slice(), &["ours"; 4]].concat());
    assert_eq!(
        line(&table, "published,EGNN"),
        "published,EGNN,,,100000,13083,1000,1000,0.071,48,29,25,0.029,0.031,12,12,0.106,12,11,1.55"
    );
    assert_eq!(line(&table, "TFN"), "published,TFN,,,,,,,0.223,58,40,38,0.064,0.101,,,,,,");
    assert!(line(&table, "ours,egnn").starts_with("ours,egnn,,qm9,1000,1000,60,60,,,,,0.346"));
}

#[test]
fn the_page_stands_alone_and_stays_light() {
    let properties = ["alpha", "gap", "homo", "lumo", "mu", "Cv", "G", "H", "R2", "U", "U0", "ZPVE"];
    let rows: Vec<Row> = properties
        .into_iter()
        .flat_map(|property| {
            ["egnn", "schnet"]
                .map(|model| Row { evaluated: [17_748, 13_083], ..finished(property, model, 10_000, 1, 1.3) })
        })
        .collect();
    let (folder, _) = report(&rows);
    let page = page::page(folder.path());
    assert!(page.len() < 3_000_000, "{} bytes", page.len());
    page::stands_alone(&page);
    assert_eq!(page.matches("<svg ").count(), 3);
    for said in [
        "Not a reproduction of Table 3: these runs had 0.60 % of the paper's steps.",
        "Validation used all 17,748 and the test all 13,083 molecules of the paper's splits.",
        "DimeNet++'s row uses slightly other partitions.",
        "our SchNet and NMP (distances) differ in size",
        "<td>published</td><td>SE(3)-Tr.</td>",
        "500 of 13,083 shown",
        "6,300 of 1,042,000 (0.60 %)",
        "href=\"table-3.csv\"",
    ] {
        assert!(page.contains(said), "the page does not say '{said}'");
    }
}

#[test]
fn points_are_all_shown_or_it_is_said_how_many() {
    let (folder, _) = report(&quick());
    let svg = text(folder.path(), "parity.svg");
    assert_eq!(discs(&svg, "4", EGNN), 1000);
    assert!(words(&svg).contains("all 1,000 shown"));
    let row = Row { evaluated: [17_748, 13_083], ..finished("U0", "egnn", 10_000, 1, 150.0) };
    let (folder, _) = report(&[row]);
    let svg = text(folder.path(), "parity.svg");
    assert_eq!(discs(&svg, "3", EGNN), 12_000);
    assert!(words(&svg).contains("12,000 of 13,083 shown") && words(&svg).contains("MAE 150 meV"));
}

#[test]
fn every_state_of_runs_gives_a_report() {
    let unusable = Row { mae: Some(f64::NAN), ..finished("mu", "egnn", 1000, 2, 0.0) };
    let zero = finished("mu", "egnn", 1000, 1, 0.0);
    let own = finished("charge", "my_model", 1000, 1, 0.3);
    let fixture = Row { set: "qm9_fixture", evaluated: [12, 12], ..finished("mu", "egnn", 40, 1, 0.9) };
    for rows in [
        vec![],
        vec![failed("mu", "egnn", 1), pending("U0", "schnet", 1)],
        vec![unusable.clone()],
        vec![zero],
        vec![own, pending("mu", "egnn", 1)],
        vec![fixture],
        vec![finished("U0", "egnn", 1000, 1, 400.0)],
        vec![finished("mu", "mean", 1000, 1, 1.19)],
        vec![Row { of_mean: None, ..finished("mu", "egnn", 1000, 1, 0.4) }],
    ] {
        let (folder, summary) = report(&rows);
        for name in ["figure.svg", "parity.svg", "sizes.svg", "table.csv", "table-3.csv"] {
            assert!(!text(folder.path(), name).contains("NaN"), "{name}");
        }
        assert!(FILES.iter().all(|name| folder.path().join(name).is_file()));
        assert_eq!(summary.finished, rows.iter().filter(|row| row.status == "finished").count());
    }
    let (_folder, summary) = bare(&[unusable, finished("mu", "egnn", 1000, 1, 0.3)]);
    for said in ["has a test error of NaN", "1 of 2"] {
        assert!(summary.terminal.contains(said), "'{said}': {}", summary.terminal);
    }
}

#[test]
fn predictions_that_cannot_be_shown_are_warned_of() {
    let rows = [finished("mu", "egnn", 1000, 1, 0.3), finished("mu", "schnet", 1000, 1, 0.4)];
    let folder = tempfile::tempdir().unwrap();
    results(folder.path(), &rows);
    let mut broken = predicted(&rows[0]);
    let column = broken.columns.iter_mut().find(|(name, _)| name == "prediction").unwrap();
    column.1 = ColumnData::F64(vec![Some(f64::NAN); 1000]);
    predictions(folder.path(), &rows[0], &broken);
    let summary = write_report(folder.path(), &options()).unwrap();
    let table = text(folder.path(), "table.md");
    for said in [
        "No predictions of EGNN, mu (D) are shown: runs/mu-egnn-1000-s1/predictions.parquet: row 0 has a prediction of NaN; \
         delete the run's folder and run the sweep again.",
        "No predictions of SchNet, mu (D) are shown: runs/mu-schnet-1000-s1/predictions.parquet is not there",
    ] {
        assert!(table.contains(said), "{table}");
    }
    assert!(words(&text(folder.path(), "parity.svg")).contains("row 0 has a prediction of NaN"));
    assert_eq!(summary.finished, 2);
}

#[test]
fn a_column_that_is_missing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let without = |rows: &[Row], column: &str| {
        let mut table = qm9::table(rows);
        table.columns.retain(|(name, _)| name != column);
        write(&folder.path().join("results.parquet"), &table).unwrap();
        write_report(folder.path(), &options())
    };
    for missing in ["property", "set", "test_mae", "test_mae_of_mean"] {
        let error = without(&quick(), missing).unwrap_err();
        assert!(matches!(&error, ReportError::MissingColumn { column, .. } if *column == missing), "{error}");
    }
    without(&[pending("mu", "egnn", 1)], "test_mae").unwrap();
    without(&quick(), "smiles").unwrap();
}

#[test]
fn the_papers_own_budget_is_not_called_less() {
    let full =
        Row { evaluated: [17_748, 13_083], epochs: 1000, best_epoch: 990, ..finished("mu", "egnn", 100_000, 1, 0.03) };
    let (folder, summary) = bare(std::slice::from_ref(&full));
    assert!(!summary.terminal.contains("Not a reproduction"), "{}", summary.terminal);
    assert!(text(folder.path(), "table.md").contains("| the paper's |"));
    let (folder, summary) = bare(&[Row { hidden: 64, ..full }]);
    assert!(summary.terminal.contains("Not a reproduction of Table 3."), "{}", summary.terminal);
    assert!(text(folder.path(), "table.md").contains("| hidden 64 (paper 128) |"));
}

#[test]
fn a_set_of_ones_own_is_not_called_the_papers() {
    let (folder, _) = bare(&[Row { set: "qm9_fixture", evaluated: [12, 12], ..finished("mu", "egnn", 40, 1, 0.9) }]);
    let table = text(folder.path(), "table.md");
    assert!(
        table.contains("Validation used 12 and the test 12 molecules of set qm9_fixture, which is not the paper's.")
    );
    assert!(!table.contains("12 of 13,083"), "{table}");
    assert!(table.contains("| ours | EGNN, set qm9_fixture | 40 | 12 |"), "{table}");
}

#[test]
fn runs_that_differ_in_more_than_their_seed_are_not_averaged() {
    let one = finished("mu", "egnn", 1000, 1, 0.3);
    let other = Row { learning_rate: 1e-3, seed: 2, ..one.clone() };
    let (folder, _) = bare(&[one, other]);
    let table = text(folder.path(), "table.csv");
    assert!(table.contains("egnn,learning_rate=0.001,") && table.contains("egnn,learning_rate=0.0005,"), "{table}");
    // The paper's rate is another for each property: two properties are no variants.
    let (folder, _) = bare(&[finished("mu", "egnn", 1000, 1, 0.3), finished("gap", "egnn", 1000, 1, 300.0)]);
    assert!(!text(folder.path(), "table.csv").contains("learning_rate"));
}

#[test]
fn the_same_results_give_the_same_bytes_in_any_order_of_rows() {
    let (first, summary) = report(&quick());
    let (second, _) = report(&quick().into_iter().rev().collect::<Vec<Row>>());
    for path in &summary.files {
        let name = path.file_name().unwrap();
        let same = fs::read(first.path().join(name)).unwrap() == fs::read(second.path().join(name)).unwrap();
        assert!(same, "{} differs", name.display());
    }
}

#[test]
fn a_report_is_outdated_without_any_of_its_files() {
    let (folder, summary) = report(&quick());
    let folder = folder.path();
    assert_eq!(outdated(folder, &options()), None);
    assert_eq!(summary.files.len(), FILES.len() + 3 * 6, "six more of each drawing");
    for path in &summary.files {
        let bytes = fs::read(path).unwrap();
        fs::remove_file(path).unwrap();
        assert!(outdated(folder, &options()).unwrap().ends_with("is missing"), "{}", path.display());
        fs::write(path, bytes).unwrap();
    }
}
