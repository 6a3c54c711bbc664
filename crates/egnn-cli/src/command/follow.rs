//! `egnn report --watch`: the page of a sweep that is under way, written again and again. An open page reads itself.

use crate::{
    args::Report,
    command::{
        report,
        status::{Queue, interval, progress, summary, wait_for_plan},
        watch::PATIENCE,
    },
    exit::{Result, Stop},
    interrupt, printer,
    workspace::Workspace,
};
use egnn_report::{Live, write_live_report, write_report};
use egnn_schema::exit;
use egnn_sweep::{End, RunState, Standing, SweepManifest, SweepPlan, Watch, results, settle};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant, SystemTime},
};

/// A page is not written more often than this many times what writing takes.
const SHARE: u32 = 10;
/// Results so far, in the sweep's folder: its own file is its own until it is over.
const LIVE_RESULTS: &str = ".live.parquet";
/// How often a request to stop is looked for.
const STEP: Duration = Duration::from_millis(100);

/// Writes the page until every run has ended, or nobody works on any of them, or the command is asked to stop; then once more as it
/// stays.
pub(crate) fn run(args: &Report, workspace: &Workspace, seconds: f64) -> Result<()> {
    let pause = interval(seconds)?;
    let stop = interrupt::graceful();
    let folder = workspace.reports(&args.sweep().pipeline).join(&args.profile);
    workspace.pipeline(&args.sweep().pipeline)?;
    wait_for_plan(&args.sweep(), workspace, pause)?;
    if !folder.join(SweepManifest::FILE).exists() {
        printer::say(format!("waiting for the sweep: egnn sweep {} --profile {}", args.sweep().pipeline, args.profile));
        while !folder.join(SweepManifest::FILE).exists() {
            if !sleep(pause, stop) {
                let message = "there was no sweep to follow yet";
                return Err(Stop::new(exit::INTERRUPTED, anyhow::Error::msg(message)));
            }
        }
    }
    let plan = report::load(&args.sweep(), workspace)?;
    let queue = Queue::new(&plan);
    let mut watch = Watch::new(&plan);
    let mut idle = 0;
    let page = plan.folder.join("index.html");
    let mut is_said = false;
    let mut every = pause;
    loop {
        let began = Instant::now();
        let standing = watch.look(&queue.ask()?)?;
        let is_at_work = standing.count("running") + standing.count("queued") > 0 || egnn_sweep::is_held(&plan.folder);
        idle = if is_at_work { 0 } else { idle + 1 };
        // A sweep that holds its folder is not over yet.
        let is_over = standing.is_over() && !egnn_sweep::is_held(&plan.folder);
        if is_over || idle > PATIENCE || stop.load(Ordering::SeqCst) {
            return end(&plan, &standing, workspace, stop);
        }
        let ends = End::read_all(&plan.manifest, &plan.folder)?;
        let results = results::write_as(LIVE_RESULTS, &plan, &ends)?;
        write_live_report(&plan.folder, &results, &report::options_of(&plan), &live(&standing, every))?;
        if args.json {
            let counts = RunState::NAMES.map(|name| (name, standing.count(name)));
            printer::json_line(
                &serde_json::json!({"page": page, "runs": counts.into_iter().collect::<std::collections::BTreeMap<_, _>>()}),
            );
        } else if !is_said {
            printer::say(format!("page: {} (open it: it follows; Ctrl-C ends this)", page.display()));
            is_said = true;
        }
        if args.json && !printer::is_open() {
            stop.store(true, Ordering::SeqCst);
        }
        every = pause.max(began.elapsed() * SHARE);
        sleep(every, stop);
    }
}

/// The page as it stays.
fn end(plan: &SweepPlan, standing: &Standing, workspace: &Workspace, stop: &AtomicBool) -> Result<()> {
    let ends = End::read_all(&plan.manifest, &plan.folder)?;
    if standing.is_over() {
        settle(&plan.manifest, &plan.folder, &ends)?;
    }
    let _ = std::fs::remove_file(plan.folder.join(LIVE_RESULTS));
    results::write(plan, &ends)?;
    write_report(&plan.folder, &report::options_of(plan))?;
    egnn_report::write_index(&workspace.reports(""), &workspace.pipelines())?;
    let words = summary(standing);
    if !standing.is_over() {
        return Err(if stop.load(Ordering::SeqCst) {
            interrupted()
        } else {
            let message = format!("nobody is at work: {words}; the same sweep goes on from there");
            Stop::new(exit::INTERRUPTED, anyhow::Error::msg(message))
        });
    }
    printer::say(&words);
    match standing.count("failed") {
        0 => Ok(()),
        _ => Err(Stop::new(exit::RUN_FAILED, anyhow::Error::msg(words))),
    }
}

fn interrupted() -> Stop {
    Stop::new(exit::INTERRUPTED, anyhow::Error::msg("the page is written no more; the sweep goes on"))
}

fn live(standing: &Standing, every: Duration) -> Live {
    let written = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let states = standing.runs.iter().filter_map(|run| {
        let words = match &run.state {
            RunState::Running { .. } => {
                progress(run).map_or("running".into(), |progress| format!("running: {progress}"))
            }
            RunState::Queued { .. } => "queued".into(),
            RunState::Started { .. } => {
                progress(run).map_or("started".into(), |progress| format!("started: {progress}"))
            }
            _ => return None,
        };
        Some((run.id.clone(), words))
    });
    Live {
        every: every.as_secs_f64().ceil() as u64,
        written: written.as_secs(),
        words: format!(": {}", summary(standing)),
        progress: states.collect(),
    }
}

/// Whether nobody asked to stop meanwhile.
fn sleep(time: Duration, stop: &AtomicBool) -> bool {
    let began = Instant::now();
    while began.elapsed() < time && !stop.load(Ordering::SeqCst) {
        thread::sleep(STEP.min(time));
    }
    !stop.load(Ordering::SeqCst)
}
