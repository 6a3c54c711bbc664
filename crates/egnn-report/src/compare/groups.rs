//! Which runs are compared with which.

use super::{
    pairs::{Measured, once},
    quantity::Quantity,
    side::Side,
};
use crate::error::ReportError;
use std::collections::{BTreeMap, BTreeSet};

/// Task and model.
pub(super) type Model = (String, String);

/// Runs of A and B of one model that agree in all settings that tell runs of it apart on either side.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Task of the runs.
    pub task: String,
    /// Their model.
    pub model: String,
    /// The settings in which they agree, with which they differ from other runs of the model.
    pub settings: Vec<(String, Option<String>)>,
    /// The settings in which A and B differ.
    pub differences: Vec<(String, [Option<String>; 2])>,
    /// Runs of A and of B, as rows of their files.
    pub(super) runs: [Vec<usize>; 2],
    /// Every quantity that both have values of.
    pub measured: Vec<Measured>,
}

impl Group {
    /// `egnn, train_samples=100`.
    pub fn title(&self) -> String {
        let setting =
            |(name, value): &(String, Option<String>)| format!("{name}={}", value.as_deref().unwrap_or("none"));
        let settings = self.settings.iter().map(setting);
        [self.model.clone()].into_iter().chain(settings).collect::<Vec<_>>().join(", ")
    }

    /// Runs of A and of B.
    pub fn counts(&self) -> [usize; 2] {
        self.runs.each_ref().map(Vec::len)
    }

    /// Runs of A and of B of the same seed, where each has one.
    pub(super) fn partners(&self, sides: &[Side; 2]) -> Vec<[usize; 2]> {
        let of =
            |index: usize| once(&self.runs[index].iter().map(|&run| (sides[index].seed[run], run)).collect::<Vec<_>>());
        let (a, b) = (of(0), of(1));
        a.into_iter().filter_map(|(seed, a)| Some([a, *b.get(&seed)?])).collect()
    }
}

/// The models that both have runs of, in A's order.
pub(super) fn models(names: [&str; 2], sides: &[Side; 2]) -> Result<Vec<Model>, ReportError> {
    let found = sides.each_ref().map(|side| side.model.iter().cloned().collect::<BTreeSet<Model>>());
    let mut common: Vec<Model> = Vec::new();
    for model in &sides[0].model {
        if found[1].contains(model) && !common.contains(model) {
            common.push(model.clone());
        }
    }
    if common.is_empty() {
        let all = |index: usize, of: fn(&Model) -> &String| {
            found[index].iter().map(of).collect::<BTreeSet<_>>().into_iter().cloned().collect::<Vec<_>>()
        };
        let tasks = |index| all(index, |model| &model.0);
        let has_common_task = tasks(0).iter().any(|task| tasks(1).contains(task));
        let (what, of): (_, fn(&Model) -> &String) =
            if has_common_task { ("model", |model| &model.1) } else { ("task", |model| &model.0) };
        let why = format!("{} in the first, {} in the second", all(0, of).join(", "), all(1, of).join(", "));
        return Err(ReportError::NothingInCommon { a: names[0].into(), b: names[1].into(), what, why });
    }
    Ok(common)
}

/// The groups of all `models`, and the fields by which runs of each model are told apart.
pub(super) fn groups(sides: &[Side; 2], models: &[Model]) -> (Vec<Group>, Vec<Vec<usize>>) {
    let (mut groups, mut keys) = (Vec::new(), Vec::new());
    for model in models {
        let runs = sides.each_ref().map(|side| side.of(model));
        let key = key(sides, &runs);
        let mut by_settings: BTreeMap<Vec<Option<String>>, [Vec<usize>; 2]> = BTreeMap::new();
        let mut order = Vec::new();
        for (index, side) in sides.iter().enumerate() {
            for &run in &runs[index] {
                let settings: Vec<_> = key.iter().map(|&field| side.fields.value(field, run).map(Into::into)).collect();
                if !by_settings.contains_key(&settings) {
                    order.push(settings.clone());
                }
                by_settings.entry(settings).or_default()[index].push(run);
            }
        }
        for settings in order {
            let Some(runs) = by_settings.remove(&settings).filter(|runs| runs.iter().all(|runs| !runs.is_empty()))
            else {
                continue;
            };
            groups.push(group(sides, model, &key, settings, runs));
        }
        keys.push(key);
    }
    (groups, keys)
}

/// The fields in which runs must agree: what tells the runs of A apart, and what tells those of B apart. Values of different
/// properties of molecules are never compared.
fn key(sides: &[Side; 2], runs: &[Vec<usize>; 2]) -> Vec<usize> {
    let names = &sides[0].fields.names;
    let property = names.iter().position(|name| name == "property");
    let telling = sides.iter().zip(runs).flat_map(|(side, runs)| side.fields.telling(runs));
    telling.chain(property).collect::<BTreeSet<_>>().into_iter().collect()
}

fn group(
    sides: &[Side; 2],
    model: &Model,
    key: &[usize],
    settings: Vec<Option<String>>,
    runs: [Vec<usize>; 2],
) -> Group {
    let names = &sides[0].fields.names;
    let of = |index: usize, field: usize| {
        let values = sides[index].fields.distinct(field, &runs[index]);
        values.into_iter().next().flatten().map(ToOwned::to_owned)
    };
    let differences = (0..names.len()).filter(|field| !key.contains(field)).filter_map(|field| {
        let values = [of(0, field), of(1, field)];
        (values[0] != values[1]).then(|| (names[field].clone(), values))
    });
    let measured = Quantity::ALL.into_iter().filter_map(|quantity| {
        let values = [0, 1].map(|index| {
            let side: &Side = &sides[index];
            let value = |&run: &usize| Some((side.seed[run], side.value(&quantity, run)?));
            runs[index].iter().filter_map(value).collect()
        });
        Measured::of(quantity, &values)
    });
    // Of a field in which all runs are alike there is nothing to say in a title, but for the property, which is known.
    let settings = key.iter().map(|&field| names[field].clone()).zip(settings);
    Group {
        task: model.0.clone(),
        model: model.1.clone(),
        settings: settings.filter(|(name, value)| name != "property" || value.is_some()).collect(),
        differences: differences.collect(),
        measured: measured.collect(),
        runs,
    }
}

/// The runs without a partner, of each side.
pub(super) fn alone(sides: &[Side; 2], groups: &[Group]) -> [Vec<usize>; 2] {
    let partners: Vec<[usize; 2]> = groups.iter().flat_map(|group| group.partners(sides)).collect();
    [0, 1].map(|index| {
        let paired: BTreeSet<usize> = partners.iter().map(|pair| pair[index]).collect();
        (0..sides[index].run.len()).filter(|run| !paired.contains(run)).collect()
    })
}
