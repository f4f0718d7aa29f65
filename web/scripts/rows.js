// The table of processes: keeps rows, groups, counts, filter and order in step with what the daemon says. Must not talk to
// the daemon. A row's markup is the server's (template #row); only texts and attributes are set here.
import { may, prune, showAllowed } from "./api.js";
import { bytes, exactMoment, moment, percent, uptime } from "./format.js";
import { classes, kindOf, marks, marksOf, severity, shownState } from "./states.js";

const byName = (a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
const orders = {
  name: byName,
  state: (a, b) => severity[shownState(a.data)] - severity[shownState(b.data)] || byName(a, b),
  uptime: (a, b) => (b.data.pid ? b.data.start : 0) - (a.data.pid ? a.data.start : 0) || byName(a, b),
  cpu: (a, b) => (b.data.cpu ?? -1) - (a.data.cpu ?? -1) || byName(a, b),
  memory: (a, b) => (b.data.memory ?? -1) - (a.data.memory ?? -1) || byName(a, b),
};

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/// Makes `nodes` the children of `parent`: touches the page only where it differs, and all at once where it does a lot.
function arrange(parent, nodes) {
  const now = parent.children;
  const same = nodes.reduce((count, node, i) => count + (now[i] === node), 0);
  if (same === nodes.length && now.length === same) return;
  if (nodes.length - same > 50) return parent.replaceChildren(...nodes);
  let at = parent.firstElementChild;
  for (const node of nodes) {
    if (node === at) at = at.nextElementSibling;
    else parent.insertBefore(node, at);
  }
  while (at) {
    const next = at.nextElementSibling;
    at.remove();
    at = next;
  }
}

/// Of a start that waits, which has a mark, or of one that runs and does not answer.
function waitsFor(p) {
  if (p.state === "STARTING") return p.phase || p.waiting || p.spawnerr ? p.description.replace(/^waiting (?=for |to )/, "") : "";
  return p.health === "unhealthy" ? `unhealthy: ${p.health_detail}` : "";
}

/// What is to be said beside state, pid, uptime and marks.
function about(p) {
  const ended = p.stop ? `${p.last_end}${p.last_end ? " · " : ""}${moment(p.stop)}` : "";
  switch (p.state) {
    case "RUNNING":
    case "STARTING": {
      const restarts = p.restarts ? `restarted ${p.restarts}×${p.last_end ? `, last: ${ended}` : ""}` : "";
      return [waitsFor(p), p.status_text, restarts].filter(Boolean).join(" · ");
    }
    case "BACKOFF":
    case "FATAL":
      return p.last_end && !p.spawnerr.startsWith("can't") ? `${p.description} · ${p.last_end}` : p.description;
    case "STOPPED":
    case "EXITED":
      return ended && p.start ? ended : p.description;
    default:
      return p.description;
  }
}

class Row {
  constructor(tr) {
    this.tr = tr;
    this.shown = true;
    const cell = (name) => tr.querySelector(`.${name}`);
    this.check = cell("pick")?.firstElementChild; // there is none where nothing may be done
    this.badge = cell("badge");
    this.link = cell("name").firstElementChild;
    this.died = cell("died");
    this.about = cell("about");
    this.uptime = cell("uptime");
    this.pid = cell("pid");
    this.cpu = cell("cpu");
    this.memory = cell("memory");
    this.actions = cell("do") ?? document.createElement("td");
  }

  take(p) {
    const renamed = this.data?.name !== p.name;
    this.data = { ...p };
    this.key = `${p.group}\0${p.process}`;
    this.text = `${p.name} ${p.state} ${p.description} ${p.command} ${p.pid || ""}`.toLowerCase();
    const shown = shownState(p);
    this.kind = kindOf(shown);
    if (renamed && this.tr.dataset.name !== p.name) this.#rename(p);
    this.tr.dataset.state = p.state;
    this.badge.dataset.state = shown;
    setText(this.badge, shown.toLowerCase());
    this.badge.className = `badge ${classes[shown] ?? "statusnominal"}`;
    this.marks = marksOf(p);
    this.#showAbout(about(p));
    this.about.title = p.stop ? `${this.about.textContent}\nlast ended ${exactMoment(p.stop)}` : this.about.textContent;
    setText(this.pid, p.pid ? String(p.pid) : "");
    if (this.died) this.died.hidden = !p.died || !may(p, "tail");
    if (this.died && p.died) this.died.title = `ended by itself ${exactMoment(p.died)}: why`;
    this.uptime.title = p.pid ? `since ${exactMoment(p.start)}` : "";
    this.link.title = p.command;
    showAllowed(this.actions, p);
    this.showUsage();
  }

  #showAbout(text) {
    const key = `${this.marks.join(" ")}\0${text}`;
    if (this.said === key) return;
    this.said = key;
    const shown = this.marks.filter((mark) => marks[mark].word).map((mark) => {
      const tag = document.createElement("span");
      tag.className = `tag ${mark}`;
      tag.textContent = marks[mark].word;
      if (marks[mark].title) tag.title = marks[mark].title;
      return tag;
    });
    this.about.replaceChildren(...shown.flatMap((tag) => [tag, " "]), text);
  }

  #rename(p) {
    const quoted = encodeURIComponent(p.name);
    this.tr.dataset.name = p.name;
    if (this.check) this.check.value = p.name;
    this.check?.setAttribute("aria-label", `Select ${p.name}`);
    this.link.href = `tail.html?processname=${quoted}`;
    this.link.replaceChildren();
    if (p.group !== p.process) {
      const of = document.createElement("span");
      of.className = "of";
      of.textContent = `${p.group}:`;
      this.link.append(of);
    }
    this.link.append(p.process);
    if (this.died) {
      this.died.href = `tail.html?processname=${quoted}&deaths=1#deaths`;
      this.died.setAttribute("aria-label", `why ${p.process} ended`);
    }
    for (const button of this.actions.children) {
      const label = button.classList.contains("more") ? "More for" : button.textContent;
      button.setAttribute("aria-label", `${label} ${p.name}`);
    }
  }

  showUsage() {
    setText(this.cpu, this.data.pid ? percent(this.data.cpu) : "");
    setText(this.memory, this.data.pid ? bytes(this.data.memory) : "");
    const count = this.data.processes ?? 1;
    this.memory.title = count > 1 ? `of ${count} processes` : "";
  }

  tick(now) {
    setText(this.uptime, this.data.state === "RUNNING" ? uptime(now - this.data.start) : "");
  }
}

