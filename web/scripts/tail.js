// The page of one process: its log, live, in place of the text the server sent, and its buttons without a new page.
import { act, actionOf, failed, showAllowed } from "./api.js";
import { follow, linkIndicator } from "./feed.js";
import { moment } from "./format.js";
import { LogView } from "./log_view.js";

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
  form.append(now);

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const action = actionOf(event.submitter);
    said.textContent = "…";
    try {
      const results = await act({ action, names: [name], signal: form.elements.signal?.value });
      said.textContent = results.some(failed) ? results.filter(failed).map((r) => r.description).join("; ") : "done";
    } catch (problem) {
      said.textContent = problem.message;
    }
  });

  const show = (processes) => {
    const process = processes.find((p) => p.name === name);
    if (!process) return;
    state.textContent = process.state.toLowerCase();
    state.dataset.state = process.state;
    now.textContent = process.state === "RUNNING" ? `pid ${process.pid}, since ${moment(process.start)}`
      : [process.last_end, process.description].filter(Boolean).join(" · ");
    showAllowed(form, process);
  };
  const link = linkIndicator();
  follow({ status: (all) => show(all.processes), change: (some) => show(some.changed), usage: () => {} }, link);
}
