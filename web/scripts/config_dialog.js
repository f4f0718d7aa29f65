// Reads the configuration again, shows what differs from what runs, applies what is agreed to.
import { failed, post } from "./api.js";
import { ask, paragraph } from "./menu.js";

const sections = [
  ["added", "Added", "started as configured"],
  ["changed", "Changed", "stopped, replaced and started as configured"],
  ["removed", "Removed", "stopped and taken out"],
];

function list(body, diff) {
  const boxes = [];
  for (const [key, title, what] of sections) {
    if (diff[key].length === 0) continue;
    const set = document.createElement("fieldset");
    const legend = document.createElement("legend");
    legend.textContent = `${title}: will be ${what}`;
    set.append(legend);
    for (const group of diff[key]) {
      const label = document.createElement("label");
      const box = document.createElement("input");
      box.type = "checkbox";
      box.checked = true;
      box.value = group;
      label.className = `diff ${key}`;
      label.append(box, ` ${group}`);
      set.append(label);
      boxes.push(box);
    }
    body.append(set);
  }
  return boxes;
}

/// `say(text, bad)`: tells the user.
export async function updateConfiguration(say) {
  let diff;
  try {
    diff = await post("config/reread");
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
    boxes = list(body, diff);
  };
  if (!(await ask("Configuration", fill, "Apply"))) return;
  const groups = boxes.filter((box) => box.checked).map((box) => box.value);
  if (groups.length === 0) return;
  say("Updating …");
  try {
    const { results } = await post("config/update", { groups });
    const bad = results.filter(failed);
    if (bad.length === 0) say(`Updated: ${groups.join(", ")}`);
    for (const result of bad) say(`${result.group}: ${result.description}`, true);
  } catch (problem) {
    say(problem.message, true);
  }
}
