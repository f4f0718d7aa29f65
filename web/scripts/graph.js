// The graph page, live: draws who needs whom and keeps the drawing and the table below it in step with the daemon. What
// stands where: graph_layout.js; who is a node: graph_model.js. Nodes are links, so that the keyboard reaches them; lines are SVG.
import { get } from "./api.js";
import { follow, linkIndicator } from "./feed.js";
import { leftToRight, topToBottom } from "./graph_layout.js";
import { fullName, modelOf, shapeOf, signOf } from "./graph_model.js";
import { severity, shownState } from "./states.js";

const place = document.getElementById("graph");
const none = document.getElementById("none");
const table = document.getElementById("needs");
const narrowBelow = 700;
const head = 54, line = 19, foot = 8, margin = 20, arrow = 7; // as the stylesheet has them
const mostItems = 12; // of a node; the table has them all
const mostLines = 3000; // nobody can follow more, and the browser draws for seconds; those of one node are drawn all the same
const words = { "+": "holds", "-": "does not hold", "~": "does not hold, and need not" };
const looks = { "+": "met", "-": "unmet", "~": "soft" };

const tooMany = make("span", "", "There are too many lines to draw: those of a node are shown while the pointer or the keyboard is at it.");
tooMany.hidden = true;
document.querySelector(".legend").append(tooMany);

const processes = new Map(); // by id, of the feed
let byName = new Map();
let programs = [];
let model = { nodes: [], edges: [] };
let shape = "";
let drawn = null; // what there is of the drawing, and the path of each edge

// -- pieces of the page ------------------------------------------------------------------------------

function make(tag, className, ...content) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...content);
  return node;
}

function makeSvg(tag, className, parent) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  node.setAttribute("class", className);
  parent.append(node);
  return node;
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function setBadge(badge, state) {
  if (badge.dataset.state === state) return;
  badge.dataset.state = state;
  badge.textContent = state.toLowerCase();
}

/// `+ db:ready`, with a word for who only hears it.
function itemNode(tag) {
  const node = make(tag, "item");
  node.append(make("b", "sign"), " ", make("span", "what"), make("span", "quiet"), make("span", "of"));
  return node;
}

function showItem(node, { sign, text, state }) {
  const [shownSign, , what, quiet, of] = node.childNodes;
  setText(shownSign, sign);
  setText(what, text);
  setText(quiet, ` ${words[sign]} `);
  setText(of, state.toLowerCase());
  node.dataset.look = looks[sign];
}

// -- states ------------------------------------------------------------------------------------------

/// As the feed has it, else as the graph had it.
function stateOf(name, known) {
  const process = byName.get(name);
  return process ? shownState(process) : (known ?? "not in service");
}

/// The worst of it, and for several how many are what.
function statesOf(node) {
  const counts = new Map();
  node.names.forEach((name, at) => {
    const state = stateOf(name, node.states[at]);
    counts.set(state, (counts.get(state) ?? 0) + 1);
  });
  const sorted = [...counts].sort(([a], [b]) => (severity[a] ?? -1) - (severity[b] ?? -1));
  const disabled = node.names.filter((name) => byName.get(name)?.disabled).length;
  const more = node.names.length === 1 ? [] : sorted.length === 1 ? [`all ${node.names.length}`]
    : sorted.map(([state, count]) => `${count} ${state.toLowerCase()}`);
  if (disabled > 0) more.push(disabled === node.names.length ? "disabled" : `${disabled} disabled`);
  return { worst: sorted[0][0], more: more.join(", ") };
}

// -- the drawing -------------------------------------------------------------------------------------

function targetOf(node) {
  if (node.names.length > 1) return `./?q=${encodeURIComponent(`${node.group}:`)}`;
  return `tail.html?processname=${encodeURIComponent(node.names[0])}`;
}

function card(node) {
  const link = make("a", "node");
  const badge = make("span", "badge");
  const more = make("span", "more");
  const items = node.items.slice(0, node.items.length > mostItems ? mostItems - 1 : mostItems).map(() => itemNode("span"));
  link.append(make("span", "label", node.label), make("span", "is", badge, more), ...items);
  if (items.length < node.items.length) link.append(make("span", "item", `and ${node.items.length - items.length} more`));
  link.title = node.names.length > 1 ? `${node.label}: ${node.names.length} processes alike` : node.label;
  link.href = targetOf(node);
  return { link, badge, more, items };
}

const shownItems = (node) => Math.min(node.items.length, mostItems);
const portOf = (item) => head + line * (Math.min(item, mostItems - 1) + 0.5);

