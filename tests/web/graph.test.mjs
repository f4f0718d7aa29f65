// Who is a node of the graph and where it stands: the pure half of the graph page, case by case. Run with `node --test`; needs no
// browser and no daemon.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { load } from "./pure.mjs";

const { crossings, layersOf, leftToRight, settle, topToBottom } = await load("graph_layout.js");
const { dependentsOf, modelOf, shapeOf, signOf } = await load("graph_model.js");

/// "a>b" : b needs a.
const edgesOf = (text) => text.split(" ").filter(Boolean).map((each) => {
  const [from, to] = each.split(">");
  return { from, to, port: 30, item: 0 };
});
const nodesOf = (names) => [...names].map((id) => ({ id, height: 50 }));
const form = { width: 200, gap: 10, between: 60, room: 320 };

describe("layers", () => {
  for (const [what, names, edges, wanted] of [
    ["nobody", "", "", {}],
    ["alone", "a", "", { a: 0 }],
    ["a chain", "cba", "a>b b>c", { a: 0, b: 1, c: 2 }],
    ["the longest way counts", "abcd", "a>d a>b b>c c>d", { a: 0, b: 1, c: 2, d: 3 }],
    ["a diamond", "abcd", "a>b a>c b>d c>d", { a: 0, b: 1, c: 1, d: 2 }],
    ["two that have nothing to do with each other", "abxy", "a>b x>y", { a: 0, b: 1, x: 0, y: 1 }],
    ["itself", "a", "a>a", { a: 0 }],
    ["a circle: the first of it comes first", "abc", "a>b b>c c>a", { a: 0, b: 1, c: 2 }],
    ["a circle behind somebody", "zab", "z>a a>b b>a", { z: 0, a: 1, b: 2 }],
    ["a circle pulls nobody back", "zyxacb", "z>y y>x x>b a>c c>a a>b", { z: 0, y: 1, x: 2, a: 0, c: 1, b: 3 }],
    ["twice the same line", "ab", "a>b a>b", { a: 0, b: 1 }],
  ])
    test(what, () => {
      assert.deepEqual(Object.fromEntries(layersOf(nodesOf(names), edgesOf(edges)).layer), wanted);
    });
});

describe("crossings", () => {
  for (const [what, links, wanted] of [
    ["none", [], 0], ["parallel", [[0, 0], [1, 1]], 0], ["one", [[0, 1], [1, 0]], 1], ["fans do not cross", [[0, 0], [0, 1], [1, 1]], 0],
    ["all of three", [[0, 2], [1, 1], [2, 0]], 3], ["whatever the order they come in", [[2, 0], [0, 1], [1, 2]], 2],
  ])
    test(what, () => assert.equal(crossings(links), wanted));
});

describe("settling", () => {
  for (const [what, wishes, wanted] of [
    ["nobody", [], []],
    ["where all have room they have their wish", [0, 20, 40], [0, 20, 40]],
    ["two for one place share it", [10, 10], [2.5, 17.5]],
    ["the one that is not concerned stays", [10, 10, 100], [2.5, 17.5, 100]],
    ["the order is kept against the wishes", [50, 0], [17.5, 32.5]],
    ["three meet in the middle", [0, 0, 0], [-15, 0, 15]],
  ])
    test(what, () => assert.deepEqual(settle(wishes, wishes.map(() => 10), 5), wanted));
});

/// No two nodes may touch, nor a line over several layers run through one.
function checkRoom(drawing, nodes, { width, gap }) {
  const boxes = nodes.map(({ id, height }) => ({ id, height, ...drawing.places.get(id) }));
  for (const a of boxes) {
    assert.ok(a.x >= 0 && a.y >= 0 && a.x + width <= drawing.width && a.y + a.height <= drawing.height, a.id);
    for (const b of boxes) {
      const apart = a.id === b.id || a.x + width + gap <= b.x || b.x + width + gap <= a.x || a.y + a.height + gap - 1 <= b.y ||
        b.y + b.height + gap - 1 <= a.y;
      assert.ok(apart, `${a.id} and ${b.id}`);
    }
    for (const way of drawing.ways.values())
      for (const point of way) assert.ok(point.x !== a.x || point.y < a.y || point.y > a.y + a.height, `a line through ${a.id}`);
  }
}

