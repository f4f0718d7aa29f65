// The daemon's events as they come, for as long as somebody can see the page, and the state of the link to it.
// Must not know what the events mean.
import { url } from "./api.js";
import { guarded, onSignedOut, saysSignedOut } from "./signed_out.js";

const silence = 40_000; // ms: the daemon says something every 15 s
const hiddenFor = 20_000; // then the connection is given back; browsers have few for one host
const pauses = [500, 1000, 2000, 4000];
const pollEvery = 5000; // where the reader may see how things are, but not follow events

/// `handlers`: by name of event, called with its data. `showLink`: "connecting", "live", "lost" or "out".
export function follow(handlers, showLink) {
  if (document.body.dataset.feed === "poll") return poll(handlers, showLink);
  let over = false;
  let source = null;
  let heard = 0;
  let failures = 0;
  let retry = 0;
  let hide = 0;

  const close = () => {
    clearTimeout(retry);
    source?.close();
    source = null;
  };
  const again = async () => {
    close();
    if (guarded && (await isOver())) return;
    close();
    showLink("lost");
    retry = setTimeout(open, pauses[Math.min(failures++, pauses.length - 1)]);
  };
  const open = () => {
    close();
    if (over) return;
    source = new EventSource(url("api/v1/events"));
    heard = Date.now();
    source.onerror = again;
    for (const [name, handle] of Object.entries({ ping: () => {}, rights: () => location.reload(), ...handlers }))
      source.addEventListener(name, (event) => {
        heard = Date.now();
        failures = 0;
        take(handle, JSON.parse(event.data));
        showLink("live");
      });
  };

  onSignedOut(() => {
    over = true;
    close();
    showLink("out");
  });
  setInterval(() => {
    if (source && Date.now() - heard > silence) again();
  }, 5000);
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hide);
    if (document.hidden) hide = setTimeout(close, hiddenFor);
    else if (!source) open();
  });
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => {
    if (event.persisted) open();
  });
  showLink("connecting");
  open();
}

/// Is nobody signed in any more? An EventSource does not say why it failed.
const isOver = () => fetch(url("api/v1/whoami")).then(saysSignedOut, () => false);

/// What the reader may do is in the page itself, as of the rules that were in force then.
function take(handle, data) {
  const { rules } = document.body.dataset;
  if (rules !== undefined && data.daemon && String(data.daemon.rules) !== rules) location.reload();
  else handle(data);
}

function poll({ status }, showLink) {
  let over = false;
  const look = async () => {
    if (over || document.hidden) return;
    try {
      const response = await fetch(url("api/v1/status"), { cache: "no-store" });
      if (saysSignedOut(response)) return;
      if (!response.ok) throw new Error(response.status);
      take(status, await response.json());
      showLink("live");
    } catch {
      if (!over) showLink("lost");
    }
  };
  onSignedOut(() => {
    over = true;
    showLink("out");
  });
  setInterval(look, pollEvery);
  for (const event of ["visibilitychange", "acted"]) document.addEventListener(event, look);
  showLink("connecting");
  look();
}

/// Shows the link's state in the page's header.
export function linkIndicator() {
  const place = document.getElementById("link");
  const words = { connecting: "connecting", live: "live", lost: "connection lost", out: "signed out" };
  return (state, text = words[state]) => {
    if (place.dataset.link === state && place.textContent === text) return;
    place.dataset.link = state;
    place.textContent = text;
    document.documentElement.classList.toggle("stale", state === "lost");
  };
}
