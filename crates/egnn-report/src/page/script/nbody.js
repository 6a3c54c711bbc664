// Trajectories in space: true against predicted ends, and whether predictions turn with their input.
// For tests: [data-test=nbody-trajectory], [data-test=nbody-magnify], [data-test=nbody-model] (left and right) are choices, [data-test=nbody-rotation] the slider,
// [data-test=nbody-play] its button, [data-test=nbody-follow] "turn the view with the input"; [data-test=nbody-measured] say how far
// predictions are from turning with the input, their data-rms holds the number of this rotation (or of all, for the input as stored).

const NBODY_BEAT = 1100;
const NBODY_CALM_BEAT = 2600;
const NBODY_MAGNIFIED = [
  ['1', 'as long as they are'],
  ['5', 'drawn 5 times as long'],
  ['20', 'drawn 20 times as long'],
];

/** Points from a flat list. */
const pointsOf = list => Array.from({ length: list.length / 3 }, (_, i) => list.slice(3 * i, 3 * i + 3));
const centreOf = points => times(points.reduce(plus), 1 / points.length);
const NBODY_STILL = [1, 0, 0, 0, 1, 0, 0, 0, 1];

viewers.nbody = (root, data) => {
  const trajectories = data.scenes[0].trajectories.map((number, place) => [String(place), `trajectory ${number}`]);
  const rotations = Math.max(...data.scenes.map(scene => scene.rotations.length));
  const state = { trajectory: 0, rotation: 0, follow: false, magnify: usualMagnification(data), models: [null, null] };
  Object.assign(state, kept('nbody', {}));
  if (state.trajectory >= trajectories.length) state.trajectory = 0;
  if (state.rotation > rotations) state.rotation = 0;
  const angle = viewAngle('nbody-angle');
  const said = element('p', { class: 'viewer-said', 'aria-live': 'polite' });
  const sides = data.models.length > 1 ? [0, 1] : [0];
  const views = sides.map(side => nbodyView(data, state, side, angle, update));
  const control = rotations > 0 ? rotationControl(state, rotations, update) : null;
  const pick = (label, name, options) => {
    const act = value => {
      state[name] = Number(value);
      update();
    };
    return testName(choice(label, options, String(state[name]), act), `nbody-${name}`);
  };
  root.append(
    element(
      'div',
      { class: 'viewer-controls' },
      pick('Trajectory', 'trajectory', trajectories),
      pick('Errors', 'magnify', NBODY_MAGNIFIED),
      turningButtons(angle)
    ),
    control ? control.node : element('p', {}, 'These runs have no predictions for rotated inputs.'),
    element('div', { class: views.length > 1 ? 'viewer-beside' : '' }, ...views.map(view => view.node)),
    nbodyKey(...['charges', 'inputs'].map(name => data.scenes.some(scene => scene[name])), rotations > 0),
    said
  );
  function update() {
    keep('nbody', state);
    if (control) control.show();
    const words = views.map(view => view.show()).join(' ');
    // Nobody wants to hear every step of what plays.
    if (!control || !control.isPlaying()) said.textContent = words;
  }
  update();
};

/** How much longer the errors of the two models that are shown first can be drawn and stay within the picture. */
function usualMagnification(data) {
  const error = ({ mse, spread }) => Math.sqrt(3 * mse) / spread;
  const largest = Math.max(...[data.left, data.right].map(number => error(data.models[number])));
  const fitting = NBODY_MAGNIFIED.map(([factor]) => Number(factor)).filter(factor => factor * largest < 0.5);
  return Math.max(1, ...fitting);
}

/** What tests, and a live page that was read again, find a control by. */
const named = name => ({ 'data-test': name, id: name });

/** A labelled choice with such a name. */
function testName(label, name, id = name) {
  const control = label.querySelector('select');
  control.dataset.test = name;
  control.id = id;
  return label;
}

