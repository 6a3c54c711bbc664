//! Suggestions for mistyped names.

/// The candidate nearest to `name`, if one is near enough to be what the user meant.
///
/// ```
/// assert_eq!(egnn_schema::names::nearest("egn", ["egnn", "gnn_wide"]), Some("egnn"));
/// assert_eq!(egnn_schema::names::nearest("transformer", ["egnn", "gnn"]), None);
/// ```
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|&(distance, candidate)| distance <= 1 + candidate.len().max(name.len()) / 4)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// `unknown model 'egn': did you mean 'egnn'?`, or the list of known names if none is near.
///
/// ```
/// let message = egnn_schema::names::unknown("model", "egn", &["egnn", "linear"]);
/// assert_eq!(message, "unknown model 'egn'; did you mean 'egnn'?");
/// let message = egnn_schema::names::unknown("model", "transformer", &["egnn", "linear"]);
/// assert_eq!(message, "unknown model 'transformer'; known: egnn, linear");
/// ```
pub fn unknown(kind: &str, name: &str, known: &[&str]) -> String {
    match nearest(name, known.iter().copied()) {
        Some(candidate) => format!("unknown {kind} '{name}'; did you mean '{candidate}'?"),
        None => format!("unknown {kind} '{name}'; known: {}", known.join(", ")),
    }
}
