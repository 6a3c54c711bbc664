//! What a figure shows, in numbers.

use super::axis::Scale;
use crate::{
    budget,
    group::{Group, SeedValue},
    kind::Kind,
    metric::Metric,
    paper::{self, autoencoder, nbody, qm9},
    report::Report,
    table::sets,
};

/// More seeds than this are not drawn one by one.
const CROWD: usize = 60;

/// A mean with its spread and the seeds behind it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Point {
    /// Training samples, edge probability or dimensions.
    pub(crate) at: f64,
    pub(crate) mean: f64,
    /// Standard deviation.
    pub(crate) spread: Option<f64>,
    pub(crate) seeds: Vec<SeedValue>,
}

impl Point {
    /// Lower end of the error bar; `None` if it is not positive: no axis goes there.
    pub(crate) fn low(&self) -> Option<f64> {
        self.spread.map(|spread| self.mean - spread).filter(|&low| low > 0.0)
    }

    /// The seeds to be drawn beside the mean: one alone is the mean, whose marker shows it, and of a crowd the bar says more.
    pub(crate) fn apart(&self) -> &[SeedValue] {
        if (2..=CROWD).contains(&self.seeds.len()) { &self.seeds } else { &[] }
    }

    /// Upper end of the error bar.
    pub(crate) fn high(&self) -> Option<f64> {
        self.spread.map(|spread| self.mean + spread)
    }

    /// Everything that an axis must hold.
    fn values(&self) -> impl Iterator<Item = f64> + Clone {
        self.seeds.iter().map(|seed| seed.value).chain([Some(self.mean), self.low(), self.high()].into_iter().flatten())
    }
}

/// One model's line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Series {
    pub(crate) model: String,
    pub(crate) title: String,
    /// What was spent on it.
    pub(crate) budget: String,
    pub(crate) points: Vec<Point>,
    /// The paper's values, each at its place.
    pub(crate) paper: Vec<(f64, f64)>,
}

/// The series of one set.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Panel {
    /// Set of graphs or property as results name it, or empty.
    pub(crate) set: String,
    /// Empty if there is no other.
    pub(crate) title: String,
    pub(crate) series: Vec<Series>,
    /// What the paper's own model reaches, where it is a line across.
    pub(crate) goal: Option<f64>,
    /// The error of saying the mean for each molecule, at its places.
    pub(crate) of_mean: Vec<(f64, f64)>,
}

impl Panel {
    /// Everything that its axis of values must hold.
    pub(super) fn values(&self) -> impl Iterator<Item = f64> + Clone {
        let ours = self.series.iter().flat_map(|series| series.points.iter().flat_map(Point::values));
        let paper = self.series.iter().flat_map(|series| series.paper.iter().map(|&(_, value)| value));
        ours.chain(paper).chain(self.goal).chain(self.of_mean.iter().map(|&(_, value)| value))
    }
}

/// A whole figure.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Figure {
    pub(crate) title: String,
    pub(crate) caption: String,
    pub(crate) metric: Metric,
    pub(crate) panels: Vec<Panel>,
    /// What the hollow markers are, if there are any.
    pub(crate) paper: Option<&'static str>,
}

impl Figure {
    pub(crate) fn series(&self) -> impl Iterator<Item = &Series> + Clone {
        self.panels.iter().flat_map(|panel| &panel.series)
    }

    /// One series for each name in the legend.
    pub(crate) fn named(&self) -> Vec<&Series> {
        let mut named: Vec<&Series> = Vec::new();
        for series in self.series() {
            match named.iter_mut().find(|other| other.title == series.title) {
                None => named.push(series),
                // One that was run says more than one that was not.
                Some(other) if other.points.is_empty() => *other = series,
                Some(_) => {}
            }
        }
        named
    }

    /// Whether a mean has several seeds behind it.
    pub(crate) fn has_several_seeds(&self) -> bool {
        self.series().flat_map(|series| &series.points).any(|point| !point.apart().is_empty())
    }

