//! Queries over several sweeps, and those that have names.

#![allow(clippy::duplicate_mod, reason = "each file of fabricated results brings the helpers of its columns")]

#[path = "common/mod.rs"]
mod common;
#[allow(dead_code, reason = "of the fabricated files only the results are used")]
#[path = "common/graphs.rs"]
mod graphs;
#[allow(dead_code, reason = "of the fabricated files only the results are used")]
#[path = "common/qm9.rs"]
mod qm9;

use egnn_report::{Format, Named, Output, ReportError, Source, query};
use egnn_store::table::{ColumnData, Table, write};
use std::collections::BTreeMap;

/// A folder of results files.
struct Lab {
    folder: tempfile::TempDir,
    sources: Vec<Source>,
}

impl Lab {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), sources: Vec::new() }
    }

    fn add(&mut self, pipeline: &str, profile: &str, table: &Table) {
        let path = self.folder.path().join(format!("{pipeline}-{profile}.parquet"));
        write(&path, table).unwrap();
        self.sources.push(Source { pipeline: pipeline.into(), profile: profile.into(), path });
    }

    /// One sweep of each task.
    fn of_every_task() -> Self {
        let mut lab = Self::new();
        let mut failed = common::finished("egnn", 100, 9, 0.0);
        (failed.status, failed.reason, failed.mse) = ("failed", Some("loss is NaN in epoch 3"), None);
        let mut table = common::table(&[common::sweep(), vec![failed]].concat());
        let valid = ("valid_mse", column(&table, "test_mse", 0.9));
        table.columns.push((valid.0.into(), valid.1));
        lab.add("nbody-sizes", "quick", &table);
        let rows = [("gnn", 1, 14.0), ("gnn", 2, 15.0), ("egnn", 1, 1.7), ("egnn", 2, 1.6)];
        let rows: Vec<_> =
            rows.map(|(model, seed, bce)| graphs::finished("erdos_renyi", model, seed, [bce, bce / 4.0, 0.9])).into();
        let mut table = graphs::table(&rows);
        // The best validation is not the best test.
        let valid = ColumnData::F64(vec![Some(13.0), Some(12.0), Some(1.5), Some(1.55)]);
        table.columns.retain(|(name, _)| name != "valid_bce");
        table.columns.push(("valid_bce".into(), valid));
        lab.add("autoencoder", "quick", &table);
        let mut table = qm9::table(&qm9::quick());
        let valid = column(&table, "test_mae", 1.01);
        table.columns.retain(|(name, _)| name != "valid_mae");
        table.columns.push(("valid_mae".into(), valid));
        lab.add("qm9", "quick", &table);
        lab
    }

    fn run(&self, sql: &str) -> Result<Output, ReportError> {
        query(sql, &self.sources)
    }

    fn csv(&self, sql: &str) -> String {
        String::from_utf8(self.run(sql).unwrap().bytes(Format::Csv).unwrap()).unwrap()
    }
}

/// Another column's values, times a factor.
fn column(table: &Table, name: &str, factor: f64) -> ColumnData {
    let (_, data) = table.columns.iter().find(|(known, _)| known == name).unwrap();
    let ColumnData::F64(values) = data else { panic!("{name} holds no numbers") };
    ColumnData::F64(values.iter().map(|value| value.map(|value| value * factor)).collect())
}

fn table(columns: Vec<(&str, ColumnData)>) -> Table {
    Table { columns: columns.into_iter().map(|(name, data)| (name.into(), data)).collect(), metadata: BTreeMap::new() }
}

fn text(values: &[&str]) -> ColumnData {
    ColumnData::Text(values.iter().map(|value| Some((*value).to_owned())).collect())
}

