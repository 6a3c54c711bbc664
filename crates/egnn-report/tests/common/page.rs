//! What pages say.

#![allow(dead_code, reason = "not every test file uses all of it")]

use std::path::Path;

/// A report's page, with one way to write each character that HTML wants otherwise.
pub(crate) fn page(folder: &Path) -> String {
    let page = std::fs::read_to_string(folder.join("index.html")).unwrap();
    [("&#39;", "'"), ("&#34;", "\""), ("&quot;", "\""), ("&#60;", "&lt;"), ("&#62;", "&gt;"), ("&#38;", "&amp;")]
        .into_iter()
        .fold(page, |page, (found, shown)| page.replace(found, shown))
}

/// Holds a page to needing nothing else: no address of another file is loaded, and browsers are told to load none.
pub(crate) fn stands_alone(page: &str) {
    for loading in [" src=", "url(", "@import", "rel=\"stylesheet", "fetch(", "XMLHttpRequest"] {
        assert!(!page.contains(loading), "{loading}");
    }
    let elsewhere = page.replace("http://www.w3.org/2000/svg", "");
    assert!(!elsewhere.contains("http://") && !elsewhere.contains("https://"), "no address of a host");
    assert!(page.contains("default-src 'none'; script-src 'sha256-"), "a browser is told to load nothing");
}
