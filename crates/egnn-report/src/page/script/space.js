// Pictures in space: points and lines seen from an angle that mouse, touch, keys and buttons turn.
// For tests: [data-test=space] is a drawing, its data-angle the view as nine numbers; [data-test=turn-left] and so on are the buttons.

const SPACE_KEYS = 'Drag or use the arrow keys to turn, + and - to zoom, 0 to reset.';
const SPACE_STEP = Math.PI / 18;
const SPACE_START = [0.8, 0, 0.6, 0.2, 0.94, -0.27, -0.56, 0.34, 0.75];
// Half the width of a drawing, and the eye's distance in units of what is looked at.
const SPACE_HALF = 100;
const SPACE_EYE = 4;

const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
/** A matrix of nine numbers, row by row, times a point. */
const turnedBy = (m, p) => [dot(m.slice(0, 3), p), dot(m.slice(3, 6), p), dot(m.slice(6, 9), p)];
/** The inverse of a rotation. */
const transposed = m => [m[0], m[3], m[6], m[1], m[4], m[7], m[2], m[5], m[8]];
const product = (a, b) => {
  const columns = [0, 1, 2].map(k => turnedBy(a, [b[k], b[3 + k], b[6 + k]]));
  return transposed(columns.flat());
};
const minus = (a, b) => a.map((value, axis) => value - b[axis]);
const plus = (a, b) => a.map((value, axis) => value + b[axis]);
const times = (a, factor) => a.map(value => value * factor);
const norm = a => Math.sqrt(dot(a, a));

/** Rows of unit length and at right angles, whatever rounding did. */
function straightened(m) {
  const x = times(m.slice(0, 3), 1 / norm(m.slice(0, 3)));
  const along = minus(m.slice(3, 6), times(x, dot(x, m.slice(3, 6))));
  const y = times(along, 1 / norm(along));
  return [...x, ...y, x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]];
}

/** An angle of view that several drawings share; it is kept under `key` when a page reloads. */
function viewAngle(key) {
  const drawn = [];
  let { matrix, zoom } = kept(key, null) || { matrix: straightened(SPACE_START), zoom: 1 };
  let waiting = false;
  const changed = () => {
    keep(key, { matrix, zoom });
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      drawn.forEach(draw => draw());
    });
  };
  return {
    matrix: () => matrix,
    zoom: () => zoom,
    onchange: draw => drawn.push(draw),
    /** Turns by angles about the vertical and the horizontal of the screen. */
    turn(across, down) {
      const [c, s, d, t] = [Math.cos(across), Math.sin(across), Math.cos(down), Math.sin(down)];
      matrix = straightened(product([c, 0, s, t * s, d, -t * c, -d * s, t, d * c], matrix));
      changed();
    },
    scale(factor) {
      zoom = Math.min(4, Math.max(0.4, zoom * factor));
      changed();
    },
    reset() {
      matrix = straightened(SPACE_START);
      zoom = 1;
      changed();
    },
  };
}

/** Buttons for those who can or will not drag. */
function turningButtons(angle) {
  const button = (name, sign, words, act) =>
    element(
      'button',
      {
        type: 'button',
        title: words,
        'aria-label': words,
        'data-test': name,
        on: { click: act },
      },
      sign
    );
  return element(
    'div',
    { class: 'turning', role: 'group', 'aria-label': 'Angle of view' },
    button('turn-left', '←', 'turn left', () => angle.turn(-SPACE_STEP, 0)),
    button('turn-right', '→', 'turn right', () => angle.turn(SPACE_STEP, 0)),
    button('turn-up', '↑', 'turn up', () => angle.turn(0, -SPACE_STEP)),
    button('turn-down', '↓', 'turn down', () => angle.turn(0, SPACE_STEP)),
    button('zoom-in', '+', 'zoom in', () => angle.scale(1.2)),
    button('zoom-out', '−', 'zoom out', () => angle.scale(1 / 1.2)),
    button('turn-reset', 'reset', 'reset the view', () => angle.reset())
  );
}

/**
 * A drawing of `things` around the origin, of which those `extent` away just fit.
 * A thing is { at, draw(place, scale, near) } or { from, to, draw(place, place, near) }: `near` is 1 in front and 0 behind.
 * Things in front hide others, lifted by `above`; a line is where its middle is, or `under` both of its ends.
 */
