//! What only the crate's inside can show: several row groups a frame, and bytes that must not be read.

use super::{NbodyFrame, NbodySplit, read_frames, write::write_grouped};
use crate::SplitFooter;
use crate::{StoreError, manifest};
use egnn_schema::{Manifest, version};
use parquet::file::{
    metadata::ColumnChunkMetaData,
    reader::{FileReader, SerializedFileReader},
};
use std::{collections::BTreeMap, fs, fs::File, ops::Range, path::Path};

const BODIES: usize = 3;
const FRAMES: usize = 6;
const TRAJECTORIES: usize = 50;

struct Arrays {
    charge: Vec<f64>,
    position: Vec<[f64; 3]>,
    velocity: Vec<[f64; 3]>,
}

impl Arrays {
    fn new() -> Self {
        let points = FRAMES * TRAJECTORIES * BODIES;
        let wave = |i: usize, axis: usize, phase: f64| ((i * 7 + axis * 3) as f64 * 0.37 + phase).sin() * 5.0;
        let points = |phase| (0..points).map(|i| std::array::from_fn(|axis| wave(i, axis, phase))).collect();
        let charge = (0..TRAJECTORIES * BODIES).map(|i| if i % 3 == 0 { -1.0 } else { 1.0 }).collect();
        Self { charge, position: points(0.0), velocity: points(1.0) }
    }

    fn split(&self) -> NbodySplit<'_> {
        NbodySplit {
            bodies: BODIES,
            frames: FRAMES,
            trajectories: TRAJECTORIES,
            charge: &self.charge,
            position: &self.position,
            velocity: &self.velocity,
        }
    }

    fn frame(&self, frame: u16, trajectories: usize) -> NbodyFrame {
        let start = usize::from(frame) * TRAJECTORIES * BODIES;
        let cast = |points: &[[f64; 3]]| {
            points[start..start + trajectories * BODIES].iter().map(|p| p.map(|c| c as f32)).collect()
        };
        NbodyFrame {
            frame,
            bodies: BODIES,
            charge: self.charge[..trajectories * BODIES].iter().map(|&c| c as f32).collect(),
            position: cast(&self.position),
            velocity: cast(&self.velocity),
        }
    }
}

/// Bytes of the file that a row group's columns occupy.
fn bytes_of_group(path: &Path, group: usize) -> Range<usize> {
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let ranges: Vec<_> =
        reader.metadata().row_group(group).columns().iter().map(ColumnChunkMetaData::byte_range).collect();
    let start = ranges.iter().map(|(start, _)| *start).min().unwrap() as usize;
    let end = ranges.iter().map(|(start, length)| start + length).max().unwrap() as usize;
    start..end
}

#[test]
fn a_frame_of_several_row_groups_reads_like_one() {
    let folder = tempfile::tempdir().unwrap();
    let arrays = Arrays::new();
    for rows in [1, 7, 8 * BODIES, 25 * BODIES, TRAJECTORIES * BODIES, 1 << 20] {
        let path = folder.path().join(format!("{rows}.parquet"));
        let entry = write_grouped(&path, &arrays.split(), &SplitFooter::default(), rows).unwrap();
        assert_eq!(entry.rows as usize, FRAMES * TRAJECTORIES * BODIES);
        for count in [0, 1, 8, 9, 49, TRAJECTORIES] {
            let read = read_frames(&path, &[4, 0, 4], Some(count)).unwrap();
            let expected = [4, 0, 4].map(|frame| arrays.frame(frame, count));
            assert_eq!(read, expected, "{rows} rows a group, {count} trajectories");
        }
    }
}

#[test]
fn no_row_group_holds_two_frames() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.parquet");
    write_grouped(&path, &Arrays::new().split(), &SplitFooter::default(), 20 * BODIES).unwrap();
    let reader = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
    let rows: Vec<_> = reader.metadata().row_groups().iter().map(|group| group.num_rows() as usize / BODIES).collect();
    assert_eq!(rows, [20, 20, 10].repeat(FRAMES));
}

#[test]
fn reading_touches_only_the_row_groups_of_the_wanted_frames() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.parquet");
    let arrays = Arrays::new();
    // Two row groups a frame: of frame 2 the groups 4 and 5, of frame 4 the groups 8 and 9.
    let footer = SplitFooter { set: "small".into(), ..SplitFooter::default() };
    let entry = write_grouped(&path, &arrays.split(), &footer, 25 * BODIES).unwrap();
    let splits = BTreeMap::from([("train".to_owned(), entry)]);
    let manifest = Manifest {
        program: version::PROGRAM.into(),
        dataset_version: version::DATASET_VERSION,
        set: "small".into(),
        generator: "nbody".into(),
        generator_version: version::GENERATOR_VERSION,
        parameters: serde_json::json!({}),
        parameters_hash: String::new(),
        content_hash: manifest::content_hash(&splits),
        splits,
    };
    manifest::verify(folder.path(), &manifest).unwrap();

    let mut bytes = fs::read(&path).unwrap();
    for group in (0..2 * FRAMES).filter(|group| ![4, 5, 8, 9].contains(group)) {
        bytes[bytes_of_group(&path, group)].fill(0xff);
    }
    fs::write(&path, &bytes).unwrap();
    let read = read_frames(&path, &[2, 4], None).unwrap();
    assert_eq!(read, [arrays.frame(2, TRAJECTORIES), arrays.frame(4, TRAJECTORIES)]);

    // What was not touched is damaged indeed: reading it fails, and the full check names the file.
    let error = read_frames(&path, &[3], None).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    manifest::verify_sizes(folder.path(), &manifest).unwrap();
    let error = manifest::verify(folder.path(), &manifest).unwrap_err().to_string();
    assert!(error.contains("train.parquet' is damaged"), "{error}");
    assert!(error.ends_with("delete it or run egnn generate nbody small again"), "{error}");
    assert!(!manifest::verify(folder.path(), &manifest).unwrap_err().is_environment());

    // The first trajectories need the first row group of their frame only.
    bytes[bytes_of_group(&path, 5)].fill(0xff);
    fs::write(&path, &bytes).unwrap();
    assert_eq!(read_frames(&path, &[2], Some(25)).unwrap(), [arrays.frame(2, 25)]);
    read_frames(&path, &[2], Some(26)).unwrap_err();
}

#[test]
fn the_bits_do_not_depend_on_the_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let arrays = Arrays::new();
    let written = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let path = folder.path().join(format!("{threads}.parquet"));
        pool.install(|| write_grouped(&path, &arrays.split(), &SplitFooter::default(), 20 * BODIES)).unwrap().checksum
    };
    let one = written(1);
    assert_eq!([written(2), written(3), written(7)], [one.clone(), one.clone(), one]);
}
