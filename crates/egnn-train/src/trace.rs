//! Adam traces: a series of optimiser steps on one batch, as the authors' program took them.

use crate::{
    adam::{Adam, AdamConfig},
    error::TrainError,
    nbody::{Batch, loss},
    task::{DTYPE, descend},
};
use candle_core::DType;
use egnn_nn::{
    Backend,
    parity::{Case, ParityReport, Problem, Quantity, Row, Tolerances},
};

/// Takes the steps of an Adam trace on a backend and compares the loss before each and the parameters after the last.
///
/// # Errors
/// A case without the tensors of a trace, or with an optimiser that is not Adam.
pub fn run_trace(case: &Case, tolerances: Tolerances, backend: Backend) -> Result<ParityReport, TrainError> {
    let refuse = |what: String| TrainError::from(case.error(Problem::NotACase(what)));
    let words = case.config.optimizer.as_deref().unwrap_or_default();
    let config = adam_config(words).ok_or_else(|| {
        refuse(format!("optimizer '{words}' is not of the form 'Adam lr .. betas (.., ..) eps .. weight_decay ..'"))
    })?;
    let model = case.nbody_model(DTYPE, backend)?;
    let batch = Batch { input: case.nbody_input(DTYPE)?, target: case.input("target", DTYPE)? };
    if batch.target.dims() != batch.input.x.dims() {
        return Err(refuse(format!(
            "in.target has shape {:?}, in.loc {:?}",
            batch.target.dims(),
            batch.input.x.dims()
        )));
    }
    let expected = case.output("losses", DType::F64)?.flatten_all()?.to_vec1::<f64>()?;
    if case.after.is_empty() || expected.is_empty() {
        return Err(refuse("an Adam trace needs out.losses and after.* tensors".into()));
    }
    let mut adam = Adam::new(config, model.parameters());
    let mut losses = Vec::with_capacity(expected.len());
    for _ in 0..expected.len() {
        losses.push(descend(model.parameters(), &mut adam, &loss(&*model, &batch)?)?);
    }
    let mut rows = vec![Row::compare(Quantity::Losses, "losses", &losses, &expected, tolerances.output)];
    let found = model.parameters().named()?;
    if let Some(name) = case.after.keys().find(|name| !found.iter().any(|(known, _)| known == *name)) {
        return Err(refuse(format!("after.{name} is not a parameter of the model")));
    }
    for (name, tensor) in &found {
        let Some(after) = case.after.get(name) else { return Err(refuse(format!("after.{name} is missing"))) };
        rows.push(Row::compare_tensors(Quantity::Parameter, name, tensor, after, tolerances.gradient)?);
    }
    let (task, model) = (case.config.task.clone(), case.config.model.clone());
    Ok(ParityReport { case: case.name(), task, model, rows })
}

/// Reads `Adam lr 5e-4 betas (0.9, 0.999) eps 1e-8 weight_decay 1e-12 ...`.
fn adam_config(words: &str) -> Option<AdamConfig> {
    let mut tokens = words.split_whitespace().map(|word| word.trim_matches(['(', ')', ',']));
    if tokens.next()? != "Adam" {
        return None;
    }
    let mut config = AdamConfig::new(f64::NAN, 0.0);
    while let Some(token) = tokens.next() {
        match token {
            "lr" => config.learning_rate = tokens.next()?.parse().ok()?,
            "betas" => (config.beta1, config.beta2) = (tokens.next()?.parse().ok()?, tokens.next()?.parse().ok()?),
            "eps" => config.eps = tokens.next()?.parse().ok()?,
            "weight_decay" => config.weight_decay = tokens.next()?.parse().ok()?,
            // A remark follows.
            _ => break,
        }
    }
    config.learning_rate.is_finite().then_some(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_optimizer_is_read_from_its_words() {
        let words = "Adam lr 5e-4 betas (0.9, 0.98) eps 1e-7 weight_decay 1e-12 (L2, added to the gradient)";
        let expected =
            AdamConfig { learning_rate: 5e-4, beta1: 0.9, beta2: 0.98, eps: 1e-7, weight_decay: 1e-12, clip_norm: 0.0 };
        assert_eq!(adam_config(words), Some(expected));
        assert_eq!(adam_config("SGD lr 1"), None);
        assert_eq!(adam_config("Adam"), None);
    }
}