/** The slider over the stored rotations, its player, and whether the view follows. */
function rotationControl(state, rotations, changed) {
  const go = number => {
    state.rotation = number;
    changed();
  };
  const slide = () => go(Number(slider.value));
  const slider = element('input', { type: 'range', min: 0, max: rotations, ...named('nbody-rotation'), on: { input: slide } });
  const value = element('output', {});
  const turn = () => {
    state.follow = follow.checked;
    changed();
  };
  const follow = element('input', { type: 'checkbox', checked: state.follow, ...named('nbody-follow'), on: { change: turn } });
  let timer = null;
  const toggle = () => {
    const next = () => go((state.rotation + 1) % (rotations + 1));
    if (timer) {
      clearInterval(timer);
      timer = null;
      changed();
    } else {
      timer = setInterval(next, matchMedia('(prefers-reduced-motion: reduce)').matches ? NBODY_CALM_BEAT : NBODY_BEAT);
      next();
    }
    play.textContent = timer ? 'pause' : 'play';
  };
  const play = element('button', { type: 'button', ...named('nbody-play'), on: { click: toggle } }, 'play');
  const label = element('label', { class: 'slider' }, 'Rotation of the input ', slider, ' ', value);
  return {
    node: element('div', { class: 'viewer-controls' }, label, play, element('label', {}, follow, ' turn the view with the input')),
    isPlaying: () => timer !== null,
    show() {
      const words = state.rotation === 0 ? 'as stored' : `rotation ${state.rotation} of ${rotations}`;
      slider.value = state.rotation;
      slider.setAttribute('aria-valuetext', words);
      value.textContent = words;
    },
  };
}

/** The model on a side: the one that was chosen, by its title because others may have come, or that of the data. */
function nbodyModel(data, state, side) {
  const chosen = data.models.findIndex(model => model.title === state.models[side]);
  if (chosen >= 0) return chosen;
  const other = side === 1 ? nbodyModel(data, state, 0) : -1;
  const usual = side === 0 ? data.left : data.right;
  // The same model twice shows nothing.
  return usual === other ? (usual + 1) % data.models.length : usual;
}

/** One model's picture with its numbers. */
function nbodyView(data, state, side, angle, changed) {
  const names = data.models.map((model, place) => [String(place), model.title]);
  const pick = choice(side === 0 ? 'Model' : 'Beside it', names, '0', value => {
    state.models[side] = data.models[Number(value)].title;
    changed();
  });
  testName(pick, 'nbody-model', `nbody-model-${side}`);
  const select = pick.querySelector('select');
  const picture = space(angle, 'Bodies in space');
  const measured = element('p', { class: 'measured', 'data-test': 'nbody-measured' });
  const about = element('p', { class: 'about' });
  return {
    node: element('figure', { class: 'viewer-view', 'data-side': side }, pick, picture.node, element('figcaption', {}, measured, about)),
    show() {
      const number = nbodyModel(data, state, side);
      const model = data.models[number];
      select.value = String(number);
      const scene = data.scenes[model.scene];
      const shown = nbodyShown(scene, model, state);
      const rms = Math.sqrt(shown.missed.reduce((sum, value) => sum + value * value, 0) / shown.missed.length);
      const words = `${model.title}, trajectory ${shown.trajectory}: bodies end ${format(rms)} from where it says they do`;
      picture.show(nbodyThings(shown), shown.reach, words);
      const of = shown.rotation === 0 ? model.all : model.each[shown.rotation - 1];
      measured.replaceChildren(...nbodyMeasured(model, of, shown.rotation, scene.samples));
      measured.dataset.rms = of ? of.rms : '';
      about.textContent =
        `Root mean square of the errors in this picture: ${format(rms)}` +
        `${state.magnify > 1 ? `, drawn ${state.magnify} times as long` : ''}. Test MSE ${format(model.mse)}. Run ${model.run}.`;
      return `${words}. ${measured.textContent}`;
    },
  };
}

/** What is to be drawn of a model: places about their centre, in the rotated frame or turned back from it. */
function nbodyShown(scene, model, state) {
  const place = Math.min(state.trajectory, scene.trajectories.length - 1);
  const rotation = state.rotation <= scene.rotations.length ? state.rotation : 0;
  const matrix = rotation === 0 ? NBODY_STILL : scene.rotations[rotation - 1];
  const back = state.follow ? transposed(matrix) : NBODY_STILL;
  const targets = pointsOf(scene.targets[place]);
  const inputs = scene.inputs ? pointsOf(scene.inputs[place]) : null;
  const centre = centreOf(inputs ? targets.concat(inputs) : targets);
  const stored = pointsOf(model.predictions[place]);
  const found = rotation === 0 ? stored : pointsOf(model.rotated[rotation - 1][place]);
  const put = point => turnedBy(back, minus(point, turnedBy(matrix, centre)));
  const turned = point => put(turnedBy(matrix, point));
  const [truths, starts] = [targets.map(turned), inputs ? inputs.map(turned) : null];
  const magnified = (point, body) => plus(truths[body], times(minus(point, truths[body]), state.magnify));
  const predicted = found.map(put);
  return {
    trajectory: scene.trajectories[place],
    rotation,
    starts,
    truths,
    predicted: predicted.map(magnified),
    missed: predicted.map((point, body) => norm(minus(point, truths[body]))),
    turned: rotation === 0 ? null : stored.map(turned).map(magnified),
    frame: pointsOf(NBODY_STILL).map(axis => turnedBy(back, turnedBy(matrix, axis))),
    charges: scene.charges ? scene.charges.slice(place * scene.bodies, (place + 1) * scene.bodies) : null,
    // The same for all models, so that their pictures compare.
    reach: 1.3 * Math.max(...(starts ? truths.concat(starts) : truths).map(norm)),
  };
}

