//! Same parameters and seed, same bits: on any number of threads, in any part.

mod common;

use common::{WHOLE, nbody_small};
use egnn_nbody::{Generator, Source, System, Trajectories, generate};
use rayon::ThreadPoolBuilder;
use std::sync::Mutex;

fn bits(set: &Trajectories) -> Vec<u64> {
    set.position.iter().chain(&set.velocity).flatten().chain(&set.charge).map(|x| x.to_bits()).collect()
}

fn native(splits: &[(&str, usize)]) -> Generator {
    Generator {
        system: System { steps: 1000, bodies: 4, ..System::default() },
        source: Source::Native,
        seed: 11,
        splits: splits.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect(),
    }
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    for source in [Source::Reference, Source::Native] {
        let generator = Generator { source, ..nbody_small([37, 9, 1]) };
        let on = |threads| {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| generate(&generator, None, &|_| ()).unwrap())
        };
        let (one, three) = (on(1), on(3));
        assert_eq!(one.len(), 3);
        for ((name, one), (_, three)) in one.iter().zip(&three) {
            assert!(bits(one) == bits(three), "{source:?} {name}");
        }
    }
}

#[test]
fn one_split_is_the_same_as_among_all() {
    for generator in [
        Generator { system: System { steps: 300, ..System::default() }, ..nbody_small([10, 6, 3]) },
        native(&[("a", 4), ("b", 5)]),
    ] {
        let all = generate(&generator, None, &|_| ()).unwrap();
        for (name, set) in all {
            let alone = generate(&generator, Some(&name), &|_| ()).unwrap();
            assert_eq!(alone, [(name, set)]);
        }
    }
}

#[test]
fn a_native_trajectory_depends_on_seed_split_and_number_only() {
    let long = native(&[("train", 20), ("test", 5)]).initial_states();
    let short = native(&[("test", 5), ("train", 3)]).initial_states();
    assert_eq!(long[1], short[0], "other splits do not matter");
    assert_eq!(long[0].1[..3], short[1].1, "a longer split begins with the shorter one");
    assert_ne!(long[0].1[0], long[1].1[0], "splits differ");
    assert_ne!(long[0].1[0], long[0].1[1], "trajectories differ");
    let other = Generator { seed: 12, ..native(&[("test", 5)]) }.initial_states();
    assert_ne!(other[0].1, long[1].1, "seeds differ");
}

/// The first native state, fixed for life.
#[test]
fn native_states_are_golden() {
    let state = &native(&[("train", 1)]).initial_states()[0].1[0];
    assert_eq!(state.charge, [1.0, -1.0, -1.0, 1.0]);
    assert_eq!(state.position[0], [0.8668204708952664, -1.030854116279315, 0.401375607727028]);
    assert_eq!(state.velocity[3], [-0.3236445332730686, 0.36494808517822613, -0.10985040376440965]);
}

#[test]
fn native_states_have_the_systems_speed_charges_and_spread() {
    let system = System { bodies: 10, speed: 0.25, ..System::default() };
    let generator = Generator { system, ..native(&[("train", 2000)]) };
    let states = &generator.initial_states()[0].1;
    let charges: Vec<f64> = states.iter().flat_map(|state| &state.charge).copied().collect();
    assert!(charges.iter().all(|charge| charge.abs() == 1.0));
    let n = charges.len() as f64;
    assert!((charges.iter().sum::<f64>() / n).abs() < 5.0 / n.sqrt());
    for velocity in states.iter().flat_map(|state| &state.velocity) {
        assert!((velocity.iter().map(|c| c * c).sum::<f64>().sqrt() - 0.25).abs() < 1e-15);
    }
    let positions: Vec<f64> = states.iter().flat_map(|state| state.position.as_flattened()).copied().collect();
    let variance = positions.iter().map(|x| x * x).sum::<f64>() / positions.len() as f64;
    // (10 / 5)^(2/3), within five standard errors.
    assert!((variance - 1.587401).abs() < 5.0 * 1.587401 * (2.0 / positions.len() as f64).sqrt(), "{variance}");
}

#[test]
fn initial_positions_lie_in_the_box() {
    let system = System { box_size: 1.5, ..System::default() };
    for source in [Source::Reference, Source::Native] {
        let generator = Generator { system: system.clone(), source, ..native(&[("train", 500)]) };
        for state in &generator.initial_states()[0].1 {
            // Once reflected, a normal number beyond 3 times the box is still outside; 4.5 does not occur here.
            assert!(state.position.as_flattened().iter().all(|x| x.abs() <= 1.5), "{source:?}: {state:?}");
        }
    }
}

#[test]
fn progress_counts_every_trajectory() {
    let seen = Mutex::new(Vec::new());
    let generator = native(&[("a", 20), ("b", 5)]);
    generate(&generator, None, &|done| seen.lock().unwrap().push(done)).unwrap();
    let mut seen = seen.into_inner().unwrap();
    seen.sort_unstable();
    assert_eq!(seen.last(), Some(&25));
    assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "{seen:?}");
}

#[test]
fn the_layout_is_frame_trajectory_body() {
    let set = generate(&nbody_small([9, 1, 1]), Some("train"), &|_| ()).unwrap().remove(0).1;
    assert_eq!((set.frames, set.trajectories, set.bodies), (49, 9, 5));
    assert_eq!(set.position.len(), 49 * 9 * 5);
    assert_eq!(set.index(2, 3, 4), (2 * 9 + 3) * 5 + 4);
    let state = &nbody_small(WHOLE).initial_states()[0].1[3];
    assert_eq!(set.charge[3 * 5..4 * 5], state.charge);
    let moved = common::distance(set.position[set.index(0, 3, 4)], state.position[4]);
    assert!(moved > 0.0 && moved < 0.2, "a tenth of a time unit later: {moved}");
}
