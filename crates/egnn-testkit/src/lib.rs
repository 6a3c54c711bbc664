//! Symmetry suite, gradient check and redactions for tests.
