// Where the graph's nodes stand: layers by the longest path, order within a layer by the mean of the neighbours, places as
// near to the neighbours as the others leave. Pure: must not touch the page or know programs, nor import anything.
//
// A node is {id, height}; an edge {from, to, port}: `from` is needed by `to`, so it stands before it; `port`: how far below
// the top of `to` the line ends. Lines that lead back (a circle, which a daemon may know though no file has one) are drawn, but
// place nobody.

const mostBends = 4000; // of lines over several layers: beyond it they go straight
const sweeps = 8;

/// Kahn's order; whoever is in a circle is let in where nobody else can go on. -> {order, layer: Map, forward: [edge]}
export function layersOf(nodes, edges) {
  const next = new Map(nodes.map(({ id }) => [id, []]));
  const missing = new Map(nodes.map(({ id }) => [id, 0]));
  for (const edge of edges)
    if (edge.from !== edge.to) {
      next.get(edge.from).push(edge);
      missing.set(edge.to, missing.get(edge.to) + 1);
    }
  const layer = new Map();
  const forward = [];
  const seen = new Set();
  const queue = nodes.filter(({ id }) => missing.get(id) === 0).map(({ id }) => id);
  let stuck = 0;
  for (let at = 0; seen.size < nodes.length; ++at) {
    if (at === queue.length) { // a circle: the first of those that are left
      while (seen.has(nodes[stuck].id)) ++stuck;
      queue.push(nodes[stuck].id);
    }
    const id = queue[at];
    if (seen.has(id)) continue;
    seen.add(id);
    if (!layer.has(id)) layer.set(id, 0);
    for (const edge of next.get(id)) {
      if (seen.has(edge.to)) continue;
      forward.push(edge);
      layer.set(edge.to, Math.max(layer.get(edge.to) ?? 0, layer.get(id) + 1));
      missing.set(edge.to, missing.get(edge.to) - 1);
      if (missing.get(edge.to) === 0) queue.push(edge.to);
    }
  }
  return { layer, forward };
}

/// How many pairs of lines between two layers cross. `links`: pairs of places.
export function crossings(links) {
  const sorted = [...links].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const size = sorted.reduce((most, [, to]) => Math.max(most, to + 1), 1);
  const tree = new Array(size + 1).fill(0);
  let count = 0;
  sorted.forEach(([, to], before) => {
    let notAfter = 0;
    for (let at = to + 1; at > 0; at -= at & -at) notAfter += tree[at];
    count += before - notAfter;
    for (let at = to + 1; at <= size; at += at & -at) ++tree[at];
  });
  return count;
}

