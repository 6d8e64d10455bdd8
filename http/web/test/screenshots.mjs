// The pictures of docs/images/dashboard: every page of the dashboard in Chromium on real servers.
//   node screenshots.mjs BINARY CHROMIUM FOLDER [BUNDLES]
// BUNDLES: a folder with app.js and app.css to show instead of those that the binary holds.
// Dates and counts are the same each time, times and durations are those of the machine.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";
import { EMAIL, PASSWORD, Server } from "./dashboard_server.mjs";

const [binary, executablePath, folder, bundles] = process.argv.slice(2);
if (!binary || !executablePath || !folder) {
  console.error("usage: node screenshots.mjs BINARY CHROMIUM FOLDER [BUNDLES]");
  process.exit(2);
}

const DESK = { viewport: { width: 1280, height: 800 }, colorScheme: "light" };
const WIDE = { viewport: { width: 1920, height: 1080 }, colorScheme: "dark" };
const PHONE = { viewport: { width: 390, height: 844 }, colorScheme: "light" };
const MANY = 300;
const SYMBOLS = ["AAPL", "ABBV", "AMZN", "BA", "BAC", "COST", "CSCO", "CVX", "DIS", "GE", "GS", "HD", "INTC", "JNJ", "JPM", "KO", "MCD", "MSFT", "PG", "XOM"];
const DESKS = ["Alpha", "Bond", "Core", "Dividend", "Energy", "Factor", "Global", "Health", "Income", "Value"];

mkdirSync(folder, { recursive: true });
const scratch = mkdtempSync(path.join(tmpdir(), "runledger-screenshots-"));
const servers = [];
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-features=LocalNetworkAccessChecks"] });

/** A server of its own directory, and calls of its API. */
class Scene {
  constructor(name) {
    const directory = path.join(scratch, name);
    mkdirSync(directory);
    this.server = new Server(binary, directory);
    servers.push(this.server);
  }

  async call(method, where, body) {
    const answer = await fetch(`${this.server.address}/api/v1/${where}`, {
      method, body, headers: { ...(this.session ? { Authorization: `Bearer ${this.session.token}` } : {}), ...(body ? { "Content-Type": body.startsWith("{") ? "application/json" : "text/csv" } : {}) },
    });
    if (!answer.ok) {
      throw new Error(`${method} ${where}: ${answer.status} ${await answer.text()}`);
    }
    return answer.json();
  }

  async logIn() {
    const { access_token: token } = await this.call("POST", "auth/login", JSON.stringify({ email: EMAIL, password: PASSWORD }));
    this.session = { token, email: EMAIL, role: "admin", expires: Date.now() + 3_600_000 };
  }

  /** Starts a run of all portfolios; its id. */
  async run(first, last, more = "") {
    return (await this.call("POST", `admin/batch/run?start_date=${first}&end_date=${last}${more}`)).batch_run_id;
  }

  /** Waits until no run is active. */
  async idle() {
    while ((await this.call("GET", "admin/batch/run/current")).status === "running") {
      await new Promise((done) => setTimeout(done, 100));
    }
  }

  /** Waits until the current run stands still at its failpoint: nothing more is recorded. */
  async still() {
    for (let before = -1, same = 0; same < 4;) {
      const { as_of_sequence: now } = await this.call("GET", "admin/batch/run/current");
      same = now === before ? same + 1 : 0;
      before = now;
      await new Promise((done) => setTimeout(done, 100));
    }
  }

  /** Takes <name>.png of a page. `arrange` brings the page to what is to be seen. */
  async shoot(name, where, { look = DESK, arrange = null, stranger = false } = {}) {
    const context = await browser.newContext({ ...look, reducedMotion: "reduce", locale: "en-GB", timezoneId: "UTC" });
    if (bundles) {
      await context.route(/\/assets\/app[^/]*\.(js|css)$/, (route) => route.fulfill({ path: path.join(bundles, `app${path.extname(new URL(route.request().url()).pathname)}`) }));
    }
    const page = await context.newPage();
    page.on("pageerror", (error) => { throw error; });
    if (!stranger) {
      await page.addInitScript((session) => sessionStorage.setItem("runledger.session", session), JSON.stringify(this.session));
    }
    await page.goto(this.server.address + where);
    if (stranger) {
      await page.getByLabel("E-mail").fill(EMAIL);
    } else {
      await page.locator('[data-state="live"]').waitFor();
    }
    await arrange?.(page);
    await page.locator("main").waitFor();
    await page.waitForFunction(() => document.querySelector(".state-loading") === null);
    await page.waitForLoadState("networkidle");
    // Canvases draw in the frame after what they show has come.
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    await page.screenshot({ path: path.join(folder, `${name}.png`), animations: "disabled" });
    await context.close();
    console.log(`${name}.png`);
  }
}

