//! The autoencoder task from the command line: sweeps, single runs, evaluations and what is refused.

mod common;

use common::{
    Lab,
    cases::{cases, damage, fixture},
    json,
    sweeps::{assert_equal_sweeps, evaluations, kill_and_finish, runs},
    write_edge_lists,
};

const SMOKE: [&str; 4] = ["sweep", "autoencoder", "--profile", "smoke"];

/// The values of a run's record.
fn recorded(run: &std::path::Path) -> serde_json::Value {
    json(&std::fs::read_to_string(run.join("done.json")).unwrap())["outcome"]["metrics"]["values"].clone()
}

/// `line:column` of the first occurrence of `text` in a file of the workspace.
fn place(lab: &Lab, file: &str, text: &str) -> String {
    let content = lab.read(file);
    let before = content.split_once(text).unwrap_or_else(|| panic!("{file} lacks {text:?}")).0;
    let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
    format!("{file}:{}:{column}: ", before.matches('\n').count() + 1)
}

#[test]
fn the_smoke_profile_from_nothing_to_a_page_and_its_runs_evaluate_to_their_own_numbers() {
    let lab = Lab::new();
    let first = lab.ok(&SMOKE);
    for model in ["EGNN", "Noise-GNN", "Radial Field", "GNN", "no edges"] {
        assert!(first.stdout.contains(model), "{model}: {}", first.stdout);
    }
    assert!(lab.path("datasets/graphs/graphs_smoke/manifest.json").is_file(), "the set was made");
    let folder = "reports/autoencoder/smoke";
    for file in [
        "results.parquet",
        "plan.json",
        "table.md",
        "table.csv",
        "figure.svg",
        "figure.png",
        "graphs.svg",
        "graphs.png",
        "index.html",
    ] {
        assert!(lab.path(folder).join(file).metadata().is_ok_and(|metadata| metadata.len() > 0), "{file}");
    }
    let before = lab.files();
    let second = lab.ok(&SMOKE);
    assert!(second.stdout.contains("nothing to do: all 5 runs are finished"), "{}", second.stdout);
    assert_eq!(lab.files(), before, "a second call does nothing");
    // Numbers that describe the data are in the results, not here.
    let status = lab.ok(&["status", "autoencoder", "--profile", "smoke"]);
    assert!(status.stderr.contains("5 of 5 runs finished, 0 failed"), "{}", status.stderr);
    assert!(
        status.stdout.contains(" test_bce 1430.00000, test_error_percent 40.39548, test_f1 0."),
        "{}",
        status.stdout
    );
    assert!(!status.stdout.contains("density"), "{}", status.stdout);
    // The pictures of the graphs come from the records alone.
    let picture = lab.read(&format!("{folder}/graphs.svg"));
    std::fs::remove_file(lab.path(folder).join("graphs.svg")).unwrap();
    lab.ok(&["report", "autoencoder", "--profile", "smoke"]);
    assert_eq!(lab.read(&format!("{folder}/graphs.svg")), picture);
    // Noise included, every stored model gives its run's numbers again.
    for run in runs(&lab, folder) {
        let evaluate = |more: &[&str]| {
            let arguments = ["evaluate", run.to_str().unwrap(), "--data", "graphs_smoke", "--json"];
            json(&lab.ok(&[&arguments[..], more].concat()).stdout)
        };
        let (test, record) = (evaluate(&[]), recorded(&run));
        for (value, column) in [("bce", "test_bce"), ("error_percent", "test_error_percent"), ("f1", "test_f1")] {
            assert!(
                test[value].is_f64() && test[value] == record[column],
                "{} {value}: {test}, {record}",
                run.display()
            );
        }
        let train = evaluate(&["--split", "train"]);
        assert_eq!((train["samples"].as_u64(), test["samples"].as_u64()), (Some(60), Some(20)));
        assert!(train["bce"].is_f64() && train["bce"] != test["bce"], "{train}");
        for split in ["test", "train"] {
            for file in ["metrics.json", "predictions.parquet"] {
                assert!(run.join(format!("evaluation-graphs_smoke-{split}")).join(file).is_file(), "{split}/{file}");
            }
        }
    }
}

