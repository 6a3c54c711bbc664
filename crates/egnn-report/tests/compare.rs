//! Two result sets side by side.

mod common;

use common::{Row, finished, sweep, table};
use egnn_report::{Comparison, Equality, ReportError, compare};
use egnn_store::table::{ColumnData, Table, write};
use std::path::PathBuf;

/// A folder of results files.
struct Lab(tempfile::TempDir);

impl Lab {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(format!("{name}.parquet"))
    }

    fn tables(&self, a: &Table, b: &Table) -> Result<Comparison, ReportError> {
        write(&self.path("a"), a).unwrap();
        write(&self.path("b"), b).unwrap();
        compare(("sizes/quick", &self.path("a")), ("sizes/other", &self.path("b")))
    }

    fn rows(&self, a: &[Row], b: &[Row]) -> Comparison {
        self.tables(&table(a), &table(b)).unwrap()
    }
}

fn with_column(table: &Table, name: &str, data: ColumnData) -> Table {
    let mut table = table.clone();
    table.columns.retain(|(known, _)| known != name);
    table.columns.push((name.into(), data));
    table
}

fn differences(comparison: &Comparison) -> Vec<String> {
    let of = |difference: &egnn_report::compare::Difference| {
        let [a, b] = difference.values.each_ref().map(|values| values.join("|"));
        format!("{} {a} -> {b} in {}", difference.field, difference.groups)
    };
    comparison.differences.iter().map(of).collect()
}

fn assert_narrow(text: &str) {
    for line in text.lines() {
        assert!(line.chars().count() <= 100, "{} columns: {line}", line.chars().count());
    }
}

#[test]
fn a_budget_beside_another() {
    let mut other: Vec<Row> = sweep().into_iter().filter(|row| row.model != "gnn" && row.seed < 3).collect();
    for row in &mut other {
        row.epochs *= 2;
        row.mse = row.mse.map(|mse| mse * if row.model == "egnn" { 0.9 } else { 1.1 });
    }
    let mut failed = finished("egnn", 1600, 4, 0.0);
    (failed.status, failed.mse) = ("failed", None);
    other.push(failed);
    let comparison = Lab::new().rows(&sweep(), &other);
    assert_eq!(comparison.equality, Equality::None);
    assert_eq!(comparison.groups.len(), 4, "two models at two sizes");
    let text = comparison.text();
    assert_narrow(&text);
    insta::assert_snapshot!("compare_budgets", text);
    // Epochs follow from the size on each side, and are no reason not to compare.
    assert_eq!(differences(&comparison), ["epochs 1500|93 -> 3000|186 in 4"]);
}

#[test]
fn everything_is_in_the_json() {
    let lab = Lab::new();
    let a = [finished("egnn", 100, 1, 0.03), finished("egnn", 100, 2, 0.05), finished("egnn", 100, 7, 1.0 / 3.0)];
    let b = [finished("egnn", 100, 2, 0.04), finished("egnn", 100, 1, 0.04)];
    let json = lab.rows(&a, &b).json();
    let metric = &json["groups"][0]["metrics"][0];
    assert_eq!((&metric["metric"], &metric["better"]), (&"test_mse".into(), &"less".into()));
    assert_eq!(metric["a"]["mean"].as_f64().unwrap(), (0.03 + 0.05 + 1.0 / 3.0) / 3.0);
    assert_eq!(metric["paired"]["seeds"], serde_json::json!([1, 2]));
    assert_eq!(metric["paired"]["b_better"], 1);
    assert!((metric["paired"]["mean"].as_f64().unwrap()).abs() < 1e-15);
    assert!((metric["paired"]["sd"].as_f64().unwrap() - 0.01 * 2.0_f64.sqrt()).abs() < 1e-15);
    assert_eq!(json["a"]["without_partner"], serde_json::json!(["egnn-100-s7"]));
    assert_eq!(json["equal"], false);
}

