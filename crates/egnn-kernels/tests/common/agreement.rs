//! Both backends side by side, the kernels with each set of vector instructions.

use candle_core::{DType, Tensor};
use egnn_kernels::Backend;
use egnn_kernels::simd::{Path, with_path};

use super::{differentiate, flat};

/// Relative to the largest entry.
const TOLERANCE: f64 = 1e-4;

pub(crate) fn paths() -> impl Iterator<Item = Path> {
    Path::ALL.into_iter().filter(|path| path.is_available())
}

pub(crate) fn bits(tensor: &Tensor) -> Vec<u32> {
    let values: Vec<f32> = tensor.flatten_all().unwrap().to_vec1().unwrap();
    values.into_iter().map(f32::to_bits).collect()
}

fn assert_close(found: &Tensor, expected: &Tensor, what: &str) {
    assert_eq!(found.dims(), expected.dims(), "{what}");
    let (found, expected) = (flat(found), flat(expected));
    let scale = expected.iter().fold(1e-30_f64, |scale, value| scale.max(value.abs()));
    for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
        let error = (found - expected).abs() / scale;
        assert!(error <= TOLERANCE, "{what}: entry {index} is {found}, expected {expected}, largest {scale}");
    }
}

/// An operation in float32 and its gradients: equal on both backends, and the same bits when called again.
pub(crate) fn assert_equal(arguments: &[Tensor], operation: impl Fn(Backend, &[Tensor]) -> Tensor, what: &str) {
    let arguments: Vec<Tensor> = arguments.iter().map(|argument| argument.to_dtype(DType::F32).unwrap()).collect();
    let on = |backend| differentiate(&arguments, |arguments| operation(backend, arguments));
    let (expected, expected_gradients) = on(Backend::Plain);
    for path in paths() {
        let ((found, gradients), again) = with_path(path, || (on(Backend::Kernels), on(Backend::Kernels)));
        assert_close(&found, &expected, &format!("{}: {what}", path.name()));
        assert_eq!(bits(&found), bits(&again.0), "{}: {what}: repeated", path.name());
        for (index, gradient) in gradients.iter().enumerate() {
            let what = format!("{}: {what}: gradient of argument {index}", path.name());
            assert_close(gradient, &expected_gradients[index], &what);
            assert_eq!(bits(gradient), bits(&again.1[index]), "{what}: repeated");
        }
        // A prediction is the same without what a gradient needs.
        let untracked = with_path(path, || operation(Backend::Kernels, &arguments));
        assert_eq!(bits(&untracked), bits(&found), "{}: {what}: untracked", path.name());
    }
}

/// Run on both backends, the kernels with every path.
pub(crate) fn everywhere(mut work: impl FnMut(Backend)) {
    work(Backend::Plain);
    for path in paths() {
        with_path(path, || work(Backend::Kernels));
    }
}