#[test]
fn sweeps_killed_at_four_moments_end_as_undisturbed_ones() {
    let lab = Lab::new();
    let arguments = |name: &'static str| {
        [
            "sweep",
            "autoencoder",
            "--profile",
            "smoke",
            // A model that draws noise in every step, a model that does not, and one that learns nothing.
            "model=noise_gnn,egnn,no_edges",
            "epochs=120",
            "evaluate_every_epochs=1",
            "--name",
            name,
            "--checkpoint-every",
            "0.02",
            "--jobs",
            "2",
        ]
    };
    let (undisturbed, killed) = ("reports/autoencoder/undisturbed", "reports/autoencoder/killed");
    lab.ok(&arguments("undisturbed"));
    let total = evaluations(&lab, undisturbed);
    assert_eq!(total, 3 * 120);
    kill_and_finish(&lab, &arguments("killed"), killed, total, &[5, 25, 45, 65]);
    let results = assert_equal_sweeps(&lab, undisturbed, killed);
    assert_eq!(results.lines().count(), 1 + 3, "{results}");
    let picture = |sweep: &str| lab.read(&format!("{sweep}/graphs.svg"));
    assert_eq!(picture(undisturbed), picture(killed));
}

#[test]
fn the_other_pipelines_of_graphs_run_in_their_smoke_profiles() {
    let lab = Lab::new();
    for (pipeline, count, shown) in
        [("graph-sparsity", 3 * 3, "0.9  EGNN"), ("embedding-sizes", 2 * 3, "Noise-GNN    2")]
    {
        let sweep = ["sweep", pipeline, "--profile", "smoke"];
        let first = lab.ok(&sweep);
        assert!(first.stdout.contains(shown), "{}", first.stdout);
        let folder = format!("reports/{pipeline}/smoke");
        assert_eq!(runs(&lab, &folder).len(), count);
        for file in ["results.parquet", "table.md", "table.csv", "figure.svg", "figure.png", "index.html"] {
            assert!(lab.path(&folder).join(file).is_file(), "{pipeline}: {file}");
        }
        let before = lab.files();
        let second = lab.ok(&sweep);
        assert!(second.stdout.contains("nothing to do"), "{}", second.stdout);
        assert_eq!(lab.files(), before);
    }
    // A run on training graphs only, evaluated on a set that has no other split.
    let run = &runs(&lab, "reports/graph-sparsity/smoke")[0];
    let evaluate = ["evaluate", run.to_str().unwrap(), "--data", "overfit_p01", "--json"];
    lab.fails(2, &evaluate, "--split: set 'overfit_p01': unknown split 'test'; known: train");
    let evaluation = json(&lab.ok(&[&evaluate[..], &["--split", "train"]].concat()).stdout);
    assert_eq!(evaluation["bce"], recorded(run)["test_bce"], "{}", run.display());
}

#[test]
fn dry_runs_of_the_papers_profiles_say_what_they_would_do_and_cost() {
    let lab = Lab::new();
    let before = lab.files();
    for (pipeline, count, sets, last) in [
        ("autoencoder", 2 * 5, 2, "egnn-erdos-renyi-n8-s1"),
        ("graph-sparsity", 9 * 3, 9, "egnn-overfit-p09-n16-s1"),
        ("embedding-sizes", 2 * 3 * 3, 2, "egnn-erdos-renyi-n8-s1"),
    ] {
        let sweep = ["sweep", pipeline, "--profile", "paper", "--dry-run", "--jobs", "2"];
        let shown = lab.ok(&sweep).stdout;
        let of = |words: &str| shown.lines().filter(|line| line.contains(words)).count();
        assert_eq!(of("not there yet; would be made"), sets, "{shown}");
        assert!(shown.contains(&format!("\nruns     would run {count} of {count}: new\n")), "{shown}");
        let totals = format!("\n{count} runs: 0 finished, {count} to do; about ");
        let cost = shown.split_once(&totals).unwrap_or_else(|| panic!("{shown}")).1;
        for word in ["core-minutes", "with 2 at a time", "of disk", "of memory"] {
            assert!(cost.contains(word), "{word}: {cost}");
        }
        let plan = json(&lab.ok(&[&sweep[..], &["--json"]].concat()).stdout);
        assert_eq!(plan["runs"], count);
        let outstanding = plan["outstanding"].as_array().unwrap();
        assert_eq!((outstanding.len(), &outstanding[count - 1]["run"]), (count, &serde_json::json!(last)));
        assert!(plan["core_minutes"].as_f64().unwrap() > 1.0, "{plan}");
    }
    assert_eq!(lab.files(), before, "nothing was written");
}

