//! `egnn evaluate`: a stored model on a split of a set.

use crate::{
    args::Evaluate,
    catalogue::{Catalogue, Kind, SPLITS},
    command::generate::Check,
    exit::{Result, Stop},
    printer,
    provider::LocalData,
    workspace::Workspace,
};
use egnn_schema::{FieldValue, Property, names};
use egnn_store::{atomic, graphs, qm9};
use egnn_sweep::{DataProvider, DataState};
use egnn_train::{
    Evaluation, EvaluationData, EvaluationSamples, Frames, Graphs, ModelFile, ModelSpec, Molecules, Samples,
};
use std::path::{Path, PathBuf};

pub(crate) fn run(args: &Evaluate, workspace: &Workspace) -> Result<()> {
    let catalogue = Catalogue::read(workspace)?;
    // A folder that may not be read is no unknown set.
    catalogue.manifest(&args.data)?;
    let kind = catalogue.kind(&args.data).ok_or_else(|| Stop::input(catalogue.unknown(&args.data, &Kind::ALL)))?;
    let path = if args.run.is_dir() { args.run.join("model.safetensors") } else { args.run.clone() };
    let mut file = ModelFile::read(&path)?;
    refuse_another_tasks_set(&file, &path, kind, &args.data)?;
    if let Some(assumed) = file.assume(args.model.as_deref(), args.dim)? {
        printer::say(assumed);
    }
    let (samples, data) = match kind {
        Kind::Nbody => nbody(args, &catalogue, &file)?,
        Kind::Graphs => graphs(args, &catalogue)?,
        Kind::Qm9 => molecules(args, &catalogue, &file)?,
    };
    let (evaluation, predictions) = egnn_train::evaluate(&file, data, &samples, args.compute.backend())?;
    let out = args.out.clone().unwrap_or_else(|| default_folder(args));
    atomic::create_folder(&out)?;
    egnn_train::write_evaluation(&out, &evaluation, &predictions)?;
    if args.json {
        printer::json(&evaluation);
    } else {
        printer::data(describe(&evaluation));
        printer::say(format!("wrote {}", out.display()));
    }
    Ok(())
}

/// Before anything else is asked of the set, so that nobody makes one in vain.
fn refuse_another_tasks_set(file: &ModelFile, path: &Path, kind: Kind, set: &str) -> Result<()> {
    let reads = match file.spec {
        ModelSpec::Nbody(_) => Kind::Nbody,
        ModelSpec::Autoencoder(_) => Kind::Graphs,
        ModelSpec::Qm9(_) => Kind::Qm9,
    };
    if reads == kind {
        return Ok(());
    }
    let (task, wanted, held) = (file.spec.task(), reads.holds(), kind.holds());
    Err(Stop::input(format!(
        "--data: set '{set}' holds {held}; {} is of task {task}, which reads {wanted}",
        path.display()
    )))
}

/// Two frames of a split.
fn nbody(args: &Evaluate, catalogue: &Catalogue, file: &ModelFile) -> Result<(EvaluationSamples, EvaluationData)> {
    refuse_property(args, Kind::Nbody)?;
    let shape = catalogue.shape(&args.data).map_err(Stop::input)?;
    let size = *shape.splits.get(&args.split).ok_or_else(|| unknown_split(args, &SPLITS))?;
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
    let start_frame = frame(args.start_frame, "eval_start_frame", 30)?;
    let target_frame = frame(args.target_frame, "eval_target_frame", 40)?;
    let data = evaluation_data(args, catalogue, Some(Frames { start_frame, target_frame }))?;
    let samples = Samples::read(&split_path(args, catalogue), start_frame, target_frame, size)?;
    Ok((EvaluationSamples::Nbody(samples), data))
}

/// The graphs of a split.
fn graphs(args: &Evaluate, catalogue: &Catalogue) -> Result<(EvaluationSamples, EvaluationData)> {
    refuse_frames(args, Kind::Graphs)?;
    refuse_property(args, Kind::Graphs)?;
    let splits = catalogue.graph_splits(&args.data).map_err(Stop::input)?;
    if !splits.contains_key(&args.split) {
        return Err(unknown_split(args, &splits.keys().map(String::as_str).collect::<Vec<_>>()));
    }
    let data = evaluation_data(args, catalogue, None)?;
    let rows = graphs::read_split(&split_path(args, catalogue), None)?;
    Ok((EvaluationSamples::Autoencoder(Graphs::new(&rows)?), data))
}

