//! `table.tex` and `table-3.tex`: the report's table for a paper, with the lines of booktabs.

use super::{
    Align, Table,
    columns::{
        Column::{self, Model, Ours, Paper, Parameters, Place, Ratio, Seeds, ShareOfMean, ShortEpochs},
        build,
    },
    table_3,
};
use crate::{
    kind::Kind,
    metric::Metric,
    paper::{beyond, qm9},
    report::Report,
};

/// Letters of a first column that is not broken into lines.
const LETTERS: usize = 40;
/// Columns that fit into one column of a paper.
const COLUMNS: usize = 6;

/// The report's table: the columns that a paper has room for, the budget in the caption.
pub(crate) fn latex(report: &Report<'_>) -> String {
    let table = build(report, &columns(report.options.kind), report.options.kind.has_sets());
    let mut sources: Vec<String> = report.source_line().into_iter().collect();
    if report.options.kind == Kind::Beyond {
        sources = beyond::PUBLISHED.iter().map(|row| format!("{}: {}", row.title, row.source)).collect();
    }
    environment(report, &table, &sources, table.columns.len() > COLUMNS, "")
}

/// The paper's Table 3 with ours below, for both columns of a paper.
pub(crate) fn table_3_latex(report: &Report<'_>) -> String {
    let mut table = table_3(report);
    // What ours were tested on is in the caption.
    for index in [4, 3] {
        table.columns.remove(index);
        table.rows.iter_mut().for_each(|row| drop(row.remove(index)));
    }
    let source = format!("{}. {}", qm9::TABLE_3_SOURCE, qm9::NOTE);
    environment(report, &table, &[source], true, "\\scriptsize\n\\setlength{\\tabcolsep}{2pt}\n")
}

fn columns(kind: Kind) -> Vec<Column> {
    let [mse, bce, error, f1, mae] = [Metric::Mse, Metric::Bce, Metric::ErrorPercent, Metric::F1, Metric::Mae];
    match kind {
        Kind::SizeCurve => vec![Place, Model, Ours(mse), Seeds, ShortEpochs],
        Kind::Table => vec![Model, Paper(mse), Ours(mse), Ratio(mse), Seeds, ShortEpochs],
        Kind::Beyond => vec![Model, Paper(mse), Ours(mse), Ours(Metric::MseMedian), Parameters, Seeds, ShortEpochs],
        Kind::Autoencoder => {
            vec![Model, Paper(bce), Ours(bce), Paper(error), Ours(error), Paper(f1), Ours(f1), Seeds]
        }
        Kind::GraphSparsity => vec![Place, Model, Ours(f1), Ours(error), Seeds],
        Kind::EmbeddingSizes => {
            vec![Model, Place, Paper(error), Ours(error), Ratio(error), Paper(f1), Ours(f1), Seeds]
        }
        Kind::Qm9 => vec![Model, Place, Paper(mae), Ours(mae), Ratio(mae), ShareOfMean, Seeds],
    }
}

