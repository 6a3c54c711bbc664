//! Single values of both sources.

use crate::{
    error::{Fault, shorten},
    molecule::ELEMENTS,
    molecule_set::INDICES,
};

/// Most atoms that a molecule may have; the largest of QM9 have 29.
pub const MOST_ATOMS: usize = 100;

/// A finite number. Mathematica wrote the sources: `5.`, `-0.25` and `1.2*^-6`, which is 1.2e-6.
pub(crate) fn number(text: &str) -> Result<f64, Fault> {
    let text = text.trim();
    let parsed: Result<f64, _> = if text.contains("*^") { text.replacen("*^", "e", 1).parse() } else { text.parse() };
    match parsed {
        Ok(number) if number.is_finite() => Ok(number),
        Ok(_) => Err(Fault::NotFinite(shorten(text))),
        Err(_) => Err(Fault::Number(shorten(text))),
    }
}

pub(crate) fn index(text: &str) -> Result<u32, Fault> {
    let index = text.trim().parse().ok().filter(|index| (1..=INDICES).contains(index));
    index.ok_or_else(|| Fault::Index(shorten(text)))
}

/// The index in `dsgdb9nsd_NNNNNN.xyz`.
pub(crate) fn index_of_file(name: &str) -> Option<u32> {
    let digits = name.strip_prefix("dsgdb9nsd_")?.strip_suffix(".xyz")?;
    (digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| index(digits).ok())?
}

pub(crate) fn atom_count(text: &str) -> Result<usize, Fault> {
    let text = text.trim();
    let stated = text.parse().map_err(|_| Fault::Expected { expected: "the number of atoms", found: shorten(text) })?;
    if (1..=MOST_ATOMS).contains(&stated) { Ok(stated) } else { Err(Fault::Size { stated }) }
}

pub(crate) fn atomic_number(symbol: &str) -> Result<u8, Fault> {
    let element = ELEMENTS.iter().find(|(known, _)| *known == symbol);
    element.map(|&(_, number)| number).ok_or_else(|| Fault::Element(shorten(symbol)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_the_sources_notation() {
        let good =
            [("0.", 0.0), ("-0.25", -0.25), ("1.2*^-6", 1.2e-6), ("-7*^3", -7000.0), (" 9.E-6", 9e-6), ("13", 13.0)];
        for (text, value) in good {
            assert_eq!(number(text), Ok(value), "{text}");
        }
        for text in ["", ".", "-", "1,5", "0x1p3", "1.2*^", "*^3", "1*^2*^3", "1.2*^-6x", "1e2*^3", "1 2"] {
            assert_eq!(number(text), Err(Fault::Number(text.to_owned())), "{text}");
        }
        for text in ["NaN", "nan", "inf", "-Infinity", "1e999", "-1*^400"] {
            assert_eq!(number(text), Err(Fault::NotFinite(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn indices_of_files() {
        assert_eq!(index_of_file("dsgdb9nsd_000021.xyz"), Some(21));
        for name in
            ["dsgdb9nsd_000000.xyz", "dsgdb9nsd_133886.xyz", "dsgdb9nsd_21.xyz", "dsgdb9nsd_+00021.xyz", "a.xyz"]
        {
            assert_eq!(index_of_file(name), None, "{name}");
        }
    }

    #[test]
    fn a_molecule_has_1_to_100_atoms() {
        assert_eq!(atom_count("29"), Ok(29));
        assert_eq!(atom_count("0"), Err(Fault::Size { stated: 0 }));
        assert_eq!(atom_count("101"), Err(Fault::Size { stated: 101 }));
        assert!(matches!(atom_count("-1"), Err(Fault::Expected { .. })));
    }
}