    /// Everything that the axis of values must hold.
    pub(super) fn values(&self) -> impl Iterator<Item = f64> + Clone {
        self.panels.iter().flat_map(Panel::values)
    }

    /// How its values are spread out.
    pub(super) fn scale(&self) -> Scale {
        if self.metric == Metric::F1 { Scale::Linear } else { Scale::Logarithmic }
    }
}

/// The figure of a report.
pub(crate) fn figure(report: &Report<'_>) -> Figure {
    let options = report.options;
    let kind = options.kind;
    let panels: Vec<Panel> = sets(report).into_iter().map(|set| panel(report, set)).collect();
    let has_paper = panels.iter().flat_map(|panel| &panel.series).any(|series| !series.paper.is_empty());
    Figure {
        title: format!("{} ({} profile)", options.title, options.profile),
        caption: budget::caption(kind, &report.groups),
        metric: kind.main_metric(),
        panels,
        // The legend of an empty figure says what belongs in it.
        paper: hollow(kind).filter(|_| has_paper || kind.is_nbody()),
    }
}

fn hollow(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::SizeCurve | Kind::Table => Some("hollow: the paper's Table 2 (3,000 samples, 10,000 epochs)"),
        Kind::Beyond => Some("hollow: published (sources in the table)"),
        Kind::Autoencoder => Some("hollow: the paper's Figure 5 (5,000 graphs, 100 epochs)"),
        Kind::EmbeddingSizes => Some("hollow, dashed: the paper's Appendix D.1 (5,000 graphs, 100 epochs)"),
        // Its legend says what its lines are.
        Kind::GraphSparsity | Kind::Qm9 => None,
    }
}

fn panel(report: &Report<'_>, set: &str) -> Panel {
    let kind = report.options.kind;
    // What is not trained has no curve of its own.
    let is_drawn = |group: &Group| kind != Kind::Qm9 || !paper::is_untrained(kind, &group.model);
    let groups = || report.groups.iter().filter(|group| (!kind.has_sets() || group.set == set) && is_drawn(group));
    let mut series: Vec<Series> = Vec::new();
    for group in groups() {
        let title = group.title();
        if !series.iter().any(|series| series.title == title) {
            let all: Vec<&Group> = report.groups.iter().filter(|group| group.title() == title).collect();
            series.push(Series {
                model: group.model.clone(),
                budget: budget::legend(kind, &all),
                points: groups()
                    .filter(|group| group.title() == title)
                    .filter_map(|group| point(kind, group))
                    .collect(),
                paper: paper_values(kind, set, &group.model),
                title,
            });
        }
    }
    let not_run = if kind == Kind::Qm9 { Vec::new() } else { paper::rows(kind) };
    for row in not_run.iter().filter(|row| row.set == set) {
        if !series.iter().any(|series| series.model == row.model) {
            series.push(Series {
                model: row.model.into(),
                title: paper::title(row.model).into(),
                budget: "not run".into(),
                points: Vec::new(),
                paper: paper_values(kind, set, row.model),
            });
        }
    }
    // Stable: variants of a model keep their order.
    series.sort_by_key(|series| paper::rank(kind, &series.model));
    Panel {
        set: set.into(),
        title: paper::set_title(kind, set),
        series,
        goal: (kind == Kind::Qm9).then(|| paper::value(kind, Metric::Mae, set, qm9::EGNN, None)).flatten(),
        of_mean: of_mean(report, set),
    }
}

/// The error of saying the mean at each number of training molecules, over the groups of a property.
fn of_mean(report: &Report<'_>, set: &str) -> Vec<(f64, f64)> {
    let mut found: Vec<(f64, Vec<f64>)> = Vec::new();
    for group in report.groups.iter().filter(|group| group.set == set) {
        if let (Some(at), Some(error)) = (group.at.map(|at| at.max(1.0)), group.mean(Metric::MaeOfMean)) {
            match found.iter_mut().find(|(place, _)| *place == at) {
                Some((_, errors)) => errors.push(error),
                None => found.push((at, vec![error])),
            }
        }
    }
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mean = |errors: &[f64]| errors.iter().sum::<f64>() / errors.len() as f64;
    found.iter().map(|(at, errors)| (*at, mean(errors))).filter(|(_, error)| *error > 0.0).collect()
}

