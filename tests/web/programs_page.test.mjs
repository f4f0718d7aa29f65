// The status page of programs that know each other: starts that take long, chips, and the menu. Run with `node --test`; needs what
// ui.test.mjs does.
import assert from "node:assert/strict";
import fs from "node:fs";
import { after, before, describe, test } from "node:test";
import { Daemon, launch, open, row, until } from "./daemon.mjs";

const sleep = "command=/bin/sleep 100000\nstartsecs=0\n";
const programs = `
[program:job]
command=/bin/sleep 100000
type=oneshot
autostart=false
[program:quick]
command=/bin/true
type=oneshot
autostart=false
[program:bad]
command=/bin/false
autostart=false
startretries=0
[program:missing]
command=/no/such/file
autostart=false
[program:db]
${sleep}autostart=false
[program:app]
${sleep}depends_on=bad
autostart=false
[program:late]
${sleep}depends_on=job
autostart=false
`;

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const live = (page) => page.locator('#link[data-link="live"]').waitFor();
const badge = (page, name, state) => row(page, name).locator(`.badge:text-is("${state}")`).waitFor();
const toast = (page, text, bad = false) => page.locator(bad ? ".toast.bad" : ".toast:not(.bad)", { hasText: text }).first().waitFor();

/// Whose buttons a toast lies over: a click that meets it is lost.
const covered = (page) => page.evaluate(() => [...document.querySelectorAll("tr.row button")].filter((button) => {
  const { x, y, width, height } = button.getBoundingClientRect();
  return width > 0 && document.elementFromPoint(x + width / 2, y + height / 2)?.closest(".toast");
}).map((button) => button.closest("tr").dataset.name));

async function pageOf(t, daemon, options = {}, path = "") {
  const page = await open(browser, daemon.base + path, options);
  t.after(() => page.context().close());
  return page;
}

describe("a start that takes long", () => {
  let daemon;
  before(async () => (daemon = await Daemon.start(programs)));
  after(() => daemon?.end());

  test("is answered at once, and told as it goes", async (t) => {
    const page = await pageOf(t, daemon);
    await live(page);
    const answered = page.waitForResponse(/api\/v1\/actions/);
    await row(page, "job").locator("button.start").click(); // which runs for more than a day
    assert.equal((await answered).status(), 200);
    await toast(page, "job: started");
    await badge(page, "job", "running");
    assert.notEqual(await row(page, "job").getAttribute("aria-busy"), "true");
    await row(page, "quick").locator("button.start").click();
    await toast(page, "quick: started");
    await badge(page, "quick", "exited");
    await row(page, "bad").locator("button.start").click();
    await toast(page, "bad: Exited too quickly", true);
    await row(page, "missing").locator("button.start").click();
    await toast(page, "missing: NO_FILE", true);
    await row(page, "app").locator("button.start").click(); // held, since bad cannot come
    await badge(page, "app", "starting");
    await row(page, "app").locator(".about", { hasText: "bad:ready" }).waitFor();
    await toast(page, "app: waits for bad:ready");
    assert.deepEqual(await covered(page), []);
    await row(page, "late").locator("button.start").click();
    await toast(page, "late: waits for job:exited_ok");
    const { pid } = await daemon.process_("job");
    await row(page, "job").locator("button.restart").click();
    await toast(page, "job: restarted");
    await until(async () => ![0, pid].includes((await daemon.process_("job")).pid), "another pid");
    for (const name of ["job", "app", "late"]) {
      await row(page, name).locator("button.stop").click();
      await badge(page, name, "stopped");
    }
    assert.deepEqual(page.problems, []);
  });

  test("what went wrong is told for a while, and not taken from under the pointer", async (t) => {
    const page = await pageOf(t, daemon);
    await page.clock.install();
    await page.reload();
    await live(page);
    await row(page, "missing").locator("button.start").click();
    await toast(page, "missing: NO_FILE", true);
    await page.locator(".toast.bad").hover();
    await page.clock.fastForward(60_000);
    assert.equal(await page.locator(".toast.bad").count(), 1);
    await page.mouse.move(0, 0);
    await page.clock.fastForward(2000);
    await page.locator(".toast.bad").waitFor({ state: "detached" });
    assert.deepEqual(page.problems, []);
  });

  test("on its own page, too", async (t) => {
    const page = await pageOf(t, daemon, {}, "tail.html?processname=job");
    await live(page);
    await page.locator("main button.start").click();
    await page.locator('.said:text-is("done")').waitFor();
    await page.locator('.badge:text-is("running")').waitFor();
    await page.locator("main button.stop").click();
    await page.locator('.badge:text-is("stopped")').waitFor();
    await page.goto(`${daemon.base}tail.html?processname=bad`);
    await live(page);
    await page.locator("main button.start").click();
    await page.locator(".said", { hasText: "Exited too quickly" }).waitFor();
    assert.deepEqual(page.problems, []);
  });

  test("without scripts", async (t) => {
    const page = await pageOf(t, daemon, { javaScriptEnabled: false });
    await row(page, "job").locator("button.start").click();
    await page.getByText("Process job started").waitFor();
    await row(page, "late").locator("button.start").click();
    await page.getByText("Process late is waiting for job:exited_ok").waitFor();
    for (const name of ["late", "job"]) {
      await row(page, name).locator("button.stop").click();
      await page.getByText(`Process ${name} stopped`).waitFor();
    }
  });
});

