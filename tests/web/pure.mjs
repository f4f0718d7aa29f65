// Loads a script of the web UI that imports nothing into Node.js, for the tests of the pure ones. Must not know browsers.
import fs from "node:fs";

export async function load(name) {
  const text = fs.readFileSync(new URL(`../../web/scripts/${name}`, import.meta.url)); // so that it is all of it
  return import(`data:text/javascript;base64,${text.toString("base64")}`);
}
