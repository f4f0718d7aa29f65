// The graph page in a real browser: who needs whom as a drawing that follows, as a table, by keyboard, without scripts, with a
// thousand programs, on a narrow screen, and for readers who may not see all. Run with `node --test`; needs what ui.test.mjs does.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Daemon, launch, open, until } from "./daemon.mjs";

const evil = `'"><script>pwned=1<!--&lt;`;
const long = `front-end-${"of-the-whole-thing-".repeat(6)}`;
const sleep = "command=/bin/sleep 100000\nstartsecs=0\n";
const five = `
[program:db]
${sleep}
[program:cache]
command=/no/such/file
startretries=0
[program:app]
${sleep}depends_on=db, cache?
[program:worker]
${sleep}process_name=%(program_name)s_%(process_num)02d
numprocs=6
depends_on=db
[program:${long}]
${sleep}depends_on=app, worker:ready/2, cache:running
[program:${evil}]
${sleep}depends_on=db
[program:alone]
${sleep}
`;

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const live = (page) => page.locator('#link[data-link="live"]').waitFor();
const quoted = (name) => name.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
const node = (page, name) => page.locator(`a.node[data-id="${quoted(name)}"]`);
const item = (page, name, text) => node(page, name).locator(".item", { has: page.locator(`.what:text-is("${text}")`) });
const line = (page, look) => page.locator(`.edges .line.${look}`).getAttribute("d");
const widthOf = (page) => page.evaluate(() => document.documentElement.scrollWidth);

async function sign(page, name, text, wanted) {
  await item(page, name, text).locator(`.sign:text-is("${wanted}")`).waitFor();
}

async function graphOf(t, daemon, options = {}, path = "graph.html") {
  const page = await open(browser, daemon.base + path, options);
  t.after(() => page.context().close());
  return page;
}

