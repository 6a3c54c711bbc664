//! `egnn parity`: this program against reference cases.

use crate::{
    args::Parity,
    exit::{Result, Stop},
    printer,
};
use egnn_nn::parity::{self, ParityReport, Quantity, Tolerances};
use egnn_schema::exit;

pub(crate) fn run(args: &Parity) -> Result<()> {
    let (tolerances, backend) = (Tolerances::default(), args.compute.backend());
    // Every file is compared before anything is said, so that a refused file stands out.
    let reports = args
        .cases
        .iter()
        .map(|path| {
            let case = parity::load(path)?;
            if case.is_adam_trace() {
                Ok(egnn_train::run_trace(&case, tolerances, backend)?)
            } else {
                Ok(parity::check(&case, tolerances, backend)?)
            }
        })
        .collect::<Result<Vec<ParityReport>>>()?;
    if args.json {
        printer::json(&reports);
    } else {
        for report in &reports {
            printer::data(text(report));
        }
    }
    let failed = reports.iter().filter(|report| !report.passed()).count();
    if failed > 0 {
        return Err(Stop::new(
            exit::RUN_FAILED,
            anyhow::anyhow!("{failed} of {} cases out of tolerance", reports.len()),
        ));
    }
    Ok(())
}

/// The worst row of each quantity, and every row out of tolerance.
fn text(report: &ParityReport) -> String {
    let mut lines = vec![format!(
        "{}: {} ({})",
        report.case,
        report.model,
        if report.passed() { "ok" } else { "OUT OF TOLERANCE" }
    )];
    lines.push(format!(
        "  {:<12} {:<34} {:>12} {:>12} {:>10}",
        "quantity", "worst at", "max abs", "max rel", "tolerance"
    ));
    for quantity in QUANTITIES {
        let rows = || report.rows.iter().filter(move |row| row.quantity == quantity);
        let worst = report.worst(quantity);
        let shown =
            worst.into_iter().chain(rows().filter(|row| !row.ok && worst.is_none_or(|worst| worst.name != row.name)));
        for row in shown {
            let mark = if row.ok { "" } else { "  <- out of tolerance" };
            lines.push(format!(
                "  {:<12} {:<34} {:>12.3e} {:>12.3e} {:>10.0e}{mark}",
                name(quantity),
                row.name,
                row.max_abs,
                row.max_rel,
                row.tolerance
            ));
        }
    }
    lines.join("\n")
}

const QUANTITIES: [Quantity; 5] =
    [Quantity::Output, Quantity::Loss, Quantity::Gradient, Quantity::Losses, Quantity::Parameter];

fn name(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Output => "output",
        Quantity::Loss => "loss",
        Quantity::Gradient => "gradient",
        Quantity::Losses => "losses",
        Quantity::Parameter => "parameter",
    }
}