fn environment(report: &Report<'_>, table: &Table, sources: &[String], is_wide: bool, small: &str) -> String {
    let options = report.options;
    let environment = if is_wide { "table*" } else { "table" };
    let mut comments =
        vec![format!("{} ({} profile)", options.title, options.profile), format!("Made by: {}", options.command)];
    comments.extend(sources.iter().map(|source| format!("Source: {source}")));
    comments.push("Needs \\usepackage{booktabs}.".into());
    let mut text = String::new();
    for comment in comments {
        // One line, whatever stands in it: what comes after a line's end is no comment.
        text += &format!("% {}\n", comment.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    let notes: Vec<&str> =
        [report.budget.as_str()].into_iter().chain(report.notes.iter().map(String::as_str)).collect();
    text += &format!(
        "\\begin{{{environment}}}\n\\centering\n\\caption{{{}. {}}}\n{small}{}\\end{{{environment}}}\n",
        escaped(&options.title),
        escaped(&notes.join(" ")),
        tabular(table)
    );
    text
}

fn tabular(table: &Table) -> String {
    let count = table.columns.len();
    let letters =
        |index: usize| table.rows.iter().filter_map(|row| row.get(index)).map(|cell| cell.chars().count()).max();
    let align = |(index, align): (usize, Align)| match align {
        Align::Left if letters(index).is_some_and(|letters| letters > LETTERS) => "p{0.3\\linewidth}",
        Align::Left => "l",
        Align::Right => "r",
    };
    let aligns: String = table.columns.iter().map(|column| column.align).enumerate().map(align).collect();
    let line = |cells: Vec<String>| format!("{} \\\\\n", cells.join(" & "));
    let mut text = format!("\\begin{{tabular}}{{{aligns}}}\n\\toprule\n");
    text += &line(table.columns.iter().map(|column| escaped(&column.title)).collect());
    text += "\\midrule\n";
    for (index, row) in table.rows.iter().enumerate() {
        // A heading of a set has nothing else in its row.
        if row.len() > 1 && row[1..].iter().all(String::is_empty) {
            text += if index > 0 { "\\addlinespace\n" } else { "" };
            text += &format!("\\multicolumn{{{count}}}{{l}}{{\\emph{{{}}}}} \\\\\n", escaped(&row[0]));
        } else {
            text +=
                &line(row.iter().map(|cell| if cell == "-" { "--".into() } else { escaped(cell.trim()) }).collect());
        }
    }
    text + "\\bottomrule\n\\end{tabular}\n"
}

/// Text that LaTeX prints as it stands.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '&' | '%' | '$' | '#' | '{' | '}' => escaped.extend(['\\', letter]),
            // Long names are made of settings.
            '_' => escaped += "\\_\\allowbreak{}",
            '\\' => escaped += "\\textbackslash{}",
            '~' => escaped += "\\textasciitilde{}",
            '^' => escaped += "\\textasciicircum{}",
            '<' => escaped += "\\textless{}",
            '>' => escaped += "\\textgreater{}",
            '|' => escaped += "\\textbar{}",
            '"' => escaped += "\\textquotedbl{}",
            '`' => escaped += "\\textasciigrave{}",
            // After the end of a row these two would be its options.
            '[' | ']' | '*' => escaped.extend(['{', letter, '}']),
            '±' => escaped += "$\\pm$",
            '²' => escaped += "$^2$",
            '³' => escaped += "$^3$",
            '×' => escaped += "$\\times$",
            '–' => escaped += "--",
            '…' => escaped += "\\ldots{}",
            letter if letter.is_whitespace() || letter.is_control() => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fabricate::{finished, of, predicted, reconstructed},
        table::Heading,
        write::Options,
    };

    const HOSTILE: &str = r#"_ & % $ # { } ~ ^ \ [x] * "q" `b` <i>|</i> \end{tabular} \input{/etc/passwd}"#;

    /// What is left when every escape of ours is taken away must hold nothing that LaTeX reads.
    fn is_plain(text: &str) -> bool {
        let mut rest = text.to_owned();
        for escape in ["textbackslash", "textasciitilde", "textasciicircum", "textless", "textgreater", "textbar"]
            .into_iter()
            .chain(["textquotedbl", "textasciigrave", "allowbreak", "ldots"])
        {
            rest = rest.replace(&format!("\\{escape}{{}}"), "");
        }
        for escape in [
            "\\&",
            "\\%",
            "\\$",
            "\\#",
            "\\{",
            "\\}",
            "\\_",
            "{[}",
            "{]}",
            "{*}",
            "$\\pm$",
            "$^2$",
            "$^3$",
            "$\\times$",
        ] {
            rest = rest.replace(escape, "");
        }
        !rest.contains(['&', '%', '$', '#', '{', '}', '~', '^', '\\', '_', '\n'])
    }

    #[test]
    fn every_letter_is_printed_as_it_stands() {
        assert_eq!(escaped("a_b & 5 %\n1 ± 2"), "a\\_\\allowbreak{}b \\& 5 \\% 1 $\\pm$ 2");
        assert_eq!(escaped("\\^~{}"), "\\textbackslash{}\\textasciicircum{}\\textasciitilde{}\\{\\}");
        assert!(is_plain(&escaped(HOSTILE)), "{}", escaped(HOSTILE));
        let all: String = (0..=0x2FF).filter_map(char::from_u32).collect();
        assert!(is_plain(&escaped(&all)));
    }

    /// Environments are closed, braces meet and every row has as many cells as there are columns.
    fn assert_sound(text: &str) {
        let open = |word: &str| text.lines().filter(|line| line.starts_with(&format!("\\{word}{{"))).count();
        assert_eq!((open("begin"), open("end")), (2, 2), "{text}");
        let read = text.replace("\\\\", "").replace("\\{", "").replace("\\}", "");
        let code: Vec<&str> = read.lines().filter(|line| !line.starts_with('%')).collect();
        let depth = code.join("").chars().fold(0_i32, |depth, letter| match letter {
            '{' => depth + 1,
            '}' => depth - 1,
            _ => depth,
        });
        assert_eq!(depth, 0, "{text}");
        let aligns = text.lines().find_map(|line| line.strip_prefix("\\begin{tabular}{")).unwrap();
        let columns = aligns.trim_end_matches('}').replace("p{0.3\\linewidth}", "l").chars().count();
        for row in text.lines().filter(|line| line.ends_with(" \\\\") && !line.starts_with("\\multicolumn")) {
            assert_eq!(row.replace("\\&", "").matches('&').count() + 1, columns, "{row}");
        }
    }

    fn report(kind: Kind, runs: Vec<crate::results::Run>, check: impl FnOnce(&Report<'_>)) {
        let options = Options {
            title: format!("A title with {HOSTILE}"),
            kind,
            profile: "quick\n\\input{x}".into(),
            command: "egnn sweep x\n\\end{document}".into(),
        };
        check(&Report::new(&of(runs), &options));
    }

    #[test]
    fn tables_of_every_kind_are_sound_whatever_names_are() {
        for kind in Kind::ALL {
            for names in [vec![], vec!["egnn", "gnn"], vec![HOSTILE, "x"]] {
                let runs = names.iter().enumerate().map(|(seed, name)| match kind {
                    Kind::Qm9 => predicted("mu", name, 100, seed as i64, 0.3),
                    kind if kind.is_nbody() => finished(name, 100, seed as i64, 0.3),
                    _ => reconstructed(HOSTILE, name, seed as i64, [1.0, 0.5, 0.9]),
                });
                report(kind, runs.collect(), |report| {
                    let text = latex(report);
                    assert_sound(&text);
                    assert!(text.contains("\n% Made by: egnn sweep x \\end{document}\n"), "{text}");
                    let columns = columns(kind).len();
                    assert!(columns <= 8 && text.contains("table*") == (columns > COLUMNS), "{text}");
                    if kind == Kind::Qm9 {
                        assert_sound(&table_3_latex(report));
                    }
                });
            }
        }
    }

    #[test]
    fn long_names_are_broken_into_lines() {
        let heading = |title: &str| Heading { title: title.into(), align: Align::Left };
        let of = |name: String| {
            tabular(&Table { columns: vec![heading("model"), heading("seeds")], rows: vec![vec![name, "3".into()]] })
        };
        assert!(of("EGNN".into()).starts_with("\\begin{tabular}{ll}"));
        assert!(of("x".repeat(300)).starts_with("\\begin{tabular}{p{0.3\\linewidth}l}"));
    }

    #[test]
    fn sets_stand_above_their_rows() {
        let runs = vec![
            reconstructed("erdos_renyi", "egnn", 1, [1.7, 0.1, 0.998]),
            reconstructed("community_small", "egnn", 1, [2.1, 0.06, 0.999]),
        ];
        report(Kind::Autoencoder, runs, |report| {
            let text = latex(report);
            assert_eq!(text.matches("\\multicolumn{8}{l}{\\emph{").count(), 2, "{text}");
            assert_eq!(text.matches("\\addlinespace").count(), 1, "{text}");
            assert!(text.contains("EGNN & 1.65 & 1.70 & 0.11 & 0.100 & 0.998 & 0.9980 & 1 \\\\"), "{text}");
        });
    }
}
