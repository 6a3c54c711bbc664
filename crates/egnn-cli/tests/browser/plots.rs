//! The plots of all runs: values under the pointer and by keys, scales, what is drawn.

use crate::{
    browser::{Tab, browse},
    reports::{Fabricated, smoke},
    rows::sweep,
    table::column,
};

const UP: &str = "\u{e013}";
const RIGHT: &str = "\u{e014}";
const DOWN: &str = "\u{e015}";
const ESCAPE: &str = "\u{e00c}";

#[test]
fn the_value_under_the_pointer_is_told() {
    browse(|tab| {
        let report = Fabricated::of(&sweep());
        tab.open(&report.page());
        let (runs, errors) = (column(tab, "run"), column(tab, "test MSE"));
        tab.hover("#seeds .mark", [0, 0]);
        let told = tip(tab, "#seeds").expect("a value");
        let index = runs
            .iter()
            .position(|run| told.starts_with(&format!("{run}: ")))
            .unwrap_or_else(|| panic!("{told}: {runs:?}"));
        assert!(told.ends_with(&errors[index]), "{told}: {}", errors[index]);
        assert_eq!(tab.script("return document.querySelector('#seeds .ring').getAttribute('visibility')"), "visible");
        tab.screenshot("hover");
        tab.hover("h1", [0, 0]);
        assert_eq!(tip(tab, "#seeds"), None, "it goes with the pointer");
    });
}

#[test]
fn curves_are_read_by_pointer_and_by_keys() {
    browse(|tab| {
        tab.open(&smoke("nbody-sizes"));
        assert_eq!(tab.count("#curves .line"), 9);
        tab.focus("#curves [data-test=plot]");
        let mut told = vec![];
        for key in [RIGHT, RIGHT, DOWN, UP] {
            tab.press(key);
            told.push(tip(tab, "#curves").expect("a value"));
        }
        assert!(told[0].contains(": epoch ") && told[0].contains(", validation loss "), "{told:?}");
        let run = |told: &String| told.split(':').next().unwrap().to_owned();
        assert!(told[0] != told[1] && run(&told[0]) == run(&told[1]), "along a curve: {told:?}");
        assert!(run(&told[2]) != run(&told[1]), "to another curve: {told:?}");
        assert_eq!(run(&told[3]), run(&told[1]), "and back");
        for told in &told {
            assert!(column(tab, "run").contains(&run(told)), "{told}");
        }
        let [x, y] = ["cx", "cy"].map(|side| tab.attribute("#curves .ring", side).unwrap().parse::<f64>().unwrap());
        tab.press(ESCAPE);
        assert_eq!(tip(tab, "#curves"), None);
        let size = tab.script("const { width, height } = document.querySelector('#curves [data-test=plot]').viewBox.baseVal; return [width, height]");
        let [width, height]: [f64; 2] = serde_json::from_value(size).unwrap();
        tab.hover("#curves [data-test=plot]", [x - width / 2.0, y - height / 2.0].map(|offset| offset.round() as i64));
        assert_eq!(tip(tab, "#curves").as_ref(), told.last(), "the pointer finds the same");
        tab.click("#curve-axis option[value=seconds]");
        tab.focus("#curves [data-test=plot]");
        tab.press(RIGHT);
        assert!(tip(tab, "#curves").unwrap().contains(": after "));
        tab.click("#curve-loss option[value=both]");
        assert_eq!(tab.count("#curves .line"), 18);
        tab.screenshot("curves");
    });
}

#[test]
fn axes_are_logarithmic_or_linear_as_chosen() {
    browse(|tab| {
        let report = Fabricated::of(&sweep());
        tab.open(&report.page());
        assert_scale(tab, f64::ln);
        tab.click("#seed-scale option[value=linear]");
        assert_scale(tab, |value| value);
        tab.reload();
        assert_scale(tab, |value| value);
        tab.click("#seed-scale option[value=log]");
        assert_scale(tab, f64::ln);
    });
}

/// What the plot in `root` tells, if it tells anything.
fn tip(tab: &Tab, root: &str) -> Option<String> {
    let body = "const tip = document.querySelector(arguments[0] + ' [data-test=tip]'); return tip.hidden ? null : tip.textContent";
    tab.script_with(body, &serde_json::json!([root])).as_str().map(Into::into)
}

/// Asserts that values stand where `of` them is in proportion.
fn assert_scale(tab: &Tab, of: impl Fn(f64) -> f64) {
    tab.focus("#seeds [data-test=plot]");
    // Along one series after the other.
    let mut places: Vec<(f64, f64)> = vec![];
    for key in [RIGHT, RIGHT, RIGHT, DOWN, RIGHT, DOWN, RIGHT] {
        tab.press(key);
        let height = tab.attribute("#seeds .ring", "cy").unwrap().parse().unwrap();
        let value = tip(tab, "#seeds").unwrap().rsplit_once(' ').unwrap().1.parse().unwrap();
        places.push((of(value), height));
    }
    let slope = |a: (f64, f64), b: (f64, f64)| (b.1 - a.1) / (b.0 - a.0);
    let all = slope(places[0], places[6]);
    let differ = |a: f64, b: f64| (a / b - 1.0).abs() > 0.02;
    assert!(all < 0.0, "larger is higher: {places:?}");
    assert!(!places[1..].iter().any(|&place| differ(slope(places[0], place), all)), "{places:?}");
}