describe("chips", () => {
  const some = `
[program:job]
command=/bin/sleep 100000
type=oneshot
autostart=false
[program:late]
${sleep}depends_on=job
autostart=false
[program:ill]
${sleep}health=exec:/bin/false
healthinterval=1s
healthretries=1
healthaction=none
[program:off]
${sleep}autostart=false
[program:well]
${sleep}
`;
  const chip = (page, mark) => page.locator(`.chip[data-filter="${mark}"]`);
  const tag = (page, name, mark) => row(page, name).locator(`.about .tag.${mark}`);
  const shown = (page) => page.locator("tr.row:visible").evaluateAll((rows) => rows.map((each) => each.dataset.name));

  test("mark who is ill, waits, or is disabled; there are none where nobody is", async (t) => {
    const daemon = await Daemon.start(some);
    t.after(() => daemon.end());
    const act = (body) => fetch(`${daemon.base}api/v1/actions`, { method: "POST", body: JSON.stringify(body) });
    const page = await pageOf(t, daemon);
    await live(page);
    await badge(page, "ill", "unhealthy");
    assert.equal(await chip(page, "unhealthy").textContent(), "Unhealthy 1");
    for (const mark of ["waiting", "disabled", "changed"]) assert.equal(await chip(page, mark).isVisible(), false, mark);
    await act({ action: "start", names: ["job"], wait: false });
    await act({ action: "start", names: ["late"], wait: false });
    await tag(page, "late", "waiting").waitFor();
    assert.equal(await row(page, "late").locator(".about").textContent(), "waiting for job:exited_ok");
    await act({ action: "disable", names: ["off"] });
    await tag(page, "off", "disabled").waitFor();
    await chip(page, "disabled").click();
    assert.deepEqual(await shown(page), ["off"]);
    assert.match(page.url(), /state=disabled/);
    await act({ action: "enable", names: ["off"] });
    await tag(page, "off", "disabled").waitFor({ state: "detached" });
    await page.locator("#nothing").waitFor(); // the chip that is chosen stays, or nobody could choose another
    await chip(page, "waiting").click();
    assert.deepEqual(await shown(page), ["late"]);
    await until(async () => !(await chip(page, "disabled").isVisible()), "the chip to go");
    await chip(page, "unhealthy").click();
    assert.deepEqual(await shown(page), ["ill"]);
    await chip(page, "all").click();
    await act({ action: "stop", names: ["late", "job", "ill"] });
    await until(async () => (await page.locator(".chip.mark:visible").count()) === 0, "the chips to go");
    assert.deepEqual(page.problems, []);
  });

  test("mark whose configuration acts at the next start", async (t) => {
    const daemon = await Daemon.start(some);
    t.after(() => daemon.end());
    const page = await pageOf(t, daemon);
    await live(page);
    const status = await (await fetch(`${daemon.base}api/v1/status`)).json();
    for (const process of status.processes) process.config = process.name === "well" ? "next" : "current";
    await page.route("**/api/v1/events", (route) => route.fulfill({
      contentType: "text/event-stream", body: `retry: 100000\nevent: status\ndata: ${JSON.stringify(status)}\n\n`,
    }));
    await page.reload();
    await tag(page, "well", "changed").waitFor();
    assert.equal(await row(page, "well").locator(".about").textContent(), "changed: acts at next start ");
    assert.equal(await chip(page, "changed").textContent(), "Changed 1");
    assert.equal(await page.locator(".tag.changed").count(), 1);
  });
});

