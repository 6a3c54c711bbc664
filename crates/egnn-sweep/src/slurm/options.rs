//! The `slurm:` section of a pipeline and `--slurm KEY=VALUE`: where and with what a sweep's jobs run. None of it changes
//! a run's id.

use super::reserved::reserved;
use crate::origin::Located;
use egnn_schema::names;

/// How often a crashed or stopped task is queued again if nothing else is said.
const RETRIES: u32 = 2;
/// Seconds before its time limit at which a run is asked to save itself. SLURM may ask up to a minute earlier.
pub(super) const NOTICE: u64 = 60;
/// Minutes of the shortest time limit: the notice, SLURM's minute, and one to work.
const SHORTEST: u64 = 3;

/// What to ask of SLURM. Absent values are the cluster's own defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SlurmOptions {
    /// `--partition`.
    pub partition: Option<String>,
    /// `--account`.
    pub account: Option<String>,
    /// `--qos`.
    pub qos: Option<String>,
    /// `--constraint`.
    pub constraint: Option<String>,
    /// Time limit of a run, as `sbatch --time` takes it.
    pub time: Option<String>,
    /// Memory of a job, as `sbatch --mem` takes it.
    pub memory: Option<String>,
    /// Cores of a run.
    pub cpus: Option<u32>,
    /// Tasks at the same time, which the arrays of a submission share.
    pub throttle: Option<u32>,
    /// How often a crashed or stopped task is queued again.
    pub retries: Option<u32>,
    /// Shell lines before the program, like `module load gcc`.
    pub prologue: Vec<String>,
    /// Further words for `sbatch`, like `--exclusive`.
    pub options: Vec<String>,
}

impl SlurmOptions {
    /// Keys of the section.
    pub const KEYS: [&'static str; 11] = [
        "partition",
        "account",
        "qos",
        "constraint",
        "time",
        "memory",
        "cpus",
        "throttle",
        "retries",
        "prologue",
        "options",
    ];
    /// Of these, lists.
    pub const LISTS: [&'static str; 2] = ["prologue", "options"];

    /// Parses words like `partition=short`. A list's key may come several times.
    ///
    /// # Errors
    /// A word without `=`, an unknown key, a wrong value.
    ///
    /// ```
    /// let options = egnn_sweep::slurm::SlurmOptions::parse(&["time=2:00:00", "prologue=module load gcc"])?;
    /// assert_eq!(options.time.as_deref(), Some("2:00:00"));
    /// # Ok::<(), egnn_sweep::origin::Located>(())
    /// ```
    pub fn parse<S: AsRef<str>>(words: &[S]) -> Result<Self, Located> {
        let mut options = Self::default();
        for word in words {
            let word = word.as_ref();
            let (key, value) = word.split_once('=').ok_or_else(|| {
                Located::command_line(format!("--slurm {word}: write it as key=value, for instance partition=short"))
            })?;
            options
                .add(key.trim(), value)
                .map_err(|message| Located::command_line(format!("--slurm {word}: {message}")))?;
        }
        Ok(options)
    }

    /// Sets a key; adds to a list.
    ///
    /// # Errors
    /// What is wrong with the key or value, without the place.
    pub fn add(&mut self, key: &str, value: &str) -> Result<(), String> {
        let value = value.trim();
        match key {
            "partition" => once(&mut self.partition, key, word(key, value)?),
            "account" => once(&mut self.account, key, word(key, value)?),
            "qos" => once(&mut self.qos, key, word(key, value)?),
            "constraint" => once(&mut self.constraint, key, word(key, value)?),
            "time" => once(&mut self.time, key, time(value)?),
            "memory" => once(&mut self.memory, key, memory(value)?),
            "cpus" => once(&mut self.cpus, key, number(key, value, 1)?),
            "throttle" => once(&mut self.throttle, key, number(key, value, 1)?),
            "retries" => once(&mut self.retries, key, number(key, value, 0)?),
            "prologue" => {
                self.prologue.push(line(key, value)?);
                Ok(())
            }
            "options" => {
                self.options.push(option(value)?);
                Ok(())
            }
            _ => Err(names::unknown("key", key, &Self::KEYS)),
        }
    }

    /// These, and where they say nothing, what `lower` says.
    #[must_use]
    pub fn over(self, lower: &Self) -> Self {
        let list = |upper: Vec<String>, lower: &Vec<String>| if upper.is_empty() { lower.clone() } else { upper };
        Self {
            partition: self.partition.or_else(|| lower.partition.clone()),
            account: self.account.or_else(|| lower.account.clone()),
            qos: self.qos.or_else(|| lower.qos.clone()),
            constraint: self.constraint.or_else(|| lower.constraint.clone()),
            time: self.time.or_else(|| lower.time.clone()),
            memory: self.memory.or_else(|| lower.memory.clone()),
            cpus: self.cpus.or(lower.cpus),
            throttle: self.throttle.or(lower.throttle),
            retries: self.retries.or(lower.retries),
            prologue: list(self.prologue, &lower.prologue),
            options: list(self.options, &lower.options),
        }
    }

    pub(super) fn retries(&self) -> u32 {
        self.retries.unwrap_or(RETRIES)
    }
}

fn once<T>(place: &mut Option<T>, key: &str, value: T) -> Result<(), String> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(format!("'{key}' is given twice")),
    }
}

/// A word of an `#SBATCH` line, which `sbatch` reads with quotes, backslashes and comments.
fn word(key: &str, value: &str) -> Result<String, String> {
    if value.is_empty() || value.contains(|c: char| c.is_whitespace() || c.is_control() || "'\"\\#".contains(c)) {
        return Err(format!("'{key}' is one word without blanks, quotes, backslashes and '#'"));
    }
    Ok(value.into())
}

