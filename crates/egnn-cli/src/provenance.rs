//! Where and how a run happened.

use egnn_kernels::simd::Path;
use egnn_schema::Circumstances;

/// What is known before a run starts that `command` asked for and that draws from `streams`.
pub(crate) fn circumstances(command: &str, streams: Vec<String>) -> Circumstances {
    Circumstances {
        command: command.into(),
        streams,
        cpu_features: features().join(" "),
        version: env!("CARGO_PKG_VERSION").into(),
        revision: env!("EGNN_REVISION").into(),
        host: host(),
        cpu: cpu(),
        ..Circumstances::default()
    }
}

fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map_or_else(|_| "unknown".into(), |name| name.trim().to_owned())
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
