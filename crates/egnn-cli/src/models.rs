//! What `--help` says of models: whatever the registry has.

use egnn_nn::nbody::{ModelKind, SymmetryGroup};
use std::fmt::Write;

/// The n-body models, with their symmetries and options.
pub(crate) fn nbody() -> String {
    let mut text = String::from(
        "Fields of nbody: model, hidden, layers, clamp, velocity, train_set, eval_set, their start and target frames and samples, \
         and of every task: epochs or steps, seed, batch_size, learning_rate, schedule (constant, cosine), weight_decay, \
         clip_norm (largest norm of a gradient, 0 is off), evaluate_every_epochs, evaluate_last\n\n",
    );
    text.push_str("Models of nbody (model=NAME), what they are equivariant to, and their own options:\n");
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
