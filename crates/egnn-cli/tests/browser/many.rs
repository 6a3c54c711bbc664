//! Pages over many runs: what they weigh and what they hold at a time.

use crate::{
    browser::browse,
    reports::Fabricated,
    rows::{Row, finished},
    table::heading,
};
use serde_json::json;
use std::io::Write;

/// That many runs of two models at ten sizes.
fn rows(runs: i64) -> Vec<Row> {
    let run = |index: i64| {
        let (model, samples) = (["egnn", "gnn"][index as usize % 2], 100 << (index / 2 % 10));
        finished(model, samples, 1 + index / 20, 0.01 + 0.001 * (index * 37 % 997) as f64)
    };
    (0..runs).map(run).collect()
}

#[test]
fn ten_thousand_runs_open_and_sort_with_a_page_of_rows() {
    browse(|tab| {
        let report = Fabricated::with_curves(&rows(10_000), 200);
        tab.open(&report.page());
        assert!(tab.text("#runs-shown").ends_with("of 10,000 runs"));
        let rows = || tab.count("#runs tbody tr");
        assert!(rows() <= 200);
        let opened = tab.script("return performance.getEntriesByType('navigation')[0].loadEventEnd");
        let painted = tab.script("return performance.getEntriesByName('first-contentful-paint')[0]?.startTime");
        let body = "const [button, begin] = [document.querySelector(arguments[0]), performance.now()];
            button.click();
            document.body.getBoundingClientRect();
            return performance.now() - begin";
        let sorted = tab.script_with(body, &json!([heading(tab, "test MSE")]));
        assert!(rows() <= 200);
        let filter = "const [field, begin] = [document.getElementById('filter'), performance.now()];
            field.value = 'gnn-100-';
            field.dispatchEvent(new Event('input'));
            document.body.getBoundingClientRect();
            return performance.now() - begin";
        let filtered = tab.script(filter);
        assert_eq!(tab.text("#runs-shown"), "1–200 of 1,000 runs, of 10,000");
        tab.click("#runs-on");
        assert!(tab.text("#runs-shown").starts_with("201–400 of 1,000"));
        let bytes = std::fs::metadata(report.page()).unwrap().len();
        let elements = tab.count("#all-runs *");
        assert!(elements < 8_000, "{elements} elements");
        let said = format!(
            "10,000 runs: {bytes} bytes, {elements} elements; ms: opened {opened}, painted {painted}, sorted {sorted}, filtered {filtered}\n"
        );
        std::io::stderr().write_all(said.as_bytes()).unwrap();
    });
}

#[test]
fn two_hundred_runs_fit_a_mail() {
    browse(|tab| {
        let report = Fabricated::with_curves(&rows(200), 1000);
        let bytes = std::fs::metadata(report.page()).unwrap().len();
        assert!(bytes < 3_000_000, "{bytes} bytes");
        tab.open(&report.page());
        assert_eq!((tab.count("#runs tbody tr"), tab.count("#curves .line")), (200, 200));
    });
}