describe("from left to right", () => {
  test("nobody", () => assert.deepEqual(leftToRight([], [], form), { places: new Map(), ways: new Map(), width: 0, height: 0 }));

  test("a chain is a straight line, a layer each", () => {
    const { places, width, height } = leftToRight(nodesOf("abc"), edgesOf("a>b b>c").map((edge) => ({ ...edge, port: 25 })), form);
    assert.deepEqual([...places], [["a", { x: 0, y: 0 }], ["b", { x: 260, y: 0 }], ["c", { x: 520, y: 0 }]]);
    assert.deepEqual([width, height], [720, 50]);
  });

  test("who is needed crosswise is sorted so that nothing crosses", () => {
    const { places } = leftToRight(nodesOf("abxy"), edgesOf("a>y b>x"), form);
    assert.equal(places.get("a").y < places.get("b").y, places.get("y").y < places.get("x").y);
  });

  test("a long line has a way of its own", () => {
    const nodes = nodesOf("abcd");
    const edges = edgesOf("a>b b>c c>d a>d");
    const drawing = leftToRight(nodes, edges, form);
    checkRoom(drawing, nodes, form);
    assert.deepEqual(edges.map((edge) => drawing.ways.get(edge)?.length), [0, 0, 0, 2]);
  });

  test("a circle is drawn, and places everybody", () => {
    const nodes = nodesOf("abc");
    const drawing = leftToRight(nodes, edgesOf("a>b b>c c>a"), form);
    checkRoom(drawing, nodes, form);
    assert.equal(drawing.places.size, 3);
  });

  test("sixty programs, twice alike", () => {
    const ids = Array.from({ length: 60 }, (_, n) => `p${n}`);
    const nodes = ids.map((id, n) => ({ id, height: 40 + (n % 5) * 20 }));
    const edges = ids.flatMap((to, n) => [2, 3, 7].filter((step) => n >= step).map((step) => ({ from: ids[n - step - (n % 2 && n > 8 ? 1 : 0)], to, port: 20 })));
    const drawing = leftToRight(nodes, edges, form);
    checkRoom(drawing, nodes, form);
    assert.deepEqual(leftToRight(nodes, edges, form).places, drawing.places);
  });
});

describe("from top to bottom", () => {
  test("as many beside each other as there is room for", () => {
    const nodes = nodesOf("abcde");
    const narrow = { ...form, width: 150 };
    const drawing = topToBottom(nodes, edgesOf("a>b a>c a>d a>e"), narrow);
    checkRoom(drawing, nodes, narrow);
    const y = (id) => drawing.places.get(id).y;
    assert.deepEqual(["a", "b", "c", "d", "e"].map(y), [0, 110, 110, 170, 170]);
    assert.equal(drawing.width, 320);
  });

  test("at least one, however narrow", () => {
    const { places, width } = topToBottom(nodesOf("ab"), [], { ...form, room: 100 });
    assert.deepEqual([...places.values()], [{ x: 0, y: 0 }, { x: 0, y: 60 }]);
    assert.equal(width, 200);
  });
});

describe("a thousand", () => {
  const ids = Array.from({ length: 1000 }, (_, n) => `p${n}`);
  const nodes = ids.map((id) => ({ id, height: 60 }));
  const quick = (edges) => {
    const began = performance.now();
    const drawing = leftToRight(nodes, edges, form);
    assert.ok(performance.now() - began < 5000);
    assert.equal(drawing.places.size, 1000);
    return drawing;
  };
  test("in a row", () => {
    const drawing = quick(ids.slice(1).map((to, n) => ({ from: ids[n], to, port: 30 })));
    assert.equal(drawing.width, 999 * 260 + 200);
    assert.equal(drawing.height, 60);
  });
  test("each needs all before it, up to sixty", () => {
    quick(ids.flatMap((to, n) => ids.slice(Math.max(0, n - 60), n).map((from) => ({ from, to, port: 30 }))));
  });
  test("one needs all", () => quick(ids.slice(1).map((from) => ({ from, to: ids[0], port: 30 }))));
});

// -- who is a node -----------------------------------------------------------------------------------

const item = (text, members, { met = true, soft = false, state = "RUNNING" } = {}) => ({ item: text, condition: "ready", met, soft, state, members });
const program = (name, items, group = name) => ({ name, group, statename: "STARTING", items });

