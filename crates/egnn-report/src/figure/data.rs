//! What a figure shows, in numbers.

use crate::{budget, group::Group, paper, report::Report, write::Kind};

/// A mean with its spread and the seeds behind it. All values are positive: the axes are logarithmic.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Point {
    /// Training samples.
    pub(crate) samples: f64,
    pub(crate) mean: f64,
    /// Standard deviation.
    pub(crate) spread: Option<f64>,
    pub(crate) seeds: Vec<f64>,
}

impl Point {
    /// Lower end of the error bar; `None` if it is not positive, beyond any logarithmic axis.
    pub(crate) fn low(&self) -> Option<f64> {
        self.spread.map(|spread| self.mean - spread).filter(|&low| low > 0.0)
    }

    /// The seeds to be drawn beside the mean: one alone is the mean, whose marker shows it.
    pub(crate) fn apart(&self) -> &[f64] {
        if self.seeds.len() > 1 { &self.seeds } else { &[] }
    }

    /// Upper end of the error bar.
    pub(crate) fn high(&self) -> Option<f64> {
        self.spread.map(|spread| self.mean + spread)
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
    /// The paper's Table 2 value.
    pub(crate) paper: Option<f64>,
}

/// A whole figure.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Figure {
    pub(crate) title: String,
    pub(crate) caption: String,
    pub(crate) series: Vec<Series>,
}

impl Figure {
    /// Whether a mean has several seeds behind it.
    pub(crate) fn has_several_seeds(&self) -> bool {
        self.series.iter().flat_map(|series| &series.points).any(|point| !point.apart().is_empty())
    }
}

/// The figure of a report.
pub(crate) fn figure(report: &Report<'_>) -> Figure {
    let options = report.options;
    let mut series: Vec<Series> = Vec::new();
    for group in &report.groups {
        let title = group.title();
        if !series.iter().any(|series| series.title == title) {
            let of_series: Vec<&Group> = report.groups.iter().filter(|group| group.title() == title).collect();
            series.push(Series {
                model: group.model.clone(),
                budget: budget::legend(&of_series),
                points: of_series.iter().filter_map(|group| point(group)).collect(),
                paper: paper::row(&group.model).map(|row| row.mse),
                title,
            });
        }
    }
    let drawn = |model: &str| series.iter().any(|series| series.model == model);
    let missing: Vec<Series> = paper::TABLE_2
        .iter()
        .filter(|row| options.kind == Kind::Table && !drawn(row.model))
        .map(|row| Series {
            model: row.model.into(),
            title: row.title.into(),
            budget: "not run".into(),
            points: Vec::new(),
            paper: Some(row.mse),
        })
        .collect();
    series.extend(missing);
    // Stable: variants of a model keep their order.
    series.sort_by_key(|series| paper::rank(&series.model));
    Figure { title: format!("{} ({} profile)", options.title, options.profile), caption: report.budget.clone(), series }
}

fn point(group: &Group) -> Option<Point> {
    let mean = group.mean.filter(|&mean| mean > 0.0)?;
    let seeds = group.seeds.iter().map(|seed| seed.mse).filter(|&mse| mse > 0.0).collect();
    Some(Point {
        samples: group.samples.max(1) as f64,
        mean,
        spread: group.spread.filter(|&spread| spread > 0.0),
        seeds,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fabricate::{finished, results},
        results::Results,
        write::Options,
    };

    fn shown(kind: Kind, results: &Results) -> Vec<String> {
        let options = Options { title: "t".into(), kind, profile: "quick".into(), command: "egnn".into() };
        let figure = figure(&Report::new(results, &options));
        let number = |value: Option<f64>| value.map_or("-".into(), |value| format!("{value:.4}"));
        let point = |point: &Point| {
            let seeds: Vec<String> = point.seeds.iter().map(|&seed| format!("{seed:.4}")).collect();
            format!(
                "{}: {:.4} [{}, {}] {}",
                point.samples,
                point.mean,
                number(point.low()),
                number(point.high()),
                seeds.join(" ")
            )
        };
        let mut lines = Vec::new();
        for series in &figure.series {
            lines.push(format!("{} ({}), paper {}", series.title, series.budget, number(series.paper)));
            lines.extend(series.points.iter().map(point));
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
            shown(Kind::SizeCurve, &Results { runs, provenance: Vec::new() }),
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
}
