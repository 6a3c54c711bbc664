//! What was trained and tested on, as a table and in a sentence.

use super::{Align, Heading, Table};
use crate::{
    number,
    paper::autoencoder::set_title,
    run_data::{DataFacts, Split},
};

/// A row for each set of graphs that was used; empty if nothing is known of any.
pub(crate) fn table(facts: &[DataFacts]) -> Table {
    let columns = [
        ("set", Align::Left),
        ("p (in communities)", Align::Right),
        ("training graphs", Align::Right),
        ("distinct", Align::Right),
        ("density", Align::Right),
        ("test graphs", Align::Right),
        ("distinct", Align::Right),
        ("density", Align::Right),
        ("test graphs also trained on", Align::Right),
    ];
    let row = |facts: &DataFacts| {
        let mut cells =
            vec![set_title(&facts.set).to_owned(), facts.probability().map_or("-".into(), |p| p.to_string())];
        for split in [&facts.train, &facts.test] {
            cells.extend([
                split.graphs.map_or("-".into(), number::count),
                whole(split.distinct).unwrap_or_else(|| "-".into()),
                split.density_percent.map_or("-".into(), |density| format!("{density:.2} %")),
            ]);
        }
        cells.push(repeats(facts));
        cells
    };
    Table {
        columns: columns.map(|(title, align)| Heading { title: title.into(), align }).into(),
        rows: facts.iter().map(row).collect(),
    }
}

fn repeats(facts: &DataFacts) -> String {
    if facts.is_tested_on_training() {
        "the same graphs".into()
    } else {
        whole(facts.test_in_train).unwrap_or_else(|| "-".into())
    }
}

/// One line for each set, for a terminal.
pub(crate) fn sentences(facts: &[DataFacts]) -> Vec<String> {
    facts.iter().map(sentence).collect()
}

fn sentence(facts: &DataFacts) -> String {
    let split = |split: &Split, word: &str| {
        let density = split.density_percent.map(|density| format!("density {density:.2} %"));
        let known: Vec<String> =
            whole(split.distinct).map(|distinct| format!("{distinct} distinct")).into_iter().chain(density).collect();
        let known = if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) };
        format!("{} {word} graphs{known}", split.graphs.map_or("unknown".into(), number::count))
    };
    let mut text =
        format!("{}: {}, {}", set_title(&facts.set), split(&facts.train, "training"), split(&facts.test, "test"));
    if facts.is_tested_on_training() {
        text += "; they are the same graphs";
    } else if let Some(repeats) = facts.test_in_train.filter(|&repeats| repeats > 0.0) {
        text += &format!("; {repeats:.0} of the test graphs are training graphs too, link by link");
    }
    text + "."
}

fn whole(value: Option<f64>) -> Option<String> {
    value.filter(|value| value.is_finite()).map(|value| number::count(value.round() as i64))
}
