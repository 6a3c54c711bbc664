//! The scripts that a submission gives to `sbatch`. Plain `sh`; everything that comes from outside is quoted.

use super::options::{NOTICE, SlurmOptions};
use crate::{error::SweepError, origin::Located, trainer::Trainer};
use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

/// The index whose place in a worker's command line the task's own takes.
const ANY: usize = usize::MAX;

/// The commands of the jobs around the runs. All paths in them are absolute.
pub trait Stages {
    /// Makes the data, and then the plan as the file `plan`.
    fn prepare(&self, plan: &Path) -> Command;
    /// Draws the report.
    fn report(&self) -> Command;
}

/// A script and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Script {
    pub(super) path: PathBuf,
    pub(super) text: String,
}

/// `text` as one word of a shell's command line.
///
/// ```
/// use egnn_sweep::slurm::quote;
/// assert_eq!(quote("/lab/nbody-sizes"), "/lab/nbody-sizes");
/// assert_eq!(quote("it's $HOME"), r"'it'\''s $HOME'");
/// ```
pub fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./,:=+@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text.into() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// The array's script. Its first argument is the run of task 0.
pub(super) fn tasks(folder: &Path, options: &SlurmOptions, trainer: &dyn Trainer) -> Result<Script, SweepError> {
    let command = trainer.worker(&folder.join("plan.json"), ANY);
    let run = words(&command)?.replace(&ANY.to_string(), "\"$((egnn_first + SLURM_ARRAY_TASK_ID))\"");
    let mut directives = vec!["--requeue".to_owned()];
    if let Some(time) = &options.time {
        directives.push(format!("--time={time}"));
        directives.push(format!("--signal=B:USR1@{NOTICE}"));
    }
    directives.extend(options.cpus.map(|cpus| format!("--cpus-per-task={cpus}")));
    let head = head(folder, "%A_%a", options, &directives)?;
    let prologue = prologue(options, &command)?;
    let retries = options.retries();
    let text = format!(
        r#"{head}egnn_first=$1
{prologue}
# Whatever the lines above did to this shell.
set +eu
worker=
signalled=
ending=
# Time is nearly up: the worker saves itself and leaves with 4.
trap 'signalled=1; test -z "$worker" || kill -USR1 "$worker" 2>/dev/null' USR1
# SLURM tells the worker, too.
trap 'signalled=1; ending=1' TERM

# One run of the plan: the array's first run and the task's id. A finished run is left alone.
{run} &
worker=$!
wait "$worker"
code=$?
# A signal ends the waiting and not the worker.
while test -n "$signalled"; do
    signalled=
    wait "$worker"
    again=$?
    # 127: its end was heard before.
    test "$again" -eq 127 || code=$again
done

# Saved and stopped (4), crashed (128 and more) or hindered by its surroundings (3), like the lock of a node that is gone:
# once more, unless somebody ended the task or it was too often.
if test -z "$ending" && {{ test "$code" -eq 3 || test "$code" -eq 4 || test "$code" -ge 128; }} && test "${{SLURM_RESTART_COUNT:-0}}" -lt {retries}; then
    echo "egnn: the worker ended with $code; the task waits for its next turn" >&2
    for pause in 1 5 25 ''; do
        scontrol requeue "${{SLURM_ARRAY_JOB_ID}}_${{SLURM_ARRAY_TASK_ID}}" && break
        # That somebody ended the task may also be the answer that got lost.
        test -z "$ending" && test -n "$pause" || break
        sleep "$pause"
    done
fi
exit "$code"
"#
    );
    Ok(Script { path: folder.join("tasks.sh"), text })
}

/// A job of one command.
pub(super) fn single(
    folder: &Path,
    name: &str,
    options: &SlurmOptions,
    command: &Command,
) -> Result<Script, SweepError> {
    let head = head(folder, &format!("{name}-%j"), options, &["--requeue".to_owned()])?;
    let text = format!("{head}{}\nexec {}\n", prologue(options, command)?, words(command)?);
    Ok(Script { path: folder.join(format!("{name}.sh")), text })
}

/// What `sbatch` reads.
fn head(folder: &Path, log: &str, options: &SlurmOptions, own: &[String]) -> Result<String, SweepError> {
    let logs = utf8(folder.join("logs").as_os_str())?.replace('%', "%%");
    if logs.contains(|c: char| c.is_control() || "\"\\".contains(c)) {
        let message =
            format!("the folder '{logs}' has a quote, backslash or control character; SLURM cannot write there");
        return Err(Located::command_line(message).into());
    }
    let mut lines = vec!["#!/bin/sh".to_owned()];
    let mut directive = |text: &str| lines.push(format!("#SBATCH {text}"));
    directive(&format!("--output=\"{logs}/{log}.out\""));
    directive("--open-mode=append");
    for text in own {
        directive(text);
    }
    for (name, value) in [
        ("partition", &options.partition),
        ("account", &options.account),
        ("qos", &options.qos),
        ("constraint", &options.constraint),
        ("mem", &options.memory),
    ] {
        if let Some(value) = value {
            directive(&format!("--{name}={value}"));
        }
    }
    for text in &options.options {
        directive(text);
    }
    Ok(lines.join("\n") + "\n")
}

/// What the shell does before the command.
fn prologue(options: &SlurmOptions, command: &Command) -> Result<String, SweepError> {
    let mut lines = options.prologue.clone();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            lines.push(format!("export {}={}", utf8(name)?, quote(utf8(value)?)));
        }
    }
    Ok(lines.iter().flat_map(|line| [line, "\n"]).collect())
}

fn words(command: &Command) -> Result<String, SweepError> {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    Ok(words.map(|word| utf8(word).map(quote)).collect::<Result<Vec<_>, _>>()?.join(" "))
}

fn utf8(text: &OsStr) -> Result<&str, SweepError> {
    text.to_str().ok_or_else(|| {
        let message = format!("'{}' is not UTF-8 text and cannot stand in a job's script", text.display());
        Located::command_line(message).into()
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_a_quoted_word_as_it_was() {
        for text in [
            "",
            "plain/word-1",
            "two words",
            "it's",
            "'",
            "$HOME `id` $(id)",
            "a\\",
            "\"#;&|<>*?~!",
            "line\nbreak",
            "%A_%a",
        ] {
            let output = Command::new("sh").args(["-c", &format!("printf %s {}", quote(text))]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), text);
        }
    }
}
