//! What a person reads before anything runs.

mod common;

use common::Lab;

#[test]
fn help_teaches_with_an_example() {
    insta::assert_snapshot!("help", Lab::new().ok(&["--help"]).stdout);
    for command in [
        "generate", "import", "train", "evaluate", "sweep", "status", "report", "gc", "query", "compare", "parity",
        "bench",
    ] {
        let help = Lab::new().ok(&[command, "--help"]).stdout;
        assert!(help.contains("egnn ") && help.contains("Example"), "{command}: {help}");
    }
}

#[test]
fn examples_of_graphs_are_right() {
    let lab = Lab::new();
    for (command, example) in [
        ("train", "egnn train autoencoder model=egnn set="),
        ("evaluate", "egnn evaluate reports/autoencoder/quick/runs/<run> --data erdos_renyi --split valid"),
        ("sweep", "egnn sweep autoencoder set="),
        ("bench", "both tasks"),
    ] {
        let help = lab.ok(&[command, "--help"]).stdout;
        assert!(help.contains(example), "{help}");
    }
    let help = lab.ok(&["sweep", "--help"]).stdout;
    let examples: Vec<_> = help.lines().filter_map(|line| line.trim().strip_prefix("egnn sweep ")).collect();
    assert!(examples.len() >= 4, "{help}");
    for example in examples {
        let words: Vec<_> = example.split(' ').filter(|word| *word != "--dry-run").collect();
        lab.ok(&[&["sweep", "--dry-run"], &words[..]].concat());
    }
    // With a graph too many, the example is refused for that alone.
    let help = lab.ok(&["train", "--help"]).stdout;
    let example = help.lines().find_map(|line| line.trim().strip_prefix("egnn train autoencoder ")).unwrap();
    let words: Vec<_> = example.split(' ').chain(["train_samples=5001"]).collect();
    lab.fails(2, &[&["train", "autoencoder"], &words[..]].concat(), "train_samples 5001 is more than");
}

#[test]
fn a_dry_run_of_the_papers_budget_says_what_it_costs() {
    let lab = Lab::new();
    let figure = lab.ok(&["sweep", "nbody-sizes", "--profile", "paper", "--dry-run", "--jobs", "2"]).stdout;
    assert!(figure.contains("  would run 90 runs: new\n"), "3 models, 10 sizes, 3 seeds: {figure}");
    insta::assert_snapshot!(
        "dry_run_of_table_2",
        lab.ok(&["sweep", "nbody", "--profile", "paper", "--dry-run", "--jobs", "2"]).stdout
    );
}
