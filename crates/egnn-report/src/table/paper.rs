//! The paper's own tables, for a page.

use super::{Align, Heading, Table};
use crate::{
    kind::Kind,
    metric::Metric,
    paper::{self, autoencoder, nbody},
};

/// The paper's table that a kind of report is compared with, if it has one.
pub(crate) fn paper_table(kind: Kind) -> Option<Table> {
    match kind {
        Kind::SizeCurve | Kind::Table => Some(table_2()),
        Kind::Autoencoder => Some(figure_5()),
        Kind::EmbeddingSizes => Some(appendix_d1()),
        // Table 3 has our rows too, so that it is a report's own.
        // What was published stands in the rows of the report itself.
        Kind::Beyond | Kind::GraphSparsity | Kind::Qm9 => None,
    }
}

fn headings<const N: usize>(titles: [&str; N], words: usize) -> Vec<Heading> {
    let align = |index| if index < words { Align::Left } else { Align::Right };
    titles.iter().enumerate().map(|(index, title)| Heading { title: (*title).into(), align: align(index) }).collect()
}

fn table_2() -> Table {
    let row = |row: &nbody::PaperRow| {
        let rerun = row.rerun.map_or("-".into(), |(mean, spread)| format!("{mean} ± {spread}"));
        vec![row.title.into(), format!("{:.4}", row.mse), format!("{:.4}", row.forward_seconds), rerun]
    };
    let titles = ["model", "test MSE", "forward pass, s (GTX 1080 Ti, batch 100)", "independent re-run"];
    Table { columns: headings(titles, 1), rows: nbody::TABLE_2.iter().map(row).collect() }
}

fn figure_5() -> Table {
    let row = |row: &autoencoder::Reconstruction| {
        vec![
            autoencoder::set_title(row.set).into(),
            paper::title(row.model).into(),
            row.bce.map_or("-".into(), |bce| Metric::Bce.paper_text(bce)),
            Metric::ErrorPercent.paper_text(row.error_percent),
            Metric::F1.paper_text(row.f1),
        ]
    };
    let titles = ["set", "model", "BCE", "% error", "F1"];
    Table { columns: headings(titles, 2), rows: autoencoder::FIGURE_5.iter().map(row).collect() }
}

fn appendix_d1() -> Table {
    let mut rows = Vec::new();
    for (set, model, values) in autoencoder::APPENDIX_D1 {
        let mut row: Vec<String> = vec![autoencoder::set_title(set).into(), paper::title(model).into()];
        row.extend(
            values.map(|(error, f1)| {
                format!("{} / {}", Metric::ErrorPercent.paper_text(error), Metric::F1.paper_text(f1))
            }),
        );
        rows.push(row);
    }
    let titles = ["set", "model", "% error / F1, n = 4", "n = 6", "n = 8"];
    Table { columns: headings(titles, 2), rows }
}
