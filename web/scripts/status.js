// The status page, live: wires the feed to the table, buttons to the API, filters to the URL, and a log to the drawer.
import { act, actionOf, failed, get, may, maySignal } from "./api.js";
import { updateConfiguration } from "./config_dialog.js";
import { follow, linkIndicator } from "./feed.js";
import { dependentsOf } from "./graph_model.js";
import { LogView } from "./log_view.js";
import { ask, openMenu, paragraph } from "./menu.js";
import { Table } from "./rows.js";
import { Starts } from "./starts.js";
import { marks } from "./states.js";

const find = (id) => document.getElementById(id);
const table = new Table();
const verbs = { start: "started", stop: "stopped", restart: "restarted", clear: "cleared", signal: "signalled", kill: "killed", hup: "reloaded", rolling: "being restarted in turn", disable: "disabled", enable: "enabled" };
const signals = ["HUP", "INT", "QUIT", "USR1", "USR2", "TERM", "KILL"];

// -- what is said ------------------------------------------------------------------------------------

const toasts = document.createElement("div");
toasts.id = "toasts";
toasts.setAttribute("aria-live", "polite");
document.body.append(toasts);

function say(text, bad = false) {
  const toast = document.createElement("div");
  toast.className = bad ? "toast bad" : "toast";
  toast.append(text);
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "×";
  close.setAttribute("aria-label", "Dismiss");
  close.onclick = () => toast.remove();
  toast.append(close);
  toasts.append(toast);
  while (toasts.childElementCount > 6) toasts.firstChild.remove();
  const expire = () => (toast.matches(":hover, :focus-within") ? setTimeout(expire, 1000) : toast.remove()); // not under a reader's hand
  setTimeout(expire, bad ? 15_000 : 4000);
}

// -- actions -----------------------------------------------------------------------------------------

const starts = new Starts((name) => table.find(name), say);

/// A start may take as long as what it waits for, and that of a one-shot as long as it runs: nobody waits for the answer.
/// One by one waits, since it ends with the first that does not come back.
const answersAtOnce = (action, { one_by_one }) => action === "start" || (action === "restart" && !one_by_one);

function doneOf(action, results) {
  if (results.rollout) return verbs.rolling;
  const enabling = action === "disable" || action === "enable"; // for how long, says the daemon
  return enabling && results.length === 1 ? results[0].description : verbs[action];
}

/// `who`: in words. `names`: of those the page showed when it was asked.
async function run(action, names, who, more = {}) {
  table.busy(names, true);
  const watched = answersAtOnce(action, more);
  const before = watched ? starts.before(table.names()) : null;
  try {
    const results = await act({ action, names, ...(watched ? { wait: false } : {}), ...more });
    const bad = results.filter(failed);
    if (watched && !results.rollout) starts.watch(results.filter((each) => !failed(each)).map(({ name }) => name), before, who, verbs[action]);
    else if (bad.length === 0) say(`${who}: ${results.length > 1 ? `${results.length} ` : ""}${doneOf(action, results)}`);
    if (results.rollout) followRollout(results.rollout, who);
    for (const result of bad.slice(0, 4)) say(`${result.name || who}: ${result.description}`, true);
    if (bad.length > 4) say(`${who}: ${bad.length - 4} more failed`, true);
  } catch (problem) {
    say(`${who}: ${problem.message}`, true);
  }
  table.busy(names, false);
}

const verb = { start: "Start", stop: "Stop", restart: "Restart", clear: "Clear", signal: "Send", kill: "Kill", hup: "Reload", rolling: "Restart one after the other", disable: "Disable", enable: "Enable" };

/// Whatever is done to many is asked for with their number, and so is what cannot be undone.
async function agreed(action, names, who, { signal } = {}) {
  if (action !== "clear" && names.length < 2) return true;
  const what = { ...verb, clear: "Empty the logs of", signal: `Send SIG${signal} to` }[action];
  const fill = (body) => {
    if (names.length > 1) body.append(paragraph(names.slice(0, 20).join(", ") + (names.length > 20 ? ", …" : "")));
    if (action === "clear") body.append(paragraph("What they hold is lost. Rotated files are kept."));
  };
  return ask(`${what} ${who}?`, fill, verb[action], ["stop", "clear", "signal", "kill"].includes(action));
}

