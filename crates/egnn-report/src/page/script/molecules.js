// Molecules at which a run is worst, and at which it errs as usual: ball and stick, with what is true and what was predicted.
// For tests: [data-test=molecules-run] is a choice; [data-test=molecules-table] lists the molecules, which are buttons
// [data-test=molecules-show] where their geometry is known; [data-test=molecules-about] speaks of the one that is drawn.

// Covalent radii in angstrom (Cordero et al. 2008), and how far beyond their sum atoms still count as bound.
const ATOM_RADII = { H: 0.31, C: 0.76, N: 0.71, O: 0.66, F: 0.57 };
const BOND_SLACK = 1.2;
const ATOM_NAMES = { H: 'hydrogen', C: 'carbon', N: 'nitrogen', O: 'oxygen', F: 'fluorine' };

viewers.molecules = (root, data) => {
  // By the run's id: a live page gets more of them.
  const state = Object.assign({ run: null, molecule: 0 }, kept('molecules', {}));
  const shownRun = () => data.runs.find(run => run.run === state.run) || data.runs[0];
  const angle = viewAngle('molecules-angle');
  const body = element('div', {});
  const names = data.runs.map(run => [run.run, `${run.property}, ${run.title}`]);
  const pick = choice('Property and model', names, shownRun().run, value => {
    Object.assign(state, { run: value, molecule: 0 });
    show();
  });
  testName(pick, 'molecules-run');
  root.append(element('div', { class: 'viewer-controls' }, pick), body);
  function show() {
    keep('molecules', state);
    body.replaceChildren(...moleculesOf(shownRun(), state, angle));
  }
  show();
};

const withUnit = (value, unit) => `${format(value)}${unit ? ` ${unit}` : ''}`;

function moleculesOf(run, state, angle) {
  const drawn = run.molecules.map((molecule, place) => (molecule.elements ? place : -1)).filter(place => place >= 0);
  const title = `${run.title} trained on ${run.trainedOn} molecules, seed ${run.seed}: mean absolute error ${withUnit(run.mae, run.unit)}.`;
  const parts = [element('p', {}, title)];
  if (drawn.length === 0) {
    parts.push(
      element(
        'p',
        {},
        'No geometry of these molecules can be read from its predictions; runs of earlier versions stored none. Delete its folder and run the sweep again to see them.'
      )
    );
    return [...parts, moleculeTable(run, [], null)];
  }
  if (!drawn.includes(state.molecule)) state.molecule = drawn[0];
  const picture = space(angle, 'Molecule');
  const about = element('div', { 'data-test': 'molecules-about', 'aria-live': 'polite' });
  const key = element('ul', { class: 'viewer-key' });
  const table = moleculeTable(run, drawn, place => {
    state.molecule = place;
    keep('molecules', state);
    show();
  });
  function show() {
    const molecule = run.molecules[state.molecule];
    const atoms = atomsOf(molecule);
    const reach = Math.max(...atoms.map(atom => norm(atom.at))) + 0.6;
    picture.show(moleculeThings(atoms, reach), reach, `${molecule.smiles}, ${molecule.atoms} atoms`);
    about.replaceChildren(...moleculeWords(run, molecule));
    key.replaceChildren(...elementKey(atoms));
    table.querySelectorAll('tr[data-place]').forEach(row => {
      const isShown = Number(row.dataset.place) === state.molecule;
      row.classList.toggle('shown', isShown);
      const button = row.querySelector('button');
      if (button) button.setAttribute('aria-pressed', String(isShown));
    });
  }
  show();
  const figure = element('figure', { class: 'viewer-view' }, picture.node, turningButtons(angle), key);
  return [...parts, element('div', { class: 'viewer-beside' }, figure, about), table];
}

function moleculeWords(run, molecule) {
  const line = (name, value) => [element('dt', {}, name), element('dd', {}, value)];
  const sort = molecule.worst ? 'one of the largest errors' : 'an error about the median';
  return [
    element('h3', {}, element('code', {}, molecule.smiles || 'molecule without SMILES')),
    element(
      'dl',
      { class: 'molecule' },
      ...line('True', withUnit(molecule.true, run.unit)),
      ...line('Predicted', withUnit(molecule.predicted, run.unit)),
      ...line('Error', `${withUnit(molecule.error, run.unit)}, ${sort}`),
      ...line('Atoms', String(molecule.atoms)),
      ...(molecule.index === null ? [] : line('Number in QM9', String(molecule.index)))
    ),
  ];
}