function pathAcross(edge, from, to, { width }) {
  const points = drawn.ways.get(edge) ?? [];
  let [x, y] = [from.x + width, from.y + from.height / 2];
  let text = `M${x} ${y}`;
  const curve = (toX, toY) => {
    const reach = Math.max(24, Math.abs(toX - x) / 2);
    text += `C${x + reach} ${y} ${toX - reach} ${toY} ${toX} ${toY}`;
  };
  for (const point of points) {
    curve(point.x, point.y);
    [x, y] = [point.x + width, point.y];
    text += `H${x}`;
  }
  const [endX, endY] = [to.x, to.y + edge.port];
  curve(endX - arrow, endY);
  return [text, `M${endX} ${endY}l${-arrow} -4v8z`];
}

function pathDown(edge, from, to, { width }) {
  const [x, y] = [from.x + width / 2, from.y + from.height];
  const [endX, endY] = [to.x + (width * (edge.item + 1)) / (to.node.items.length + 1), to.y];
  const reach = Math.max(16, Math.abs(endY - y) / 2);
  return [`M${x} ${y}C${x} ${y + reach} ${endX} ${endY - arrow - reach} ${endX} ${endY - arrow}`,
          `M${endX} ${endY}l-4 ${-arrow}h8z`];
}

function paintLines() {
  const texts = { met: "", unmet: "", soft: "" };
  const heads = { met: "", unmet: "", soft: "" };
  const all = model.edges.length <= mostLines;
  tooMany.hidden = all;
  if (all) model.edges.forEach((edge, at) => {
    const look = looks[drawn.parts.get(edge.to).node.items[edge.item].sign];
    const [path, tip] = drawn.paths[at];
    texts[look] += path;
    heads[look] += tip;
  });
  for (const look of Object.keys(texts)) {
    drawn.lines[look].setAttribute("d", texts[look]);
    drawn.heads[look].setAttribute("d", heads[look]);
  }
}

/// The lines of the node that the pointer or the keyboard is at stand out.
function choose(id) {
  const of = drawn.paths.filter((_, at) => [model.edges[at].from, model.edges[at].to].includes(id));
  drawn.svg.classList.toggle("dimmed", of.length > 0);
  drawn.chosen.setAttribute("d", of.flat().join(""));
}

function paint() {
  for (const { node, badge, more, items } of drawn.parts.values()) {
    const { worst, more: text } = statesOf(node);
    setBadge(badge, worst);
    setText(more, text);
    items.forEach((item, at) => showItem(item, node.items[at]));
  }
  paintLines();
}

function draw() {
  const room = place.clientWidth - 2 * margin;
  const narrow = place.clientWidth < narrowBelow;
  const width = narrow ? Math.min(232, Math.max(140, Math.floor((room - 12) / 2))) : 232;
  const heights = new Map(model.nodes.map((node) => [node.id, head + line * shownItems(node) + (node.items.length > 0 ? foot : 0)]));
  const boxes = model.nodes.map(({ id }) => ({ id, height: heights.get(id) }));
  for (const edge of model.edges) edge.port = portOf(edge.item);
  const form = { width, gap: narrow ? 12 : 18, between: narrow ? 44 : 76, room };
  const { places, ways, width: wide, height } = (narrow ? topToBottom : leftToRight)(boxes, model.edges, form);

  const held = document.activeElement?.closest?.("a.node")?.dataset.id;
  const canvas = make("div", "canvas");
  const svg = makeSvg("svg", "edges", canvas);
  svg.setAttribute("aria-hidden", "true");
  const whole = [wide + 2 * margin, height + 2 * margin];
  svg.setAttribute("width", whole[0]);
  svg.setAttribute("height", whole[1]);
  const layer = (kind) => Object.fromEntries(Object.values(looks).map((look) => [look, makeSvg("path", `${kind} ${look}`, svg)]));
  const list = make("ul", "nodes");
  drawn = { parts: new Map(), paths: [], ways, narrow, room, svg, lines: layer("line"), heads: layer("head") };
  drawn.chosen = makeSvg("path", "line chosen", svg);
  for (const way of ways.values()) for (const point of way) (point.x += margin), (point.y += margin);
  const ordered = [...model.nodes].sort((a, b) => {
    const [p, q] = [places.get(a.id), places.get(b.id)];
    return narrow ? p.y - q.y || p.x - q.x : p.x - q.x || p.y - q.y;
  });
  for (const node of ordered) {
    const made = card(node);
    const at = places.get(node.id);
    const part = { node, ...made, x: at.x + margin, y: at.y + margin, height: heights.get(node.id) };
    made.link.dataset.id = node.id;
    Object.assign(made.link.style, { left: `${part.x}px`, top: `${part.y}px`, width: `${width}px`, height: `${part.height}px` });
    for (const name of ["pointerenter", "focus"]) made.link.addEventListener(name, () => choose(node.id));
    for (const name of ["pointerleave", "blur"]) made.link.addEventListener(name, () => choose(null));
    drawn.parts.set(node.id, part);
    list.append(make("li", "", made.link));
  }
  const path = narrow ? pathDown : pathAcross;
  drawn.paths = model.edges.map((edge) => path(edge, drawn.parts.get(edge.from), drawn.parts.get(edge.to), { width }));
  Object.assign(canvas.style, { width: `${whole[0]}px`, height: `${whole[1]}px` });
  canvas.append(list);
  paint();
  const { scrollLeft, scrollTop } = place;
  place.replaceChildren(canvas);
  Object.assign(place, { scrollLeft, scrollTop });
  if (held) drawn.parts.get(held)?.link.focus({ preventScroll: true });
}