/// The paper's values of a model, at their places.
fn paper_values(kind: Kind, set: &str, model: &str) -> Vec<(f64, f64)> {
    let metric = kind.main_metric();
    let places = match kind {
        Kind::SizeCurve | Kind::Table | Kind::Beyond => vec![nbody::TABLE_2_SAMPLES as f64],
        Kind::Autoencoder => vec![1.0],
        Kind::EmbeddingSizes => autoencoder::APPENDIX_D1_DIMENSIONS.map(|n| n as f64).to_vec(),
        Kind::GraphSparsity | Kind::Qm9 => Vec::new(),
    };
    let value = |at: f64| paper::value(kind, metric, set, model, Some(at)).map(|value| (at, value));
    places.into_iter().filter_map(value).collect()
}

fn point(kind: Kind, group: &Group) -> Option<Point> {
    let at = match kind {
        // Rows have no place.
        Kind::Autoencoder => 1.0,
        Kind::SizeCurve | Kind::Table | Kind::Beyond | Kind::Qm9 => group.at?.max(1.0),
        Kind::GraphSparsity | Kind::EmbeddingSizes => group.at?,
    };
    // Errors of n-body are never zero but by mistake; those of graphs are, and have a place on the axis.
    let is_shown = |value: &f64| *value > 0.0 || !kind.main_metric().is_positive();
    let measure = group.measure(kind.main_metric())?;
    Some(Point {
        at,
        mean: measure.mean.filter(is_shown)?,
        spread: measure.spread.filter(|&spread| spread > 0.0),
        seeds: measure.seeds.iter().copied().filter(|seed| is_shown(&seed.value)).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fabricate::{finished, of, reconstructed, results},
        results::Results,
        write::Options,
    };

    fn shown(kind: Kind, results: &Results) -> Vec<String> {
        let options = Options { title: "t".into(), kind, profile: "quick".into(), command: "egnn".into() };
        let figure = figure(&Report::new(results, &options));
        let number = |value: Option<f64>| value.map_or("-".into(), |value| format!("{value:.4}"));
        let point = |point: &Point| {
            let seeds: Vec<String> = point.seeds.iter().map(|seed| format!("{:.4}", seed.value)).collect();
            format!(
                "{}: {:.4} [{}, {}] {}",
                point.at,
                point.mean,
                number(point.low()),
                number(point.high()),
                seeds.join(" ")
            )
        };
        let mut lines = Vec::new();
        for panel in &figure.panels {
            lines.extend((!panel.title.is_empty()).then(|| panel.title.clone()));
            for series in &panel.series {
                let paper: Vec<String> = series.paper.iter().map(|&(_, value)| number(Some(value))).collect();
                let paper = if paper.is_empty() { "-".into() } else { paper.join(" ") };
                lines.push(format!("{} ({}), paper {paper}", series.title, series.budget));
                lines.extend(series.points.iter().map(point));
            }
        }
        lines
    }

    #[test]
    fn a_curve_has_a_series_a_model_with_every_seed() {
        let runs = vec![
            finished("gnn", 100, 1, 0.08),
            finished("egnn", 100, 1, 0.02),
            finished("egnn", 100, 2, 0.04),
            finished("egnn", 1600, 1, 0.0001),
            finished("egnn", 1600, 2, 0.5),
            finished("own", 1600, 1, 0.3),
        ];
        assert_eq!(
            shown(Kind::SizeCurve, &of(runs)),
            [
                "EGNN (1,500 steps a size), paper 0.0071",
                "100: 0.0300 [0.0159, 0.0441] 0.0200 0.0400",
                // The deviation exceeds the mean: the bar has no lower end.
                "1600: 0.2500 [-, 0.6035] 0.0001 0.5000",
                "GNN (1,500 steps), paper 0.0107",
                "100: 0.0800 [-, -] 0.0800",
                "own (1,500 steps), paper -",
                "1600: 0.3000 [-, -] 0.3000",
            ]
        );
    }

    #[test]
    fn nothing_that_a_logarithmic_axis_lacks_is_drawn() {
        let shown =
            shown(Kind::SizeCurve, &results(&[("egnn", 100, 0.0), ("egnn", 200, f64::NAN), ("egnn", 400, 0.01)]));
        assert_eq!(shown, ["EGNN (1,500 steps a size), paper 0.0071", "400: 0.0100 [-, -] 0.0100"]);
    }

    #[test]
    fn a_table_shows_the_papers_rows_that_were_not_run() {
        assert_eq!(
            shown(Kind::Table, &results(&[("gnn", 3000, 0.012)])),
            [
                "EGNN (not run), paper 0.0071",
                "Radial Field (not run), paper 0.0104",
                "GNN (1,500 steps), paper 0.0107",
                "3000: 0.0120 [-, -] 0.0120",
                "Tensor Field Network (not run), paper 0.0155",
                "SE(3)-Transformer (not run), paper 0.0244",
                "Linear (not run), paper 0.0819",
            ]
        );
    }

    #[test]
    fn reconstructions_have_a_panel_a_set_and_keep_their_zeros() {
        let runs = vec![
            reconstructed("community_small", "egnn", 1, [2.1, 0.0, 1.0]),
            reconstructed("community_small", "egnn", 2, [2.1, 0.1, 0.999]),
            reconstructed("own", "gnn", 1, [9.0, 3.0, 0.9]),
        ];
        assert_eq!(
            shown(Kind::Autoencoder, &of(runs)),
            [
                "Community",
                "EGNN (100 of 100 epochs), paper 0.0600",
                "1: 0.0500 [-, 0.1207] 0.0000 0.1000",
                "Noise-GNN (not run), paper 0.4400",
                "Radial Field (not run), paper 1.1900",
                "GNN (not run), paper 1.2900",
                "Baseline (no edges) (not run), paper 31.7900",
                "own",
                "GNN (100 of 100 epochs), paper -",
                "1: 3.0000 [-, -] 3.0000",
            ]
        );
    }

    #[test]
    fn embedding_sizes_have_the_papers_points() {
        let run = |dim: i64, error| {
            let mut run = reconstructed("erdos_renyi", "egnn", 1, [2.1, error, 0.99]);
            run.at = Some(dim as f64);
            run
        };
        let shown = shown(Kind::EmbeddingSizes, &of(vec![run(8, 0.2), run(4, 3.0)]));
        assert_eq!(
            shown[..4],
            [
                "Erdos-Renyi",
                "EGNN (100 of 100 epochs), paper 3.0900 0.5800 0.1100",
                "4: 3.0000 [-, -] 3.0000",
                "8: 0.2000 [-, -] 0.2000",
            ]
        );
    }

    #[test]
    fn a_curve_against_edge_probability_has_no_values_of_the_papers() {
        let run = |p: f64, seed, f1| {
            let mut run = reconstructed("", "gnn", seed, [9.0, 3.0, f1]);
            run.at = Some(p);
            run.epochs = Some(500);
            run
        };
        assert_eq!(
            shown(
                Kind::GraphSparsity,
                &of(vec![run(0.9, 1, 0.4), run(0.1, 1, 0.2), run(0.1, 2, 0.0), run(0.1, 3, 1.5)])
            ),
            [
                "GNN (500 of 10,001 epochs), paper -",
                "0.1: 0.1000 [-, 0.2414] 0.2000 0.0000",
                "0.9: 0.4000 [-, -] 0.4000"
            ]
        );
    }
}
