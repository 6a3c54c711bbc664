//! Records survive being written and read, and identities tell runs apart.

use egnn_schema::{
    Circumstances, Failure, FieldValue, Fields, Outcome, RunEvent, RunIdentity, RunMetrics, RunRecord, columns, hash,
    run::{LastGood, StoredFile},
    version::{NUMERICS_VERSION, RECORD_VERSION},
};
use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
};

fn again<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value, "{text}");
}

fn identity() -> RunIdentity {
    let config = [("learning_rate", FieldValue::Float(5e-4)), ("model", "egnn".into()), ("seed", FieldValue::Int(1))];
    RunIdentity {
        task: "nbody".into(),
        config: config.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        datasets: [("nbody_small".to_owned(), "abc".to_owned())].into(),
        record_version: RECORD_VERSION,
        numerics_version: NUMERICS_VERSION,
        backend: "kernels".into(),
        threads: 1,
    }
}

#[test]
fn records_and_events_survive_json() {
    let metrics = RunMetrics {
        parameters: 134_020,
        epochs: 300,
        steps: 9000,
        best_epoch: 295,
        values: [("test_mse".to_owned(), 0.1 + 0.2)].into(),
    };
    let failure = Failure {
        reason: "training loss exploded".into(),
        epoch: Some(3),
        batch: None,
        last_good: Some(LastGood { epoch: 2, valid_loss: 1.0 / 3.0 }),
    };
    let ends = [Outcome::Finished { metrics: metrics.clone() }, Outcome::Failed { failure: failure.clone() }];
    for outcome in ends.into_iter().map(Some).chain([None]) {
        let circumstances =
            Circumstances { attempts: 2, seconds: 1.5, forward_seconds: Some(0.0031), ..Circumstances::default() };
        again(&RunRecord {
            record_version: RECORD_VERSION,
            id: identity().id("egnn"),
            identity: identity(),
            outcome,
            circumstances,
            files: [("model.safetensors".to_owned(), StoredFile { bytes: 7, checksum: "ab".into() })].into(),
        });
    }
    again(&RunEvent::Started { from_epoch: 1, from_step: 30, epochs: 300, steps: 9000 });
    again(&RunEvent::Progress { epoch: 1, step: 31, loss: 0.5 });
    again(&RunEvent::Timed { forward_seconds: 0.0031 });
    again(&RunEvent::Finished { metrics });
    again(&RunEvent::Failed { failure });
}

#[test]
fn every_part_of_an_identity_makes_another_run() {
    let base = identity();
    let mut others = vec![base.clone()];
    let mut vary = |change: &dyn Fn(&mut RunIdentity)| {
        let mut other = base.clone();
        change(&mut other);
        others.push(other);
    };
    vary(&|run| run.task = "qm9".into());
    vary(&|run| run.config.insert("seed".into(), FieldValue::Int(2)).map_or((), drop));
    vary(&|run| run.config.insert("learning_rate".into(), FieldValue::Float(1e-3)).map_or((), drop));
    vary(&|run| run.datasets.insert("nbody_small".into(), "abd".into()).map_or((), drop));
    vary(&|run| run.numerics_version += 1);
    vary(&|run| run.record_version += 1);
    vary(&|run| run.backend = "plain".into());
    vary(&|run| run.threads = 2);
    let ids: BTreeSet<_> = others.iter().map(|run| run.id("egnn")).collect();
    assert_eq!(ids.len(), others.len());
    assert!(ids.iter().all(|id| id.len() == "egnn-".len() + hash::SHORT));
}

#[test]
fn unknown_keys_of_a_record_are_refused() {
    let record = RunRecord {
        record_version: RECORD_VERSION,
        id: "x".into(),
        identity: identity(),
        outcome: None,
        circumstances: Circumstances::default(),
        files: BTreeMap::new(),
    };
    let mut json = serde_json::to_value(&record).unwrap();
    json["surprise"] = true.into();
    assert!(serde_json::from_value::<RunRecord>(json).unwrap_err().to_string().contains("surprise"));
}

#[test]
fn records_of_earlier_programs_are_read() {
    let text = r#"{"record_version": 1, "id": "x", "identity": {"task": "nbody", "config": {}, "datasets": {},
        "record_version": 1, "numerics_version": 3, "backend": "kernels", "threads": 1},
        "circumstances": {"version": "0.1.0", "revision": "abc", "host": "h", "cpu": "c", "started_unix": 1,
        "ended_unix": 2, "seconds": 0.5, "peak_memory_bytes": 9, "attempts": 1}}"#;
    let record: RunRecord = serde_json::from_str(text).unwrap();
    assert!(record.files.is_empty() && record.circumstances.attempt.is_empty());
    assert_eq!(record.circumstances.forward_seconds, None);
    again(&record);
}

#[test]
fn only_circumstantial_columns_are_left_out_of_comparisons() {
    for column in columns::results::CIRCUMSTANTIAL {
        assert_eq!(column.kind, columns::Kind::Circumstantial, "{}", column.name);
    }
    assert_eq!(columns::results::TEST_MSE.kind, columns::Kind::Semantic);
}

proptest! {
    #[test]
    fn values_read_back_from_their_own_text(int: i64, float in proptest::num::f64::NORMAL, flag: bool, name in "[a-z_]{1,12}") {
        for value in [FieldValue::Int(int), FieldValue::Float(float), FieldValue::Bool(flag)] {
            prop_assert_eq!(FieldValue::parse(&value.to_string()), value);
        }
        prop_assume!(!["true", "false", "inf", "nan", "infinity"].contains(&name.as_str()));
        prop_assert_eq!(FieldValue::parse(&name), FieldValue::Text(name.clone()));
    }

    #[test]
    fn hashes_depend_on_content_and_not_on_order(pairs in proptest::collection::vec(("[a-z]{1,4}", any::<i64>()), 1..8)) {
        let forward: Fields = pairs.iter().map(|(name, value)| (name.clone(), FieldValue::Int(*value))).collect();
        let json: serde_json::Map<_, _> =
            forward.iter().rev().map(|(name, value)| (name.clone(), serde_json::json!(value))).collect();
        prop_assert_eq!(hash::of(&forward), hash::of(&json));
        let mut other = forward.clone();
        if let Some(value) = other.values_mut().next() {
            *value = FieldValue::Text("changed".into());
        }
        prop_assert_ne!(hash::of(&forward), hash::of(&other));
    }
}