#[test]
fn a_single_run_says_its_numbers_as_json_and_is_not_done_twice() {
    let lab = Lab::new();
    let train = [
        "train",
        "autoencoder",
        "set=graphs_smoke",
        "model=noise_gnn",
        "hidden=8",
        "epochs=3",
        "batch_size=7",
        "seed=5",
        "--out",
        "mine",
        "--json",
    ];
    let first = lab.ok(&train);
    let record = json(&first.stdout);
    assert_eq!((record["epochs"].as_u64(), record["steps"].as_u64()), (Some(3), Some(3 * 9)), "{record}");
    let values = &record["values"];
    for name in ["train_bce", "valid_bce", "test_bce", "test_error_percent", "test_f1"] {
        assert!(values[name].is_f64(), "{name}: {record}");
    }
    // Of the set: its edge probability, and what `egnn generate` says of it.
    assert_eq!((&values["p"], &values["test_in_train"]), (&0.4.into(), &1.0.into()), "{record}");
    assert_eq!(*values, recorded(&lab.path("mine")));
    let again = lab.ok(&train);
    assert!(again.stderr.contains("finished before"), "{}", again.stderr);
    assert_eq!(again.stdout, first.stdout);
    let evaluation = json(&lab.ok(&["evaluate", "mine", "--data", "graphs_smoke", "--json"]).stdout);
    assert_eq!(evaluation["bce"], values["test_bce"]);
}

#[test]
fn a_run_that_diverges_fails_and_says_so() {
    let lab = Lab::new();
    let fields = ["set=graphs_smoke", "hidden=8", "learning_rate=1e20"];
    for model in ["model=egnn", "model=gnn", "model=noise_gnn"] {
        let train = [&["train", "autoencoder", "epochs=2", "--out", model, model], &fields[..]].concat();
        let message =
            "training loss is not a number or infinite (NaN) in epoch 0, batch 1; no evaluation before; a lower";
        lab.fails(1, &train, message);
        assert!(!lab.path(model).join("model.safetensors").exists());
    }
    let sweep = [&SMOKE[..], &fields, &["model=no_edges,egnn", "--name", "bad"]].concat();
    let run = lab.fails(1, &sweep, "1 of 2 runs failed:\n  egnn-graphs-smoke-n8-s1-");
    assert!(run.stderr.contains("a lower learning_rate may help"), "{}", run.stderr);
}

#[test]
fn damaged_graphs_are_named_and_made_again_by_a_sweep_only() {
    let lab = Lab::new();
    lab.ok(&SMOKE);
    let run = &runs(&lab, "reports/autoencoder/smoke")[0];
    let test = "datasets/graphs/graphs_smoke/test.parquet";
    let whole = std::fs::read(lab.path(test)).unwrap();
    std::fs::write(lab.path(test), &whole[..whole.len() - 1]).unwrap();
    let damage = format!("set 'graphs_smoke': '{test}' is damaged: it has ");
    lab.fails(2, &["evaluate", run.to_str().unwrap(), "--data", "graphs_smoke"], &damage);
    let plan = lab.ok(&[&SMOKE[..], &["--dry-run"]].concat()).stdout;
    assert!(plan.contains(&format!("  set graphs_smoke: '{test}' is damaged: it has ")), "{plan}");
    let again = lab.ok(&SMOKE);
    assert!(again.stdout.contains("nothing to do"), "the same set, and so the same runs: {}", again.stdout);
    assert!(std::fs::read(lab.path(test)).unwrap() == whole);
}

#[test]
fn what_cannot_be_evaluated_is_refused() {
    let lab = Lab::new();
    lab.ok(&["train", "autoencoder", "set=graphs_smoke", "model=gnn", "hidden=8", "epochs=1", "--out", "graphs"]);
    lab.ok(&[
        "train",
        "nbody",
        "model=linear",
        "train_set=nbody_smoke",
        "eval_set=nbody_smoke",
        "train_samples=100",
        "epochs=1",
        "--out",
        "bodies",
    ]);
    let before = lab.files();
    let another_tasks = "--data: set 'nbody_smoke' holds n-body trajectories; graphs/model.safetensors is of task \
                         autoencoder, which reads graphs";
    // The second set was never made: to make it would be in vain.
    let never_made = another_tasks.replace("nbody_smoke", "nbody_small");
    for (run, arguments, message) in [
        ("graphs", &["nbody_smoke"][..], another_tasks),
        ("graphs", &["nbody_smoke", "--start-frame", "1"], another_tasks),
        ("graphs", &["nbody_small"], &never_made),
        ("bodies", &["graphs_smoke"], "task nbody, which reads n-body trajectories"),
        ("bodies", &["graphs_smoke", "--start-frame", "1"], "task nbody, which reads n-body trajectories"),
        ("graphs", &["graphs_smoke", "--start-frame", "1"], "--start-frame: set 'graphs_smoke' holds graphs"),
        ("graphs", &["graphs_smoke", "--target-frame", "1"], "--target-frame: set 'graphs_smoke' holds graphs"),
        ("graphs", &["graphs_smoke", "--split", "tain"], "--split: set 'graphs_smoke': unknown split 'tain'; did you"),
        ("graphs", &["graph_smoke"], "unknown set 'graph_smoke'; did you mean 'graphs_smoke'?"),
        ("graphs", &["erdos_renyi"], "run `egnn generate graphs erdos_renyi` first"),
        ("nowhere", &["graphs_smoke"], "'nowhere'"),
    ] {
        lab.fails(2, &[&["evaluate", run, "--data"], arguments].concat(), message);
    }
    assert_eq!(lab.files(), before, "nothing was written");
}

