//! The table of every run: sorting, filtering, links, pages.

use crate::{
    browser::{Tab, browse},
    reports::{Fabricated, failed, smoke},
    rows::{Row, finished, sweep},
};
use serde_json::json;

const ENTER: &str = "\u{e007}";
const SPACE: &str = " ";

/// 18 finished runs, one that has no error, two that failed.
fn report() -> Fabricated {
    let without = Row { mse: None, ..finished("gnn", 100, 7, 0.0) };
    Fabricated::of(&sweep().into_iter().chain([without, failed(8), failed(9)]).collect::<Vec<_>>())
}

#[test]
fn a_click_on_a_heading_sorts_up_then_down_then_not() {
    browse(|tab| {
        let report = report();
        tab.open(&report.page());
        let before = column(tab, "run");
        assert_eq!(before.len(), 21);
        for title in ["test MSE", "training samples", "steps", "seed"] {
            let heading = heading(tab, title);
            for (direction, is_down) in [("ascending", false), ("descending", true)] {
                tab.click(&heading);
                assert_eq!(sorted_as(tab), [(title.to_owned(), direction.to_owned())]);
                let values = numbers(tab, title);
                let known: Vec<f64> = values.iter().map_while(|&value| value).collect();
                assert!(
                    known.len() >= 18 && values[known.len()..].iter().all(Option::is_none),
                    "{title}: missing last: {values:?}"
                );
                assert!(
                    known.is_sorted_by(|a, b| if is_down { a >= b } else { a <= b }),
                    "{title}, {direction}: {known:?}"
                );
            }
            tab.click(&heading);
            assert!(sorted_as(tab).is_empty());
            assert_eq!(column(tab, "run"), before, "the report's own order");
        }
    });
}

#[test]
fn a_heading_sorts_by_keys_and_text_by_letters() {
    browse(|tab| {
        let report = report();
        tab.open(&report.page());
        let heading = heading(tab, "model");
        for (key, is_down) in [(ENTER, false), (SPACE, true)] {
            tab.focus(&heading);
            tab.press(key);
            let values = column(tab, "model");
            assert!(values.is_sorted_by(|a, b| if is_down { a >= b } else { a <= b }), "{values:?}");
            assert_eq!(
                tab.script("return document.activeElement.closest('th')?.getAttribute('aria-sort')"),
                if is_down { "descending" } else { "ascending" }
            );
        }
    });
}

#[test]
fn the_filter_leaves_runs_whose_number_is_said_and_the_plots_follow() {
    browse(|tab| {
        let report = report();
        tab.open(&report.page());
        assert_eq!(tab.count("#seeds .mark"), 18);
        tab.keys("#filter", "Radial 1,600");
        assert_eq!(tab.text("#runs-shown"), "3 runs, of 21");
        assert_eq!(column(tab, "run"), ["radial_field-1600-s1", "radial_field-1600-s2", "radial_field-1600-s3"]);
        assert_eq!(tab.count("#seeds .mark"), 3);
        tab.keys("#filter", " s2");
        assert_eq!(tab.text("#runs-shown"), "1 run, of 21");
        tab.keys("#filter", "nowhere");
        assert_eq!((tab.text("#runs-shown"), tab.count("#runs tbody tr")), ("0 runs, of 21".into(), 0));
        tab.script("document.getElementById('filter').value = ''");
        tab.keys("#filter", "x\u{e003}");
        assert_eq!(tab.text("#runs-shown"), "21 runs");
        tab.click("#filter-status option[value=failed]");
        assert_eq!(column(tab, "reason"), ["loss is NaN in epoch 3, batch 7"; 2]);
        assert_eq!(tab.count("#seeds .mark"), 0);
        tab.click("#filter-model option[value=EGNN]");
        assert_eq!(tab.text("#runs-shown"), "0 runs, of 21");
    });
}

#[test]
fn runs_lead_to_their_folders_and_the_page_keeps_its_state_when_it_is_read_again() {
    browse(|tab| {
        let page = smoke("nbody-sizes");
        tab.open(&page);
        assert_eq!(tab.count("#runs td a"), 9);
        tab.keys("#filter", "egnn");
        tab.click(&heading(tab, "test MSE"));
        tab.click(&heading(tab, "test MSE"));
        let before = column(tab, "run");
        assert_eq!((before.len(), tab.count("#curves .line")), (3, 3));
        tab.reload();
        assert_eq!(column(tab, "run"), before);
        assert_eq!(sorted_as(tab), [("test MSE".to_owned(), "descending".to_owned())]);
        assert_eq!(tab.count("#curves .line"), 3);
        tab.click("#runs td a");
        let address = tab.script("return location.href");
        assert!(address.as_str().unwrap().ends_with(&format!("/runs/{}/", before[0])), "{address}");
        assert!(tab.text("body").contains("done.json"));
        // The browser's own page of a folder speaks.
        tab.complaints();
    });
}

/// The button of a column's heading.
pub(crate) fn heading(tab: &Tab, title: &str) -> String {
    format!("#runs thead th:nth-child({}) button", place(tab, title))
}

fn place(tab: &Tab, title: &str) -> usize {
    let titles = tab.texts("#runs thead th");
    1 + titles.iter().position(|other| other == title).unwrap_or_else(|| panic!("{title}: {titles:?}"))
}

/// What a column's rows say.
pub(crate) fn column(tab: &Tab, title: &str) -> Vec<String> {
    tab.texts(&format!("#runs tbody td:nth-child({})", place(tab, title)))
}

fn numbers(tab: &Tab, title: &str) -> Vec<Option<f64>> {
    let number = |text: &String| (!text.is_empty()).then(|| text.replace(',', "").parse().unwrap());
    column(tab, title).iter().map(number).collect()
}

/// Headings that say that they sort, and how.
fn sorted_as(tab: &Tab) -> Vec<(String, String)> {
    let body = "return [...document.querySelectorAll('#runs th[aria-sort]')].map(th => [th.textContent, th.getAttribute('aria-sort')])";
    serde_json::from_value(tab.script_with(body, &json!([]))).unwrap()
}
