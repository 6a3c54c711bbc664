//! A plan: which runs there are. [`ResolvedPlan`] is validated, but does not know the data yet; [`SweepPlan`] does,
//! and with it every run's id. Nothing in a `SweepPlan` can be invalid.

mod rule_names;

use crate::{
    error::SweepError,
    expand::{self, About, Exclusive, about},
    manifest::{PlannedRun, SweepManifest},
    origin::{self, Located, Setting, Settings},
    overrides::Overrides,
    own::Configs,
    slurm::SlurmOptions,
    spec::{ReportKind, SweepSpec},
    trainer::{Estimate, Trainer},
};
use egnn_schema::{FieldError, FieldValue, Fields, run::RunIdentity, version};
use rule_names::RuleNames;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

/// The profile that is used if none is named.
pub const DEFAULT_PROFILE: &str = "quick";

/// Which part of a pipeline to run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// The profile's name, [`DEFAULT_PROFILE`] if absent.
    pub profile: Option<String>,
    /// What the command line changes.
    pub overrides: Overrides,
    /// Folder under `reports/<pipeline>/`, if not the profile's own.
    pub name: Option<String>,
    /// What sets these runs apart beside their fields, for instance another backend: it ends the folder's name.
    pub variant: Option<String>,
}

/// A validated plan before its data are known.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedPlan {
    /// The pipeline's name.
    pub pipeline: String,
    /// The profile's name.
    pub profile: String,
    /// Heading of the report.
    pub title: String,
    /// The pipeline's and the profile's words about it.
    pub description: String,
    /// How results are shown.
    pub report: ReportKind,
    /// Words like `seed=1,2`.
    pub overrides: Vec<String>,
    /// Where results go, relative to the project's root, with `/`.
    pub folder: String,
    /// Task of every run.
    pub task: String,
    /// What the pipeline and its profile ask of a cluster.
    pub slurm: SlurmOptions,
    /// The runs in order.
    pub runs: Vec<ResolvedPoint>,
    configs: Configs,
    /// Where a set is named first, if it is no default.
    named: BTreeMap<String, Setting>,
    spec: SweepSpec,
}

/// One run of a [`ResolvedPlan`].
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedPoint {
    /// Readable beginning of the run's id.
    pub name: String,
    /// Sets that the run reads.
    pub datasets: Arc<[String]>,
    /// What it will cost.
    pub estimate: Estimate,
}

/// How numbers are computed: part of a run's identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// What computes: `kernels` or `plain`.
    pub backend: String,
    /// Threads of a run.
    pub threads: u32,
}

