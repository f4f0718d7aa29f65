// Before the page is drawn: the colours its user chose, and the mark that scripts run. Must stay a plain script, without
// imports, so that nothing flashes.
"use strict";
{
  const root = document.documentElement;
  const choices = ["auto", "light", "dark"];
  let chosen = "auto";
  try {
    chosen = localStorage.getItem("troupe-theme") ?? "auto";
  } catch {} // storage may be forbidden

  const show = () => {
    root.dataset.theme = chosen;
    const button = document.getElementById("theme");
    if (button) {
      button.textContent = `Theme: ${chosen}`;
      button.setAttribute("aria-label", `Theme: ${chosen === "auto" ? "auto, as the system" : chosen}`);
    }
  };

  root.classList.add("js");
  show();
  document.addEventListener("DOMContentLoaded", () => {
    show();
    document.getElementById("theme")?.addEventListener("click", () => {
      chosen = choices[(choices.indexOf(chosen) + 1) % choices.length];
      try {
        localStorage.setItem("troupe-theme", chosen);
      } catch {}
      show();
    });
  });
}
