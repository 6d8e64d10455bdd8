// The dashboard as its users meet it, in Chromium on a real server that is also killed:
//   node dashboard.mjs BINARY CHROMIUM [BUNDLES]
// BUNDLES: a folder with app.js and app.css to test instead of those that the binary holds.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { EMAIL, PASSWORD, Server } from "./dashboard_server.mjs";

const [binary, executablePath, bundles] = process.argv.slice(2);
if (!binary || !executablePath) {
  console.error("usage: node dashboard.mjs BINARY CHROMIUM [BUNDLES]");
  process.exit(2);
}
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PATIENCE = { timeout: 60_000 };
const BAD_POSITIONS = [
  "Symbol,Quantity,Entry Price Per Share,Entry Date",
  "SPY,400,196.56,2015-01-02",
  "GME,0,abc,2015-13-02",
  ",5,1,2016-01-04",
].join("\n");

const directory = mkdtempSync(path.join(tmpdir(), "runledger-dashboard-"));
const server = new Server(binary, directory);
const faults = [];
let browser;
let page;

before(async () => {
  server.prepare();
  await server.start();
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-features=LocalNetworkAccessChecks"] });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" });
  if (bundles) {
    await context.route(/\/assets\/app[^/]*\.(js|css)$/, (route) => route.fulfill({ path: path.join(bundles, `app${path.extname(new URL(route.request().url()).pathname)}`) }));
  }
  page = await context.newPage();
  page.setDefaultTimeout(PATIENCE.timeout);
  // What the browser itself says of a server that is gone or refuses is what the test is about.
  page.on("console", (message) => message.type() === "error" && !/Failed to load resource|WebSocket connection/.test(message.text()) && faults.push(message.text()));
  page.on("pageerror", (error) => faults.push(String(error)));
  await page.addInitScript(() => {
    window.longTasks = [];
    new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: "longtask", buffered: true });
    document.addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
  });
});

after(async () => {
  await browser?.close();
  await server.end("SIGKILL");
  rmSync(directory, { recursive: true, force: true });
});

/** How many cells of the grid in view have a status. */
async function cells(word) {
  const text = await page.locator(".legend li").filter({ hasText: word }).locator("b").first().innerText();
  return Number(text.replace(/\D/g, ""));
}

/** Waits until so many cells have a status: at least `least`, at most `most`. */
function untilCells(word, least, most = Number.MAX_SAFE_INTEGER) {
  return page.waitForFunction(([wanted, low, high]) => [...document.querySelectorAll(".legend li")].some((item) => {
    const n = Number(item.querySelector("b")?.textContent.replace(/\D/g, ""));
    return item.querySelector("span")?.textContent === wanted && n >= low && n <= high;
  }), [word, least, most], PATIENCE);
}

function live() {
  return page.locator('[data-state="live"]').waitFor();
}

async function start(first, last) {
  await page.getByRole("button", { name: "Start a run" }).first().click();
  await page.getByText("Range", { exact: true }).click();
  await page.locator('input[name="start_date"]').fill(first);
  await page.locator('input[name="end_date"]').fill(last);
  await page.locator('input[name="recalculate"]').check();
  await page.getByRole("button", { name: "Start", exact: true }).click();
}

async function sound(where) {
  assert.deepEqual(faults, [], where);
  // The checker brings its own script; evaluating it needs no permission of the page's policy.
  await page.evaluate(`${AXE};0`);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const serious = found.violations.filter((one) => one.impact === "serious" || one.impact === "critical");
  assert.deepEqual(serious.map((one) => `${one.id}: ${one.nodes[0].html}: ${one.nodes[0].any[0]?.message ?? ""}`), [], where);
}

test("a stranger logs in and comes to where the link led", async () => {
  await page.goto(`${server.address}/portfolios?view=inputs`);
  await page.getByLabel("E-mail").fill(EMAIL);
  await page.getByLabel("Password").fill("not this one, surely");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.locator(".note-error").waitFor();
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("tab", { name: "Imported files", selected: true }).waitFor();
  assert.equal(new URL(page.url()).search, "?view=inputs");
  await page.getByText("prices.csv").waitFor();
  await live();
});

