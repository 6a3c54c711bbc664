//! `egnn query`: SQL over Parquet.

use crate::{
    args::{Format, Query},
    exit::{Result, Stop},
    printer,
    workspace::Workspace,
};

pub(crate) fn run(args: &Query, workspace: &dyn Fn() -> Result<Workspace>) -> Result<()> {
    let results = match &args.pipeline {
        None => None,
        Some(pipeline) => {
            let workspace = workspace()?;
            workspace.pipeline(pipeline)?;
            let path = workspace.reports(pipeline).join(&args.profile).join("results.parquet");
            if !path.is_file() {
                return Err(Stop::input(format!(
                    "{}: not there yet; run `egnn sweep {pipeline} --profile {}` first",
                    path.display(),
                    args.profile
                )));
            }
            Some(path)
        }
    };
    let output = egnn_report::query(&args.sql, results.as_deref())?;
    let format = if args.json { Format::Json } else { args.format };
    printer::data(output.render(match format {
        Format::Table => egnn_report::Format::Table,
        Format::Csv => egnn_report::Format::Csv,
        Format::Json => egnn_report::Format::Json,
    }));
    Ok(())
}
