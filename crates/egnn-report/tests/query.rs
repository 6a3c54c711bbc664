//! SQL as people type it.

mod common;

use common::{results, sweep};
use egnn_report::{Format, Output, ReportError, Source, query};
use egnn_store::table::{ColumnData, Table, write};
use std::{collections::BTreeMap, path::PathBuf};

/// A folder with the results of a small sweep.
struct Sweep {
    folder: tempfile::TempDir,
}

impl Sweep {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        results(folder.path(), &sweep());
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("results.parquet")
    }

    fn run(&self, sql: &str) -> Result<Output, ReportError> {
        query(sql, &[Source { pipeline: "sizes".into(), profile: "quick".into(), path: self.path() }])
    }

    fn csv(&self, sql: &str) -> String {
        shown(&self.run(sql).unwrap(), Format::Csv)
    }
}

fn shown(output: &Output, format: Format) -> String {
    String::from_utf8(output.bytes(format).unwrap()).unwrap()
}

#[test]
fn files_and_the_pipelines_results_are_the_same_rows() {
    let sweep = Sweep::new();
    let path = sweep.path();
    let select = "SELECT model, train_samples, test_mse FROM";
    let file = query(&format!("{select} read_parquet('{}')", path.display()), &[]).unwrap();
    let results = sweep.run(&format!("{select} results")).unwrap();
    assert_eq!((file.rows(), file.columns()), (18, vec!["model".into(), "train_samples".into(), "test_mse".into()]));
    assert_eq!(shown(&file, Format::Csv), shown(&results, Format::Csv));
}

