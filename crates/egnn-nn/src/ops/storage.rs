//! Plain slices out of candle's tensors, and matrix products inside an operation.

use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, Device, Layout, Result, Shape, Storage, Tensor};

use super::real::Real;

/// The elements of a contiguous CPU tensor's storage.
pub(crate) fn elements<'a, T: Real>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [T]> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&T::cpu_storage_as_slice(storage)?[start..end]),
        None => candle_core::bail!("the operation needs a contiguous tensor, not strides {:?}", layout.stride()),
    }
}

/// Call `f` with the elements of a tensor.
pub(crate) fn with_elements<T: Real, R>(tensor: &Tensor, f: impl FnOnce(&[T]) -> R) -> Result<R> {
    let tensor = tensor.contiguous()?;
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => Ok(f(elements(storage, layout)?)),
        _ => candle_core::bail!("the operation runs on the CPU only"),
    }
}

/// A matrix inside a larger CPU storage.
pub(crate) struct Matrix<'a> {
    pub(crate) storage: &'a CpuStorage,
    pub(crate) offset: usize,
    pub(crate) strides: [usize; 2],
}

/// The product of an `(m, k)` and a `(k, n)` matrix, row-major.
pub(crate) fn product<T: Real>(left: &Matrix, right: &Matrix, [m, k, n]: [usize; 3]) -> Result<Vec<T>> {
    if m == 0 || n == 0 || k == 0 {
        return Ok(vec![T::default(); m * n]);
    }
    let left_layout = Layout::new((m, k).into(), left.strides.to_vec(), left.offset);
    let right_layout = Layout::new((k, n).into(), right.strides.to_vec(), right.offset);
    T::cpu_storage_data(left.storage.matmul(right.storage, (1, m, n, k), &left_layout, &right_layout)?)
}

/// A CPU tensor of these elements.
pub(crate) fn tensor<T: Real>(elements: Vec<T>, shape: impl Into<Shape>) -> Result<Tensor> {
    Tensor::from_vec(elements, shape.into(), &Device::Cpu)
}
