// The daemon's HTTP API (docs/web.md) as functions. Everything is relative to the page, so that a proxy may put it into
// a folder; the credentials that a page's own URL may hold are left out of it.
import { saysSignedOut } from "./signed_out.js";

const base = new URL(".", location.origin + location.pathname);
export const url = (path) => new URL(path, base).href;

let token = document.querySelector('meta[name="troupe-token"]')?.content ?? "";

async function renewToken() {
  const response = await fetch(url("api/v1/token"));
  if (saysSignedOut(response)) throw new Error("You have been signed out.");
  token = (await response.json()).token;
}

/// What the daemon tells; throws an Error with its words where it refuses.
export async function get(path) {
  const response = await fetch(url(`api/v1/${path}`));
  if (saysSignedOut(response)) throw new Error("You have been signed out.");
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? answer.fault?.text ?? `HTTP ${response.status}`);
  return answer;
}

/// What the daemon answers; throws an Error with its words where it refuses.
export async function post(path, body = {}) {
  for (let attempt = 0; ; ++attempt) {
    const response = await fetch(url(`api/v1/${path}`), {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Troupe-Token": token },
      body: JSON.stringify(body),
    });
    if (saysSignedOut(response)) throw new Error("You have been signed out.");
    if (response.status === 403 && attempt === 0) {
      await renewToken(); // the daemon, or the session, is another one than this page came from
      continue;
    }
    const answer = await response.json().catch(() => ({}));
    if (!response.ok)
      throw new Error(answer.error ?? answer.fault?.text ?? `HTTP ${response.status}`);
    return answer;
  }
}

/// {action, names or all, signal, one_by_one} -> [{name, status, description}]; with `rollout` where that goes on, one after the other.
export async function act(task) {
  const { results, rollout } = await post("actions", task);
  document.dispatchEvent(new Event("acted"));
  return Object.assign(results, { rollout });
}

export const failed = (result) => result.status !== 80;

export function logUrl(name, channel, query) {
  const path = name === null ? "mainlog" : `log/${encodeURIComponent(name)}/${channel}`;
  return url(`api/v1/${path}?${new URLSearchParams(query)}`);
}

/// What a button of the server's does, as the API calls it.
export function actionOf(button) {
  const name = [...button.classList].find((each) => each !== "act");
  return name.replace(/all$|selected$/, "").replace("clearlog", "clear");
}

/// What its reader may do to a process, where the daemon says so; else everything.
export function may(process, action) {
  if (action === "kill") return may(process, "stop");
  if (action === "rolling") return may(process, "restart");
  if (action === "hup") return maySignal(process, "HUP");
  if (action === "disable" || action === "enable") return process.actions.includes(action);
  return !process.may || process.may.includes(action) || (action === "signal" && process.may.some(isSignal));
}
const isSignal = (word) => word.startsWith("signal:");
export const maySignal = (process, signal) => may(process, "signal") &&
  (!process.may || process.may.includes("signal") || process.may.includes(`signal:${signal}`));
const verbs = ["start", "restart", "stop", "clear", "signal"];
export const mayAny = (process) => verbs.some((verb) => may(process, verb));

/// Takes out of markup of the server's what may be done to none of these processes.
export function prune(place, processes) {
  for (const button of place.querySelectorAll("button.act"))
    if (!processes.some((process) => may(process, actionOf(button)))) button.remove();
  if (!processes.some(mayAny)) for (const control of place.querySelectorAll("button.more, .pick input")) control.remove();
}

/// Shows those buttons of one process that the daemon says make sense now.
export function showAllowed(place, process) {
  for (const button of place.querySelectorAll("button.act")) button.hidden = !process.actions.includes(actionOf(button));
}
