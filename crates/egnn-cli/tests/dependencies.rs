//! Who may depend on whom: the layout of the workspace, held against `cargo metadata`.

use cargo_metadata::{CargoOpt, DependencyKind, MetadataCommand};
use std::collections::{BTreeMap, BTreeSet};

const ALLOWED: [(&str, &[&str]); 13] = [
    ("egnn-schema", &[]),
    ("egnn-random", &[]),
    ("egnn-kernels", &[]),
    ("egnn-testkit", &[]),
    ("egnn-nbody", &["egnn-schema", "egnn-random"]),
    ("egnn-graphs", &["egnn-schema", "egnn-random"]),
    ("egnn-qm9", &["egnn-schema", "egnn-random"]),
    ("egnn-store", &["egnn-schema"]),
    ("egnn-nn", &["egnn-kernels", "egnn-random"]),
    ("egnn-train", &["egnn-schema", "egnn-random", "egnn-store", "egnn-kernels", "egnn-nn"]),
    ("egnn-sweep", &["egnn-schema", "egnn-store"]),
    ("egnn-report", &["egnn-schema", "egnn-store"]),
    (
        "egnn-cli",
        &[
            "egnn-schema",
            "egnn-random",
            "egnn-nbody",
            "egnn-graphs",
            "egnn-qm9",
            "egnn-store",
            "egnn-kernels",
            "egnn-nn",
            "egnn-train",
            "egnn-sweep",
            "egnn-report",
        ],
    ),
];

/// Libraries that only some crates may use directly.
const CONFINED: [(&str, &[&str]); 3] = [
    ("parquet", &["egnn-store"]),
    ("polars", &["egnn-report"]),
    ("candle-core", &["egnn-kernels", "egnn-nn", "egnn-train"]),
];

/// Direct dependencies of every member, by kind.
fn dependencies() -> BTreeMap<String, BTreeSet<(String, bool)>> {
    let metadata = MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml"))
        .features(CargoOpt::AllFeatures)
        .no_deps()
        .exec()
        .expect("cargo metadata works where cargo test works");
    metadata
        .packages
        .into_iter()
        .map(|package| {
            let dependencies =
                package.dependencies.into_iter().map(|d| (d.name, d.kind == DependencyKind::Development)).collect();
            (package.name.to_string(), dependencies)
        })
        .collect()
}

#[test]
fn crates_depend_only_downwards() {
    let allowed = BTreeMap::from(ALLOWED);
    for (name, dependencies) in dependencies() {
        let allowed =
            allowed.get(name.as_str()).unwrap_or_else(|| panic!("add {name} to the list and to crates/README.md"));
        for (dependency, dev) in dependencies.iter().filter(|(dependency, _)| dependency.starts_with("egnn-")) {
            let testkit = dependency == "egnn-testkit";
            assert!(
                if testkit { *dev } else { *dev || allowed.contains(&dependency.as_str()) },
                "{name} must not depend on {dependency}"
            );
        }
    }
}

#[test]
fn heavy_libraries_stay_where_they_belong() {
    let members = dependencies();
    for (library, users) in CONFINED {
        for (name, dependencies) in &members {
            let used = dependencies.contains(&(library.to_owned(), false));
            assert!(!used || users.contains(&name.as_str()), "{name} must not use {library}");
        }
        assert!(
            users.iter().all(|user| members[*user].contains(&(library.to_owned(), false))),
            "{library}'s list is stale"
        );
    }
}
