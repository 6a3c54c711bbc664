//! `predictions.parquet`: every pair of nodes of the test graphs, truth beside probability.

use super::Reconstruction;
use egnn_store::table::{ColumnData, Table};
use std::collections::BTreeMap;

/// Columns: `graph, nodes, source, target` (source below target), `edge` (1 or 0) and `probability`; sorted by graph,
/// source and target.
pub(crate) fn table(graphs: &[Reconstruction]) -> Table {
    let (mut graph, mut nodes, mut source, mut target) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut edge, mut probability) = (Vec::new(), Vec::new());
    for (number, reconstruction) in graphs.iter().enumerate() {
        let pairs = reconstruction.ends.iter().zip(&reconstruction.truth).zip(&reconstruction.probability);
        for ((&[row, col], &truth), &p) in pairs.filter(|((ends, _), _)| ends[0] < ends[1]) {
            graph.push(number as u32);
            nodes.push(reconstruction.nodes as u16);
            source.push(row as u16);
            target.push(col as u16);
            edge.push(u8::from(truth > 0.5));
            probability.push(Some(p));
        }
    }
    let columns = [
        ("graph", ColumnData::U32(graph)),
        ("nodes", ColumnData::U16(nodes)),
        ("source", ColumnData::U16(source)),
        ("target", ColumnData::U16(target)),
        ("edge", ColumnData::U8(edge)),
        ("probability", ColumnData::F32(probability)),
    ];
    let columns = columns.into_iter().map(|(name, data)| (name.to_owned(), data)).collect();
    Table { columns, metadata: BTreeMap::new() }
}
