//! The results that sweeps have left in reports/, found by name or pattern.

use crate::{
    exit::{Result, Stop},
    workspace::Workspace,
};
use egnn_report::Source;
use egnn_schema::names;
use egnn_sweep::{SweepManifest, results::FILE as RESULTS};
use std::path::{Path, PathBuf};

/// Folder of `reports/` with results that are kept; their pipelines are `published/<pipeline>`.
const PUBLISHED: &str = "published";

/// Sweeps that match a pattern.
pub(crate) struct Found {
    /// Those with results, sorted.
    pub(crate) sources: Vec<Source>,
    /// Those that were planned and have none yet, as PIPELINE/PROFILE.
    pub(crate) without: Vec<String>,
}

/// The results of all pipelines and profiles that match: names, or patterns with `*` and `?`, with commas between them. `*` does
/// not match a slash, so that `published/*` are the published results and `*` the others.
pub(crate) fn find(workspace: &Workspace, pipeline: &str, profile: &str) -> Result<Found> {
    let mut found = Found { sources: Vec::new(), without: Vec::new() };
    let all = all(workspace);
    let is_known = |part: &&str| all.iter().any(|(source, _)| is_match(part, &source.pipeline));
    if let Some(unknown) = pipeline.split(',').map(str::trim).find(|part| pipeline.contains(',') && !is_known(part)) {
        let there = instead(&all, |source| source.pipeline.starts_with(PUBLISHED) == unknown.starts_with(PUBLISHED));
        return Err(Stop::input(format!("no sweep of '{unknown}', which --pipeline '{pipeline}' names{there}")));
    }
    for (source, planned) in &all {
        let matches = |patterns: &str, name: &str| patterns.split(',').any(|pattern| is_match(pattern.trim(), name));
        if !matches(pipeline, &source.pipeline) || !matches(profile, &source.profile) {
            continue;
        }
        if source.path.is_file() {
            found.sources.push(source.clone());
        } else if *planned {
            found.without.push(name(source));
        }
    }
    if !found.sources.is_empty() {
        return Ok(found);
    }
    if !is_pattern(pipeline) && !is_pattern(profile) && !pipeline.starts_with(PUBLISHED) {
        workspace.pipeline(pipeline)?;
        let path = workspace.reports(pipeline).join(profile).join(RESULTS);
        return Err(Stop::input(format!(
            "{}: not there yet; run `egnn sweep {pipeline} --profile {profile}` first{}",
            path.display(),
            instead(&all, |source| source.pipeline == pipeline)
        )));
    }
    let without = match found.without.as_slice() {
        [] => String::new(),
        without => format!(" ({} is there, without results yet)", without.join(", ")),
    };
    Err(Stop::input(format!(
        "no results match --pipeline '{pipeline}' --profile '{profile}'{without}{}",
        instead(&all, |source| source.pipeline.starts_with(PUBLISHED) == pipeline.starts_with(PUBLISHED))
    )))
}

/// `; there is a/b, c/d`: what could have been meant.
fn instead(all: &[(Source, bool)], likely: impl Fn(&Source) -> bool) -> String {
    let sources = all.iter().map(|(source, _)| source).filter(|source| source.path.is_file());
    let names: Vec<String> = sources.filter(|source| likely(source)).map(name).collect();
    if names.is_empty() {
        let published = all.iter().any(|(source, _)| source.path.is_file() && source.pipeline.starts_with(PUBLISHED));
        let remedy = if published { "; --pipeline 'published/*' names those that come with the program" } else { "" };
        format!("; there are no such results in reports/, `egnn sweep nbody-sizes` makes some{remedy}")
    } else {
        format!("; there is {}", names.join(", "))
    }
}