describe("the menu", () => {
  const some = `
[program:db]
${sleep}
[program:app]
${sleep}depends_on=db
[program:front]
${sleep}depends_on=app
[program:idle]
${sleep}depends_on=db
autostart=false
[program:web]
${sleep}process_name=%(program_name)s_%(process_num)02d
numprocs=3
reloadcommand=/usr/bin/touch {dir}/%(program_name)s_%(process_num)02d.read
`;
  let daemon, page;
  before(async () => {
    daemon = await Daemon.start(some, "", "statefile=%(here)s/state.json");
    await until(async () => (await daemon.state("front")) === "RUNNING", "the programs");
    page = await open(browser, daemon.base);
    await live(page);
  });
  after(async () => {
    await page?.context().close();
    await daemon?.end();
  });

  const more = (name) => row(page, name).locator("button.more");
  const choose = async (button, label) => {
    await button.click();
    await page.getByRole("menuitem", { name: label, exact: true }).click();
  };
  const pids = (...names) => Promise.all(names.map(async (name) => (await daemon.process_(name)).pid));
  const others = (names, before) => until(async () => (await pids(...names)).every((pid, n) => pid !== 0 && pid !== before[n]), "other pids");
  const group = () => page.locator('tr.group[data-group="web"] button.more');

  test("has what is not done every day, by the state", async () => {
    const offered = async (button) => {
      await button.click();
      const all = await page.getByRole("menuitem").allTextContents();
      await page.keyboard.press("Escape");
      return all.filter((label) => !label.startsWith("Send"));
    };
    assert.deepEqual(await offered(more("db")), ["Restart", "Stop", "Show log", "Restart with dependents", "Clear log", "Reload", "Disable", "Kill"]);
    assert.deepEqual(await offered(more("idle")), ["Start", "Show log", "Clear log", "Disable"]);
    assert.deepEqual(await offered(group()), ["Start", "Restart", "Stop", "Restart one by one", "Restart with dependents", "Rolling restart",
      "Clear logs", "Reload", "Disable", "Kill"]);
  });

  test("kills", async () => {
    await choose(more("front"), "Kill");
    await toast(page, "front: killed");
    await badge(page, "front", "stopped");
    await row(page, "front").locator("button.start").click();
    await badge(page, "front", "running");
  });

  test("has files read again", async () => {
    await choose(more("web:web_01"), "Reload");
    await toast(page, "web:web_01: reloaded");
    assert.ok(fs.existsSync(`${daemon.dir}/web_01.read`));
    assert.ok(!fs.existsSync(`${daemon.dir}/web_00.read`));
  });

  test("disables and enables", async () => {
    await choose(more("web:web_02"), "Disable");
    await toast(page, "web:web_02: disabled");
    await row(page, "web:web_02").locator(".tag.disabled").waitFor();
    assert.equal((await daemon.process_("web:web_02")).disabled, true);
    await more("web:web_02").click();
    assert.equal(await page.getByRole("menuitem", { name: "Disable" }).count(), 0);
    await page.getByRole("menuitem", { name: "Enable" }).click();
    await toast(page, "web:web_02: enabled");
    await row(page, "web:web_02").locator(".tag.disabled").waitFor({ state: "detached" });
  });

  test("restarts with whoever depends on it", async () => {
    const before = await pids("db", "app", "front", "web:web_00");
    await choose(more("db"), "Restart with dependents");
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("heading", { name: "Restart db and 2 that depend on it?" }).waitFor();
    await dialog.getByText("app, front: stopped before it").waitFor(); // idle does not run
    await dialog.getByRole("button", { name: "Restart" }).click();
    await others(["db", "app", "front"], before);
    await toast(page, "db and 2 that depend on it: 3 restarted");
    assert.equal(await daemon.state("idle"), "STOPPED");
    assert.equal((await daemon.process_("web:web_00")).pid, before[3]);
    await choose(more("front"), "Restart with dependents");
    await dialog.getByText("Nobody who runs depends on it.").waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
  });

  test("restarts one batch after the other, and says when it is over", async () => {
    const names = [0, 1, 2].map((n) => `web:web_0${n}`);
    const before = await pids(...names);
    await choose(group(), "Rolling restart");
    await page.getByRole("dialog").getByRole("button", { name: "Restart one after the other" }).click();
    await toast(page, "being restarted in turn");
    await others(names, before);
    await toast(page, "restarted one after the other");
    assert.deepEqual(page.problems, []);
  });
});
