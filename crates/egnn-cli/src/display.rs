//! The live display of a sweep: a bar for each run under way and one for the whole on a terminal, plain lines
//! elsewhere. It only listens.

use crate::printer;
use egnn_sweep::SweepEvent;
use indicatif::{HumanDuration, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{collections::BTreeMap, time::Duration};

pub(crate) struct Display {
    bars: MultiProgress,
    runs: BTreeMap<usize, (String, ProgressBar)>,
    whole: ProgressBar,
    is_terminal: bool,
    finished: usize,
    total: usize,
}

impl Display {
    pub(crate) fn new() -> Self {
        let target = ProgressDrawTarget::stderr_with_hz(8);
        let is_terminal = !target.is_hidden();
        let bars = MultiProgress::with_draw_target(target);
        let whole = bars.add(ProgressBar::new(0));
        Self { bars, runs: BTreeMap::new(), whole, is_terminal, finished: 0, total: 0 }
    }

    pub(crate) fn event(&mut self, event: &SweepEvent) {
        match event {
            SweepEvent::DataMissing { set, reason, estimate } => {
                self.line(&format!("making set {set}: {reason} (about {})", HumanDuration(*estimate)));
            }
            SweepEvent::Damaged { message, .. } => self.line(&format!("warning: {message}")),
            SweepEvent::PlanReady { total, done, outstanding } => self.begin(*total, *done, outstanding.len()),
            SweepEvent::RunStarted { index, id, .. } => self.start(*index, id),
            SweepEvent::RunProgress { index, step, steps, loss, valid } => {
                self.advance(*index, *step, *steps, *loss, *valid);
            }
            SweepEvent::RunFinished { index, id, metrics, took } => {
                self.remove(*index);
                self.finished += 1;
                let values: Vec<_> =
                    metrics.results().map(|(name, value)| format!("{name} {}", brief(value))).collect();
                let took = HumanDuration(*took);
                self.line(&format!("[{}/{}] {id}: {} ({took})", self.finished, self.total, values.join(", ")));
            }
            SweepEvent::RunRetried { index, id, reason, retry } => {
                self.clear(*index);
                self.line(&format!("{id}: {reason}; it is started again later (retry {retry})"));
            }
            SweepEvent::Superseded { id, path, is_equal, .. } => {
                let verdict = if *is_equal { "with the same results" } else { "with OTHER results" };
                let path = path.display();
                self.line(&format!("warning: two attempts at {id} finished, {verdict}; the second is kept in {path}"));
            }
            SweepEvent::RunFailed { index, id, reason, log } => {
                self.remove(*index);
                self.line(&format!("FAILED {id}: {reason}\n       log: {}", log.display()));
            }
            SweepEvent::Eta { remaining, running, waiting } => self.eta(*remaining, *running, *waiting),
            SweepEvent::Stopping { cancelled } => {
                self.line(if *cancelled { "stopping: the same command resumes" } else { "stopping the other runs" });
            }
            SweepEvent::DataReady { .. } | SweepEvent::UpToDate { .. } => {}
            SweepEvent::SweepFinished { .. } => self.end(),
        }
    }

    /// Takes the bars away.
    pub(crate) fn end(&mut self) {
        for (_, (_, bar)) in std::mem::take(&mut self.runs) {
            bar.finish_and_clear();
        }
        self.whole.finish_and_clear();
    }

    fn begin(&mut self, total: usize, done: usize, outstanding: usize) {
        (self.total, self.finished) = (total, done);
        self.line(&format!("{total} runs: {done} finished before, {outstanding} to do"));
        self.whole.set_length(total as u64);
        self.whole.set_position(done as u64);
        self.whole.set_style(style("{msg:38!} {wide_bar} {pos}/{len} runs"));
        self.whole.set_message("sweep");
    }

    fn start(&mut self, index: usize, id: &str) {
        let bar = self.bars.insert_before(&self.whole, ProgressBar::new(0));
        bar.set_style(style("{prefix:24!} {wide_bar} {msg}"));
        // Without its hash the name fits a narrow terminal.
        bar.set_prefix(id.rsplit_once('-').map_or(id, |(name, _)| name).to_owned());
        self.runs.insert(index, (id.to_owned(), bar));
    }

    fn advance(&self, index: usize, step: u64, steps: u64, loss: Option<f64>, valid: Option<f64>) {
        let Some((_, bar)) = self.runs.get(&index) else { return };
        bar.set_length(steps);
        bar.set_position(step);
        let part =
            |name: &str, value: Option<f64>| value.map(|value| format!(" {name} {value:.4}")).unwrap_or_default();
        bar.set_message(format!("{step}/{steps}{}{}", part("loss", loss), part("valid", valid)));
    }

    fn remove(&mut self, index: usize) {
        self.clear(index);
        self.whole.inc(1);
    }

    fn clear(&mut self, index: usize) {
        if let Some((_, bar)) = self.runs.remove(&index) {
            bar.finish_and_clear();
            self.bars.remove(&bar);
        }
    }

    fn eta(&self, remaining: Duration, running: usize, waiting: usize) {
        self.whole.set_message(format!("{} left, {running} running, {waiting} waiting", HumanDuration(remaining)));
    }

    fn line(&self, text: &str) {
        // A line above the bars; without a terminal there are none.
        if !self.is_terminal || self.bars.println(text).is_err() {
            printer::say(text);
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// A result in a line of words: five decimals, or three digits of what is too small for them.
pub(crate) fn brief(value: f64) -> String {
    if value != 0.0 && value.abs() < 1e-3 { format!("{value:.2e}") } else { format!("{value:.5}") }
}
