//! A page that is written while its sweep runs: an open page follows, and stays as its reader left it.

use crate::{
    browser::{Tab, browse, scratch},
    common::{Lab, sweeps::evaluations},
    table::{column, heading},
};
use serde_json::json;
use std::{process::Stdio, thread, time::Duration};

#[test]
fn an_open_page_follows_its_sweep_to_the_end() {
    browse(|tab| {
        let lab = Lab::within(scratch());
        let sweep = ["sweep", "nbody-sizes", "--profile", "smoke", "--name", "live", "--jobs", "1"];
        let runs = ["model=egnn,gnn", "train_samples=80", "seed=1,2,3", "steps=1500"];
        let mut watcher = lab.spawn(&["report", "nbody-sizes", "--profile", "live", "--watch", "0.5"], Stdio::null());
        let mut sweep = lab.spawn(&[&sweep[..], &runs].concat(), Stdio::null());
        let page = lab.path("reports/nbody-sizes/live/index.html");
        while !page.exists() || evaluations(&lab, "reports/nbody-sizes/live") == 0 {
            assert!(
                watcher.try_wait().unwrap().is_none() && sweep.try_wait().unwrap().is_none(),
                "they ended too early"
            );
            thread::sleep(Duration::from_millis(20));
        }
        tab.open(&page);
        assert!(tab.text("#live").contains("under way"));
        tab.keys("#filter", "egnn");
        tab.click(&heading(tab, "run"));
        tab.click(&heading(tab, "run"));
        tab.script("scrollTo(0, document.getElementById('runs-table').offsetTop)");
        let (names, place, first) = (column(tab, "run"), tab.script("return scrollY"), finished(tab));
        assert_eq!(names.len(), 3);
        assert!(first < 3 && place.as_f64().unwrap() > 300.0, "{first}, {place}");
        tab.wait_for(&format!("return {FINISHED} > {first}"));
        tab.screenshot("live");
        assert_eq!(tab.script("return document.getElementById('filter').value"), "egnn");
        assert_eq!(column(tab, "run"), names, "sorted as before");
        assert_eq!(tab.script("return scrollY"), place, "nor did it move");
        tab.click("#pause");
        tab.script("window.isOld = true");
        thread::sleep(Duration::from_millis(3500));
        assert_eq!(tab.script("return window.isOld"), json!(true), "paused");
        tab.click("#pause");
        tab.wait_for("return document.getElementById('live') === null");
        assert_eq!((finished(tab), column(tab, "run")), (3, names));
        assert!(sweep.wait().unwrap().success() && watcher.wait().unwrap().success());
        tab.script("window.isOld = true");
        thread::sleep(Duration::from_millis(1500));
        assert_eq!(tab.script("return window.isOld"), json!(true), "it is read no more");
    });
}

/// Finished runs among those that the table shows.
const FINISHED: &str = "[...document.querySelectorAll('#runs tbody td:nth-child(2)')].filter(cell => cell.textContent === 'finished').length";

fn finished(tab: &Tab) -> u64 {
    tab.script(&format!("return {FINISHED}")).as_u64().unwrap()
}
