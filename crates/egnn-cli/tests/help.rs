//! What a person reads before anything runs.

mod common;

use common::Lab;

#[test]
fn help_teaches_with_an_example() {
    insta::assert_snapshot!("help", Lab::new().ok(&["--help"]).stdout);
    for command in ["generate", "import", "train", "evaluate", "sweep", "status", "report", "query", "parity", "bench"]
    {
        let help = Lab::new().ok(&[command, "--help"]).stdout;
        assert!(help.contains("egnn ") && help.contains("Example"), "{command}: {help}");
    }
}

#[test]
fn a_dry_run_of_the_papers_budget_says_what_it_costs() {
    let lab = Lab::new();
    let figure = lab.ok(&["sweep", "nbody-sizes", "--profile", "paper", "--dry-run", "--jobs", "2"]).stdout;
    assert_eq!(figure.lines().filter(|line| line.contains("would run")).count(), 90, "3 models, 10 sizes, 3 seeds");
    insta::assert_snapshot!(
        "dry_run_of_table_2",
        lab.ok(&["sweep", "nbody", "--profile", "paper", "--dry-run", "--jobs", "2"]).stdout
    );
}
