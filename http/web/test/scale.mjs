// How the dashboard bears a large store, in Chromium on a real server:
//   node scale.mjs BINARY CHROMIUM LARGE_STORE PORTFOLIOS DAYS
// LARGE_STORE is the program that makes the store (bench/large_store.cc). Times in ms. No pass or
// fail: figures for docs/performance.md.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { chromium } from "playwright-core";
import { EMAIL, PASSWORD, Server } from "./dashboard_server.mjs";

const [binary, executablePath, maker, portfolios, days] = process.argv.slice(2);
if (!binary || !executablePath || !maker || !(Number(portfolios) > 0) || !(Number(days) > 0)) {
  console.error("usage: node scale.mjs BINARY CHROMIUM LARGE_STORE PORTFOLIOS DAYS");
  process.exit(2);
}
// RUNLEDGER_SCALE_STORE: a folder to keep the store in, and to take it from the next time.
const kept = process.env.RUNLEDGER_SCALE_STORE;
const directory = kept ?? mkdtempSync(path.join(tmpdir(), "runledger_scale_"));
mkdirSync(directory, { recursive: true });
const server = new Server(binary, directory);
let token = "";

async function call(target, method = "GET", body = undefined) {
  const headers = { ...(token ? { Authorization: `Bearer ${token}` } : {}), ...(body ? { "Content-Type": "application/json" } : {}) };
  const began = performance.now();
  const answer = await fetch(`${server.address}/api/v1/${target}`, { method, headers, body });
  const text = await answer.text();
  return { value: JSON.parse(text), bytes: text.length, ms: performance.now() - began };
}

/** A tab of its own in which long tasks, frames and what `drawn` selects are watched from the beginning. */
async function tab(browser, drawn) {
  const context = await browser.newContext({ viewport: { width: 1920, height: 1080 } });
  const page = await context.newPage();
  page.on("pageerror", (error) => { throw error; });
  await page.addInitScript(([session, selector]) => {
    sessionStorage.setItem("runledger.session", session);
    window.longTasks = [];
    new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: "longtask", buffered: true });
    window.frames_ = [];
    let last = performance.now();
    const frame = (now) => {
      window.frames_.push(now - last);
      last = now;
      if (!window.drawnAt && document.querySelector(selector)?.width > 0) {
        // Drawn in this frame, so seen in the next.
        requestAnimationFrame((next) => { window.drawnAt = next; });
      }
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }, [JSON.stringify({ token, email: EMAIL, role: "admin", expires: Date.now() + 3_600_000 }), drawn]);
  return page;
}

async function busy(page) {
  const { tasks, frames } = await page.evaluate(() => ({ tasks: window.longTasks.splice(0), frames: window.frames_.splice(0) }));
  frames.sort((a, b) => a - b);
  const at = (share) => Math.round(frames[Math.min(frames.length - 1, Math.floor(share * frames.length))] ?? 0);
  return `long tasks ${tasks.length}, longest ${Math.round(Math.max(0, ...tasks))}; frames ${frames.length}, p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)}`;
}

async function opened(page, where, name) {
  await page.goto(server.address + where);
  await page.waitForFunction(() => window.drawnAt > 0, null, { timeout: 120_000 });
  const at = await page.evaluate(() => ({ paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0, drawn: window.drawnAt }));
  await pause(1000);
  console.log(`${name}: first paint ${Math.round(at.paint)}, grid drawn ${Math.round(at.drawn)}; ${await busy(page)}`);
}

/** Zooms in at the middle, moves about, and zooms out again. */
async function exercise(page, selector, name) {
  const box = await page.locator(selector).first().boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await busy(page);
  await page.keyboard.down("Control");
  for (let step = 0; step < 12; ++step) {
    await page.mouse.wheel(0, -120);
    await pause(30);
  }
  await page.keyboard.up("Control");
  console.log(`${name}, zooming in: ${await busy(page)}`);
  for (let step = 0; step < 60; ++step) {
    await page.mouse.wheel(step % 2 === 0 ? 300 : 0, step % 2 === 0 ? 0 : 400);
    await page.mouse.move(box.x + box.width / 2 + step * 3, box.y + box.height / 2 + step);
    await pause(30);
  }
  console.log(`${name}, scrolling: ${await busy(page)}`);
  await page.keyboard.down("Control");
  for (let step = 0; step < 16; ++step) {
    await page.mouse.wheel(0, 120);
    await pause(30);
  }
  await page.keyboard.up("Control");
  console.log(`${name}, zooming out: ${await busy(page)}`);
}

async function freshness(browser, { from, to }) {
  const query = `from=${from}&to=${to}`;
  for (const which of ["cold", "warm"]) {
    const answer = await call(`portfolios/freshness?${query}`);
    console.log(`freshness, ${answer.value.portfolios.length} x ${answer.value.dates.length}, ${which}: ${Math.round(answer.ms)}, ${answer.bytes} bytes`);
  }
  const page = await tab(browser, ".portfolio-grid canvas");
  for (const which of ["first", "second"]) {
    await opened(page, `/portfolios?${query}`, `freshness page, ${which} time`);
  }
  await exercise(page, ".portfolio-grid canvas", "freshness page");
  await page.context().close();
}

async function largeRun(browser) {
  const { runs } = (await call("admin/batch/history?limit=100&days=36500")).value;
  const run = runs.reduce((most, one) => (one.total_jobs > most.total_jobs ? one : most));
  const name = `run of ${run.total_jobs} jobs`;
  const page = await tab(browser, ".grid-place canvas");
  await opened(page, `/runs/${run.batch_run_id}`, name);
  await exercise(page, ".grid-place canvas", name);
  await page.context().close();
}

/** The page open while every portfolio is computed for a day. */
async function liveRun(browser, day) {
  const page = await tab(browser, ".grid-place canvas");
  await opened(page, "/", "the page Now before a run");
  const run = (await call(`admin/batch/run?as_of=${day}&recalculate=true`, "POST")).value.batch_run_id;
  await page.waitForFunction((id) => document.querySelector(`a[href="/runs/${id}"]`) !== null, run);
  while ((await call("admin/batch/run/current")).value.status === "running") {
    await pause(250);
  }
  await page.getByRole("heading", { name: "Last run" }).waitFor();
  const { total_jobs: jobs, duration_seconds: seconds } = (await call(`admin/batch/run/${run}`)).value;
  console.log(`live run of ${jobs} jobs in ${seconds.toFixed(1)} s, from its start to its end: ${await busy(page)}`);
  await page.context().close();
}

/** What the store holds; made if it is not there. */
function store() {
  const described = path.join(directory, "made.json");
  if (!existsSync(described)) {
    const began = performance.now();
    const made = execFileSync(maker, [path.join(directory, "store"), portfolios, days], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
    console.log(`made in ${Math.round((performance.now() - began) / 1000)} s`);
    server.addAdministrator();
    writeFileSync(described, made);
  }
  return JSON.parse(readFileSync(described, "utf8"));
}

async function main() {
  const made = store();
  console.log(`${made.portfolios} portfolios, ${made.from} to ${made.to}, ${made.jobs} jobs`);
  await server.start();
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    token = (await call("auth/login", "POST", JSON.stringify({ email: EMAIL, password: PASSWORD }))).value.access_token;
    await freshness(browser, made);
    await largeRun(browser);
    await liveRun(browser, made.to);
  } finally {
    await browser.close();
    await server.end("SIGTERM");
    if (!kept) {
      rmSync(directory, { recursive: true, force: true });
    }
  }
}

await main();
