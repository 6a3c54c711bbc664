// Molecules at which a run is worst, and at which it errs as usual: ball and stick, with what is true and what was predicted.
// For tests: [data-test=molecules-run] is a choice; [data-test=molecules-table] lists the molecules, each with a button
// [data-test=molecules-show] where its geometry is known; [data-test=molecules-about] speaks of the one that is drawn.

// Covalent radii in angstrom (Cordero et al. 2008), and how far beyond their sum atoms still count as bound.
const ATOM_RADII = { H: 0.31, C: 0.76, N: 0.71, O: 0.66, F: 0.57 };
const BOND_SLACK = 1.2;
const ATOM_NAMES = { H: 'hydrogen', C: 'carbon', N: 'nitrogen', O: 'oxygen', F: 'fluorine' };

viewers.molecules = (root, data) => {
  const state = Object.assign({ run: 0, molecule: 0 }, kept('molecules', {}));
  if (state.run >= data.runs.length) state.run = 0;
  const angle = viewAngle('molecules-angle');
  const body = element('div', {});
  const names = data.runs.map((run, place) => [String(place), `${run.property}, ${run.title}`]);
  const pick = choice('Property and model', names, String(state.run), value => {
    Object.assign(state, { run: Number(value), molecule: 0 });
    show();
  });
  testName(pick, 'select', 'molecules-run');
  root.append(element('div', { class: 'viewer-controls' }, pick), body);
  function show() {
    keep('molecules', state);
    body.replaceChildren(...moleculesOf(data.runs[state.run], state, angle));
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
      element('p', {}, 'This run stored no geometry, as runs of earlier versions: run the sweep again to see the molecules.')
    );
    return [...parts, moleculeTable(run, null, null)];
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
    picture.show(moleculeThings(atoms), reach, `${molecule.smiles}, ${molecule.atoms} atoms`);
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

/** All of a run's molecules; those that can be drawn have a button that calls `act`. */
function moleculeTable(run, drawn, act) {
  const unit = run.unit ? ` (${run.unit})` : '';
  const columns = ['Molecule', 'Atoms', `True${unit}`, `Predicted${unit}`, `Error${unit}`, ...(act ? ['View'] : [])];
  const number = value => element('td', { class: 'r' }, format(value));
  const row = (molecule, place) =>
    element(
      'tr',
      { 'data-place': place },
      element('td', {}, molecule.worst ? 'worst ' : 'median ', element('code', {}, molecule.smiles || '?')),
      element('td', { class: 'r' }, String(molecule.atoms)),
      number(molecule.true),
      number(molecule.predicted),
      number(molecule.error),
      ...(act ? [element('td', {}, ...(drawn.includes(place) ? [showButton(molecule, () => act(place))] : ['not stored']))] : [])
    );
  const head = columns.map((column, place) =>
    element('th', { scope: 'col', ...(place > 0 && place < 5 ? { class: 'r' } : {}) }, column)
  );
  return element(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Worst and median molecules' },
    element(
      'table',
      { 'data-test': 'molecules-table' },
      element('thead', {}, element('tr', {}, ...head)),
      element('tbody', {}, ...run.molecules.map(row))
    )
  );
}

const showButton = (molecule, click) =>
  element(
    'button',
    {
      type: 'button',
      'data-test': 'molecules-show',
      'aria-label': `show ${molecule.smiles}`,
      on: { click },
    },
    'show'
  );

/** Atoms about the middle of their molecule. */
function atomsOf(molecule) {
  const places = pointsOf(molecule.places);
  const middle = centreOf(places);
  return places.map((place, i) => ({ element: molecule.elements[i], at: minus(place, middle) }));
}

const radiusOf = atom => ATOM_RADII[atom.element] || 0.7;
const isBound = (a, b) => norm(minus(a.at, b.at)) < BOND_SLACK * (radiusOf(a) + radiusOf(b));
const elementClass = name => `atom ${ATOM_RADII[name] ? name : 'other'}`;

function moleculeThings(atoms) {
  const bonds = atoms.flatMap((a, i) =>
    atoms
      .slice(i + 1)
      .filter(b => isBound(a, b))
      .map(b => ({ from: a.at, to: b.at, draw: spaceLine('bond', 0.6) }))
  );
  return [
    ...bonds,
    ...atoms.map(atom => ({
      at: atom.at,
      draw: spaceBall(elementClass(atom.element), atom.element === 'H' ? 6 : 9, atom.element, ATOM_NAMES[atom.element], 0.85),
    })),
  ];
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
