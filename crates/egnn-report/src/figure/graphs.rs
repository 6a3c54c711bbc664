//! `graphs.svg`: test graphs with their links, their adjacency matrices and what a model made of these.

use super::{
    layout,
    sheet::{BLACK, Drawn, GREY, PALE, Place, Sheet, TEXT, WHITE, WIDTH, sheet},
};
use crate::predictions::{Graphs, Pair, Reconstructed, Shown};
use plotters::style::{RGBColor, text_anchor::HPos};

/// A block: the graph and two matrices side by side; two blocks stand in a row.
const PANEL: i32 = 272;
const GAP: i32 = 24;
const BLOCK: i32 = WIDTH as i32 / 2;
const IN_ROW: usize = 2;
const MARGIN: i32 = 40;
/// Heights: of all above the first set, of a set's heading, of the words above a block, of a row of blocks, of the key.
const TOP: i32 = 156;
const HEADING: i32 = 56;
const WORDS: i32 = 38;
const ROW: i32 = PANEL + WORDS + 34;
const KEY: i32 = 70;
const NODE: i32 = 8;

/// Okabe and Ito's vermilion and blue: wrong links, apart for every reader.
const MISSED: RGBColor = RGBColor(213, 94, 0);
const ADDED: RGBColor = RGBColor(0, 114, 178);
const LINK: RGBColor = RGBColor(130, 130, 130);

pub(super) fn draw(title: &str, shown: &[Shown]) -> Result<String, String> {
    let caption = if shown.is_empty() {
        "No finished run: there is nothing to show."
    } else {
        "Each graph beside its adjacency matrix and the matrix as reconstructed: the darker, the more probable a link. Above the first \
         two graphs of a test set, below the two of the others with the most wrong pairs."
    };
    let total = TOP + shown.iter().map(height).sum::<i32>() + KEY;
    sheet(title, caption, total as u32, |sheet| {
        let mut top = TOP;
        for shown in shown {
            set(sheet, shown, top)?;
            top += height(shown);
        }
        key(sheet, top + 10)
    })
}

fn height(shown: &Shown) -> i32 {
    HEADING + shown.graphs.as_ref().map_or(70, |graphs| graphs.shown.len().div_ceil(IN_ROW) as i32 * ROW)
}

fn set(sheet: &Sheet<'_>, shown: &Shown, top: i32) -> Drawn {
    let right = shown.graphs.as_ref().map_or_else(|_| String::new(), right);
    let heading = format!("{}: reconstructed by {}, seed {}{right}", shown.set, shown.model, shown.seed);
    sheet.text(&heading, (MARGIN, top + 8), TEXT + 4, BLACK, HPos::Left)?;
    match &shown.graphs {
        Err(reason) => {
            sheet.paragraph(&format!("No pictures: {reason}."), (MARGIN, top + HEADING), 120, GREY).map(drop)
        }
        Ok(graphs) => graphs.shown.iter().enumerate().try_for_each(|(index, graph)| {
            let (row, column) = ((index / IN_ROW) as i32, (index % IN_ROW) as i32);
            block(sheet, graph, (MARGIN + column * BLOCK, top + HEADING + row * ROW))
        }),
    }
}

/// How many graphs have no wrong pair, and how many are not drawn.
fn right(graphs: &Graphs) -> String {
    let too_large =
        if graphs.too_large > 0 { format!(", {} too large to draw", graphs.too_large) } else { String::new() };
    format!("; {} of {} graphs without a wrong pair{too_large}", graphs.right, graphs.looked_at)
}

