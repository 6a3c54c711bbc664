//! The paper's values on QM9: Table 3, and what its EGNN was given.

use egnn_schema::Property;

/// Where [`TABLE_3`]'s values come from.
pub const TABLE_3_SOURCE: &str = "Satorras, Hoogeboom, Welling 2021 (arXiv 2102.09844), Table 3";
/// What must be known of the rows of [`TABLE_3`].
pub const NOTE: &str = "The paper's EGNN was trained on 100,000 molecules for 1,000 epochs. DimeNet++'s row uses slightly other partitions.";
/// Why no value of the paper's stands beside our SchNet and NMP.
pub const RIVALS: &str = "The paper's value stands beside EGNN only: our SchNet and NMP (distances) differ in size and training from the networks \
     behind Table 3's rows of these names, so neither they nor the order of the models are compared.";

/// The set with the paper's molecules and splits, by its name in configurations.
pub const SET: &str = "qm9";
/// The model that is not trained: it says the mean of the training molecules for each.
pub const MEAN: &str = "mean";
/// The paper's own model.
pub const EGNN: &str = "egnn";

/// Molecules that the paper trains on.
pub const TRAIN_MOLECULES: i64 = 100_000;
/// Molecules that it validates on.
pub const VALID_MOLECULES: i64 = 17_748;
/// Molecules that it tests on.
pub const TEST_MOLECULES: i64 = 13_083;
/// Epochs behind EGNN's row.
pub const EPOCHS: i64 = 1000;
/// Molecules in a batch.
pub const BATCH: i64 = 96;
/// Features of a node.
pub const HIDDEN: i64 = 128;
/// Layers.
pub const LAYERS: i64 = 7;
/// Adam's L2 term.
pub const WEIGHT_DECAY: f64 = 1e-16;
/// What the learning rate follows.
pub const SCHEDULE: &str = "authors";

/// Models of ours by their names in configurations and in print, the paper's own first.
const MODELS: [(&str, &str); 4] =
    [(EGNN, "EGNN"), ("schnet", "SchNet"), ("nmp", "NMP (distances)"), (MEAN, "mean of training set")];

/// A row of Table 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaperRow {
    /// The model's name in print.
    pub title: &'static str,
    /// Mean absolute errors as printed, in the order of [`Property::ALL`] and in their units; empty where there is none.
    printed: [&'static str; 12],
}

impl PaperRow {
    /// An error as the paper prints it.
    pub fn text(&self, property: Property) -> Option<&'static str> {
        Some(self.printed[property.index()]).filter(|text| !text.is_empty())
    }

    /// An error.
    pub fn value(&self, property: Property) -> Option<f64> {
        self.text(property)?.parse().ok()
    }
}

const fn row(title: &'static str, printed: [&'static str; 12]) -> PaperRow {
    PaperRow { title, printed }
}

/// Table 3, in its order.
pub const TABLE_3: [PaperRow; 9] = [
    row("NMP", ["0.092", "69", "43", "38", "0.030", "0.040", "19", "17", "0.180", "20", "20", "1.50"]),
    row("SchNet", ["0.235", "63", "41", "34", "0.033", "0.033", "14", "14", "0.073", "19", "14", "1.70"]),
    row("Cormorant", ["0.085", "61", "34", "38", "0.038", "0.026", "20", "21", "0.961", "21", "22", "2.03"]),
    row("L1Net", ["0.088", "68", "46", "35", "0.043", "0.031", "14", "14", "0.354", "14", "13", "1.56"]),
    row("LieConv", ["0.084", "49", "30", "25", "0.032", "0.038", "22", "24", "0.800", "19", "19", "2.28"]),
    row("DimeNet++", ["0.044", "33", "25", "20", "0.030", "0.023", "8", "7", "0.331", "6", "6", "1.21"]),
    row("TFN", ["0.223", "58", "40", "38", "0.064", "0.101", "", "", "", "", "", ""]),
    row("SE(3)-Tr.", ["0.142", "53", "35", "33", "0.051", "0.054", "", "", "", "", "", ""]),
    row("EGNN", ["0.071", "48", "29", "25", "0.029", "0.031", "12", "12", "0.106", "12", "11", "1.55"]),
];

/// The row of the paper's own model.
pub const OWN: PaperRow = TABLE_3[8];

/// The paper's value for a property by name; only for its own model.
pub fn value(property: &str, model: &str) -> Option<f64> {
    Property::from_name(property).filter(|_| model == EGNN).and_then(|property| OWN.value(property))
}

