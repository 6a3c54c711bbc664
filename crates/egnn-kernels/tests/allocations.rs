//! An operation allocates the tensors that it returns and nothing that grows with its input.

mod common;

use candle_core::DType;
use common::{Case, FieldSpec, Spec, differentiate};
use egnn_kernels::{Backend, Counted, Edges, Velocity, allocations};

#[global_allocator]
static ALLOCATOR: Counted<std::alloc::System> = Counted(std::alloc::System);

/// Allocations of a forward and a backward pass after two to warm up.
fn of_a_pass(case: &Case) -> u64 {
    let arguments = case.arguments();
    let pass = || differentiate(&arguments, |arguments| case.with_arguments(arguments).run(Backend::Kernels).unwrap());
    pass();
    pass();
    let before = allocations();
    pass();
    allocations() - before
}

#[test]
fn the_number_of_allocations_depends_on_neither_size() {
    let velocity = Some(Velocity::Initial);
    let of = |hidden: usize, graphs: usize| {
        let edges = Edges::complete(graphs, 5);
        let spec = Spec { velocity, gate: true, embedding: Some(2), ..Spec::new(hidden, hidden, 3) };
        let layer = of_a_pass(&Case::layer(&spec, &edges, 1).to_dtype(DType::F32));
        let field = of_a_pass(&Case::radial_field(&FieldSpec::new(3, 2, hidden), &edges, 1).to_dtype(DType::F32));
        (layer, field)
    };
    let small = of(16, 1);
    assert!(small.0 > 0 && small.1 > 0);
    assert_eq!(of(80, 1), small);
    // More than two blocks of edges.
    assert_eq!(of(16, 41), small);
}
