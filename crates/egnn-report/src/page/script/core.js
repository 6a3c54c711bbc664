// What all parts of the page use. They share one scope; `start` (start.js) runs last.

// Parts of the page that draw themselves: name -> function (root, data).
const viewers = {};

const SVG = 'http://www.w3.org/2000/svg';

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === 'on') {
      for (const [event, handler] of Object.entries(value)) node.addEventListener(event, handler);
    } else if (value === true) {
      node.setAttribute(name, '');
    } else if (value !== false && value !== null && value !== undefined) {
      node.setAttribute(name, value);
    }
  }
  node.append(...children.filter(child => child !== null && child !== undefined));
  return node;
}

// An HTML element with attributes (`on`: handlers by event) and children (nodes or text).
function element(name, attributes, ...children) {
  return fill(document.createElement(name), attributes, children);
}

// The same for SVG.
function drawing(name, attributes, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

// A labelled <select> of [value, text] pairs.
function choice(label, options, selected, onchange) {
  const select = element('select', { on: { change: () => onchange(select.value) } });
  for (const [value, text] of options) {
    select.append(element('option', { value, selected: String(value) === String(selected) }, text));
  }
  return element('label', { class: 'control' }, label, ' ', select);
}

// State of controls, kept while a page is reloaded. A browser without storage forgets it.
const PLACE = 'egnn-lab ' + location.pathname + ' ';

function keep(key, value) {
  try {
    sessionStorage.setItem(PLACE + key, JSON.stringify(value));
  } catch { /* nothing is kept */ }
}

function kept(key, fallback) {
  try {
    const text = sessionStorage.getItem(PLACE + key);
    return text === null ? fallback : JSON.parse(text);
  } catch {
    return fallback;
  }
}

// A number with four significant digits, as the tables have it.
function format(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return 'none';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e6) return value.toExponential(3).replace('+', '');
  return value.toFixed(Math.max(0, 3 - Math.floor(Math.log10(size))));
}

// A count with its thousands set apart.
function count(value) {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

// Seconds as people say them.
function duration(seconds) {
  if (seconds < 9.95) return seconds.toFixed(1) + ' s';
  if (seconds < 99.5) return seconds.toFixed(0) + ' s';
  return seconds < 5970 ? (seconds / 60).toFixed(1) + ' min' : (seconds / 3600).toFixed(1) + ' h';
}

// What stands in <script id> as JSON.
function json(id) {
  const node = document.getElementById(id);
  return node && JSON.parse(node.textContent);
}
