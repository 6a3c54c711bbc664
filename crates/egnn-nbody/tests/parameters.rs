//! Bad parameters are refused, with the field's name.

mod common;

use common::nbody_small;
use egnn_nbody::{Distance, Generator, InitialState, Source, System, generate, simulate};

fn system_error(change: impl FnOnce(&mut System)) -> (String, String) {
    let mut system = System::default();
    change(&mut system);
    let error = system.validate().expect_err("the parameter is bad");
    (error.field.clone(), error.to_string())
}

#[test]
fn the_defaults_are_the_papers() {
    let system = System::default();
    system.validate().unwrap();
    assert_eq!(system.frames(), 49);
    assert_eq!(System { sample_freq: 500, ..system }.frames(), 9);
}

#[test]
fn bad_systems_name_their_field() {
    for (field, change) in [
        ("bodies", (|s| s.bodies = 0) as fn(&mut System)),
        ("bodies", |s| s.bodies = 70_000),
        ("sample_freq", |s| s.sample_freq = 0),
        ("steps", |s| s.steps = 5001),
        ("steps", |s| s.steps = 0),
        ("steps", |s| s.steps = 100),
        ("steps", |s| (s.steps, s.sample_freq) = (100_000, 1)),
        ("dt", |s| s.dt = 0.0),
        ("dt", |s| s.dt = f64::NAN),
        ("box_size", |s| s.box_size = -1.0),
        ("speed", |s| s.speed = -0.5),
        ("speed", |s| s.speed = f64::INFINITY),
        ("interaction", |s| s.interaction = f64::NAN),
        ("max_force", |s| s.max_force = 0.0),
    ] {
        let (named, message) = system_error(change);
        assert_eq!(named, field, "{message}");
        assert!(message.contains(field), "{message}");
    }
}

#[test]
fn messages_say_what_is_wrong_and_what_helps() {
    let (_, message) = system_error(|s| s.steps = 5001);
    assert_eq!(message, "steps (5001) must be a multiple of sample_freq (100)");
    let (_, message) = system_error(|s| s.dt = -1.0);
    assert_eq!(message, "dt is -1; give a number above 0");
}

#[test]
fn bad_generators_name_their_field() {
    let error = |change: fn(&mut Generator)| {
        let mut generator = nbody_small([1, 1, 1]);
        change(&mut generator);
        let error = generator.validate().expect_err("the parameter is bad");
        assert_eq!(generate(&generator, None, &|_| ()).unwrap_err(), error, "generate checks, too");
        error.field
    };
    assert_eq!(error(|g| g.seed = 1 << 32), "seed");
    assert_eq!(error(|g| g.splits.clear()), "splits");
    assert_eq!(error(|g| g.splits[1].1 = 0), "splits");
    assert_eq!(error(|g| g.splits[1].0 = "train".into()), "splits");
    assert_eq!(error(|g| g.splits[1].0 = String::new()), "splits");
    assert_eq!(error(|g| g.system.dt = 0.0), "dt");
    let large_seed = Generator { source: Source::Native, seed: u64::MAX, ..nbody_small([1, 1, 1]) };
    large_seed.validate().unwrap();
}

#[test]
fn an_unknown_split_suggests_the_nearest() {
    let error = generate(&nbody_small([1, 1, 1]), Some("trian"), &|_| ()).unwrap_err();
    assert_eq!(error.to_string(), "unknown split 'trian'; did you mean 'train'?");
}

#[test]
fn parameters_read_from_files_are_strict() {
    let system: System = serde_json::from_str(r#"{"bodies": 20, "distance": "direct"}"#).unwrap();
    assert_eq!(system, System { bodies: 20, distance: Distance::Direct, ..System::default() });
    let error = serde_json::from_str::<System>(r#"{"body": 20}"#).unwrap_err().to_string();
    assert!(error.contains("unknown field `body`"), "{error}");
    let text = serde_json::to_string(&nbody_small([3, 2, 1])).unwrap();
    assert_eq!(serde_json::from_str::<Generator>(&text).unwrap(), nbody_small([3, 2, 1]));
}

#[test]
fn no_trajectories_are_no_trajectories() {
    let set = simulate(&System::default(), &[]);
    assert_eq!((set.trajectories, set.position.len(), set.first_not_finite()), (0, 0, None));
}

#[test]
#[should_panic(expected = "state 0 has [2, 2, 2] charges, positions and velocities, not 5")]
fn a_state_of_another_size_is_a_programming_error() {
    let state = InitialState { charge: vec![1.0; 2], position: vec![[0.0; 3]; 2], velocity: vec![[0.0; 3]; 2] };
    simulate(&System::default(), &[state]);
}