#[test]
fn results_of_several_sweeps_are_one_table_by_the_names_of_columns() {
    let lab = Lab::of_every_task();
    let sql = "SELECT pipeline, profile, task, COUNT(*) AS runs, COUNT(test_mse) AS mse, COUNT(test_bce) AS bce, COUNT(test_mae) AS mae \
               FROM results GROUP BY pipeline, profile, task ORDER BY pipeline";
    insta::assert_snapshot!(lab.csv(sql), @r"
    pipeline,profile,task,runs,mse,bce,mae
    autoencoder,quick,autoencoder,4,0,4,0
    nbody-sizes,quick,nbody,19,18,0,0
    qm9,quick,qm9,7,0,0,7
    ");
    let columns = lab.run("SELECT * FROM results LIMIT 1").unwrap().columns();
    assert_eq!(columns[..6], ["pipeline", "profile", "variant", "run", "task", "status"]);
    let mut unique = columns.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), columns.len());
}

#[test]
fn a_query_over_one_sweep_knows_the_columns_of_all_tasks() {
    let mut lab = Lab::new();
    lab.add("nbody", "quick", &common::table(&common::sweep()));
    assert_eq!(
        lab.csv("SELECT MAX(test_mae) AS mae, MIN(property) AS p, MAX(best_epoch) AS e FROM results"),
        "mae,p,e\n,,\n"
    );
    // The types are the documented ones, so that arithmetic and text work on them.
    assert_eq!(
        lab.csv("SELECT DISTINCT test_f1 * 2 AS f, steps / 2 AS s, UPPER(property) AS p FROM results"),
        "f,s,p\n,750,\n"
    );
}

