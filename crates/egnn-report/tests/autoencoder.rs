//! What a reader of a report on graph autoencoders sees.

#[path = "common/graphs.rs"]
mod graphs;
#[path = "common/page.rs"]
mod page;

use egnn_report::{Kind, Options, ReportError, Summary, outdated, write_report};
use egnn_store::table::write;
use graphs::{Row, embedding_sizes, failed, figure_5, finished, pending, predicted, predictions, results, sparsity};
use resvg::usvg::roxmltree::Document;
use std::{fs, path::Path};

fn options(kind: Kind) -> Options {
    let (title, command) = match kind {
        Kind::Autoencoder => ("Figure 5: graph autoencoder", "egnn sweep autoencoder"),
        Kind::GraphSparsity => ("Figure 5, right: F1 against edge probability", "egnn sweep graph-sparsity"),
        _ => ("Appendix D.1: embedding sizes", "egnn sweep embedding-sizes"),
    };
    Options { title: title.into(), kind, profile: "quick".into(), command: command.into() }
}

fn report(kind: Kind, rows: &[Row]) -> (tempfile::TempDir, Summary) {
    let folder = tempfile::tempdir().unwrap();
    results(folder.path(), rows);
    if kind == Kind::Autoencoder {
        // Of one set the predictions are missing.
        for row in rows.iter().filter(|row| row.model == "egnn" && row.seed == 1 && row.set != "my_ring") {
            predictions(folder.path(), row, &predicted(6, row.set == "community_small"));
        }
    }
    let summary = write_report(folder.path(), &options(kind)).unwrap();
    assert!(summary.terminal.lines().all(|line| line.chars().count() <= 100), "{}", summary.terminal);
    (folder, summary)
}