function nbodyThings(shown) {
  const line = (from, to, name, faintest, above) => ({ from, to, draw: spaceLine(name, faintest), above });
  const ball = (at, name, radius, letter, title, above = 0) => ({
    at,
    draw: spaceBall(name, radius, letter, title, above ? 0.8 : 0.55),
    above,
  });
  const frame = shown.frame.flatMap((axis, i) => {
    const end = times(axis, 0.98 * shown.reach);
    return [line(times(end, -1), end, 'frame-axis', 0.5, -9), ball(end, 'frame-axis', 4, 'xyz'[i], '', -9)];
  });
  const ofBody = (truth, body) => {
    const charge = shown.charges ? shown.charges[body] : null;
    const [sort, sign] = charge === null ? ['none', ''] : charge < 0 ? ['minus', '−'] : ['plus', '+'];
    const predicted = shown.predicted[body];
    const things = [
      line(truth, predicted, 'n-miss', 0.6, 0.01),
      ball(truth, `n-truth ${sort}`, 6, sign, `body ${body}, true end${sign && `, charge ${sign}`}`),
      ball(predicted, 'n-predicted', 6.6, '', `body ${body}, predicted end`, 0.03),
    ];
    if (shown.starts) {
      const start = shown.starts[body];
      things.push(line(start, truth, `n-path ${sort}`), ball(start, `n-start ${sort}`, 2.2, '', `body ${body}, start`));
    }
    if (shown.turned) {
      const turned = shown.turned[body];
      things.push(line(turned, predicted, 'n-apart', 0.8, 0.02));
      things.push(ball(turned, 'n-turned', 8.4, '', `body ${body}, rotated prediction`, 0.02));
    }
    return things;
  };
  return [...frame, ...shown.truths.flatMap(ofBody)];
}

/** The measured equivariance in a sentence: `of` a rotation, or of all. */
function nbodyMeasured(model, of, rotation, samples) {
  if (!of) return [`${model.title} was not asked about rotated inputs.`];
  const strong = value => element('strong', {}, format(value));
  const all = `all ${model.each.length} rotations`;
  return [
    `Under ${rotation === 0 ? all : `rotation ${rotation}`} the prediction of the rotated input differs from the rotated prediction by `,
    strong(of.rms),
    ` (root mean square over the bodies of ${samples} trajectories; at most ${format(of.max)}): `,
    strong(of.rms / model.spread),
    ' of the spread of the true places.',
    rotation === 0 ? '' : ` Under ${all}: ${format(model.all.rms)}, at most ${format(model.all.max)}.`,
  ];
}

/** What the marks mean. */
function nbodyKey(charges, starts, rotations) {
  const mark = (draw, words) =>
    element('li', {}, drawing('svg', { viewBox: '-12 -9 24 18', width: 24, height: 18, 'aria-hidden': 'true' }, ...draw), words);
  const ball = (name, radius, letter) => spaceBall(name, radius, letter)([0, 0], 1, 1);
  const line = name => spaceLine(name)([-11, 0], [11, 0], 1);
  const items = charges
    ? [mark([ball('n-truth plus', 6, '+')], 'true end, positive'), mark([ball('n-truth minus', 6, '−')], 'true end, negative')]
    : [mark([ball('n-truth none', 6)], 'true end')];
  items.push(mark([ball('n-predicted', 6.6)], 'predicted end'), mark([line('n-miss')], 'error'));
  if (starts) items.push(mark([line('n-path none'), spaceBall('n-start none', 2.4)([-9, 0], 1, 1)], 'from start to end, straight'));
  if (rotations) {
    items.push(mark([ball('n-turned', 8)], 'prediction of the input as stored, rotated'));
    items.push(mark([line('n-apart')], 'what is between the two predictions: nothing where a model is equivariant'));
  }
  return element('ul', { class: 'viewer-key' }, ...items);
}
