// Graphs: drawn, as adjacency matrix and as reconstructed, with wrong pairs marked.
// For tests: [data-test=graphs-set] and [data-test=graphs-graph] are choices; [data-test=graphs-drawing], [data-test=graphs-adjacency] and
// [data-test=graphs-reconstruction] the pictures; [data-test=graphs-counts] counts wrong pairs, [data-test=graphs-pair] names the pair
// that is pointed at. Pairs in the drawing and cells of the matrices have data-pair="source-target".

const GRAPH_SIDE = 200;
const PAIR_WORDS = { f: 'a link, found', m: 'a link, missed', a: 'no link, but one was added', e: 'no link, rightly' };

viewers.graphs = (root, data) => {
  const state = Object.assign({ set: null, graph: null }, kept('graphs', {}));
  const shownSet = () => data.sets.find(set => set.set === state.set) || data.sets[0];
  const body = element('div', {});
  const sets = data.sets.map(({ set }) => [set, set]);
  const pick = choice('Set', sets, shownSet().set, value => {
    Object.assign(state, { set: value, graph: null });
    show();
  });
  testName(pick, 'graphs-set');
  const graphs = element('span', {});
  root.append(element('div', { class: 'viewer-controls' }, pick, graphs), body);
  function show() {
    const set = shownSet();
    // Where something is wrong there is more to see.
    const wrong = set.graphs.findIndex(graph => wrongPairs(graph) > 0);
    if (state.graph === null || state.graph >= set.graphs.length) state.graph = Math.max(0, wrong);
    keep('graphs', state);
    const names = set.graphs.map((graph, place) => [String(place), graphName(graph)]);
    const which = choice('Graph', names, String(state.graph), value => {
      state.graph = Number(value);
      keep('graphs', state);
      body.replaceChildren(...graphPictures(set, set.graphs[state.graph]));
    });
    testName(which, 'graphs-graph');
    graphs.replaceChildren(which);
    body.replaceChildren(...graphPictures(set, set.graphs[state.graph]));
  }
  show();
};

const wrongPairs = graph => [...graph.pairs].filter(pair => pair === 'm' || pair === 'a').length;
const graphName = graph => `${graph.graph} (${graph.first ? 'one of the first' : wrongPairs(graph) > 0 ? 'one of the worst' : 'among the least certain'}, ${wrongPairs(graph)} wrong)`;

/** Every pair of nodes with what became of it. */
function graphPairs(graph) {
  const pairs = [];
  for (let a = 0; a < graph.nodes; a++) {
    for (let b = a + 1; b < graph.nodes; b++) {
      const i = pairs.length;
      pairs.push({ a, b, sort: graph.pairs[i], probability: graph.probabilities[i] });
    }
  }
  return pairs;
}

