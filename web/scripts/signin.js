// The sign-in page: goes on by itself where the browser is signed in already. A link on another site leads here though it
// is, because its cookie stays at home then (SameSite=Strict). Works without.
import { url } from "./api.js";

const form = document.querySelector("main form");
const lately = 10_000; // ms: whoever is sent back at once stays
const went = Number(sessionStorage.getItem("troupe-went-on") ?? 0);

if (document.getElementById("problem").hidden && Date.now() - went > lately) {
  const response = await fetch(url("api/v1/whoami"), { cache: "no-store" }).catch(() => null);
  const who = response?.ok ? await response.json() : {};
  if (["session", "certificate"].includes(who.how)) {
    sessionStorage.setItem("troupe-went-on", String(Date.now()));
    location.replace(form.dataset.next);
  }
}