fn text(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

fn words(svg: &str) -> Vec<String> {
    let document = Document::parse(svg).unwrap();
    let texts = document.descendants().filter(|node| node.has_tag_name("text")).filter_map(|node| node.text());
    texts.map(|text| text.trim().to_owned()).collect()
}

/// Width and height of a picture that can be decoded.
fn decoded(path: &Path) -> (u32, u32) {
    let picture = resvg::tiny_skia::Pixmap::decode_png(&fs::read(path).unwrap()).unwrap();
    assert!(picture.pixels().iter().any(|pixel| pixel.red() < 50), "{} is not empty", path.display());
    (picture.width(), picture.height())
}

#[test]
fn figure_5_everywhere() {
    let (folder, summary) = report(Kind::Autoencoder, &figure_5());
    let names: Vec<_> = summary.files.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    let expected = [
        "table.md",
        "table.csv",
        "table.tex",
        "figure.svg",
        "figure.png",
        "figure.pdf",
        "figure.csv",
        "graphs.svg",
        "graphs.png",
        "graphs.pdf",
        "graphs.csv",
        "index.html",
    ];
    assert_eq!(names.into_iter().filter(|name| !name.contains("col.")).collect::<Vec<_>>(), expected);
    insta::assert_snapshot!("figure_5_latex", text(folder.path(), "table.tex"));
    insta::assert_snapshot!("figure_5_points", text(folder.path(), "figure.csv"));
    insta::assert_snapshot!("figure_5_terminal", summary.terminal);
    insta::assert_snapshot!("figure_5_markdown", text(folder.path(), "table.md"));
    insta::assert_snapshot!("figure_5_csv", text(folder.path(), "table.csv"));
    insta::assert_snapshot!("figure_5_words", words(&text(folder.path(), "figure.svg")).join("\n"));
    insta::assert_snapshot!("graphs_words", words(&text(folder.path(), "graphs.svg")).join("\n"));
    for name in ["figure.png", "graphs.png"] {
        let (width, height) = decoded(&folder.path().join(name));
        assert!(width == 1920 && height > 800, "{name}: {width} x {height}");
    }
}

#[test]
fn graph_sparsity_everywhere() {
    let (folder, summary) = report(Kind::GraphSparsity, &sparsity());
    insta::assert_snapshot!("graph_sparsity_terminal", summary.terminal);
    insta::assert_snapshot!("graph_sparsity_markdown", text(folder.path(), "table.md"));
    insta::assert_snapshot!("graph_sparsity_words", words(&text(folder.path(), "figure.svg")).join("\n"));
    assert_eq!(decoded(&folder.path().join("figure.png")), (1920, 1240));
    assert!(!folder.path().join("graphs.svg").exists());
    // One line a model, every seed a dot beside it.
    let svg = text(folder.path(), "figure.svg");
    let document = Document::parse(&svg).unwrap();
    let seeds = document
        .descendants()
        .filter(|node| node.attribute("r") == Some("5") && node.attribute("fill") == Some("#0072B2"));
    assert_eq!(seeds.count(), 18, "EGNN's two seeds at nine places");
}

#[test]
fn embedding_sizes_everywhere() {
    let (folder, summary) = report(Kind::EmbeddingSizes, &embedding_sizes());
    insta::assert_snapshot!("embedding_sizes_terminal", summary.terminal);
    insta::assert_snapshot!("embedding_sizes_markdown", text(folder.path(), "table.md"));
    insta::assert_snapshot!("embedding_sizes_csv", text(folder.path(), "table.csv"));
    insta::assert_snapshot!("embedding_sizes_words", words(&text(folder.path(), "figure.svg")).join("\n"));
    assert_eq!(decoded(&folder.path().join("figure.png")), (1920, 1240));
}

#[test]
fn the_page_stands_alone_with_both_figures() {
    let (folder, _) = report(Kind::Autoencoder, &figure_5());
    let page = page::page(folder.path());
    page::stands_alone(&page);
    assert_eq!(page.matches("<svg ").count(), 2);
    for said in [
        "Not a reproduction of Figure 5 (left): these runs had 20 % of the paper's epochs.",
        "500 of 5,000 graphs",
        "Some test graphs",
        "<td class=\"r\">212</td>",
        "arXiv 2102.09844), Figure 5 (left)",
        "BCE 1.64, % error 0.09",
        "<td>Baseline (no edges)</td><td class=\"r\">-</td>",
        "No pictures of my_ring: runs/my_ring-egnn-n8-s1/predictions.parquet is not there",
        "<code>erdos_renyi-radial_field-n8-s1</code>: loss is NaN in epoch 3, batch 7",
    ] {
        assert!(page.contains(said), "the page does not say '{said}'");
    }
    assert!(!page.contains("NaN±") && !page.contains("Re-run:"));
}

#[test]
fn every_state_of_runs_gives_a_report() {
    let unusable = Row { scores: [None, Some(f64::NAN), Some(1.5)], ..finished("erdos_renyi", "gnn", 2, [0.0; 3]) };
    let own = finished("my_set", "my_model", 1, [3.0, 1.0, 0.9]);
    let unfinished = vec![failed("erdos_renyi", "egnn", 1), pending("my_set", "my_model", 1)];
    let every = [Kind::Autoencoder, Kind::GraphSparsity, Kind::EmbeddingSizes];
    for (rows, kinds) in [
        (vec![], &every[..]),
        (vec![own, pending("my_set", "egnn", 1), unusable.clone()], &every[..]),
        (unfinished, &every[..1]),
        (vec![unusable.clone()], &every[1..]),
    ] {
        for &kind in kinds {
            let (folder, summary) = report(kind, &rows);
            for name in ["figure.svg", "table.csv"] {
                assert!(!text(folder.path(), name).contains("NaN"), "{name}");
            }
            assert!(folder.path().join("figure.png").exists() && folder.path().join("index.html").exists());
            assert_eq!(summary.finished, rows.iter().filter(|row| row.status == "finished").count());
        }
    }
    let (_folder, summary) =
        report(Kind::Autoencoder, &[unusable, finished("erdos_renyi", "gnn", 1, [15.0, 5.0, 0.9])]);
    for said in ["has no BCE", "has a % error of NaN", "has an F1 of 1.5", "1 of 2"] {
        assert!(summary.terminal.contains(said), "'{said}': {}", summary.terminal);
    }
}

#[test]
fn columns_of_results_may_be_missing_while_nothing_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    let write_without = |rows: &[Row], names: &[&str]| {
        let mut table = graphs::table(rows);
        table.columns.retain(|(name, _)| !names.contains(&name.as_str()));
        write(&folder.path().join("results.parquet"), &table).unwrap();
        write_report(folder.path(), &options(Kind::Autoencoder))
    };
    let measured = ["p", "test_bce", "test_error_percent", "test_f1", "test_in_train", "train_distinct"];
    write_without(&[pending("erdos_renyi", "egnn", 1)], &measured).unwrap();
    for (missing, rows) in [("test_bce", figure_5()), ("set", figure_5()), ("set", vec![pending("x", "egnn", 1)])] {
        let error = write_without(&rows, &[missing]).unwrap_err();
        assert!(matches!(&error, ReportError::MissingColumn { column, .. } if *column == missing), "{error}");
        assert!(error.to_string().contains("results.parquet") && !error.is_environment());
    }
}

#[test]
fn the_papers_own_budget_is_not_called_less() {
    let row = finished("erdos_renyi", "egnn", 1, [1.64, 0.09, 0.998]);
    let row = Row { train_samples: 5000, epochs: 100, best_epoch: 98, ..row };
    let (folder, summary) = report(Kind::Autoencoder, &[row]);
    assert!(!summary.terminal.contains("Not a reproduction"), "{}", summary.terminal);
    assert!(text(folder.path(), "table.md").contains("| the paper's |"));
}

