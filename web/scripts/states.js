// The states as the pages show them: which word, how bad, in which class of a filter. Pure: must not touch the page.

const kinds = {
  RUNNING: "running", STARTING: "changing", STOPPING: "changing", BACKOFF: "failing", FATAL: "failing", UNHEALTHY: "failing",
  STOPPED: "stopped", EXITED: "stopped", UNKNOWN: "stopped",
};
export const kindOf = (shown) => kinds[shown];
export const classes = { RUNNING: "statusrunning", BACKOFF: "statuserror", FATAL: "statuserror", UNHEALTHY: "statuserror" };
export const severity = { FATAL: 0, BACKOFF: 1, UNKNOWN: 2, UNHEALTHY: 3, STOPPING: 4, STARTING: 5, EXITED: 6, STOPPED: 7, RUNNING: 8 };

/// RUNNING is not all there is to say of one that is not well.
export const shownState = (process) =>
  process.state === "RUNNING" && process.health === "unhealthy" ? "UNHEALTHY" : process.state;

/// A start that is held by others, or is not ready yet.
const waits = (p) => p.state === "STARTING" && Boolean(p.waiting || (p.pid === 0 && p.spawnerr));

/// What there is to mark beside the state, each with a chip of its own: `word` in the row, `title` where that is not all.
export const marks = {
  unhealthy: { label: "Unhealthy", of: (p) => shownState(p) === "UNHEALTHY" }, // its badge says so
  waiting: { label: "Waiting", of: waits, word: "waiting" },
  disabled: { label: "Disabled", of: (p) => Boolean(p.disabled), word: "disabled", title: "nothing but a start by name starts it" },
  changed: {
    label: "Changed", of: (p) => p.config === "next", word: "changed: acts at next start",
    title: "its configuration is another than the one it was started with",
  },
};
export const marksOf = (process) => Object.keys(marks).filter((mark) => marks[mark].of(process));
