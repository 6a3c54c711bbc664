//! Simulated trajectories.

/// Saved frames of many trajectories.
///
/// # Shapes
/// `charge`: `[trajectory][body]`. `position` and `velocity`: `[frame][trajectory][body]`, so that a frame, which is
/// what files keep together, is contiguous.
#[derive(Clone, Debug, PartialEq)]
pub struct Trajectories {
    /// Bodies of a trajectory.
    pub bodies: usize,
    /// Saved frames.
    pub frames: usize,
    /// Number of trajectories.
    pub trajectories: usize,
    /// Charges, -1 or +1.
    pub charge: Vec<f64>,
    /// Positions, at [`Trajectories::index`].
    pub position: Vec<[f64; 3]>,
    /// Velocities, at [`Trajectories::index`].
    pub velocity: Vec<[f64; 3]>,
}

impl Trajectories {
    /// Where a body stands in `position` and `velocity`: `(frame * trajectories + trajectory) * bodies + body`.
    #[inline]
    pub fn index(&self, frame: usize, trajectory: usize, body: usize) -> usize {
        (frame * self.trajectories + trajectory) * self.bodies + body
    }

    /// The first trajectory with a number that is not finite, if there is one: two bodies so close that the computed
    /// distance is zero. No set of the authors has one, but another seed or system might.
    pub fn first_not_finite(&self) -> Option<usize> {
        let broken = |vectors: &[[f64; 3]]| {
            vectors
                .iter()
                .enumerate()
                .filter(|(_, vector)| !vector.iter().all(|component| component.is_finite()))
                .map(|(i, _)| i / self.bodies % self.trajectories)
                .min()
        };
        broken(&self.position).into_iter().chain(broken(&self.velocity)).min()
    }
}
