//! Queries that have names: SQL files beside this one. Each begins with a comment that says what it shows.

use crate::error::ReportError;
use egnn_schema::names;

/// A query with a name, over the table `results` of any pipelines.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its SQL, with its comment.
    pub sql: &'static str,
}

macro_rules! named {
    ($($name:literal),*) => { [$(Named { name: $name, sql: include_str!(concat!("named/", $name, ".sql")) }),*] };
}

impl Named {
    /// Every named query.
    pub const ALL: [Self; 6] = named!["best-by-model", "mean-by-model", "seeds", "failures", "budgets", "slowest"];

    /// The query of a name.
    ///
    /// # Errors
    /// If there is none: the error suggests one.
    pub fn find(name: &str) -> Result<Self, ReportError> {
        Self::ALL.into_iter().find(|named| named.name == name).ok_or_else(|| {
            let known = Self::ALL.map(|named| named.name);
            ReportError::UnknownQuery { message: names::unknown("named query", name, &known) }
        })
    }

    /// What it shows: the comment that its SQL begins with, on one line.
    pub fn about(&self) -> String {
        self.comment().map(|line| line.trim_start_matches('-').trim()).collect::<Vec<_>>().join(" ")
    }

    /// The SQL after its comment.
    pub fn body(&self) -> String {
        self.sql.lines().skip(self.comment().count()).collect::<Vec<_>>().join("\n")
    }

    fn comment(&self) -> impl Iterator<Item = &'static str> {
        self.sql.lines().take_while(|line| line.starts_with("--"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_says_what_it_shows() {
        for named in Named::ALL {
            assert!(named.about().ends_with('.') && named.about().len() > 40, "{}", named.name);
            assert!(named.body().starts_with("SELECT") || named.body().starts_with("WITH"), "{}", named.body());
        }
    }

    #[test]
    fn a_wrong_name_suggests_the_nearest() {
        let said = |name| Named::find(name).unwrap_err().to_string();
        assert_eq!(said("best-by-modle"), "unknown named query 'best-by-modle'; did you mean 'best-by-model'?");
        assert!(said("x").ends_with("known: best-by-model, mean-by-model, seeds, failures, budgets, slowest"));
    }
}
