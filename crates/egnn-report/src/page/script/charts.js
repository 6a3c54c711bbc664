// The plots of all runs: every seed's result (#seeds) and learning curves (#curves). Both show the runs that the table shows.
//
// data-test: `seed-metric`, `seed-scale`, `curve-loss`, `curve-axis`, `curve-scale` (selects), `plot` and `tip` as in plot.js.

const SCALES = [['log', 'logarithmic'], ['linear', 'linear']];

// A <select> that is kept over reloads and draws again.
function kind(key, label, options, fallback, draw) {
  const wanted = kept(key, fallback);
  const state = { value: options.some(([value]) => String(value) === String(wanted)) ? String(wanted) : String(fallback) };
  const node = choice(label, options, state.value, value => {
    state.value = value;
    keep(key, value);
    draw();
  });
  node.querySelector('select').id = key;
  node.dataset.test = key;
  return [node, state];
}

// The series of the chosen runs, in the order of the legend.
function bySeries(data, chosen) {
  const found = data.names.map(({ title, look }) => ({ title, look, rows: [] }));
  for (const row of chosen) found[data.series[row]].rows.push(row);
  return found.filter(one => one.rows.length > 0);
}

const runName = (data, row) => data.rows[row][0];

function seedChart(data) {
  const root = document.getElementById('seeds');
  if (!root || data.metrics.length === 0) return () => {};
  let chosen = [];
  let draw = () => {};
  const again = () => draw();
  const [metricNode, metric] = kind('seed-metric', 'value', data.metrics.map(({ title }) => [title, title]), data.metrics[0].title, again);
  const [scaleNode, shownScale] = kind('seed-scale', 'scale', SCALES, data.metrics[0].isPositive ? 'log' : 'linear', again);
  const controls = element('div', { class: 'controls' }, data.metrics.length > 1 ? metricNode : null, scaleNode);
  const legends = element('div');
  const hasPlaces = new Set(data.at.filter(at => at !== null)).size > 1;
  const nameOf = row => [data.sets ? data.sets[row] : null, data.names[data.series[row]].title].filter(Boolean).join(', ');
  // Along an axis one set at a time: their units may differ.
  const sets = hasPlaces && data.sets ? [...new Set(data.sets)] : [];
  const [setNode, set] = kind('seed-set', data.setName, sets.map(name => [name, name]), sets[0], again);
  if (sets.length > 1) controls.prepend(setNode);
  root.append(controls);
  draw = plot(root, () => {
    const shown = sets.length > 1 ? chosen.filter(row => data.sets[row] === set.value) : chosen;
    const { title, column } = data.metrics.find(({ title }) => title === metric.value);
    const names = hasPlaces ? null : [...new Set(shown.map(nameOf))];
    const places = [...new Set(shown.map(row => data.at[row]))].filter(at => at !== null).sort((a, b) => a - b);
    const isLogarithmic = shownScale.value === 'log';
    const series = bySeries(data, shown).map(({ title: name, look, rows }, index, all) => ({
      title: name, look,
      points: rows.map(row => {
        const value = data.rows[row][column];
        const place = data.at[row];
        // Models stand side by side, so that none hides another.
        const aside = (index - (all.length - 1) / 2) / all.length;
        const at = !hasPlaces ? names.indexOf(nameOf(row)) : place === null ? NaN : data.isLogarithmic ? place * 1.02 ** (aside * 6) : place;
        const where = hasPlaces && place !== null ? `${data.place} ${label(place)}, ` : '';
        return [at, value === null ? NaN : value, `${runName(data, row)}: ${where}${title} ${format(value)}`];
      }),
    }));
    legends.replaceChildren(legend(series));
    const unseen = isLogarithmic ? shown.filter(row => data.rows[row][column] === 0).length : 0;
    if (unseen > 0) legends.append(element('p', {}, `${count(unseen)} of them are 0, which a logarithmic axis cannot show.`));
    return {
      name: `${title} of every run`,
      x: { title: hasPlaces ? data.place : '', isLogarithmic: hasPlaces && data.isLogarithmic, names, places },
      y: { title, isLogarithmic },
      series,
    };
  });
  root.append(legends);
  return rows => {
    chosen = rows;
    draw();
  };
}

function curveChart(data) {
  const root = document.getElementById('curves');
  if (!root || data.curves.length === 0) return () => {};
  let chosen = new Set();
  let draw = () => {};
  const again = () => draw();
  const LOSSES = [['valid', 'validation'], ['train', 'training'], ['both', 'both (training dashed)']];
  const [lossNode, loss] = kind('curve-loss', 'loss', LOSSES, 'valid', again);
  const [axisNode, axis] = kind('curve-axis', 'against', [['epoch', 'epochs'], ['seconds', 'seconds']], 'epoch', again);
  const [scaleNode, shownScale] = kind('curve-scale', 'scale', SCALES, 'log', again);
  root.append(element('div', { class: 'controls' }, lossNode, axisNode, scaleNode));
  const legends = element('div');
  const line = (curve, which) => {
    const { title, look } = data.names[data.series[curve.row]];
    const words = which === 'valid' ? 'validation' : 'training';
    const place = axis.value === 'epoch' ? at => `epoch ${label(at)}` : at => `after ${duration(at)}`;
    return {
      title, look, isLine: true, dash: which === 'train' && loss.value === 'both' ? '5 4' : null,
      points: curve[axis.value].map((at, index) => {
        const value = curve[which][index];
        return [at, value === null ? NaN : value, `${runName(data, curve.row)}: ${place(at)}, ${words} loss ${format(value)}`];
      }),
    };
  };
  draw = plot(root, () => {
    const curves = data.curves.filter(curve => chosen.has(curve.row));
    const both = loss.value === 'both' ? ['train', 'valid'] : [loss.value];
    const series = curves.flatMap(curve => both.map(which => line(curve, which)));
    const names = bySeries(data, curves.map(curve => curve.row)).map(one => ({ ...one, isLine: true }));
    legends.replaceChildren(legend(names), element('p', { id: 'curves-shown' },
      `${count(curves.length)} of ${count(data.curves.length)} curves.`));
    return {
      name: 'Learning curves',
      x: { title: axis.value === 'epoch' ? 'epoch' : 'seconds', isLogarithmic: false },
      y: { title: data.loss, isLogarithmic: shownScale.value === 'log' },
      series,
    };
  });
  root.append(legends);
  return rows => {
    chosen = new Set(rows);
    draw();
  };
}