#[test]
fn equal_results_are_said_to_be_equal() {
    let lab = Lab::new();
    let mut rows = sweep();
    let same = lab.rows(&sweep(), &rows);
    assert_eq!(same.equality, Equality::Complete);
    assert!(same.text().contains("Equal: the same runs, which agree in every semantic column bit for bit."));
    // The order of rows and how long they took are no results.
    rows.reverse();
    let times = ColumnData::F64((0..rows.len()).map(|row| Some(row as f64)).collect());
    let elsewhere = with_column(&table(&rows), "seconds", times);
    assert_eq!(lab.tables(&table(&sweep()), &elsewhere).unwrap().equality, Equality::Complete);
    // Neither is the type in which whole numbers are stored.
    let numerics = ColumnData::F64(vec![Some(1.0); rows.len()]);
    let other_type = with_column(&table(&rows), "numerics_version", numerics);
    assert_eq!(lab.tables(&table(&sweep()), &other_type).unwrap().equality, Equality::Complete);
    // Another backend that gives the same bits.
    let names = ColumnData::Text((0..rows.len()).map(|row| Some(format!("run {row}"))).collect());
    let plain = ColumnData::Text(vec![Some("plain".into()); rows.len()]);
    let elsewhere = with_column(&with_column(&table(&rows), "run", names), "backend", plain);
    let comparison = lab.tables(&table(&sweep()), &elsewhere).unwrap();
    assert_eq!(comparison.equality, Equality::Measured);
    let text = comparison.text();
    assert!(text.contains("same metrics bit for bit") && text.contains("plain"), "{text}");
    // The last bit of one value.
    rows[4].mse = rows[4].mse.map(|mse| f64::from_bits(mse.to_bits() + 1));
    assert_eq!(lab.rows(&sweep(), &rows).equality, Equality::None);
    // A run more.
    assert_eq!(lab.rows(&sweep(), &sweep()[1..]).equality, Equality::None);
    let text = lab.rows(&sweep(), &sweep()[1..]).text();
    assert!(text.contains("bit for bit equal; but not every run has a partner"), "{text}");
}

#[test]
fn settings_that_vary_on_one_side_only_are_matched_where_they_can_be() {
    let mut a = Vec::new();
    for learning_rate in [1e-3, 5e-4] {
        a.extend([1, 2].map(|seed| Row { learning_rate, ..finished("egnn", 100, seed, 0.03) }));
    }
    let b = [1, 2].map(|seed| finished("egnn", 100, seed, 0.02));
    let comparison = Lab::new().rows(&a, &b);
    assert_eq!(
        comparison.groups.iter().map(egnn_report::compare::Group::title).collect::<Vec<_>>(),
        ["egnn, learning_rate=5e-4"]
    );
    assert_eq!((comparison.sides[0].alone.len(), comparison.sides[1].alone.len()), (2, 0));
}

#[test]
fn runs_that_agree_in_nothing_are_not_compared() {
    let wide = [1, 2].map(|rate| Row { learning_rate: f64::from(rate), ..finished("egnn", 100, 1, 0.03) });
    let comparison = Lab::new().rows(&wide, &[finished("egnn", 100, 1, 0.02)]);
    let why = comparison.nothing_in_common().unwrap();
    assert_eq!(
        why,
        "no run of sizes/quick (A) has a partner in sizes/other (B): learning_rate is 1, 2 in A and 5e-4 in B"
    );
    assert!(comparison.text().contains("Nothing measured can be compared"), "{}", comparison.text());
}

#[test]
fn other_models_and_other_tasks_are_refused() {
    let lab = Lab::new();
    let (a, b) = (table(&[finished("egnn", 100, 1, 0.03)]), table(&[finished("gnn", 100, 1, 0.03)]));
    let error = lab.tables(&a, &b).unwrap_err();
    assert_eq!(
        error.to_string(),
        "sizes/quick and sizes/other have no model in common: egnn in the first, gnn in the second"
    );
    let b = with_column(&a, "task", ColumnData::Text(vec![Some("qm9".into())]));
    let error = lab.tables(&a, &b).unwrap_err();
    assert_eq!(
        error.to_string(),
        "sizes/quick and sizes/other have no task in common: nbody in the first, qm9 in the second"
    );
    assert!(!error.is_environment());
}

#[test]
fn errors_of_other_properties_are_never_subtracted() {
    let lab = Lab::new();
    let of = |property: &str| {
        with_column(
            &table(&[finished("egnn", 100, 1, 0.03)]),
            "property",
            ColumnData::Text(vec![Some(property.into())]),
        )
    };
    let comparison = lab.tables(&of("mu"), &of("gap")).unwrap();
    assert!(comparison.groups.is_empty());
    let why = comparison.nothing_in_common().unwrap();
    assert!(why.ends_with("property is mu in A and gap in B"), "{why}");
}

