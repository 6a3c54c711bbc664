//! N-body splits come back as float32, and only whole splits of ours do.

mod common;

use common::{Arrays, Raw, footer, snapshot};
use egnn_store::{
    StoreError, checksum,
    fault::{self, Fault},
    nbody::{NbodyFrame, NbodySplit, info, read_frames, write_split},
};
use std::{fs, path::Path};

fn expected(arrays: &Arrays, frame: u16, trajectories: usize) -> NbodyFrame {
    let nodes = trajectories * arrays.bodies;
    let start = usize::from(frame) * arrays.trajectories * arrays.bodies;
    let cast = |points: &[[f64; 3]]| points[start..start + nodes].iter().map(|p| p.map(|c| c as f32)).collect();
    NbodyFrame {
        frame,
        bodies: arrays.bodies,
        charge: arrays.charge[..nodes].iter().map(|&c| c as f32).collect(),
        position: cast(&arrays.position),
        velocity: cast(&arrays.velocity),
    }
}

#[test]
fn frames_come_back_in_the_order_asked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.parquet");
    let arrays = Arrays::new(11, 7, 5);
    let entry = write_split(&path, &arrays.split(), &footer()).unwrap();
    let read = read_frames(&path, &[6, 0, 3], None).unwrap();
    assert_eq!(read, [6, 0, 3].map(|frame| expected(&arrays, frame, 11)));
    assert_eq!(read_frames(&path, &[5], Some(4)).unwrap(), [expected(&arrays, 5, 4)]);
    assert_eq!(read_frames(&path, &[], None).unwrap(), []);

    assert_eq!((entry.file.as_str(), entry.samples, entry.rows), ("train.parquet", 11, 11 * 7 * 5));
    assert_eq!(entry.bytes, fs::metadata(&path).unwrap().len());
    assert_eq!(entry.checksum, checksum::file(&path).unwrap());
    let info = info(&path).unwrap();
    assert_eq!((info.trajectories, info.frames, info.bodies), (11, 7, 5));
    assert_eq!(info.footer, footer());
}

#[test]
fn one_body_one_frame_one_trajectory_will_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.parquet");
    let arrays = Arrays::new(1, 1, 1);
    let imported = egnn_store::SplitFooter { seed: None, ..footer() };
    write_split(&path, &arrays.split(), &imported).unwrap();
    assert_eq!(read_frames(&path, &[0], None).unwrap(), [expected(&arrays, 0, 1)]);
    assert_eq!(info(&path).unwrap().footer.seed, None);
}

#[test]
fn asking_for_more_than_there_is_says_how_much_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.parquet");
    write_split(&path, &Arrays::new(11, 7, 5).split(), &footer()).unwrap();
    let error = read_frames(&path, &[0], Some(12)).unwrap_err();
    assert!(error.to_string().contains("train.parquet' has 11 trajectories, but 12 are asked for"), "{error}");
    assert!(!error.is_environment());
    let error = read_frames(&path, &[0, 7], None).unwrap_err();
    assert!(error.to_string().contains("has 7 frames, but frame 7 is asked for"), "{error}");
}

#[test]
fn arrays_that_do_not_fit_are_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.parquet");
    let arrays = Arrays::new(4, 3, 2);
    let refused = |split: NbodySplit<'_>| {
        let error = write_split(&path, &split, &footer()).unwrap_err();
        assert!(matches!(error, StoreError::Unwritable { .. }), "{error}");
        error.to_string()
    };
    let text = refused(NbodySplit { frames: 4, ..arrays.split() });
    assert!(text.contains("24 positions, but sizes ask for 32"), "{text}");
    let text = refused(NbodySplit { charge: &arrays.charge[1..], ..arrays.split() });
    assert!(text.contains("7 charges, but sizes ask for 8"), "{text}");
    let text = refused(NbodySplit { bodies: 0, ..arrays.split() });
    assert!(text.contains("0 bodies"), "{text}");
    let text = refused(NbodySplit { trajectories: usize::MAX, ..arrays.split() });
    assert!(text.contains("trajectories"), "{text}");
    for bad in [f64::NAN, f64::INFINITY, 1e39] {
        let mut velocity = arrays.velocity.clone();
        velocity[(2 * 4 + 3) * 2 + 1][1] = bad;
        let text = refused(NbodySplit { velocity: &velocity, ..arrays.split() });
        assert!(text.contains("no float32 in frame 2 of trajectory 3 for body 1"), "{text}");
    }
    assert!(snapshot(folder.path()).is_empty());
}

#[test]
fn a_fault_leaves_the_old_split() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.parquet");
    let size = write_split(&path, &Arrays::new(4, 3, 2).split(), &footer()).unwrap().bytes;
    let before = snapshot(folder.path());
    for fault in [
        Fault::DiskFull { after_bytes: 0 },
        Fault::DiskFull { after_bytes: size / 2 },
        Fault::DiskFull { after_bytes: size },
        Fault::PermissionDenied,
    ] {
        let _guard = fault::inject(fault);
        let error = write_split(&path, &Arrays::new(40, 3, 2).split(), &footer()).unwrap_err();
        assert!(error.is_environment(), "{error}");
        assert_eq!(snapshot(folder.path()), before, "{fault:?}");
    }
}

const SIZES: [(&str, &str); 6] = [
    ("program", "egnn-lab"),
    ("dataset_version", "1"),
    ("trajectories", "2"),
    ("frames", "1"),
    ("bodies", "1"),
    ("row_group_trajectories", "2"),
];

