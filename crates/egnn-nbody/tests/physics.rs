//! What the simulator owes to physics and to its equations.

mod common;

use common::{distance, native_states};
use egnn_nbody::{Distance, InitialState, System, Trajectories, simulate};
use proptest::prelude::*;

/// Large enough that no force is ever clipped.
const UNCLIPPED: f64 = 1e300;

/// A system whose only saved frame is its state after `steps` steps.
fn until(steps: u32, dt: f64) -> System {
    System { steps: 2 * steps, sample_freq: steps, dt, max_force: UNCLIPPED, ..System::default() }
}

/// Bodies of equal charge fly apart: no close encounters, smooth motion.
fn repelling(trajectories: usize) -> Vec<InitialState> {
    let mut states = native_states(&System::default(), 7, trajectories);
    for state in &mut states {
        state.charge.fill(1.0);
    }
    states
}

fn energy(charge: &[f64], x: &[[f64; 3]], v: &[[f64; 3]]) -> f64 {
    let mut energy = v.as_flattened().iter().map(|c| 0.5 * c * c).sum();
    for i in 0..x.len() {
        for j in 0..i {
            let square: f64 = (0..3).map(|axis| (x[i][axis] - x[j][axis]).powi(2)).sum();
            energy += charge[i] * charge[j] / square.sqrt();
        }
    }
    energy
}

fn energy_of(set: &Trajectories, frame: usize, trajectory: usize) -> f64 {
    let bodies = set.index(frame, trajectory, 0)..set.index(frame, trajectory, 0) + set.bodies;
    let charge = &set.charge[trajectory * set.bodies..][..set.bodies];
    energy(charge, &set.position[bodies.clone()], &set.velocity[bodies])
}

/// Two opposite charges on a circle of diameter 1: v^2 / (1/2) = 1 / 1^2.
fn circular_orbit() -> InitialState {
    let v = 0.5_f64.sqrt();
    InitialState {
        charge: vec![1.0, -1.0],
        position: vec![[0.5, 0.0, 0.0], [-0.5, 0.0, 0.0]],
        velocity: vec![[0.0, v, 0.0], [0.0, -v, 0.0]],
    }
}

#[test]
fn an_orbit_closes_after_its_period() {
    let state = circular_orbit();
    // 2 pi r / v with r = 1/2, v = sqrt(1/2).
    let period = std::f64::consts::PI * 2.0_f64.sqrt();
    let steps = 100_000;
    let system = System { bodies: 2, ..until(steps, period / f64::from(steps)) };
    let end = simulate(&system, std::slice::from_ref(&state));
    for body in 0..2 {
        let apart = distance(end.position[body], state.position[body]);
        assert!(apart < 2e-3, "{apart}");
    }
}

#[test]
fn the_energy_error_stays_bounded_over_a_hundred_orbits() {
    let system = System { bodies: 2, steps: 450_000, sample_freq: 100, max_force: UNCLIPPED, ..System::default() };
    let state = circular_orbit();
    let start = energy(&state.charge, &state.position, &state.velocity);
    let set = simulate(&system, &[state]);
    let worst = |frames: std::ops::Range<usize>| {
        frames.map(|frame| (energy_of(&set, frame, 0) - start).abs()).fold(0.0, f64::max)
    };
    let (early, late) = (worst(0..set.frames / 2), worst(set.frames / 2..set.frames));
    assert!(early < 2e-3, "{early}");
    assert!(late < 1.1 * early, "drifts from {early} to {late}");
}

#[test]
fn the_energy_drift_shrinks_with_the_step() {
    let states = repelling(32);
    let drift = |steps: u32| {
        let end = simulate(&until(steps, 2.0 / f64::from(steps)), &states);
        let error = |(i, s): (usize, &InitialState)| {
            (energy_of(&end, 0, i) / energy(&s.charge, &s.position, &s.velocity) - 1.0).abs()
        };
        states.iter().enumerate().map(error).sum::<f64>() / states.len() as f64
    };
    let (coarse, fine) = (drift(2000), drift(8000));
    assert!(coarse < 2e-2, "{coarse}");
    assert!((3.5..4.5).contains(&(coarse / fine)), "first order: a quarter of the step, {coarse} -> {fine}");
}

