// The one connection of a page to /api/v1/live, shared by all who listen. Reconnects by itself and
// goes on where it was: no event is lost, none comes twice (live_protocol.ts).
import { effect, signal } from "@preact/signals";
import { get } from "./api";
import { backoff, Cursor, type Frame } from "./live_protocol";
import type { CurrentRun, LogEvent } from "./model";
import { end, session } from "./session";

export type LiveState =
  | { kind: "off" }
  | { kind: "connecting"; since: number; lost: number | null }
  | { kind: "catching_up"; since: number; lost: number | null }
  | { kind: "live"; since: number }
  | { kind: "disconnected"; lost: number; retryAt: number; attempt: number; why: string };

export interface Listener {
  /** Events in order, those of one animation frame together. */
  events?: (events: LogEvent[]) => void;
  /** What was known is void (another store, pruned, missed): load anew. */
  reset?: () => void;
  /** The connection is live again after it was lost. */
  recovered?: () => void;
}

/** The state of the connection; `lost` is when events ceased to come. */
export const liveState = signal<LiveState>({ kind: "off" });
/** The newest sequence that has been handed to listeners. */
export const liveSeq = signal(0);

/** No frame for so long: ask over HTTP whether the server is there and what it has. */
const SILENCE_MS = 15_000;
const CONNECT_TIMEOUT_MS = 10_000;
const HIDDEN_FLUSH_MS = 500;
/** A burst is handed on in pieces, a frame each, so that the page stays fluent; larger ones if much waits. */
const FRAME_EVENTS = 1000;
const FRAME_EVENTS_MAX = 8000;

class LiveClient {
  private readonly cursor = new Cursor();
  private readonly listeners = new Set<Listener>();
  private queue: LogEvent[] = [];
  private socket: WebSocket | null = null;
  private scheduled = false;
  private caughtUp = false;
  private attempt = 0;
  private retry = 0;
  private watchdog = 0;
  private lastFrame = 0;
  private lost: number | null = null;
  private token: string | null = null;

  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  start(token: string): void {
    if (this.token === token) {
      return;
    }
    this.stop();
    this.token = token;
    this.watchdog = window.setInterval(() => void this.checkSilence(), 5000);
    this.connect();
  }

  stop(): void {
    this.token = null;
    window.clearTimeout(this.retry);
    window.clearInterval(this.watchdog);
    this.drop();
    this.attempt = 0;
    this.lost = null;
    liveState.value = { kind: "off" };
  }

  /** Try now instead of waiting. */
  hurry(): void {
    if (this.token !== null && liveState.value.kind === "disconnected") {
      window.clearTimeout(this.retry);
      this.connect();
    }
  }

  /** The network has gone: say so at once. */
  offline(): void {
    if (this.socket !== null) {
      this.lose("The browser is offline.");
    }
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    this.caughtUp = false;
    if (socket !== null) {
      socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
      socket.close();
    }
  }

