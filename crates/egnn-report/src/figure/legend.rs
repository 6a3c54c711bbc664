//! What lines and marks mean: beside the plots of the page, below those of a paper.

use super::{
    data::Figure,
    format::Format,
    sheet::{BLACK, Drawn, GREY, Place, Sheet, TEXT},
    style::{Looks, Marker, Style},
    words::{breadth, wrap_to},
};

/// Where the plots of the page end and their legend begins.
pub(super) const LEGEND: i32 = 1400;
/// The legend's marks and words, and letters that fit beside a mark.
const KEY: i32 = LEGEND + 40;
const WORDS: i32 = LEGEND + 90;
const LETTERS: usize = 28;
/// Units from a line of text to the next.
pub(super) const LINE: i32 = TEXT + 8;
/// What a key leaves free below, and between the series and the marks.
const GAP: i32 = 16;
const BETWEEN: i32 = 22;
/// Half of a mark's line.
pub(super) const HALF: i32 = 34;

/// In a paper: units for a mark, between keys, and between the plots and the legend. Keys begin at multiples of a step.
const MARK: i32 = 82;
const APART: i32 = 24;
const ABOVE: i32 = 8;
const STEPS: i32 = 12;

/// Draws a mark around a place.
pub(super) type Mark<'a> = Box<dyn Fn(&Sheet<'_>, Place) -> Drawn + 'a>;

/// A mark and what it means.
pub(super) struct Key<'a> {
    pub(super) mark: Mark<'a>,
    pub(super) words: String,
    /// More in grey, on the page only.
    pub(super) more: String,
    /// Units free below on the page.
    pub(super) gap: i32,
}

impl<'a> Key<'a> {
    pub(super) fn new(words: impl Into<String>, mark: impl Fn(&Sheet<'_>, Place) -> Drawn + 'a) -> Self {
        Self { mark: Box::new(mark), words: words.into(), more: String::new(), gap: GAP }
    }
}

/// Keys of the series, then of the marks that all of them share, then a note that the page has below.
pub(super) struct Legend<'a> {
    pub(super) series: Vec<Key<'a>>,
    pub(super) marks: Vec<Key<'a>>,
    pub(super) note: Option<String>,
}

impl<'a> Legend<'a> {
    /// The legend of a figure of means.
    pub(super) fn of(format: Format, figure: &'a Figure, looks: &Looks, note: String) -> Self {
        let series = figure.named().into_iter().map(|series| {
            let style = looks.of(series);
            let mark = move |sheet: &Sheet<'_>, (x, y): Place| {
                if series.points.len() > 1 {
                    sheet.line(vec![(x - HALF, y), (x + HALF, y)], style.colour, 4)?;
                }
                if series.points.is_empty() { sheet.hollow((x, y), style) } else { sheet.marker((x, y), style) }
            };
            Key { more: series.budget.clone(), ..Key::new(&series.title, mark) }
        });
        let grey = Style { colour: GREY, marker: Marker::Circle };
        let mut marks = Vec::new();
        if figure.has_several_seeds() {
            let words = format.pick("mean ± standard deviation over seeds", "mean ± std. over seeds");
            marks.push(Key::new(words, move |sheet, (x, y)| {
                let reach = format.pick(22, 13);
                sheet.bar([((x, y - reach), true), ((x, y + reach), true)], true, GREY)?;
                sheet.marker((x, y), grey)
            }));
            marks.push(Key::new("one seed", |sheet, at| sheet.dot(at, GREY)));
        } else {
            marks.push(Key::new("one seed", move |sheet, at| sheet.marker(at, grey)));
        }
        let paper =
            figure.paper.map(|paper| Key { gap: 0, ..Key::new(paper, move |sheet, at| sheet.hollow(at, grey)) });
        marks.extend(paper);
        Self { series: series.collect(), marks, note: Some(note) }
    }

    /// Units that it takes below the plots.
    pub(super) fn height(&self, format: Format) -> i32 {
        format.pick(0, self.rows(format, 0).1 + ABOVE)
    }

    /// Draws it: on the page from the top, in a paper from `below`.
    pub(super) fn draw(&self, sheet: &Sheet<'_>, top: i32, below: i32) -> Drawn {
        if sheet.format == Format::Page { self.beside(sheet, top + 12) } else { self.below(sheet, below + ABOVE) }
    }

    fn beside(&self, sheet: &Sheet<'_>, mut y: i32) -> Drawn {
        let key = |key: &Key<'_>, mut y: i32| {
            (key.mark)(sheet, (KEY, y + TEXT / 2))?;
            y = sheet.paragraph(&key.words, (WORDS, y), LETTERS, BLACK)?;
            if !key.more.is_empty() {
                y = sheet.paragraph(&key.more, (WORDS, y), LETTERS, GREY)?;
            }
            Ok::<i32, String>(y + key.gap)
        };
        for series in &self.series {
            y = key(series, y)?;
        }
        y += BETWEEN;
        for mark in &self.marks {
            y = key(mark, y)?;
        }
        self.note
            .as_ref()
            .map_or(Ok(()), |note| sheet.paragraph(note, (KEY - HALF, y + 28), LETTERS + 5, GREY).map(drop))
    }

    fn below(&self, sheet: &Sheet<'_>, top: i32) -> Drawn {
        let keys = self.series.iter().chain(&self.marks);
        for (key, ((x, y), lines)) in keys.zip(self.rows(sheet.format, top).0) {
            (key.mark)(sheet, (x + HALF, y + TEXT / 2))?;
            for (index, line) in lines.iter().enumerate() {
                sheet.text(line, (x + MARK, y + index as i32 * LINE), TEXT, BLACK)?;
            }
        }
        Ok(())
    }

    /// In a paper: the place of each key with its lines of words, and the place below all.
    fn rows(&self, format: Format, top: i32) -> (Vec<(Place, Vec<String>)>, i32) {
        let across = format.across();
        let mut places = Vec::new();
        let mut y = top;
        for group in [&self.series, &self.marks] {
            let (mut x, mut tall) = (0, 0);
            for key in group {
                let lines = wrap_to(&key.words, across - MARK, TEXT);
                let widest = lines.iter().map(|line| breadth(line, TEXT)).max().unwrap_or(0);
                let wide = MARK + widest;
                if x > 0 && x + wide > across {
                    (x, y, tall) = (0, y + tall, 0);
                }
                tall = tall.max(lines.len() as i32 * LINE);
                places.push(((Format::MARGIN + x, y), lines));
                let step = across / STEPS;
                x = (x + wide + APART + step - 1) / step * step;
            }
            y += tall;
        }
        (places, y)
    }
}