#[test]
fn reference_cases_of_autoencoders_are_met_and_a_damaged_one_is_not() {
    let lab = Lab::new();
    let cases = cases(&["autoencoder_"]);
    assert_eq!(cases.len(), 4, "{cases:?}");
    let mut arguments = vec!["parity"];
    arguments.extend(cases.iter().map(String::as_str));
    let met = lab.ok(&arguments).stdout;
    for model in ["egnn", "gnn", "noise_gnn", "radial_field"] {
        assert!(met.contains(&format!("autoencoder_{model}: {model} (ok)\n")), "{met}");
    }
    assert!(!met.contains("out of tolerance"), "{met}");
    let mut bytes = std::fs::read(fixture("egnn-nn/tests/fixtures/autoencoder_noise_gnn.safetensors")).unwrap();
    damage(&mut bytes, "grad.gcl_0.edge_mlp.0.weight");
    std::fs::write(lab.path("wrong.safetensors"), &bytes).unwrap();
    let wrong = lab.fails(1, &["parity", "wrong.safetensors"], "1 of 1 cases out of tolerance");
    let row = wrong.stdout.lines().find(|line| line.contains("<- out of tolerance")).unwrap();
    assert!(row.contains("gradient") && row.contains("gcl_0.edge_mlp.0.weight"), "{row}");
    // Half a file is none.
    std::fs::write(lab.path("half.safetensors"), &bytes[..bytes.len() / 2]).unwrap();
    lab.fails(2, &["parity", "half.safetensors"], "half.safetensors");
}

#[test]
fn mistakes_on_the_command_line_name_the_field_and_nothing_is_written() {
    let lab = Lab::new();
    write_edge_lists(&lab, "mine");
    lab.ok(&["import", "graphs", "--from", "mine", "--set", "own"]);
    let before = lab.files();
    for (fields, message) in [
        (&["set=graph_smoke"][..], "unknown set 'graph_smoke'; did you mean 'graphs_smoke'?"),
        (&["set=nbody_smoke"], "set 'nbody_smoke' holds n-body trajectories, not graphs; known: community_small"),
        (&["set=graphs_smoke", "model=egn"], "unknown model 'egn'; did you mean 'egnn'?"),
        (&["set=graphs_smoke", "dimm=4"], "unknown field 'dimm'; did you mean 'dim'?"),
        (&["set=graphs_smoke", "train_set=graphs_smoke"], "unknown field 'train_set'"),
        (&["set=graphs_smoke", "valid_split=vaild"], "valid_split: set 'graphs_smoke': unknown split 'vaild'; did you"),
        (&["set=graphs_smoke", "train_samples=61"], "train_samples 61 is more than set 'graphs_smoke' has"),
        (&["set=graphs_smoke", "test_samples=21"], "test_samples 21 is more than set 'graphs_smoke' has in its test"),
        (&["set=graphs_smoke", "dim=0"], "dim must be a whole number from 1 to 1024, not 0"),
        (&["set=graphs_smoke", "cross_entropy=logits"], "unknown cross_entropy 'logits'; did you mean 'logit'?"),
        (&["set=overfit_p01"], "set 'overfit_p01' has no split 'valid'; set valid_split to one that it has: train"),
        (
            &["set=overfit_p01", "valid_split=train"],
            "set 'overfit_p01' has no split 'test'; set test_split to one that it has: train",
        ),
        (&["set=own"], "set 'own' has no split 'valid'; set valid_split to one that it has: test, train"),
    ] {
        lab.fails(2, &[&["train", "autoencoder", "epochs=1"], fields].concat(), &format!("error: {message}"));
        // A sweep says the same of its overrides.
        let message = format!("error: on the command line: {message}");
        lab.fails(2, &[&SMOKE[..], fields].concat(), &message);
    }
    lab.fails(2, &["train", "autoencoder", "set=graphs_smoke"], "no epochs for model 'egnn'");
    lab.fails(2, &["train", "autoencoder", "set=graphs_smoke", "epochs=1", "steps=1"], "epochs or steps, not both");
    lab.fails(2, &["train", "autoencodr"], "unknown task 'autoencodr'; did you mean 'autoencoder'?");
    assert_eq!(lab.files(), before, "nothing was written");
}

