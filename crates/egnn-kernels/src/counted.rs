//! An allocator that counts, so that a benchmark can say how often a step allocates.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// An allocator that counts what each thread asks it for; a program makes it its `#[global_allocator]`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counted<A>(pub A);

/// How often this thread has asked a [`Counted`] allocator for memory; 0 if the program has none.
pub fn allocations() -> u64 {
    COUNT.get()
}

fn count() {
    // While a thread ends its counter may be gone; nobody reads it then.
    let _ = COUNT.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: every call goes to the wrapped allocator with the caller's own arguments; the counter is a plain number that
// itself allocates nothing.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Counted<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps `alloc`'s contract, which is passed on as it is.
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps `alloc_zeroed`'s contract, which is passed on as it is.
        unsafe { self.0.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the block came from the wrapped allocator, as all of this one's do; the rest is the caller's contract.
        unsafe { self.0.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block came from the wrapped allocator, as all of this one's do; the rest is the caller's contract.
        unsafe { self.0.dealloc(block, layout) }
    }
}
