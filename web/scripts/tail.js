// The page of one process: its log, live, in place of the text the server sent, and its buttons without a new page.
import { act, actionOf, failed, showAllowed } from "./api.js";
import { follow, linkIndicator } from "./feed.js";
import { moment } from "./format.js";
import { LogView } from "./log_view.js";
import { Starts } from "./starts.js";
import { shownState } from "./states.js";

const main = document.querySelector("main");
const name = main.dataset.name;

if (name) {
  const place = document.createElement("section");
  place.className = "log";
  document.getElementById("text").replaceWith(place);
  main.querySelector(":scope > h2")?.remove();
  const view = new LogView(place, name, { channel: main.dataset.channel });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input:not([type=checkbox]), textarea");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    view.search.focus();
    view.search.select();
  });

  const form = main.querySelector("form") ?? main.insertBefore(document.createElement("div"), place);
  form.classList.add("bulk");
  const said = document.createElement("p");
  said.className = "said";
  said.setAttribute("role", "status");
  const now = document.createElement("span");
  now.className = "now";
  form.append(said);
  const state = document.createElement("span");
  state.className = "badge";
  form.prepend(state);
  const graph = document.createElement("a"); // of whom that depends on others
  graph.href = `graph.html?name=${encodeURIComponent(name)}`;
  graph.textContent = "Dependencies";
  graph.hidden = true;
  form.append(now, graph);

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const action = actionOf(event.submitter);
    const starts = action === "start" || action === "restart"; // which may take as long as what it waits for
    said.textContent = "…";
    const before = watched.before([name]);
    try {
      const results = await act({ action, names: [name], signal: form.elements.signal?.value, wait: !starts });
      const bad = results.filter(failed).map((r) => r.description).join("; ");
      if (bad || !starts) said.textContent = bad || "done";
      else watched.watch([name], before, name, "done");
    } catch (problem) {
      said.textContent = problem.message;
    }
  });

  let known; // as it was told last
  const watched = new Starts(() => known, (text) => (said.textContent = text.replace(`${name}: `, "")));
  const show = (processes) => {
    const process = processes.find((p) => p.name === name);
    if (!process) return;
    known = process;
    watched.look();
    const shown = shownState(process);
    state.textContent = shown.toLowerCase();
    state.dataset.state = shown;
    now.textContent = process.state === "RUNNING" ? `pid ${process.pid}, since ${moment(process.start)}`
      : [process.last_end, process.description].filter(Boolean).join(" · ");
    showAllowed(form, process);
    if (process.unmet) graph.hidden = false;
  };
  const link = linkIndicator();
  follow({ status: (all) => show(all.processes), change: (some) => show(some.changed), usage: () => {} }, link);
}