fn line(key: &str, value: &str) -> Result<String, String> {
    if value.is_empty() || value.contains(char::is_control) || value.ends_with('\\') {
        return Err(format!(
            "'{key}' holds single lines, without control characters and without a backslash at their end"
        ));
    }
    Ok(value.into())
}

fn option(value: &str) -> Result<String, String> {
    let value = line("options", value)?;
    if !value.starts_with('-') {
        return Err(format!("'{value}' is not an option of sbatch; write it like --exclusive"));
    }
    if let Some(name) = reserved(&value) {
        return Err(format!(
            "'{name}' is set by the sweep itself; keys of this section: {}",
            SlurmOptions::KEYS.join(", ")
        ));
    }
    Ok(value)
}

fn number(key: &str, value: &str, least: u32) -> Result<u32, String> {
    let number = value.parse().ok().filter(|number| *number >= least);
    number.ok_or_else(|| format!("'{key}' is a whole number from {least}"))
}

fn memory(value: &str) -> Result<String, String> {
    let digits = value.strip_suffix(['K', 'M', 'G', 'T']).unwrap_or(value);
    match digits.parse::<u64>() {
        Ok(1..) => Ok(value.into()),
        _ => Err("'memory' is a whole number of megabytes, or one with K, M, G or T, like 4G".into()),
    }
}

fn time(value: &str) -> Result<String, String> {
    let minutes = minutes(value)
        .ok_or("'time' is a time limit as sbatch takes it: minutes, hours:minutes:seconds or days-hours:minutes")?;
    if minutes < SHORTEST {
        return Err(format!(
            "'time' must be {SHORTEST} minutes at least: a run is asked to save itself up to two minutes before its end"
        ));
    }
    Ok(value.into())
}

/// Whole minutes of `minutes`, `minutes:seconds`, `hours:minutes:seconds`, `days-hours`, `days-hours:minutes` or
/// `days-hours:minutes:seconds`.
fn minutes(value: &str) -> Option<u64> {
    let number = |text: &str| if text.len() <= 6 { text.parse::<u64>().ok() } else { None };
    let parts = |text: &str| text.split(':').map(number).collect::<Option<Vec<u64>>>();
    match value.split_once('-') {
        Some((days, rest)) => {
            let rest = parts(rest)?;
            let (hours, minutes) = match rest[..] {
                [hours] => (hours, 0),
                [hours, minutes] | [hours, minutes, _] => (hours, minutes),
                _ => return None,
            };
            Some((number(days)? * 24 + hours) * 60 + minutes)
        }
        None => match parts(value)?[..] {
            [minutes] | [minutes, _] => Some(minutes),
            [hours, minutes, _] => Some(hours * 60 + minutes),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_limits_are_read_as_sbatch_reads_them() {
        for (text, expected) in [
            ("90", Some(90)),
            ("90:30", Some(90)),
            ("1:30:00", Some(90)),
            ("1-2", Some(26 * 60)),
            ("1-2:30", Some(26 * 60 + 30)),
            ("1-2:30:59", Some(26 * 60 + 30)),
            ("", None),
            ("1h", None),
            ("1:2:3:4", None),
            ("-5", None),
        ] {
            assert_eq!(minutes(text), expected, "{text}");
        }
    }

    #[test]
    fn a_later_layer_wins_key_by_key() {
        let lower = SlurmOptions::parse(&["partition=long", "time=60", "prologue=module load gcc"]).unwrap();
        let upper = SlurmOptions::parse(&["partition=short", "prologue=. env.sh"]).unwrap();
        let both = upper.over(&lower);
        assert_eq!(both.partition.as_deref(), Some("short"));
        assert_eq!(both.time.as_deref(), Some("60"));
        assert_eq!(both.prologue, [". env.sh"]);
    }

    #[test]
    fn what_could_break_out_of_a_line_is_refused() {
        let message = |word: &str| SlurmOptions::parse(&[word]).unwrap_err().to_string();
        for word in [
            "partition=a b",
            "partition=",
            "account=x\ny",
            "qos='q'",
            "prologue=a\nb",
            "prologue=a\\",
            "options=-x\n#SBATCH -y",
            "options=exclusive",
            "time=1\n2",
            "memory=4G#",
            "cpus=0",
            "throttle=x",
            "retries=-1",
        ] {
            let said = message(word);
            assert!(said.starts_with("on the command line: --slurm "), "{said}");
        }
        insta::assert_snapshot!(message("partitoin=x"), @"on the command line: --slurm partitoin=x: unknown key 'partitoin'; did you mean 'partition'?");
        insta::assert_snapshot!(message("options=--array=1-5"), @"on the command line: --slurm options=--array=1-5: '--array' is set by the sweep itself; keys of this section: partition, account, qos, constraint, time, memory, cpus, throttle, retries, prologue, options");
        insta::assert_snapshot!(message("time=2"), @"on the command line: --slurm time=2: 'time' must be 3 minutes at least: a run is asked to save itself up to two minutes before its end");
        insta::assert_snapshot!(message("short"), @"on the command line: --slurm short: write it as key=value, for instance partition=short");
    }

    #[test]
    fn a_value_is_given_once() {
        let error = SlurmOptions::parse(&["time=60", "time=70"]).unwrap_err().to_string();
        assert!(error.ends_with("'time' is given twice"), "{error}");
        assert_eq!(SlurmOptions::parse(&["options=--exclusive", "options=--nice=5"]).unwrap().options.len(), 2);
    }
}