/// The same with the paper's digits.
pub fn text(property: &str, model: &str) -> Option<&'static str> {
    Property::from_name(property).filter(|_| model == EGNN).and_then(|property| OWN.text(property))
}

/// Optimiser steps of the paper's runs: the last partial batch of an epoch is kept.
pub fn steps() -> i64 {
    EPOCHS * TRAIN_MOLECULES.cast_unsigned().div_ceil(BATCH.cast_unsigned()).cast_signed()
}

/// Adam's learning rate at the start.
pub fn learning_rate(property: &str) -> f64 {
    match Property::from_name(property) {
        Some(Property::Gap | Property::Homo | Property::Lumo) => 1e-3,
        _ => 5e-4,
    }
}

/// A model's name in print, if it is one of ours.
pub fn title(model: &str) -> Option<&'static str> {
    MODELS.iter().find(|(name, _)| *name == model).map(|(_, title)| *title)
}

/// Where a model of ours stands: the paper's own first, unknown ones after the trained ones, the mean last.
pub fn rank(model: &str) -> usize {
    let last = MODELS.len() - 1;
    match MODELS.iter().position(|(name, _)| *name == model) {
        Some(place) if place < last => place,
        None => last,
        Some(_) => last + 1,
    }
}

/// Where a property stands in Table 3; unknown ones come last.
pub fn property_rank(property: &str) -> usize {
    Property::from_name(property).map_or(Property::ALL.len(), Property::index)
}

/// A property's unit in print; empty if it is not known.
pub fn unit(property: &str) -> String {
    Property::from_name(property).map_or_else(String::new, |of| of.unit().replace("^3", "³").replace("^2", "²"))
}

/// A property with its unit: `mu (D)`.
pub fn property_title(property: &str) -> String {
    let unit = unit(property);
    if unit.is_empty() { property.into() } else { format!("{property} ({unit})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_3_is_the_papers() {
        let printed = |row: &PaperRow| {
            let cell = |property| row.text(property).map_or("-", |text| text.trim_start_matches('0'));
            format!("{} {}", row.title, Property::ALL.map(cell).join(" "))
        };
        assert_eq!(
            TABLE_3.iter().map(printed).collect::<Vec<_>>(),
            [
                "NMP .092 69 43 38 .030 .040 19 17 .180 20 20 1.50",
                "SchNet .235 63 41 34 .033 .033 14 14 .073 19 14 1.70",
                "Cormorant .085 61 34 38 .038 .026 20 21 .961 21 22 2.03",
                "L1Net .088 68 46 35 .043 .031 14 14 .354 14 13 1.56",
                "LieConv .084 49 30 25 .032 .038 22 24 .800 19 19 2.28",
                "DimeNet++ .044 33 25 20 .030 .023 8 7 .331 6 6 1.21",
                "TFN .223 58 40 38 .064 .101 - - - - - -",
                "SE(3)-Tr. .142 53 35 33 .051 .054 - - - - - -",
                "EGNN .071 48 29 25 .029 .031 12 12 .106 12 11 1.55",
            ]
        );
        let numbers = TABLE_3.iter().flat_map(|row| Property::ALL.map(|property| row.value(property)));
        assert_eq!(numbers.flatten().count(), 9 * 12 - 2 * 6);
    }

    #[test]
    fn only_egnn_has_a_value_of_the_papers() {
        assert_eq!((value("mu", "egnn"), text("mu", "egnn")), (Some(0.029), Some("0.029")));
        assert_eq!((value("U0", "egnn"), value("U0", "schnet"), value("charge", "egnn")), (Some(11.0), None, None));
    }

    #[test]
    fn budgets_and_units() {
        assert_eq!(steps(), 1_042_000, "100,000 molecules are 1,041 whole batches of 96 and a partial one");
        assert_eq!(["gap", "mu"].map(learning_rate), [1e-3, 5e-4]);
        assert_eq!(
            ["alpha", "U0", "R2", "Cv", "own"].map(property_title).join(", "),
            "alpha (bohr³), U0 (meV), R2 (bohr²), Cv (cal/(mol K)), own"
        );
    }

    #[test]
    fn the_mean_comes_last() {
        let mut models = ["mean", "own", "nmp", "egnn", "schnet"];
        models.sort_by_key(|model| rank(model));
        assert_eq!(models, ["egnn", "schnet", "nmp", "own", "mean"]);
    }
}
