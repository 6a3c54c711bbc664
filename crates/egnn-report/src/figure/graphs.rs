//! `graphs.svg`: test graphs with their links, their adjacency matrices and what a model made of these.

use super::{
    format::Format,
    layout,
    legend::{HALF, Key, LINE, Legend},
    sheet::{BLACK, Drawn, GREY, NOTHING_HEIGHT, PALE, PAPER_TOP, Place, Sheet, TEXT, WHITE, sheet},
    words::cut_to,
};
use crate::{
    predictions::{FIRST, Graphs, Pair, Reconstructed, Shown},
    table::quoted,
};
use plotters::style::RGBColor;

const MARGIN: i32 = 40;
/// Heights: of all above the first set, of a set's heading, of the words above a block, of the key.
const TOP: i32 = 156;
const HEADING: i32 = 56;
const WORDS: i32 = 38;
const KEY: i32 = 70;

/// Where blocks stand: in each a graph and two matrices side by side.
#[derive(Clone, Copy)]
struct Blocks {
    format: Format,
    /// Units of a graph and of a matrix, and between them.
    panel: i32,
    gap: i32,
    in_row: usize,
    /// Units from a block to the next, and from a row to the next.
    block: i32,
    row: i32,
    heading: i32,
    margin: i32,
    /// Radius of a node.
    node: i32,
}

impl Blocks {
    fn new(format: Format) -> Self {
        let panel = format.pick(272, 236);
        let in_row = if format == Format::OneColumn { 1 } else { 2 };
        Self {
            format,
            panel,
            gap: format.pick(24, 20),
            in_row,
            block: format.pick(format.width() / 2, (format.across() + 32) / in_row as i32),
            row: panel + WORDS + format.pick(34, 22),
            heading: format.pick(HEADING, LINE + 10),
            margin: format.pick(MARGIN, Format::MARGIN),
            node: format.pick(8, 7),
        }
    }

    /// The graphs of a set: in one column the first and the worst of the others, or its page would be full of one set.
    fn of<'a>(&self, graphs: &'a Graphs) -> Vec<&'a Reconstructed> {
        let all = graphs.shown.iter();
        if self.format == Format::OneColumn { all.step_by(FIRST).take(2).collect() } else { all.collect() }
    }

    fn height(&self, shown: &Shown) -> i32 {
        let rows = |graphs: &Graphs| self.of(graphs).len().div_ceil(self.in_row) as i32 * self.row;
        let nothing = self.format.pick(70, -self.heading);
        self.heading + shown.graphs.as_ref().map_or(nothing, rows)
    }
}

/// Okabe and Ito's vermilion and blue: wrong links, apart for every reader.
const MISSED: RGBColor = RGBColor(213, 94, 0);
const ADDED: RGBColor = RGBColor(0, 114, 178);
const LINK: RGBColor = RGBColor(130, 130, 130);

pub(super) fn draw(format: Format, title: &str, shown: &[Shown]) -> Result<String, String> {
    let caption = if shown.is_empty() {
        "No finished run: there is nothing to show."
    } else {
        "Each graph beside its adjacency matrix and the matrix as reconstructed: the darker, the more probable a link. Above the first \
         two graphs of a test set, below the two of the others with the most wrong pairs."
    };
    let blocks = Blocks::new(format);
    let legend = legend();
    let drawn: i32 = shown.iter().map(|shown| blocks.height(shown)).sum();
    let is_page = format == Format::Page;
    let top = format.pick(TOP, PAPER_TOP);
    let total = match format {
        Format::Page => TOP + drawn + KEY,
        _ if drawn == 0 => NOTHING_HEIGHT,
        _ => top + drawn + legend.height(format),
    };
    sheet(format, title, caption, total, |sheet| {
        let mut top = top;
        for shown in shown {
            set(sheet, blocks, shown, top)?;
            top += blocks.height(shown);
        }
        match (is_page, drawn) {
            (true, _) => key(sheet, top + 10),
            (false, 0) => sheet.nothing(),
            (false, _) => legend.draw(sheet, top, top),
        }
    })
}

/// `graphs.csv`: every pair of nodes of every graph that is drawn, after one line that names the columns.
pub(super) fn points(shown: &[Shown]) -> String {
    let mut text = String::from("set,model,seed,graph,source,target,edge,probability\n");
    for shown in shown {
        let of = format!("{},{},{}", quoted(&shown.set), quoted(&shown.model), shown.seed);
        for graph in shown.graphs.iter().flat_map(|graphs| &graphs.shown) {
            for (source, target, _) in graph.pairs() {
                let (edge, probability) = (u8::from(graph.edge(source, target)), graph.probability(source, target));
                text += &format!("{of},{},{source},{target},{edge},{probability}\n", graph.graph);
            }
        }
    }
    text
}

fn set(sheet: &Sheet<'_>, blocks: Blocks, shown: &Shown, top: i32) -> Drawn {
    let is_page = blocks.format == Format::Page;
    match &shown.graphs {
        Err(_) if !is_page => return Ok(()),
        _ if is_page => {
            let right = shown.graphs.as_ref().map_or_else(|_| String::new(), right);
            let heading = format!("{}: reconstructed by {}, seed {}{right}", shown.set, shown.model, shown.seed);
            sheet.text(&heading, (MARGIN, top + 8), TEXT + 4, BLACK)?;
        }
        _ => {
            let heading = cut_to(&format!("{}: {}", shown.set, shown.model), blocks.format.across(), TEXT);
            sheet.text(&heading, (blocks.margin, top), TEXT, BLACK)?;
        }
    }
    match &shown.graphs {
        Err(reason) => {
            sheet.paragraph(&format!("No pictures: {reason}."), (MARGIN, top + HEADING), 120, GREY).map(drop)
        }
        Ok(graphs) => blocks.of(graphs).into_iter().enumerate().try_for_each(|(index, graph)| {
            let (row, column) = ((index / blocks.in_row) as i32, (index % blocks.in_row) as i32);
            let at = (blocks.margin + column * blocks.block, top + blocks.heading + row * blocks.row);
            block(sheet, blocks, graph, at)
        }),
    }
}

