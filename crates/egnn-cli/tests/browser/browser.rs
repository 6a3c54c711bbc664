//! A tab for each test: what it shows, says and asks for; and hands that touch it.
use crate::driver::{self, Driver};
use serde_json::{Value, json};
use std::{
    cell::RefCell,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    thread,
    time::Duration,
};

/// One browser for all tests.
static DRIVER: OnceLock<Option<Driver>> = OnceLock::new();
/// Tests take turns.
static TURN: Mutex<()> = Mutex::new(());

/// A tab of its own for a test, in a window of 1280 x 800 pixels.
pub(crate) struct Tab {
    driver: &'static Driver,
    /// Whose documents may be asked for.
    folders: RefCell<Vec<PathBuf>>,
    _turn: MutexGuard<'static, ()>,
}

/// Gives `test` a tab, and asserts that its pages said nothing to the console and asked for nothing but themselves. Where there is no
/// browser that is said, visibly, and is a failure if `EGNN_REQUIRE_BROWSER` is 1.
pub(crate) fn browse(test: impl FnOnce(&Tab)) {
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(driver) = DRIVER.get_or_init(start) else { return };
    // The tab of the test before goes when there is another.
    let before = driver.get("/window/handles");
    let opened = driver.post("/window/new", &json!({"type": "tab"}));
    for handle in before.as_array().unwrap() {
        driver.post("/window", &json!({"handle": handle}));
        driver.delete("/window");
    }
    driver.post("/window", &json!({"handle": opened["handle"]}));
    let tab = Tab { driver, folders: RefCell::default(), _turn: turn };
    tab.size(1280, 800);
    tab.media("screen", "light");
    tab.complaints();
    test(&tab);
    let complaints = tab.complaints();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

/// Where the browser keeps its things while tests run; removed thereafter.
pub(crate) fn scratch() -> &'static Path {
    &DRIVER.get().and_then(Option::as_ref).expect("a test that browses").folder
}

fn start() -> Option<Driver> {
    let Some(lacking) = driver::lacking(&axe()) else { return Some(Driver::start()) };
    assert!(std::env::var("EGNN_REQUIRE_BROWSER").as_deref() != Ok("1"), "a browser is required: {lacking}");
    // Past the harness, which keeps what passing tests print.
    std::io::stderr().write_all(format!("SKIPPED: {lacking}\n").as_bytes()).unwrap();
    None
}

/// What checks accessibility.
pub(crate) fn axe() -> PathBuf {
    target().join("browser/axe.min.js")
}

fn target() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target")
}

impl Tab {
    pub(crate) fn open(&self, page: &Path) {
        assert!(page.is_file(), "{}", page.display());
        self.folders.borrow_mut().push(page.parent().unwrap().canonicalize().unwrap());
        self.driver.post("/url", &json!({"url": format!("file://{}", page.canonicalize().unwrap().display())}));
    }

    pub(crate) fn reload(&self) {
        self.driver.post("/refresh", &json!({}));
    }

    /// What a function with this body returns in the page.
    pub(crate) fn script(&self, body: &str) -> Value {
        self.script_with(body, &json!([]))
    }

    pub(crate) fn script_with(&self, body: &str, arguments: &Value) -> Value {
        self.driver.post("/execute/sync", &json!({"script": body, "args": arguments}))
    }

    /// What a function with this body gives to its last argument.
    pub(crate) fn script_later(&self, body: &str) -> Value {
        self.driver.post("/execute/async", &json!({"script": body, "args": []}))
    }

