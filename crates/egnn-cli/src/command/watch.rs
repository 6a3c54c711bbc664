//! `egnn status --watch`: a table that is drawn again on a terminal, a line for every change elsewhere.

use crate::{
    command::status::{Shown, line, summary, table},
    exit::{Result, Stop},
    printer,
};
use egnn_schema::exit;
use egnn_sweep::{Queued, Standing, Watch};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{collections::BTreeMap, thread, time::Duration};

/// Of more runs than this a terminal shows those that run or failed.
const SHOWN: usize = 30;

/// Looks at which nobody may be at work before nobody is expected to be.
pub(crate) const PATIENCE: u32 = 30;

/// Looks every `interval` until every run has ended, or nobody works on any of them. A run that failed makes the command
/// fail. `is_held` tells whether a sweep is at work on this machine.
pub(crate) fn run(
    watch: &mut Watch<'_>,
    queue: impl Fn() -> Result<BTreeMap<String, Queued>>,
    is_held: impl Fn() -> bool,
    interval: Duration,
    is_json: bool,
) -> Result<()> {
    let mut view = View::new(is_json);
    let mut idle = 0;
    loop {
        let standing = watch.look(&queue()?)?;
        view.show(&standing);
        if standing.is_over() {
            view.end(&standing);
            return match standing.count("failed") {
                0 => Ok(()),
                _ => Err(Stop::new(exit::RUN_FAILED, anyhow::Error::msg(summary(&standing)))),
            };
        }
        if !printer::is_open() {
            return Ok(());
        }
        let is_at_work = standing.count("running") + standing.count("queued") > 0 || is_held();
        idle = if is_at_work { 0 } else { idle + 1 };
        if idle > PATIENCE {
            view.end(&standing);
            let message = format!("nobody is at work: {}; the same sweep goes on from there", summary(&standing));
            return Err(Stop::new(exit::INTERRUPTED, anyhow::Error::msg(message)));
        }
        thread::sleep(interval);
    }
}

enum View {
    Json,
    Terminal(ProgressBar),
    /// State of each run at the last look.
    Lines(Vec<&'static str>),
}

impl View {
    fn new(is_json: bool) -> Self {
        let target = ProgressDrawTarget::stderr();
        if is_json {
            Self::Json
        } else if target.is_hidden() {
            Self::Lines(Vec::new())
        } else {
            let bar = ProgressBar::with_draw_target(None, target);
            Self::Terminal(
                bar.with_style(
                    ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_spinner()),
                ),
            )
        }
    }

    fn show(&mut self, standing: &Standing) {
        match self {
            Self::Json => printer::json_line(&Shown(standing)),
            Self::Terminal(bar) => bar.set_message(screen(standing)),
            Self::Lines(before) => {
                let width = standing.runs.iter().map(|run| run.id.chars().count()).max().unwrap_or(0);
                let is_first = before.is_empty();
                before.resize(standing.runs.len(), "pending");
                let mut is_changed = is_first;
                for (run, before) in standing.runs.iter().zip(before.iter_mut()) {
                    if run.state.name() != *before {
                        *before = run.state.name();
                        is_changed = true;
                        printer::data(line(run, width));
                    }
                }
                if is_changed {
                    printer::say(summary(standing));
                }
            }
        }
    }

    fn end(&self, standing: &Standing) {
        if let Self::Terminal(bar) = self {
            bar.finish_and_clear();
            shown(standing).iter().for_each(printer::data);
            printer::say(summary(standing));
        }
    }
}

fn screen(standing: &Standing) -> String {
    let mut lines = shown(standing);
    lines.push(summary(standing));
    lines.join("\n")
}

/// The lines of few runs; of many those that run or failed.
fn shown(standing: &Standing) -> Vec<String> {
    if standing.runs.len() <= SHOWN {
        return table(standing).collect();
    }
    let runs = standing.runs.iter().filter(|run| ["running", "failed"].contains(&run.state.name()));
    let width = runs.clone().map(|run| run.id.chars().count()).max().unwrap_or(0);
    runs.map(|run| line(run, width)).collect()
}