/// Layers as arrays of cells; lines over several layers have a cell without a node in each between.
function cellsOf(nodes, edges, bends) {
  const { layer, forward } = layersOf(nodes, edges);
  const layers = [];
  const cells = new Map();
  const put = (cell, at) => {
    layers[at] ??= [];
    cell.place = layers[at].push(cell) - 1;
    return Object.assign(cell, { layer: at, before: [], after: [] });
  };
  for (const node of nodes) cells.set(node.id, put({ id: node.id, height: node.height }, layer.get(node.id)));
  const links = [];
  const link = (from, to, port) => {
    from.after.push({ cell: to, port: 0, lands: port });
    to.before.push({ cell: from, port });
    links.push([from, to]);
  };
  const span = (edge) => layer.get(edge.to) - layer.get(edge.from) - 1;
  const bend = bends && forward.reduce((sum, edge) => sum + span(edge), 0) <= mostBends;
  const ways = new Map();
  for (const edge of forward) {
    let from = cells.get(edge.from);
    const way = [];
    for (let at = from.layer + 1; bend && at < layer.get(edge.to); ++at) {
      const cell = put({ height: 0 }, at);
      link(from, cell, 0);
      way.push(cell);
      from = cell;
    }
    link(from, cells.get(edge.to), edge.port);
    ways.set(edge, way);
  }
  return { layers, cells, links, ways };
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

function sortLayer(cells, towards) {
  for (const cell of cells)
    cell.wish = cell[towards].length === 0 ? cell.place : mean(cell[towards].map((each) => each.cell.place + each.port / 10000));
  cells.sort((a, b) => a.wish - b.wish || a.place - b.place);
  cells.forEach((cell, place) => (cell.place = place));
}

function allCrossings(layers, links) {
  const between = layers.map(() => []);
  for (const [from, to] of links) between[from.layer].push([from.place, to.place]);
  return between.reduce((sum, pairs) => sum + crossings(pairs), 0);
}

/// There and back, and the best of it is kept.
function orderLayers({ layers, links }) {
  let best = Infinity;
  let kept = layers.map((cells) => [...cells]);
  for (let sweep = 0; sweep <= sweeps && best > 0; ++sweep) {
    if (sweep % 2 === 1) for (let at = 1; at < layers.length; ++at) sortLayer(layers[at], "before");
    else if (sweep > 0) for (let at = layers.length - 2; at >= 0; --at) sortLayer(layers[at], "after");
    const count = allCrossings(layers, links);
    if (count >= best) continue;
    best = count;
    kept = layers.map((cells) => [...cells]);
  }
  kept.forEach((cells, at) => {
    layers[at] = cells;
    cells.forEach((cell, place) => (cell.place = place));
  });
}

/// Tops of boxes of these heights, in this order, `gap` apart at least and as near to `wishes` as that allows (the sum of the
/// squares is the least there is).
export function settle(wishes, heights, gap) {
  const blocks = [];
  const offsets = [];
  let offset = 0;
  wishes.forEach((wish, at) => {
    offsets.push(offset);
    let block = { sum: wish - offset, count: 1, first: at };
    while (blocks.length > 0 && blocks.at(-1).sum / blocks.at(-1).count >= block.sum / block.count) {
      const before = blocks.pop();
      block = { sum: before.sum + block.sum, count: before.count + block.count, first: before.first };
    }
    blocks.push(block);
    offset += heights[at] + gap;
  });
  const tops = [];
  blocks.forEach((block, at) => {
    const end = blocks[at + 1]?.first ?? wishes.length;
    for (let each = block.first; each < end; ++each) tops.push(block.sum / block.count + offsets[each]);
  });
  return tops;
}

/// Where lines leave: in the middle of a node.
const out = (cell) => cell.top + cell.height / 2;

function placeLayers({ layers }, gap) {
  for (const cells of layers) {
    let top = 0;
    for (const cell of cells) {
      cell.top = top;
      top += cell.height + gap;
    }
  }
  const settleLayer = (cells, towards) => {
    const wishes = cells.map((cell) => {
      const near = cell[towards];
      if (near.length === 0) return cell.top;
      if (towards === "before") return mean(near.map((each) => out(each.cell) - each.port));
      return mean(near.map((each) => each.cell.top + each.lands)) - cell.height / 2;
    });
    settle(wishes, cells.map((cell) => cell.height), gap).forEach((top, at) => (cells[at].top = top));
  };
  for (let sweep = 0; sweep < 4; ++sweep) {
    for (let at = 1; at < layers.length; ++at) settleLayer(layers[at], "before");
    for (let at = layers.length - 2; at >= 0; --at) settleLayer(layers[at], "after");
  }
  const top = layers.flat().reduce((least, cell) => Math.min(least, cell.top), Infinity);
  for (const cell of layers.flat()) cell.top -= top;
}

/// From left to right. -> {places: Map of id to {x, y}, ways: Map of edge to [{x, y}], width, height}. `ways`: through which
/// points a line over several layers goes.
export function leftToRight(nodes, edges, { width, gap, between }) {
  if (nodes.length === 0) return { places: new Map(), ways: new Map(), width: 0, height: 0 };
  const drawing = cellsOf(nodes, edges, true);
  orderLayers(drawing);
  placeLayers(drawing, gap);
  const x = (layer) => layer * (width + between);
  const places = new Map();
  let height = 0;
  for (const cell of drawing.layers.flat()) {
    height = Math.max(height, cell.top + cell.height);
    if (cell.id !== undefined) places.set(cell.id, { x: x(cell.layer), y: Math.round(cell.top) });
  }
  const ways = new Map();
  for (const [edge, way] of drawing.ways) ways.set(edge, way.map((cell) => ({ x: x(cell.layer), y: Math.round(cell.top) })));
  return { places, ways, width: x(drawing.layers.length - 1) + width, height: Math.ceil(height) };
}

/// From top to bottom, as many beside each other as fit into `room`: for narrow screens.
export function topToBottom(nodes, edges, { width, gap, between, room }) {
  if (nodes.length === 0) return { places: new Map(), ways: new Map(), width: 0, height: 0 };
  const drawing = cellsOf(nodes, edges, false);
  orderLayers(drawing);
  const fit = Math.max(1, Math.floor((room + gap) / (width + gap)));
  const whole = Math.max(room, width);
  const places = new Map();
  let y = 0;
  drawing.layers.forEach((cells, layer) => {
    if (layer > 0) y += between - gap;
    for (let at = 0; at < cells.length; at += fit) {
      const line = cells.slice(at, at + fit);
      const used = line.length * (width + gap) - gap;
      line.forEach((cell, i) => places.set(cell.id, { x: Math.round((whole - used) / 2) + i * (width + gap), y }));
      y += Math.max(...line.map((cell) => cell.height)) + gap;
    }
  });
  return { places, ways: new Map(), width: whole, height: y - gap };
}