    /// Waits until a function with this body returns something true.
    pub(crate) fn wait_for(&self, body: &str) {
        // A bound on looks, so that what never comes fails instead of hanging.
        for _ in 0..30_000 {
            if self.script(body) == json!(true) {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("it never came: {body}");
    }

    pub(crate) fn count(&self, selector: &str) -> usize {
        self.script_with("return document.querySelectorAll(arguments[0]).length", &json!([selector])).as_u64().unwrap()
            as usize
    }

    /// The text of the first element.
    pub(crate) fn text(&self, selector: &str) -> String {
        let text = self.script_with("return document.querySelector(arguments[0])?.textContent", &json!([selector]));
        text.as_str().unwrap_or_else(|| panic!("no {selector}")).to_owned()
    }

    /// The texts of all elements.
    pub(crate) fn texts(&self, selector: &str) -> Vec<String> {
        let texts = self.script_with(
            "return [...document.querySelectorAll(arguments[0])].map(element => element.textContent.trim())",
            &json!([selector]),
        );
        serde_json::from_value(texts).unwrap()
    }

    pub(crate) fn attribute(&self, selector: &str, name: &str) -> Option<String> {
        let body = "return document.querySelector(arguments[0]).getAttribute(arguments[1])";
        self.script_with(body, &json!([selector, name])).as_str().map(Into::into)
    }

    /// Clicks as a person does: the element must be seen and nothing may lie over it.
    pub(crate) fn click(&self, selector: &str) {
        self.driver.post(&format!("/element/{}/click", self.element(selector)), &json!({}));
    }

    /// Focuses and types; special keys are of WebDriver's table.
    pub(crate) fn keys(&self, selector: &str, keys: &str) {
        self.driver.post(&format!("/element/{}/value", self.element(selector)), &json!({"text": keys}));
    }

    pub(crate) fn focus(&self, selector: &str) {
        self.script_with("document.querySelector(arguments[0]).focus()", &json!([selector]));
    }

    /// Presses and releases keys, wherever the focus is.
    pub(crate) fn press(&self, keys: &str) {
        let strokes: Vec<Value> = keys
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key.to_string()})))
            .collect();
        self.act(&json!({"type": "key", "id": "keys", "actions": strokes}));
    }

    /// Moves the mouse over a point of an element, from its middle.
    pub(crate) fn hover(&self, selector: &str, [x, y]: [i64; 2]) {
        self.pointer("mouse", &[self.to(selector, [x, y])]);
    }

    /// Drags from an element's middle with the mouse or a finger (`touch`).
    pub(crate) fn drag(&self, selector: &str, pointer: &str, [x, y]: [i64; 2]) {
        let by = |part: i64| json!({"type": "pointerMove", "duration": 20, "origin": "pointer", "x": x / part, "y": y / part});
        let down = json!({"type": "pointerDown", "button": 0});
        self.pointer(
            pointer,
            &[self.to(selector, [0, 0]), down, by(2), by(2), json!({"type": "pointerUp", "button": 0})],
        );
    }

    fn to(&self, selector: &str, [x, y]: [i64; 2]) -> Value {
        let body = "document.querySelector(arguments[0]).scrollIntoView({block: 'center', behavior: 'instant'})";
        self.script_with(body, &json!([selector]));
        let origin = json!({"element-6066-11e4-a52e-4f735466cecf": self.element(selector)});
        json!({"type": "pointerMove", "duration": 0, "origin": origin, "x": x, "y": y})
    }

    fn pointer(&self, kind: &str, actions: &[Value]) {
        self.act(&json!({"type": "pointer", "id": kind, "parameters": {"pointerType": kind}, "actions": actions}));
    }

    fn act(&self, source: &Value) {
        self.driver.post("/actions", &json!({"actions": [source]}));
    }

    fn element(&self, selector: &str) -> String {
        let found = self.driver.post("/element", &json!({"using": "css selector", "value": selector}));
        found.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned()
    }

    /// Sets the size of what is seen of a page.
    pub(crate) fn size(&self, width: u32, height: u32) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.driver.devtools("Emulation.setDeviceMetricsOverride", &metrics);
    }

    /// Chooses `screen` or `print`, `light` or `dark`; nothing moves by itself, so that what is clicked stays where it is.
    pub(crate) fn media(&self, medium: &str, scheme: &str) {
        let features = [("prefers-color-scheme", scheme), ("prefers-reduced-motion", "reduce")];
        let features = features.map(|(name, value)| json!({"name": name, "value": value}));
        self.driver.devtools("Emulation.setEmulatedMedia", &json!({"media": medium, "features": features}));
    }

    /// Whether the page fits the width of what is seen.
    pub(crate) fn fits(&self) -> bool {
        self.script("return document.scrollingElement.scrollWidth <= window.innerWidth") == json!(true)
    }

    /// Elements that end beyond the right edge of what is seen.
    pub(crate) fn beyond(&self) -> Value {
        self.script(
            "const isBeyond = node => !node.closest('.scroll, svg') && node.getBoundingClientRect().right > innerWidth + 1;
            return [...document.querySelectorAll('body *')].filter(isBeyond).map(node => node.outerHTML.slice(0, 80))",
        )
    }

    /// Keeps the whole page as `target/screenshots/NAME-{wide,narrow}-{light,dark}.png`.
    pub(crate) fn screenshots(&self, name: &str) {
        for (form, width) in [("wide", 1280), ("narrow", 390)] {
            self.size(width, 800);
            for scheme in ["light", "dark"] {
                self.media("screen", scheme);
                self.screenshot(&format!("{name}-{form}-{scheme}"));
            }
        }
        self.size(1280, 800);
        self.media("screen", "light");
    }

    /// Keeps the whole page as `target/screenshots/NAME.png`.
    pub(crate) fn screenshot(&self, name: &str) {
        let shot = self.driver.devtools("Page.captureScreenshot", &json!({"captureBeyondViewport": true}));
        let folder = target().join("screenshots");
        fs::create_dir_all(&folder).unwrap();
        let file = fs::File::create(folder.join(format!("{name}.png"))).unwrap();
        let mut decoder = Command::new("base64").arg("-d").stdin(Stdio::piped()).stdout(file).spawn().unwrap();
        decoder.stdin.take().unwrap().write_all(shot["data"].as_str().unwrap().as_bytes()).unwrap();
        assert!(decoder.wait().unwrap().success());
    }

    /// What was logged since the last call.
    fn log(&self, kind: &str) -> Vec<Value> {
        let entries = self.driver.post("/se/log", &json!({"type": kind}));
        entries.as_array().unwrap().clone()
    }

    /// What the console says, and requests for anything but documents of the folders that were opened, since the last call.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let folders = self.folders.borrow();
        let is_own = |url: &str| {
            let path = url.strip_prefix("file://").map(Path::new);
            url.starts_with("data:") || path.is_some_and(|path| folders.iter().any(|folder| path.starts_with(folder)))
        };
        let asked: Vec<String> = self.log("performance").iter().filter_map(request).collect();
        let foreign = asked.into_iter().filter(|url| !is_own(url)).map(|url| format!("asked for {url}"));
        self.log("browser").iter().map(|entry| entry["message"].to_string()).chain(foreign).collect()
    }
}

/// The address of a request, if an entry of the performance log is one.
fn request(entry: &Value) -> Option<String> {
    let entry: Value = serde_json::from_str(entry["message"].as_str()?).unwrap();
    let message = &entry["message"];
    (message["method"] == "Network.requestWillBeSent")
        .then(|| message["params"]["request"]["url"].as_str().unwrap().to_owned())
}
