//! Custom operations against plain candle, and the clamp that no reference case triggers.

use candle_core::{DType, Device, Tensor, Var};
use egnn_nn::Edges;
use egnn_nn::ops::{
    Activation, Coordinates, Weights, coordinate_update, dense, edge_dense, segment_sum, silu, squared_distance,
};
use egnn_testkit::Random;
use proptest::prelude::*;

fn random(seed: u64, rows: usize, columns: usize) -> Tensor {
    let values: Vec<f32> = Random::new(seed).normals(rows * columns).into_iter().map(|value| value as f32).collect();
    Tensor::from_vec(values, (rows, columns), &Device::Cpu).unwrap()
}

fn flat(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

fn assert_close(found: &Tensor, expected: &Tensor) {
    assert_eq!(found.dims(), expected.dims());
    let scale = flat(expected).iter().fold(1.0_f32, |scale, value| scale.max(value.abs()));
    for (found, expected) in flat(found).iter().zip(flat(expected)) {
        assert!((found - expected).abs() <= 1e-5 * scale, "{found} {expected}");
    }
}

fn index(nodes: &[u32]) -> Tensor {
    Tensor::from_slice(nodes, nodes.len(), &Device::Cpu).unwrap()
}

#[test]
fn silu_and_its_gradient_are_candles() {
    let x = Var::from_tensor(&(random(1, 30, 7) * 3.0).unwrap()).unwrap();
    assert_close(&silu(x.as_tensor()).unwrap(), &x.silu().unwrap());
    let gradient = |y: Tensor| y.sqr().unwrap().sum_all().unwrap().backward().unwrap().remove(x.as_tensor()).unwrap();
    assert_close(&gradient(silu(x.as_tensor()).unwrap()), &gradient(x.silu().unwrap()));
}

#[test]
fn dense_is_a_product_a_sum_and_an_activation() {
    let (x, weight, bias) = (random(1, 9, 5), random(2, 4, 5), random(3, 1, 4));
    let block = Tensor::cat(&[&weight.flatten_all().unwrap(), &bias.flatten_all().unwrap()], 0).unwrap();
    // The parameters may begin anywhere in a larger variable.
    let block = Tensor::cat(&[&random(5, 1, 3).flatten_all().unwrap(), &block], 0).unwrap().narrow(0, 3, 24).unwrap();
    let expected = x.matmul(&weight.t().unwrap()).unwrap().broadcast_add(&bias).unwrap();
    let weights = Weights { block, inputs: 5, outputs: 4, bias: true };
    assert_close(&dense(&x, &weights, Activation::Identity).unwrap(), &expected);
    assert_close(&dense(&x, &weights, Activation::Silu).unwrap(), &expected.silu().unwrap());
    // A transposed view is as good as a tensor of its own.
    let turned = x.t().unwrap().contiguous().unwrap().t().unwrap();
    assert_close(&dense(&turned, &weights, Activation::Identity).unwrap(), &expected);
}

#[test]
fn operations_refuse_what_does_not_fit() {
    let edges = Edges::complete(1, 3);
    let x = random(1, 3, 2);
    let weights = Weights { block: random(2, 1, 8).flatten_all().unwrap(), inputs: 3, outputs: 2, bias: true };
    assert!(dense(&x, &weights, Activation::Silu).unwrap_err().to_string().contains("2 features, the weight 3"));
    let short = Weights { inputs: 2, ..weights };
    assert!(dense(&x, &short, Activation::Silu).unwrap_err().to_string().contains("shape [8], expected [6]"));
    assert!(segment_sum(&x, &edges).unwrap_err().to_string().contains("3 messages for 6 edges"));
    assert!(squared_distance(&random(1, 4, 2), &edges).is_err());
    assert!(coordinate_update(&x, &random(2, 5, 1), &edges, Coordinates::default()).is_err());
    assert!(silu(&x.to_dtype(DType::I64).unwrap()).is_err());
}

#[test]
fn values_beyond_the_clamp_are_cut_and_pass_no_gradient() {
    // Node 0 receives from 1, node 1 from 0: terms s (x_i - x_j) with s = 100 and 10.
    let edges = Edges::new(vec![0, 1], vec![1, 0], 2).unwrap();
    let x = Var::from_tensor(&Tensor::new(&[[3.0_f32, 0.5, -2.0], [0.0, 0.0, 0.0]], &Device::Cpu).unwrap()).unwrap();
    let scale = Var::from_tensor(&Tensor::new(&[[100.0_f32], [10.0]], &Device::Cpu).unwrap()).unwrap();
    let options = Coordinates { clamp: Some(100.0), ..Coordinates::default() };
    let update = coordinate_update(x.as_tensor(), scale.as_tensor(), &edges, options).unwrap();
    assert_eq!(flat(&update), [100.0, 50.0, -100.0, -30.0, -5.0, 20.0]);

    let gradients = update.sum_all().unwrap().backward().unwrap();
    // Only y of the first term is inside; all of the second are.
    assert_eq!(flat(gradients.get(scale.as_tensor()).unwrap()), [0.5, -1.5]);
    assert_eq!(flat(gradients.get(x.as_tensor()).unwrap()), [-10.0, 90.0, -10.0, 10.0, -90.0, 10.0]);

    let free = coordinate_update(x.as_tensor(), scale.as_tensor(), &edges, Coordinates::default()).unwrap();
    assert_eq!(flat(&free), [300.0, 50.0, -200.0, -30.0, -5.0, 20.0]);
}

#[test]
fn a_term_on_the_bound_passes_its_gradient() {
    let edges = Edges::new(vec![0], vec![1], 2).unwrap();
    let x = Tensor::new(&[[1.0_f32], [0.0]], &Device::Cpu).unwrap();
    let scale = Var::from_tensor(&Tensor::new(&[[100.0_f32]], &Device::Cpu).unwrap()).unwrap();
    let options = Coordinates { clamp: Some(100.0), ..Coordinates::default() };
    let update = coordinate_update(&x, scale.as_tensor(), &edges, options).unwrap();
    let gradients = update.sum_all().unwrap().backward().unwrap();
    assert_eq!(flat(gradients.get(scale.as_tensor()).unwrap()), [1.0]);
}

#[test]
fn not_a_number_is_not_clamped_away() {
    let edges = Edges::new(vec![0], vec![1], 2).unwrap();
    let x = Tensor::new(&[[f32::NAN], [0.0]], &Device::Cpu).unwrap();
    let scale = Tensor::new(&[[1.0_f32]], &Device::Cpu).unwrap();
    let options = Coordinates { clamp: Some(100.0), ..Coordinates::default() };
    assert!(flat(&coordinate_update(&x, &scale, &edges, options).unwrap())[0].is_nan());
}

#[test]
fn complete_edges_equal_the_general_list() {
    for (graphs, size) in [(1, 1), (3, 2), (2, 5), (0, 4), (1, 0)] {
        let complete = Edges::complete(graphs, size);
        let general = Edges::new(complete.row().to_vec(), complete.col().to_vec(), graphs * size).unwrap();
        assert_eq!(complete, general);
        assert_eq!(complete.len(), graphs * size * size.saturating_sub(1));
    }
}

#[test]
fn edges_that_are_no_graph_are_refused() {
    let message = |row: &[u32], col: &[u32]| Edges::new(row.to_vec(), col.to_vec(), 3).unwrap_err().to_string();
    assert!(message(&[0, 1], &[1]).contains("'row' has 2 entries and 'col' 1"));
    assert!(message(&[0, 3], &[1, 0]).contains("node 3 is named, but there are 3 nodes"));
    assert!(message(&[1, 0], &[0, 1]).contains("'row' is not sorted: 0 follows 1 at edge 1"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// On any graph the operations do what gathering, concatenating and adding up by index do.
    #[test]
    fn edge_operations_equal_gather_and_scatter(
        nodes in 1_usize..7,
        pairs in proptest::collection::vec((0_u32..7, 0_u32..7), 1..30),
        features in 1_usize..4,
        outputs in 1_usize..20,
        radial in any::<bool>(),
        attributes in 0_usize..3,
        seed in any::<u64>(),
    ) {
        let mut pairs: Vec<_> = pairs.into_iter().map(|(i, j)| (i % nodes as u32, j % nodes as u32)).collect();
        pairs.sort_unstable();
        let (row, col): (Vec<u32>, Vec<u32>) = pairs.into_iter().unzip();
        let (row_index, col_index) = (index(&row), index(&col));
        let edges = Edges::new(row, col, nodes).unwrap();
        let gather = |tensor: &Tensor, index: &Tensor| tensor.index_select(index, 0).unwrap();

        let x = random(seed, nodes, 3);
        let difference = (gather(&x, &row_index) - gather(&x, &col_index)).unwrap();
        let distance = difference.sqr().unwrap().sum_keepdim(1).unwrap();
        assert_close(&squared_distance(&x, &edges).unwrap(), &distance);

        let h = random(seed ^ 1, nodes, features);
        let given = random(seed ^ 2, edges.len(), attributes.max(1));
        let given = (attributes > 0).then_some(given);
        let mut parts = vec![gather(&h, &row_index), gather(&h, &col_index)];
        parts.extend(radial.then(|| distance.clone()));
        parts.extend(given.clone());
        let input = Tensor::cat(&parts, 1).unwrap();
        let inputs = input.dims()[1];
        let block = random(seed ^ 3, 1, outputs * (inputs + 1)).flatten_all().unwrap();
        let weights = Weights { block, inputs, outputs, bias: true };
        let expected = dense(&input, &weights, Activation::Silu).unwrap();
        let found = edge_dense(&h, radial.then_some(&distance), given.as_ref(), &edges, &weights).unwrap();
        assert_close(&found, &expected);

        let zeros = Tensor::zeros((nodes, outputs), DType::F32, &Device::Cpu).unwrap();
        assert_close(&segment_sum(&found, &edges).unwrap(), &zeros.index_add(&row_index, &expected, 0).unwrap());

        let scale = random(seed ^ 4, edges.len(), 1);
        let terms = difference.broadcast_mul(&scale).unwrap();
        let zeros = Tensor::zeros((nodes, 3), DType::F32, &Device::Cpu).unwrap();
        let degree: Vec<f32> = (0..nodes).map(|node| edges.of_row(node).len().max(1) as f32).collect();
        let degree = Tensor::from_vec(degree, (nodes, 1), &Device::Cpu).unwrap();
        let mean = zeros.index_add(&row_index, &terms, 0).unwrap().broadcast_div(&degree).unwrap();
        assert_close(&coordinate_update(&x, &scale, &edges, Coordinates::default()).unwrap(), &mean);
    }
}