describe("the graph", () => {
  let daemon;
  before(async () => {
    daemon = await Daemon.start(five);
    await until(async () => (await daemon.state("app")) === "RUNNING" && (await daemon.state("cache")) === "FATAL", "the programs");
  });
  after(() => daemon?.end());

  test("shows who needs whom, in a drawing and in a table", async (t) => {
    const page = await graphOf(t, daemon);
    await live(page);
    assert.equal(await page.locator("a.node").count(), 6); // six workers are one
    assert.equal(await node(page, "alone").count(), 0);
    await node(page, "app").locator('.badge:text-is("running")').waitFor();
    await node(page, "cache").locator('.badge[data-state="FATAL"]:text-is("fatal")').waitFor();
    await node(page, "worker:worker_00").locator('.label:text-is("worker:*")').waitFor();
    await node(page, "worker:worker_00").locator('.more:text-is("all 6")').waitFor();
    await sign(page, "app", "db:ready", "+");
    await sign(page, "app", "cache:ready", "~");
    await sign(page, long, "cache:running", "-");
    for (const [look, dashed] of [["met", false], ["unmet", true], ["soft", true]]) {
      assert.match(await line(page, look), /^M/);
      const dashes = await page.locator(`.edges .line.${look}`).evaluate((path) => getComputedStyle(path).strokeDasharray);
      assert.equal(dashes !== "none", dashed, look); // told apart without colour
    }
    const rows = await page.locator("#needs tbody tr").evaluateAll((all) => all.map((row) => [row.dataset.name,
      [...row.querySelectorAll("li")].map((li) => li.textContent.replace(/\s+/g, " "))]));
    const api = (await (await fetch(`${daemon.base}api/v1/graph`)).json()).programs;
    assert.equal(rows.length, api.length);
    assert.deepEqual(Object.fromEntries(rows).app, ["+ db:ready holds running", "~ cache:ready does not hold, and need not fatal"]);
    assert.deepEqual(page.problems, []);
  });

  test("follows", async (t) => {
    const page = await graphOf(t, daemon);
    await live(page);
    await sign(page, "app", "db:ready", "+");
    await page.evaluate(() => (window.marked = document.querySelector('a.node[data-id="app"]')));
    await daemon.call("stopProcess", "db");
    await node(page, "db").locator('.badge:text-is("stopped")').waitFor();
    await sign(page, "app", "db:ready", "-");
    await page.locator('#needs tr[data-name="app"] .sign:text-is("-")').waitFor();
    await daemon.call("startProcess", "db");
    await sign(page, "app", "db:ready", "+");
    assert.equal(await page.evaluate(() => window.marked.isConnected), true); // nothing was drawn anew
    await daemon.call("stopProcess", "worker:worker_03");
    await node(page, "worker:worker_00").locator('.more:text-is("1 stopped, 5 running")').waitFor();
    await daemon.call("startProcess", "worker:worker_03");
    await node(page, "worker:worker_00").locator('.more:text-is("all 6")').waitFor();
    assert.deepEqual(page.problems, []);
  });

  test("is reached by keyboard, and leads to the processes", async (t) => {
    const page = await graphOf(t, daemon);
    await live(page);
    await node(page, "app").waitFor();
    await page.locator("#graph").focus();
    const seen = [];
    for (let i = 0; i < 6; ++i) {
      await page.keyboard.press("Tab");
      seen.push(await page.evaluate(() => document.activeElement.dataset.id));
      assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), "none");
    }
    assert.deepEqual(new Set(seen), new Set(["app", "cache", "db", long, evil, "worker:worker_00"]));
    assert.ok(seen.indexOf("db") < seen.indexOf("app") && seen.indexOf("app") < seen.indexOf(long));
    await node(page, "app").focus();
    assert.match(await page.locator(".edges path.chosen").getAttribute("d"), /^M/);
    await page.keyboard.press("Enter");
    await page.waitForURL(/tail\.html\?processname=app$/);
    await page.getByRole("link", { name: "Dependencies" }).click();
    await page.waitForURL(/graph\.html\?name=app$/);
    await until(() => page.evaluate(() => document.activeElement.dataset.id === "app"), "the focus");
    await node(page, "worker:worker_00").click();
    await page.waitForURL(/\?q=worker%3A$/);
    await until(async () => (await page.locator("tr.row:visible").count()) === 6, "the search");
    await page.locator("#graph-open").click();
    await page.waitForURL(/graph\.html$/);
    assert.deepEqual(page.problems, []);
  });

  test("keeps hostile names text", async (t) => {
    const page = await graphOf(t, daemon);
    await live(page);
    assert.equal(await node(page, evil).locator(".label").textContent(), evil);
    assert.equal(await page.evaluate(() => window.pwned), undefined);
    await node(page, evil).click();
    await page.waitForURL((url) => url.searchParams.get("processname") === evil);
    assert.deepEqual(page.problems, []);
  });

  test("has room on 360 pixels, from top to bottom", async (t) => {
    const page = await graphOf(t, daemon, { viewport: { width: 360, height: 740 } });
    await live(page);
    const [db, app, front] = await Promise.all(["db", "app", long].map((name) => node(page, name).boundingBox()));
    assert.ok(db.y + db.height < app.y && app.y + app.height < front.y);
    assert.equal(await widthOf(page), 360);
    const status = await graphOf(t, daemon, { viewport: { width: 360, height: 740 } }, ""); // with one button more
    await live(status);
    assert.equal(await widthOf(status), 360);
    await page.setViewportSize({ width: 1280, height: 800 });
    await until(async () => {
      const [left, right] = [await node(page, "db").boundingBox(), await node(page, "app").boundingBox()];
      return left && right && left.x + left.width < right.x;
    }, "another drawing");
    assert.equal(await widthOf(page), 1280);
    assert.deepEqual(page.problems, []);
  });

  test("is a table without scripts", async (t) => {
    const page = await graphOf(t, daemon, { javaScriptEnabled: false }, "");
    await page.getByRole("link", { name: "Dependencies" }).click();
    await page.locator('#needs tr[data-name="app"]', { hasText: "~ cache:ready does not hold, and need not fatal" }).waitFor();
    assert.equal(await page.locator("#graph").isVisible(), false);
    assert.equal(await page.locator(".legend").isVisible(), false);
  });
});

