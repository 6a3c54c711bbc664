//! Plain slices out of candle's tensors.

use candle_core::{CpuStorage, Device, Layout, Result, Shape, Storage, Tensor, WithDType};

/// The elements of a contiguous CPU tensor's storage.
pub(crate) fn elements<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&f32::cpu_storage_as_slice(storage)?[start..end]),
        None => candle_core::bail!("a kernel needs a contiguous tensor, not strides {:?}", layout.stride()),
    }
}

/// Call `work` with the elements of a tensor.
pub(crate) fn with_elements<R>(tensor: &Tensor, work: impl FnOnce(&[f32]) -> R) -> Result<R> {
    let tensor = tensor.contiguous()?;
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => Ok(work(elements(storage, layout)?)),
        _ => candle_core::bail!("a kernel runs on the CPU only; choose the plain backend"),
    }
}

/// A CPU tensor of these elements.
pub(crate) fn tensor(elements: Vec<f32>, shape: impl Into<Shape>) -> Result<Tensor> {
    Tensor::from_vec(elements, shape.into(), &Device::Cpu)
}