#[test]
fn records_of_two_versions_are_compared_in_what_both_have() {
    let lab = Lab::new();
    let old: Vec<Row> = [1, 2].map(|seed| finished("egnn", 3000, seed, 0.0104)).into();
    let new: Vec<Row> = [1, 2].map(|seed| common::measured("egnn", seed, 0.0104)).into();
    let new = with_column(&table(&new), "channels", ColumnData::I64(vec![Some(21); 2]));
    let comparison = lab.tables(&table(&old), &new).unwrap();
    assert_eq!(differences(&comparison), ["channels none -> 21 in 1"]);
    assert_eq!(comparison.only[1], ["test_mse_median", "test_mse_p95"]);
    assert!(comparison.text().contains("Measured only in B: test_mse_median, test_mse_p95"));
    // One file of both versions: the older runs lack what the newer have.
    let mixed = [finished("egnn", 3000, 1, 0.0104), common::measured("egnn", 2, 0.0104)];
    let comparison = lab.rows(&mixed, &mixed);
    let median = comparison.groups[0].measured.iter().find(|measured| measured.quantity.column == "test_mse_median");
    assert_eq!(median.unwrap().means[0].n, 1);
    assert_eq!(comparison.equality, Equality::Complete);
}

#[test]
fn values_that_are_no_numbers_are_left_out() {
    let rows = |mse: f64| [finished("egnn", 100, 1, mse), finished("egnn", 100, 2, 0.02)];
    let comparison = Lab::new().rows(&rows(f64::NAN), &rows(f64::INFINITY));
    let mse = &comparison.groups[0].measured[0];
    assert_eq!((mse.means[0].n, mse.paired.as_ref().unwrap().seeds.as_slice()), (1, &[2][..]));
    assert!(!comparison.text().contains("NaN"));
    serde_json::to_string(&comparison.json()).unwrap();
    // They are no equals of numbers, though there is nothing else to compare.
    let other = with_column(&table(&rows(0.03)), "run", ColumnData::Text(vec![Some("r".into()), Some("s".into())]));
    assert_eq!(Lab::new().tables(&table(&rows(f64::NAN)), &other).unwrap().equality, Equality::None);
}

#[test]
fn files_that_cannot_be_compared_are_named() {
    let lab = Lab::new();
    let good = table(&sweep());
    write(&lab.path("good"), &good).unwrap();
    let bytes = std::fs::read(lab.path("good")).unwrap();
    let with_bad = || compare(("good", &lab.path("good")), ("bad", &lab.path("bad"))).unwrap_err();
    assert!(with_bad().to_string().contains("no results at '"), "{}", with_bad());
    for bytes in [&bytes[..bytes.len() / 2], b"", b"PAR1aaaaaaaaaaaaPAR1", &[0xff; 300]] {
        std::fs::write(lab.path("bad"), bytes).unwrap();
        let error = with_bad().to_string();
        assert!(error.contains("bad.parquet' is not a readable Parquet file: "), "{error}");
    }
    write(&lab.path("bad"), &table(&[])).unwrap();
    assert!(with_bad().to_string().contains("bad.parquet' has no runs"), "{}", with_bad());
    for missing in ["model", "seed", "status"] {
        let mut table = good.clone();
        table.columns.retain(|(name, _)| name != missing);
        write(&lab.path("bad"), &table).unwrap();
        let error = with_bad().to_string();
        assert!(error.contains(&format!("has no column '{missing}', so it is not a sweep's results")), "{error}");
    }
    let text = ColumnData::Text(vec![Some("low".into()); good.columns[0].1.len()]);
    write(&lab.path("bad"), &with_column(&good, "test_mse", text)).unwrap();
    assert!(with_bad().to_string().contains("column 'test_mse' of '"), "{}", with_bad());
}

#[test]
fn long_names_and_many_values_keep_the_text_narrow() {
    let mut rows: Vec<Row> = Vec::new();
    for index in 0..40 {
        rows.push(finished(
            "a_model_with_a_name_that_goes_on_and_on_and_on_and_on_until_nobody_reads_it",
            100 + index,
            1,
            1e-9,
        ));
    }
    let many = table(&rows);
    let many = with_column(&many, "option", ColumnData::Text(vec![Some("é<script>\n\u{1b}[2J".repeat(40)); 40]));
    let mut large = rows.clone();
    for row in &mut large {
        row.mse = Some(1.5e12);
    }
    let other = with_column(
        &table(&large),
        "run",
        ColumnData::Text((0..40).map(|row| Some(format!("{row}").repeat(90))).collect()),
    );
    let comparison = Lab::new().tables(&many, &other).unwrap();
    assert_eq!(comparison.groups.len(), 40);
    let text = comparison.text();
    assert_narrow(&text);
    assert!(text.contains(" more") && !text.contains('\u{1b}'), "{text}");
}
