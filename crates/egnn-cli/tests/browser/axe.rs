//! axe-core: what of a page is out of reach for some.

use crate::browser::{Tab, axe};
use serde_json::Value;
use std::fmt::Write;

/// Asserts that axe-core finds nothing serious or critical, in light and in dark.
pub(crate) fn assert_accessible(tab: &Tab) {
    tab.script(&std::fs::read_to_string(axe()).unwrap());
    let mut found = String::new();
    for scheme in ["light", "dark"] {
        tab.media("screen", scheme);
        let result = tab.script_later("axe.run({resultTypes: ['violations']}).then(arguments[0], arguments[0])");
        let violations = result["violations"].as_array().unwrap_or_else(|| panic!("{result}"));
        let grave = |one: &&Value| ["serious", "critical"].iter().any(|grave| one["impact"] == *grave);
        for violation in violations.iter().filter(grave) {
            describe(&mut found, scheme, violation);
        }
    }
    tab.media("screen", "light");
    assert!(found.is_empty(), "axe-core found:\n{found}");
}

fn describe(text: &mut String, scheme: &str, violation: &Value) {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    writeln!(
        text,
        "{scheme}: {} ({}): {}",
        word(&violation["id"]),
        word(&violation["impact"]),
        word(&violation["help"])
    )
    .unwrap();
    let nodes = violation["nodes"].as_array().unwrap();
    for node in nodes.iter().take(5) {
        let summary = word(&node["failureSummary"]).replace('\n', " ");
        writeln!(text, "    {}\n      {summary}", word(&node["html"])).unwrap();
    }
    writeln!(text, "    {} places in all", nodes.len()).unwrap();
}