async function empty() {
  const scene = new Scene("empty");
  scene.server.addAdministrator();
  await scene.server.start();
  await scene.shoot("login", "/", { stranger: true });
  await scene.logIn();
  await scene.shoot("now-empty", "/");
  await scene.shoot("runs-empty", "/runs");
  await scene.shoot("portfolios-empty", "/portfolios");
  await scene.server.end("SIGTERM");
}

/** Runs that have ended, one that was given up in places, its retry, one that runs. */
async function desk() {
  const scene = new Scene("desk");
  scene.server.prepare();
  await scene.server.start();
  await scene.logIn();
  await scene.run("2017-06-01", "2017-09-29");
  await scene.idle();
  await scene.run("2017-10-02", "2017-11-03");
  await scene.idle();
  await scene.server.end("SIGTERM");

  // From the sixtieth on every attempt fails: each job three times, about one and two seconds apart.
  await scene.server.start("attempt.calculate:60:fail:1000000");
  const failing = await scene.run("2017-11-06", "2017-11-10", "&recalculate=true");
  await scene.shoot("now-retrying", "/", { arrange: (page) => page.locator(".countdown", { hasText: "attempt 3" }).first().waitFor() });
  await scene.idle();
  await scene.shoot("now-failed", "/");
  await scene.shoot("run-failed", `/runs/${failing}?tab=failures`);
  await scene.server.end("SIGTERM");
  await scene.server.start();
  await scene.call("POST", `admin/batch/run/${failing}/retry`);
  await scene.idle();

  const { runs } = await scene.call("GET", "admin/batch/history");
  const first = runs.at(-1).batch_run_id;
  await scene.shoot("runs", "/runs");
  await scene.shoot("run", `/runs/${first}`, { arrange: middle });
  await scene.shoot("portfolios", "/portfolios");
  await scene.shoot("portfolio", "/portfolios/Balanced");
  await scene.shoot("jobs", "/jobs");
  await scene.shoot("events", "/events", { arrange: (page) => page.locator(".event-row").first().waitFor() });
  await scene.shoot("system", "/system");
  await scene.server.end("SIGTERM");

  await scene.server.start("attempt.before_run:3500:hang");
  await scene.run("2017-01-03", "2017-11-10", "&recalculate=true");
  await scene.still();
  const grid = (page) => page.locator(".legend li").first().waitFor();
  await scene.shoot("now-running", "/", { arrange: grid });
  await scene.shoot("now-running-dark", "/", { look: WIDE, arrange: grid });
  await scene.shoot("now-running-phone", "/", { look: PHONE, arrange: grid });
  await scene.server.end("SIGKILL");
}

/** The slider to the middle of the run. */
async function middle(page) {
  const slider = page.getByRole("slider", { name: "Event of the run" });
  await slider.waitFor();
  const [first, last] = [Number(await slider.getAttribute("min")), Number(await slider.getAttribute("max"))];
  const half = Math.floor((first + last) / 2);
  await slider.fill(String(half));
  await page.waitForFunction((seq) => new URL(location.href).search.includes(`at=${seq}`), half);
}

async function scale() {
  const scene = new Scene("scale");
  scene.server.prepare();
  await scene.server.start();
  await scene.logIn();
  for (let n = 0; n < MANY; ++n) {
    const rows = [0, 1, 2, 3].map((k) => `${SYMBOLS[(n * 7 + k * 3) % SYMBOLS.length]},${100 + ((n * 37 + k * 11) % 900)},50,2015-01-02`);
    const name = `${DESKS[n % DESKS.length]} ${String(Math.floor(n / DESKS.length) + 1).padStart(2, "0")}`;
    const query = new URLSearchParams({ name, equity: "500000", equity_date: "2017-06-30", file_name: "positions.csv" });
    await scene.call("POST", `portfolios?${query}`, ["Symbol,Quantity,Entry Price Per Share,Entry Date", ...rows].join("\n"));
  }
  await scene.run("2017-09-01", "2017-11-07");
  await scene.idle();
  const last = await scene.run("2017-11-08", "2017-11-10");
  await scene.idle();
  await scene.shoot("now-scale", "/");
  await scene.shoot("run-scale", `/runs/${last}`, { arrange: middle });
  await scene.shoot("portfolios-scale", "/portfolios");
  await scene.server.end("SIGTERM");
}

try {
  const scenes = { empty, desk, scale };
  const wanted = process.env.RUNLEDGER_SCENES?.split(",") ?? Object.keys(scenes);
  for (const name of wanted) {
    await scenes[name]();
  }
} finally {
  await browser.close();
  for (const server of servers) {
    await server.end("SIGKILL");
  }
  rmSync(scratch, { recursive: true, force: true });
}
