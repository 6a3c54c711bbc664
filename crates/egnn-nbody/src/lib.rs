//! Charged-particle simulator: parameters in, trajectories out.
