//! One `.npy` file: an array of floats whose header is believed only as far as the file's size bears it out.

use crate::error::{Result, StoreError};
use npyz::{DType, NpyFile, NpyHeader, Order};
use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
};

const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// No header of an array of numbers is longer.
const LONGEST_HEADER: usize = 1 << 16;

const TRUNCATED: &str = "it is truncated: its header is incomplete";

/// An array in C order.
pub(super) struct Array {
    pub(super) shape: Vec<usize>,
    pub(super) values: Vec<f64>,
}

/// Reads an array whose shape is as `expected` says and `accepts` checks.
pub(super) fn read(path: &Path, expected: &str, accepts: impl Fn(&[usize]) -> bool) -> Result<Array> {
    let wrong = |reason: String| StoreError::Npy { path: path.to_owned(), reason };
    let failed = |error| StoreError::io("read", path, error);
    let mut file = File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    let head = head(&mut file).map_err(failed)?.map_err(|reason| wrong(reason.into()))?;
    let (header, shape) = parse(&head).map_err(wrong)?;
    if header.order() != Order::C {
        return Err(wrong("it is in Fortran order, expected C order: save numpy.ascontiguousarray of it".into()));
    }
    let width = width(&header.dtype()).map_err(wrong)?;
    if !accepts(&shape) {
        return Err(wrong(format!("its shape is {}, expected {expected}", shape_text(&shape))));
    }
    let count = header.len();
    let data = count.saturating_mul(width);
    let found = length.saturating_sub(head.len() as u64);
    if found != data {
        let what = if found < data { "truncated" } else { "longer than its array" };
        return Err(wrong(format!("it is {what}: {found} bytes of data, expected {data}")));
    }
    let values =
        values(NpyFile::with_header(header, BufReader::with_capacity(1 << 20, file)), width).map_err(failed)?;
    if let Some(index) = values.iter().position(|value| !value.is_finite()) {
        let trajectory = index / (values.len() / shape[0]);
        return Err(wrong(format!("it holds {} in trajectory {trajectory}, expected finite numbers", values[index])));
    }
    Ok(Array { shape, values })
}

fn values(file: NpyFile<BufReader<File>>, width: u64) -> io::Result<Vec<f64>> {
    if width == 8 {
        return file.into_vec();
    }
    Ok(file.into_vec::<f32>()?.into_iter().map(f64::from).collect())
}

/// The bytes before the data, or why this is no `.npy` file.
fn head(file: &mut File) -> io::Result<Result<Vec<u8>, &'static str>> {
    let mut head = Vec::new();
    file.take(8).read_to_end(&mut head)?;
    if head.is_empty() {
        return Ok(Err("it is empty, expected a .npy file"));
    }
    if !head.starts_with(MAGIC) {
        return Ok(Err("it is not a .npy file"));
    }
    let Some(&version) = head.get(6) else { return Ok(Err(TRUNCATED)) };
    let size_bytes = if version == 1 { 2 } else { 4 };
    file.take(size_bytes).read_to_end(&mut head)?;
    let size = head.get(8..).unwrap_or_default();
    if size.len() as u64 != size_bytes {
        return Ok(Err(TRUNCATED));
    }
    let size = size.iter().rev().fold(0, |size, &byte| size << 8 | usize::from(byte));
    if size > LONGEST_HEADER {
        return Ok(Err("its header is longer than that of any array of numbers"));
    }
    let before = head.len();
    file.take(size as u64).read_to_end(&mut head)?;
    Ok(if head.len() - before == size { Ok(head) } else { Err(TRUNCATED) })
}

fn parse(head: &[u8]) -> Result<(NpyHeader, Vec<usize>), String> {
    // npyz multiplies the shape unchecked, so look at it first.
    let text = String::from_utf8_lossy(head);
    let shape = text.split_once("'shape'").and_then(|(_, rest)| rest.split_once('(')?.1.split_once(')'));
    let (shape, _) = shape.ok_or("its header has no shape")?;
    let product = shape.split(',').map(str::trim).filter(|size| !size.is_empty()).try_fold(8_u64, |product, size| {
        let size: u64 = size.trim_end_matches('L').parse().ok()?;
        product.checked_mul(size.max(1))
    });
    product.ok_or_else(|| format!("its shape ({shape}) is not that of an array that fits into memory"))?;
    let header = NpyHeader::from_reader(head).map_err(|error| format!("its header cannot be read: {error}"))?;
    let shape = header.shape().iter().map(|&size| usize::try_from(size)).collect::<Result<_, _>>();
    Ok((header, shape.map_err(|error| format!("its shape does not fit: {error}"))?))
}

/// Bytes of an element.
fn width(dtype: &DType) -> Result<u64, String> {
    if let DType::Plain(plain) = dtype
        && plain.type_char() == npyz::TypeChar::Float
        && let width @ (4 | 8) = plain.size_field()
    {
        return Ok(width);
    }
    Err(format!("its dtype is {}, expected float64 or float32", dtype.descr()))
}

/// As Python writes it.
pub(super) fn shape_text(shape: &[usize]) -> String {
    let sizes: Vec<_> = shape.iter().map(ToString::to_string).collect();
    if let [size] = sizes.as_slice() { format!("({size},)") } else { format!("({})", sizes.join(", ")) }
}