#[test]
fn another_embedding_is_said_in_the_table() {
    let small = Row { dim: 4, hidden: 32, ..finished("erdos_renyi", "egnn", 1, [9.0, 3.0, 0.94]) };
    let (folder, summary) = report(Kind::Autoencoder, &[small]);
    let said = "20 of 100 epochs, 500 of 5,000 graphs, hidden 32 (paper 64), n = 4 (paper 8)";
    assert!(summary.terminal.contains("hidden 32 (paper 64); n = 4 (paper 8)"), "{}", summary.terminal);
    assert!(text(folder.path(), "table.md").contains(said));
}

#[test]
fn runs_that_differ_in_more_than_their_seed_are_not_averaged() {
    let one = finished("erdos_renyi", "egnn", 1, [1.7, 0.1, 0.998]);
    let other = Row { learning_rate: 1e-3, seed: 2, ..one.clone() };
    let (_folder, summary) = report(Kind::Autoencoder, &[one, other]);
    assert!(summary.terminal.contains("ate=0.001") && summary.terminal.contains("0.0001"), "{}", summary.terminal);
}

#[test]
fn runs_without_a_known_edge_probability_stand_with_their_sets_name() {
    let mut rows = sparsity();
    rows.retain(|row| row.set != "overfit_p03" || row.model == "egnn");
    for set in ["overfit_p03", "sparsity_late"] {
        let heart = Row { test_split: "train", test_samples: 100, ..pending(set, "gnn", 1) };
        rows.push(Row { dim: 16, train_samples: 100, ..heart });
    }
    let (folder, _) = report(Kind::GraphSparsity, &rows);
    let table = text(folder.path(), "table.md");
    assert!(
        table.contains("| 0.3 | GNN | pending |") && table.contains("| sparsity_late | GNN | pending |"),
        "{table}"
    );
}

#[test]
fn graphs_learnt_by_heart_are_tested_on_themselves() {
    let rows: Vec<Row> = sparsity().into_iter().take(1).map(|row| Row { test_split: "test", ..row }).collect();
    let (_folder, summary) = report(Kind::GraphSparsity, &rows);
    assert!(summary.terminal.contains("was not tested on the graphs that it was trained on"), "{}", summary.terminal);
    // Some of them are not them.
    let rows: Vec<Row> = sparsity().into_iter().take(1).map(|row| Row { test_samples: 20, ..row }).collect();
    let (folder, summary) = report(Kind::GraphSparsity, &rows);
    let said = "overfit_p01-gnn-n16-s1 was trained on 100 graphs and tested on 20; in the paper they are the same.";
    assert!(summary.terminal.contains(said), "{}", summary.terminal);
    assert!(!text(folder.path(), "table.md").contains("the same graphs"));
}

#[test]
fn several_sets_of_ones_own_stand_one_after_another() {
    let rows: Vec<Row> = ["ring_b", "ring_a", "erdos_renyi"]
        .into_iter()
        .flat_map(|set| ["gnn", "egnn"].map(|model| finished(set, model, 1, [2.0, 1.0, 0.9])))
        .collect();
    let (folder, summary) = report(Kind::Autoencoder, &rows);
    let table = text(folder.path(), "table.csv");
    let ours: Vec<String> = table
        .lines()
        .skip(1)
        .map(|line| line.split(',').take(2).collect::<Vec<_>>().join(" "))
        .filter(|row| !row.starts_with("erdos_renyi"))
        .collect();
    // Where the paper has no row, its best model comes first.
    assert_eq!(ours, ["ring_a egnn", "ring_a gnn", "ring_b egnn", "ring_b gnn"]);
    assert_eq!(summary.terminal.matches("\nring_a\n").count(), 1, "{}", summary.terminal);
    let headings = words(&text(folder.path(), "figure.svg"));
    assert_eq!(headings.iter().filter(|word| *word == "ring_a").count(), 1, "{headings:?}");
}

#[test]
fn a_second_set_at_a_place_leaves_the_curve_whole() {
    let mut rows = sparsity();
    let heart = rows.iter().find(|row| row.set == "overfit_p05" && row.model == "egnn").unwrap().clone();
    rows.push(Row { set: "mine".into(), train_samples: 20, test_samples: 20, ..heart });
    let (folder, _) = report(Kind::GraphSparsity, &rows);
    let table = text(folder.path(), "table.csv");
    let variants: Vec<&str> = table.lines().skip(1).filter_map(|line| line.split(',').nth(2)).collect();
    assert_eq!(variants.iter().filter(|variant| **variant == "set=mine").count(), 1, "{variants:?}");
    assert_eq!(variants.iter().filter(|variant| variant.is_empty()).count(), 27, "three models at nine places");
    let verdict = "500 of 10,001 epochs, set mine, 20 of 100 graphs, test_samples 20 (paper 100)";
    assert!(text(folder.path(), "table.md").contains(verdict));
}

