//! What a reader of a report sees.

mod common;
#[path = "common/page.rs"]
mod page;

use common::{Row, finished, measured, results, sweep};
use egnn_report::{Kind, Options, ReportError, Summary, outdated, write_report};
use std::{fs, path::Path, time::SystemTime};

fn options(kind: Kind) -> Options {
    let (title, command) = if kind == Kind::SizeCurve {
        ("Figure 2: test error against training-set size", "egnn sweep nbody-sizes")
    } else {
        ("Table 2: n-body test error", "egnn sweep nbody")
    };
    Options { title: title.into(), kind, profile: "quick".into(), command: command.into() }
}

fn report(kind: Kind, rows: &[Row]) -> (tempfile::TempDir, Summary) {
    let folder = tempfile::tempdir().unwrap();
    results(folder.path(), rows);
    let summary = write_report(folder.path(), &options(kind)).unwrap();
    (folder, summary)
}

fn text(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

fn failed(model: &'static str, samples: i64, seed: i64) -> Row {
    let reason = Some("loss is NaN in epoch 3, batch 7");
    Row { status: "failed", reason, mse: None, ..finished(model, samples, seed, 0.0) }
}

#[test]
fn size_curve_in_a_terminal() {
    let (_folder, summary) = report(Kind::SizeCurve, &sweep());
    assert!(summary.terminal.lines().all(|line| line.chars().count() <= 100));
    insta::assert_snapshot!(summary.terminal);
}

#[test]
fn size_curve_on_disk() {
    let (folder, summary) = report(Kind::SizeCurve, &sweep());
    let names: Vec<_> = summary.files.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    let expected = [
        "table.md",
        "table.csv",
        "table.tex",
        "figure.svg",
        "figure.png",
        "figure.pdf",
        "figure-1col.svg",
        "figure-1col.png",
        "figure-1col.pdf",
        "figure-2col.svg",
        "figure-2col.png",
        "figure-2col.pdf",
        "figure.csv",
        "index.html",
    ];
    assert_eq!(names, expected);
    insta::assert_snapshot!("size_curve_latex", text(folder.path(), "table.tex"));
    insta::assert_snapshot!("size_curve_markdown", text(folder.path(), "table.md"));
    insta::assert_snapshot!("size_curve_csv", text(folder.path(), "table.csv"));
    let png = fs::read(folder.path().join("figure.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG") && png.len() > 20_000);
}

#[test]
fn table_2_in_a_terminal_and_on_disk() {
    let rows = [
        measured("egnn", 1, 0.0092),
        measured("egnn", 2, 0.0095),
        finished("gnn", 3000, 1, 0.0151),
        failed("gnn", 3000, 2),
    ];
    let (folder, summary) = report(Kind::Table, &rows);
    assert!(summary.terminal.lines().all(|line| line.chars().count() <= 100));
    insta::assert_snapshot!("table_terminal", summary.terminal);
    insta::assert_snapshot!("table_markdown", text(folder.path(), "table.md"));
    insta::assert_snapshot!("table_csv", text(folder.path(), "table.csv"));
}

#[test]
fn the_page_stands_alone_and_says_where_everything_comes_from() {
    let mut rows = sweep();
    rows[0] = failed(rows[0].model, rows[0].samples, rows[0].seed);
    let (folder, _) = report(Kind::SizeCurve, &rows);
    let page = page::page(folder.path());
    page::stands_alone(&page);
    for said in [
        "<svg ",
        "Not a reproduction of Figure 2: these runs had 1.2 to 75 % of the paper&#39;s epochs.",
        "at 1,600 training samples Radial Field",
        "<code>egnn-100-s3</code>: loss is NaN in epoch 3, batch 7",
        "Command: <code>egnn sweep nbody-sizes</code>",
        "5eed5eed",
        "kernels",
        "abc1234",
        "laptop",
        "A &lt;fast&gt; CPU &amp; more",
        "0.0248 ± 0.001",
        "arXiv 2102.09844",
    ] {
        let said = said.replace("&#39;", "'");
        assert!(page.contains(&said), "the page does not say '{said}'");
    }
    assert_eq!(page.matches("Not a reproduction").count(), 2, "in the figure and above the table");
    assert_eq!(page.matches("Figure 2: test error against").count(), 3, "the page, its heading and the figure");
}

#[test]
fn a_report_is_outdated_when_what_it_was_drawn_from_changed_whatever_the_clock_says() {
    let (folder, summary) = report(Kind::SizeCurve, &sweep());
    let folder = folder.path();
    let options = options(Kind::SizeCurve);
    assert_eq!(outdated(folder, &options), None);
    let results = folder.join("results.parquet");
    fs::File::options().append(true).open(&results).unwrap().set_modified(SystemTime::now()).unwrap();
    assert_eq!(outdated(folder, &options), None);
    let else_ = Some("it was drawn from something else".to_owned());
    let changes: [fn(&mut Options); 4] = [
        |options| options.title.push('.'),
        |options| options.kind = Kind::Table,
        |options| options.profile.push('.'),
        |options| options.command.push('.'),
    ];
    for change in changes {
        let mut other = options.clone();
        change(&mut other);
        assert_eq!(outdated(folder, &other), else_);
    }
    for path in &summary.files {
        let bytes = fs::read(path).unwrap();
        fs::remove_file(path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        assert_eq!(outdated(folder, &options), Some(format!("{name} is missing")));
        fs::write(path, bytes).unwrap();
    }
    assert_eq!(outdated(folder, &options), None);
    common::results(folder, &sweep()[1..]);
    assert_eq!(outdated(folder, &options), else_);
    fs::remove_file(&results).unwrap();
    assert_eq!(outdated(folder, &options), else_);
    fs::remove_file(folder.join("report.json")).unwrap();
    assert_eq!(outdated(folder, &options), Some("it is not there yet".into()));
}

#[test]
fn the_same_results_give_the_same_bytes_in_any_order_of_rows() {
    let (first, summary) = report(Kind::SizeCurve, &sweep());
    let mut rows = sweep();
    rows.reverse();
    let (second, _) = report(Kind::SizeCurve, &rows);
    for path in &summary.files {
        let name = path.file_name().unwrap();
        let same = fs::read(first.path().join(name)).unwrap() == fs::read(second.path().join(name)).unwrap();
        assert!(same, "{} differs", name.display());
    }
}

#[test]
fn no_finished_run_still_gives_a_report() {
    for rows in [
        vec![],
        vec![failed("egnn", 100, 1)],
        vec![Row { status: "pending", mse: None, ..finished("egnn", 100, 1, 0.0) }],
    ] {
        for kind in [Kind::SizeCurve, Kind::Table, Kind::Beyond] {
            let (folder, summary) = report(kind, &rows);
            assert_eq!(summary.finished, 0);
            assert!(summary.terminal.contains("No finished runs"), "{}", summary.terminal);
            assert!(folder.path().join("figure.png").exists());
        }
    }
}

#[test]
fn values_that_a_logarithmic_axis_cannot_show_are_named() {
    let mut rows = vec![finished("egnn", 100, 1, 0.02), finished("egnn", 100, 2, 0.0), finished("gnn", 100, 1, 0.0)];
    rows.extend([finished("gnn", 200, 1, f64::INFINITY), finished("gnn", 200, 2, f64::NAN)]);
    let (folder, summary) = report(Kind::SizeCurve, &rows);
    for said in
        ["egnn-100-s2 has a test error of 0", "gnn-200-s1 is finished but has a test error of inf", "gnn-200-s2", "NaN"]
    {
        assert!(summary.terminal.contains(said), "{}", summary.terminal);
    }
    assert!(summary.terminal.contains("no usable value"));
    assert!(!text(folder.path(), "figure.svg").contains("NaN"));
}

#[test]
fn runs_that_differ_in_more_than_their_seed_are_not_averaged() {
    let slow = |seed| Row { learning_rate: 1e-4, ..finished("egnn", 100, seed, 0.09) };
    let (_folder, summary) = report(Kind::SizeCurve, &[finished("egnn", 100, 1, 0.03), slow(1), slow(2)]);
    assert!(
        summary.terminal.contains("learning_rate=0.0005") && summary.terminal.contains("learning_rate=0.0001"),
        "{}",
        summary.terminal
    );
}

#[test]
fn the_papers_own_budget_is_not_called_less() {
    let full = Row { epochs: 10_000, steps: 300_000, ..finished("egnn", 3000, 1, 0.0072) };
    let (folder, summary) = report(Kind::Table, &[full]);
    assert!(!summary.terminal.contains("Not a reproduction"), "{}", summary.terminal);
    assert!(text(folder.path(), "table.md").contains("| the paper's |"));
}

#[test]
fn failures_are_handed_back() {
    let (_folder, summary) = report(Kind::SizeCurve, &[finished("egnn", 100, 1, 0.03), failed("egnn", 100, 2)]);
    assert_eq!(summary.failures, [("egnn-100-s2".to_owned(), "loss is NaN in epoch 3, batch 7".to_owned())]);
    assert!(summary.terminal.contains("1 of 2"), "{}", summary.terminal);
}

fn refused(prepare: impl FnOnce(&Path)) -> ReportError {
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path());
    let error = write_report(folder.path(), &options(Kind::SizeCurve)).unwrap_err();
    assert!(!folder.path().join("index.html").exists(), "nothing is written");
    assert!(!error.is_environment());
    error
}

#[test]
fn missing_results_say_what_to_do() {
    let error = refused(|_| ()).to_string();
    assert!(error.contains("results.parquet") && error.contains("run the sweep first"), "{error}");
}

#[test]
fn damaged_results_are_named() {
    for bytes in [&b""[..], b"not parquet", b"PAR1aaaaaaaaaaaaPAR1"] {
        let error = refused(|folder| fs::write(folder.join("results.parquet"), bytes).unwrap()).to_string();
        assert!(error.contains("results.parquet") && error.contains("is not a readable Parquet file"), "{error}");
    }
}

#[test]
fn a_missing_column_is_named() {
    let error = refused(|folder| {
        let mut table = common::table(&sweep());
        table.columns.retain(|(name, _)| name != "test_mse");
        egnn_store::table::write(&folder.join("results.parquet"), &table).unwrap();
    });
    let error = error.to_string();
    assert!(error.contains("has no column 'test_mse'") && error.contains("model, train_samples"), "{error}");
}

#[test]
fn a_column_of_another_type_is_named() {
    let error = refused(|folder| {
        let mut table = common::table(&sweep());
        let rows = table.rows();
        let column = table.columns.iter_mut().find(|(name, _)| name == "test_mse").unwrap();
        column.1 = egnn_store::table::ColumnData::Text(vec![Some("small".into()); rows]);
        egnn_store::table::write(&folder.join("results.parquet"), &table).unwrap();
    });
    let error = error.to_string();
    assert!(error.contains("column 'test_mse'") && error.contains("not numbers"), "{error}");
}