function graphPictures(set, graph) {
  const pairs = graphPairs(graph);
  const of = new Map(
    pairs.flatMap(pair => [
      [`${pair.a}-${pair.b}`, pair],
      [`${pair.b}-${pair.a}`, pair],
    ])
  );
  const words = element('p', { class: 'pair', 'aria-live': 'polite', 'data-test': 'graphs-pair' });
  const marks = [];
  const point = pair => {
    marks.forEach(mark => mark(pair));
    words.textContent = pair
      ? `Nodes ${pair.a} and ${pair.b}: ${PAIR_WORDS[pair.sort]}; probability ${pair.probability}.`
      : 'Point at a pair, or move through a matrix with the arrow keys.';
  };
  const count = sort => pairs.filter(pair => pair.sort === sort).length;
  const [found, missed, added] = ['f', 'm', 'a'].map(count);
  const counts =
    `Graph ${graph.graph}: ${graph.nodes} nodes, ${found} of ${found + missed} links found, ${missed} missed, ${added} added ` +
    `of ${pairs.length} pairs. Reconstructed by ${set.model}, seed ${set.seed}; of ${set.of} test graphs ${set.right} have no wrong pair.`;
  const figure = (node, caption) => element('figure', { class: 'viewer-view' }, node, element('figcaption', {}, element('p', {}, caption)));
  const wrong = pairs.filter(pair => pair.sort === 'm' || pair.sort === 'a');
  const parts = [
    element('p', { 'data-test': 'graphs-counts' }, counts),
    element(
      'div',
      { class: 'viewer-beside three' },
      figure(nodeLink(graph, pairs, of, point, marks), 'Links: missed ones dashed, added ones thick'),
      figure(
        matrixOf(
          'graphs-adjacency',
          'Adjacency matrix',
          graph,
          of,
          point,
          marks,
          pair => (pair.sort === 'f' || pair.sort === 'm' ? 1 : 0),
          false
        ),
        'Adjacency matrix'
      ),
      figure(
        matrixOf('graphs-reconstruction', 'Reconstructed probabilities', graph, of, point, marks, pair => pair.probability, true),
        'Reconstruction: the fuller a cell, the more probable a link; wrong pairs are crossed (missed) or dotted (added)'
      )
    ),
    words,
    graphKey(),
  ];
  if (wrong.length > 0) {
    const list = wrong.map(pair => element('li', {}, `${pair.a} and ${pair.b}: ${PAIR_WORDS[pair.sort]}, probability ${pair.probability}`));
    parts.push(element('details', {}, element('summary', {}, `The ${wrong.length} wrong pairs as a list`), element('ul', {}, ...list)));
  }
  point(null);
  return parts;
}

/** The graph as nodes and links; wrong ones on top. */
function nodeLink(graph, pairs, of, point, marks) {
  const place = node => graph.places[node].map(value => 12 + value * (GRAPH_SIDE - 24));
  const line = (pair, name) => {
    const [[x1, y1], [x2, y2]] = [place(pair.a), place(pair.b)];
    return drawing('line', { class: name, x1, y1, x2, y2, 'data-pair': `${pair.a}-${pair.b}` });
  };
  const links = ['f', 'm', 'a'].flatMap(sort => pairs.filter(pair => pair.sort === sort));
  const r = Math.min(5.2, 24 / Math.sqrt(graph.nodes));
  const nodes = graph.places.map((_, node) => {
    const [cx, cy] = place(node);
    const number = drawing('text', { x: cx, y: cy, 'font-size': 1.15 * r }, String(node));
    return drawing('g', { class: 'g-node' }, drawing('circle', { cx, cy, r }), number);
  });
  const mark = drawing('line', { class: 'g-mark', visibility: 'hidden' });
  marks.push(pair => {
    mark.setAttribute('visibility', pair ? 'visible' : 'hidden');
    if (!pair) return;
    const [[x1, y1], [x2, y2]] = [place(pair.a), place(pair.b)];
    Object.entries({ x1, y1, x2, y2 }).forEach(([name, value]) => mark.setAttribute(name, value));
  });
  const svg = drawing(
    'svg',
    {
      class: 'node-link',
      viewBox: `0 0 ${GRAPH_SIDE} ${GRAPH_SIDE}`,
      role: 'img',
      'data-test': 'graphs-drawing',
      'aria-label': `Graph ${graph.graph} drawn as nodes and links; its wrong pairs are listed below`,
    },
    mark,
    ...links.map(pair => line(pair, `g-link ${pair.sort}`)),
    ...links.map(pair => line(pair, 'g-touch')),
    ...nodes
  );
  svg.addEventListener('pointerover', event => {
    const name = event.target.dataset ? event.target.dataset.pair : null;
    if (name) point(of.get(name));
  });
  svg.addEventListener('pointerleave', () => point(null));
  return svg;
}

