// What the page says of starts that it has asked for, and what it marks beside a state, case by case. Run with `node --test`; needs no browser and no daemon.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { load } from "./pure.mjs";

const { outcomeOf, Starts } = await load("starts.js");
const { kindOf, marksOf, shownState } = await load("states.js");

const process = (state, start, more = {}) => ({ state, start, pid: state === "RUNNING" ? 7 : 0, spawnerr: "", description: "said", ...more });
const held = { waiting: "db:ready" };

describe("an outcome", () => {
  for (const [what, before, now, wanted] of [
    ["it is not heard of yet", process("STOPPED", 1), process("STOPPED", 1), null],
    ["it starts", process("STOPPED", 1), process("STARTING", 2, { pid: 7 }), null],
    ["it runs", process("STOPPED", 1), process("RUNNING", 2), { ok: true, text: "" }],
    ["it still runs, before a restart", process("RUNNING", 1), process("RUNNING", 1), null],
    ["it stops, in a restart", process("RUNNING", 1), process("STOPPING", 1), null],
    ["it runs anew", process("RUNNING", 1), process("RUNNING", 2), { ok: true, text: "" }],
    ["a one-shot is over already", process("EXITED", 1), process("EXITED", 2), { ok: true, text: "" }],
    ["a one-shot has not begun", process("EXITED", 1), process("EXITED", 1), null],
    ["it waits", process("STOPPED", 1), process("STARTING", 1, held), { ok: true, text: "waits for db:ready" }],
    ["it waits in vain", process("STOPPED", 1), process("STARTING", 1, { ...held, spawnerr: "dependency db:ready: db is FATAL" }),
      { ok: false, text: "dependency db:ready: db is FATAL" }],
    ["a first try has failed", process("STOPPED", 1), process("BACKOFF", 2, { spawnerr: "Exited too quickly" }),
      { ok: false, text: "Exited too quickly" }],
    ["it was FATAL, and nothing has come yet", process("FATAL", 1, { spawnerr: "x" }), process("FATAL", 1, { spawnerr: "x" }), null],
    ["it was FATAL, and is again", process("FATAL", 1, { spawnerr: "x" }), process("FATAL", 2, { spawnerr: "x" }), { ok: false, text: "x" }],
    ["it has failed without a spawn", process("STOPPED", 1), process("FATAL", 1), { ok: false, text: "said" }],
    ["it was not known before", undefined, process("RUNNING", 2), { ok: true, text: "" }],
  ])
    test(what, () => assert.deepEqual(outcomeOf(before, now), wanted));
});

describe("what is said", () => {
  /// `steps`: each a set of processes, as they are one after the other.
  function saidOf(names, first, ...steps) {
    const said = [];
    let now = first;
    const starts = new Starts((name) => now[name], (text, bad) => said.push(bad ? `! ${text}` : text));
    const before = starts.before(names);
    starts.watch(names, before, names.length > 1 ? "all" : names[0], "started");
    for (const step of steps) {
      now = { ...now, ...step };
      starts.look();
    }
    return said;
  }
  const stopped = Object.fromEntries([..."abcdefg"].map((name) => [name, process("STOPPED", 1)]));

  for (const [what, names, steps, wanted] of [
    ["nothing of nobody", [], [{ a: process("RUNNING", 2) }], []],
    ["nothing while it starts", ["a"], [{ a: process("STARTING", 2) }], []],
    ["once, that one is there", ["a"], [{ a: process("RUNNING", 2) }, { a: process("RUNNING", 3) }], ["a: started"]],
    ["of several when the last is there", ["a", "b"], [{ a: process("RUNNING", 2) }, {}, { b: process("RUNNING", 2) }], ["all: 2 started"]],
    ["a failure at once, whoever else is on the way", ["a", "b"], [{ a: process("FATAL", 2) }], ["! a: said"]],
    ["the good ones beside the failures", ["a", "b"], [{ a: process("FATAL", 2), b: process("RUNNING", 2) }], ["! a: said", "all: 1 started"]],
    ["whom one waits for", ["a"], [{ a: process("STARTING", 1, held) }, { a: process("RUNNING", 2) }], ["a: waits for db:ready"]],
    ["that some wait", ["a", "b", "c"], [{ a: process("STARTING", 1, held), b: process("STARTING", 1, held), c: process("RUNNING", 2) }],
      ["all: 2 wait", "all: 1 started"]],
    ["four failures, and how many more", [..."abcdefg"], [Object.fromEntries([..."abcdefg"].map((name) => [name, process("FATAL", 2)]))],
      ["! a: said", "! b: said", "! c: said", "! d: said", "! all: 3 more failed"]],
    ["of one that is gone nothing is awaited", ["a", "b"], [{ a: undefined, b: process("RUNNING", 2) }], ["all: 2 started"]],
  ])
    test(what, () => assert.deepEqual(saidOf(names, stopped, ...steps), wanted));
});

describe("marks", () => {
  for (const [what, process, shown, kind, wanted] of [
    ["of one that runs", { state: "RUNNING" }, "RUNNING", "running", []],
    ["of one that is well", { state: "RUNNING", health: "healthy", disabled: false, config: "current" }, "RUNNING", "running", []],
    ["of one that is not", { state: "RUNNING", health: "unhealthy" }, "UNHEALTHY", "failing", ["unhealthy"]],
    ["of one that was not, and is stopped", { state: "STOPPED", health: "unhealthy" }, "STOPPED", "stopped", []],
    ["of one that waits", { state: "STARTING", pid: 0, waiting: "db:ready" }, "STARTING", "changing", ["waiting"]],
    ["of one that waits in vain", { state: "STARTING", pid: 0, spawnerr: "dependency db:ready: db is FATAL" }, "STARTING", "changing", ["waiting"]],
    ["of one that is not ready yet", { state: "STARTING", pid: 7, waiting: "to be ready: tcp:80" }, "STARTING", "changing", ["waiting"]],
    ["of one that starts", { state: "STARTING", pid: 7 }, "STARTING", "changing", []],
    ["of one that waits for its next try", { state: "BACKOFF", pid: 0, waiting: "to restart" }, "BACKOFF", "failing", []],
    ["of one that is disabled and changed", { state: "STOPPED", disabled: true, config: "next" }, "STOPPED", "stopped", ["disabled", "changed"]],
  ])
    test(what, () => {
      assert.equal(shownState(process), shown);
      assert.equal(kindOf(shown), kind);
      assert.deepEqual(marksOf(process), wanted);
    });
});
