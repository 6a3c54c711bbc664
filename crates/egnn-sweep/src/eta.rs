//! How long a sweep will still take: a pure function of estimates and of what has been observed.

use std::time::Duration;

/// Core-seconds of belief in the estimates before anything is observed: enough that the first second of a run does
/// not throw the number about.
const PRIOR: f64 = 5.0;

/// What is known at a moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Eta {
    /// Runs side by side.
    pub jobs: usize,
    /// Estimated core-seconds of what this sweep has done so far, parts of running runs included.
    pub work_done: f64,
    /// Seconds that workers have spent on it.
    pub busy_seconds: f64,
    /// Estimated core-seconds left of each running run.
    pub running: Vec<f64>,
    /// Estimated core-seconds of each waiting run, in the order in which they will start.
    pub waiting: Vec<f64>,
}

impl Eta {
    /// Estimated core-seconds that a worker does in a second: 1 if the estimates are right.
    ///
    /// ```
    /// let eta = egnn_sweep::Eta { work_done: 1000.0, busy_seconds: 500.0, ..Default::default() };
    /// assert!((eta.speed() - 2.0).abs() < 0.02);
    /// ```
    pub fn speed(&self) -> f64 {
        (self.work_done + PRIOR) / (self.busy_seconds + PRIOR)
    }

    /// Time until the last run ends, if each waiting run starts on the first free job.
    pub fn remaining(&self) -> Duration {
        let mut jobs: Vec<f64> = self.running.clone();
        jobs.resize(self.jobs.max(self.running.len()).max(1), 0.0);
        for work in &self.waiting {
            if let Some(first) = jobs.iter_mut().min_by(|a, b| a.total_cmp(b)) {
                *first += work;
            }
        }
        let last = jobs.into_iter().fold(0.0, f64::max);
        Duration::try_from_secs_f64(last / self.speed()).unwrap_or(Duration::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seconds(eta: &Eta) -> f64 {
        eta.remaining().as_secs_f64()
    }

    #[test]
    fn believes_the_estimates_before_it_has_seen_anything() {
        let eta = Eta { jobs: 2, waiting: vec![30.0, 20.0, 10.0], ..Eta::default() };
        assert!((seconds(&eta) - 30.0).abs() < 1e-9);
        assert_eq!(Eta::default().remaining(), Duration::ZERO);
    }

    #[test]
    fn scales_by_the_observed_speed() {
        let eta = Eta { jobs: 1, work_done: 995.0, busy_seconds: 1995.0, running: vec![50.0], waiting: vec![50.0] };
        assert!((seconds(&eta) - 200.0).abs() < 1e-9);
    }

    #[test]
    fn a_running_run_keeps_its_job() {
        let eta = Eta { jobs: 2, running: vec![100.0, 10.0], waiting: vec![20.0, 20.0], ..Eta::default() };
        assert!((seconds(&eta) - 100.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn lies_between_perfect_division_and_one_job(
            jobs in 1usize..6,
            running in prop::collection::vec(0.0f64..100.0, 0..6),
            waiting in prop::collection::vec(0.0f64..100.0, 0..12),
        ) {
            let running: Vec<f64> = running.into_iter().take(jobs).collect();
            let work: f64 = running.iter().chain(&waiting).sum();
            let eta = Eta { jobs, running, waiting, ..Eta::default() };
            prop_assert!(seconds(&eta) >= work / jobs as f64 - 1e-6);
            prop_assert!(seconds(&eta) <= work + 1e-6);
        }
    }
}
