//! How wide words are, and where lines break.

/// Units across that words take at a size, rather more than less: the advance widths of DejaVu Sans by kind of letter.
pub(super) fn breadth(words: &str, size: i32) -> i32 {
    let hundredths: i32 = words.chars().map(letter).sum();
    (hundredths * size + 99) / 100
}

/// Hundredths of the size.
fn letter(letter: char) -> i32 {
    match letter {
        'i' | 'j' | 'l' | 'I' | '\'' => 30,
        ' ' | '.' | ',' => 32,
        ':' | ';' | '|' | '/' | '-' | '(' | ')' | '[' | ']' | 'f' | 't' | 'r' => 42,
        'm' | 'W' | '%' | '@' | '…' => 101,
        'M' | 'w' | '±' | '=' | '+' | '<' | '>' | '~' => 87,
        letter if letter.is_ascii_uppercase() => 79,
        letter if letter.is_ascii() => 65,
        'À'..='ÿ' | 'Α'..='ω' | '–' | '²' | '³' => 79,
        _ => 101,
    }
}

/// Breaks text between words, so that each line has at most so many letters. Only a word that is longer is broken itself.
pub(super) fn wrap(text: &str, letters: usize) -> Vec<String> {
    broken(text, |line| line.chars().count() <= letters)
}

/// The same by the units that a line takes at a size.
pub(super) fn wrap_to(text: &str, units: i32, size: i32) -> Vec<String> {
    broken(text, |line| breadth(line, size) <= units)
}

fn broken(text: &str, fits: impl Fn(&str) -> bool) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always a line");
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if line.is_empty() || fits(&longer) {
            *line = longer;
        } else {
            lines.push(word.into());
        }
        while let Some(rest) = lines.last_mut().and_then(|line| overflow(line, &fits)) {
            lines.push(rest);
        }
    }
    lines
}

/// Takes off what does not fit.
fn overflow(line: &mut String, fits: &impl Fn(&str) -> bool) -> Option<String> {
    let ends = line.char_indices().map(|(index, letter)| index + letter.len_utf8());
    // At least one letter stays.
    let end = ends.enumerate().take_while(|&(index, end)| index == 0 || fits(&line[..end])).last()?.1;
    (end < line.len()).then(|| line.split_off(end))
}

/// Words cut to the units that there are, with a mark of it.
pub(super) fn cut_to(text: &str, units: i32, size: i32) -> String {
    // No letter is narrower than a fifth of its size.
    let most = text.chars().count().min((5 * units / size).max(0) as usize);
    let mut cuts = (1..=most).rev().map(|letters| crate::table::cut(text, letters));
    cuts.find(|cut| breadth(cut, size) <= units).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_between_words_and_only_long_words_within() {
        assert_eq!(wrap("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrap("", 7), [""]);
        assert_eq!(wrap("a twelveletter word", 6), ["a", "twelve", "letter", "word"]);
        assert_eq!(wrap("ééé", 1), ["é", "é", "é"]);
        assert_eq!(wrap("ab", 0), ["a", "b"], "a line has a letter at least");
    }

    #[test]
    fn words_are_cut_to_their_room() {
        assert_eq!(cut_to("EGNN", 1000, 25), "EGNN");
        let cut = cut_to(&"long ".repeat(20), 200, 25);
        assert!(cut.contains('…') && breadth(&cut, 25) <= 200 && breadth(&cut, 25) > 160, "{cut}");
        assert_eq!(cut_to("EGNN", 0, 25), "");
    }
}
