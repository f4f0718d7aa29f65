// Reads the configuration again, shows what it would come to, group by group and process by process, and applies what is
// agreed to. Must not know what an option means.
import { get, post } from "./api.js";
import { ask, paragraph } from "./menu.js";

const sections = [
  ["added", "Added"],
  ["changed", "Changed"],
  ["removed", "Removed"],
];
const words = {
  start: "starts",
  add: "is added",
  restart: "is restarted",
  next: "is told for its next start",
  live: "goes on with it",
  stop: "stops",
  regroup: "stops and starts with its group",
};

function rowOf({ name, action, reasons }) {
  const row = document.createElement("li");
  row.className = `planned ${action}`;
  const why = reasons.filter((reason) => reason !== "new" && reason !== "removed").join(", ");
  row.textContent = `${name} ${words[action] ?? action}${why && `: ${why}`}`;
  return row;
}

function list(body, diff, plan) {
  const boxes = [];
  for (const [key, title] of sections) {
    if (diff[key].length === 0) continue;
    const set = document.createElement("fieldset");
    const legend = document.createElement("legend");
    legend.textContent = title;
    set.append(legend);
    for (const group of diff[key]) {
      const label = document.createElement("label");
      const box = document.createElement("input");
      box.type = "checkbox";
      box.checked = true;
      box.value = group;
      label.className = `diff ${key}`;
      label.append(box, ` ${group}`);
      const rows = document.createElement("ul");
      rows.className = "plan";
      rows.append(...plan.filter((each) => each.group === group && each.action !== "keep").map(rowOf));
      set.append(label, rows);
      boxes.push(box);
    }
    body.append(set);
  }
  return boxes;
}

/// `say(text, bad)`: tells the user.
export async function updateConfiguration(say) {
  let diff;
  let plan;
  try {
    diff = await post("config/reread");
    plan = await get("plan");
  } catch (problem) {
    say(`The configuration cannot be read: ${problem.message}`, true);
    return;
  }
  if (sections.every(([key]) => diff[key].length === 0)) {
    say("What runs is what is configured.");
    return;
  }
  let boxes = [];
  const fill = (body) => {
    body.append(paragraph("The configuration differs from what runs. Choose the groups to update:"));
    boxes = list(body, diff, plan.processes);
  };
  if (!(await ask("Configuration", fill, "Apply"))) return;
  const groups = boxes.filter((box) => box.checked).map((box) => box.value);
  if (groups.length === 0) return;
  say("Updating …");
  try {
    // all of it: nothing else than what was shown
    const { steps } = await post("apply", groups.length === boxes.length ? { plan: plan.id } : { groups });
    const bad = steps.filter(({ what }) => what === "failed");
    if (bad.length === 0) say(`Updated: ${groups.join(", ")}`);
    for (const step of bad) say(`${step.name}: ${step.description}`, true);
  } catch (problem) {
    say(problem.message, true);
  }
}
