//! `egnn compare`: two result sets side by side.

use crate::{
    args::Compare,
    collection,
    exit::{Result, Stop},
    printer,
    workspace::Workspace,
};
use egnn_report::{Equality, Source};
use egnn_schema::exit;

pub(crate) fn run(args: &Compare, workspace: &dyn Fn() -> Result<Workspace>) -> Result<()> {
    let [a, b] = [&args.a, &args.b].map(|name| collection::one(workspace, name));
    let (a, b) = (a?, b?);
    let [name_a, name_b] = [&a, &b].map(name);
    let comparison = egnn_report::compare((&name_a, &a.path), (&name_b, &b.path))?;
    if args.json {
        printer::json(&comparison.json());
    } else {
        printer::data(comparison.text());
    }
    match comparison.nothing_in_common() {
        Some(why) => Err(Stop::input(why)),
        None if args.exit_code && comparison.equality == Equality::None => {
            Err(Stop::new(exit::RUN_FAILED, anyhow::anyhow!("the results differ")))
        }
        None => Ok(()),
    }
}

/// What a result set is called: as it was named, with its profile.
fn name(source: &Source) -> String {
    if source.profile.is_empty() { source.pipeline.clone() } else { format!("{}/{}", source.pipeline, source.profile) }
}
