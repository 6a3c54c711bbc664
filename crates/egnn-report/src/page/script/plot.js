// A plot with two axes: lines or marks, the value nearest to the pointer, and the same by keys.
//
// data-test: `plot` (the svg, focusable), `tip` (the value that is shown), .mark and .line (one each a value or a curve).

// Corners of markers in hundredths of their radius; the first is a circle. The figures of the report have the same.
const MARKERS = [
  null,
  [[0, -122], [112, 78], [-112, 78]],
  [[-90, -90], [90, -90], [90, 90], [-90, 90]],
  [[0, -130], [105, 0], [0, 130], [-105, 0]],
  [[0, 122], [112, -78], [-112, -78]],
  [[0, -115], [109, -36], [68, 93], [-68, 93], [-109, -36]],
  [[-95, -100], [95, -100], [-95, 100], [95, 100]],
];

function outline(look, x, y, radius) {
  const corners = MARKERS[look % MARKERS.length];
  if (!corners) return `M${x - radius} ${y}a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0Z`;
  return 'M' + corners.map(([dx, dy]) => `${(x + dx * radius / 100).toFixed(1)} ${(y + dy * radius / 100).toFixed(1)}`).join('L') + 'Z';
}

const marker = (look, x, y, radius, attributes) => drawing('path', { d: outline(look, x, y, radius), ...attributes });

// Marks that are elements of their own; of more, those of a series are one.
const MARKS = 1000;

const colour = look => `var(--series-${look % MARKERS.length})`;

// Round numbers between two ends, about `wanted` of them.
function linearTicks(low, high, wanted) {
  const step = 10 ** Math.floor(Math.log10((high - low) / wanted));
  const wide = [1, 2, 5, 10].map(times => times * step).find(size => (high - low) / size <= wanted);
  const ticks = [];
  for (let at = Math.ceil(low / wide - 1e-9) * wide; at <= high + wide * 1e-9; at += wide) ticks.push(Number(at.toPrecision(12)));
  return ticks;
}

function logarithmicTicks(low, high, wanted) {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const decades = last - first;
  const times = decades <= 1 ? [1, 1.5, 2, 3, 5, 7] : decades <= 2 ? [1, 2, 5] : [1];
  const stride = Math.max(1, Math.ceil(decades / wanted));
  const ticks = [];
  for (let power = first; power <= last; power += stride) {
    for (const factor of times) ticks.push(factor * 10 ** power);
  }
  return ticks.filter(tick => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9));
}

// An axis label: plain where that is short.
function label(value) {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-3) return value.toExponential().replace('+', '');
  return size >= 1000 ? count(Number(value.toPrecision(6))) : String(Number(value.toPrecision(6)));
}

// From values to pixels between two ends, with ticks.
function scale(values, isLogarithmic, [from, to], room) {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) [low, high] = isLogarithmic ? [0.1, 1] : [0, 1];
  // What differs in its last bits only is one value.
  if (high - low <= 1e-12 * Math.max(Math.abs(low), Math.abs(high))) high = low;
  if (isLogarithmic) {
    const margin = Math.max((high / low) ** 0.04, 1.02);
    [low, high] = [low / margin, high * margin];
  } else {
    const margin = (high - low) * 0.04 || Math.abs(high) * 0.1 || 1;
    [low, high] = [low - margin, high + margin];
  }
  const of = isLogarithmic ? Math.log10 : value => value;
  const unit = (to - from) / (of(high) - of(low));
  const wanted = Math.max(2, Math.floor(Math.abs(to - from) / room));
  const ticks = isLogarithmic ? logarithmicTicks(low, high, wanted) : linearTicks(low, high, wanted);
  return { at: value => from + (of(value) - of(low)) * unit, ticks };
}

