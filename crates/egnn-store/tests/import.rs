//! The authors' `.npy` files, whole sets only.

use egnn_store::{StoreError, import::nbody_npy};
use std::{
    fs,
    path::{Path, PathBuf},
};

const SUFFIX: &str = "charged5_initvel1small";

/// A `.npy` file of version 1, as NumPy writes it.
fn npy(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}");
    let padding = 64 - (10 + header.len() + 1) % 64;
    header.push_str(&" ".repeat(padding % 64));
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

fn f64s(values: impl Iterator<Item = f64>) -> Vec<u8> {
    values.flat_map(f64::to_le_bytes).collect()
}

/// Value of an entry of an array (trajectory, frame, axis, body): its digits are its indices.
fn entry(trajectory: usize, frame: usize, axis: usize, body: usize) -> f64 {
    (trajectory * 1000 + frame * 100 + axis * 10 + body) as f64
}

fn motion(trajectories: usize, sign: f64) -> Vec<f64> {
    let mut values = Vec::new();
    for trajectory in 0..trajectories {
        for frame in 0..3 {
            for axis in 0..3 {
                values.extend((0..2).map(|body| sign * entry(trajectory, frame, axis, body)));
            }
        }
    }
    values
}

fn charges(trajectories: usize) -> impl Iterator<Item = f64> {
    (0..trajectories * 2).map(|i| if i % 3 == 0 { 1.0 } else { -1.0 })
}

fn file(folder: &Path, kind: &str, split: &str) -> PathBuf {
    folder.join(format!("{kind}_{split}_{SUFFIX}.npy"))
}

fn write_set(folder: &Path) {
    for (split, n) in [("train", 4), ("valid", 2), ("test", 1)] {
        let shape = format!("({n}, 3, 3, 2)");
        fs::write(file(folder, "loc", split), npy("<f8", false, &shape, &f64s(motion(n, 1.0).into_iter()))).unwrap();
        fs::write(file(folder, "vel", split), npy("<f8", false, &shape, &f64s(motion(n, -1.0).into_iter()))).unwrap();
        let charges = f64s(charges(n));
        fs::write(file(folder, "charges", split), npy("<f8", false, &format!("({n}, 2, 1)"), &charges)).unwrap();
        fs::write(file(folder, "edges", split), "never read").unwrap();
    }
}

#[test]
fn a_set_is_read_and_its_axes_are_reordered() {
    let folder = tempfile::tempdir().unwrap();
    write_set(folder.path());
    let splits = nbody_npy(folder.path()).unwrap();
    assert_eq!(splits.keys().collect::<Vec<_>>(), ["test", "train", "valid"]);
    let train = &splits["train"];
    assert_eq!((train.trajectories, train.frames, train.bodies), (4, 3, 2));
    assert_eq!(train.charge, charges(4).collect::<Vec<_>>());
    for frame in 0..3 {
        for trajectory in 0..4 {
            for body in 0..2 {
                let point = [0, 1, 2].map(|axis| entry(trajectory, frame, axis, body));
                let index = (frame * 4 + trajectory) * 2 + body;
                assert_eq!(train.position[index], point);
                assert_eq!(train.velocity[index], point.map(|c| -c));
            }
        }
    }
    let path = folder.path().join("train.parquet");
    egnn_store::nbody::write_split(&path, &train.as_split(), &egnn_store::SplitFooter::default()).unwrap();
    let frame = &egnn_store::nbody::read_frames(&path, &[2], None).unwrap()[0];
    assert_eq!(frame.position[2 * 2 + 1], [0, 1, 2].map(|axis| entry(2, 2, axis, 1) as f32));
}

#[test]
fn float32_and_big_endian_arrays_are_read_too() {
    let folder = tempfile::tempdir().unwrap();
    write_set(folder.path());
    let expected = nbody_npy(folder.path()).unwrap();
    let single: Vec<u8> = motion(4, 1.0).into_iter().flat_map(|v| (v as f32).to_le_bytes()).collect();
    fs::write(file(folder.path(), "loc", "train"), npy("<f4", false, "(4, 3, 3, 2)", &single)).unwrap();
    let big: Vec<u8> = motion(4, -1.0).into_iter().flat_map(f64::to_be_bytes).collect();
    fs::write(file(folder.path(), "vel", "train"), npy(">f8", false, "(4, 3, 3, 2)", &big)).unwrap();
    assert_eq!(nbody_npy(folder.path()).unwrap(), expected);
}

