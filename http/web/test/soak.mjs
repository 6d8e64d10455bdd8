// How much memory an open dashboard and its server need while run follows run, and how long the page
// is kept busy: node soak.mjs BINARY CHROMIUM MINUTES
// A row every half minute, after a collection of garbage. No pass or fail: figures for
// docs/performance.md.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { chromium } from "playwright-core";
import { EMAIL, PASSWORD, Server } from "./dashboard_server.mjs";

const [binary, executablePath, minutes] = process.argv.slice(2);
if (!binary || !executablePath || !(Number(minutes) > 0)) {
  console.error("usage: node soak.mjs BINARY CHROMIUM MINUTES");
  process.exit(2);
}
const EVERY_MS = 30_000;
const directory = mkdtempSync(path.join(tmpdir(), "runledger_soak_"));
const server = new Server(binary, directory);

/** Starts a run of seventy days as soon as the one before has ended. */
async function runForEver(token, until) {
  const call = (target, method = "GET") => fetch(server.address + target, { method, headers: { Authorization: `Bearer ${token}` } });
  while (Date.now() < until) {
    const current = await (await call("/api/v1/admin/batch/run/current")).json();
    if (current.status === "idle") {
      await call("/api/v1/admin/batch/run?start_date=2017-08-01&end_date=2017-11-10&recalculate=true", "POST");
    }
    await pause(1000);
  }
}

function serverMegabytes() {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))[1]) / 1024;
}

async function main() {
  server.prepare();
  await server.start();
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    const devtools = await page.context().newCDPSession(page);
    await page.addInitScript(() => {
      window.longTasks = [];
      new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: "longtask", buffered: true });
    });
    await page.goto(`${server.address}/`);
    await page.getByLabel("E-mail").fill(EMAIL);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.locator('[data-state="live"]').waitFor();
    const login = await fetch(`${server.address}/api/v1/auth/login`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ email: EMAIL, password: PASSWORD }) });
    const began = Date.now();
    const until = began + Number(minutes) * 60_000;
    const runs = runForEver((await login.json()).access_token, until);
    console.log("minute    events  page heap MB  page nodes  server MB  long tasks  longest ms");
    for (let at = began; at < until; at += EVERY_MS) {
      await pause(Math.max(0, at + EVERY_MS - Date.now()));
      await devtools.send("HeapProfiler.collectGarbage");
      const { usedSize } = await devtools.send("Runtime.getHeapUsage");
      const { nodes } = await devtools.send("Memory.getDOMCounters");
      const tasks = await page.evaluate(() => window.longTasks.splice(0));
      const { committed } = await (await fetch(`${server.address}/readyz`)).json();
      console.log([
        ((Date.now() - began) / 60_000).toFixed(1).padStart(6), String(committed).padStart(9), (usedSize / 2 ** 20).toFixed(1).padStart(13),
        String(nodes).padStart(11), serverMegabytes().toFixed(0).padStart(10), String(tasks.length).padStart(11), Math.max(0, ...tasks).toFixed(0).padStart(11),
      ].join(" "));
    }
    await runs;
  } finally {
    await browser.close();
    await server.end("SIGTERM");
    rmSync(directory, { recursive: true, force: true });
  }
}

await main();