/// The results that `name` stands for: a file, a folder with one, PIPELINE/PROFILE, or PIPELINE, whose profile is then quick.
pub(crate) fn one(workspace: impl FnOnce() -> Result<Workspace>, named: &str) -> Result<Source> {
    let path = Path::new(named);
    let at = |path: &Path| Source { pipeline: named.into(), profile: String::new(), path: path.into() };
    if path.is_file() {
        return Ok(at(path));
    }
    if path.join(RESULTS).is_file() {
        return Ok(at(&path.join(RESULTS)));
    }
    // What looks like a path and is none has no workspace to be looked up in, maybe.
    let workspace = workspace().map_err(|error| {
        Stop::input(format!("{named}: neither a file nor a folder with {RESULTS}; for a name: {error}"))
    })?;
    let all = all(&workspace);
    let known: Vec<&Source> = all.iter().map(|(source, _)| source).filter(|source| source.path.is_file()).collect();
    let is_named = |source: &Source| name(source) == named || (source.pipeline == named && source.profile == "quick");
    if let Some(source) = known.iter().find(|source| is_named(source)) {
        return Ok((*source).clone());
    }
    if known.iter().any(|source| source.pipeline == named) {
        let those = instead(&all, |source| source.pipeline == named);
        return Err(Stop::input(format!("{named}: no results of the profile quick{those}")));
    }
    let names: Vec<String> = known.iter().map(|source| name(source)).collect();
    let likely = match names::nearest(named, names.iter().map(String::as_str)) {
        Some(nearest) => format!("; did you mean '{nearest}'?"),
        None => instead(&all, |source| source.pipeline.starts_with(PUBLISHED) == named.starts_with(PUBLISHED)),
    };
    Err(Stop::input(format!(
        "'{named}' is no results: give PIPELINE, PIPELINE/PROFILE, a folder with {RESULTS} or such a file{likely}"
    )))
}

fn name(source: &Source) -> String {
    format!("{}/{}", source.pipeline, source.profile)
}

/// Folders of the sweeps that have a plan, sorted.
pub(crate) fn planned(workspace: &Workspace) -> Vec<PathBuf> {
    let folder = |source: Source| source.path.parent().map(Path::to_owned);
    let own = |(source, is_planned): &(Source, bool)| *is_planned && !source.pipeline.starts_with(PUBLISHED);
    all(workspace).into_iter().filter(own).filter_map(|(source, _)| folder(source)).collect()
}

/// Every sweep of reports/ and reports/published/, sorted, and whether it has a plan.
fn all(workspace: &Workspace) -> Vec<(Source, bool)> {
    let mut all = Vec::new();
    for prefix in ["", PUBLISHED] {
        let folder = workspace.reports(prefix);
        for pipeline in folders(&folder).into_iter().filter(|name| !prefix.is_empty() || name != PUBLISHED) {
            let folder = folder.join(&pipeline);
            let pipeline = if prefix.is_empty() { pipeline } else { format!("{prefix}/{pipeline}") };
            for profile in folders(&folder) {
                let folder = folder.join(&profile);
                let source = Source { pipeline: pipeline.clone(), profile, path: folder.join(RESULTS) };
                all.push((source, folder.join(SweepManifest::FILE).is_file()));
            }
        }
    }
    all
}

/// Names of the folders in a folder, sorted.
fn folders(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let is_folder = |entry: &std::fs::DirEntry| entry.path().is_dir();
    let mut names: Vec<String> =
        entries.filter(is_folder).filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', ','])
}

/// Whether a name is as a shell's pattern says: `*` is any letters but slashes, `?` one.
fn is_match(pattern: &str, name: &str) -> bool {
    let mut letters = pattern.chars();
    match letters.next() {
        None => name.is_empty(),
        Some('*') => {
            let rest = letters.as_str();
            let ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
            let reach = name.find('/').unwrap_or(name.len());
            ends.take_while(|&end| end <= reach).any(|end| is_match(rest, &name[end..]))
        }
        Some(letter) => {
            let mut of_name = name.chars();
            let same = of_name.next().is_some_and(|next| next == letter || (letter == '?' && next != '/'));
            same && is_match(letters.as_str(), of_name.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_a_shells() {
        for (pattern, name) in [
            ("nbody", "nbody"),
            ("nbody*", "nbody"),
            ("nbody*", "nbody-sizes"),
            ("*", "qm9"),
            ("*-?izes", "nbody-sizes"),
            ("published/*", "published/nbody"),
            ("*/nbody", "published/nbody"),
            ("a**b", "ab"),
            ("ü?", "üß"),
        ] {
            assert!(is_match(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("nbody", "nbody-sizes"),
            ("*", "published/nbody"),
            ("?", ""),
            ("n?", "n/"),
            ("nbody?", "nbody"),
            ("", "x"),
        ] {
            assert!(!is_match(pattern, name), "{pattern} {name}");
        }
    }
}
