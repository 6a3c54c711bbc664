//! One row of `results.parquet`.

use super::{CIRCUMSTANCES, COUNTS, names};
use crate::{
    end::End,
    error::SweepError,
    manifest::{PlannedRun, SweepManifest},
    plan::SweepPlan,
    record::Recorded,
};
use egnn_schema::{Circumstances, FieldValue, RunMetrics, hash};

/// What a row is made from.
pub(super) struct Row<'a> {
    manifest: &'a SweepManifest,
    run: &'a PlannedRun,
    record: Recorded,
}

impl<'a> Row<'a> {
    /// Reads the row of a run that ended as `ends` say; a record that says something else by now has its turn the next time.
    pub(super) fn read(plan: &'a SweepPlan, run: &'a PlannedRun, ends: &[End]) -> Result<Self, SweepError> {
        let manifest = &plan.manifest;
        let record = Recorded::planned(manifest, &plan.folder, run)?;
        let is_known = ends.get(run.index).is_some_and(|end| End::from(&record) == *end);
        let record = if is_known { record } else { Recorded::None };
        Ok(Self { manifest, run, record })
    }

    /// How a run that has ended came about.
    fn circumstances(&self) -> Option<&Circumstances> {
        match &self.record {
            Recorded::Finished(record) => Some(&record.circumstances),
            Recorded::Failed(record) => Some(&record.circumstances),
            _ => None,
        }
    }

    /// The results of a finished run.
    pub(super) fn metrics(&self) -> Option<&RunMetrics> {
        match &self.record {
            Recorded::Finished(record) => Some(&record.outcome),
            _ => None,
        }
    }

    /// The value in the column of this name: a result before what is configured.
    pub(super) fn value(&self, name: &str) -> Option<FieldValue> {
        let metric = || self.metrics()?.values.get(name).map(|value| FieldValue::Float(*value));
        let configured = || self.run.config.get(name).or_else(|| self.manifest.config.get(name)).cloned();
        metric().or_else(|| self.fixed(name)).or_else(configured)
    }

    /// The value in a column that every table has.
    fn fixed(&self, name: &str) -> Option<FieldValue> {
        let Self { manifest, run, record } = self;
        match name {
            name if name == names::RUN.name => Some(text(&run.id)),
            name if name == names::TASK.name => Some(text(&run.task)),
            name if name == names::STATUS.name => Some(text(match record {
                Recorded::Finished(_) => "finished",
                Recorded::Failed(_) => "failed",
                _ => "pending",
            })),
            name if name == names::REASON.name => record.reason().map(text),
            name if name == names::DATASET_HASH.name => Some(text(&hash::of(&run.datasets.with(&manifest.datasets)))),
            name if name == names::CONFIG_HASH.name => Some(text(&hash::of(&manifest.identity_of(run)))),
            name if name == names::NUMERICS.name => Some(FieldValue::Int(manifest.numerics_version.into())),
            name if name == names::BACKEND.name => Some(text(&manifest.backend)),
            name if name == names::THREADS.name => Some(FieldValue::Int(manifest.threads.into())),
            name => self.count(name).or_else(|| circumstance(self.circumstances()?, name)),
        }
    }

    fn count(&self, name: &str) -> Option<FieldValue> {
        let place = COUNTS.iter().position(|column| column.name == name)?;
        let metrics = self.metrics()?;
        let counts = [metrics.parameters, metrics.epochs, metrics.steps, metrics.best_epoch];
        Some(FieldValue::Int(counts[place] as i64))
    }
}

fn circumstance(of: &Circumstances, name: &str) -> Option<FieldValue> {
    let place = CIRCUMSTANCES.iter().position(|column| column.name == name)?;
    let values: [fn(&Circumstances) -> Option<FieldValue>; CIRCUMSTANCES.len()] = [
        |of| Some(FieldValue::Float(of.seconds)),
        |of| of.forward_seconds.map(FieldValue::Float),
        |of| Some(FieldValue::Int(of.peak_memory_bytes as i64)),
        |of| Some(FieldValue::Int(of.attempts.into())),
        |of| Some(text(&of.version)),
        |of| Some(text(&of.revision)),
        |of| Some(text(&of.host)),
        |of| Some(text(&[std::slice::from_ref(&of.cpu), &of.earlier_cpus].concat().join(", before on "))),
        |of| Some(FieldValue::Int(of.started_unix as i64)),
        |of| Some(FieldValue::Int(of.ended_unix as i64)),
    ];
    values[place](of)
}

fn text(value: &str) -> FieldValue {
    FieldValue::Text(value.into())
}