test("a run fills its grid, survives a kill of the server, and is seen to go on without a reload", async () => {
  await page.goto(`${server.address}/`);
  await live();
  await start("2016-07-01", "2017-11-10");
  await untilCells("succeeded", 100);
  await page.evaluate(() => { window.unreloaded = true; });
  await server.end("SIGKILL");
  await page.locator('[data-state="disconnected"]').waitFor();
  assert.match(await page.locator('[data-state="disconnected"]').innerText(), /Disconnected since \d\d:\d\d:\d\d/);
  const had = await cells("succeeded");
  assert.ok(had >= 100);
  await server.start();
  await live();
  await untilCells("succeeded", had + 100);
  assert.ok(await page.evaluate(() => window.unreloaded), "the page was not loaded anew");
  await page.getByRole("heading", { name: "Last run" }).waitFor();
  await sound("now");
});

test("another run is cancelled, and says so", async () => {
  await start("2016-07-01", "2017-11-10");
  await untilCells("running", 1);
  // On a slow machine the run would be over before the second click.
  server.stand();
  await page.getByRole("button", { name: "Cancel run" }).click();
  await page.getByRole("button", { name: "Cancel the run" }).click();
  server.go();
  await untilCells("cancelled", 1);
  await page.locator("main .status", { hasText: "Cancelled" }).first().waitFor();
  await sound("now, after the cancellation");
});

test("the history leads to the run, and the slider back into it", async () => {
  await page.getByRole("link", { name: "Runs", exact: true }).click();
  await page.locator("table tbody tr").first().waitFor();
  await sound("runs");
  // The one before the cancelled one: at half of it some jobs have succeeded and some have not.
  await page.locator("table tbody tr").nth(1).press("Enter");
  const slider = page.getByRole("slider", { name: "Event of the run" });
  await slider.waitFor();
  const ended = await cells("succeeded");
  const [first, last] = [Number(await slider.getAttribute("min")), Number(await slider.getAttribute("max"))];
  const half = Math.floor((first + last) / 2);
  await slider.fill(String(half));
  await page.waitForFunction((seq) => new URL(location.href).search.includes(`at=${seq}`), half);
  await untilCells("succeeded", 1, ended - 1);
  const then = await cells("succeeded");
  await page.reload();
  await untilCells("succeeded", then, then);  // The deep link shows the same.
  await sound("run");
});

test("a bad file is refused with every error by line, and a good one is taken", async () => {
  await page.goto(`${server.address}/portfolios`);
  const choose = (name, text) => page.setInputFiles('input[type="file"]', { name, mimeType: "text/csv", buffer: Buffer.from(text) });
  await choose("broken.csv", BAD_POSITIONS);
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await page.getByText("Nothing was imported.").waitFor();
  const rows = await page.locator(".issues tbody tr").allInnerTexts();
  assert.deepEqual(rows.map((row) => [/^\s*(\d+)/.exec(row)[1], /ERR_\w+/.exec(row)[0]].join(" ")), ["3 ERR_POS_006", "3 ERR_POS_009", "3 ERR_POS_013", "4 ERR_POS_001"]);
  await sound("import");
  await page.keyboard.press("Escape");
  await choose("small_fund.csv", `${BAD_POSITIONS.split("\n").slice(0, 2).join("\n")}\n`);
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await page.getByText("Imported.").waitFor();
  await page.getByRole("button", { name: "Close", exact: true }).last().click();
  await page.getByRole("tab", { name: "List" }).click();
  await page.getByRole("link", { name: "Small fund" }).waitFor();
  await sound("portfolios, list");
});

test("a portfolio shows its figures, its history, and the reason beside what is missing", async () => {
  await page.goto(`${server.address}/`);
  await start("2017-11-06", "2017-11-10");
  await page.locator("main .status", { hasText: /Completed|With warnings/ }).first().waitFor();
  await page.goto(`${server.address}/portfolios/Balanced`);
  await page.locator(".note", { hasText: "The portfolio holds no options on the date." }).waitFor();
  await sound("portfolio");
  await page.getByRole("tab", { name: "History" }).click();
  await page.getByRole("heading", { name: "Value at risk, one day" }).waitFor();
  await sound("portfolio, history");
  await page.getByRole("tab", { name: "Jobs" }).click();
  await page.getByRole("heading", { name: "Last success of each job" }).waitFor();
  await sound("portfolio, jobs");
});

