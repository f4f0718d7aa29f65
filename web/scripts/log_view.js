// A log as it grows: both channels, follow and pause, search in what is shown, colours, download. Builds its own part of
// the page in the container it is given. Text becomes nodes, never markup.
import { Ansi, pieceNode } from "./ansi.js";
import { logUrl } from "./api.js";
import { saysSignedOut } from "./signed_out.js";

const firstBytes = 128 * 1024;
const mostLines = 5000; // shown; older ones go as new ones come
const mostPaused = 20_000; // then the daemon is not read from until somebody looks on

function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties))
    if (key in node) node[key] = value;
    else node.setAttribute(key, value);
  node.append(...children);
  return node;
}

export class LogView {
  #name;
  #channel;
  #stop = null; // ends the stream that is open
  #ansi = new Ansi();
  #rest = ""; // a line that is not whole yet
  #queue = []; // lines to be shown with the next frame
  #frame = 0;
  #following = true;
  #missed = 0;
  #query = "";
  #resume = null;
  #refused = false; // there is no use in asking again

  /// `name`: null for the daemon's own log. `onClose`: null where it cannot be closed.
  constructor(container, name, { channel = "stdout", onClose = null } = {}) {
    this.#name = name;
    this.#channel = channel;
    this.lines = element("div", { className: "lines", role: "log", tabIndex: 0 });
    this.lines.setAttribute("aria-label", `Log of ${name ?? "the daemon"}`);
    this.lines.setAttribute("aria-live", "off");
    this.status = element("p", { className: "log-status", role: "status" });
    this.search = element("input", { type: "search", placeholder: "Search this log", spellcheck: false });
    this.search.setAttribute("aria-label", "Search this log");
    this.found = element("span", { className: "found", role: "status" });
    this.pause = element("button", { type: "button", className: "pause" });
    this.wrap = element("button", { type: "button", className: "wrap", textContent: "Wrap" });
    this.wrap.setAttribute("aria-pressed", "false");
    this.download = element("a", { className: "button", textContent: "Download" });
    this.channels = element("span", { className: "channels", role: "group" });
    this.channels.setAttribute("aria-label", "Channel");
    if (name !== null)
      for (const each of ["stdout", "stderr"])
        this.channels.append(element("button", { type: "button", textContent: each, onclick: () => this.open(each) }));
    const title = element("h2", { textContent: name ?? "Daemon log", title: name ?? "" });
    const tools = element("div", { className: "log-tools" }, title, this.channels, this.search, this.found,
                          element("span", { className: "spring" }), this.pause, this.wrap, this.download);
    if (onClose)
      tools.append(element("button", { type: "button", className: "close", textContent: "Close", onclick: onClose }));
    container.replaceChildren(tools, this.lines, this.status);
    this.#listen();
    this.#showFollowing();
    this.open(channel);
  }

