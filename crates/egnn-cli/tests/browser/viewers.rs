//! What can be turned and pointed at: trajectories, graphs, molecules.

use crate::{
    browser::{Tab, browse},
    reports::smoke,
};
use serde_json::json;

const LEFT: &str = "\u{e012}";
const RIGHT: &str = "\u{e014}";
const DOWN: &str = "\u{e015}";

#[test]
fn trajectories_turn_by_mouse_touch_keys_and_buttons() {
    browse(|tab| {
        tab.open(&smoke("nbody-sizes"));
        assert_turns(tab, "#view-nbody [data-test=space]");
        tab.click("#view-nbody [data-test=turn-up]");
        let turned = angle(tab, "#view-nbody [data-test=space]");
        tab.reload();
        assert_eq!(angle(tab, "#view-nbody [data-test=space]"), turned, "kept");
        let all = "return new Set([...document.querySelectorAll('#view-nbody [data-test=space]')].map(space => space.dataset.angle)).size";
        assert_eq!(tab.script(all), 1, "views side by side turn together");
    });
}

#[test]
fn egnns_prediction_turns_with_its_input_and_gnns_does_not() {
    browse(|tab| {
        tab.open(&smoke("nbody-sizes"));
        let title = |side: usize| {
            tab.script_with("return document.querySelectorAll('[data-test=nbody-model]')[arguments[0]].selectedOptions[0].textContent", &json!([side]))
        };
        let [left, right] = [title(0), title(1)].map(|title| title.as_str().unwrap().to_owned());
        assert!(left.contains("EGNN") && right.contains("GNN") && !right.contains("EGNN"), "{left}, {right}");
        let before = [places(tab, 0, "n-truth"), places(tab, 0, "n-predicted")];
        tab.focus("[data-test=nbody-rotation]");
        for rotation in 1..=2 {
            tab.press(RIGHT);
            let said = tab.texts("[data-test=nbody-measured]");
            let rms = tab.script("return [...document.querySelectorAll('[data-test=nbody-measured]')].map(node => Number(node.dataset.rms))");
            let [egnn, gnn]: [f64; 2] = serde_json::from_value(rms).unwrap();
            assert!(egnn < 1e-4 && gnn > 100.0 * egnn, "{egnn}, {gnn}");
            assert!(said.iter().all(|said| said.contains(&format!("Under rotation {rotation} "))), "{said:?}");
            let [egnn, gnn] = [0, 1].map(|side| apart(tab, side));
            assert!(egnn < 0.02 && gnn > 0.5, "what is drawn between the predictions: {egnn}, {gnn}");
            assert_ne!(places(tab, 0, "n-truth"), before[0], "the input is rotated");
        }
        tab.screenshot("rotation");
        tab.click("[data-test=nbody-follow]");
        for (before, class) in before.iter().zip(["n-truth", "n-predicted"]) {
            let now = places(tab, 0, class);
            let far = before.iter().flatten().zip(now.iter().flatten()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(far < 0.05, "turned back with the view, {class}: {far}");
        }
        tab.click("[data-test=nbody-trajectory] option:nth-child(2)");
        assert_ne!(places(tab, 0, "n-truth"), before[0], "another trajectory");
    });
}

#[test]
fn pairs_of_graphs_are_named_by_pointer_and_keys() {
    browse(|tab| {
        tab.open(&smoke("autoencoder"));
        let pair = || tab.text("[data-test=graphs-pair]");
        let counts = tab.text("[data-test=graphs-counts]");
        tab.hover("[data-test=graphs-adjacency] [data-pair='0-1']", [0, 0]);
        assert!(pair().starts_with("Nodes 0 and 1: ") && pair().contains("probability 0."), "{}", pair());
        tab.focus("[data-test=graphs-reconstruction]");
        let focused = pair();
        assert!(focused.starts_with("Nodes "), "{focused}");
        tab.press(DOWN);
        let below = pair();
        tab.press(RIGHT);
        assert!(below != focused && pair() != below, "{focused}, {below}, {}", pair());
        // As many crosses and dots as the words count.
        let marked =
            tab.count("[data-test=graphs-reconstruction] .m-missed, [data-test=graphs-reconstruction] .m-added");
        assert_eq!(tab.count("#view-graphs details li") * 2, marked);
        tab.click("[data-test=graphs-graph] option:nth-child(2)");
        assert_ne!(tab.text("[data-test=graphs-counts]"), counts);
    });
}

#[test]
fn molecules_are_chosen_and_turn() {
    browse(|tab| {
        tab.open(&smoke("qm9"));
        assert_turns(tab, "#view-molecules [data-test=space]");
        let about = || tab.text("[data-test=molecules-about]");
        let first = about();
        assert!(first.contains("True") && first.contains("Predicted") && first.contains("bohr³"), "{first}");
        tab.click("[data-test=molecules-table] tbody tr:last-child [data-test=molecules-show]");
        assert_ne!(about(), first);
        let atoms: usize = tab.text("[data-test=molecules-table] tr.shown td:nth-child(2)").parse().unwrap();
        assert_eq!(tab.count("#view-molecules [data-test=space] .atom"), atoms);
        let shown = about();
        tab.click("[data-test=molecules-run] option:nth-child(2)");
        assert_ne!(about(), shown, "another model predicts otherwise");
    });
}

/// Asserts that a drawing turns by mouse, touch, keys and button, and back again.
fn assert_turns(tab: &Tab, drawing: &str) {
    let start = angle(tab, drawing);
    let mut seen = vec![start.clone()];
    let turns: [(&str, &dyn Fn()); 4] = [
        ("mouse", &|| tab.drag(drawing, "mouse", [60, 30])),
        ("touch", &|| tab.drag(drawing, "touch", [60, 10])),
        ("keys", &|| {
            tab.focus(drawing);
            tab.press(LEFT);
        }),
        ("a button", &|| tab.click("[data-test=turn-right]")),
    ];
    for (by, turn) in turns {
        turn();
        let now = angle(tab, drawing);
        // A key and its button undo each other.
        assert_ne!(seen.last(), Some(&now), "it does not turn by {by}");
        seen.push(now);
    }
    tab.focus(drawing);
    tab.press("0");
    assert_eq!(angle(tab, drawing), start);
}

/// The angle of view, once it is drawn.
fn angle(tab: &Tab, drawing: &str) -> String {
    tab.script_later("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))");
    tab.attribute(drawing, "data-angle").unwrap()
}

/// Where circles of a class are drawn in one of the views, in their order of bodies.
fn places(tab: &Tab, side: usize, class: &str) -> Vec<[f64; 2]> {
    let body = "const view = document.querySelectorAll('#view-nbody [data-test=space]')[arguments[0]];
        const words = group => group.querySelector('title').textContent;
        return [...view.querySelectorAll('.' + arguments[1])].filter(group => group.querySelector('title'))
            .sort((a, b) => words(a) < words(b) ? -1 : 1)
            .map(group => group.querySelector('circle')).map(circle => [Number(circle.getAttribute('cx')), Number(circle.getAttribute('cy'))])";
    let places: Vec<[f64; 2]> = serde_json::from_value(tab.script_with(body, &json!([side, class]))).unwrap();
    assert_eq!(places.len(), 5, "a system has five bodies");
    places
}

/// The longest line between the prediction of the rotated input and the rotated prediction, in a view.
fn apart(tab: &Tab, side: usize) -> f64 {
    let body = "const view = document.querySelectorAll('#view-nbody [data-test=space]')[arguments[0]];
        const ends = ['x1', 'x2', 'y1', 'y2'];
        return Math.max(...[...view.querySelectorAll('.n-apart')].map(line => ends.map(end => Number(line.getAttribute(end))))
            .map(([a, b, c, d]) => Math.hypot(a - b, c - d)))";
    tab.script_with(body, &json!([side])).as_f64().unwrap()
}
