//! Comma-separated values: a row for each model and size, every number in full.

use super::rows::rows;
use crate::{budget, paper, report::Report};

const HEADER: &str = "model,variant,train_samples,paper_mse,mean_test_mse,std_test_mse,ratio,seeds,test_mse_by_seed,failed,pending,\
                      epochs_min,epochs_max,paper_epochs,full_budget,steps_min,steps_max,seconds,parameters\n";

/// The report's table. Missing values are empty.
pub(crate) fn csv(report: &Report<'_>) -> String {
    let kind = report.options.kind;
    let mut text = String::from(HEADER);
    for row in rows(report) {
        let paper_mse = optional(row.paper.map(|paper| paper.mse));
        let Some(group) = row.group else {
            let model = row.paper.map_or("", |paper| paper.model);
            text += &format!("{model},,,{paper_mse},,,,0,,0,0,,,{},,,,,\n", paper::TABLE_2_EPOCHS);
            continue;
        };
        let by_seed: Vec<String> = group.seeds.iter().map(|seed| format!("{}:{}", seed.seed, seed.mse)).collect();
        let full = budget::share(kind, group).map(|_| budget::is_complete(kind, group));
        let cells = [
            quoted(&group.model),
            quoted(&group.variant),
            group.samples.to_string(),
            paper_mse,
            optional(group.mean),
            optional(group.spread),
            optional(row.ratio()),
            group.seeds.len().to_string(),
            quoted(&by_seed.join(";")),
            group.failed.to_string(),
            group.pending.to_string(),
            optional(group.epochs.map(|(low, _)| low)),
            optional(group.epochs.map(|(_, high)| high)),
            optional(budget::paper_epochs(kind, group)),
            optional(full),
            optional(group.steps.map(|(low, _)| low)),
            optional(group.steps.map(|(_, high)| high)),
            group.seconds.to_string(),
            optional(group.parameters),
        ];
        text += &cells.join(",");
        text.push('\n');
    }
    text
}

fn optional(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// A field as RFC 4180 has it.
pub(crate) fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.into() }
}