/// How many graphs have no wrong pair, and how many are not drawn.
fn right(graphs: &Graphs) -> String {
    let too_large =
        if graphs.too_large > 0 { format!(", {} too large to draw", graphs.too_large) } else { String::new() };
    format!("; {} of {} graphs without a wrong pair{too_large}", graphs.right, graphs.looked_at)
}

fn block(sheet: &Sheet<'_>, blocks: Blocks, graph: &Reconstructed, (x, y): Place) -> Drawn {
    let Blocks { panel, gap, .. } = blocks;
    let (found, missed, added) = (graph.count(Pair::Found), graph.count(Pair::Missed), graph.count(Pair::Added));
    let words = format!(
        "graph {}: {} nodes, {found} of {} links found, {added} added",
        graph.graph,
        graph.nodes,
        found + missed
    );
    sheet.text(&words, (x, y), TEXT - 2, GREY)?;
    let y = y + WORDS;
    drawing(sheet, blocks, graph, (x, y))?;
    matrix(sheet, graph, ((x + panel + gap, y), panel), |a, b| if graph.edge(a, b) { 1.0 } else { 0.0 })?;
    let left = x + 2 * (panel + gap);
    matrix(sheet, graph, ((left, y), panel), |a, b| graph.probability(a, b))?;
    // Wrong pairs are framed where the model went wrong.
    for (source, target, pair) in graph.pairs() {
        let colour = match pair {
            Pair::Missed => MISSED,
            Pair::Added => ADDED,
            Pair::Found | Pair::Empty => continue,
        };
        for (row, column) in [(source, target), (target, source)] {
            let (from, to) = cell(graph.nodes, ((left, y), panel), row, column);
            let frame = vec![from, (to.0, from.1), to, (from.0, to.1), from, (to.0, from.1)];
            sheet.line(frame, colour, 4)?;
        }
    }
    Ok(())
}

/// The graph as nodes and links. Links that are right come first, so that wrong ones are on top.
fn drawing(sheet: &Sheet<'_>, blocks: Blocks, graph: &Reconstructed, (x, y): Place) -> Drawn {
    let Blocks { panel, node, .. } = blocks;
    let room = f64::from(panel - 4 * node);
    let places: Vec<Place> = layout::places(graph)
        .into_iter()
        .map(|(u, v)| (x + 2 * node + (u * room).round() as i32, y + 2 * node + (v * room).round() as i32))
        .collect();
    for kind in [Pair::Found, Pair::Missed, Pair::Added] {
        for (source, target, _) in graph.pairs().filter(|(_, _, pair)| *pair == kind) {
            link(sheet, kind, places[source], places[target])?;
        }
    }
    places.into_iter().try_for_each(|place| sheet.disc(place, node, BLACK))
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
fn cell(nodes: usize, ((x, y), panel): (Place, i32), row: usize, column: usize) -> (Place, Place) {
    let end = |index: usize| index as i32 * panel / nodes as i32;
    ((x + end(column), y + end(row)), (x + end(column + 1), y + end(row + 1)))
}

/// A matrix of values from 0 (white) to 1 (black), its diagonal left out.
fn matrix(sheet: &Sheet<'_>, graph: &Reconstructed, at: (Place, i32), value: impl Fn(usize, usize) -> f64) -> Drawn {
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
    let (at @ (x, y), panel) = at;
    sheet.line(vec![at, (x + panel, y), (x + panel, y + panel), (x, y + panel), at, (x + panel, y)], LINK, 2)
}

const KEYS: [(Pair, &str); 3] = [
    (Pair::Found, "link, found"),
    (Pair::Missed, "link, missed (probability up to 0.5)"),
    (Pair::Added, "no link, but one was made"),
];
const FRAMED: &str = "wrong pairs are framed in the matrix";

/// The key below the page's drawing.
fn key(sheet: &Sheet<'_>, y: i32) -> Drawn {
    let mut x = MARGIN;
    for (kind, words) in KEYS {
        link(sheet, kind, (x, y + TEXT / 2), (x + 70, y + TEXT / 2))?;
        sheet.text(words, (x + 86, y), TEXT - 2, BLACK)?;
        x += 86 + words.chars().count() as i32 * 11 + 60;
    }
    sheet.text(FRAMED, (x, y), TEXT - 2, GREY)
}

/// The same below a paper's.
fn legend() -> Legend<'static> {
    let key = |(kind, words)| Key::new(words, move |sheet, (x, y)| link(sheet, kind, (x - HALF, y), (x + HALF, y)));
    let frame = Key::new(FRAMED, |sheet, (x, y)| {
        let ends = [(x - 11, y - 11), (x + 11, y - 11), (x + 11, y + 11), (x - 11, y + 11)];
        sheet.line([&ends[..], &ends[..2]].concat(), MISSED, 4)
    });
    Legend { series: Vec::new(), marks: KEYS.map(key).into_iter().chain([frame]).collect(), note: None }
}
