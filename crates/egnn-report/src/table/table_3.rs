//! The paper's Table 3, every published row, with ours below in the same columns.

use super::{
    Align, Heading, Table,
    csv::{optional, quoted},
};
use crate::{
    group::{Group, widened},
    kind::Kind,
    metric::Metric,
    number,
    paper::{self, qm9},
    report::Report,
};
use egnn_schema::Property;

/// Who measured a row.
const PUBLISHED: &str = "published";
const OURS: &str = "ours";

/// A row of ours: the groups of one model and number of molecules, at most one a property.
struct Own<'a> {
    groups: Vec<&'a Group>,
}

impl Own<'_> {
    fn of(&self, property: Property) -> Option<&Group> {
        self.groups.iter().copied().find(|group| group.set == property.name())
    }

    fn first(&self) -> &Group {
        self.groups[0]
    }

    /// The smallest range that holds one of every group.
    fn range(&self, of: impl Fn(&Group) -> Option<(i64, i64)>) -> Option<(i64, i64)> {
        let ranges = self.groups.iter().filter_map(|group| of(group));
        ranges.fold(None, |range, (low, high)| widened(widened(range, Some(low)), Some(high)))
    }

    fn epochs(&self) -> Option<(i64, i64)> {
        self.range(|group| group.epochs).filter(|_| !paper::is_untrained(Kind::Qm9, &self.first().model))
    }

    fn tested(&self) -> Option<(i64, i64)> {
        self.range(|group| group.settings.test_samples.map(|tested| (tested, tested)))
    }

    fn title(&self) -> String {
        let first = self.first();
        if paper::has_set(Kind::Qm9, &first.graphs) {
            first.title()
        } else {
            format!("{}, set {}", first.title(), first.graphs)
        }
    }
}

/// Rows with a mean of some property.
fn own<'a>(report: &'a Report<'_>) -> Vec<Own<'a>> {
    let mut rows: Vec<Own<'a>> = Vec::new();
    let key = |group: &'a Group| (&group.model, &group.variant, &group.graphs, group.settings.train_samples);
    for group in report.groups.iter().filter(|group| group.mean(Metric::Mae).is_some()) {
        match rows.iter_mut().find(|row| key(row.groups[0]) == key(group)) {
            Some(row) => row.groups.push(group),
            None => rows.push(Own { groups: vec![group] }),
        }
    }
    let place = |row: &Own<'_>| {
        let first = row.first();
        (paper::rank(Kind::Qm9, &first.model), first.model.clone(), first.variant.clone(), first.settings.train_samples)
    };
    rows.sort_by_key(place);
    rows
}

/// The table for a page.
pub(crate) fn table(report: &Report<'_>) -> Table {
    let words = ["source", "model", "trained on", "tested on", "epochs"];
    let mut columns: Vec<Heading> = words
        .iter()
        .enumerate()
        .map(|(index, title)| Heading {
            title: (*title).into(),
            align: if index < 2 { Align::Left } else { Align::Right },
        })
        .collect();
    columns.extend(
        Property::ALL.map(|property| Heading { title: qm9::property_title(property.name()), align: Align::Right }),
    );
    let mut rows = Vec::new();
    for row in &qm9::TABLE_3 {
        let given = [qm9::TRAIN_MOLECULES, qm9::TEST_MOLECULES, qm9::EPOCHS];
        let given = given.map(|count| if *row == qm9::OWN { number::count(count) } else { "-".into() });
        let mut cells = vec![PUBLISHED.into(), row.title.into()];
        cells.extend(given);
        cells.extend(Property::ALL.map(|property| row.text(property).unwrap_or("-").into()));
        rows.push(cells);
    }
    for row in own(report) {
        let range = |range: Option<(i64, i64)>| range.map_or("-".into(), number::counts);
        let mut cells = vec![
            OURS.into(),
            row.title(),
            number::count(row.first().settings.train_samples),
            range(row.tested()),
            range(row.epochs()),
        ];
        let text = |property| row.of(property)?.measure(Metric::Mae)?.text();
        cells.extend(Property::ALL.map(|property| text(property).unwrap_or_default()));
        rows.push(cells);
    }
    Table { columns, rows }
}

/// `table-3.csv`: the same, ours in full. What is not known, not published or not run is empty.
pub(crate) fn csv(report: &Report<'_>) -> String {
    let words = ["source", "model", "variant", "set", "train_samples", "test_samples", "epochs_min", "epochs_max"];
    let properties = Property::ALL.map(|property| format!("{} ({})", property.name(), property.unit()));
    let mut text = format!("{},{}\n", words.join(","), properties.join(","));
    let mut line = |cells: Vec<String>| text += &format!("{}\n", cells.join(","));
    for row in &qm9::TABLE_3 {
        let given = |count: i64| if *row == qm9::OWN { count.to_string() } else { String::new() };
        let mut cells = vec![PUBLISHED.into(), row.title.into(), String::new(), String::new()];
        cells.extend([qm9::TRAIN_MOLECULES, qm9::TEST_MOLECULES, qm9::EPOCHS, qm9::EPOCHS].map(given));
        cells.extend(Property::ALL.map(|property| row.text(property).unwrap_or_default().into()));
        line(cells);
    }
    for row in own(report) {
        let first = row.first();
        let epochs = row.epochs();
        let tested = row.tested().filter(|(low, high)| low == high);
        let mut cells = vec![
            OURS.into(),
            quoted(&first.model),
            quoted(&first.variant),
            quoted(&first.graphs),
            first.settings.train_samples.to_string(),
            optional(tested.map(|(low, _)| low)),
            optional(epochs.map(|(low, _)| low)),
            optional(epochs.map(|(_, high)| high)),
        ];
        cells
            .extend(Property::ALL.map(|property| optional(row.of(property).and_then(|group| group.mean(Metric::Mae)))));
        line(cells);
    }
    text
}