export class Table {
  #table = document.getElementById("processes");
  #rows = new Map(); // by id
  #named = null; // the rows by name; null: they may be others now
  #groups = new Map(); // by name: {body, header, rows}
  #flat = document.createElement("tbody");
  #collapsed = new Set();
  #onscreen = new Set();
  #observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) this.#onscreen.delete(target.row);
      else if (target.row) this.#onscreen.add(target.row), target.row.tick(this.now());
    }
  });
  #skew = 0; // of the daemon's clock
  query = "";
  kind = "all";
  order = "group";
  onChange = () => {}; // counts or selection may be others now

  constructor() {
    setInterval(() => {
      if (!document.hidden) for (const row of this.#onscreen) row.tick(this.now());
    }, 1000);
  }

  now() {
    return Date.now() / 1000 + this.#skew;
  }

  // -- what the daemon says ----------------------------------------------------------------------

  whole({ now, processes }) {
    this.#skew = now - Date.now() / 1000;
    const known = new Map();
    for (const tr of this.#table.querySelectorAll("tr.row")) known.set(tr.dataset.name, tr);
    const gone = new Set(this.#rows.keys());
    for (const p of processes) {
      gone.delete(p.id);
      this.#take(p, known.get(p.name));
    }
    for (const id of gone) this.#drop(id);
    this.#layout();
  }

  change({ now, changed, removed }) {
    this.#skew = now - Date.now() / 1000;
    const before = this.#rows.size;
    for (const p of changed) this.#take(p);
    for (const id of removed) this.#drop(id);
    if (this.#rows.size !== before || removed.length > 0 || this.order !== "group") this.#layout();
    else this.#filter();
  }

  usage(list) {
    for (const { id, cpu, memory, processes } of list) {
      const row = this.#rows.get(id);
      if (!row) continue;
      Object.assign(row.data, { cpu, memory, processes });
      row.showUsage();
    }
    if (this.order === "cpu" || this.order === "memory") this.#layout();
  }

  #take(p, tr) {
    this.#named = null;
    let row = this.#rows.get(p.id);
    if (!row) {
      const sent = tr ?? document.getElementById("row").content.firstElementChild.cloneNode(true);
      if (!tr) prune(sent, [p]);
      row = new Row(sent);
      row.tr.row = row;
      this.#observer.observe(row.tr);
      this.#rows.set(p.id, row);
    }
    const { cpu, memory, processes } = row.data ?? {};
    row.take({ cpu, memory, processes, ...p });
    if (this.#onscreen.has(row)) row.tick(this.now());
  }

  #drop(id) {
    this.#named = null;
    const row = this.#rows.get(id);
    this.#observer.unobserve(row.tr);
    this.#onscreen.delete(row);
    row.tr.remove();
    this.#rows.delete(id);
  }

  // -- order -------------------------------------------------------------------------------------

  setOrder(order) {
    this.order = order;
    this.#layout();
  }

  #layout() {
    const rows = [...this.#rows.values()].sort(orders[this.order] ?? byName);
    const bodies = [];
    if (this.order === "group") {
      const groups = new Map();
      for (const row of rows) {
        if (!groups.has(row.data.group)) groups.set(row.data.group, []);
        groups.get(row.data.group).push(row);
      }
      for (const [name, members] of groups) {
        const group = this.#groups.get(name) ?? this.#makeGroup(name, members);
        group.rows = members;
        const alone = members.length === 1 && members[0].data.process === name;
        arrange(group.body, [...(alone ? [] : [group.header]), ...members.map((row) => row.tr)]);
        bodies.push(group.body);
      }
      for (const name of this.#groups.keys()) if (!groups.has(name)) this.#groups.delete(name);
    } else {
      arrange(this.#flat, rows.map((row) => row.tr));
      bodies.push(this.#flat);
    }
    const head = this.#table.querySelectorAll("caption, thead");
    arrange(this.#table, [...head, ...bodies]);
    document.getElementById("none").hidden = rows.length > 0;
    this.#table.hidden = rows.length === 0;
    this.#filter();
  }

  /// Takes over the server's rows where it has sent some, so that nothing moves at first.
  #makeGroup(name, members) {
    const sent = [...this.#table.tBodies].find((body) => body.dataset.group === name);
    const header = sent?.querySelector("tr.group") ?? document.getElementById("group").content.firstElementChild.cloneNode(true);
    if (!sent?.contains(header)) prune(header, members.map((row) => row.data));
    header.dataset.group = name;
    const fold = document.createElement("button");
    fold.type = "button";
    fold.className = "fold";
    fold.textContent = name;
    fold.setAttribute("aria-expanded", "true");
    fold.onclick = () => {
      const open = this.#collapsed.delete(name) || !this.#collapsed.add(name);
      fold.setAttribute("aria-expanded", String(open));
      this.#filter();
    };
    header.querySelector(".title").replaceChildren(fold);
    for (const button of header.querySelectorAll(".do button"))
      button.setAttribute("aria-label", `${button.classList.contains("more") ? "More for" : button.textContent} all of ${name}`);
    const group = { header, body: sent ?? document.createElement("tbody"), count: header.querySelector(".count"), rows: [] };
    this.#groups.set(name, group);
    return group;
  }

  // -- filter ------------------------------------------------------------------------------------

  setFilter(query, kind) {
    this.query = query.toLowerCase().trim();
    this.kind = kind;
    this.#filter();
  }

  #filter() {
    const words = this.query.split(/\s+/).filter(Boolean);
    const grouped = this.order === "group";
    for (const row of this.#rows.values()) {
      row.matches = (this.kind === "all" || row.kind === this.kind || row.marks.includes(this.kind)) && words.every((word) => row.text.includes(word));
      const shown = row.matches && !(grouped && this.#collapsed.has(row.data.group));
      if (row.tr.hidden === shown) row.tr.hidden = !shown;
    }
    for (const { header, count, rows } of grouped ? this.#groups.values() : []) {
      const matching = rows.filter((row) => row.matches).length;
      const up = rows.filter((row) => row.kind === "running").length;
      if (header.hidden !== (matching === 0)) header.hidden = matching === 0;
      setText(count, `${up}/${rows.length} running`);
      header.classList.toggle("failing", rows.some((row) => row.kind === "failing"));
    }
    this.onChange();
  }

  counts() {
    const counts = { all: this.#rows.size, running: 0, changing: 0, failing: 0, stopped: 0 };
    for (const mark of Object.keys(marks)) counts[mark] = 0;
    for (const row of this.#rows.values()) for (const each of [row.kind, ...row.marks]) ++counts[each];
    return counts;
  }

  matching() {
    return [...this.#rows.values()].filter((row) => row.matches).length;
  }

  // -- selection ---------------------------------------------------------------------------------

  /// What is not seen is not acted on, but stays selected for when it is seen again.
  selected() {
    return this.#names((row) => row.check?.checked && row.matches);
  }

  selectedButHidden() {
    return this.#names((row) => row.check?.checked && !row.matches).length;
  }

  /// All that match the search and the filter, in the order of their names: those that `action` may be done to (without
  /// one: all), and that it makes sense for where it goes `byState`.
  shown(group, action, byState) {
    return this.#names((row) => row.matches && (group === undefined || row.data.group === group) &&
      (action === undefined || may(row.data, action)) && (!byState || row.data.actions.includes(action)));
  }

  selectable() {
    return this.#names((row) => row.matches && row.check).length;
  }

  filtered() {
    return this.query !== "" || this.kind !== "all";
  }

  #names(wanted) {
    return [...this.#rows.values()].filter(wanted).sort(byName).map((row) => row.data.name);
  }

  select(on) {
    for (const row of this.#rows.values()) if (row.matches && row.check) row.check.checked = on;
    this.onChange();
  }

  datas(names) {
    const wanted = new Set(names);
    return [...this.#rows.values()].filter((row) => wanted.has(row.data.name)).map((row) => row.data);
  }

  find(name) {
    return this.#byName().get(name)?.data;
  }

  anybodyDepends() {
    return [...this.#rows.values()].some((row) => row.data.unmet);
  }

  names() {
    return [...this.#byName().keys()];
  }

  #byName() {
    return (this.#named ??= new Map([...this.#rows.values()].map((row) => [row.data.name, row])));
  }

  busy(names, on) {
    const wanted = new Set(names);
    for (const row of this.#rows.values())
      if (wanted.has(row.data.name)) row.tr.ariaBusy = String(on);
  }
}
