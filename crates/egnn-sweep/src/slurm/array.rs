//! Array jobs: which run is which task.

use std::fmt::Write;

/// Tasks of one array at most, whatever the cluster allows: their list must fit a command line.
const LARGEST: usize = 10_000;

/// Runs that one array job does: task `t` is run `offset + t`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) offset: usize,
    /// Ascending.
    pub(super) tasks: Vec<usize>,
}

/// Distributes ascending run indices over arrays whose task ids lie below `max_array_size`. Empty arrays are left out.
pub(super) fn chunks(indices: &[usize], max_array_size: usize) -> Vec<Chunk> {
    let size = max_array_size.clamp(1, LARGEST);
    let mut chunks: Vec<Chunk> = Vec::new();
    for &index in indices {
        let offset = index - index % size;
        match chunks.last_mut().filter(|chunk| chunk.offset == offset) {
            Some(chunk) => chunk.tasks.push(index - offset),
            None => chunks.push(Chunk { offset, tasks: vec![index - offset] }),
        }
    }
    chunks
}

/// Ascending task ids as `sbatch --array` takes them: `0-3,7`.
pub(super) fn expression(tasks: &[usize]) -> String {
    let mut text = String::new();
    let mut rest = tasks;
    while let [first, ..] = rest {
        let length = rest.iter().zip(*first..).take_while(|(task, expected)| *task == expected).count();
        let comma = if text.is_empty() { "" } else { "," };
        let last = rest[length - 1];
        // Writing into a text cannot fail.
        let _ = if length == 1 { write!(text, "{comma}{first}") } else { write!(text, "{comma}{first}-{last}") };
        rest = &rest[length..];
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// As SLURM reads an expression.
    fn parse(text: &str) -> Vec<usize> {
        let number = |text: &str| text.parse::<usize>().unwrap();
        let part = |part: &str| match part.split_once('-') {
            Some((first, last)) => (number(first)..=number(last)).collect::<Vec<_>>(),
            None => vec![number(part)],
        };
        text.split(',').flat_map(part).collect()
    }

    #[test]
    fn neighbours_are_ranges() {
        assert_eq!(expression(&[0, 1, 2, 3, 7, 9, 10]), "0-3,7,9-10");
    }

    proptest! {
        #[test]
        fn every_run_is_one_task_of_one_array(indices in prop::collection::btree_set(0_usize..500, 0..80), size in 1_usize..60) {
            let indices: Vec<usize> = indices.into_iter().collect();
            let chunks = chunks(&indices, size);
            let mut found = Vec::new();
            for chunk in &chunks {
                prop_assert!(!chunk.tasks.is_empty() && chunk.tasks.iter().all(|task| *task < size));
                prop_assert_eq!(chunk.offset % size, 0);
                found.extend(parse(&expression(&chunk.tasks)).into_iter().map(|task| chunk.offset + task));
            }
            prop_assert_eq!(found, indices);
            let offsets: BTreeSet<usize> = chunks.iter().map(|chunk| chunk.offset).collect();
            prop_assert_eq!(offsets.len(), chunks.len());
        }
    }
}
