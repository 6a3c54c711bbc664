//! Redactions for snapshots: what differs from run to run becomes a placeholder.

/// What to replace in a text before it is compared with a snapshot.
///
/// ```
/// use egnn_testkit::Redactions;
/// let text = Redactions::new().literal("/tmp/x", "[DIR]").apply("wrote /tmp/x/a-0f3c9a77 in 1.25 s");
/// assert_eq!(text, "wrote [DIR]/a-[HASH] in [DURATION]");
/// ```
#[derive(Debug, Clone, Default)]
pub struct Redactions {
    literals: Vec<(String, String)>,
}

/// Units of time that a number may carry.
const UNITS: [&str; 13] =
    ["minutes", "minute", "seconds", "second", "hours", "hour", "min", "sec", "ms", "us", "h", "m", "s"];
/// Fewer hexadecimal digits than this may well be a number or a word.
const SHORTEST_HASH: usize = 8;

impl Redactions {
    /// Durations and hexadecimal hashes only.
    pub fn new() -> Self {
        Self::default()
    }

    /// Replace a text wherever it stands: a temporary folder, a host's name. Longer texts go first. An empty text is
    /// ignored.
    #[must_use]
    pub fn literal(mut self, text: impl Into<String>, placeholder: impl Into<String>) -> Self {
        let text = text.into();
        if !text.is_empty() {
            self.literals.push((text, placeholder.into()));
            self.literals.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        }
        self
    }

    /// The text with everything replaced.
    pub fn apply(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (literal, placeholder) in &self.literals {
            text = text.replace(literal, placeholder);
        }
        durations(&hashes(&text))
    }
}

/// Runs of at least eight hexadecimal digits, with a letter and a digit among them, become `[HASH]`.
fn hashes(text: &str) -> String {
    replace(text, |rest| {
        let length = rest.chars().take_while(char::is_ascii_alphanumeric).count();
        let word = &rest[..length];
        let is_hash = length >= SHORTEST_HASH
            && word.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
            && word.bytes().any(|byte| byte.is_ascii_digit())
            && word.bytes().any(|byte| byte.is_ascii_lowercase());
        is_hash.then_some((length, "[HASH]"))
    })
}

/// Numbers followed by a unit of time, one or several (`3m 02s`), become `[DURATION]`.
fn durations(text: &str) -> String {
    replace(text, |rest| {
        let mut end = 0;
        loop {
            let gap = if end == 0 { 0 } else { leading(&rest[end..], |c| c == ' ') };
            match duration(&rest[end + gap..]) {
                Some(length) => end += gap + length,
                None => break,
            }
        }
        (end > 0).then_some((end, "[DURATION]"))
    })
}

/// The length of `12.5 ms` at the start of a text.
fn duration(text: &str) -> Option<usize> {
    let number = leading(text, |c| c.is_ascii_digit() || c == '.');
    if number == 0 || !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let gap = leading(&text[number..], |c| c == ' ').min(1);
    let rest = &text[number + gap..];
    let unit = UNITS.into_iter().find(|unit| rest.starts_with(unit))?;
    let after = &rest[unit.len()..];
    let ends = match after.chars().next() {
        // `3m02s` goes on, `5 m2` is something else.
        Some(next) if next.is_ascii_digit() => duration(after).is_some(),
        Some(next) => !next.is_alphabetic() && next != '_',
        None => true,
    };
    ends.then_some(number + gap + unit.len())
}

fn leading(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// Replace what `find` recognises at the start of a word.
fn replace(text: &str, find: impl Fn(&str) -> Option<(usize, &'static str)>) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    let mut inside = false;
    while let Some(first) = rest.chars().next() {
        if !inside && let Some((length, placeholder)) = find(rest) {
            result.push_str(placeholder);
            rest = &rest[length..];
            inside = true;
            continue;
        }
        result.push(first);
        inside = first.is_alphanumeric() || (inside && first == '.');
        rest = &rest[first.len_utf8()..];
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(text: &str) -> String {
        Redactions::new().apply(text)
    }

    #[test]
    fn durations_of_every_form() {
        assert_eq!(redacted("done in 12 ms, 1.5s; eta 3m 02s."), "done in [DURATION], [DURATION]; eta [DURATION].");
        assert_eq!(redacted("3m02s left"), "[DURATION] left");
        assert_eq!(redacted("0.25 seconds"), "[DURATION]");
    }

    #[test]
    fn numbers_that_are_no_durations_stay() {
        for text in ["3 models", "12 systems", "loss 0.0071", "x1s", "5 m2", "0.5", "2 samples"] {
            assert_eq!(redacted(text), text);
        }
    }

    #[test]
    fn hashes_but_not_words_or_short_numbers() {
        assert_eq!(redacted("id egnn-0f3c9a77."), "id egnn-[HASH].");
        assert_eq!(redacted(&"ab0".repeat(20)), "[HASH]");
        for text in ["deadbeef", "12345678", "defaced", "a1b2c3", "0f3c9a7z"] {
            assert_eq!(redacted(text), text);
        }
    }

    #[test]
    fn longer_literals_win_and_empty_ones_are_ignored() {
        let redactions = Redactions::new().literal("/tmp", "[TMP]").literal("/tmp/run", "[RUN]").literal("", "oops");
        assert_eq!(redactions.apply("/tmp/run/a /tmp/b"), "[RUN]/a [TMP]/b");
    }
}