impl ResolvedPlan {
    /// Expands and validates what `selection` takes of `spec`.
    ///
    /// # Errors
    /// The first field that is wrong, at the place where it got its value.
    pub fn new(spec: &SweepSpec, selection: &Selection, trainer: &dyn Trainer) -> Result<Self, SweepError> {
        let name = selection.profile.as_deref().unwrap_or(DEFAULT_PROFILE);
        let profile = spec.profile(name)?;
        let layers = [&spec.layer, &profile.layer, &selection.overrides.layer];
        let points = expand::points(spec, &layers, Exclusive(trainer.exclusive()))?;
        let mut names = RuleNames::new(&layers);
        let mut runs: Vec<ResolvedPoint> = Vec::with_capacity(points.size_hint().0);
        let (mut configs, mut named) = (Configs::default(), BTreeMap::new());
        for settings in points {
            let run = trainer
                .resolve(&spec.task.value, &origin::fields(&settings))
                .map_err(|error| located(spec, name, &settings, error))?;
            for set in &run.datasets {
                let setting =
                    settings.values().find(|setting| matches!(&setting.value, FieldValue::Text(text) if text == set));
                if let Some(setting) = setting.filter(|_| !named.contains_key(set)) {
                    named.insert(set.clone(), setting.clone());
                }
            }
            configs.push(run.config);
            let datasets = match runs.last() {
                Some(last) if *last.datasets == *run.datasets => Arc::clone(&last.datasets),
                _ => run.datasets.into(),
            };
            runs.push(ResolvedPoint { name: run.name, datasets, estimate: run.estimate });
            names.see(settings);
        }
        names.check(spec, trainer)?;
        let own = selection.name.as_deref().map(|own| checked_name(spec, own)).transpose()?;
        let folder = own.unwrap_or_else(|| selection.overrides.folder(name));
        let folder = std::iter::once(folder).chain(selection.variant.clone()).collect::<Vec<_>>().join("-");
        let description = [spec.description.trim(), profile.description.trim()];
        Ok(Self {
            pipeline: spec.pipeline.clone(),
            profile: name.into(),
            title: spec.title.clone(),
            description: description.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" "),
            report: spec.report,
            overrides: selection.overrides.words().to_vec(),
            folder: format!("reports/{}/{folder}", spec.pipeline),
            task: spec.task.value.clone(),
            slurm: profile.slurm.clone().over(&spec.slurm),
            runs,
            configs,
            named,
            spec: spec.clone(),
        })
    }

    /// The complete configuration of a run.
    pub fn config(&self, index: usize) -> Fields {
        self.configs.get(index)
    }

    /// Every set that a run reads, once.
    pub fn datasets(&self) -> BTreeSet<&str> {
        let mut sets = BTreeSet::new();
        // One by one: collecting would sort as many as there are runs.
        sets.extend(self.runs.iter().flat_map(|point| point.datasets.iter()).map(String::as_str));
        sets
    }

    /// A complaint about a set, at the field that names it.
    pub(crate) fn about_set(&self, set: &str, message: String) -> Located {
        match self.named.get(set) {
            Some(setting) => about(&self.spec, setting, About::Value, message),
            None => Located { file: Some(self.spec.file.clone()), spot: None, message },
        }
    }

    /// The plan, now that the content hash of every set is known. `root` is the project's folder, `command` what a
    /// person types to make the plan again. Runs that are equal are planned once.
    ///
    /// # Errors
    /// A set without a hash in `hashes`.
    pub fn with_data(
        &self,
        root: &Path,
        hashes: &BTreeMap<String, String>,
        platform: &Platform,
        command: &str,
    ) -> Result<SweepPlan, SweepError> {
        let is_common = |set: &&String| self.runs.iter().all(|point| point.datasets.contains(set));
        let common: BTreeSet<&String> =
            self.runs.iter().take(1).flat_map(|point| point.datasets.iter()).filter(is_common).collect();
        let mut seen = BTreeSet::new();
        let total = self.runs.len();
        let (mut runs, mut estimates) = (Vec::with_capacity(total), Vec::with_capacity(total));
        for (index, point) in self.runs.iter().enumerate() {
            let identity = self.identity(index, hashes, platform)?;
            let id = identity.id(&folder_name(&point.name));
            if seen.insert(id.clone()) {
                let mut datasets = identity.datasets;
                datasets.retain(|set, _| !common.contains(set));
                runs.push(PlannedRun {
                    index: runs.len(),
                    id,
                    name: point.name.clone(),
                    task: identity.task,
                    config: self.configs.own[index].clone(),
                    datasets: datasets.into(),
                    core_seconds: point.estimate.core_seconds,
                });
                estimates.push(point.estimate);
            }
        }
        let datasets =
            common.into_iter().map(|set| (set.clone(), hashes.get(set).cloned().unwrap_or_default())).collect();
        let folder = root.join(&self.folder);
        let manifest = SweepManifest {
            program: version::PROGRAM.into(),
            record_version: version::RECORD_VERSION,
            numerics_version: version::NUMERICS_VERSION,
            backend: platform.backend.clone(),
            threads: platform.threads,
            pipeline: self.pipeline.clone(),
            profile: self.profile.clone(),
            title: self.title.clone(),
            description: self.description.clone(),
            report: self.report,
            overrides: self.overrides.clone(),
            command: command.into(),
            folder: self.folder.clone(),
            config: self.configs.common.clone(),
            datasets,
            runs,
        };
        Ok(SweepPlan { manifest, folder, estimates })
    }

    fn identity(
        &self,
        index: usize,
        hashes: &BTreeMap<String, String>,
        platform: &Platform,
    ) -> Result<RunIdentity, SweepError> {
        let hash = |set: &String| match hashes.get(set) {
            Some(hash) => Ok((set.clone(), hash.clone())),
            None => Err(self.about_set(set, format!("the content of set '{set}' is not known; generate it first"))),
        };
        Ok(RunIdentity {
            task: self.task.clone(),
            config: self.configs.get(index),
            datasets: self.runs[index].datasets.iter().map(hash).collect::<Result<_, _>>()?,
            record_version: version::RECORD_VERSION,
            numerics_version: version::NUMERICS_VERSION,
            backend: platform.backend.clone(),
            threads: platform.threads,
        })
    }
}

/// A plan that can be executed.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepPlan {
    /// What `plan.json` holds.
    pub manifest: SweepManifest,
    /// `reports/<pipeline>/<profile>` as a path.
    pub folder: PathBuf,
    /// What each run costs, in the order of the manifest; only times if the plan was read back.
    pub estimates: Vec<Estimate>,
}

impl SweepPlan {
    /// Reads the plan that an earlier sweep left in `folder`.
    ///
    /// # Errors
    /// No `plan.json`, or one that is damaged or of another version.
    pub fn load(folder: &Path) -> Result<Self, SweepError> {
        let manifest = SweepManifest::read(&folder.join(SweepManifest::FILE))?;
        let estimate = |run: &PlannedRun| Estimate { core_seconds: run.core_seconds, ..Estimate::default() };
        let estimates = manifest.runs.iter().map(estimate).collect();
        Ok(Self { manifest, folder: folder.into(), estimates })
    }
}

/// The task's complaint at the place where the field got its value.
fn located(spec: &SweepSpec, profile: &str, settings: &Settings, error: FieldError) -> Located {
    if let Some(setting) = settings.get(&error.field) {
        let half = if error.message.starts_with("unknown field") { About::Key } else { About::Value };
        return about(spec, setting, half, error.message);
    }
    if error.field == "task" {
        return Located::at(&spec.file, spec.task.spot, error.message);
    }
    // A field that nobody set, or that is missing: the profile as a whole is at fault.
    let spot = spec.profiles.get(profile).map(|profile| profile.spot);
    Located { file: Some(spec.file.clone()), spot, message: format!("profile '{profile}': {}", error.message) }
}

/// A `--name` must be a plain folder that no profile uses.
fn checked_name(spec: &SweepSpec, name: &str) -> Result<String, Located> {
    if name.is_empty() || name.starts_with('.') || folder_name(name) != name {
        let message = format!("the name '{name}' is not usable as a folder; use letters, digits, '-', '_' and '.'");
        return Err(Located::command_line(message));
    }
    if spec.profiles.contains_key(name) {
        return Err(Located::command_line(format!("the name '{name}' belongs to a profile; choose another")));
    }
    Ok(name.into())
}

/// `name` with everything that is awkward in a path replaced.
fn folder_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    name.chars().map(plain).collect()
}
