//! `egnn evaluate`: a stored model on a split of a set.

use crate::{
    args::Evaluate,
    catalogue::{Catalogue, SPLITS},
    command::generate::Check,
    exit::{Result, Stop},
    printer,
    provider::LocalData,
    workspace::Workspace,
};
use egnn_schema::{FieldValue, names};
use egnn_store::atomic;
use egnn_sweep::{DataProvider, DataState};
use egnn_train::{EvaluationData, ModelFile, Samples};

pub(crate) fn run(args: &Evaluate, workspace: &Workspace) -> Result<()> {
    let catalogue = Catalogue::read(workspace)?;
    // A folder that may not be read is no unknown set.
    catalogue.manifest(&args.data)?;
    let shape = catalogue.shape(&args.data).map_err(Stop::input)?;
    let Some(&size) = shape.splits.get(&args.split) else {
        return Err(Stop::input(format!("set '{}': {}", args.data, names::unknown("split", &args.split, &SPLITS))));
    };
    let is_run = args.run.is_dir();
    let path = if is_run { args.run.join("model.safetensors") } else { args.run.clone() };
    let file = ModelFile::read(&path)?;
    let frame = |given: Option<u64>, field: &str, default: u64| {
        let recorded = file.config.as_ref().and_then(|config| match config.get(field)? {
            FieldValue::Int(frame) => u64::try_from(*frame).ok(),
            _ => None,
        });
        let frame = given.or(recorded).unwrap_or(default);
        if frame < shape.frames {
            Ok(frame)
        } else {
            let last = shape.frames - 1;
            Err(Stop::input(format!(
                "frame {frame} is beyond the last frame of set '{}' ({last}); give --start-frame and --target-frame",
                args.data
            )))
        }
    };
    let start = frame(args.start_frame, "eval_start_frame", 30)?;
    let target = frame(args.target_frame, "eval_target_frame", 40)?;
    let dataset_hash = whole(&catalogue, &args.data)?;
    let path = catalogue.folder(&args.data).join(format!("{}.parquet", args.split));
    let samples = Samples::read(&path, start, target, size)?;
    let data = EvaluationData {
        set: args.data.clone(),
        split: args.split.clone(),
        start_frame: start,
        target_frame: target,
        dataset_hash,
    };
    let (evaluation, predictions) = egnn_train::evaluate(&file, data, &samples, args.compute.backend())?;
    let out = args.out.clone().unwrap_or_else(|| {
        let beside = if is_run { args.run.clone() } else { args.run.with_extension("") };
        let name = format!("evaluation-{}-{}", args.data, args.split);
        if is_run { beside.join(name) } else { beside.with_file_name(format!("{}-{name}", stem(&beside))) }
    });
    atomic::create_folder(&out)?;
    egnn_train::write_evaluation(&out, &evaluation, &predictions)?;
    if args.json {
        printer::json(&evaluation);
    } else {
        printer::data(format!(
            "{} on {} ({} samples, frames {start} -> {target}): MSE {:.6}, largest error of a body {:.3}",
            evaluation.model, args.data, evaluation.samples, evaluation.mse, evaluation.largest_error
        ));
        printer::say(format!("wrote {}", out.display()));
    }
    Ok(())
}

/// Content hash of a set that is there, up to date and undamaged.
fn whole(catalogue: &Catalogue, set: &str) -> Result<String> {
    let data = LocalData { catalogue, check: Check::Checksums };
    match data.state(set)? {
        DataState::Ready { content_hash } => Ok(content_hash),
        DataState::Missing { reason, .. } => {
            Err(Stop::input(format!("set '{set}': {reason}; run `egnn generate nbody {set}` first")))
        }
    }
}

fn stem(path: &std::path::Path) -> String {
    path.file_name().map_or_else(|| "model".into(), |name| name.to_string_lossy().into_owned())
}