#[test]
fn variants_name_what_sets_runs_apart() {
    let lab = Lab::of_every_task();
    let sql = "SELECT DISTINCT pipeline, variant FROM results ORDER BY pipeline, variant";
    insta::assert_snapshot!(lab.csv(sql), @r"
    pipeline,variant
    autoencoder,
    nbody-sizes,train_samples=100
    nbody-sizes,train_samples=1600
    qm9,
    ");
}

#[test]
fn types_that_differ_are_reconciled() {
    let mut lab = Lab::new();
    let with = |width: ColumnData, note: ColumnData| {
        table(vec![("model", text(&["egnn", "gnn"])), ("width", width), ("note", note)])
    };
    lab.add("a", "quick", &with(ColumnData::I64(vec![Some(1), None]), ColumnData::I64(vec![Some(7), Some(8)])));
    lab.add("b", "quick", &with(ColumnData::F64(vec![Some(0.5), Some(2.0)]), text(&["x", "y"])));
    lab.add("c", "quick", &with(text(&["", ""]), ColumnData::Text(vec![None, None])));
    // All of c's widths are text: then so is the column.
    let output = lab.run("SELECT pipeline, width, note FROM results").unwrap();
    assert_eq!(
        output.notices,
        [
            "column 'width' is read as text: whole numbers in a/quick, numbers in b/quick, text in c/quick",
            "column 'note' is read as text: whole numbers in a/quick, text in b/quick"
        ]
    );
    lab.sources.pop();
    let output = lab.run("SELECT pipeline, width * 2 AS w, note FROM results ORDER BY pipeline, w").unwrap();
    assert_eq!(output.notices.len(), 1, "numbers and whole numbers are numbers: {:?}", output.notices);
    assert_eq!(
        String::from_utf8(output.bytes(Format::Csv).unwrap()).unwrap(),
        "pipeline,w,note\na,2,7\na,,8\nb,1,x\nb,4,y\n"
    );
}

#[test]
fn a_column_without_values_takes_the_type_of_the_others() {
    let mut lab = Lab::new();
    let with = |reason| table(vec![("model", text(&["egnn"])), ("gap", reason)]);
    lab.add("a", "quick", &with(ColumnData::Text(vec![None])));
    lab.add("b", "quick", &with(ColumnData::F64(vec![Some(2.5)])));
    assert_eq!(lab.csv("SELECT SUM(gap) AS gap FROM results"), "gap\n2.5\n");
    assert!(lab.run("SELECT 1").unwrap().notices.is_empty());
}

#[test]
fn a_damaged_file_among_several_is_named() {
    let mut lab = Lab::of_every_task();
    let path = lab.sources[1].path.clone();
    let bytes = std::fs::read(&path).unwrap();
    for bytes in [&bytes[..bytes.len() / 2], b"", b"PAR1"] {
        std::fs::write(&path, bytes).unwrap();
        let error = lab.run("SELECT COUNT(*) FROM results").unwrap_err();
        assert!(error.to_string().contains("autoencoder-quick.parquet' is not a readable Parquet file"), "{error}");
        assert!(!error.is_environment());
    }
    lab.sources[1].path = lab.folder.path().join("gone.parquet");
    assert!(matches!(lab.run("SELECT 1").unwrap_err(), ReportError::NoResults { .. }));
}

#[test]
fn named_queries_run_over_every_task_and_over_each() {
    let mut lab = Lab::of_every_task();
    for named in Named::ALL {
        let output = lab.run(named.sql).unwrap_or_else(|error| panic!("{}: {error}", named.name));
        assert!(output.rows() > 0, "{}", named.name);
        insta::assert_snapshot!(
            format!("named_{}", named.name.replace('-', "_")),
            String::from_utf8(output.bytes(Format::Table).unwrap()).unwrap()
        );
    }
    for source in std::mem::take(&mut lab.sources) {
        for named in Named::ALL {
            query(named.sql, std::slice::from_ref(&source)).unwrap_or_else(|error| panic!("{}: {error}", named.name));
        }
    }
}

#[test]
fn the_best_are_chosen_by_validation() {
    let lab = Lab::of_every_task();
    let sql = format!(
        "WITH best AS ({}) SELECT model, seed, test FROM best WHERE pipeline = 'autoencoder' ORDER BY model",
        Named::find("best-by-model").unwrap().body()
    );
    assert_eq!(lab.csv(&sql), "model,seed,test\negnn,1,1.7\ngnn,2,15\n", "the test set prefers the other seeds");
}

#[test]
fn named_queries_survive_results_without_runs_and_without_finished_runs() {
    let mut lab = Lab::new();
    let mut failed = common::finished("egnn", 100, 9, 0.0);
    (failed.status, failed.mse) = ("failed", None);
    lab.add("empty", "quick", &common::table(&[]));
    for _ in 0..2 {
        for named in Named::ALL {
            let output = lab.run(named.sql).unwrap_or_else(|error| panic!("{}: {error}", named.name));
            assert_eq!(output.rows() > 0, named.name == "failures" && lab.sources.len() == 2, "{}", named.name);
        }
        lab.add("failed", "quick", &common::table(std::slice::from_ref(&failed)));
    }
}

#[test]
fn parquet_keeps_order_types_and_nulls() {
    let lab = Lab::of_every_task();
    let sql =
        "SELECT seed, model, test_mse, reason, seed > 1 AS later, SQRT(test_mse) AS root FROM results ORDER BY run";
    let output = lab.run(sql).unwrap();
    let path = lab.folder.path().join("out.parquet");
    std::fs::write(&path, output.bytes(Format::Parquet).unwrap()).unwrap();
    let again = query(&format!("SELECT * FROM read_parquet('{}')", path.display()), &[]).unwrap();
    assert_eq!(again.columns(), ["seed", "model", "test_mse", "reason", "later", "root"]);
    assert_eq!(again.bytes(Format::Json).unwrap(), output.bytes(Format::Json).unwrap());
    // What was written is results, too.
    let part = Source { pipeline: "p".into(), profile: "x".into(), path };
    let sum = query("SELECT SUM(seed) AS s, COUNT(later) AS n FROM results WHERE NOT later", &[part]).unwrap();
    assert_eq!(
        sum.bytes(Format::Csv).unwrap(),
        lab.run("SELECT SUM(seed) AS s, COUNT(*) AS n FROM results WHERE seed <= 1")
            .unwrap()
            .bytes(Format::Csv)
            .unwrap()
    );
}

#[test]
fn a_result_without_rows_is_written_in_every_format() {
    let lab = Lab::of_every_task();
    let output = lab.run("SELECT model, test_mse FROM results WHERE seed = 77").unwrap();
    let path = lab.folder.path().join("none.parquet");
    std::fs::write(&path, output.bytes(Format::Parquet).unwrap()).unwrap();
    let again = query(&format!("SELECT * FROM read_parquet('{}')", path.display()), &[]).unwrap();
    assert_eq!((again.rows(), again.columns()), (0, vec!["model".into(), "test_mse".into()]));
}