async function runAgreed(action, scope, more = {}) {
  const names = scope.names(action);
  if (names.length === 0) return say(`There is nothing to ${action === "signal" ? "send it to" : action} here.`);
  const who = (names.length === 1 ? names[0] : `${names.length} ${scope.what}`) + (more.one_by_one ? ", one by one" : "");
  if (await agreed(action, names, who, more)) await run(action, names, who, { ...scope.whole?.(), ...more });
}

/// `name`: a process, or all of a group, whose `members` these are. Who depends on it the daemon knows; who of them runs is restarted, too.
async function restartTree(name, members) {
  let also;
  try {
    const all = dependentsOf((await get("graph")).programs, members);
    also = all.filter((each) => !["STOPPED", "EXITED", "FATAL"].includes(table.find(each)?.state ?? "STOPPED"));
  } catch (problem) {
    return say(`${name}: ${problem.message}`, true);
  }
  const who = also.length === 0 ? name : `${name} and ${also.length === 1 ? also[0] : `${also.length} that depend on it`}`;
  const fill = (body) => body.append(paragraph(also.length === 0 ? "Nobody who runs depends on it."
    : `${also.slice(0, 20).join(", ")}${also.length > 20 ? ", …" : ""}: stopped before it, and started again behind it.`));
  if (await ask(`Restart ${who}?`, fill, "Restart")) await run("restart", [name, ...also], who, { names: [name], deps: "with" });
}

/// Looks after a rolling restart until it is over.
async function followRollout(id, who) {
  try {
    for (;;) {
      const { state, complaint } = await get(`rollouts/${id}`);
      if (state !== "running") return say(complaint ? `${who}: ${complaint}` : `${who}: restarted one after the other`, Boolean(complaint));
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  } catch {} // another daemon, or a reader who may not see it
}

/// Of many: a restart starts what is stopped, too, and logs are emptied whatever the state.
const chosenByState = ["start", "stop", "signal", "kill", "hup"];

/// Whom a button in the form is for. What a search or a filter hides is never concerned; where nothing is hidden the
/// daemon is asked for the whole, and keeps its order of priorities. `what`: how many of them are called.
function scopeOf(button) {
  const row = button.closest("tr");
  const tree = (name) => (table.anybodyDepends() ? name : undefined);
  if (row?.dataset.name !== undefined)
    return { one: row.dataset.name, names: () => [row.dataset.name], tree: () => tree(row.dataset.name) };
  if (button.closest("#selected-actions")) return { names: () => table.selected(), what: "selected processes" };
  const group = row?.dataset.group;
  const hides = table.filtered();
  const whole = group === undefined ? { all: true, names: undefined } : { names: [`${group}:*`] };
  return {
    names: (action) => table.shown(group, action, chosenByState.includes(action)),
    what: group !== undefined ? `processes of ${group}` : hides ? "shown processes" : "processes",
    whole: () => (table.filtered() ? {} : whole),
    tree: () => (group !== undefined && !table.filtered() ? tree(`${group}:*`) : undefined),
  };
}

function menuFor(scope) {
  const process = scope.one && table.find(scope.one);
  const concerned = process ? [process] : table.datas(scope.names());
  const offered = (action) => concerned.some((each) => may(each, action)) &&
    (!process || action === "clear" || process.actions.includes(action));
  const item = (action, label) => ({ label, run: () => runAgreed(action, scope), danger: action === "clear" });
  const entries = [["start", "Start"], ["restart", "Restart"], ["stop", "Stop"]]
    .filter(([action]) => offered(action)).map(([action, label]) => item(action, label));
  if (scope.one && may(process, "tail")) entries.push({ label: "Show log", run: () => openLog(scope.one) });
  else if (!scope.one && offered("restart")) entries.push({ label: "Restart one by one", run: () => runAgreed("restart", scope, { one_by_one: true }) });
  if (offered("restart") && scope.tree?.()) entries.push({ label: "Restart with dependents", run: () => restartTree(scope.tree(), scope.names()) });
  if (!scope.one && offered("restart")) entries.push({ label: "Rolling restart", run: () => runAgreed("rolling", scope, { wait: false }) });
  if (offered("clear")) entries.push(null, item("clear", scope.one ? "Clear log" : "Clear logs"));
  if (offered("signal")) {
    entries.push(null);
    for (const signal of signals.filter((each) => concerned.some((process) => maySignal(process, each))))
      entries.push({
        label: `Send SIG${signal}`, run: () => runAgreed("signal", scope, { signal }), danger: signal === "KILL",
      });
  }
  if (offered("hup")) entries.push(null, item("hup", "Reload"));
  const enabling = [["disable", "Disable"], ["enable", "Enable"]].filter(([action]) => offered(action));
  if (enabling.length) entries.push(null, ...enabling.map(([action, label]) => item(action, label)));
  if (offered("kill")) entries.push(null, { ...item("kill", "Kill"), danger: true });
  while (entries[0] === null) entries.shift();
  return entries;
}

find("control").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!event.submitter) return;
  runAgreed(actionOf(event.submitter), scopeOf(event.submitter));
});
find("control").addEventListener("click", (event) => {
  const more = event.target.closest("button.more");
  const link = event.target.closest("td.name a:not(.died)");
  if (more) {
    openMenu(more, menuFor(scopeOf(more)));
  } else if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
    event.preventDefault();
    openLog(link.closest("tr").dataset.name);
  }
});

