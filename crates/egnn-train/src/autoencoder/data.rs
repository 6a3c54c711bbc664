//! Graphs as the models read them: every ordered pair of nodes, with a 1 where there is an edge.

use super::AutoencoderConfig;
use crate::{error::TrainError, task::DTYPE};
use candle_core::{Device, Tensor};
use egnn_nn::{Edges, autoencoder::AutoencoderInput};
use egnn_random::Stream;
use egnn_schema::columns::results as column;
use egnn_store::graphs::{GraphRow, Statistics, read_split, repeats, statistics};
use std::{collections::BTreeMap, path::Path};

/// Nodes of a graph at most: every ordered pair of them goes through every layer.
pub(crate) const LARGEST_GRAPH: usize = 1000;

/// A graph and the pairs of its nodes.
#[derive(Clone, Debug)]
struct Graph {
    /// `A_ij` of every ordered pair: `(pairs, 1)`.
    adjacency: Tensor,
    pairs: Edges,
}

/// Graphs of one split.
#[derive(Clone, Debug)]
pub struct Graphs {
    graphs: Vec<Graph>,
}

impl Graphs {
    /// Graphs from the rows of a file.
    ///
    /// # Errors
    /// A graph of more than 1,000 nodes.
    pub fn new(rows: &[GraphRow]) -> Result<Self, TrainError> {
        if let Some(graph) = rows.iter().position(|row| usize::from(row.nodes) > LARGEST_GRAPH) {
            return Err(TrainError::LargeGraph { graph, nodes: rows[graph].nodes, most: LARGEST_GRAPH });
        }
        // Graphs of one size share their pairs.
        let mut complete = BTreeMap::new();
        let mut graph = |row: &GraphRow| {
            let nodes = usize::from(row.nodes);
            let pairs: &Edges = complete.entry(nodes).or_insert_with(|| Edges::complete(1, nodes));
            let mut matrix = vec![0.0_f32; nodes * nodes];
            for (&u, &v) in row.source.iter().zip(&row.target) {
                let (u, v) = (usize::from(u), usize::from(v));
                (matrix[u * nodes + v], matrix[v * nodes + u]) = (1.0, 1.0);
            }
            let ends = pairs.row().iter().zip(pairs.col());
            let entries: Vec<f32> = ends.map(|(&row, &col)| matrix[row as usize * nodes + col as usize]).collect();
            let adjacency = Tensor::from_vec(entries, (pairs.len(), 1), &Device::Cpu)?;
            Ok(Graph { adjacency, pairs: pairs.clone() })
        };
        Ok(Self { graphs: rows.iter().map(&mut graph).collect::<Result<_, TrainError>>()? })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.graphs.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.graphs.is_empty()
    }

    /// Some graphs side by side, with `noise_width` numbers from N(0, 1) for each node.
    pub(crate) fn batch(
        &self,
        graphs: &[u32],
        noise_width: usize,
        noise: &mut Stream,
    ) -> Result<AutoencoderInput, TrainError> {
        let (adjacency, edges) = if let [graph] = graphs {
            let Graph { adjacency, pairs } = &self.graphs[*graph as usize];
            (adjacency.clone(), pairs.clone())
        } else {
            let all = || graphs.iter().map(|&graph| &self.graphs[graph as usize]);
            let adjacency = Tensor::cat(&all().map(|graph| &graph.adjacency).collect::<Vec<_>>(), 0)?;
            (adjacency, Edges::side_by_side(all().map(|graph| &graph.pairs)))
        };
        let noise = (noise_width > 0).then(|| {
            let numbers: Vec<f32> = draw(edges.nodes() * noise_width, noise).collect();
            Tensor::from_vec(numbers, (edges.nodes(), noise_width), &Device::Cpu)?.to_dtype(DTYPE)
        });
        Ok(AutoencoderInput { adjacency, noise: noise.transpose()?, edges })
    }

    /// Draws what [`batch`](Self::batch) would draw.
    pub(crate) fn skip_noise(&self, graphs: &[u32], noise_width: usize, noise: &mut Stream) {
        let nodes: usize = graphs.iter().map(|&graph| self.graphs[graph as usize].pairs.nodes()).sum();
        draw(nodes * noise_width, noise).for_each(drop);
    }
}

fn draw(count: usize, noise: &mut Stream) -> impl Iterator<Item = f32> {
    (0..count).map(|_| noise.normal() as f32)
}

/// The splits that a run reads, and what a reader of its results must know of them.
#[derive(Clone, Debug)]
pub struct GraphData {
    /// Trained on.
    pub train: Graphs,
    /// Validated on.
    pub valid: Graphs,
    /// Tested on, at the end.
    pub test: Graphs,
    /// For the record: edge probability, distinct graphs, densities, test graphs that occur in training.
    pub(crate) facts: Vec<(&'static str, f64)>,
}

impl GraphData {
    /// Reads what `config` names below `datasets`.
    ///
    /// # Errors
    /// A missing or damaged file, or a graph that is too large.
    pub fn read(config: &AutoencoderConfig, datasets: &Path) -> Result<Self, TrainError> {
        let folder = datasets.join("graphs").join(&config.set);
        let read = |split: &str, samples: u64| -> Result<Vec<GraphRow>, TrainError> {
            Ok(read_split(&folder.join(format!("{split}.parquet")), Some(samples as usize))?)
        };
        let train = read(&config.train_split, config.protocol.train_samples)?;
        let valid = read(&config.valid_split, config.valid_samples)?;
        let test = read(&config.test_split, config.test_samples)?;
        Self::from_rows(&train, &valid, &test).map_err(|error| TrainError::file(&folder, error.to_string()))
    }

    /// The same from rows in memory.
    ///
    /// # Errors
    /// A graph that is too large.
    pub fn from_rows(train: &[GraphRow], valid: &[GraphRow], test: &[GraphRow]) -> Result<Self, TrainError> {
        let [in_training, in_test]: [Statistics; 2] = [train, test].map(statistics);
        let mut facts = vec![
            (column::TRAIN_DISTINCT.name, in_training.distinct as f64),
            (column::TRAIN_DENSITY.name, in_training.density_percent()),
            (column::TEST_DISTINCT.name, in_test.distinct as f64),
            (column::TEST_DENSITY.name, in_test.density_percent()),
            (column::TEST_IN_TRAIN.name, repeats(test, train) as f64),
        ];
        facts.extend(mean_p(train).map(|p| (column::P.name, p)));
        let [train, valid, test] = [train, valid, test].map(Graphs::new);
        Ok(Self { train: train?, valid: valid?, test: test?, facts })
    }
}

/// Mean edge probability, where all graphs have one.
fn mean_p(rows: &[GraphRow]) -> Option<f64> {
    let first = rows.first()?.p?;
    if rows.iter().all(|row| row.p == Some(first)) {
        // No rounding where there is nothing to average.
        return Some(first);
    }
    let sum: Option<f64> = rows.iter().map(|row| row.p).sum();
    Some(sum? / rows.len() as f64)
}
