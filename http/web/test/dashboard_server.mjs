// A real server with the shipped data for the test of the dashboard.
import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { once } from "node:events";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const EMAIL = "ops@example.com";
export const PASSWORD = "a long enough password";
const DATA = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../../data");

/** The environment without settings of the program, which would change what is tested. */
function environment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("RUNLEDGER_")));
}

export class Server {
  #process = null;
  #port = 0;

  /** @param directory An empty directory of the caller's. */
  constructor(binary, directory) {
    this.binary = binary;
    this.store = path.join(directory, "store");
  }

  #command(args, input) {
    execFileSync(this.binary, ["--log-level", "warning", "--data", this.store, ...args], { input, env: environment(), stdio: ["pipe", "ignore", "inherit"] });
  }

  /** One administrator, for a store without data. */
  addAdministrator() {
    this.#command(["user", "add", EMAIL, "--role", "admin", "--password-stdin"], `${PASSWORD}\n`);
  }

  /** All that tools/quickstart imports, and one administrator. */
  prepare() {
    for (const kind of ["prices", "rates", "sectors"]) {
      this.#command(["import", kind, path.join(DATA, `${kind}.csv`)]);
    }
    for (const line of readFileSync(path.join(DATA, "portfolios.csv"), "utf8").trim().split("\n").slice(1)) {
      const [name, file, equity, date] = line.split(",");
      this.#command(["import", "portfolio", "--name", name, "--equity", equity, "--equity-date", date, path.join(DATA, file)]);
    }
    this.#command(["import", "flows", path.join(DATA, "flows.csv")]);
    this.addAdministrator();
  }

  #spawn(failpoint) {
    // What is made to fail is logged, and no news.
    return spawn(this.binary, ["--log-level", "warning", "--threads", "1", "--data", this.store, "serve", "--listen", `127.0.0.1:${this.#port}`], {
      env: { ...environment(), ...(failpoint ? { RUNLEDGER_FAILPOINT: failpoint } : {}) }, stdio: ["ignore", "pipe", failpoint ? "ignore" : "inherit"],
    });
  }

  /** Starts it, on the port that it had before if it had one, and waits until it listens.
   * @param failpoint Where it is to die or stand still (schema/failpoint.h); absent: nowhere. */
  async start(failpoint) {
    const listening = this.#spawn(failpoint);
    this.#process = listening;
    let text = "";
    while (!text.includes("\n")) {
      const [some] = await Promise.race([once(listening.stdout, "data"), once(listening, "exit").then(() => { throw new Error("the server ended at its start"); })]);
      text += some;
    }
    this.#port = Number(/http:\/\/127\.0\.0\.1:(\d+)/.exec(text)[1]);
    this.address = `http://127.0.0.1:${this.#port}`;
  }

  get pid() {
    return this.#process.pid;
  }

  /** Stops it in the middle of what it does, until go() is called. */
  stand() {
    this.#process.kill("SIGSTOP");
  }

  go() {
    this.#process.kill("SIGCONT");
  }

  async end(signal) {
    const ending = this.#process;
    if (ending !== null && ending.exitCode === null && ending.signalCode === null) {
      const gone = once(ending, "exit");
      ending.kill(signal);
      await gone;
    }
    this.#process = null;
  }
}