describe("where nobody needs anybody", () => {
  test("it says so, until somebody does", async (t) => {
    const none = `[program:a]\n${sleep}[program:b]\n${sleep}`;
    const daemon = await Daemon.start(none);
    t.after(() => daemon.end());
    const status = await graphOf(t, daemon, {}, "");
    await live(status);
    assert.equal(await status.locator("#graph-open").count(), 0);
    const page = await graphOf(t, daemon);
    await live(page);
    await page.getByText("No dependencies").waitFor();
    assert.equal(await page.locator("#graph, .legend, #needs").filter({ visible: true }).count(), 0);
    daemon.configure(`${none}depends_on=a\n`);
    await fetch(`${daemon.base}api/v1/config/update`, { method: "POST", body: "{}" });
    await node(page, "b").waitFor();
    await sign(page, "b", "a:ready", "+");
    assert.equal(await page.getByText("No dependencies").isVisible(), false);
    await status.locator("#graph-open").waitFor();
    daemon.configure(none);
    await fetch(`${daemon.base}api/v1/config/update`, { method: "POST", body: "{}" });
    await page.getByText("No dependencies").waitFor();
    assert.equal(await page.locator("a.node").count(), 0);
    assert.deepEqual(page.problems, []);
  });
});

describe("who may not see all", () => {
  test("gets what the API gives him", async (t) => {
    const daemon = await Daemon.start(`
[access]
[role:reader]
verbs=status
programs=*, !secret
[user:anna]
password=anna-pw
roles=reader
[user:nil]
password=nil-pw
[user:boss]
password=boss-pw
roles=admin
[program:secret]
${sleep}
[program:db]
${sleep}depends_on=secret
[program:web]
${sleep}depends_on=db, secret
`);
    t.after(() => daemon.end());
    const signIn = async (user) => {
      const page = await graphOf(t, daemon);
      await page.waitForURL(/signin\.html\?next=graph\.html$/);
      await page.fill("#user", user);
      await page.fill("#password", `${user}-pw`);
      await page.click("main button");
      await page.waitForURL(/\/graph\.html$/);
      return page;
    };
    const nodes = (page) => page.locator("a.node").evaluateAll((all) => all.map((each) => each.dataset.id).sort());
    const boss = await signIn("boss");
    await sign(boss, "web", "secret:ready", "+");
    assert.deepEqual(await nodes(boss), ["db", "secret", "web"]);
    const anna = await signIn("anna"); // she may not follow events: her page looks again and again
    await sign(anna, "web", "db:ready", "+");
    assert.deepEqual(await nodes(anna), ["db", "web"]);
    assert.equal(await anna.locator('[data-name="secret"]').count(), 0);
    await sign(anna, "web", "secret:ready", "+"); // its item names it, as in the API
    assert.deepEqual([...boss.problems, ...anna.problems], []);
  });
});

describe("many", () => {
  /// `needs`: of number n, whom.
  const manyOf = (count, needs) => Array.from({ length: count }, (_, n) => `[program:p${String(n).padStart(4, "0")}]
command=/bin/sleep 1
autostart=false
stdout_logfile=NONE
stderr_logfile=NONE
${needs(n).length > 0 ? `depends_on=${needs(n).map((m) => `p${String(m).padStart(4, "0")}`).join(", ")}\n` : ""}`).join("");

  for (const [what, count, needs] of [
    ["sixty", 60, (n) => [n - 5, n - 7].filter((m) => m >= 0)],
    ["a chain of a thousand", 1000, (n) => (n > 0 ? [n - 1] : [])],
  ])
    test(what, async (t) => {
      const daemon = await Daemon.start(manyOf(count, needs));
      t.after(() => daemon.end());
      for (const width of [1280, 360]) {
        const page = await graphOf(t, daemon, { viewport: { width, height: 800 } });
        await live(page);
        const session = await page.context().newCDPSession(page);
        await session.send("Performance.enable", { timeDomain: "threadTicks" });
        const worked = async () => 1000 * (await session.send("Performance.getMetrics")).metrics.find(({ name }) => name === "TaskDuration").value;
        const before = await worked();
        await page.reload();
        await live(page);
        await until(async () => (await page.locator("a.node").count()) === count, "the nodes");
        const work = (await worked()) - before;
        console.log(`${what} on ${width} pixels: ${work.toFixed(0)} ms of work`);
        assert.ok(work < 5000);
        const last = `p${String(count - 1).padStart(4, "0")}`;
        await node(page, last).focus();
        await until(() => node(page, last).evaluate((each) => {
          const { left, right } = each.getBoundingClientRect();
          return left >= 0 && right <= innerWidth;
        }), "the last one in sight");
        assert.equal(await widthOf(page), width);
        assert.deepEqual(page.problems, []);
      }
    });
});