describe("the model", () => {
  test("nobody", () => assert.deepEqual(modelOf([]), { nodes: [], edges: [] }));

  test("who only is needed is a node, too, with the state of the item", () => {
    const { nodes, edges } = modelOf([program("app", [item("db:ready", ["db"], { met: false, state: "FATAL" })])]);
    assert.deepEqual(nodes.map(({ id, label, states, items }) => [id, label, states, items.map(({ text, sign }) => [text, sign])]),
      [["app", "app", ["STARTING"], [["db:ready", "-"]]], ["db", "db", ["FATAL"], []]]);
    assert.deepEqual(edges, [{ from: "db", to: "app", item: 0 }]);
  });

  test("its own state counts more than that of an item", () => {
    const { nodes } = modelOf([program("app", [item("mid:started", ["mid"], { state: "EXITED" })]), program("mid", [item("db:ready", ["db"])])]);
    assert.deepEqual(nodes.find(({ id }) => id === "mid").states, ["STARTING"]);
  });

  for (const [met, soft, sign] of [[true, false, "+"], [true, true, "+"], [false, false, "-"], [false, true, "~"]])
    test(`the sign ${sign} (${met}, ${soft})`, () => assert.equal(signOf({ met, soft }), sign));

  const members = (count) => Array.from({ length: count }, (_, n) => `web:web_${n}`);
  const webs = (count, more = {}) => members(count).map((name, n) => program(name.slice(4), [item("db:ready", ["db"], more[n])], "web"));
  for (const [count, wanted] of [[1, 1], [3, 3], [4, 1], [500, 1]])
    test(`${count} processes alike are ${wanted}`, () => {
      const front = program("front", [item("web:ready", members(count))]);
      const { nodes, edges } = modelOf([...webs(count), front]);
      const found = nodes.filter(({ group }) => group === "web");
      assert.equal(found.length, wanted);
      assert.equal(found[0].label, wanted < count ? "web:*" : "web:web_0");
      assert.equal(edges.length, 2 * wanted);
    });
  test("of those alike the one where it does not hold counts", () => {
    const { nodes } = modelOf(webs(5, { 3: { met: false, state: "BACKOFF" } }));
    assert.deepEqual(nodes[0].items.map(({ sign, state }) => [sign, state]), [["-", "BACKOFF"]]);
  });
  test("who is needed by somebody of his own is not alike", () => {
    const { nodes } = modelOf([...webs(5), program("one", [item("web:web_2:ready", ["web:web_2"])])]);
    assert.deepEqual(nodes.filter(({ group }) => group === "web").map(({ label }) => label), ["web:*", "web:web_2"]);
  });
  test("all by all is one line", () => {
    const low = Array.from({ length: 500 }, (_, n) => `low:low_${n}`);
    const { nodes, edges } = modelOf(Array.from({ length: 500 }, (_, n) => program(`top_${n}`, [item("low:ready", low)], "top")));
    assert.deepEqual([nodes.length, edges.length], [2, 1]);
  });
  test("what may not be seen, or is not there, has no line", () => {
    const { nodes, edges } = modelOf([program("app", [item("secret:ready", [], { state: "" }), item("gone:ready", [], { met: false, state: "not in service" })])]);
    assert.deepEqual([nodes.length, edges.length, nodes[0].items.map(({ state }) => state)], [1, 0, ["", "not in service"]]);
  });
  test("states and signs are no other shape; items and names are", () => {
    const shape = (...programs) => shapeOf(modelOf(programs));
    const one = shape(program("app", [item("db:ready", ["db"])]));
    assert.equal(shape({ ...program("app", [item("db:ready", ["db"], { met: false, state: "FATAL" })]), statename: "FATAL" }), one);
    assert.notEqual(shape(program("app", [item("db:started", ["db"])])), one);
    assert.notEqual(shape(program("app", [item("db:ready", ["db"])]), program("b", [item("db:ready", ["db"])])), one);
  });
  test("names are only names", () => {
    const evil = "__proto__";
    const { nodes, edges } = modelOf([program("constructor", [item(`${evil}:ready`, [evil])])]);
    assert.deepEqual([nodes.map(({ id }) => id), edges.length], [["constructor", evil], 1]);
  });
});

describe("who depends on it", () => {
  const all = [program("app", [item("db:ready", ["db"])]), program("front", [item("app:ready", ["app"]), item("db:ready", ["db"])]),
    program("w0", [item("db:ready", ["db", "db2"])], "w"), program("other", [item("x:ready", ["x"])]),
    program("c", [item("d:ready", ["d"])]), program("d", [item("c:ready", ["c"])])];
  for (const [what, names, wanted] of [
    ["nobody", ["front"], []],
    ["one", ["x"], ["other"]],
    ["one after the other, each once", ["db"], ["app", "front", "w:w0"]],
    ["of several", ["db2", "x"], ["w:w0", "other"]],
    ["not those that are named", ["db", "app"], ["front", "w:w0"]],
    ["a circle ends", ["c"], ["d"]],
    ["of what is not there", ["zzz"], []],
  ])
    test(what, () => assert.deepEqual(dependentsOf(all, names), wanted));
});
