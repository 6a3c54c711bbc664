//! From layers (pipeline, profile, command line) to the configuration of every run.
//!
//! A later layer wins over an earlier one whole: what a profile or the command line sets, no rule of an earlier layer
//! changes. Inside a layer a rule wins over `set` and `grid`, and a later rule over an earlier one. A rule's `when`
//! looks at the values as they are after all layers' `set` and `grid` and the rules before it.

use crate::{
    origin::{Located, Origin, Setting, Settings, Spot},
    spec::{Layer, Rule, SweepSpec, same},
};
use egnn_schema::names;
use std::collections::{BTreeMap, BTreeSet};

/// Groups of fields that exclude each other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exclusive<'a>(pub(crate) &'a [&'a [&'a str]]);

impl<'a> Exclusive<'a> {
    /// The field and what it excludes.
    fn group(self, field: &'a str) -> Vec<&'a str> {
        let group = self.0.iter().find(|group| group.contains(&field));
        group.map_or_else(|| vec![field], |group| group.to_vec())
    }

    /// Refuses two fields of a group side by side.
    fn check<'b>(
        self,
        spec: &SweepSpec,
        fields: impl Iterator<Item = (&'b String, &'b Setting)>,
    ) -> Result<(), Located> {
        let mut used: BTreeMap<&str, &str> = BTreeMap::new();
        for (field, setting) in fields {
            let Some(group) = self.0.iter().find(|group| group.contains(&field.as_str())) else { continue };
            if let Some(other) = used.insert(group[0], field) {
                let message = format!("'{field}' and '{other}' exclude each other; keep one of them");
                return Err(about(spec, setting, About::Key, message));
            }
        }
        Ok(())
    }
}

/// Which half of `key: value` a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    Key,
    Value,
}

/// A message about a setting, at its place.
pub(crate) fn about(spec: &SweepSpec, setting: &Setting, about: About, message: impl Into<String>) -> Located {
    match (setting.origin, about) {
        (Origin::CommandLine, _) => Located::command_line(message),
        (Origin::File { key, .. }, About::Key) => Located::at(&spec.file, key, message),
        (Origin::File { value, .. }, About::Value) => Located::at(&spec.file, value, message),
    }
}

/// A field with the layer that decided it.
struct Assigned<'a> {
    rank: usize,
    setting: &'a Setting,
}

/// Runs of a plan: more is a slip of the pen.
const MOST_POINTS: usize = 10_000_000;

/// The configuration of every run, in the order of the grid's fields in the file; the last field varies fastest. Each is made
/// when it is asked for.
pub(crate) fn points<'a>(
    spec: &SweepSpec,
    layers: &'a [&'a Layer],
    exclusive: Exclusive<'a>,
) -> Result<impl Iterator<Item = Settings> + 'a, Located> {
    check(spec, layers, exclusive)?;
    let mut base: Vec<(&str, usize, &[Setting])> = Vec::new();
    for (rank, layer) in layers.iter().enumerate() {
        for (field, setting) in &layer.set {
            assign(&mut base, exclusive, (field, rank, std::slice::from_ref(setting)));
        }
        for (field, values) in by_place(layer) {
            assign(&mut base, exclusive, (field, rank, values));
        }
    }
    let total = base.iter().try_fold(1_usize, |total, (.., values)| total.checked_mul(values.len()));
    let Some(total) = total.filter(|&total| total <= MOST_POINTS) else {
        let message = format!("the grid has more than {MOST_POINTS} runs; take fewer values of some field");
        return Err(Located { file: Some(spec.file.clone()), spot: None, message });
    };
    Ok((0..total).map(move |number| {
        let mut point = point(&base, number);
        for (rank, layer) in layers.iter().enumerate() {
            layer.rules.iter().for_each(|rule| apply(&mut point, rule, rank, exclusive));
        }
        point.into_iter().map(|(field, assigned)| (field.to_owned(), assigned.setting.clone())).collect()
    }))
}

/// The point of that number in the grid.
fn point<'a>(base: &[(&'a str, usize, &'a [Setting])], mut number: usize) -> BTreeMap<&'a str, Assigned<'a>> {
    let mut point = BTreeMap::new();
    for &(field, rank, values) in base.iter().rev() {
        point.insert(field, Assigned { rank, setting: &values[number % values.len()] });
        number /= values.len();
    }
    point
}

/// Puts a field into the list, in the place of what it replaces.
fn assign<'a>(
    base: &mut Vec<(&'a str, usize, &'a [Setting])>,
    exclusive: Exclusive<'_>,
    new: (&'a str, usize, &'a [Setting]),
) {
    let group = exclusive.group(new.0);
    let place = base.iter().position(|(field, ..)| group.contains(field));
    base.retain(|(field, ..)| !group.contains(field));
    base.insert(place.unwrap_or(base.len()).min(base.len()), new);
}

/// The layer's grid in the order of the file, the command line's in alphabetical order.
fn by_place(layer: &Layer) -> Vec<(&String, &Vec<Setting>)> {
    let mut axes: Vec<_> = layer.grid.iter().collect();
    axes.sort_by_key(|(_, values)| match values.first().map(|setting| setting.origin) {
        Some(Origin::File { key, .. }) => key,
        _ => Spot::default(),
    });
    axes
}

fn apply<'a>(point: &mut BTreeMap<&'a str, Assigned<'a>>, rule: &'a Rule, rank: usize, exclusive: Exclusive<'_>) {
    let matches = rule.when.iter().all(|(field, values)| {
        let value = point.get(field.as_str()).map(|assigned| &assigned.setting.value);
        value.is_some_and(|value| values.iter().any(|wanted| same(&wanted.value, value)))
    });
    if !matches {
        return;
    }
    for (field, setting) in &rule.set {
        let group = exclusive.group(field);
        if group.iter().any(|other| point.get(other).is_some_and(|assigned| assigned.rank > rank)) {
            continue;
        }
        point.retain(|other, _| !group.contains(other));
        point.insert(field, Assigned { rank, setting });
    }
}

/// What can be said without a task: fields that exclude each other, rules that look at fields nobody sets.
fn check(spec: &SweepSpec, layers: &[&Layer], exclusive: Exclusive<'_>) -> Result<(), Located> {
    let everywhere = spec.profiles.values().map(|profile| &profile.layer).chain(layers.iter().copied());
    let known: BTreeSet<&str> = everywhere
        .flat_map(|layer| {
            layer.set.keys().chain(layer.grid.keys()).chain(layer.rules.iter().flat_map(|rule| rule.set.keys()))
        })
        .map(String::as_str)
        .collect();
    let known: Vec<&str> = known.into_iter().collect();
    for layer in layers {
        let first = |(field, values): (&'_ String, &'_ Vec<Setting>)| {
            values.first().map(|value| (field.clone(), value.clone()))
        };
        let axes: Vec<(String, Setting)> = layer.grid.iter().filter_map(first).collect();
        exclusive.check(spec, layer.set.iter().chain(axes.iter().map(|(field, setting)| (field, setting))))?;
        for rule in &layer.rules {
            exclusive.check(spec, rule.set.iter())?;
            for (field, values) in &rule.when {
                if !known.contains(&field.as_str()) {
                    let message = format!(
                        "{} (a rule can only look at fields that the pipeline sets)",
                        names::unknown("field", field, &known)
                    );
                    return Err(values.first().map_or_else(
                        || Located { file: Some(spec.file.clone()), spot: None, message: message.clone() },
                        |setting| about(spec, setting, About::Key, message.clone()),
                    ));
                }
            }
        }
    }
    Ok(())
}