// -- the table: the same for whoever does not see it -------------------------------------------------

function rowOf(name) {
  const link = make("a", "", name);
  link.href = `tail.html?processname=${encodeURIComponent(name)}`;
  const row = make("tr", "needs", make("th", "", link), make("td", "", make("span", "badge")), make("td", "", make("ul", "")));
  row.firstChild.scope = "row";
  row.dataset.name = name;
  return row;
}

function paintTable() {
  const body = table.tBodies[0];
  table.classList.toggle("long", programs.length > 300); // as web_graph.cpp
  const sent = new Map([...body.rows].map((row) => [row.dataset.name, row]));
  const rows = programs.map((program) => {
    const name = fullName(program);
    const row = sent.get(name) ?? rowOf(name);
    setBadge(row.querySelector(".badge"), stateOf(name, program.statename));
    const list = row.querySelector("ul");
    while (list.childElementCount > program.items.length) list.lastElementChild.remove();
    while (list.childElementCount < program.items.length) list.append(itemNode("li"));
    program.items.forEach((item, at) => showItem(list.children[at], { sign: signOf(item), text: item.item, state: item.state }));
    return row;
  });
  if (rows.length !== body.rows.length || rows.some((row, at) => row !== body.rows[at])) body.replaceChildren(...rows);
}

// -- what the daemon says ----------------------------------------------------------------------------

function take(found) {
  programs = found;
  model = modelOf(programs);
  none.hidden = programs.length > 0;
  for (const part of document.querySelectorAll("main .drawing")) part.hidden = programs.length === 0;
  paintTable();
  const now = shapeOf(model);
  if (programs.length === 0) place.replaceChildren();
  else if (now !== shape || !drawn || !drawn.parts.size) draw();
  else repaint();
  if (shape === "" && programs.length > 0) lookAt(new URL(location.href).searchParams.get("name"));
  shape = programs.length === 0 ? "" : now;
}

/// The node whose name is in the URL, once.
function lookAt(name) {
  const wanted = model.nodes.find((node) => node.names.includes(name));
  if (!wanted) return;
  const { link } = drawn.parts.get(wanted.id);
  link.scrollIntoView({ block: "nearest", inline: "center" });
  link.focus({ preventScroll: true });
}

/// The same nodes as before: what the drawing knows of them is renewed.
function repaint() {
  for (const node of model.nodes) drawn.parts.get(node.id).node = node;
  paint();
}

/// `work`, whenever it is asked for, but one at a time, and not sooner than ten times as long as it took last: however much
/// changes, the page has time for its reader.
function paced(work, least) {
  let busy = false;
  let again = false;
  const go = async () => {
    if (busy) return void (again = true);
    busy = true;
    again = false;
    const began = performance.now();
    await work();
    setTimeout(() => {
      busy = false;
      if (again) go();
    }, Math.max(least, 10 * (performance.now() - began)));
  };
  return go;
}

const refresh = paced(async () => {
  try {
    take((await get("graph")).programs);
  } catch {} // the link's state says what is wrong, and the next change asks again
}, 200);

const showStates = paced(async () => {
  byName = new Map([...processes.values()].map((process) => [process.name, process]));
  if (drawn && shape) paint(), paintTable();
}, 50);

function changed() {
  showStates();
  refresh();
}

follow({
  status: (all) => {
    processes.clear();
    for (const process of all.processes) processes.set(process.id, process);
    changed();
  },
  change: (some) => {
    for (const process of some.changed) processes.set(process.id, process);
    for (const id of some.removed) processes.delete(id);
    changed();
  },
  usage: () => {},
}, linkIndicator());

new ResizeObserver(() => {
  if (!drawn || !shape || place.hidden) return;
  const narrow = place.clientWidth < narrowBelow;
  if (narrow !== drawn.narrow || (narrow && place.clientWidth - 2 * margin !== drawn.room)) draw();
}).observe(place);
