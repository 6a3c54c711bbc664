//! Report pages in Debian's Chromium: what people see, touch and hear of them. Each test has a tab for itself, and its page must keep
//! quiet: no word in the console, no request but for itself. Screenshots lie in `target/screenshots`.
#![cfg(target_os = "linux")]

mod axe;
mod browser;
#[path = "../common/mod.rs"]
mod common;
mod driver;
mod hostile;
mod live;
mod many;
mod opening;
mod plots;
mod reports;
#[path = "../../../egnn-report/tests/common/mod.rs"]
mod rows;
mod table;
mod viewers;