fn block(sheet: &Sheet<'_>, graph: &Reconstructed, (x, y): Place) -> Drawn {
    let (found, missed, added) = (graph.count(Pair::Found), graph.count(Pair::Missed), graph.count(Pair::Added));
    let words = format!(
        "graph {}: {} nodes, {found} of {} links found, {added} added",
        graph.graph,
        graph.nodes,
        found + missed
    );
    sheet.text(&words, (x, y), TEXT - 2, GREY, HPos::Left)?;
    let y = y + WORDS;
    drawing(sheet, graph, (x, y))?;
    matrix(sheet, graph, (x + PANEL + GAP, y), |a, b| if graph.edge(a, b) { 1.0 } else { 0.0 })?;
    let left = x + 2 * (PANEL + GAP);
    matrix(sheet, graph, (left, y), |a, b| graph.probability(a, b))?;
    // Wrong pairs are framed where the model went wrong.
    for (source, target, pair) in graph.pairs() {
        let colour = match pair {
            Pair::Missed => MISSED,
            Pair::Added => ADDED,
            Pair::Found | Pair::Empty => continue,
        };
        for (row, column) in [(source, target), (target, source)] {
            let (from, to) = cell(graph.nodes, (left, y), row, column);
            let frame = vec![from, (to.0, from.1), to, (from.0, to.1), from, (to.0, from.1)];
            sheet.line(frame, colour, 4)?;
        }
    }
    Ok(())
}

/// The graph as nodes and links. Links that are right come first, so that wrong ones are on top.
fn drawing(sheet: &Sheet<'_>, graph: &Reconstructed, (x, y): Place) -> Drawn {
    let room = f64::from(PANEL - 4 * NODE);
    let places: Vec<Place> = layout::places(graph)
        .into_iter()
        .map(|(u, v)| (x + 2 * NODE + (u * room).round() as i32, y + 2 * NODE + (v * room).round() as i32))
        .collect();
    for kind in [Pair::Found, Pair::Missed, Pair::Added] {
        for (source, target, _) in graph.pairs().filter(|(_, _, pair)| *pair == kind) {
            link(sheet, kind, places[source], places[target])?;
        }
    }
    places.into_iter().try_for_each(|place| sheet.disc(place, NODE, BLACK))
}

fn link(sheet: &Sheet<'_>, kind: Pair, from: Place, to: Place) -> Drawn {
    match kind {
        Pair::Found => sheet.line(vec![from, to], LINK, 2),
        Pair::Missed => sheet.dashes(&[from, to], MISSED),
        Pair::Added => sheet.line(vec![from, to], ADDED, 4),
        Pair::Empty => Ok(()),
    }
}

/// Corners of a cell of a matrix. Cells meet: each ends where the next begins.
fn cell(nodes: usize, (x, y): Place, row: usize, column: usize) -> (Place, Place) {
    let end = |index: usize| index as i32 * PANEL / nodes as i32;
    ((x + end(column), y + end(row)), (x + end(column + 1), y + end(row + 1)))
}

/// A matrix of values from 0 (white) to 1 (black), its diagonal left out.
fn matrix(sheet: &Sheet<'_>, graph: &Reconstructed, at: Place, value: impl Fn(usize, usize) -> f64) -> Drawn {
    for row in 0..graph.nodes {
        for column in 0..graph.nodes {
            let (from, to) = cell(graph.nodes, at, row, column);
            let shade = 255.0 - value(row, column) * 235.0;
            let shade = shade.round() as u8;
            let colour = if row == column { PALE } else { RGBColor(shade, shade, shade) };
            if colour != WHITE {
                sheet.filled(from, to, colour)?;
            }
        }
    }
    let (x, y) = at;
    sheet.line(vec![at, (x + PANEL, y), (x + PANEL, y + PANEL), (x, y + PANEL), at, (x + PANEL, y)], LINK, 2)
}

fn key(sheet: &Sheet<'_>, y: i32) -> Drawn {
    let mut x = MARGIN;
    for (kind, words) in [
        (Pair::Found, "link, found"),
        (Pair::Missed, "link, missed (probability up to 0.5)"),
        (Pair::Added, "no link, but one was made"),
    ] {
        link(sheet, kind, (x, y + TEXT / 2), (x + 70, y + TEXT / 2))?;
        sheet.text(words, (x + 86, y), TEXT - 2, BLACK, HPos::Left)?;
        x += 86 + words.chars().count() as i32 * 11 + 60;
    }
    sheet.text("wrong pairs are framed in the matrix", (x, y), TEXT - 2, GREY, HPos::Left)
}
