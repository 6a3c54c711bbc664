//! What the sweep itself says to `sbatch`: no further words may say it, and no variable of the environment may go over
//! it. To `sbatch` a variable is worth more than an `#SBATCH` line.

use super::options::SlurmOptions;

const LONG: [&str; 22] = [
    "--array",
    "--job-name",
    "--output",
    "--error",
    "--open-mode",
    "--dependency",
    "--kill-on-invalid-dep",
    "--parsable",
    "--wrap",
    "--wait",
    "--requeue",
    "--no-requeue",
    "--signal",
    "--clusters",
    "--partition",
    "--account",
    "--qos",
    "--constraint",
    "--time",
    "--mem",
    "--cpus-per-task",
    "--test-only",
];
const SHORT: &str = "aJoedpAqCtckMW";
/// Short options that take no value: others may follow in the same word.
const FLAGS: [char; 7] = ['h', 'H', 'O', 'Q', 's', 'v', 'V'];
/// Variables of options that the sweep sets, or that would change what its jobs are.
const VARIABLES: [&str; 9] =
    ["ARRAY_INX", "CLUSTERS", "ERROR", "JOB_NAME", "NO_REQUEUE", "OPEN_MODE", "OUTPUT", "SIGNAL", "WAIT"];

/// The option among these words that the sweep sets itself, abbreviated or not.
pub(super) fn reserved(words: &str) -> Option<String> {
    // As `sbatch` reads a line, quotes and backslashes are no part of a word.
    let words = words.split_whitespace().map(|word| word.replace(['\'', '"', '\\'], ""));
    words.filter_map(|word| word.split('=').next().map(str::to_owned)).find(|name| match name.strip_prefix("--") {
        Some(letters) => !letters.is_empty() && LONG.iter().any(|long| long.starts_with(name.as_str())),
        None => name.strip_prefix('-').is_some_and(|letters| letters.trim_start_matches(FLAGS).starts_with(is_short)),
    })
}

fn is_short(letter: char) -> bool {
    SHORT.contains(letter)
}

/// Variables that `sbatch` must not see, for it to do what these options and the sweep say.
pub(super) fn variables(options: &SlurmOptions) -> Vec<String> {
    let mut names = VARIABLES.map(str::to_owned).to_vec();
    let keys = [
        (options.partition.is_some(), &["PARTITION"][..]),
        (options.account.is_some(), &["ACCOUNT"]),
        (options.qos.is_some(), &["QOS"]),
        (options.constraint.is_some(), &["CONSTRAINT"]),
        (options.time.is_some(), &["TIMELIMIT"]),
        (options.memory.is_some(), &["MEM_PER_CPU", "MEM_PER_GPU", "MEM_PER_NODE"]),
    ];
    names.extend(keys.iter().filter(|(given, _)| *given).flat_map(|(_, names)| *names).map(|name| (*name).to_owned()));
    let words = options.options.iter().flat_map(|words| words.split_whitespace());
    let long = words.filter_map(|word| word.strip_prefix("--")?.split('=').next());
    names.extend(long.map(|name| name.to_uppercase().replace('-', "_")));
    names.into_iter().map(|name| format!("SBATCH_{name}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_sweep_sets_is_found_however_it_is_written() {
        for words in [
            "--array=1-5",
            "--arr=1-5",
            "--clusters=b",
            "--cluster=b",
            "-Mb",
            "--wait",
            "-W",
            "-HW",
            "--exclusive --wait",
            "--nice=5 -p long",
            "--wai",
            "--nice \"--array=1\"",
            "--ti=5",
            "-t5",
        ] {
            assert!(reserved(words).is_some(), "{words}");
        }
        for words in ["--exclusive", "--wait-all-nodes=1", "--time-min=5", "-wnode17", "-x node17", "-H", "--nice=-5"] {
            assert_eq!(reserved(words), None, "{words}");
        }
    }

    #[test]
    fn variables_stay_where_nothing_is_said() {
        let all = variables(&SlurmOptions::parse(&["time=60", "memory=4G", "options=--hint=x --export=NONE"]).unwrap());
        for name in ["TIMELIMIT", "MEM_PER_CPU", "HINT", "EXPORT", "WAIT"] {
            assert!(all.contains(&format!("SBATCH_{name}")), "{name}");
        }
        assert!(!all.contains(&"SBATCH_ACCOUNT".to_owned()));
    }
}
