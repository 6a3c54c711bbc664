//! Where a trajectory begins, and how the two sources draw it.

use crate::system::System;
use egnn_random::{NumpyRandomState, Stream};

/// Charges, positions and velocities of a trajectory's bodies before the first step.
#[derive(Clone, Debug, PartialEq)]
pub struct InitialState {
    /// Charge of each body, -1 or +1.
    pub charge: Vec<f64>,
    /// Position of each body.
    pub position: Vec<[f64; 3]>,
    /// Velocity of each body.
    pub velocity: Vec<[f64; 3]>,
}

impl InitialState {
    /// The next state of the authors' stream, which is left where their generator leaves it.
    ///
    /// Source: `sample_trajectory` of the authors' `synthetic_sim.py`. Their arrays are `[axis][body]`, filled in
    /// row-major order.
    pub(crate) fn reference(system: &System, state: &mut NumpyRandomState) -> Self {
        let values = [-1.0, 0.0, 1.0];
        let charge = state.choice_weighted(&[0.5, 0.0, 0.5], system.bodies).into_iter().map(|i| values[i]).collect();
        let drawn = Self::normals(system, charge, || state.randn());
        // The authors add noise of variance zero to all saved positions and velocities: no number changes, but the
        // stream moves.
        state.skip_randn(2 * system.frames() * 3 * system.bodies);
        drawn
    }

    /// A state from its own stream: the same distribution as the authors'.
    pub(crate) fn native(system: &System, mut stream: Stream) -> Self {
        let charge = (0..system.bodies).map(|_| if stream.uniform() < 0.5 { -1.0 } else { 1.0 }).collect();
        Self::normals(system, charge, || stream.normal())
    }

    /// Positions `N(0, s^2)` with `s = (bodies / 5)^(1/3)`, so that the density does not depend on the number of
    /// bodies; velocities of norm `speed` in uniform directions.
    fn normals(system: &System, charge: Vec<f64>, mut normal: impl FnMut() -> f64) -> Self {
        let bodies = system.bodies;
        let mut by_axis = || {
            let mut vectors = vec![[0.0; 3]; bodies];
            for axis in 0..3 {
                for vector in &mut vectors {
                    vector[axis] = normal();
                }
            }
            vectors
        };
        let mut position = by_axis();
        let mut velocity = by_axis();
        // NumPy takes `** (1. / 3)`, which is a power, not a cube root; for 5 bodies it is 1 exactly.
        let spread = libm::pow(bodies as f64 / 5.0, 1.0 / 3.0);
        for x in position.as_flattened_mut() {
            *x *= spread;
        }
        for v in &mut velocity {
            let norm = (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]).sqrt();
            for component in v {
                *component = *component * system.speed / norm;
            }
        }
        let mut state = Self { charge, position, velocity };
        state.reflect(system.box_size);
        state
    }

    /// Mirrors coordinates beyond `±box_size` at that wall, once, and turns the velocity component inward.
    fn reflect(&mut self, box_size: f64) {
        let positions = self.position.iter_mut().flatten();
        for (x, v) in positions.zip(self.velocity.iter_mut().flatten()) {
            if *x > box_size {
                *x = 2.0 * box_size - *x;
                *v = -v.abs();
            } else if *x < -box_size {
                *x = -2.0 * box_size - *x;
                *v = v.abs();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walls_reflect_once_and_turn_the_velocity_inward() {
        let mut state = InitialState {
            charge: vec![1.0; 2],
            position: vec![[6.0, -5.5, 5.0], [-7.0, 4.9, -16.0]],
            velocity: vec![[0.1, -0.2, 0.3], [0.4, 0.5, 0.6]],
        };
        state.reflect(5.0);
        assert_eq!(state.position, [[4.0, -4.5, 5.0], [-3.0, 4.9, 6.0]]);
        assert_eq!(state.velocity, [[-0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]);
    }

    /// `[(n / 5.) ** (1. / 3) for n in (1, 10, 20, 100)]` in Python on x86-64 with glibc 2.36.
    #[test]
    fn the_spread_is_numpys() {
        let spread = |n: f64| libm::pow(n / 5.0, 1.0 / 3.0);
        assert_eq!(spread(5.0), 1.0);
        assert_eq!(
            [1.0, 10.0, 20.0, 100.0].map(spread),
            [0.5848035476425733, 1.2599210498948732, 1.5874010519681994, 2.7144176165949063]
        );
    }
}