/** All of a run's molecules; those that can be drawn are buttons that call `act`. */
function moleculeTable(run, drawn, act) {
  const unit = run.unit ? ` (${run.unit})` : '';
  const cell = (name, text, place) => element(name, { class: place > 0 ? 'r' : '', scope: name === 'th' && 'col' }, text);
  const name = (molecule, place) => {
    const smiles = element('code', {}, molecule.smiles || '?');
    if (!drawn.includes(place)) return smiles;
    const shown = { type: 'button', 'data-test': 'molecules-show', title: 'show', on: { click: () => act(place) } };
    return element('button', shown, smiles);
  };
  const row = (molecule, place) => {
    const numbers = [molecule.true, molecule.predicted, molecule.error].map(format);
    const first = element('td', {}, molecule.worst ? 'worst ' : 'median ', name(molecule, place));
    return element('tr', { 'data-place': place }, first, ...[String(molecule.atoms), ...numbers].map(text => cell('td', text, 1)));
  };
  const head = ['Molecule', 'Atoms', `True${unit}`, `Predicted${unit}`, `Error${unit}`].map((text, place) => cell('th', text, place));
  const table = element('table', { 'data-test': 'molecules-table' });
  table.append(element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...run.molecules.map(row)));
  return element('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Worst and median molecules' }, table);
}

/** Atoms about the middle of their molecule, its longest extent along x and the shortest along z. */
function atomsOf(molecule) {
  const places = pointsOf(molecule.places);
  const middle = centreOf(places);
  const about = places.map(place => minus(place, middle));
  const axes = principalAxes(about);
  return about.map((at, i) => ({ element: molecule.elements[i], at: turnedBy(axes, at) }));
}

/** Axes of the largest, second and least spread of points about the origin, by power iteration. */
function principalAxes(points) {
  const spread = v => points.reduce((sum, p) => plus(sum, times(p, dot(p, v))), [0, 0, 0]);
  const along = others => {
    const free = v => others.reduce((left, axis) => minus(left, times(axis, dot(axis, left))), v);
    let v = free([0.6, 0.5, 0.4]);
    for (let i = 0; i < 50; i++) {
      const next = free(spread(v));
      if (norm(next) < 1e-9) break;
      v = times(next, 1 / norm(next));
    }
    return norm(v) > 0 ? times(v, 1 / norm(v)) : free([0, 1, 0]);
  };
  const first = along([]);
  return straightened([...first, ...along([first]), 0, 0, 0]);
}

const radiusOf = atom => ATOM_RADII[atom.element] || 0.7;
const isBound = (a, b) => norm(minus(a.at, b.at)) < BOND_SLACK * (radiusOf(a) + radiusOf(b));
const elementClass = name => `atom ${ATOM_RADII[name] ? name : 'other'}`;

function moleculeThings(atoms, reach) {
  const bond = (a, b) => ({ from: a.at, to: b.at, draw: spaceLine('bond', 0.6), under: true });
  const ball = ({ element: name, at }) => {
    // Atoms do not hide their bonds, and those of small molecules are not huge.
    const size = Math.min(11, (name === 'H' ? 22 : 32) / reach);
    return { at, draw: spaceBall(elementClass(name), size, name, ATOM_NAMES[name], 0.85) };
  };
  const bonds = atoms.flatMap((a, i) =>
    atoms
      .slice(i + 1)
      .filter(b => isBound(a, b))
      .map(b => bond(a, b))
  );
  return [...bonds, ...atoms.map(ball)];
}

function elementKey(atoms) {
  const elements = [...new Set(atoms.map(atom => atom.element))].sort();
  return elements.map(name =>
    element(
      'li',
      {},
      drawing(
        'svg',
        { viewBox: '-10 -10 20 20', width: 20, height: 20, 'aria-hidden': 'true' },
        spaceBall(elementClass(name), 8, name)([0, 0], 1, 1)
      ),
      `${ATOM_NAMES[name] || name} (${atoms.filter(atom => atom.element === name).length})`
    )
  );
}