/** A matrix of values from 0 to 1. One stop of the tab key; arrow keys move a cursor through it. */
function matrixOf(test, label, graph, of, point, marks, value, marked) {
  const n = graph.nodes;
  const side = GRAPH_SIDE / n;
  const cells = [];
  for (let row = 0; row < n; row++) {
    for (let column = 0; column < n; column++) {
      const [x, y] = [column * side, row * side];
      const pair = of.get(`${row}-${column}`);
      const square = { x, y, width: side, height: side };
      cells.push(
        pair
          ? drawing('rect', {
              class: 'm-cell',
              ...square,
              'fill-opacity': value(pair).toFixed(3),
              'data-pair': `${row}-${column}`,
            })
          : drawing('rect', { class: 'm-diagonal', ...square })
      );
      if (marked && pair && pair.sort === 'm') cells.push(drawing('path', { class: 'm-missed', d: cross(x, y, side) }));
      if (marked && pair && pair.sort === 'a')
        cells.push(drawing('circle', { class: 'm-added', cx: x + side / 2, cy: y + side / 2, r: 0.3 * side }));
    }
  }
  const cursor = drawing(
    'g',
    { visibility: 'hidden' },
    ...[0, 1].map(() => drawing('rect', { class: 'm-cursor', width: side, height: side }))
  );
  const svg = drawing(
    'svg',
    {
      class: 'matrix',
      viewBox: `-1 -1 ${GRAPH_SIDE + 2} ${GRAPH_SIDE + 2}`,
      tabindex: 0,
      role: 'img',
      'data-test': test,
      'aria-label': `${label} of graph ${graph.graph}. Arrow keys move through its pairs.`,
    },
    ...cells,
    drawing('rect', { class: 'm-frame', width: GRAPH_SIDE, height: GRAPH_SIDE }),
    cursor
  );
  let at = [0, 1];
  marks.push(pair => {
    cursor.setAttribute('visibility', pair ? 'visible' : 'hidden');
    if (!pair) return;
    if (String([...at].sort((x, y) => x - y)) !== String([pair.a, pair.b])) at = [pair.a, pair.b];
    [
      [pair.a, pair.b],
      [pair.b, pair.a],
    ].forEach(([row, column], i) => {
      cursor.children[i].setAttribute('x', column * side);
      cursor.children[i].setAttribute('y', row * side);
    });
  });
  svg.addEventListener('pointermove', event => {
    const name = event.target.dataset ? event.target.dataset.pair : null;
    if (!name) return;
    at = name.split('-').map(Number);
    point(of.get(name));
  });
  svg.addEventListener('pointerleave', () => point(null));
  svg.addEventListener('focus', () => point(of.get(at.join('-'))));
  svg.addEventListener('blur', () => point(null));
  svg.addEventListener('keydown', event => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    let next = plus(at, step);
    // A node and itself are no pair.
    if (next[0] === next[1]) next = plus(next, step);
    if (next.some(node => node < 0 || node >= n)) return;
    at = next;
    point(of.get(at.join('-')));
  });
  return svg;
}

function cross(x, y, side) {
  const [a, b] = [0.22 * side, 0.78 * side];
  return `M${x + a} ${y + a}L${x + b} ${y + b}M${x + a} ${y + b}L${x + b} ${y + a}`;
}

function graphKey() {
  const mark = (words, ...shapes) =>
    element('li', {}, drawing('svg', { viewBox: '0 0 34 14', width: 34, height: 14, 'aria-hidden': 'true' }, ...shapes), words);
  const link = sort => drawing('line', { class: `g-link ${sort}`, x1: 1, y1: 7, x2: 18, y2: 7 });
  const cell = () => drawing('rect', { class: 'm-frame', x: 21, y: 1, width: 12, height: 12 });
  return element(
    'ul',
    { class: 'viewer-key' },
    mark('link, found', link('f')),
    mark('link, missed', link('m'), cell(), drawing('path', { class: 'm-missed', d: cross(21, 1, 12) })),
    mark('no link, but one was added', link('a'), cell(), drawing('circle', { class: 'm-added', cx: 27, cy: 7, r: 3.6 }))
  );
}
