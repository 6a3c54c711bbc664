//! The QM9 task as the training loop sees it.

use super::{Molecules, Qm9Config, Qm9Data, predictions::table};
use crate::{
    error::TrainError,
    protocol::fields,
    task::{DTYPE, Task, Tested},
};
use candle_core::{Device, Tensor};
use egnn_nn::{Backend, Parameters, molecule::MoleculeModel};
use egnn_random::Stream;
use egnn_schema::{FieldValue, Fields, columns::results as column};

/// What labels are normalised with: mean and mean absolute deviation of the training molecules, in the paper's unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Labels {
    pub(crate) mean: f64,
    /// 1 where all labels are equal, so that it can divide.
    pub(crate) mad: f64,
}

impl Labels {
    pub(crate) fn of(labels: &[f64]) -> Self {
        let count = labels.len().max(1) as f64;
        let mean = labels.iter().sum::<f64>() / count;
        let mad = labels.iter().map(|label| (label - mean).abs()).sum::<f64>() / count;
        Self { mean, mad: if mad > 0.0 { mad } else { 1.0 } }
    }

    fn normalised(self, label: f64) -> f32 {
        ((label - self.mean) / self.mad) as f32
    }

    fn label(self, normalised: f32) -> f64 {
        self.mean + self.mad * f64::from(normalised)
    }
}

pub(crate) struct Qm9Task<'a> {
    config: &'a Qm9Config,
    data: &'a Qm9Data,
    labels: Labels,
    model: MoleculeModel,
}

impl<'a> Qm9Task<'a> {
    pub(crate) fn new(config: &'a Qm9Config, data: &'a Qm9Data, backend: Backend) -> Result<Self, TrainError> {
        let init = Stream::new(config.protocol.seed).child("init");
        let model = config.model.init_on(&init, DTYPE, backend)?;
        Ok(Self { config, data, labels: Labels::of(data.train.labels()), model })
    }

    fn predict(&self, molecules: &Molecules) -> Result<Vec<f64>, TrainError> {
        let batch_size = self.config.protocol.batch_size as usize;
        predict(&self.model, molecules, self.labels, self.config.cutoff, batch_size)
    }
}

impl Task for Qm9Task<'_> {
    fn parameters(&self) -> &Parameters {
        self.model.parameters()
    }

    fn loss_name(&self) -> &'static str {
        "mae"
    }

    fn loss_unit(&self) -> f64 {
        self.labels.mad
    }

    fn samples(&self) -> usize {
        self.data.train.len()
    }

    /// The mean absolute error of the normalised labels.
    fn loss(&mut self, samples: &[u32]) -> Result<Tensor, TrainError> {
        let train = &self.data.train;
        let input = train.batch(samples, self.config.cutoff)?;
        let targets = samples.iter().map(|&molecule| self.labels.normalised(train.labels()[molecule as usize]));
        let targets = Tensor::from_iter(targets, &Device::Cpu)?;
        Ok((self.model.forward(&input)? - targets)?.abs()?.mean_all()?)
    }

    fn validate(&mut self, _: u64) -> Result<f64, TrainError> {
        Ok(score(&self.data.valid, &self.predict(&self.data.valid)?))
    }

    fn test(&mut self) -> Result<Tested, TrainError> {
        let test = &self.data.test;
        let prediction = self.predict(test)?;
        let of_mean = score(test, &vec![self.labels.mean; test.len()]);
        let values = vec![
            (column::TEST_MAE_OF_MEAN.name, of_mean),
            (column::LABEL_MEAN.name, self.labels.mean),
            (column::LABEL_MAD.name, self.labels.mad),
        ];
        Ok(Tested {
            loss: score(test, &prediction),
            values,
            predictions: table(test, &prediction),
            forward_seconds: None,
        })
    }

    fn constants(&self) -> Fields {
        let Labels { mean, mad } = self.labels;
        fields([(column::LABEL_MEAN.name, FieldValue::Float(mean)), (column::LABEL_MAD.name, FieldValue::Float(mad))])
    }
}

/// The labels that a model gives molecules, in the paper's unit.
pub(crate) fn predict(
    model: &MoleculeModel,
    molecules: &Molecules,
    labels: Labels,
    cutoff: Option<f64>,
    batch_size: usize,
) -> Result<Vec<f64>, TrainError> {
    let mut found = Vec::with_capacity(molecules.len());
    for batch in (0..molecules.len() as u32).collect::<Vec<_>>().chunks(batch_size) {
        let normalised = model.predict(&molecules.batch(batch, cutoff)?)?.to_vec1::<f32>()?;
        found.extend(normalised.into_iter().map(|value| labels.label(value)));
    }
    Ok(found)
}

/// The mean absolute error, in the paper's unit.
pub(crate) fn score(molecules: &Molecules, prediction: &[f64]) -> f64 {
    let errors = molecules.labels().iter().zip(prediction).map(|(label, prediction)| (label - prediction).abs());
    errors.sum::<f64>() / molecules.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_measured_in_deviations_from_the_mean() {
        let labels = Labels::of(&[1.0, 2.0, 6.0]);
        assert_eq!(labels, Labels { mean: 3.0, mad: 2.0 });
        assert_eq!(labels.normalised(7.0), 2.0);
        assert_eq!(labels.label(-1.0), 1.0);
        assert_eq!(Labels::of(&[4.0, 4.0]), Labels { mean: 4.0, mad: 1.0 }, "nothing is divided by 0");
    }
}
