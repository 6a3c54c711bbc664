//! What keeps a query to reading: Polars would run `DROP TABLE` on its own tables, and show nonsense.

use crate::error::ReportError;

/// Words that a query may begin with.
const READING: [&str; 3] = ["SELECT", "WITH", "SHOW"];

/// Refuses SQL that does anything but read, and more than one statement. What is no statement at all is left to the parser.
pub(super) fn reads_only(sql: &str) -> Result<(), ReportError> {
    let bare = bare(sql);
    let mut statements = bare.split(';').map(str::trim).filter(|statement| !statement.is_empty());
    let Some(first) = statements.next() else { return Ok(()) };
    let word: String = first
        .trim_start_matches(|letter: char| letter == '(' || letter.is_whitespace())
        .chars()
        .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
        .collect();
    if !word.is_empty() && !READING.iter().any(|reading| reading.eq_ignore_ascii_case(&word)) {
        return Err(ReportError::NotReading { found: format!("'{word}'") });
    }
    if statements.next().is_some() {
        return Err(ReportError::NotReading { found: "several statements".into() });
    }
    Ok(())
}

/// SQL in which each comment is a space and each quoted text or name is `''`.
fn bare(sql: &str) -> String {
    let mut bare = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(letter) = rest.chars().next() {
        let length = match letter {
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => comment(rest),
            // A doubled quote inside ends one text and begins the next.
            '\'' | '"' | '`' => rest[1..].find(letter).map_or(rest.len(), |end| end + 2),
            _ => {
                bare.push(letter);
                rest = &rest[letter.len_utf8()..];
                continue;
            }
        };
        bare += if matches!(letter, '-' | '/') { " " } else { "''" };
        rest = &rest[length..];
    }
    bare
}

/// Length of the comment at the start, with the comments inside it.
fn comment(sql: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    loop {
        let rest = &sql.as_bytes()[at..];
        if rest.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with(b"*/") {
            depth -= 1;
            at += 2;
        } else if rest.is_empty() {
            return at;
        } else {
            at += 1;
        }
        if depth == 0 {
            return at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_is_let_through() {
        for sql in [
            "",
            "SELECT 1",
            " \n\tselect 1 ;",
            "With a AS (SELECT 1) SELECT * FROM a",
            "show tables",
            "(SELECT 1) UNION (SELECT 2)",
            "-- DROP TABLE results\nSELECT 1",
            "/* a /* nested ü */ ; */ SELECT 1 -- ; more",
            "SELECT 'a;b', 'it''s; DROP', \"c;d\" FROM results;;",
            "SELECT 'open; DROP",
            "/* open",
        ] {
            assert!(reads_only(sql).is_ok(), "{sql}");
        }
    }

    #[test]
    fn everything_else_is_refused_with_its_word() {
        for (sql, found) in [
            ("DROP TABLE results", "'DROP'"),
            ("delete FROM results", "'delete'"),
            ("/* SELECT */ -- SELECT\n Create TABLE x AS SELECT 1", "'Create'"),
            ("TRUNCATE TABLE results", "'TRUNCATE'"),
            ("EXPLAIN SELECT 1", "'EXPLAIN'"),
            ("(DELETE FROM results)", "'DELETE'"),
            ("; DROP TABLE results", "'DROP'"),
            ("SELECTED", "'SELECTED'"),
            ("SELECT 1; SELECT 2", "several statements"),
            ("SELECT ';' /* ; */; DROP TABLE results", "several statements"),
        ] {
            let error = reads_only(sql).unwrap_err().to_string();
            assert!(
                error.starts_with("egnn query only reads: ") && error.ends_with(&format!("not {found}")),
                "{error}"
            );
        }
    }
}
