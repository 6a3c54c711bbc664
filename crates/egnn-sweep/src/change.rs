//! What sets two runs apart.

use crate::data::MISSING;
use egnn_schema::{FieldValue, RunIdentity};
use std::collections::BTreeSet;

/// What may set two runs apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A field of the configuration.
    Config(String),
    /// The content of a set.
    Data(String),
    /// A set is not there, so that its content is not known.
    DataMissing(String),
    /// What numbers are computed with.
    Program(String),
    /// What computes.
    Backend(String),
}

/// `config changed: learning_rate, data changed: nbody_small`: each kind of change is named once.
pub(crate) fn words(changes: &[Change]) -> String {
    let mut kinds: Vec<(&str, Vec<&str>)> = Vec::new();
    for change in changes {
        let (kind, what) = match change {
            Change::Config(field) => ("config changed", field),
            Change::Data(set) => ("data changed", set),
            Change::DataMissing(set) => ("data to be made", set),
            Change::Program(what) => ("program changed", what),
            Change::Backend(what) => ("backend changed", what),
        };
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, all)) => all.push(what),
            None => kinds.push((kind, vec![what])),
        }
    }
    kinds.iter().map(|(kind, all)| format!("{kind}: {}", all.join(", "))).collect::<Vec<_>>().join(", ")
}

/// What sets `planned` apart from a run that is there.
pub fn changes(there: &RunIdentity, planned: &RunIdentity) -> Vec<Change> {
    let mut changes = Vec::new();
    if there.task != planned.task {
        changes.push(Change::Config("task".into()));
    }
    let fields: BTreeSet<&String> = there.config.keys().chain(planned.config.keys()).collect();
    let differs = |field: &&String| there.config.get(*field).map(key) != planned.config.get(*field).map(key);
    changes.extend(fields.into_iter().filter(differs).cloned().map(Change::Config));
    for (set, hash) in &planned.datasets {
        // A set of another name is a field that changed.
        match there.datasets.get(set) {
            Some(_) if hash == MISSING => changes.push(Change::DataMissing(set.clone())),
            Some(known) if known != hash => changes.push(Change::Data(set.clone())),
            _ => {}
        }
    }
    let versions = [
        ("records", there.record_version, planned.record_version),
        ("numerics", there.numerics_version, planned.numerics_version),
        ("threads", there.threads, planned.threads),
    ];
    let versions = versions.into_iter().filter(|(_, old, new)| old != new);
    changes.extend(versions.map(|(what, old, new)| Change::Program(format!("{what} {old} -> {new}"))));
    if there.backend != planned.backend {
        changes.push(Change::Backend(format!("{} -> {}", there.backend, planned.backend)));
    }
    changes
}

/// Numbers that are written alike are alike.
fn key(value: &FieldValue) -> String {
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn identity() -> RunIdentity {
        RunIdentity {
            task: "toy".into(),
            config: BTreeMap::from([("rate".to_owned(), 0.1.into()), ("seed".to_owned(), 1.into())]),
            datasets: BTreeMap::from([("toys".to_owned(), "1234".to_owned()), ("more".to_owned(), "77".to_owned())]),
            record_version: 1,
            numerics_version: 2,
            backend: "kernels".into(),
            threads: 1,
        }
    }

    #[test]
    fn each_kind_of_change_is_named_once_in_one_order() {
        let there = identity();
        assert!(changes(&there, &there).is_empty());
        let mut planned = identity();
        planned.config.insert("rate".into(), 0.2.into());
        planned.config.insert("width".into(), 7.into());
        planned.datasets.insert("toys".into(), "5678".into());
        planned.datasets.insert("more".into(), MISSING.into());
        (planned.numerics_version, planned.backend) = (3, "plain".into());
        assert_eq!(
            words(&changes(&there, &planned)),
            "config changed: rate, width, data to be made: more, data changed: toys, program changed: numerics 2 -> 3, \
             backend changed: kernels -> plain"
        );
    }
}
