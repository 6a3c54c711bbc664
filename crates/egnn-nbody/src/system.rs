//! Parameters of the simulated system.

use egnn_schema::FieldError;
use serde::{Deserialize, Serialize};

/// Parameters of the charged system. The defaults are those of the paper's set `nbody_small`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct System {
    /// Number of bodies.
    pub bodies: usize,
    /// Integrator steps of a trajectory. A multiple of `sample_freq`.
    pub steps: u32,
    /// Steps between saved frames: frame `k` is step `sample_freq * (k + 1)`.
    pub sample_freq: u32,
    /// Length of a step.
    pub dt: f64,
    /// Initial positions beyond this distance from the origin, per axis, are reflected once.
    pub box_size: f64,
    /// Initial speed of every body.
    pub speed: f64,
    /// Factor of every force.
    pub interaction: f64,
    /// Each component of the net force is clipped to this magnitude.
    pub max_force: f64,
    /// How squared distances are computed.
    pub distance: Distance,
}

/// How squared distances are computed. Equal in exact arithmetic; close encounters amplify the difference in rounding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Distance {
    /// `|x_i|^2 + |x_j|^2 - 2 x_i.x_j`, as the authors' program does. Needed to reproduce their sets.
    #[default]
    Expanded,
    /// `|x_i - x_j|^2`, without the expanded form's cancellation between close bodies.
    Direct,
}

impl Default for System {
    fn default() -> Self {
        Self {
            bodies: 5,
            steps: 5000,
            sample_freq: 100,
            dt: 1e-3,
            box_size: 5.0,
            speed: 0.5,
            interaction: 1.0,
            max_force: 100.0,
            distance: Distance::Expanded,
        }
    }
}

/// Frames and bodies are numbered with 16 bits in data sets.
const LARGEST_COUNT: usize = 1 << 16;

impl System {
    /// Saved frames of a trajectory: `steps / sample_freq - 1`, as the authors' program keeps neither step 0 nor the
    /// last one.
    pub fn frames(&self) -> usize {
        (self.steps.checked_div(self.sample_freq).unwrap_or(0) as usize).saturating_sub(1)
    }

    /// Checks every parameter; the error names the first wrong one.
    pub fn validate(&self) -> Result<(), FieldError> {
        if self.bodies == 0 || self.bodies > LARGEST_COUNT {
            return Err(FieldError::new(
                "bodies",
                format!("bodies is {}; give a number from 1 to {LARGEST_COUNT}", self.bodies),
            ));
        }
        if self.sample_freq == 0 {
            return Err(FieldError::new(
                "sample_freq",
                "sample_freq is 0; give the steps between saved frames, 1 or more",
            ));
        }
        if !self.steps.is_multiple_of(self.sample_freq) {
            return Err(FieldError::new(
                "steps",
                format!("steps ({}) must be a multiple of sample_freq ({})", self.steps, self.sample_freq),
            ));
        }
        if self.frames() == 0 || self.frames() > LARGEST_COUNT {
            return Err(FieldError::new(
                "steps",
                format!(
                    "steps ({}) and sample_freq ({}) leave {} frames (steps / sample_freq - 1); from 1 to {LARGEST_COUNT} can be saved",
                    self.steps,
                    self.sample_freq,
                    self.frames(),
                ),
            ));
        }
        positive("dt", self.dt)?;
        positive("box_size", self.box_size)?;
        positive("max_force", self.max_force)?;
        if !(self.speed.is_finite() && self.speed >= 0.0) {
            return Err(FieldError::new("speed", format!("speed is {}; give a number that is 0 or more", self.speed)));
        }
        if !self.interaction.is_finite() {
            return Err(FieldError::new("interaction", format!("interaction is {}; give a number", self.interaction)));
        }
        Ok(())
    }
}

fn positive(field: &str, value: f64) -> Result<(), FieldError> {
    if value.is_finite() && value > 0.0 {
        Ok(())
    } else {
        Err(FieldError::new(field, format!("{field} is {value}; give a number above 0")))
    }
}
