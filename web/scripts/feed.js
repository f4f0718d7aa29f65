// The daemon's events as they come, for as long as somebody can see the page, and the state of the link to it.
// Must not know what the events mean.
import { url } from "./api.js";

const silence = 40_000; // ms: the daemon says something every 15 s
const hiddenFor = 20_000; // then the connection is given back; browsers have few for one host
const pauses = [500, 1000, 2000, 4000];

/// `handlers`: by name of event, called with its data. `showLink`: "connecting", "live" or "lost".
export function follow(handlers, showLink) {
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
  const again = () => {
    close();
    showLink("lost");
    retry = setTimeout(open, pauses[Math.min(failures++, pauses.length - 1)]);
  };
  const open = () => {
    close();
    source = new EventSource(url("api/v1/events"));
    heard = Date.now();
    source.onerror = again;
    for (const [name, handle] of Object.entries({ ping: () => {}, ...handlers }))
      source.addEventListener(name, (event) => {
        heard = Date.now();
        failures = 0;
        handle(JSON.parse(event.data));
        showLink("live");
      });
  };

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

/// Shows the link's state in the page's header.
export function linkIndicator() {
  const place = document.getElementById("link");
  const words = { connecting: "connecting", live: "live", lost: "connection lost" };
  return (state, text = words[state]) => {
    if (place.dataset.link === state && place.textContent === text) return;
    place.dataset.link = state;
    place.textContent = text;
    document.documentElement.classList.toggle("stale", state === "lost");
  };
}