/// The molecules of a split; for a file of PyTorch also those trained on, whose labels it was normalised with.
fn molecules(args: &Evaluate, catalogue: &Catalogue, file: &ModelFile) -> Result<(EvaluationSamples, EvaluationData)> {
    refuse_frames(args, Kind::Qm9)?;
    let named = |name: &String| {
        let known = Property::ALL.map(Property::name);
        Property::from_name(name)
            .ok_or_else(|| Stop::input(format!("--property: {}", names::unknown("property", name, &known))))
    };
    let property = match (file.property(), args.property.as_ref().map(named).transpose()?) {
        (Some(recorded), Some(given)) if recorded != given => {
            let (recorded, given) = (recorded.name(), given.name());
            return Err(Stop::input(format!("--property {given}: the model says {recorded}; leave --property out")));
        }
        (Some(property), _) | (None, Some(property)) => property,
        (None, None) => {
            return Err(Stop::input("the file does not say which property its model predicts; give --property"));
        }
    };
    let splits = catalogue.qm9_splits(&args.data).map_err(Stop::input)?;
    if !splits.contains_key(&args.split) {
        return Err(unknown_split(args, &splits.keys().map(String::as_str).collect::<Vec<_>>()));
    }
    let data = EvaluationData { property: Some(property.name()), ..evaluation_data(args, catalogue, None)? };
    let read = |split: &str| -> Result<Molecules> {
        let path = catalogue.folder(&args.data).join(format!("{split}.parquet"));
        Ok(Molecules::new(qm9::read_split(&path, None)?, property))
    };
    let train = file.config.is_none().then(|| read("train")).transpose()?;
    Ok((EvaluationSamples::Qm9 { molecules: read(&args.split)?, train }, data))
}

/// Only molecules have properties.
fn refuse_property(args: &Evaluate, kind: Kind) -> Result<()> {
    if args.property.is_some() {
        let (set, holds) = (&args.data, kind.holds());
        return Err(Stop::input(format!("--property: set '{set}' holds {holds}, which have no properties")));
    }
    Ok(())
}

/// Only n-body sets have frames.
fn refuse_frames(args: &Evaluate, kind: Kind) -> Result<()> {
    for (option, given) in [("--start-frame", args.start_frame), ("--target-frame", args.target_frame)] {
        if given.is_some() {
            let (set, holds) = (&args.data, kind.holds());
            return Err(Stop::input(format!("{option}: set '{set}' holds {holds}, which have no frames")));
        }
    }
    Ok(())
}

fn unknown_split(args: &Evaluate, known: &[&str]) -> Stop {
    Stop::input(format!("--split: set '{}': {}", args.data, names::unknown("split", &args.split, known)))
}

fn split_path(args: &Evaluate, catalogue: &Catalogue) -> PathBuf {
    catalogue.folder(&args.data).join(format!("{}.parquet", args.split))
}

/// What is evaluated on: a set that is there, up to date and undamaged.
fn evaluation_data(args: &Evaluate, catalogue: &Catalogue, frames: Option<Frames>) -> Result<EvaluationData> {
    let (set, split) = (args.data.clone(), args.split.clone());
    match (LocalData { catalogue, check: Check::Checksums }).state(&set)? {
        DataState::Ready { content_hash } => {
            Ok(EvaluationData { set, split, frames, property: None, dataset_hash: content_hash })
        }
        DataState::Missing { reason, .. } => {
            let kind = catalogue.kind(&set).map_or("all", Kind::name);
            Err(Stop::input(format!("set '{set}': {reason}; run `egnn generate {kind} {set}` first")))
        }
    }
}

/// Beside the run or the file.
fn default_folder(args: &Evaluate) -> PathBuf {
    let name = format!("evaluation-{}-{}", args.data, args.split);
    if args.run.is_dir() {
        return args.run.join(name);
    }
    let beside = args.run.with_extension("");
    beside.with_file_name(format!("{}-{name}", stem(&beside)))
}

fn stem(path: &Path) -> String {
    path.file_name().map_or_else(|| "model".into(), |name| name.to_string_lossy().into_owned())
}

fn describe(evaluation: &Evaluation) -> String {
    let Evaluation { data, model, samples, values, .. } = evaluation;
    let value = |name: &str| values.get(name).copied().unwrap_or(f64::NAN);
    match (data.frames, data.property) {
        (Some(Frames { start_frame, target_frame }), _) => format!(
            "{model} on {} ({samples} samples, frames {start_frame} -> {target_frame}): MSE {:.6} (median {:.6}, 95th percentile {:.6} of the trajectories), largest error of a body {:.3}",
            data.set,
            value("mse"),
            value("mse_median"),
            value("mse_p95"),
            value("largest_error")
        ),
        (None, Some(name)) => {
            let unit = Property::from_name(name).map_or("", Property::unit);
            let (set, split) = (&data.set, &data.split);
            format!("{model} on {set} ({samples} molecules of {split}): {name}, MAE {:.5} {unit}", value("mae"))
        }
        (None, None) => format!(
            "{model} on {} ({samples} graphs of {}): BCE {:.4}, error {:.3} %, F1 {:.4}",
            data.set,
            data.split,
            value("bce"),
            value("error_percent"),
            value("f1")
        ),
    }
}
