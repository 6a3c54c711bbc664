//! The properties of QM9: columns with the source's units, and labels in the paper's (Table 3).

/// Electronvolt in a hartree, as the paper's data have it.
pub const EV_PER_HARTREE: f64 = 27.2114;

/// A property of a molecule that is learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Property {
    /// Isotropic polarisability.
    Alpha,
    /// Difference of LUMO and HOMO.
    Gap,
    /// Energy of the highest occupied molecular orbital.
    Homo,
    /// Energy of the lowest unoccupied molecular orbital.
    Lumo,
    /// Norm of the dipole moment.
    Mu,
    /// Heat capacity at 298.15 K.
    Cv,
    /// Free energy at 298.15 K.
    G,
    /// Enthalpy at 298.15 K.
    H,
    /// Electronic spatial extent.
    R2,
    /// Internal energy at 298.15 K.
    U,
    /// Internal energy at 0 K.
    U0,
    /// Zero-point vibrational energy.
    Zpve,
}

impl Property {
    /// All, in the order of the paper's Table 3.
    pub const ALL: [Self; 12] = [
        Self::Alpha,
        Self::Gap,
        Self::Homo,
        Self::Lumo,
        Self::Mu,
        Self::Cv,
        Self::G,
        Self::H,
        Self::R2,
        Self::U,
        Self::U0,
        Self::Zpve,
    ];

    /// Those from whose values the sum over the atoms of an atomic reference is subtracted, in the same order.
    pub const REFERENCED: [Self; 5] = [Self::Cv, Self::G, Self::H, Self::U, Self::U0];

    /// Its place in [`ALL`](Self::ALL).
    pub fn index(self) -> usize {
        self as usize
    }

    /// Its name in configurations, records and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Alpha => "alpha",
            Self::Gap => "gap",
            Self::Homo => "homo",
            Self::Lumo => "lumo",
            Self::Mu => "mu",
            Self::Cv => "Cv",
            Self::G => "G",
            Self::H => "H",
            Self::R2 => "R2",
            Self::U => "U",
            Self::U0 => "U0",
            Self::Zpve => "ZPVE",
        }
    }

    /// The property of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|property| property.name() == name)
    }

    /// Its column in `datasets/qm9`, as in the source: f64, in the unit that ends the name.
    pub fn column(self) -> &'static str {
        match self {
            Self::Alpha => "alpha_bohr3",
            Self::Gap => "gap_hartree",
            Self::Homo => "homo_hartree",
            Self::Lumo => "lumo_hartree",
            Self::Mu => "mu_debye",
            Self::Cv => "cv_cal_per_mol_kelvin",
            Self::G => "g_hartree",
            Self::H => "h_hartree",
            Self::R2 => "r2_bohr2",
            Self::U => "u_hartree",
            Self::U0 => "u0_hartree",
            Self::Zpve => "zpve_hartree",
        }
    }

    /// The column of the molecule's sum of atomic references, f64 in the unit of [`column`](Self::column), for
    /// [`REFERENCED`](Self::REFERENCED).
    pub fn reference_column(self) -> Option<&'static str> {
        match self {
            Self::Cv => Some("cv_reference_cal_per_mol_kelvin"),
            Self::G => Some("g_reference_hartree"),
            Self::H => Some("h_reference_hartree"),
            Self::U => Some("u_reference_hartree"),
            Self::U0 => Some("u0_reference_hartree"),
            _ => None,
        }
    }

    /// The unit of its label and of its errors, which is the paper's.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Alpha => "bohr^3",
            Self::Gap | Self::Homo | Self::Lumo | Self::G | Self::H | Self::U | Self::U0 | Self::Zpve => "meV",
            Self::Mu => "D",
            Self::Cv => "cal/(mol K)",
            Self::R2 => "bohr^2",
        }
    }

    /// From the unit of [`column`](Self::column) to [`unit`](Self::unit).
    pub fn factor(self) -> f64 {
        if self.unit() == "meV" { 1000.0 * EV_PER_HARTREE } else { 1.0 }
    }

    /// What is learnt and compared: the source's value without its atomic references, in the paper's unit.
    pub fn label(self, value: f64, references: f64) -> f64 {
        (value - references) * self.factor()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_columns_and_places_are_each_propertys_own() {
        for (place, property) in Property::ALL.into_iter().enumerate() {
            assert_eq!(property.index(), place);
            assert_eq!(Property::from_name(property.name()), Some(property));
            assert_eq!(property.reference_column().is_some(), Property::REFERENCED.contains(&property));
            let same = Property::ALL.into_iter().filter(|other| other.column() == property.column());
            assert_eq!(same.count(), 1);
        }
        assert_eq!(Property::from_name("u0"), None);
    }

    #[test]
    fn a_label_by_hand() {
        // Methane: one carbon and four hydrogens.
        let label = Property::U0.label(-40.47893, -37.846772 - 4.0 * 0.500273);
        assert!((label - 1000.0 * 27.2114 * -0.631066).abs() < 1e-6, "{label}");
        assert_eq!(Property::Mu.label(1.5, 0.0), 1.5);
    }
}