/// Columns of two trajectories of one body in one frame.
fn columns(x: [f32; 2]) -> Vec<(&'static str, Raw)> {
    let mut columns = vec![
        ("trajectory", Raw::Unsigned(32, vec![0, 1])),
        ("frame", Raw::Unsigned(16, vec![0, 0])),
        ("body", Raw::Unsigned(16, vec![0, 0])),
        ("charge", Raw::Float(vec![1.0, -1.0])),
        ("position_x", Raw::Float(x.to_vec())),
    ];
    let rest = ["position_y", "position_z", "velocity_x", "velocity_y", "velocity_z"];
    columns.extend(rest.map(|name| (name, Raw::Float(vec![0.0, 0.0]))));
    columns
}

fn refused(path: &Path) -> String {
    let error = read_frames(path, &[0], None).unwrap_err();
    assert!(!error.is_environment(), "{error}");
    let text = error.to_string();
    assert!(text.contains("nbody_small/train.parquet"), "{text}");
    text
}

fn folder_of_set() -> (tempfile::TempDir, std::path::PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("nbody/nbody_small");
    fs::create_dir_all(&folder).unwrap();
    (root, folder.join("train.parquet"))
}

#[test]
fn each_kind_of_wrong_file_has_its_own_error() {
    let (_root, path) = folder_of_set();
    assert!(refused(&path).contains("no such file"));
    fs::write(&path, "").unwrap();
    let text = refused(&path);
    assert!(text.contains("it is empty; delete it or run egnn generate nbody nbody_small again"), "{text}");
    fs::write(&path, "trajectory,frame,body\n0,0,0\n").unwrap();
    assert!(refused(&path).contains("it is not a Parquet file"));
    write_split(&path, &Arrays::new(40, 3, 2).split(), &footer()).unwrap();
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    assert!(refused(&path).contains("it is truncated"));

    common::parquet(&path, &[], &columns([0.0; 2]));
    assert!(refused(&path).contains("was not written by egnn-lab: its footer names no program"));
    common::parquet(&path, &[("program", "egnn-lab"), ("dataset_version", "2")], &columns([0.0; 2]));
    assert!(refused(&path).contains("dataset_version 2, but this program reads 1"));
    common::parquet(&path, &[("program", "egnn-lab"), ("record_version", "1")], &columns([0.0; 2]));
    assert!(refused(&path).contains("dataset_version missing"));
    common::parquet(&path, &SIZES[..3], &columns([0.0; 2]));
    assert!(refused(&path).contains("its footer has no frames"));

    common::parquet(&path, &SIZES, &columns([0.0; 2])[..9]);
    assert!(refused(&path).contains("wrong columns: they are trajectory, frame"));
    let mut double = columns([0.0; 2]);
    double[4].1 = Raw::Double(vec![0.0, 0.0]);
    common::parquet(&path, &SIZES, &double);
    assert!(refused(&path).contains("column 'position_x' is DOUBLE, but should be float32"));
    let mut wide = columns([0.0; 2]);
    wide[1].1 = Raw::Unsigned(32, vec![0, 0]);
    common::parquet(&path, &SIZES, &wide);
    assert!(refused(&path).contains("column 'frame' is INT32, but should be u16"));

    common::parquet(&path, &SIZES, &columns([0.0, f32::NAN]));
    assert!(refused(&path).contains("position_x is NaN in frame 0 of trajectory 1"));
    common::parquet(&path, &SIZES, &columns([0.5, 1.5]));
    assert_eq!(read_frames(&path, &[0], None).unwrap()[0].position, [[0.5, 0.0, 0.0], [1.5, 0.0, 0.0]]);
}

#[test]
fn a_footer_that_tells_other_sizes_than_the_rows_is_refused() {
    let (_root, path) = folder_of_set();
    let with = |key: &str, value: &'static str| {
        let mut sizes = SIZES;
        sizes.iter_mut().find(|entry| entry.0 == key).unwrap().1 = value;
        common::parquet(&path, &sizes, &columns([0.0; 2]));
        refused(&path)
    };
    assert!(
        with("trajectories", "3").contains("it has 2 rows, which do not make 3 trajectories, 1 frames and 1 bodies")
    );
    assert!(with("bodies", "18446744073709551615").contains("which do not make"));
    assert!(with("frames", "-1").contains("frames = '-1', which is not a count"));
    assert!(with("frames", "0").contains("a size of 0"));
    assert!(with("row_group_trajectories", "1").contains("its row groups are not one frame each"));
    let mut two_frames = columns([0.0; 2]);
    two_frames[1].1 = Raw::Unsigned(16, vec![0, 1]);
    common::parquet(&path, &SIZES, &two_frames);
    assert!(refused(&path).contains("its row groups are not one frame each"));
}

#[test]
fn no_damage_makes_the_reader_panic() {
    let (_root, path) = folder_of_set();
    write_split(&path, &Arrays::new(6, 2, 2).split(), &footer()).unwrap();
    let whole = fs::read(&path).unwrap();
    // Every byte, with the lowest bit, the highest and all of them in turn.
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= [0x80, 0x01, 0xff][at % 3];
        fs::write(&path, &damaged).unwrap();
        let _ = (read_frames(&path, &[0, 1], None), info(&path));
    }
    for length in (0..whole.len()).step_by(7) {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(info(&path).is_err(), "{length} bytes of {}", whole.len());
    }
}