  close() {
    this.#stop?.abort();
    this.#stop = null;
    cancelAnimationFrame(this.#frame);
    this.#resume?.();
  }

  open(channel) {
    this.#channel = channel;
    for (const button of this.channels.children)
      button.setAttribute("aria-pressed", String(button.textContent === channel));
    this.download.href = logUrl(this.#name, channel, { download: 1 });
    this.#setFollowing(true);
    this.#connect();
  }

  // -- the stream ------------------------------------------------------------------------------

  async #connect() {
    this.#stop?.abort();
    const stop = (this.#stop = new AbortController());
    for (;;) {
      try {
        await this.#read(stop);
      } catch {} // the daemon is gone, or we were told to stop
      if (stop.signal.aborted || this.#refused) return;
      await new Promise((resolve) => setTimeout(resolve, 1500));
      if (stop.signal.aborted) return;
    }
  }

  async #read(stop) {
    const address = logUrl(this.#name, this.#channel, { follow: 1, bytes: firstBytes });
    let response;
    try {
      response = await fetch(address, { signal: stop.signal, cache: "no-store" });
    } catch (problem) {
      this.status.textContent = "Connection lost; trying again";
      throw problem;
    }
    this.#clear();
    this.#refused = saysSignedOut(response) || response.status === 403;
    this.lines.parentElement.classList.toggle("refused", this.#refused);
    if (!response.ok) {
      this.status.textContent = await this.#reason(response);
      return;
    }
    this.status.textContent = "";
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      this.#take(value);
      if (!this.#following && this.lines.childElementCount > mostPaused)
        await new Promise((resolve) => (this.#resume = resolve));
    }
    this.status.textContent = "Connection lost; trying again";
  }

  async #reason(response) {
    if (response.status === 403) return "You may not read this log.";
    if (response.status === 401) return "You have been signed out.";
    const answer = await response.json().catch(() => ({}));
    const text = answer.fault?.text ?? "";
    if (text === "NO_FILE") return `This process has no ${this.#channel} log.`;
    return text || "Nothing has been written yet.";
  }

  // -- lines -----------------------------------------------------------------------------------

  #clear() {
    this.#ansi = new Ansi();
    this.#rest = "";
    this.#queue = [];
    this.#missed = 0;
    this.lines.replaceChildren();
  }

  #take(text) {
    const parts = (this.#rest + text).split("\n");
    this.#rest = parts.pop();
    if (this.#rest.length > 65536) parts.push(this.#rest.slice(0, 65536)), (this.#rest = this.#rest.slice(65536));
    this.#queue.push(...parts);
    if (this.#queue.length > mostLines) this.#queue.splice(0, this.#queue.length - mostLines);
    if (!this.#frame) this.#frame = requestAnimationFrame(() => this.#show());
  }

  #show() {
    this.#frame = 0;
    const added = document.createDocumentFragment();
    for (const line of this.#queue) {
      const node = element("div", { className: "line" });
      node.append(...this.#ansi.pieces(line).map(pieceNode));
      if (this.#query) this.#mark(node);
      added.append(node);
    }
    if (!this.#following) this.#missed += this.#queue.length;
    this.#queue = [];
    this.lines.append(added);
    while (this.#following && this.lines.childElementCount > mostLines) this.lines.firstChild.remove();
    if (this.#following) this.#toEnd();
    this.#showFollowing();
    if (this.#query) this.#showFound();
  }

  // -- follow and pause ------------------------------------------------------------------------

  #toEnd() {
    this.lines.scrollTop = this.lines.scrollHeight;
  }

  #setFollowing(on) {
    this.#following = on;
    if (on) {
      this.#missed = 0;
      this.#resume?.();
      this.#resume = null;
      this.#toEnd();
    }
    this.#showFollowing();
  }

  #showFollowing() {
    const news = this.#missed > 0 ? ` (${this.#missed} new)` : "";
    this.pause.textContent = this.#following ? "Pause" : `Follow${news}`;
    this.pause.setAttribute("aria-pressed", String(!this.#following));
  }

  // -- search ----------------------------------------------------------------------------------

  #mark(node) {
    node.classList.toggle("hit", node.textContent.toLowerCase().includes(this.#query));
  }

  #showFound() {
    const hits = this.lines.getElementsByClassName("hit");
    this.found.textContent = this.#query ? `${hits.length} line${hits.length === 1 ? "" : "s"}` : "";
    if (!globalThis.Highlight) return;
    const ranges = [];
    for (const node of this.#query ? [...hits].slice(-500) : []) {
      const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const text = walker.currentNode;
        const at = text.data.toLowerCase().indexOf(this.#query);
        if (at < 0) continue;
        const range = new Range();
        range.setStart(text, at);
        range.setEnd(text, Math.min(at + this.#query.length, text.length));
        ranges.push(range);
      }
    }
    CSS.highlights.set("log-search", new Highlight(...ranges));
  }

  #listen() {
    this.pause.onclick = () => this.#setFollowing(!this.#following);
    this.wrap.onclick = () => {
      const on = this.lines.classList.toggle("wrapped");
      this.wrap.setAttribute("aria-pressed", String(on));
      if (this.#following) this.#toEnd();
    };
    this.search.oninput = () => {
      this.#query = this.search.value.toLowerCase();
      this.lines.classList.toggle("searching", this.#query !== "");
      for (const node of this.lines.children) this.#mark(node);
      this.#showFound();
      if (this.#following) this.#toEnd();
    };
    const looksBack = () => {
      const { scrollTop, clientHeight, scrollHeight } = this.lines;
      return scrollTop + clientHeight < scrollHeight - 24;
    };
    this.lines.addEventListener("wheel", (event) => {
      if (event.deltaY < 0 && this.#following) this.#setFollowing(false);
    }, { passive: true });
    this.lines.addEventListener("touchmove", () => {
      if (looksBack() && this.#following) this.#setFollowing(false);
    }, { passive: true });
    this.lines.addEventListener("keydown", (event) => {
      if (["PageUp", "ArrowUp", "Home"].includes(event.key) && this.#following) this.#setFollowing(false);
      if (event.key === "End") this.#setFollowing(true);
    });
  }
}