#[test]
fn each_kind_of_wrong_array_has_its_own_error() {
    let folder = tempfile::tempdir().unwrap();
    write_set(folder.path());
    let path = file(folder.path(), "vel", "train");
    let data = f64s(motion(4, -1.0).into_iter());
    let good = npy("<f8", false, "(4, 3, 3, 2)", &data);
    let refused = |content: &[u8], reason: &str| {
        fs::write(&path, content).unwrap();
        let error = nbody_npy(folder.path()).unwrap_err();
        assert!(matches!(error, StoreError::Npy { .. }) && !error.is_environment(), "{error}");
        let text = error.to_string();
        assert!(text.contains("vel_train_charged5_initvel1small.npy"), "{text}");
        assert!(text.contains(reason), "expected {reason}, got {text}");
    };
    let motion_shape = "expected (trajectories, frames, 3, bodies)";
    refused(&npy("<f8", false, "(4, 3, 2, 3)", &data), &format!("its shape is (4, 3, 2, 3), {motion_shape}"));
    refused(&npy("<f8", false, "(72,)", &data), &format!("its shape is (72,), {motion_shape}"));
    refused(&npy("<f8", false, "()", &data[..8]), &format!("its shape is (), {motion_shape}"));
    refused(&npy("<f8", false, "(0, 3, 3, 2)", &[]), &format!("its shape is (0, 3, 3, 2), {motion_shape}"));
    refused(
        &npy("<f8", false, "(2, 6, 3, 2)", &data),
        "its shape is (2, 6, 3, 2), but its loc file asks for (4, 3, 3, 2)",
    );
    refused(&npy("<f8", true, "(4, 3, 3, 2)", &data), "Fortran order, expected C order");
    refused(&npy("<i8", false, "(4, 3, 3, 2)", &data), "its dtype is '<i8', expected float64 or float32");
    refused(&npy("<f2", false, "(4, 3, 3, 2)", &data[..144]), "expected float64 or float32");
    refused(&npy("|O", false, "(4, 3, 3, 2)", &data), "expected float64 or float32");
    refused(&good[..good.len() - 1], "it is truncated: 575 bytes of data, expected 576");
    refused(&[good.as_slice(), b"x"].concat(), "it is longer than its array: 577 bytes of data");
    refused(&good[..40], "it is truncated: its header is incomplete");
    refused(&good[..7], "it is truncated: its header is incomplete");
    refused(b"", "it is empty");
    refused(b"position,velocity\n", "it is not a .npy file");
    refused(&npy("<f8", false, "(9223372036854775807, 3, 3, 2)", &data), "fits into memory");
    refused(&npy("<f8", false, "(0, 9223372036854775807, 9, 2)", &data), "fits into memory");
    refused(&npy("<f8", false, "(1000000000, 3, 3, 2)", &data), "truncated");
    refused(&npy("<f8", false, "'none'", &data), "its header has no shape");
    let mut nan = motion(4, -1.0);
    nan[2 * 18 + 5] = f64::NAN;
    refused(&npy("<f8", false, "(4, 3, 3, 2)", &f64s(nan.into_iter())), "it holds NaN in trajectory 2");

    fs::write(&path, &good).unwrap();
    fs::write(file(folder.path(), "charges", "test"), npy("<f8", false, "(1, 2)", &data[..16])).unwrap();
    let text = nbody_npy(folder.path()).unwrap_err().to_string();
    assert!(text.contains("charges_test") && text.contains("(1, 2), expected (trajectories, bodies, 1)"), "{text}");
    fs::write(file(folder.path(), "charges", "test"), npy("<f8", false, "(2, 2, 1)", &data[..32])).unwrap();
    let text = nbody_npy(folder.path()).unwrap_err().to_string();
    assert!(text.contains("(2, 2, 1), but its loc file asks for (1, 2, 1)"), "{text}");
}

#[test]
fn no_damage_of_the_header_makes_the_reader_panic() {
    let folder = tempfile::tempdir().unwrap();
    write_set(folder.path());
    let path = file(folder.path(), "charges", "test");
    let whole = fs::read(&path).unwrap();
    for at in 0..whole.len() {
        for byte in [0, b'9', b'(', b'\'', 0xff] {
            let mut damaged = whole.clone();
            damaged[at] = byte;
            fs::write(&path, &damaged).unwrap();
            let _ = nbody_npy(folder.path());
        }
    }
}

#[test]
fn missing_files_and_several_sets_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |reason: &str| {
        let error = nbody_npy(folder.path()).unwrap_err();
        assert!(matches!(error, StoreError::ImportFolder { .. }) && !error.is_environment(), "{error}");
        let text = error.to_string();
        assert!(text.contains(folder.path().to_str().unwrap()) && text.contains(reason), "{text}");
    };
    refused("there is no file loc_train_*.npy");
    write_set(folder.path());
    fs::remove_file(file(folder.path(), "charges", "valid")).unwrap();
    refused("there is no file charges_valid_charged5_initvel1small.npy, which belongs to loc_valid_");
    write_set(folder.path());
    fs::remove_file(file(folder.path(), "loc", "test")).unwrap();
    refused("there is no file loc_test_*.npy");
    write_set(folder.path());
    fs::write(folder.path().join("loc_valid_charged5_initvel1.npy"), "").unwrap();
    refused(
        "there are several sets to choose from: loc_valid_charged5_initvel1.npy, \
         loc_valid_charged5_initvel1small.npy; put the files of one set into a folder of their own",
    );
    let nowhere = nbody_npy(&folder.path().join("nowhere")).unwrap_err();
    assert!(matches!(nowhere, StoreError::Missing { .. }), "{nowhere}");
}
