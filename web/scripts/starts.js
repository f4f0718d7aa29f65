// What becomes of the starts this page has asked for: the daemon answers at once, and the feed tells the rest, which may take
// as long as a dependency does. Pure, but for the clock: must not touch the page or ask the daemon, nor import anything.

const patience = 60_000; // ms: whoever is on the way for longer is seen in the table

/// Of a process as the page knew it when it was asked, and as it is now. -> {ok, text}; null: it is not over.
export function outcomeOf(before, now) {
  const anew = now.start !== before?.start;
  switch (now.state) {
    case "RUNNING":
    case "EXITED":
      return anew ? { ok: true, text: "" } : null;
    case "STARTING":
      if (now.pid === 0 && now.spawnerr) return { ok: false, text: now.spawnerr };
      return now.waiting ? { ok: true, text: `waits for ${now.waiting}` } : null;
    case "BACKOFF":
    case "FATAL":
      if (!anew && now.state === before?.state && now.spawnerr === before?.spawnerr) return null;
      return { ok: false, text: now.spawnerr || now.description };
    default:
      return null;
  }
}

/// `find(name)`: how a process is now; undefined: it is gone. `say(text, bad)`: tells the reader. `text`: who, and what was done.
export class Starts {
  #under = new Set();
  constructor(find, say) {
    this.find = find;
    this.say = say;
  }

  /// Before it is asked for: how they are.
  before(names) {
    return new Map(names.map((name) => [name, { ...this.find(name) }]));
  }

  /// Of those that the daemon has agreed to start.
  watch(names, before, who, done) {
    if (names.length === 0) return;
    this.#under.add({ left: new Set(names), all: names.length, before, who, done, good: 0, bad: 0, waits: [], since: performance.now() });
    this.look();
  }

  /// Something may be other than it was.
  look() {
    for (const task of this.#under) {
      for (const name of task.left) {
        const now = this.find(name);
        const outcome = now ? outcomeOf(task.before.get(name), now) : { ok: true, text: "" };
        if (!outcome) continue;
        task.left.delete(name);
        this.#tell(task, name, outcome);
      }
      if (task.left.size === 0) this.#end(task);
      else if (performance.now() - task.since > patience) this.#under.delete(task);
    }
  }

  #tell(task, name, { ok, text }) {
    if (ok && text) task.waits.push(`${name}: ${text}`);
    else if (ok) ++task.good;
    else if (++task.bad <= 4) this.say(`${name}: ${text}`, true);
  }

  #end(task) {
    this.#under.delete(task);
    if (task.bad > 4) this.say(`${task.who}: ${task.bad - 4} more failed`, true);
    if (task.waits.length === 1) this.say(task.waits[0]);
    else if (task.waits.length > 1) this.say(`${task.who}: ${task.waits.length} wait`);
    if (task.good > 0) this.say(`${task.who}: ${task.all > 1 ? `${task.good} ` : ""}${task.done}`);
  }
}
