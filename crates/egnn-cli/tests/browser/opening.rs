//! Every report opens: what it shows without being touched.

use crate::{
    axe::assert_accessible,
    browser::{Tab, browse, scratch},
    common::{Lab, sweeps::runs},
    reports::{Fabricated, SMOKE, failed, lab, smoke},
    rows::{finished, measured, sweep},
};
use serde_json::json;
use std::path::{Path, PathBuf};

#[test]
fn smoke_reports_open_are_accessible_and_their_links_lead_somewhere() {
    browse(|tab| {
        for pipeline in SMOKE {
            let page = smoke(pipeline);
            tab.open(&page);
            let title = tab.text("h1");
            assert!(tab.text("title").starts_with(&title));
            assert!(is_drawn(tab, "figure svg"), "{pipeline}: the figure");
            assert_links_resolve(tab, &page);
            assert_fits(tab, pipeline);
            tab.screenshots(pipeline);
            assert_accessible(tab);
        }
    });
}

#[test]
fn all_reports_are_at_a_glance() {
    browse(|tab| {
        for pipeline in SMOKE {
            smoke(pipeline);
        }
        lab().ok(&["report", "--all"]);
        let page = lab().path("reports/index.html");
        tab.open(&page);
        let links = tab.script("return [...document.querySelectorAll('h3 a')].map(link => link.getAttribute('href'))");
        let mut expected = SMOKE.map(|pipeline| format!("{pipeline}/smoke/index.html"));
        expected.sort();
        assert_eq!(links, json!(expected));
        assert_links_resolve(tab, &page);
        tab.wait_for("return [...document.images].every(image => image.complete && image.naturalWidth > 0)");
        assert_fits(tab, "the page of all reports");
        tab.screenshots("index");
        assert_accessible(tab);
        tab.click("article:nth-child(2) h3 a");
        assert!(is_drawn(tab, "figure svg") && tab.text("h1").starts_with("Figure 2"));
    });
}

#[test]
fn published_reports_open_from_their_folders_and_fit_a_mail() {
    browse(|tab| {
        for page in published() {
            let name = page.parent().unwrap().display().to_string();
            tab.open(&page);
            assert!(is_drawn(tab, "figure svg") && tab.count("#runs tbody tr") > 0, "{name}");
            assert!(std::fs::metadata(&page).unwrap().len() < 3_000_000, "{name}");
            assert_links_resolve(tab, &page);
            assert_fits(tab, &name);
            assert_accessible(tab);
        }
    });
}

/// Pages that come with the program; each says in `report.json` what it shows.
fn published() -> Vec<PathBuf> {
    let folders = |path: PathBuf| {
        std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
    };
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../reports/published");
    let profiles = folders(published).flat_map(folders);
    let mut pages: Vec<_> =
        profiles.filter(|path| path.join("report.json").is_file()).map(|path| path.join("index.html")).collect();
    pages.sort();
    pages
}

#[test]
fn reports_with_little_in_them_open_and_say_so() {
    let beside = |seed| measured("egnn", seed, 0.01);
    browse(|tab| {
        for (name, rows, said) in [
            ("no-runs", vec![], "No finished runs"),
            ("failed-only", vec![failed(1), failed(2)], "loss is NaN in epoch 3, batch 7"),
            ("two-versions", vec![finished("egnn", 3000, 1, 0.011), beside(2), beside(3)], "3 finished runs"),
        ] {
            let report = Fabricated::of(&rows);
            tab.open(&report.page());
            assert!(tab.text("body").contains(said), "{name} does not say '{said}'");
            assert_links_resolve(tab, &report.page());
            assert_fits(tab, name);
            tab.screenshots(name);
            assert_accessible(tab);
        }
    });
}

