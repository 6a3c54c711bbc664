// The table of all runs: filter, sort, pages of at most 200 rows.
//
// ids: #filter (search field), #filter-status, #filter-model, #filter-set (selects), #runs (table; a <button> in each heading sorts,
// aria-sort says how), #runs-shown (what is shown, read out), #runs-back and #runs-on (pages).

const PAGE = 200;

const TEXT = {
  run: value => value,
  text: value => value === null ? '' : value,
  count: value => value === null ? '' : count(value),
  whole: value => value === null ? '' : String(value),
  value: value => value === null ? '' : format(value),
  seconds: value => value === null ? '' : duration(value),
};

const isNumber = type => type !== 'run' && type !== 'text';

// Missing values come last, whatever the direction; equals stay in the report's order.
function compare(column, type, isDown) {
  const order = isNumber(type) ? (a, b) => a - b : (a, b) => a < b ? -1 : a > b ? 1 : 0;
  return rows => (a, b) => {
    const [x, y] = [rows[a][column], rows[b][column]];
    if (x === null || y === null) return (x === null) - (y === null) || a - b;
    return (isDown ? order(y, x) : order(x, y)) || a - b;
  };
}

function runTable(data, onchange) {
  const { columns, rows } = data;
  const table = document.getElementById('runs');
  const shown = document.getElementById('runs-shown');
  // What the filter looks in, made when it is first asked.
  const found = [];
  const words = row => found[row] ??= rows[row].map((cell, index) => `${TEXT[columns[index].type](cell)} ${cell ?? ''}`).join(' ').toLowerCase();
  const statusOf = row => rows[row][1].split(':')[0];
  const choices = [
    ['filter-status', 'status', statusOf],
    ['filter-model', 'model', row => data.names[data.series[row]].title],
    ...(data.sets ? [['filter-set', data.setName, row => data.sets[row]]] : []),
  ];
  // By its heading: a live page gets columns when its first run has ended.
  let sort = kept('sort', null);
  if (sort) sort = { column: columns.findIndex(({ title }) => title === sort.title), isDown: sort.isDown };
  if (sort && sort.column < 0) sort = null;
  let from = kept('from', 0);
  let order = [];

  const filter = element('input', { type: 'search', id: 'filter', value: kept('filter', ''), autocomplete: 'off', on: { input: () => update() } });
  const controls = document.getElementById('runs-controls');
  controls.append(element('label', { class: 'control' }, 'filter ', filter));
  const selects = choices.map(([id, name, of]) => {
    const wanted = kept(id, '');
    // What was chosen stays, though no run may be so now.
    const values = [...new Set([...rows.map((_, row) => of(row)), ...(wanted ? [wanted] : [])])].sort();
    const node = choice(name, [['', 'all'], ...values.map(value => [value, value])], wanted, () => update());
    const select = node.querySelector('select');
    select.id = id;
    if (values.length > 1 || wanted) controls.append(node);
    return [select, of];
  });

  const heads = columns.map(({ title, type }, column) => {
    const button = element('button', { type: 'button', id: 'sort-' + column, on: { click: () => sortBy(column) } }, title);
    return element('th', { scope: 'col', class: isNumber(type) ? 'r' : null }, button);
  });
  const body = element('tbody');
  table.append(element('thead', {}, element('tr', {}, ...heads)), body);
  const turn = by => () => {
    from += by;
    show();
    table.scrollIntoView({ block: 'start' });
    (by > 0 && !on.hidden || back.hidden ? on : back).focus({ preventScroll: true });
  };
  const back = element('button', { type: 'button', id: 'runs-back', on: { click: turn(-PAGE) } }, `previous ${PAGE}`);
  const on = element('button', { type: 'button', id: 'runs-on', on: { click: turn(PAGE) } }, `next ${PAGE}`);
  document.getElementById('runs-pages').append(back, ' ', on);

  function sortBy(column) {
    // Down, up, then the report's own order.
    if (!sort || sort.column !== column) sort = { column, isDown: false };
    else if (!sort.isDown) sort = { column, isDown: true };
    else sort = null;
    from = 0;
    arrange();
    show();
  }

  function update() {
    from = 0;
    choose();
  }

  function choose() {
    const wanted = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const isChosen = row => wanted.every(word => words(row).includes(word)) &&
      selects.every(([select, of]) => select.value === '' || of(row) === select.value);
    order = rows.map((_, row) => row).filter(isChosen);
    onchange([...order]);
    arrange();
    show();
  }

  function arrange() {
    if (sort) order.sort(compare(sort.column, columns[sort.column].type, sort.isDown)(rows));
    else order.sort((a, b) => a - b);
    heads.forEach((head, column) => {
      if (sort && sort.column === column) head.setAttribute('aria-sort', sort.isDown ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    });
  }

  function cell(row, column) {
    const { type } = columns[column];
    const value = rows[row][column];
    const text = TEXT[type](value);
    const child = type === 'run' && data.links && data.links[row] ?
      element('a', { href: 'runs/' + encodeURIComponent(value) + '/' }, text) : text;
    return element('td', { class: isNumber(type) ? 'r' : type === 'run' ? 'id' : null }, child);
  }

  function show() {
    from = Math.max(0, Math.min(from, order.length - 1 - (order.length - 1) % PAGE));
    const page = order.slice(from, from + PAGE);
    body.replaceChildren(...page.map(row => element('tr', {}, ...columns.map((_, column) => cell(row, column)))));
    const range = order.length > PAGE ? `${count(from + 1)}–${count(from + page.length)} of ` : '';
    const all = order.length === rows.length ? '' : `, of ${count(rows.length)}`;
    shown.textContent = `${range}${count(order.length)} ${order.length === 1 ? 'run' : 'runs'}${all}`;
    back.hidden = from === 0;
    on.hidden = from + PAGE >= order.length;
    keep('sort', sort && { title: columns[sort.column].title, isDown: sort.isDown });
    keep('from', from);
    keep('filter', filter.value);
    selects.forEach(([select]) => keep(select.id, select.value));
  }

  choose();
}
