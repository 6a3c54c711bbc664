//! What runs of the graph autoencoder say about the graphs that they used.
//!
//! It matters for Community: its generator knows ten communities only, so that graphs repeat, and most test graphs are training graphs.

use crate::{
    error::ReportError,
    frame::Frame,
    kind::{Kind, PlacedBy},
    results::{Results, place},
};

/// Columns about data, measured when a run has read them.
pub(crate) const MEASURED: [&str; 6] = {
    use egnn_schema::columns::results::{P, TEST_DENSITY, TEST_DISTINCT, TEST_IN_TRAIN, TRAIN_DENSITY, TRAIN_DISTINCT};
    [P.name, TRAIN_DENSITY.name, TRAIN_DISTINCT.name, TEST_DENSITY.name, TEST_DISTINCT.name, TEST_IN_TRAIN.name]
};

/// A run's graphs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DataFacts {
    /// The set's name.
    pub set: String,
    /// Graphs trained on.
    pub train: Split,
    /// Graphs tested on.
    pub test: Split,
    /// Mean edge probability with which the training graphs were drawn, if they were; within communities where there are any.
    pub p: Option<f64>,
    /// Test graphs that are in the training graphs too, link by link.
    pub test_in_train: Option<f64>,
}

/// Graphs of one split.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Split {
    /// Its name, for example `train`.
    pub name: Option<String>,
    /// How many.
    pub graphs: Option<i64>,
    /// Pairs that are links, in percent.
    pub density_percent: Option<f64>,
    /// Different ones.
    pub distinct: Option<f64>,
}

impl DataFacts {
    /// The edge probability, free of what averaging adds in its last digits.
    pub fn probability(&self) -> Option<f64> {
        self.p.filter(|p| p.is_finite()).map(|p| (p * 1e6).round() / 1e6)
    }

    /// Whether it was tested on what it was trained on: as many graphs of one split.
    pub fn is_tested_on_training(&self) -> bool {
        self.is_of_one_split() && self.train.graphs.is_some() && self.train.graphs == self.test.graphs
    }

    /// Whether training and test graphs are of one split, be they all of it or not.
    pub fn is_of_one_split(&self) -> bool {
        self.train.name.is_some() && self.train.name == self.test.name
    }
}

pub(crate) fn read(frame: &Frame) -> Result<Vec<DataFacts>, ReportError> {
    let set = frame.text("set")?;
    let [p, train_density, train_distinct, test_density, test_distinct, test_in_train] =
        MEASURED.map(|name| frame.real(name));
    let (p, test_in_train) = (p?, test_in_train?);
    let splits = |split: &str, density: Vec<Option<f64>>, distinct: Vec<Option<f64>>| {
        let name = frame.text(&format!("{split}_split"))?;
        let graphs = frame.whole(&format!("{split}_samples"))?;
        let of = |(((name, graphs), density_percent), distinct)| Split { name, graphs, density_percent, distinct };
        Ok::<Vec<Split>, ReportError>(name.into_iter().zip(graphs).zip(density).zip(distinct).map(of).collect())
    };
    let train = splits("train", train_density?, train_distinct?)?;
    let test = splits("test", test_density?, test_distinct?)?;
    let facts = set.into_iter().zip(train).zip(test).enumerate().map(|(i, ((set, train), test))| DataFacts {
        set: set.unwrap_or_else(|| "unknown".into()),
        train,
        test,
        p: p[i],
        test_in_train: test_in_train[i],
    });
    Ok(facts.collect())
}

/// The different facts of the finished runs: by set, the paper's first; on a curve against edge probability by that.
pub(crate) fn of(kind: Kind, results: &Results) -> Vec<DataFacts> {
    let mut found: Vec<DataFacts> = Vec::new();
    // Molecules never repeat, and the table says how many were used.
    if kind == Kind::Qm9 {
        return found;
    }
    for run in results.with(crate::results::Status::Finished) {
        if !run.data.set.is_empty() && !found.contains(&run.data) {
            found.push(run.data.clone());
        }
    }
    let by_set = |facts: &DataFacts| (crate::paper::set_rank(kind, &facts.set), facts.set.clone());
    found.sort_by(|a, b| {
        let sets = by_set(a).cmp(&by_set(b));
        let places = place(a.probability()).total_cmp(&place(b.probability()));
        if kind.placed_by() == PlacedBy::Probability { places.then(sets) } else { sets.then(places) }
    });
    found
}
