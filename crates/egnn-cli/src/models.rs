//! What `--help` says of models: whatever the registry has.

use egnn_nn::nbody::{ModelKind, SymmetryGroup};
use std::fmt::Write;

/// The n-body models, with their symmetries and options.
pub(crate) fn nbody() -> String {
    let mut text = String::from("Models of nbody (model=NAME), what they are equivariant to, and their own options:\n");
    for kind in ModelKind::ALL {
        let group = match kind.symmetry {
            SymmetryGroup::Euclidean => "E(n)",
            SymmetryGroup::SpecialEuclidean => "SE(3)",
            SymmetryGroup::Permutations => "none",
        };
        let _ = writeln!(text, "  {:<16} {group:<6} {}", kind.name, kind.about);
        for option in kind.options {
            let [least, most] = option.limits;
            let _ = writeln!(text, "      {}={} ({least} to {most}): {}", option.name, option.default, option.about);
        }
    }
    text
}