// -- the log drawer ----------------------------------------------------------------------------------

let drawer = null;
let view = null;
let cameFrom = null;

function closeLog() {
  view?.close();
  drawer?.remove();
  document.body.classList.remove("with-drawer");
  drawer = view = null;
  cameFrom?.focus();
}

function openLog(name) {
  if (!drawer) cameFrom = document.activeElement;
  view?.close();
  drawer ??= document.createElement("section");
  drawer.className = "log drawer";
  drawer.setAttribute("aria-label", name === null ? "Log of the daemon" : `Log of ${name}`);
  document.body.append(drawer);
  document.body.classList.add("with-drawer");
  view = new LogView(drawer, name, { onClose: closeLog });
  view.lines.focus({ preventScroll: true });
}

// -- filter and order, kept in the URL ---------------------------------------------------------------

const address = new URL(location.href);
const search = find("search");
for (const [mark, { label }] of Object.entries(marks)) {
  const chip = document.createElement("button");
  Object.assign(chip, { type: "button", className: "chip mark", hidden: true });
  chip.dataset.filter = mark;
  chip.append(`${label} `, document.createElement("b"));
  document.querySelector(".chips").append(chip);
}
const chips = [...document.querySelectorAll(".chip")];
let kind = "all";

function remember(key, value) {
  if (value) address.searchParams.set(key, value);
  else address.searchParams.delete(key);
  history.replaceState(null, "", address.search || location.pathname);
}

function filter() {
  table.setFilter(search.value, kind);
  remember("q", search.value);
  remember("state", kind === "all" ? "" : kind);
}

function choose(wanted) {
  kind = chips.some((chip) => chip.dataset.filter === wanted) ? wanted : "all";
  for (const chip of chips) chip.setAttribute("aria-pressed", String(chip.dataset.filter === kind));
}

function sortBy(order) {
  for (const head of document.querySelectorAll("th[data-sort]"))
    head.setAttribute("aria-sort", head.dataset.sort === order ? "descending" : "none");
  table.setOrder(order);
  remember("sort", order === "group" ? "" : order);
}

search.addEventListener("input", filter);
for (const chip of chips)
  chip.addEventListener("click", () => {
    choose(chip.dataset.filter);
    filter();
  });
