//! What follows when a worker has ended: its run is finished, has failed, or is tried again.

use super::Sweep;
use crate::{
    end::End,
    error::SweepError,
    event::SweepEvent,
    publish,
    record::Recorded,
    results,
    run_folder::RunFolder,
    worker::{Verdict, Worker},
};
use std::{
    process::ExitStatus,
    time::{Duration, Instant},
};

/// Writing results while runs end may take one part in so many of the time.
const RESULTS_SHARE: u32 = 20;

impl Sweep<'_> {
    pub(super) fn end(
        &mut self,
        worker: &Worker,
        status: ExitStatus,
        listener: &mut dyn FnMut(&SweepEvent),
    ) -> Result<(), SweepError> {
        let index = worker.index;
        let record = match worker.verdict(self.plan, status)? {
            Verdict::Recorded(record) => record,
            Verdict::Blocked(error) => {
                self.blocked.get_or_insert(error);
                return Ok(());
            }
            Verdict::Stopped if self.is_over_time(worker) => worker.fail(self.plan, &self.over_time(worker))?,
            Verdict::Stopped => return Ok(()),
            Verdict::Crashed(reason) => {
                let crashes = self.crashes.entry(index).or_default();
                *crashes += 1;
                let id = self.plan.manifest.runs[index].id.clone();
                if *crashes <= self.options.retries {
                    // Last, so that it has other neighbours if it was memory that they fought for.
                    self.waiting.push_back(index);
                    listener(&SweepEvent::RunRetried { index, id, reason, retry: *crashes });
                    return Ok(());
                }
                worker.fail(self.plan, &format!("{reason}, {crashes} times"))?
            }
        };
        self.take(index, &record, worker.started.elapsed(), listener)
    }

    fn is_over_time(&self, worker: &Worker) -> bool {
        self.options.time_limit.is_some_and(|limit| worker.started.elapsed() > limit)
    }

    fn over_time(&self, worker: &Worker) -> String {
        let (limit, progress) = (self.options.time_limit.unwrap_or_default(), worker.progress);
        let (step, steps) = (progress.step, progress.steps);
        format!(
            "the time limit of {} s is over at step {step} of {steps}; the next call goes on from there",
            limit.as_secs_f64()
        )
    }

    pub(super) fn take(
        &mut self,
        index: usize,
        record: &Recorded,
        took: Duration,
        listener: &mut dyn FnMut(&SweepEvent),
    ) -> Result<(), SweepError> {
        let id = self.plan.manifest.runs[index].id.clone();
        let folder = RunFolder::new(&self.plan.folder, &id);
        if let Recorded::Finished(record) = record {
            let metrics = &record.outcome;
            // Whoever published it may have been killed since.
            publish::settle(&folder, &record.circumstances.attempt)?;
            for (path, is_equal) in publish::superseded(&folder, metrics) {
                listener(&SweepEvent::Superseded { index, id: id.clone(), path, is_equal });
            }
            self.finished_now += 1;
            listener(&SweepEvent::RunFinished { index, id, metrics: metrics.clone(), took });
        } else if let Some(reason) = record.reason() {
            self.failed.push((index, reason.to_owned()));
            listener(&SweepEvent::RunFailed { index, id, reason: reason.to_owned(), log: folder.log() });
        } else {
            let reason = "it left neither a result nor a failure".to_owned();
            self.failed.push((index, reason.clone()));
            listener(&SweepEvent::RunFailed { index, id, reason, log: folder.log() });
        }
        self.ends[index] = End::from(record);
        // Whoever looks meanwhile, or after a SIGKILL, finds what there is. Of many runs, what there was a moment ago.
        if self.written.is_none_or(|(at, took)| at.elapsed() >= took * RESULTS_SHARE) {
            let begin = Instant::now();
            results::write(self.plan, &self.ends)?;
            self.written = Some((Instant::now(), begin.elapsed()));
        }
        Ok(())
    }
}
