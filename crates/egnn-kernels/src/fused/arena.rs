//! Memory for scratch and for what a gradient needs: taken from a thread's pool and given back to it, so that a
//! training step allocates nothing here after the first ones.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

/// Numbers in a cache line, and in the longest vector: rows are padded to a multiple of it.
pub(crate) const LINE: usize = 16;

/// `length` rounded up to whole lines.
pub(crate) fn padded(length: usize) -> usize {
    length.next_multiple_of(LINE)
}

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([f32; LINE]);

/// The pool's shelves: what lies on one has the same size, eight sizes from one power of two to the next.
const SIZES_PER_DOUBLING: usize = 8;

/// How many shelves further up a buffer is looked for, up to half as large again: batches of molecules differ in size, and
/// each size would otherwise keep memory of its own.
const LARGER: usize = SIZES_PER_DOUBLING / 2;

/// Buffers that a shelf keeps, far more than a model has in use: a thread that only drops what others took must not
/// collect them without end.
const MOST: usize = 1024;

thread_local! {
    static POOL: RefCell<Vec<Vec<Vec<Line>>>> = const { RefCell::new(Vec::new()) };
}

/// The shelf of buffers that hold at least so many lines, and how many those hold.
fn shelf(lines: usize) -> (usize, usize) {
    if lines <= SIZES_PER_DOUBLING {
        return (lines, lines);
    }
    // `2^doublings * SIZES_PER_DOUBLING < lines`: sizes are the multiples of 2^doublings.
    let doublings = (lines - 1).ilog2() as usize - SIZES_PER_DOUBLING.ilog2() as usize;
    let steps = lines.div_ceil(1 << doublings);
    (doublings * SIZES_PER_DOUBLING + steps, steps << doublings)
}

/// Aligned numbers, as many as asked for.
pub(crate) struct Buffer {
    lines: Vec<Line>,
    length: usize,
}

impl Buffer {
    /// Numbers of any value: whoever takes them writes them before reading. The checked build makes them NaN, which no
    /// result would survive.
    pub(crate) fn take(length: usize) -> Self {
        let (shelf, size) = shelf(length.div_ceil(LINE));
        let free = POOL.with_borrow_mut(|pool| {
            let last = (shelf + LARGER).min(pool.len().saturating_sub(1));
            pool.get_mut(shelf..=last).and_then(|shelves| shelves.iter_mut().find_map(Vec::pop))
        });
        let lines = free.unwrap_or_else(|| vec![Line([0.0; LINE]); size]);
        let mut buffer = Self { lines, length };
        if cfg!(debug_assertions) {
            buffer.fill(f32::NAN);
        }
        buffer
    }

    /// Rows of `width`, of which the first `length` numbers will be written; the others are zero.
    pub(crate) fn for_rows(rows: usize, length: usize, width: usize) -> Self {
        if length < width { Self::zeroed(rows * width) } else { Self::take(rows * width) }
    }

    /// Zeros.
    pub(crate) fn zeroed(length: usize) -> Self {
        let mut buffer = Self::take(length);
        buffer.fill(0.0);
        buffer
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        let (shelf, _) = shelf(lines.len());
        // While the thread ends, the pool may be gone already; then the memory is simply freed.
        let _ = POOL.try_with(|pool| {
            let mut pool = pool.borrow_mut();
            if pool.len() <= shelf {
                pool.resize_with(shelf + 1, Vec::new);
            }
            if pool[shelf].len() < MOST {
                pool[shelf].push(lines);
            }
        });
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        debug_assert!(self.length <= self.lines.len() * LINE);
        // SAFETY: a line is 16 numbers without padding, so that the lines are `lines.len() * 16` initialised numbers
        // in a row, aligned beyond need; `length` is at most that, and the borrow of `self` covers the slice.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.length) }
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        debug_assert!(self.length <= self.lines.len() * LINE);
        // SAFETY: as in `deref`; `self` is borrowed mutably, so that nothing else sees the lines.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.length) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_used_again() {
        let first = Buffer::take(1000);
        let address = first.as_ptr();
        drop(first);
        let smaller = Buffer::zeroed(1020);
        assert_eq!((smaller.as_ptr(), smaller.len()), (address, 1020));
        assert!(smaller.iter().all(|&number| number == 0.0));
        let other = Buffer::take(10);
        assert_ne!(other.as_ptr(), address);
        drop(smaller);
        let much_smaller = Buffer::take(500);
        assert_ne!(much_smaller.as_ptr(), address, "large memory is not taken for little");
        let somewhat_smaller = Buffer::take(800);
        assert_eq!(somewhat_smaller.as_ptr(), address);
        assert_eq!(Buffer::take(0).len(), 0);
    }

    #[test]
    fn a_shelf_holds_what_is_asked_for_and_little_more() {
        let mut last = 0;
        for lines in 0..5000 {
            let (index, size) = shelf(lines);
            assert!(size >= lines && size <= lines + lines / SIZES_PER_DOUBLING, "{lines}: {size}");
            assert_eq!(shelf(size), (index, size), "{lines}");
            assert!(index == last || index == last + 1, "{lines}: {index}");
            last = index;
        }
    }

    #[test]
    fn numbers_begin_at_a_line() {
        for length in [1, 15, 16, 17, 1000] {
            assert_eq!(Buffer::take(length).as_ptr().align_offset(64), 0);
        }
    }
}
