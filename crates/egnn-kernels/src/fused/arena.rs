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

thread_local! {
    static POOL: RefCell<Vec<Vec<Line>>> = const { RefCell::new(Vec::new()) };
}

/// Aligned numbers, as many as asked for.
pub(crate) struct Buffer {
    lines: Vec<Line>,
    length: usize,
}

impl Buffer {
    /// Numbers of any value: whoever takes them writes them before reading.
    pub(crate) fn take(length: usize) -> Self {
        let lines = length.div_ceil(LINE);
        let fitting = POOL.with_borrow_mut(|pool| {
            let candidates = pool.iter().enumerate().filter(|(_, free)| free.len() >= lines);
            let best = candidates.min_by_key(|(_, free)| free.len()).map(|(index, _)| index);
            best.map(|index| pool.swap_remove(index))
        });
        Self { lines: fitting.unwrap_or_else(|| vec![Line([0.0; LINE]); lines]), length }
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
        // While the thread ends, the pool may be gone already; then the memory is simply freed.
        let _ = POOL.try_with(|pool| pool.borrow_mut().push(lines));
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
        let smaller = Buffer::zeroed(900);
        assert_eq!((smaller.as_ptr(), smaller.len()), (address, 900));
        assert!(smaller.iter().all(|&number| number == 0.0));
        let other = Buffer::take(10);
        assert_ne!(other.as_ptr(), address);
        assert_eq!(Buffer::take(0).len(), 0);
    }

    #[test]
    fn numbers_begin_at_a_line() {
        for length in [1, 15, 16, 17, 1000] {
            assert_eq!(Buffer::take(length).as_ptr().align_offset(64), 0);
        }
    }
}
