// What a subscriber of the live feed knows, apart from sockets and timers. A Node test imports it.
import type { CurrentRun, LogEvent } from "./model";

export type Frame =
  | { type: "snapshot"; as_of_seq: number; store_id: string; run: CurrentRun | null }
  | { type: "event"; event: LogEvent }
  | { type: "position"; seq: number }
  | { type: "caught_up"; seq: number }
  | { type: "gap"; requested: number; committed: number; kept_from?: number }
  | { type: "bye"; resume_after: number }
  | { type: "error"; status: number; code: string; detail: string };

/** What a frame means for those who listen. */
export type Outcome =
  | { kind: "event"; event: LogEvent }
  | { kind: "caught_up" }
  | { kind: "reset"; why: "another_store" | "pruned" | "missed" }
  | { kind: "bye" }
  | { kind: "refused"; status: number; code: string; detail: string }
  | { kind: "nothing" };

const NOTHING: Outcome = { kind: "nothing" };

/** The position in the log. Events at or before it have been handed on: they never come twice. */
export class Cursor {
  /** Largest sequence seen; null: start with the present state. */
  seq: number | null = null;
  storeId: string | null = null;
  /** Has the server said that everything has been sent, on this connection? */
  caughtUp = false;

  /** The first frame of a connection. */
  subscribe(token: string): string {
    this.caughtUp = false;
    return JSON.stringify({ type: "subscribe", after_seq: this.seq, token });
  }

  accept(frame: Frame): Outcome {
    switch (frame.type) {
      case "event":
        if (this.seq !== null && frame.event.seq <= this.seq) {
          return NOTHING;
        }
        this.seq = frame.event.seq;
        return { kind: "event", event: frame.event };
      case "position":
        this.seq = Math.max(this.seq ?? 0, frame.seq);
        return NOTHING;
      case "caught_up":
        this.seq = Math.max(this.seq ?? 0, frame.seq);
        this.caughtUp = true;
        return { kind: "caught_up" };
      case "snapshot":
        return this.onSnapshot(frame.as_of_seq, frame.store_id);
      case "gap":
        if (frame.kept_from === undefined) {
          this.seq = null;
          return { kind: "reset", why: "another_store" };
        }
        this.seq = frame.kept_from - 1;
        return { kind: "reset", why: "pruned" };
      case "bye":
        this.seq = Math.max(this.seq ?? 0, frame.resume_after);
        return { kind: "bye" };
      case "error":
        return { kind: "refused", status: frame.status, code: frame.code, detail: frame.detail };
      default:
        return NOTHING;
    }
  }

  private onSnapshot(seq: number, storeId: string): Outcome {
    const other = this.storeId !== null && this.storeId !== storeId;
    const jumped = this.seq !== null && seq !== this.seq;
    this.seq = seq;
    this.storeId = storeId;
    return other ? { kind: "reset", why: "another_store" } : jumped ? { kind: "reset", why: "missed" } : NOTHING;
  }
}

/**
 * Milliseconds to wait before attempt `attempt` (0, 1, 2 ...) to connect: doubling from 250 ms, at most
 * 10 s, spread over the upper half by `random` in [0, 1) so that many clients do not come together.
 */
export function backoff(attempt: number, random: number): number {
  const full = Math.min(10_000, 250 * 2 ** Math.min(attempt, 16));
  return Math.round(full / 2 + (full / 2) * random);
}

/**
 * Joins a state that was fetched with the events that came meanwhile: `offer` events from the moment
 * the fetch began, `settle` with the sequence of the state; what is newer is handed on, once.
 */
export class Joiner {
  private waiting: LogEvent[] | null = [];
  private after = 0;

  constructor(private readonly deliver: (events: LogEvent[]) => void) {}

  offer(events: readonly LogEvent[]): void {
    if (this.waiting !== null) {
      for (const event of events) {
        this.waiting.push(event);
      }
      return;
    }
    const last = events[events.length - 1];
    if (last === undefined || last.seq <= this.after) {
      return;
    }
    const fresh = (events[0]?.seq ?? 0) > this.after ? [...events] : events.filter((event) => event.seq > this.after);
    this.after = last.seq;
    this.deliver(fresh);
  }

  /** The state is there, as of `seq`. */
  settle(seq: number): void {
    const waiting = this.waiting ?? [];
    this.waiting = null;
    this.after = seq;
    this.offer(waiting);
  }

  /** A new fetch begins: hold back again. Events that were held stay held. */
  restart(): void {
    this.waiting ??= [];
  }
}