/** On the page of the last run: the list and the log are those after the event of the slider. */
async function failuresGoWithTheSlider() {
  await page.getByRole("link", { name: "run page" }).click();
  await page.getByRole("tab", { name: /^Failures/ }).click();
  const slider = page.getByRole("slider", { name: "Event of the run" });
  const failures = page.getByRole("table", { name: "Failed jobs" }).locator("tbody tr");
  await failures.first().waitFor();
  const all = await failures.count();
  const first = Number(await slider.getAttribute("min"));
  await slider.fill(String(first));
  await page.getByText("No job has failed").waitFor();
  await page.getByRole("tab", { name: "Log", exact: true }).click();
  await page.waitForFunction(() => document.querySelectorAll("table tbody tr").length === 1);
  await slider.fill(await slider.getAttribute("max"));
  await page.waitForFunction((rows) => document.querySelectorAll("table tbody tr").length > rows, all);
  await page.getByRole("tab", { name: /^Failures/ }).click();
  await page.waitForFunction((rows) => document.querySelectorAll("table tbody tr").length === rows, all);
  await page.getByRole("link", { name: "Now", exact: true }).click();
}

test("what fails waits for its retry, is given up, and succeeds when it is retried by hand", async () => {
  // Nearly every attempt fails from the thirtieth on: each job three times, a second and two apart.
  await server.end("SIGTERM");
  await server.start("attempt.calculate:30:fail:1000000");
  await page.goto(`${server.address}/`);
  await live();
  await start("2017-11-06", "2017-11-10");
  const waiting = page.locator(".retries .countdown").first();
  await waiting.waitFor();
  assert.match(await waiting.innerText(), /^(in \d+\s*s|now)\s*attempt [23]$/);
  await untilCells("to be retried", 1);
  await page.getByRole("heading", { name: "Last run" }).waitFor();
  await untilCells("failed", 1);
  await page.locator(".area-attention").getByText(/failpoint/i).first().waitFor();
  await sound("now, after failures");
  await failuresGoWithTheSlider();
  await server.end("SIGTERM");
  await server.start();
  await live();
  await page.getByRole("button", { name: "Retry failed" }).click();
  await page.getByRole("button", { name: "Retry", exact: true }).click();
  await page.locator("main .status", { hasText: /Completed|With warnings/ }).first().waitFor();
  await page.getByRole("button", { name: "Retry failed" }).waitFor({ state: "detached" });
});

test("the log is read from any event on, and followed", async () => {
  await page.goto(`${server.address}/events?at=200&event=200`);
  await page.locator(".event-json").filter({ hasText: '"seq": 200' }).waitFor();
  await sound("event");
  await page.keyboard.press("Escape");
  await page.locator(".event-marked").waitFor();
  await page.getByRole("button", { name: "Follow the end" }).click();
  await page.getByRole("button", { name: "Following: pause" }).waitFor();
  await page.locator(".event-row", { hasText: "RunFinished" }).first().waitFor();
  assert.ok(await page.locator(".event-row").count() < 80, "only the rows in view are in the page");
  await page.locator(".filter select").filter({ has: page.locator('option[value="RunFinished"]') }).selectOption("RunFinished");
  await page.waitForFunction(() => {
    const types = [...document.querySelectorAll(".event-row .event-type")].map((cell) => cell.textContent);
    return types.length > 0 && types.every((type) => type.includes("RunFinished"));
  });
  await sound("events");
});

test("jobs and the system", async () => {
  for (const [address, title] of [["/jobs", "Jobs"], ["/jobs?tab=list&status=cancelled", "Jobs"], ["/system", "System"]]) {
    await page.goto(server.address + address);
    await page.getByRole("heading", { name: title, level: 1 }).waitFor();
    await page.locator("table tbody tr").first().waitFor();
    await sound(address);
  }
});
