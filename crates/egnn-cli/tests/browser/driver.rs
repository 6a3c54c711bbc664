//! Chromium through WebDriver: chromedriver answers JSON with JSON on a port of this machine.

use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// Lends a driver and a folder until its input ends, which it does with this process, however that comes. Browser and driver are
/// of the shell's process group.
const LEND: &str = r#"
folder=$(mktemp -d) && echo "$folder"
export HOME="$folder" TMPDIR="$folder"
trap : TERM
chromedriver --port=0 2>"$folder/driver.log" &
read -r _
kill -TERM 0
wait
while rm -rf "$folder"; sleep 1; test -e "$folder"; do :; done
"#;

/// Quiet: what a page does is all that happens. The pipe ends the browser with its driver.
const ARGUMENTS: [&str; 9] = [
    "--headless=new",
    "--remote-debugging-pipe",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
];

/// A browser with one session.
pub(crate) struct Driver {
    /// What lends it, with both ends.
    _shell: Child,
    /// Removed with the browser.
    pub(crate) folder: PathBuf,
    port: u16,
    /// `/session/<id>`.
    session: String,
}

impl Driver {
    pub(crate) fn start() -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", LEND]).process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut shell = shell.spawn().unwrap();
        let mut output = BufReader::new(shell.stdout.take().unwrap());
        let mut lines = output.by_ref().lines().map(Result::unwrap);
        let folder = PathBuf::from(lines.next().expect("a folder"));
        let port = |line: String| line.split_once("successfully on port ")?.1.trim_end_matches('.').parse().ok();
        let port = lines.find_map(port).expect("chromedriver says its port");
        let mut arguments = ARGUMENTS.to_vec();
        if is_root() {
            arguments.push("--no-sandbox");
        }
        let capabilities = json!({
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        });
        shell.stdout = Some(output.into_inner());
        let mut driver = Self { _shell: shell, folder, port, session: String::new() };
        let opened = driver.post("/session", &json!({"capabilities": {"alwaysMatch": capabilities}}));
        driver.session = format!("/session/{}", opened["sessionId"].as_str().unwrap());
        driver
    }

    /// Sends a command of the session, for example `/url`.
    pub(crate) fn post(&self, command: &str, body: &Value) -> Value {
        self.send("POST", command, &body.to_string())
    }

    pub(crate) fn get(&self, command: &str) -> Value {
        self.send("GET", command, "")
    }

    pub(crate) fn delete(&self, command: &str) -> Value {
        self.send("DELETE", command, "")
    }

    /// Sends a command of the DevTools protocol.
    pub(crate) fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({"cmd": command, "params": parameters}))
    }

    fn send(&self, method: &str, command: &str, body: &str) -> Value {
        let answer = self.exchange(method, command, body).unwrap_or_else(|error| panic!("{command}: {error}"));
        let mut answer: Value =
            serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{command}: {error}: {answer}"));
        let value = answer["value"].take();
        assert!(
            value.get("error").is_none(),
            "{command}: {}: {}",
            value["error"],
            value["message"].as_str().unwrap_or_default()
        );
        value
    }

    /// A request and the body of its answer.
    fn exchange(&self, method: &str, command: &str, body: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        let (session, length) = (&self.session, body.len());
        write!(
            stream,
            "{method} {session}{command} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )?;
        let mut stream = BufReader::new(stream);
        let mut length = 0;
        let mut line = String::new();
        while stream.read_line(&mut line)? > 2 {
            if let Some((name, value)) =
                line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            {
                length = value.trim().parse().unwrap_or_else(|_| panic!("{name}: {value}"));
            }
            line.clear();
        }
        let mut answer = String::new();
        stream.take(length).read_to_string(&mut answer)?;
        Ok(answer)
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().unwrap().stdout == b"0\n"
}

/// What is not there of what a browser's tests need.
pub(crate) fn lacking(axe: &Path) -> Option<&'static str> {
    let found = |program: &str| {
        Command::new("sh").args(["-c", &format!("command -v {program}")]).output().unwrap().status.success()
    };
    if !found("chromium") || !found("chromedriver") {
        Some("chromium and chromium-driver are not installed")
    } else if !axe.is_file() {
        Some("axe-core is not there: `sh .ci/install` fetches it")
    } else {
        None
    }
}
