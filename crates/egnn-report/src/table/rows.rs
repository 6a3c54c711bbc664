//! The rows of a report.

use crate::{
    group::Group,
    kind::Kind,
    metric::Metric,
    paper::{self, TableRow, autoencoder},
    report::Report,
    results::place,
};

/// A row: a group, a row of the paper's that was not run, or both.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(crate) group: Option<&'a Group>,
    pub(crate) model: &'a str,
    /// Set of graphs or property, or empty.
    pub(crate) set: &'a str,
    /// Place on the report's axis.
    pub(crate) at: Option<f64>,
    kind: Kind,
}

impl<'a> Row<'a> {
    fn of(kind: Kind, group: &'a Group) -> Self {
        Self { group: Some(group), model: &group.model, set: &group.set, at: group.at, kind }
    }

    fn not_run(kind: Kind, row: TableRow) -> Self {
        Self { group: None, model: row.model, set: row.set, at: row.at, kind }
    }

    /// The paper's value.
    pub(crate) fn paper(&self, metric: Metric) -> Option<f64> {
        paper::value(self.kind, metric, self.set, self.model, self.at)
    }

    /// The same with the paper's digits.
    pub(crate) fn paper_text(&self, metric: Metric) -> Option<String> {
        paper::text(self.kind, metric, self.set, self.model, self.at)
    }

    /// Ours over the paper's.
    pub(crate) fn ratio(&self, metric: Metric) -> Option<f64> {
        Some(self.group?.mean(metric)? / self.paper(metric).filter(|&paper| paper > 0.0)?)
    }

    /// Our error over that of saying the mean for each.
    pub(crate) fn share_of_mean(&self) -> Option<f64> {
        let group = self.group?;
        Some(group.mean(Metric::Mae)? / group.mean(Metric::MaeOfMean).filter(|&of_mean| of_mean > 0.0)?)
    }

    /// The set's name in print, if the report has sets.
    pub(crate) fn set_title(&self) -> Option<String> {
        (!self.set.is_empty()).then(|| paper::set_title(self.kind, self.set))
    }
}

/// The rows of a report: the paper's in its order, then what it lacks; or, where the paper has no rows, by place and model.
pub(crate) fn rows<'a>(report: &'a Report<'_>) -> Vec<Row<'a>> {
    let kind = report.options.kind;
    let of_paper = paper::rows(kind);
    let mut groups: Vec<&Group> = report.groups.iter().collect();
    if of_paper.is_empty() {
        // Stable: at a place the paper's best comes first.
        groups.sort_by(|a, b| place(a.at).total_cmp(&place(b.at)));
        return groups.into_iter().map(|group| Row::of(kind, group)).collect();
    }
    let mut rows = Vec::new();
    for set in sets(report) {
        let of_set = || of_paper.iter().filter(|row| row.set == set);
        let is_at =
            |row: &TableRow, group: &Group| row.model == group.model && row.at.is_none_or(|at| group.at == Some(at));
        for row in of_set() {
            let mut found = groups.iter().filter(|group| group.set == set && is_at(row, group)).peekable();
            if found.peek().is_none() {
                rows.push(Row::not_run(kind, *row));
            }
            rows.extend(found.map(|group| Row::of(kind, group)));
        }
        let others = groups.iter().filter(|group| group.set == set && !of_set().any(|row| is_at(row, group)));
        rows.extend(others.map(|group| Row::of(kind, group)));
    }
    rows
}

/// The sets that a report shows, the paper's first: those with runs, or the paper's if there are none. Properties without runs stand
/// in Table 3 only.
pub(crate) fn sets<'a>(report: &'a Report<'_>) -> Vec<&'a str> {
    if !report.options.kind.has_sets() {
        return vec![""];
    }
    let mut sets: Vec<&str> = Vec::new();
    for group in &report.groups {
        if !sets.contains(&group.set.as_str()) {
            sets.push(&group.set);
        }
    }
    if sets.is_empty() && report.options.kind.is_graphs() {
        return autoencoder::SETS.iter().map(|&(set, _)| set).collect();
    }
    sets
}