  private connect(): void {
    const token = this.token;
    if (token === null) {
      return;
    }
    this.drop();
    liveState.value = { kind: "connecting", since: Date.now(), lost: this.lost };
    const scheme = window.location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${window.location.host}/api/v1/live`);
    this.socket = socket;
    this.lastFrame = Date.now();
    const timeout = window.setTimeout(() => this.socket === socket && this.lose("No answer."), CONNECT_TIMEOUT_MS);
    socket.onopen = () => {
      window.clearTimeout(timeout);
      this.lastFrame = Date.now();
      socket.send(this.cursor.subscribe(token));
      liveState.value = { kind: "catching_up", since: Date.now(), lost: this.lost };
    };
    socket.onmessage = (message) => {
      this.lastFrame = Date.now();
      this.onFrame(JSON.parse(message.data as string) as Frame);
    };
    socket.onclose = (event) => {
      window.clearTimeout(timeout);
      this.lose(event.code === 1012 ? "The server has stopped." : "The connection was closed.");
    };
  }

  private onFrame(frame: Frame): void {
    const outcome = this.cursor.accept(frame);
    switch (outcome.kind) {
      case "event":
        this.queue.push(outcome.event);
        this.schedule();
        break;
      case "caught_up":
        // It is live when what was sent has also been shown.
        this.caughtUp = true;
        this.schedule();
        break;
      case "reset":
        this.queue = [];
        this.listeners.forEach((listener) => listener.reset?.());
        break;
      case "bye":
        this.lose("The server has stopped.");
        break;
      case "refused":
        if (outcome.status === 401) {
          this.stop();
          end();
        } else {
          this.lose(outcome.detail);
        }
        break;
      case "nothing":
        break;
    }
  }

  private onCaughtUp(): void {
    const recovered = this.lost !== null;
    this.attempt = 0;
    this.lost = null;
    liveState.value = { kind: "live", since: Date.now() };
    if (recovered) {
      this.listeners.forEach((listener) => listener.recovered?.());
    }
  }

  private lose(why: string): void {
    this.drop();
    if (this.token === null) {
      return;
    }
    this.lost ??= Date.now();
    const wait = backoff(this.attempt, Math.random());
    this.attempt += 1;
    liveState.value = { kind: "disconnected", lost: this.lost, retryAt: Date.now() + wait, attempt: this.attempt, why };
    window.clearTimeout(this.retry);
    this.retry = window.setTimeout(() => this.connect(), wait);
  }

  /** A socket can be dead without anybody noticing; the log's end over HTTP tells. */
  private async checkSilence(): Promise<void> {
    const socket = this.socket;
    if (socket === null || liveState.value.kind === "connecting" || Date.now() - this.lastFrame < SILENCE_MS) {
      return;
    }
    const seen = this.cursor.seq ?? 0;
    const abort = new AbortController();
    const timeout = window.setTimeout(() => abort.abort(), CONNECT_TIMEOUT_MS);
    const answer = await get<CurrentRun>("/api/v1/admin/batch/run/current", undefined, abort.signal);
    window.clearTimeout(timeout);
    if (this.socket !== socket) {
      return;
    }
    if (!answer.ok) {
      this.lose("The server does not answer.");
    } else if (answer.value.as_of_sequence > seen && (this.cursor.seq ?? 0) === seen) {
      // Give what is on its way a moment, then believe that nothing is.
      window.setTimeout(() => this.socket === socket && this.cursor.seq === seen && this.lose("Nothing came."), 2000);
    } else {
      this.lastFrame = Date.now();
    }
  }

  private schedule(): void {
    if (this.scheduled) {
      return;
    }
    this.scheduled = true;
    // A hidden page has no animation frames; its queue must not grow for ever.
    if (document.hidden) {
      window.setTimeout(() => this.flush(), HIDDEN_FLUSH_MS);
    } else {
      window.requestAnimationFrame(() => this.flush());
      window.setTimeout(() => this.scheduled && document.hidden && this.flush(), HIDDEN_FLUSH_MS * 2);
    }
  }

  private flush(): void {
    if (!this.scheduled) {
      return;
    }
    this.scheduled = false;
    const piece = Math.min(FRAME_EVENTS_MAX, Math.max(FRAME_EVENTS, Math.ceil(this.queue.length / 8)));
    const events = this.queue.splice(0, document.hidden ? this.queue.length : piece);
    if (this.queue.length > 0) {
      this.schedule();
    }
    liveSeq.value = this.queue.length > 0 ? events[events.length - 1]!.seq : this.cursor.seq ?? 0;
    if (events.length > 0) {
      this.listeners.forEach((listener) => listener.events?.(events));
    }
    if (this.caughtUp && this.queue.length === 0) {
      this.caughtUp = false;
      this.onCaughtUp();
    }
  }
}

const client = new LiveClient();

/** Hears of events until the returned function is called. */
export function listen(listener: Listener): () => void {
  return client.listen(listener);
}

/** Tries to connect at once, if it is waiting to. */
export function hurry(): void {
  client.hurry();
}

/** Keeps the connection open while somebody is logged in. Called once. */
export function startLive(): void {
  window.addEventListener("online", () => client.hurry());
  window.addEventListener("offline", () => client.offline());
  document.addEventListener("visibilitychange", () => !document.hidden && client.hurry());
  effect(() => {
    const token = session.value?.token;
    if (token) {
      client.start(token);
    } else {
      client.stop();
    }
  });
}
