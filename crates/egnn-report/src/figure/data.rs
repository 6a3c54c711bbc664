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