#[test]
fn what_people_need_of_sql_works() {
    let sweep = Sweep::new();
    let aggregate = "SELECT model, train_samples, COUNT(*) AS n, ROUND(AVG(test_mse), 4) AS mean, ROUND(STDDEV(test_mse), 5) AS std, \
                     MIN(test_mse) AS best FROM results WHERE model LIKE '%gnn%' AND status = 'finished' \
                     GROUP BY model, train_samples ORDER BY train_samples DESC, mean LIMIT 3";
    insta::assert_snapshot!(sweep.csv(aggregate), @r"
    model,train_samples,n,mean,std,best
    egnn,1600,3,0.0118,0.00041,0.011349
    gnn,1600,3,0.0123,0.00043,0.011834
    egnn,100,3,0.0312,0.00109,0.03007
    ");
    insta::assert_snapshot!(sweep.csv("SELECT MEDIAN(test_mse) AS m, MAX(seed) AS s FROM results WHERE train_samples BETWEEN 50 AND 150 AND model IN ('egnn')"), @r"
    m,s
    0.03131,3
    ");
    insta::assert_snapshot!(sweep.csv("WITH best AS (SELECT model, MIN(test_mse) AS mse FROM results GROUP BY model) SELECT r.model, r.seed FROM results r JOIN best b ON r.model = b.model AND r.test_mse = b.mse ORDER BY r.model"), @r"
    model,seed
    egnn,1
    gnn,1
    radial_field,1
    ");
    insta::assert_snapshot!(sweep.csv("SELECT DISTINCT UPPER(model) AS m, CASE WHEN model = 'egnn' THEN 1 ELSE 0 END AS ours FROM results ORDER BY m"), @r"
    m,ours
    EGNN,1
    GNN,0
    RADIAL_FIELD,0
    ");
}

#[test]
fn formats() {
    let sweep = Sweep::new();
    let output = sweep.run("SELECT model, seed, test_mse / 3 AS third, reason FROM results WHERE train_samples = 100 AND model <> 'gnn' ORDER BY model, seed").unwrap();
    insta::assert_snapshot!("query_table", shown(&output, Format::Table));
    insta::assert_snapshot!("query_csv", shown(&output, Format::Csv));
    insta::assert_snapshot!("query_json", shown(&output, Format::Json));
}

#[test]
fn every_row_is_shown_and_long_text_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.parquet");
    let columns = vec![
        ("n".to_owned(), ColumnData::I64((0..300).map(Some).collect())),
        ("words".to_owned(), ColumnData::Text(vec![Some("word\n\u{1b}[2J ".repeat(100)); 300])),
        ("narrow".to_owned(), ColumnData::U16(vec![7; 300])),
        ("single".to_owned(), ColumnData::F32(vec![Some(0.1); 300])),
    ];
    write(&path, &Table { columns, metadata: BTreeMap::new() }).unwrap();
    let output = query(&format!("SELECT * FROM read_parquet('{}')", path.display()), &[]).unwrap();
    let table = shown(&output, Format::Table);
    assert_eq!(table.lines().count(), 303);
    assert!(table.lines().all(|line| line.chars().count() <= 160));
    let json: serde_json::Value = serde_json::from_str(&shown(&output, Format::Json)).unwrap();
    assert_eq!(json[299]["n"], 299);
    assert_eq!(json[0]["narrow"], 7);
    assert_eq!(json[0]["single"].to_string(), "0.1");
}

#[test]
fn csv_quotes_what_needs_it() {
    let sweep = Sweep::new();
    assert_eq!(sweep.csv("SELECT 'a,\"b\"' AS x, NULL AS y FROM results LIMIT 1"), "x,y\n\"a,\"\"b\"\"\",\n");
}

#[test]
fn an_unknown_column_lists_the_known() {
    let error = Sweep::new().run("SELECT test_mes FROM results").unwrap_err();
    assert!(matches!(&error, ReportError::UnknownColumn { column, .. } if column == "test_mes"), "{error:?}");
    let error = error.to_string();
    assert!(
        error.starts_with(
            "unknown column 'test_mes' (did you mean 'test_mse'?); known: pipeline, profile, variant, run, task, status"
        ),
        "{error}"
    );
}

#[test]
fn an_unknown_column_of_a_file_lists_the_known() {
    let sweep = Sweep::new();
    let sql = format!("SELECT model FROM read_parquet('{}') WHERE sead = 1", sweep.path().display());
    let error = query(&sql, &[]).unwrap_err().to_string();
    assert!(error.contains("'sead'") && error.contains("did you mean 'seed'"), "{error}");
}

#[test]
fn an_unknown_table_says_which_there_are() {
    let error = query("SELECT * FROM results", &[]).unwrap_err().to_string();
    assert!(error.contains("unknown table 'results'") && error.contains("name a pipeline"), "{error}");
    let error = Sweep::new().run("SELECT * FROM reslts").unwrap_err().to_string();
    assert!(error.contains("unknown table 'reslts'") && error.contains("'results'"), "{error}");
}

#[test]
fn a_missing_file_is_named() {
    let error = query("SELECT * FROM read_parquet('reports/none/results.parquet')", &[]).unwrap_err();
    assert!(matches!(error, ReportError::MissingFile { .. }), "{error:?}");
    assert!(error.to_string().contains("'reports/none/results.parquet', which does not exist"), "{error}");
}

#[test]
fn bad_sql_is_quoted_back() {
    let sweep = Sweep::new();
    for (sql, named) in [
        ("SELEC model FROM results", "SELEC"),
        ("SELECT model FROM results GRUP BY model", "BY"),
        ("", "SQL"),
        ("SELECT nosuchfunction(model) FROM results", "nosuchfunction"),
    ] {
        let error = sweep.run(sql).unwrap_err();
        assert!(error.to_string().contains(named), "{sql}: {error}");
        assert!(!error.is_environment() && error.to_string().lines().count() == 1, "{error}");
    }
}

#[test]
fn a_file_that_is_not_parquet_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "no").unwrap();
    let error = query(&format!("SELECT * FROM read_parquet('{}')", path.display()), &[]).unwrap_err().to_string();
    assert!(error.contains("notes.txt") && error.contains("Parquet"), "{error}");
}

#[test]
fn a_damaged_file_among_others_is_named() {
    let sweep = Sweep::new();
    let path = sweep.folder.path().join("half.parquet");
    let mut bytes = std::fs::read(sweep.path()).unwrap();
    bytes[4..200].fill(0xff);
    for bytes in [&bytes[..], b"PAR1aaaaaaaaaaaaPAR1"] {
        std::fs::write(&path, bytes).unwrap();
        for file in ["half.parquet", "ha*.parquet"] {
            let sql = format!("SELECT * FROM read_parquet('{}')", sweep.folder.path().join(file).display());
            let error = sweep.run(&sql).unwrap_err().to_string();
            let said = format!("{file}' is not a readable Parquet file: ");
            assert!(error.contains(&said) && !error.contains("out of specification"), "{error}");
        }
    }
}

#[test]
fn nothing_but_reading_is_run() {
    let sweep = Sweep::new();
    for sql in [
        "DROP TABLE results",
        " -- a comment\n delete FROM results",
        "/* SELECT */ CREATE TABLE x AS SELECT * FROM results",
        "SELECT model FROM results; DROP TABLE results",
    ] {
        let error = sweep.run(sql).unwrap_err();
        assert!(matches!(error, ReportError::NotReading { .. }), "{error:?}");
        assert!(error.to_string().starts_with("egnn query only reads: "), "{error}");
    }
    assert!(sweep.run("WITH x AS (SELECT 1 AS n) DELETE FROM results").is_err());
    assert_eq!(sweep.csv("show tables;"), "name\nresults\n");
    assert_eq!(sweep.csv("/* all */ select COUNT(*) AS n FROM results -- ; done"), "n\n18\n");
}
