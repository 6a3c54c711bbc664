//! `egnn query`: SQL over Parquet.

use crate::{
    args::{Format, Query},
    collection,
    exit::{Result, Stop},
    printer,
    workspace::Workspace,
};
use egnn_report::Named;
use egnn_store::atomic;
use std::{io::IsTerminal, path::Path};

pub(crate) fn run(args: &Query, workspace: &dyn Fn() -> Result<Workspace>) -> Result<()> {
    let named = match args.named.as_deref() {
        Some("") => {
            if args.json || args.format.is_some() || args.out.is_some() || args.pipeline.is_some() {
                return Err(Stop::input(
                    "--named without a name only lists the queries; name one, as in --named best-by-model",
                ));
            }
            printer::data(list());
            return Ok(());
        }
        named => named.map(Named::find).transpose()?,
    };
    let (sql, all) = match (&args.sql, named) {
        (Some(sql), None) => (sql.as_str(), None),
        (_, Some(named)) => (named.sql, Some("*")),
        (None, None) => {
            return Err(Stop::input("no query: give SQL, or --named alone for a list of queries with names"));
        }
    };
    let format = format(args)?;
    let sources = match args.pipeline.as_deref().or(all) {
        None if args.profile.is_some() => return Err(Stop::input("--profile needs --pipeline")),
        None => Vec::new(),
        Some(pipeline) => {
            let profile = args.profile.as_deref().or(all).unwrap_or("quick");
            let found = collection::find(&workspace()?, pipeline, profile)?;
            if !found.without.is_empty() {
                printer::say(format!("left out, no results yet: {}", found.without.join(", ")));
            }
            found.sources
        }
    };
    let output = egnn_report::query(sql, &sources)?;
    output.notices.iter().for_each(printer::say);
    let bytes = output.bytes(format)?;
    match &args.out {
        None => printer::bytes(&bytes),
        Some(path) => {
            atomic::write(path, |out| out.write_all(&bytes))?;
            let rows = output.rows();
            printer::say(format!("{}: {rows} {}", path.display(), if rows == 1 { "row" } else { "rows" }));
        }
    }
    Ok(())
}

/// The format that is asked for, or that the ending of --out stands for.
fn format(args: &Query) -> Result<egnn_report::Format> {
    let ending = args.out.as_deref().and_then(Path::extension).and_then(|ending| ending.to_str());
    let of_file = match ending {
        Some("csv") => Some(Format::Csv),
        Some("json") => Some(Format::Json),
        Some("parquet") => Some(Format::Parquet),
        _ => None,
    };
    let given = if args.json { Some(Format::Json) } else { args.format };
    match given.or(of_file).unwrap_or(Format::Table) {
        Format::Table => Ok(egnn_report::Format::Table),
        Format::Csv => Ok(egnn_report::Format::Csv),
        Format::Json => Ok(egnn_report::Format::Json),
        Format::Parquet if args.out.is_none() && std::io::stdout().is_terminal() => Err(Stop::input(
            "Parquet is no text: name a file with --out FILE, or send the output elsewhere with > or |",
        )),
        Format::Parquet => Ok(egnn_report::Format::Parquet),
    }
}

/// The named queries with what they show and their SQL, to be changed.
fn list() -> String {
    let of = |named: Named| {
        let body: Vec<String> = named.body().lines().map(|line| format!("    {line}")).collect();
        format!("{}\n  {}\n\n{}\n", named.name, named.about(), body.join("\n"))
    };
    Named::ALL.map(of).join("\n")
}