#[test]
fn a_full_report_is_drawn_and_prints() {
    browse(|tab| {
        let report = Fabricated::of(&sweep());
        tab.open(&report.page());
        assert!(is_drawn(tab, "figure svg"));
        tab.screenshots("sizes");
        assert_accessible(tab);
        let controls = || {
            tab.script("return ['nav', '#runs-controls', '.controls'].map(part => document.querySelector(part).checkVisibility())")
        };
        assert_eq!(controls(), json!([true, true, true]));
        tab.media("print", "dark");
        assert_eq!(controls(), json!([false, false, false]), "nobody can touch paper");
        assert_eq!(tab.script("return getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)");
        assert!(is_drawn(tab, "figure svg") && is_drawn(tab, "#seeds svg") && is_drawn(tab, "#runs"));
        tab.screenshot("sizes-print");
    });
}

#[test]
fn runs_of_another_record_version_are_to_be_done_again() {
    browse(|tab| {
        let lab = Lab::within(scratch());
        let name = ["nbody-sizes", "--profile", "smoke"];
        lab.ok(&[&["sweep"], &name[..], &["model=egnn", "--name", "versions"]].concat());
        let record = runs(&lab, "reports/nbody-sizes/versions")[0].join("done.json");
        let text = std::fs::read_to_string(&record).unwrap();
        let own = format!("\"record_version\": {}", egnn_schema::version::RECORD_VERSION);
        assert!(text.contains(&own));
        std::fs::write(&record, text.replace(&own, "\"record_version\": 0")).unwrap();
        lab.ok(&["report", "nbody-sizes", "--profile", "versions"]);
        let page = lab.path("reports/nbody-sizes/versions/index.html");
        tab.open(&page);
        assert_eq!(tab.text("#counts"), "3 runs: 2 finished, 1 not finished");
        assert_links_resolve(tab, &page);
        assert_accessible(tab);
    });
}

#[test]
fn every_control_is_reached_by_tab_and_shows_it() {
    browse(|tab| {
        tab.open(&smoke("nbody-sizes"));
        let body = "const node = document.activeElement;
            return node === document.body ? null : {
                name: node.id || node.dataset.test || node.closest('[data-test]')?.dataset.test || node.tagName,
                isSeen: getComputedStyle(node).outlineStyle !== 'none',
            }";
        let mut reached = vec![];
        loop {
            tab.press("\u{e004}");
            let at = tab.script(body);
            if at.is_null() {
                break;
            }
            assert_eq!(at["isSeen"], json!(true), "{at}");
            reached.push(at["name"].as_str().unwrap().to_owned());
        }
        for name in
            ["filter", "filter-model", "sort-0", "seeds-plot", "space", "nbody-rotation", "turn-left", "curve-scale"]
        {
            assert!(reached.iter().any(|reached| reached == name), "{name}: {reached:?}");
        }
    });
}

#[test]
fn a_page_runs_no_script_but_its_own_and_asks_for_nothing() {
    browse(|tab| {
        let report = Fabricated::of(&sweep());
        tab.open(&report.page());
        tab.script(
            "const script = document.createElement('script');
            script.textContent = 'document.title = `executed`';
            document.body.append(script);
            document.body.insertAdjacentHTML('beforeend', '<img src=http://images.invalid/a.png onerror=\"document.title = `executed`\">')",
        );
        tab.wait_for("return [...document.images].every(image => image.complete)");
        assert_ne!(tab.text("title"), "executed");
        let complaints = tab.complaints().join("\n");
        assert_eq!(
            complaints.matches("has been blocked").count(),
            3,
            "a script, a handler and a request: {complaints}"
        );
    });
}

#[test]
fn a_page_that_is_not_quiet_is_heard() {
    browse(|tab| {
        let folder = tempfile::tempdir_in(scratch()).unwrap();
        let page = folder.path().join("loud.html");
        let elsewhere = "<img src='http://images.invalid/a.png'><img src='../b.png'>";
        std::fs::write(&page, format!("<script>console.warn('a warning'); setTimeout(() => {{ throw new Error('an error') }})</script>{elsewhere}")).unwrap();
        tab.open(&page);
        let complaints = tab.complaints().join("\n");
        for heard in ["a warning", "an error", "asked for http://images.invalid/a.png", "/b.png"] {
            assert!(complaints.contains(heard), "{heard}: {complaints}");
        }
        assert!(tab.complaints().is_empty(), "each is heard once");
    });
}

/// Whether an element takes up room.
pub(crate) fn is_drawn(tab: &Tab, selector: &str) -> bool {
    let body = "const box = document.querySelector(arguments[0])?.getBoundingClientRect(); return box?.width > 100 && box.height > 50";
    tab.script_with(body, &json!([selector])) == json!(true)
}

/// Asserts that nothing is wider than a phone.
pub(crate) fn assert_fits(tab: &Tab, name: &str) {
    tab.size(390, 800);
    assert!(tab.fits(), "{name} is wider than 390 pixels: {}", tab.beyond());
    tab.size(1280, 800);
}

/// Asserts that relative links lead to files, and others to places in the page.
pub(crate) fn assert_links_resolve(tab: &Tab, page: &Path) {
    let links = tab.script("return [...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href'))");
    let links: Vec<String> = serde_json::from_value(links).unwrap();
    assert!(!links.is_empty());
    for link in links.iter().filter(|link| !link.contains("://")) {
        if let Some(place) = link.strip_prefix('#') {
            assert_eq!(
                tab.script_with("return !!document.getElementById(arguments[0])", &json!([place])),
                json!(true),
                "{link}"
            );
        } else {
            let decoded = tab.script_with("return decodeURIComponent(arguments[0])", &json!([link]));
            let path = page.parent().unwrap().join(decoded.as_str().unwrap());
            assert!(path.exists(), "{link} of {} leads nowhere", page.display());
        }
    }
}