#[test]
fn a_run_that_was_best_early_is_named() {
    let row = |seed, best_epoch| Row { best_epoch, ..finished("erdos_renyi", "egnn", seed, [2.0, 1.0, 0.9]) };
    let baseline = finished("erdos_renyi", "no_edges", 1, [0.0, 25.11, 0.0]);
    let (folder, summary) = report(Kind::Autoencoder, &[row(1, 9), row(2, 10), Row { epochs: 1, ..baseline }]);
    let said =
        "erdos_renyi-egnn-n8-s1 had its best validation in epoch 9 of 20: its training probably collapsed after that.";
    assert!(text(folder.path(), "table.md").contains(said));
    assert_eq!(summary.terminal.matches("collapsed").count(), 1, "{}", summary.terminal);
    assert!(text(folder.path(), "table.md").contains("| 9–10 |"));
    assert!(page::page(folder.path()).contains("<td class=\"r\">9–10</td>"));
    assert!(text(folder.path(), "table.csv").contains("best_epoch_min,best_epoch_max"));
}

#[test]
fn settings_that_are_not_the_papers_cost_the_verdict() {
    let run = |set, learning_rate| Row {
        train_samples: 5000,
        epochs: 100,
        best_epoch: 98,
        learning_rate,
        ..finished(set, "egnn", 1, [1.6, 0.1, 0.998])
    };
    for (row, said) in [
        (run("erdos_renyi", 1e-4), "| the paper's |"),
        (run("erdos_renyi", 1e-3), "| learning_rate 1e-3 (paper 1e-4) |"),
        (run("my_ring", 1e-4), "| set my_ring |"),
    ] {
        let (folder, _) = report(Kind::Autoencoder, &[row]);
        let table = text(folder.path(), "table.md");
        assert!(table.contains(said), "{said}: {table}");
    }
}

#[test]
fn the_same_results_give_the_same_bytes_in_any_order_of_rows() {
    for (kind, rows) in [(Kind::Autoencoder, figure_5()), (Kind::EmbeddingSizes, embedding_sizes())] {
        let (first, summary) = report(kind, &rows);
        let (second, _) = report(kind, &rows.into_iter().rev().collect::<Vec<Row>>());
        for path in &summary.files {
            let name = path.file_name().unwrap();
            let same = fs::read(first.path().join(name)).unwrap() == fs::read(second.path().join(name)).unwrap();
            assert!(same, "{} differs", name.display());
        }
    }
}

#[test]
fn a_report_with_pictures_is_outdated_without_them() {
    let (folder, _) = report(Kind::Autoencoder, &figure_5());
    let (folder, options) = (folder.path(), options(Kind::Autoencoder));
    for name in ["graphs.png", "graphs.svg"] {
        assert_eq!(outdated(folder, &options), None);
        let bytes = fs::read(folder.join(name)).unwrap();
        fs::remove_file(folder.join(name)).unwrap();
        assert_eq!(outdated(folder, &options), Some(format!("{name} is missing")));
        fs::write(folder.join(name), bytes).unwrap();
    }
}

/// What a report says of a set whose predictions are not as they should be.
fn complaint(change: impl FnOnce(&Path)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let row = finished("erdos_renyi", "egnn", 1, [1.7, 0.1, 0.998]);
    results(folder.path(), std::slice::from_ref(&row));
    predictions(folder.path(), &row, &predicted(2, false));
    change(&folder.path().join("runs").join(row.id()).join("predictions.parquet"));
    let summary = write_report(folder.path(), &options(Kind::Autoencoder)).unwrap();
    let markdown = text(folder.path(), "table.md");
    let line = markdown.lines().find(|line| line.contains("No pictures of Erdos-Renyi")).unwrap_or_default();
    assert!(summary.terminal.contains("EGNN") && decoded(&folder.path().join("graphs.png")).0 == 1920);
    assert!(!line.contains(&folder.path().display().to_string()), "no path of this machine: {line}");
    line.to_owned()
}

#[test]
fn predictions_that_are_missing_or_damaged_are_named_and_cost_only_the_pictures() {
    assert_eq!(complaint(|_| ()), "");
    let said = complaint(|path| fs::remove_file(path).unwrap());
    assert!(said.contains("erdos_renyi-egnn-n8-s1/predictions.parquet is not there"), "{said}");
    let said = complaint(|path| fs::write(path, "PAR1aaaaaaaaaaaaPAR1").unwrap());
    assert!(said.contains("is not a readable Parquet file"), "{said}");
    assert!(said.contains("delete the run's folder and run the sweep again"), "{said}");
}
