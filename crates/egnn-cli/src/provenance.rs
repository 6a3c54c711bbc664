//! Where and how a run happened.

use egnn_kernels::simd::Path;
use egnn_schema::Circumstances;
use egnn_sweep::slurm;

/// Tells a worker what its sweep was typed as.
pub(crate) const COMMAND: &str = "EGNN_COMMAND";

/// The command line that a person typed.
pub(crate) fn command() -> String {
    let typed = || std::env::args().skip(1).map(|word| slurm::quote(&word)).collect::<Vec<_>>();
    std::env::var(COMMAND).unwrap_or_else(|_| format!("egnn {}", typed().join(" ")))
}

/// What is known before a run starts that draws from `streams`.
pub(crate) fn circumstances(streams: Vec<String>) -> Circumstances {
    Circumstances {
        command: command(),
        streams,
        cpu_features: features().join(" "),
        version: env!("CARGO_PKG_VERSION").into(),
        revision: env!("EGNN_REVISION").into(),
        host: egnn_store::host::name(),
        cpu: cpu(),
        ..Circumstances::default()
    }
}

/// The type of CPU and the vector instructions in use: sums are rounded otherwise on another.
fn cpu() -> String {
    let model = proc_field("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.into());
    // A wrong EGNN_SIMD was refused before.
    Path::from_environment().map_or_else(|_| model.clone(), |path| format!("{model}, {}", path.name()))
}

/// What the CPU can do, of what numeric code may care for.
#[cfg(target_arch = "x86_64")]
fn features() -> Vec<&'static str> {
    macro_rules! detected {
        ($($name:tt),*) => {
            [$(($name, std::arch::is_x86_feature_detected!($name))),*]
        };
    }
    let known = detected![
        "sse4.2",
        "avx",
        "avx2",
        "fma",
        "avx512f",
        "avx512bw",
        "avx512cd",
        "avx512dq",
        "avx512vl",
        "avx512vnni"
    ];
    known.into_iter().filter_map(|(name, has)| has.then_some(name)).collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn features() -> Vec<&'static str> {
    vec![std::env::consts::ARCH]
}

fn proc_field(path: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
