//! A comparison for programs.

use super::{Circumstance, Comparison, Count, Difference, Equality, Group, Mean, Measured, quantity::Better};
use serde_json::{Map, Value, json};

pub(super) fn json(comparison: &Comparison) -> Value {
    let [a, b] = comparison.sides.each_ref().map(side);
    json!({
        "a": a,
        "b": b,
        "equal": comparison.equality != Equality::None,
        "equal_in_every_semantic_column": comparison.equality == Equality::Complete,
        "differences": comparison.differences.iter().map(difference).collect::<Vec<_>>(),
        "varying": comparison.varying.iter().map(varying).collect::<Vec<_>>(),
        "circumstances": comparison.circumstances.iter().map(circumstance).collect::<Vec<_>>(),
        "measured_only_in": { "a": comparison.only[0], "b": comparison.only[1] },
        "groups": comparison.groups.iter().map(group).collect::<Vec<_>>(),
    })
}

fn side(side: &Count) -> Value {
    json!({
        "name": side.name,
        "finished": side.finished,
        "failed": side.failed,
        "pending": side.pending,
        "without_partner": side.alone,
    })
}

fn difference(difference: &Difference) -> Value {
    let [a, b] = &difference.values;
    json!({ "field": difference.field, "a": a, "b": b, "groups": difference.groups, "models": difference.models })
}

fn varying(field: &Difference) -> Value {
    let [a, b] = &field.values;
    json!({ "field": field.field, "a": a, "b": b, "models": field.models })
}

fn circumstance(circumstance: &Circumstance) -> Value {
    let [a, b] = &circumstance.values;
    json!({ "column": circumstance.column, "a": a, "b": b, "differs": circumstance.differs() })
}

fn group(group: &Group) -> Value {
    let [a, b] = group.counts();
    let settings: Map<String, Value> =
        group.settings.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let pair = |(name, [a, b]): &(String, [Option<String>; 2])| (name.clone(), json!({ "a": a, "b": b }));
    let differences: Map<String, Value> = group.differences.iter().map(pair).collect();
    json!({
        "task": group.task,
        "model": group.model,
        "settings": settings,
        "differences": differences,
        "runs": { "a": a, "b": b },
        "metrics": group.measured.iter().map(measured).collect::<Vec<_>>(),
    })
}

fn measured(measured: &Measured) -> Value {
    let [a, b] = measured.means.each_ref().map(mean);
    let better = measured.quantity.better.map(|better| match better {
        Better::Less => "less",
        Better::More => "more",
    });
    let paired = measured.paired.as_ref().map(|paired| {
        let Mean { n, mean, sd } = paired.difference;
        json!({
            "seeds": paired.seeds,
            "n": n,
            "mean": mean,
            "sd": sd,
            "b_better": paired.b_better,
            "equal": paired.is_equal,
        })
    });
    json!({
        "metric": measured.quantity.column,
        "better": better,
        "circumstance": measured.quantity.is_circumstance,
        "a": a,
        "b": b,
        "difference": measured.difference(),
        "ratio": measured.ratio(),
        "paired": paired,
    })
}

fn mean(mean: &Mean) -> Value {
    json!({ "n": mean.n, "mean": mean.mean, "sd": mean.sd })
}
