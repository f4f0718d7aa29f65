// A supervisord of ours in a folder of its own, and a browser, for ui.test.mjs. Loopback and free ports only; waits on
// conditions, never for a time.
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "../..");
const bin = process.env.TROUPE_BIN ?? path.join(root, "build/release/bin");
const cache = path.join(bin, "../CMakeCache.txt");
/// Without /proc, which the portable build does without, there are no figures of processor and memory.
export const figures = !fs.existsSync(cache) || !fs.readFileSync(cache, "utf8").includes("TROUPE_PORTABLE:BOOL=ON");
export const patience = 1000 * Number(process.env.TROUPE_PATIENCE || 30);

export async function until(condition, what) {
  const end = Date.now() + patience;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await pause(10);
  }
}

/// None that the system would give to a connection, nor one of the tests in Python, which run at the same time (support.py).
export async function freePort() {
  for (;;) {
    const port = 10000 + Math.floor(5000 * Math.random());
    const server = net.createServer();
    const listening = once(server, "listening");
    server.listen(port, "127.0.0.1");
    if (!(await listening.then(() => true, () => false))) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}

export class Daemon {
  static async start(programs, inet = "", options = "") {
    const daemon = new Daemon();
    daemon.dir = fs.mkdtempSync(path.join(os.tmpdir(), "troupe-web-"));
    daemon.inet = inet;
    daemon.options = options;
    for (let tries = 1; ; ++tries) { // a free port may be gone by the time it is used
      daemon.port = await freePort();
      daemon.base = `http://127.0.0.1:${daemon.port}/`;
      daemon.configure(programs);
      try {
        await daemon.run();
        return daemon;
      } catch (error) {
        if (tries === 5) throw error;
      }
    }
  }

  configure(programs) {
    const { dir } = this;
    fs.writeFileSync(path.join(dir, "s.conf"), `[supervisord]
logfile=${dir}/main.log
pidfile=${dir}/s.pid
childlogdir=${dir}
minfds=4096
${this.options}
[inet_http_server]
port=127.0.0.1:${this.port}
${this.inet}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
${programs.replaceAll("{dir}", dir)}`);
  }

  async run() {
    this.process = spawn(path.join(bin, "supervisord"), ["-n", "-s", "-c", path.join(this.dir, "s.conf")], { stdio: "ignore" });
    await until(async () => {
      if (this.process.exitCode !== null) throw new Error(`supervisord ended with ${this.process.exitCode}`);
      return fetch(`${this.base}ok.html`).then(() => true, () => false);
    }, "the server");
  }

  async kill(signal = "SIGTERM") {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill(signal);
      await once(this.process, "exit");
    }
  }

  async end() {
    await this.kill();
    fs.rmSync(this.dir, { recursive: true });
  }

  async call(method, ...params) {
    const response = await fetch(`${this.base}api/v1/call/supervisor.${method}`, { method: "POST", body: JSON.stringify(params) });
    return (await response.json()).result;
  }

  async process_(name) {
    return (await fetch(`${this.base}api/v1/processes/${encodeURIComponent(name)}`)).json();
  }

  async state(name) {
    return (await this.process_(name)).state;
  }
}

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
           "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

/// A page in a context of its own. Whatever goes wrong in it is in `page.problems`.
export async function open(browser, address, options = {}) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(error.stack));
  page.on("dialog", (dialog) => (page.problems.push(`dialog: ${dialog.message()}`), dialog.dismiss()));
  page.on("console", (message) => {
    if (/Content Security Policy|Uncaught/.test(message.text())) page.problems.push(message.text());
  });
  await page.goto(address);
  return page;
}

export const row = (page, name) => page.locator(`tr.row[data-name="${name.replaceAll('"', '\\"')}"]`);
