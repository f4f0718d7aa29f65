// The one menu that opens beside a "more" button, and questions that want an answer first. Keyboard as the ARIA practices
// have it. Must not know processes.

const menu = document.createElement("div");
menu.className = "menu";
menu.setAttribute("role", "menu");
menu.hidden = true;
let opener = null;

function closeMenu(refocus) {
  if (menu.hidden) return;
  menu.hidden = true;
  opener?.setAttribute("aria-expanded", "false");
  if (refocus) opener?.focus();
  opener = null;
}

/// `entries`: {label, run, danger}, null for a line.
export function openMenu(button, entries) {
  const again = opener === button;
  closeMenu(false);
  if (again) return;
  document.body.append(menu);
  menu.replaceChildren(...entries.map((entry) => {
    if (entry === null) return document.createElement("hr");
    const item = document.createElement("button");
    item.type = "button";
    item.setAttribute("role", "menuitem");
    item.textContent = entry.label;
    item.classList.toggle("danger", Boolean(entry.danger));
    item.onclick = () => {
      closeMenu(true);
      entry.run();
    };
    return item;
  }));
  opener = button;
  button.setAttribute("aria-expanded", "true");
  menu.hidden = false;
  const at = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = at.bottom + height + 8 < innerHeight;
  menu.style.left = `${Math.max(8, Math.min(at.right, innerWidth - 8) - width)}px`;
  menu.style.top = `${Math.max(8, below ? at.bottom + 4 : at.top - height - 4)}px`;
  menu.querySelector("[role=menuitem]").focus();
}

menu.addEventListener("keydown", (event) => {
  const items = [...menu.querySelectorAll("[role=menuitem]")];
  const at = items.indexOf(document.activeElement);
  const go = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
  if (go !== undefined) {
    event.preventDefault();
    items.at(go % items.length).focus();
  } else if (event.key === "Escape" || event.key === "Tab") {
    event.preventDefault();
    closeMenu(true);
  }
});
document.addEventListener("pointerdown", (event) => {
  if (!menu.hidden && !menu.contains(event.target) && !opener?.contains(event.target)) closeMenu(false);
});
addEventListener("scroll", () => closeMenu(false), { passive: true });
addEventListener("resize", () => closeMenu(false));

/// A dialog with what `fill` puts into it and two buttons; true once it is agreed to.
export function ask(title, fill, agree, danger = false) {
  const dialog = document.createElement("dialog");
  const heading = document.createElement("h2");
  heading.textContent = title;
  heading.id = "dialog-title";
  const body = document.createElement("div");
  fill(body);
  const buttons = document.createElement("form");
  buttons.method = "dialog";
  const button = (text, value, className) => {
    const made = document.createElement("button");
    made.textContent = text;
    made.value = value;
    made.className = className;
    buttons.append(made);
    return made;
  };
  button("Cancel", "", "button");
  const yes = button(agree, "yes", `button ${danger ? "danger" : "primary"}`);
  dialog.setAttribute("aria-labelledby", heading.id);
  dialog.append(heading, body, buttons);
  document.body.append(dialog);
  dialog.showModal();
  yes.focus();
  return new Promise((resolve) => {
    dialog.onclose = () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    };
  });
}

export function paragraph(text) {
  const node = document.createElement("p");
  node.textContent = text;
  return node;
}