// Draws into `root` again whenever it gets another width. `spec()` says what: {name, x: {title, isLogarithmic, names, places}, y: {title,
// isLogarithmic}, series: [{title, look, isLine, points: [[x, y, words]]}]}; `names` are those of whole places on the axis,
// `places` the only ones that there are.
function plot(root, spec) {
  const frame = element('div', { class: 'plot' });
  const tip = element('output', { class: 'tip', 'data-test': 'tip', 'aria-live': 'polite', hidden: true });
  root.append(frame);
  let width = 0;
  const draw = () => {
    width = frame.clientWidth;
    const focused = frame.contains(document.activeElement);
    const svg = paint(frame, tip, spec());
    frame.replaceChildren(svg, tip);
    tip.hidden = true;
    if (focused) svg.focus({ preventScroll: true });
  };
  new ResizeObserver(() => {
    if (Math.abs(frame.clientWidth - width) > 1) draw();
  }).observe(frame);
  return draw;
}

function paint(frame, tip, { name, x, y, series }) {
  const width = Math.max(280, frame.clientWidth || 900);
  const height = Math.min(440, Math.max(260, width * 0.5));
  const [left, right, top, bottom] = [74, 14, 10, 52];
  const svg = drawing('svg', {
    viewBox: `0 0 ${width} ${height}`, width, height, id: frame.parentNode.id + '-plot', tabindex: 0, role: 'application', 'aria-roledescription': 'plot',
    'aria-label': name + '. Left and right go from value to value, up and down to the next series.', 'data-test': 'plot',
  });
  const isShown = ([px, py]) => Number.isFinite(px) && Number.isFinite(py) && (!y.isLogarithmic || py > 0) && (!x.isLogarithmic || px > 0);
  // A line ends where a value is missing, and begins again after it.
  const split = points => {
    const kept = [];
    const starts = new Set();
    let isOpen = false;
    for (const point of points) {
      if (isShown(point)) {
        if (!isOpen) starts.add(kept.length);
        kept.push(point);
      }
      isOpen = isShown(point);
    }
    return { points: kept, starts };
  };
  const lines = series.map(one => ({ ...one, ...split(one.points) })).filter(one => one.points.length > 0);
  const all = index => lines.flatMap(one => one.points.map(point => point[index]));
  const across = scale(x.names ? [-0.5, x.names.length - 0.5] : all(0), x.isLogarithmic, [left, width - right], 80);
  const up = scale(all(1), y.isLogarithmic, [height - bottom, top], 48);
  for (const tick of up.ticks) {
    svg.append(
      drawing('line', { class: 'grid', x1: left, x2: width - right, y1: up.at(tick), y2: up.at(tick) }),
      drawing('text', { x: left - 8, y: up.at(tick) + 4, 'text-anchor': 'end' }, label(tick)));
  }
  // Where values stand at few places, these are the ticks.
  const distinct = x.names ? [] : x.places || [];
  const isFew = distinct.length > 0 && distinct.every((place, index) =>
    index === 0 || Math.abs(across.at(place) - across.at(distinct[index - 1])) > 45);
  const places = x.names ? x.names.map((_, place) => place) : isFew ? distinct : across.ticks;
  const letters = Math.max(4, Math.floor((width - left - right) / Math.max(1, places.length) / 7));
  for (const tick of places) {
    const words = x.names ? x.names[tick] : label(tick);
    svg.append(drawing('text', { x: across.at(tick), y: height - bottom + 18, 'text-anchor': 'middle' },
      words.length > letters ? words.slice(0, letters - 1) + '…' : words));
    if (!x.names) svg.append(drawing('line', { class: 'grid', y1: top, y2: height - bottom, x1: across.at(tick), x2: across.at(tick) }));
  }
  svg.append(
    drawing('path', { class: 'axis', d: `M${left} ${top}V${height - bottom}H${width - right}` }),
    drawing('text', { x: (left + width - right) / 2, y: height - 8, 'text-anchor': 'middle' }, x.title),
    drawing('text', { transform: `translate(14 ${(top + height - bottom) / 2}) rotate(-90)`, 'text-anchor': 'middle' }, y.title));
  if (lines.length === 0) svg.append(drawing('text', { x: width / 2, y: height / 2, 'text-anchor': 'middle' }, 'nothing to show'));
  const isMany = lines.reduce((sum, one) => sum + one.points.length, 0) > MARKS;
  const paths = lines.map(one => {
    const ends = one.points.map(([px, py]) => [across.at(px), up.at(py)]);
    const group = drawing('g', { class: one.isLine ? 'line' : 'marks' });
    if (one.isLine) {
      const d = ends.map(([px, py], index) => `${one.starts.has(index) ? 'M' : 'L'}${px.toFixed(1)} ${py.toFixed(1)}`).join('');
      group.append(drawing('path', { d, fill: 'none', stroke: colour(one.look), 'stroke-width': 1.6, 'stroke-dasharray': one.dash }));
      if (ends.length === 1) group.append(marker(one.look, ...ends[0], 4, { fill: colour(one.look) }));
    } else if (isMany) {
      const d = ends.map(end => outline(one.look, ...end, 4)).join('');
      group.append(drawing('path', { d, class: 'mark', fill: colour(one.look) }));
    } else {
      for (const end of ends) group.append(marker(one.look, ...end, 5, { class: 'mark', fill: colour(one.look) }));
    }
    svg.append(group);
    return { ...one, ends, group };
  });
  const ring = drawing('circle', { class: 'ring', r: 8, visibility: 'hidden' });
  svg.append(ring);
  const show = (line, index) => {
    const [px, py] = paths[line].ends[index];
    ring.setAttribute('cx', px);
    ring.setAttribute('cy', py);
    ring.setAttribute('visibility', 'visible');
    paths.forEach((path, other) => path.group.classList.toggle('faint', other !== line));
    tip.textContent = paths[line].points[index][2];
    tip.hidden = false;
    const size = svg.clientWidth ? svg.clientWidth / width : 1;
    tip.style.left = Math.max(0, Math.min(px * size + 12, frame.clientWidth - tip.offsetWidth)) + 'px';
    tip.style.top = Math.max(0, py * size - tip.offsetHeight - 12) + 'px';
  };
  const hide = () => {
    ring.setAttribute('visibility', 'hidden');
    paths.forEach(path => path.group.classList.remove('faint'));
    tip.hidden = true;
  };
  let at = null;
  const point = event => {
    const box = svg.getBoundingClientRect();
    const [mx, my] = [(event.clientX - box.left) * width / box.width, (event.clientY - box.top) * height / box.height];
    let best = 28 ** 2;
    let found = null;
    paths.forEach((path, line) => path.ends.forEach(([px, py], index) => {
      const distance = (px - mx) ** 2 + (py - my) ** 2;
      if (distance < best) [best, found] = [distance, [line, index]];
    }));
    at = found;
    if (found) show(...found); else hide();
  };
  svg.addEventListener('pointermove', point);
  svg.addEventListener('pointerdown', point);
  // A finger that is lifted leaves what it pointed at.
  svg.addEventListener('pointerleave', event => event.pointerType !== 'touch' && hide());
  svg.addEventListener('blur', hide);
  svg.addEventListener('keydown', event => {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (event.key === 'Escape') hide();
    if (!step || paths.length === 0) return;
    event.preventDefault();
    const [line, index] = at || [0, -1];
    const next = at ? (line + step[0] + paths.length) % paths.length : 0;
    const last = paths[next].ends.length - 1;
    // To the value of another series that is nearest to where this one stood.
    const from = at && step[0] ? paths[line].points[index][0] : null;
    const near = from === null ? index + (at ? step[1] : 1) :
      paths[next].points.reduce((best, point, i) => Math.abs(point[0] - from) < Math.abs(paths[next].points[best][0] - from) ? i : best, 0);
    at = [next, Math.max(0, Math.min(last, near))];
    show(...at);
  });
  return svg;
}

// What colours and marks mean.
function legend(series) {
  const items = series.map(({ title, look, isLine }) => element('li', {},
    drawing('svg', { width: 26, height: 14, 'aria-hidden': true },
      isLine ? drawing('line', { x1: 1, x2: 25, y1: 7, y2: 7, stroke: colour(look), 'stroke-width': 2 }) :
        marker(look, 13, 7, 5, { fill: colour(look) })), ' ', title));
  return element('ul', { class: 'legend' }, ...items);
}
