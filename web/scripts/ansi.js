// Terminal colours in logs: text with escape sequences in, pieces of text with their style out. Nothing here makes HTML.

const basic = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
// Sequences of a terminal: colours and the like (CSI), titles and links (OSC), other two-character ones.
const sequence = /\x1b(?:\[([0-9;:?<=>]*)([ -/]*[@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-Z\\^-~])/g;
const controls = /[\x00-\x08\x0b-\x1f\x7f]/g;

function indexed(n) {
  if (n < 16) return (n >= 8 ? "bright-" : "") + basic[n % 8];
  if (n >= 232) return `rgb(${Array(3).fill(8 + (n - 232) * 10)})`;
  const level = (i) => (i === 0 ? 0 : 55 + 40 * i);
  n -= 16;
  return `rgb(${[level(Math.floor(n / 36)), level(Math.floor(n / 6) % 6), level(n % 6)]})`;
}

export class Ansi {
  #style = {};

  /// One line: [{text, style}]. The style lasts into the next line. What a carriage return overwrote is gone.
  pieces(line) {
    const found = [];
    let from = 0;
    const add = (text) => {
      if (text) found.push({ text, style: { ...this.#style } });
    };
    const text = line.endsWith("\r") ? line.slice(0, -1) : line;
    for (const match of text.matchAll(sequence)) {
      add(text.slice(from, match.index));
      from = match.index + match[0].length;
      if (match[2] === "m") this.#apply(match[1]);
    }
    add(text.slice(from));
    const last = found.findLastIndex((piece) => piece.text.includes("\r"));
    if (last >= 0) {
      found.splice(0, last);
      found[0].text = found[0].text.slice(found[0].text.lastIndexOf("\r") + 1);
    }
    for (const piece of found) piece.text = piece.text.replace(controls, "\u{fffd}");
    return found.filter((piece) => piece.text);
  }

  #apply(text) {
    const codes = text.split(/[;:]/).map(Number);
    const colour = () => {
      const kind = codes.shift();
      if (kind === 5) return indexed(codes.shift() & 255);
      if (kind === 2) return `rgb(${codes.splice(0, 3).map((n) => n & 255)})`;
      return undefined;
    };
    while (codes.length > 0) {
      const code = codes.shift();
      const s = this.#style;
      if (code === 0) this.#style = {};
      else if (code === 1) s.bold = true;
      else if (code === 2) s.dim = true;
      else if (code === 3) s.italic = true;
      else if (code === 4) s.underline = true;
      else if (code === 7) s.inverse = true;
      else if (code === 9) s.strike = true;
      else if (code === 22) s.bold = s.dim = false;
      else if (code === 23) s.italic = false;
      else if (code === 24) s.underline = false;
      else if (code === 27) s.inverse = false;
      else if (code === 29) s.strike = false;
      else if (code >= 30 && code <= 37) s.fg = basic[code - 30];
      else if (code === 38) s.fg = colour();
      else if (code === 39) s.fg = undefined;
      else if (code >= 40 && code <= 47) s.bg = basic[code - 40];
      else if (code === 48) s.bg = colour();
      else if (code === 49) s.bg = undefined;
      else if (code >= 90 && code <= 97) s.fg = `bright-${basic[code - 90]}`;
      else if (code >= 100 && code <= 107) s.bg = `bright-${basic[code - 100]}`;
    }
  }
}

/// A node for a piece; plain text stays a text node.
export function pieceNode({ text, style }) {
  const used = Object.entries(style).filter(([, value]) => value);
  if (used.length === 0) return document.createTextNode(text);
  const node = document.createElement("span");
  node.textContent = text;
  for (const [key, value] of used) {
    if (value === true) node.classList.add(`t-${key}`);
    else if (value.startsWith("rgb(")) node.style[key === "fg" ? "color" : "backgroundColor"] = value;
    else node.classList.add(`t-${key}-${value}`);
  }
  return node;
}
