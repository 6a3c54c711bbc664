//! `egnn cancel`: ends a sweep, wherever it runs.

use crate::{
    args::Finished,
    command::submit::cluster,
    exit::{Result, Stop},
    printer,
    workspace::Workspace,
};
use egnn_schema::exit;
use egnn_sweep::slurm;
use std::{fs, path::Path, process::Command};

pub(crate) fn run(args: &Finished, workspace: &Workspace) -> Result<()> {
    workspace.pipeline(&args.pipeline)?;
    let folder = workspace.reports(&args.pipeline).join(&args.profile);
    if !folder.is_dir() {
        return Err(Stop::input(format!("{}: no sweep was run or submitted there", folder.display())));
    }
    let jobs = slurm::cancel(&folder, &cluster())?;
    if !args.json && !jobs.is_empty() {
        printer::say(format!("cancelled: {}", jobs.join(", ")));
    }
    let process = egnn_sweep::owner(&folder)?;
    if let Some(process) = process {
        end(process)?;
    }
    if args.json {
        printer::json(&serde_json::json!({ "process": process, "jobs": jobs }));
        return Ok(());
    }
    if let Some(process) = process {
        printer::say(format!("asked the sweep of process {process} to end; it saves what its runs have"));
    }
    printer::say(if process.is_none() && jobs.is_empty() {
        "nothing to cancel: this sweep neither runs here nor waits in a queue"
    } else {
        "the same `egnn sweep` goes on from there"
    });
    Ok(())
}

/// Asks the process of a sweep to end.
fn end(process: u32) -> Result<()> {
    // A shared folder may be locked by a process of another host, whose number is somebody else's here.
    let words = Path::new("/proc").join(process.to_string()).join("cmdline");
    if Path::new("/proc/self").exists() && !fs::read_to_string(words).is_ok_and(|words| words.contains("sweep")) {
        let message =
            format!("the sweep is run by process {process} of another host; end it there with Ctrl-C or kill");
        return Err(Stop::new(exit::ENVIRONMENT, anyhow::Error::msg(message)));
    }
    let asked = Command::new("sh").args(["-c", "kill -TERM \"$1\"", "sh", &process.to_string()]).output();
    let asked = asked.map_err(|error| Stop::environment("cannot start 'sh'", error))?;
    if asked.status.success() {
        return Ok(());
    }
    let message = format!("cannot end process {process}: {}", String::from_utf8_lossy(&asked.stderr).trim());
    Err(Stop::new(exit::ENVIRONMENT, anyhow::Error::msg(message)))
}
