//! Names that are markup, endless or of other scripts are words and nothing else.

use crate::{
    browser::browse,
    opening::{assert_fits, assert_links_resolve},
    reports::{Fabricated, failed, retitle},
    rows::{sweep, table},
};
use egnn_report::Kind;
use serde_json::json;

/// What would run if it were taken for markup.
const HOSTILE: [&str; 8] = [
    "<script>document.title = 'executed'; alert(1)</script>",
    "\"><img src=x onerror=\"document.title='executed'\">",
    "'><svg/onload=alert(1)>",
    "</script><script>alert(1)</script><!--",
    "]]></style></title><iframe src=javascript:alert(1)>",
    "{{7*7}} ${7*7} %3Cscript%3E &lt;b&gt; &#x3c;i&#x3e; \\u003cu\\u003e",
    "\u{202e}\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{645}\u{631}\u{62d}\u{628}\u{627}",
    "\u{1f9ea}\u{1f468}\u{200d}\u{1f52c} e\u{301} \u{0}\u{7}\u{b}\u{1b}[31m",
];

#[test]
fn names_of_all_kinds_are_shown_as_they_are_and_nothing_runs() {
    browse(|tab| {
        let rows: Vec<_> = sweep().into_iter().chain((1..=8).map(failed)).collect();
        let mut results = table(&rows);
        let long = "long".repeat(75);
        let of = |index: usize| if index % 9 == 8 { long.clone() } else { HOSTILE[index % 9].to_owned() };
        for column in [
            "run",
            "reason",
            "model",
            "train_set",
            "eval_set",
            "dataset_hash",
            "backend",
            "version",
            "revision",
            "host",
            "cpu",
        ] {
            retitle(
                &mut results,
                column,
                |index| if column == "run" { format!("{}{index}", of(index)) } else { of(index) },
            );
        }
        for title in HOSTILE.into_iter().chain([&*long]) {
            let report = Fabricated::new(Kind::SizeCurve, title, &results);
            tab.open(&report.page());
            // HTML knows no character 0.
            assert_eq!(tab.text("h1").trim(), title.replace('\0', ""));
            assert_eq!(tab.script("return document.title === 'executed'"), json!(false));
            assert_eq!(tab.count("iframe, img[src=x], svg[onload]"), 0);
            assert!(tab.text("body").contains(HOSTILE[0]), "it is said");
            assert_links_resolve(tab, &report.page());
            assert_fits(tab, title);
        }
        tab.screenshots("hostile");
    });
}