#[test]
fn mistakes_in_a_pipeline_are_named_with_line_and_column_and_nothing_is_written() {
    let lab = Lab::new();
    let file = "pipelines/autoencoder.yaml";
    let whole = lab.read(file);
    let smoke = |change: &str| ("    set:\n      hidden: 16\n      epochs: 3\n", format!("    set:\n{change}"));
    // The profile, what is changed, what then stands at the place that is named, and what is said of it.
    for (profile, (from, to), named, message) in [
        ("smoke", ("[graphs_smoke]", "[graph_smoke]".into()), "graph_smoke]", "unknown set 'graph_smoke'; did you"),
        (
            "smoke",
            ("[graphs_smoke]", "[graphs_smoke, nbody_smoke]".into()),
            "nbody_smoke]",
            "set 'nbody_smoke' holds n-body trajectories, not graphs; known: community_small",
        ),
        (
            "smoke",
            ("[graphs_smoke]", "[overfit_p01]".into()),
            "overfit_p01]",
            "set 'overfit_p01' has no split 'valid'; set valid_split to one that it has: train",
        ),
        ("quick", ("no_edges, gnn", "no_edges, gn".into()), "gn, noise_gnn", "unknown model 'gn'; did you mean 'gnn'?"),
        ("quick", ("  dim: 8", "  dimm: 8".into()), "dimm: 8", "unknown field 'dimm'; did you mean 'dim'?"),
        ("paper", ("  dim: 8", "  dim: 0".into()), "0\n", "dim must be a whole number from 1 to 1024, not 0"),
        (
            "quick",
            ("{model: no_edges}", "{model: no_edge}".into()),
            "no_edge}",
            "unknown model 'no_edge'; did you mean",
        ),
        (
            "smoke",
            smoke("      epochs: 3\n      valid_split: vaild\n"),
            "vaild",
            "valid_split: set 'graphs_smoke': unknown split 'vaild'; did you mean 'valid'?",
        ),
        (
            "smoke",
            smoke("      epochs: 3\n      train_samples: 61\n"),
            "61",
            "train_samples 61 is more than set 'graphs_smoke' has in its train split (60)",
        ),
        // Nothing stands where epochs are missing, so that the profile is named.
        ("smoke", smoke("      hidden: 16\n"), "smoke:", "profile 'smoke': no epochs for model 'no_edges'"),
        ("quick", ("task: autoencoder", "task: autoencodr".into()), "autoencodr", "unknown task 'autoencodr'; did you"),
    ] {
        assert!(whole.contains(from), "{from}");
        lab.write(file, &whole.replacen(from, &to, 1));
        let at = place(&lab, file, named);
        lab.fails(2, &["sweep", "autoencoder", "--profile", profile], &format!("error: {at}{message}"));
    }
    lab.write(file, &whole);
    assert_eq!(lab.files(), Lab::new().files(), "nothing was written");
}

#[test]
fn imported_graphs_can_be_trained_on() {
    let lab = Lab::new();
    write_edge_lists(&lab, "mine");
    lab.ok(&["import", "graphs", "--from", "mine", "--set", "own"]);
    let fields = ["set=own", "valid_split=test", "hidden=8"];
    let run = ["train", "autoencoder", "model=egnn", "epochs=2", "batch_size=2", "--out", "run", "--json"];
    let record = json(&lab.ok(&[&run[..], &fields].concat()).stdout);
    let values = &record["values"];
    // As `egnn import` says of them; nobody knows an edge probability.
    assert_eq!((&values["train_distinct"], &values["test_in_train"]), (&2.0.into(), &1.0.into()), "{record}");
    assert!(values.get("p").is_none() && values["test_bce"].is_f64(), "{record}");
    let evaluation = json(&lab.ok(&["evaluate", "run", "--data", "own", "--json"]).stdout);
    assert_eq!((&evaluation["bce"], &evaluation["samples"]), (&values["test_bce"], &2.into()));
    let sweep = lab.ok(&[&SMOKE[..], &fields, &["--name", "own"]].concat());
    assert!(sweep.stdout.contains("own\n"), "{}", sweep.stdout);
    assert!(lab.path("reports/autoencoder/own/graphs.svg").is_file());
    // Other graphs under the same name are other data: the run is another one.
    lab.write("mine/test/0.txt", "0 1\n");
    lab.ok(&["import", "graphs", "--from", "mine", "--set", "own"]);
    lab.fails(2, &[&run[..], &fields].concat(), "choose another --out or delete the folder");
}