for (const head of document.querySelectorAll("th[data-sort]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = head.textContent;
  button.title = `Sort by ${head.textContent.toLowerCase()}; again: by group`;
  button.onclick = () => sortBy(table.order === head.dataset.sort ? "group" : head.dataset.sort);
  head.replaceChildren(button);
}

const everything = document.createElement("input");
everything.type = "checkbox";
everything.setAttribute("aria-label", "Select all that are shown");
everything.onchange = () => table.select(everything.checked);
document.querySelector("th.pick")?.replaceChildren(everything);
find("control").addEventListener("change", () => table.onChange());

const nothing = paragraph("Nothing matches.");
nothing.id = "nothing";
nothing.hidden = true;
find("processes").after(nothing);

table.onChange = () => {
  const counts = table.counts();
  for (const chip of chips) {
    const place = chip.lastElementChild;
    const text = String(counts[chip.dataset.filter]);
    if (place.textContent !== text) place.textContent = text;
    if (chip.dataset.filter in marks) chip.hidden = text === "0" && kind !== chip.dataset.filter;
  }
  const matching = table.matching();
  nothing.hidden = matching > 0 || counts.all === 0;
  const chosen = table.selected().length;
  const hidden = table.selectedButHidden();
  everything.checked = chosen > 0 && chosen === table.selectable();
  everything.indeterminate = chosen > 0 && !everything.checked;
  document.title = `${counts.failing > 0 ? `(${counts.failing}) ` : ""}Supervisor Status`;
  const bar = find("selected-actions");
  if (!bar) return; // nothing can be done here
  bar.classList.toggle("open", chosen + hidden > 0);
  bar.querySelector(".chosen").textContent = `${chosen} selected${hidden > 0 ? ` (and ${hidden} not shown)` : ""}`;
  for (const button of bar.querySelectorAll("button")) button.disabled = chosen === 0;
  for (const button of find("all-actions").querySelectorAll("button.act"))
    button.textContent = button.textContent.replace(/ (all|shown)/, table.filtered() ? " shown" : " all");
};

// -- keys, header, link ------------------------------------------------------------------------------

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input:not([type=checkbox]), textarea");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    const field = view ? view.search : search;
    field.focus();
    field.select();
  } else if (event.key === "Escape" && !document.querySelector("dialog[open]")) {
    if (drawer) closeLog();
    else if (event.target === search) (search.value = ""), filter();
  }
});
find("config-open")?.addEventListener("click", () => updateConfiguration(say));
find("mainlog-open")?.addEventListener("click", () => openLog(null));

const header = document.querySelector("header.top");
new ResizeObserver(() => {
  document.documentElement.style.setProperty("--top", `${header.offsetHeight}px`);
  document.documentElement.style.setProperty("--first-bar", `${header.firstElementChild.offsetHeight}px`);
}).observe(header);

const showLink = linkIndicator();
const moods = { SHUTDOWN: "shutting down", RESTARTING: "restarting" };
let mood = "RUNNING";
const showState = (state) => (state === "live" && moods[mood] ? showLink("changing", moods[mood]) : showLink(state));

/// A page that came before anybody depended on anybody has no link to the graph.
function offerGraph(processes) {
  if (find("graph-open") || !processes.some((process) => process.unmet)) return;
  const link = document.createElement("a");
  link.className = "button";
  link.id = "graph-open";
  link.href = "graph.html";
  link.textContent = "Dependencies";
  document.querySelector(".tools").prepend(link);
}

search.value = address.searchParams.get("q") ?? "";
choose(address.searchParams.get("state"));
remember("message", ""); // said once
table.setFilter(search.value, kind);
follow({
  status: (all) => {
    mood = all.daemon.state;
    table.whole(all);
    starts.look();
    offerGraph(all.processes);
  },
  change: (some) => {
    mood = some.daemon.state;
    table.change(some);
    starts.look();
    offerGraph(some.changed);
  },
  usage: (list) => table.usage(list),
}, showState);
if (address.searchParams.get("sort")) sortBy(address.searchParams.get("sort"));