function space(angle, label) {
  let things = [];
  let extent = 1;
  const half = SPACE_HALF;
  const svg = drawing('svg', {
    class: 'space',
    viewBox: `${-half} ${-half} ${2 * half} ${2 * half}`,
    tabindex: 0,
    role: 'img',
    'data-test': 'space',
  });
  const seen = point => {
    const [x, y, z] = turnedBy(angle.matrix(), times(point, 1 / extent));
    const scale = (0.86 * half * angle.zoom() * SPACE_EYE) / Math.max(0.5, SPACE_EYE - z);
    return { place: [x * scale, -y * scale], depth: z, scale: scale / half };
  };
  const near = depth => Math.min(1, Math.max(0, (depth + 1) / 2));
  const one = thing => {
    if (thing.at) {
      const { place, depth, scale } = seen(thing.at);
      return { depth: depth + (thing.above || 0), node: thing.draw(place, scale, near(depth)) };
    }
    const [a, b] = [seen(thing.from), seen(thing.to)];
    const depth = thing.under ? Math.min(a.depth, b.depth) - 0.001 : (a.depth + b.depth) / 2;
    return { depth: depth + (thing.above || 0), node: thing.draw(a.place, b.place, near(depth)) };
  };
  const draw = () => {
    const nodes = things
      .map(one)
      .sort((a, b) => a.depth - b.depth)
      .map(thing => thing.node);
    svg.replaceChildren(...nodes);
    svg.dataset.angle = angle
      .matrix()
      .map(value => value.toFixed(3))
      .join(' ');
  };
  svg.setAttribute('aria-label', `${label}. ${SPACE_KEYS}`);
  dragging(svg, angle);
  svg.addEventListener('keydown', event => turningKey(event, angle));
  angle.onchange(draw);
  return {
    node: svg,
    /** `words` say what is to be seen. */
    show(shown, reach, words) {
      things = shown;
      extent = reach > 0 ? reach : 1;
      svg.setAttribute('aria-label', `${words || label}. ${SPACE_KEYS}`);
      draw();
    },
  };
}

function turningKey(event, angle) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const act = {
    ArrowLeft: () => angle.turn(-SPACE_STEP, 0),
    ArrowRight: () => angle.turn(SPACE_STEP, 0),
    ArrowUp: () => angle.turn(0, -SPACE_STEP),
    ArrowDown: () => angle.turn(0, SPACE_STEP),
    '+': () => angle.scale(1.2),
    '=': () => angle.scale(1.2),
    '-': () => angle.scale(1 / 1.2),
    0: () => angle.reset(),
  }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

/** One pointer turns, two zoom. The wheel scrolls the page, and zooms with ctrl only. */
function dragging(svg, angle) {
  const pointers = new Map();
  const apart = () => {
    const [a, b] = [...pointers.values()];
    return Math.hypot(a[0] - b[0], a[1] - b[1]);
  };
  svg.addEventListener('pointerdown', event => {
    pointers.set(event.pointerId, [event.clientX, event.clientY]);
    svg.setPointerCapture(event.pointerId);
  });
  svg.addEventListener('pointermove', event => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const distance = pointers.size === 2 ? apart() : 0;
    pointers.set(event.pointerId, [event.clientX, event.clientY]);
    if (pointers.size === 2) {
      if (distance > 0) angle.scale(apart() / distance);
    } else if (pointers.size === 1) {
      const whole = Math.PI / Math.max(1, svg.clientWidth);
      angle.turn((event.clientX - before[0]) * whole, (event.clientY - before[1]) * whole);
    }
  });
  const ended = event => pointers.delete(event.pointerId);
  svg.addEventListener('pointerup', ended);
  svg.addEventListener('pointercancel', ended);
  svg.addEventListener(
    'wheel',
    event => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      angle.scale(Math.exp(-event.deltaY / 300));
    },
    { passive: false }
  );
}

/** Straight lines between two places. */
const spaceLine =
  (name, faintest = 0.35) =>
  (a, b, near) =>
    drawing('line', {
      class: name,
      x1: a[0].toFixed(2),
      y1: a[1].toFixed(2),
      x2: b[0].toFixed(2),
      y2: b[1].toFixed(2),
      opacity: (faintest + (1 - faintest) * near).toFixed(2),
    });

/** A disc or ring, `radius` in hundredths of half the drawing, with a letter in it. */
const spaceBall =
  (name, radius, letter, title, faintest = 0.55) =>
  ([x, y], scale, near) => {
    const r = radius * (0.55 + 0.45 * scale);
    const ball = drawing('circle', { cx: x.toFixed(2), cy: y.toFixed(2), r: r.toFixed(2) });
    const group = drawing('g', { class: name, opacity: (faintest + (1 - faintest) * near).toFixed(2) }, ball);
    if (title) group.append(drawing('title', {}, title));
    if (letter) group.append(drawing('text', { x: x.toFixed(2), y: y.toFixed(2), 'font-size': (1.35 * r).toFixed(2) }, letter));
    return group;
  };
