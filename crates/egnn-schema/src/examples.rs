//! Which samples of a test set stand for it: those whose geometry a run stores are those that a report shows.

/// Samples of each sort.
pub const EACH: usize = 6;

/// Places of the [`EACH`] largest errors and, of the others, of the [`EACH`] nearest to the median; of equal ones the first.
/// `errors` are absolute ones.
///
/// ```
/// let errors: Vec<f64> = (0..20).map(f64::from).collect();
/// let [worst, median] = egnn_schema::examples::worst_and_median(&errors);
/// assert_eq!(worst, [19, 18, 17, 16, 15, 14]);
/// assert_eq!(median, [9, 8, 10, 7, 11, 6]);
/// ```
pub fn worst_and_median(errors: &[f64]) -> [Vec<usize>; 2] {
    let mut rows: Vec<usize> = (0..errors.len()).collect();
    rows.sort_by(|&a, &b| errors[b].total_cmp(&errors[a]).then(a.cmp(&b)));
    let median = rows.get(rows.len() / 2).map_or(0.0, |&row| errors[row]);
    let mut others = rows.split_off(EACH.min(rows.len()));
    let off = |row: usize| (errors[row] - median).abs();
    others.sort_by(|&a, &b| off(a).total_cmp(&off(b)).then(a.cmp(&b)));
    others.truncate(EACH);
    [rows, others]
}
