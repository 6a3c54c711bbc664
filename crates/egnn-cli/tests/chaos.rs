//! Chaos: workers and their sweep are killed at random moments, again and again. Every run still ends exactly once, and
//! the results are those of an undisturbed sweep.
//!
//! The short form runs with the other tests; `just test-chaos` asks for the full one: 40 runs, 100 kills.

mod common;

use common::{
    Lab,
    sweeps::{assert_equal_sweeps, evaluations, runs, signal, workers},
};
use egnn_random::Stream;
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    time::Duration,
};

/// Runs and kills of the short form.
const SHORT: (usize, usize) = (8, 12);

fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{variable}={text}")))
}

/// The `done.json` of every run that has one, by which file it is: writing it again would make another.
fn ends(sweep: &Path) -> BTreeMap<PathBuf, (u64, i64)> {
    let folders = fs::read_dir(sweep.join("runs")).into_iter().flatten().flatten().map(|entry| entry.path());
    let end = |run: PathBuf| {
        let file = fs::metadata(run.join("done.json")).ok()?;
        Some((run, (file.ino(), file.mtime_nsec())))
    };
    folders.filter_map(end).collect()
}

struct Chaos<'a> {
    lab: &'a Lab,
    arguments: Vec<&'a str>,
    sweep: Child,
    random: Stream,
    /// Kills of the sweep itself, and of workers.
    kills: [usize; 2],
}

impl Chaos<'_> {
    fn start(&self) -> Child {
        self.lab.spawn(&self.arguments, Stdio::null())
    }

    /// Kills the sweep or one of its workers.
    fn kill(&mut self) {
        let workers = workers(self.lab);
        let which = self.random.below(2 + workers.len() as u64) as usize;
        if let Some(&worker) = which.checked_sub(2).and_then(|which| workers.get(which)) {
            self.kills[1] += usize::from(signal("-KILL", worker));
        } else {
            self.sweep.kill().unwrap();
            self.sweep.wait().unwrap();
            self.kills[0] += 1;
            self.sweep = self.start();
        }
    }
}

#[test]
fn killed_at_random_moments_every_run_ends_once_with_the_same_results() {
    let (count, kills) = (number("EGNN_CHAOS_RUNS", SHORT.0), number("EGNN_CHAOS_KILLS", SHORT.1));
    let lab = Lab::new();
    let seeds = format!("seed={}", (1..=count / 4).map(|seed| seed.to_string()).collect::<Vec<_>>().join(","));
    let arguments = |name| {
        let words = ["sweep", "nbody-sizes", "--profile", "smoke", "--jobs", "2", "--retries", "1000"];
        let more = ["model=egnn,gnn", "train_samples=40,80", "steps=400", "evaluate_every_samples=400", seeds.as_str()];
        let name = ["--checkpoint-every", "0.02", "--name", name];
        words.into_iter().chain(more).chain(name).collect::<Vec<_>>()
    };
    let [calm, wild] = ["calm", "wild"].map(|name| format!("reports/nbody-sizes/{name}"));
    lab.ok(&arguments("calm"));
    let total = evaluations(&lab, &calm);
    assert_eq!(runs(&lab, &calm).len(), count);

    // Moments in the work, not in time, so that they fall into it on any machine; a random pause within each.
    let mut random = Stream::new(number("EGNN_CHAOS_SEED", 1) as u64);
    let mut moments: Vec<usize> = (0..kills).map(|_| random.below(total as u64 * 19 / 20) as usize).collect();
    moments.sort_unstable();
    let words = arguments("wild");
    let sweep = lab.spawn(&words, Stdio::null());
    let mut chaos = Chaos { lab: &lab, arguments: words, sweep, random, kills: [0; 2] };
    let mut ended = BTreeMap::new();
    for moment in moments {
        while evaluations(&lab, &wild) < moment {
            assert!(chaos.sweep.try_wait().unwrap().is_none(), "the sweep ended before its kills did");
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(Duration::from_millis(chaos.random.below(20)));
        chaos.kill();
        for (run, end) in ends(&lab.path(&wild)) {
            assert_eq!(*ended.entry(run.clone()).or_insert(end), end, "{} ended twice", run.display());
        }
    }
    let status = chaos.sweep.wait().unwrap();
    assert!(status.success(), "the sweep gets to its end: {status}");
    let [of_sweep, of_workers] = chaos.kills;
    assert!(of_sweep > 0 && of_workers > 0, "{of_sweep} kills of the sweep, {of_workers} of workers");

    let last = ends(&lab.path(&wild));
    assert_eq!(last.len(), count);
    for (run, end) in ended {
        assert_eq!(last.get(&run), Some(&end), "{} ended twice", run.display());
    }
    for run in runs(&lab, &wild) {
        let events = fs::read_to_string(run.join("events.jsonl")).unwrap();
        assert_eq!(events.matches("\"finished\"").count(), 1, "{}", run.display());
        assert!(!run.join("failed.json").exists() && !run.join("checkpoint.safetensors").exists());
    }
    let results = assert_equal_sweeps(&lab, &calm, &wild);
    assert_eq!(results.lines().count(), 1 + count, "{results}");
    assert!(workers(&lab).is_empty());
    let leftovers: Vec<_> = lab.files().into_iter().filter(|(name, _)| name.contains(".egnn-tmp-")).collect();
    assert_eq!(leftovers, [], "half-written files");
}
