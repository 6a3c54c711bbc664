// Puts everything together, and lets a live page follow its sweep.
//
// ids and data: #runs (runs.js), #seeds and #curves (charts.js), [data-viewer] (their own files), #live: the banner of a live page,
// whose `data-every` is the seconds between two readings and `data-written` when it was written (seconds since 1970).

function start() {
  const data = json('data-runs');
  if (data) {
    const charts = [seedChart(data), curveChart(data)];
    runTable(data, chosen => charts.forEach(chart => chart(chosen)));
  }
  for (const root of document.querySelectorAll('[data-viewer]')) {
    const viewer = viewers[root.dataset.viewer];
    if (viewer) {
      root.replaceChildren();
      viewer(root, json('data-' + root.dataset.viewer));
    }
  }
  comeBack();
  const banner = document.getElementById('live');
  if (banner) live(banner);
}

// To where the reader was when the page was read again.
function comeBack() {
  const place = kept('place', null);
  keep('place', null);
  if (!place) return;
  const focused = place.focus && document.getElementById(place.focus);
  if (focused) {
    focused.focus({ preventScroll: true });
    if (place.caret !== null && focused.setSelectionRange) focused.setSelectionRange(place.caret, place.caret);
  }
  window.scrollTo({ left: place.x, top: place.y, behavior: 'instant' });
}

// Reads the page again while its sweep runs, and stays where the reader was: place on the page, focus, controls.
function live(banner) {
  const every = Number(banner.dataset.every) * 1000;
  const written = Number(banner.dataset.written) * 1000;
  let touched = 0;
  let held = false;
  for (const event of ['keydown', 'input', 'change', 'wheel']) {
    addEventListener(event, () => { touched = Date.now(); }, { passive: true });
  }
  // Whoever reads a value in a plot is not disturbed either.
  addEventListener('pointermove', event => { if (event.target.closest?.('.plot')) touched = Date.now(); }, { passive: true });
  addEventListener('pointerdown', () => { held = true; });
  for (const event of ['pointerup', 'pointercancel']) {
    addEventListener(event, () => { held = false; touched = Date.now(); });
  }
  const isBusy = () => held || Date.now() - touched < 1500;
  const again = () => {
    if (banner.dataset.paused === 'true') return;
    if (isBusy()) {
      setTimeout(again, 500);
      return;
    }
    const focused = document.activeElement;
    const caret = focused && focused.type === 'search' ? focused.selectionStart : null;
    keep('place', { x: scrollX, y: scrollY, focus: focused && focused.id, caret });
    location.reload();
  };
  // Whoever wrote it may be gone: then it is not read for ever.
  const age = Date.now() - written;
  if (age > 20 * every + 60000) {
    banner.querySelector('output').textContent =
      'It was last written ' + duration(age / 1000) + ' ago: it is not read again by itself.';
    return;
  }
  let isPaused = kept('paused', false);
  const button = element('button', { type: 'button', id: 'pause', on: { click: () => {
    isPaused = !isPaused;
    go();
  } } });
  const go = () => {
    keep('paused', isPaused);
    banner.dataset.paused = isPaused;
    button.textContent = isPaused ? 'go on' : 'pause';
    if (!isPaused) setTimeout(again, every);
  };
  banner.append(' ', button);
  go();
}

start();