/// The slope of log(error) over log(dt), error being the difference to half the step, after one unit of time.
#[test]
fn the_method_is_of_first_order() {
    let states = repelling(16);
    let end = |doublings: u32| {
        let steps = 250 << doublings;
        simulate(&until(steps, 1.0 / f64::from(steps)), &states)
    };
    let ends: Vec<Trajectories> = (0..6).map(end).collect();
    let points: Vec<(f64, f64)> = (0_u32..)
        .zip(ends.windows(2))
        .map(|(doublings, pair)| {
            let components = pair[0].position.as_flattened().iter().zip(pair[1].position.as_flattened());
            let error = components.map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
            (-f64::from(doublings) * 2.0_f64.ln(), error.ln())
        })
        .collect();
    let n = points.len() as f64;
    let (mean_x, mean_y) = (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
    let slope = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum::<f64>()
        / points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum::<f64>();
    assert!((0.95..1.05).contains(&slope), "order {slope}");
}

#[test]
fn momentum_is_conserved_to_rounding() {
    for distance in [Distance::Expanded, Distance::Direct] {
        let system = System { bodies: 6, max_force: UNCLIPPED, distance, ..System::default() };
        let mut states = native_states(&system, 2, 50);
        for state in &mut states {
            state.charge.fill(-1.0);
        }
        let set = simulate(&system, &states);
        for (trajectory, state) in states.iter().enumerate() {
            for axis in 0..3 {
                let start: f64 = state.velocity.iter().map(|v| v[axis]).sum();
                for frame in 0..set.frames {
                    let now = (0..6).map(|body| set.velocity[set.index(frame, trajectory, body)][axis]).sum::<f64>();
                    // 5,000 additions of numbers of order 1, each rounded to 1e-16.
                    assert!((now - start).abs() < 1e-12, "{distance:?}: {start} became {now}");
                }
            }
        }
    }
}

/// One step from rest; what the saved velocities say about the force.
fn force(system: &System, charge: Vec<f64>, position: Vec<[f64; 3]>) -> Vec<[f64; 3]> {
    let system = System { bodies: charge.len(), steps: 2, sample_freq: 1, ..system.clone() };
    let velocity = vec![[0.0; 3]; charge.len()];
    let set = simulate(&system, &[InitialState { charge, position, velocity }]);
    set.velocity.into_iter().map(|v| v.map(|component| component / system.dt)).collect()
}

#[test]
fn equal_charges_repel_by_the_inverse_square() {
    let force = force(&System::default(), vec![1.0, 1.0, -1.0], vec![[0.0; 3], [2.0, 0.0, 0.0], [0.0, 0.0, 4.0]]);
    let expected = [-0.25, 0.0, 1.0 / 16.0];
    assert!(distance(force[0], expected) < 1e-12, "{force:?}");
}

#[test]
fn forces_scale_with_the_interaction() {
    let system = System { interaction: -3.0, ..System::default() };
    let force = force(&system, vec![1.0, 1.0], vec![[0.0; 3], [1.0, 0.0, 0.0]]);
    assert!(distance(force[0], [3.0, 0.0, 0.0]) < 1e-12, "{force:?}");
}

#[test]
fn each_component_of_the_net_force_is_clipped() {
    let system = System { distance: Distance::Direct, ..System::default() };
    // Pulled apart along x with 1 / 0.0025 = 400, along y with less than 100.
    let pair = force(&system, vec![1.0, 1.0], vec![[0.05, 0.001, 0.0], [0.0; 3]]);
    let y = 0.001 / (0.05_f64.powi(2) + 0.001_f64.powi(2)).powf(1.5);
    assert!(distance(pair[0], [100.0, y, 0.0]) < 1e-9, "{pair:?}");
    assert!(distance(pair[1], [-100.0, -y, 0.0]) < 1e-9, "{pair:?}");
    // Each neighbour pushes with 10,000, and the net force is none: terms are not clipped one by one.
    let middle = force(&system, vec![1.0; 3], vec![[0.0; 3], [0.01, 0.0, 0.0], [-0.01, 0.0, 0.0]]);
    assert!(distance(middle[0], [0.0; 3]) < 1e-9, "{middle:?}");
    let loose = System { max_force: 500.0, ..system };
    let pair = force(&loose, vec![1.0, -1.0], vec![[0.05, 0.0, 0.0], [0.0; 3]]);
    assert!(distance(pair[0], [-400.0, 0.0, 0.0]) < 1e-9, "{pair:?}");
}

#[test]
fn a_lone_body_flies_straight_on() {
    let system = System { bodies: 1, ..System::default() };
    let state = InitialState { charge: vec![1.0], position: vec![[0.0; 3]], velocity: vec![[1.0, -2.0, 0.5]] };
    let set = simulate(&system, &[state]);
    let last = set.frames - 1;
    assert!(distance(set.position[last], [4.9, -9.8, 2.45]) < 1e-11);
    assert_eq!(set.velocity[last], [1.0, -2.0, 0.5]);
}

#[test]
fn bodies_beyond_the_box_go_on() {
    let system = System { bodies: 1, ..System::default() };
    let state = InitialState { charge: vec![1.0], position: vec![[4.9, 0.0, 0.0]], velocity: vec![[1.0, 0.0, 0.0]] };
    let set = simulate(&system, &[state]);
    assert!(distance(set.position[48], [9.8, 0.0, 0.0]) < 1e-11, "there is no wall while moving");
}

#[test]
fn coinciding_bodies_are_found_and_do_not_disturb_others() {
    let system = System { bodies: 2, steps: 200, ..System::default() };
    let mut states = native_states(&system, 1, 9);
    let alone = simulate(&system, &states);
    assert_eq!(alone.first_not_finite(), None);
    states[3].position = vec![[1.0, 2.0, 3.0]; 2];
    let set = simulate(&system, &states);
    assert_eq!(set.first_not_finite(), Some(3));
    for trajectory in (0..9).filter(|&trajectory| trajectory != 3) {
        let index = set.index(0, trajectory, 0);
        assert_eq!(set.position[index], alone.position[index]);
    }
}

/// The authors' arithmetic, written down plainly: the whole matrix of pairs, summed in the order of `j`.
fn plain(system: &System, state: &InitialState) -> Vec<[f64; 3]> {
    let n = system.bodies;
    let dot = |a: [f64; 3], b: [f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    let (mut x, mut v) = (state.position.clone(), state.velocity.clone());
    for _ in 0..system.sample_freq {
        for i in 0..n {
            let mut force = [0.0; 3];
            for j in (0..n).filter(|&j| j != i) {
                let difference = [0, 1, 2].map(|axis| x[i][axis] - x[j][axis]);
                let square = match system.distance {
                    Distance::Expanded => dot(x[i], x[i]) + dot(x[j], x[j]) - 2.0 * dot(x[i], x[j]),
                    Distance::Direct => dot(difference, difference),
                };
                let size = system.interaction * (state.charge[i] * state.charge[j]) / (square * square.sqrt());
                (0..3).for_each(|axis| force[axis] += size * difference[axis]);
            }
            let clipped = force.map(|component| component.clamp(-system.max_force, system.max_force));
            (0..3).for_each(|axis| v[i][axis] += system.dt * clipped[axis]);
        }
        x.iter_mut().zip(&v).for_each(|(x, v)| (0..3).for_each(|axis| x[axis] += system.dt * v[axis]));
    }
    x
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_system_agrees_with_plain_arithmetic_bit_for_bit(
        seed: u64, bodies in 1_usize..9, trajectories in 1_usize..20, interaction in -2.0..2.0_f64,
        max_force in 0.1..100.0_f64, direct: bool,
    ) {
        let distance = if direct { Distance::Direct } else { Distance::Expanded };
        let system = System {
            bodies, interaction, max_force, distance, steps: 400, sample_freq: 200, ..System::default()
        };
        let states = native_states(&system, seed, trajectories);
        let set = simulate(&system, &states);
        let expected: Vec<[f64; 3]> = states.iter().flat_map(|state| plain(&system, state)).collect();
        prop_assert_eq!(set.position, expected);
    }

    /// Exact: a mirror changes signs only.
    #[test]
    fn a_mirrored_system_moves_as_the_mirror_image(seed: u64, axis in 0_usize..3) {
        let system = System { steps: 1000, ..System::default() };
        let mut states = native_states(&system, seed, 4);
        let mut set = simulate(&system, &states);
        let mirror = |vectors: &mut Vec<[f64; 3]>| vectors.iter_mut().for_each(|vector| vector[axis] = -vector[axis]);
        for state in &mut states {
            mirror(&mut state.position);
            mirror(&mut state.velocity);
        }
        mirror(&mut set.position);
        mirror(&mut set.velocity);
        prop_assert_eq!(simulate(&system, &states), set);
    }
}
