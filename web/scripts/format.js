// Numbers and times as people read them. Must not touch the page.

/// `0:03:12`, `1 day, 2:03:04`, as the daemon writes it. `seconds`: may be fractional or negative.
export function uptime(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, "0");
  const days = Math.floor(whole / 86400);
  const clock = `${Math.floor((whole % 86400) / 3600)}:${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`;
  return days === 0 ? clock : `${days} day${days === 1 ? "" : "s"}, ${clock}`;
}

export function bytes(count) {
  if (count === undefined) return "";
  const units = ["B", "KB", "MB", "GB", "TB"];
  let unit = 0;
  while (count >= 1000 && unit < units.length - 1) {
    count /= 1024;
    ++unit;
  }
  return `${count < 10 && unit > 0 ? count.toFixed(1) : Math.round(count)} ${units[unit]}`;
}

export function percent(value) {
  return value === undefined ? "" : `${value < 10 ? value.toFixed(1) : Math.round(value)} %`;
}

const today = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const otherDay = new Intl.DateTimeFormat(undefined, {
  month: "short", day: "numeric", hour: "2-digit", minute: "2-digit",
});
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });

/// `seconds`: since the epoch.
export function moment(seconds) {
  const when = new Date(seconds * 1000);
  return (when.toDateString() === new Date().toDateString() ? today : otherDay).format(when);
}
export const exactMoment = (seconds) => full.format(new Date(seconds * 1000));
