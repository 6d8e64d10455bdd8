// The attempts of a run by worker slot, kept up to date by events. Columns of numbers that grow, so a
// hundred thousand attempts are some megabytes. Pure: a Node test imports it.
import type { ErrorCategory, LogEvent, TimelineDocument } from "./model";
import type { RunGrid } from "./run_grid";

/** Characters of `outcome`: succeeded, with warnings, failed, failed and to be retried, interrupted, cancelled, running. */
export const OUTCOMES = "swfyicr";
export const OPEN = 6;

export interface Retry { job: number; attempt: number; due: string; category: ErrorCategory; error: string }

/** `next` with the beginning of `old`, which is no longer. */
function grown<T extends Uint32Array | Int32Array | Uint8Array | Float64Array>(old: T, next: T): T {
  next.set(old);
  return next;
}

export class RunTimeline {
  size = 0;
  slots = 0;
  /**
   * Columns; valid up to `size`. Times are ms since the run was requested; an open attempt ends at NaN.
   * Slot -1: waits for a worker, as far as can be told.
   */
  job = new Uint32Array(0);
  attempt = new Uint8Array(0);
  slot = new Int32Array(0);
  start = new Float64Array(0);
  end = new Float64Array(0);
  outcome = new Uint8Array(0);
  /** Jobs that wait for their next attempt. */
  readonly retries = new Map<number, Retry>();
  /** The latest time in it. */
  last = 0;
  atSeq: number;
  private readonly open = new Map<number, number>();
  /** When the last attempt of each slot ended. */
  private readonly slotEnd: number[] = [];
  private readonly origin: number;

  constructor(document: TimelineDocument, requestedAt: string) {
    this.origin = Date.parse(requestedAt);
    this.atSeq = document.at_seq;
    const { job, attempt, slot, start_ms, duration_ms, outcome } = document.attempts;
    this.makeRoom(job.length);
    for (let at = 0; at < job.length; at += 1) {
      const length = duration_ms[at] ?? null;
      const code = Math.max(0, OUTCOMES.indexOf(outcome.charAt(at)));
      const begun = start_ms[at] ?? 0;
      this.add(job[at] ?? 0, attempt[at] ?? 1, begun);
      if (length !== null && code !== OPEN) {
        this.close(this.size - 1, begun, begun + length, code, slot[at] ?? 0);
      }
    }
    this.slots = Math.max(this.slots, document.slots);
    document.retries.forEach((retry) => this.retries.set(retry.job, retry));
  }

  /** Milliseconds from the run's request to an instant. */
  at(instant: string | number): number {
    return (typeof instant === "number" ? instant : Date.parse(instant)) - this.origin;
  }

  /** The instant of a time of this line, in ms since 1970. */
  instant(ms: number): number {
    return this.origin + ms;
  }

  /** Takes an event of a job in; true if a picture of it would change. */
  fold(event: LogEvent, job: number): boolean {
    if (event.seq <= this.atSeq) {
      return false;
    }
    this.atSeq = event.seq;
    if (job < 0) {
      return false;
    }
    const now = this.at(event.time);
    switch (event.type) {
      case "JobAttempted":
        this.retries.delete(job);
        this.add(job, event.attempt ?? 1, now);
        return true;
      case "JobRetryScheduled":
        this.retries.set(job, {
          job, attempt: event.attempt ?? 1, due: String(event["due"]), category: event["category"] as ErrorCategory, error: String(event["error"]),
        });
        return this.finish(job, now, 3);
      case "JobSucceeded":
        return this.finish(job, now, (event["warnings"] as unknown[]).length > 0
          || (event["data_quality"] as { quality_flag: string }).quality_flag !== "full" ? 1 : 0, 1000 * (event["duration_seconds"] as number));
      case "JobFailed": return this.finish(job, now, 2);
      case "JobInterrupted": return this.finish(job, now, 4);
      case "JobCancelled": return this.finish(job, now, 5);
      default: return false;
    }
  }

  /** How many attempts are under way. */
  get running(): number {
    return this.open.size;
  }

  /**
   * Of those under way the oldest are taken to compute, one a slot, from the end of the one before;
   * the rest wait. To be called before slots and begins of open attempts are read.
   */
  arrange(): void {
    let next = 0;
    for (const at of this.open.values()) {
      this.slot[at] = next < this.slots ? next : -1;
      if (next < this.slots) {
        this.start[at] = Math.max(this.start[at]!, this.slotEnd[next] ?? 0);
      }
      next += 1;
    }
  }

  private makeRoom(length: number): void {
    this.job = grown(this.job, new Uint32Array(length));
    this.attempt = grown(this.attempt, new Uint8Array(length));
    this.slot = grown(this.slot, new Int32Array(length));
    this.start = grown(this.start, new Float64Array(length));
    this.end = grown(this.end, new Float64Array(length));
    this.outcome = grown(this.outcome, new Uint8Array(length));
  }

  private add(job: number, attempt: number, start: number): void {
    const at = this.size;
    if (at === this.job.length) {
      this.makeRoom(Math.max(256, at * 2));
    }
    this.job[at] = job;
    this.attempt[at] = attempt;
    this.slot[at] = -1;
    this.start[at] = start;
    this.end[at] = Number.NaN;
    this.outcome[at] = OPEN;
    this.size = at + 1;
    this.slots = Math.max(this.slots, 1);
    this.last = Math.max(this.last, start);
    this.open.set(job, at);
  }

  /** `computing` in ms, if the event says so; the rest of the time since the attempt it waited, as far as can be told. */
  private finish(job: number, end: number, outcome: number, computing: number | null = null): boolean {
    if (outcome !== 3) {
      this.retries.delete(job);
    }
    const at = this.open.get(job);
    if (at === undefined) {
      return outcome !== 3;
    }
    const attempted = Math.min(this.start[at]!, end);
    const took = computing === null ? null : Math.min(computing, end - attempted);
    // As the server lays them out: into the slot that it leaves idle for the least time.
    let slot = -1;
    this.slotEnd.forEach((until, index) => {
      if (until <= end - (took ?? 0) && (slot < 0 || until > this.slotEnd[slot]!)) {
        slot = index;
      }
    });
    const begun = slot < 0 ? attempted : Math.max(attempted, this.slotEnd[slot]!);
    this.close(at, begun, took === null ? end : begun + took, outcome, slot < 0 ? this.slotEnd.length : slot);
    return true;
  }

  private close(at: number, begun: number, end: number, outcome: number, slot: number): void {
    this.start[at] = begun;
    this.end[at] = end;
    this.outcome[at] = outcome;
    this.slot[at] = slot;
    while (this.slotEnd.length <= slot) {
      this.slotEnd.push(0);
    }
    this.slotEnd[slot] = Math.max(this.slotEnd[slot]!, end);
    this.slots = Math.max(this.slots, this.slotEnd.length);
    this.last = Math.max(this.last, end);
    this.open.delete(this.job[at]!);
  }
}

export interface TypeDuration { type: string; attempts: number; failed: number; p50: number; p95: number; max: number; total: number }

/** Durations of ended attempts by job type, in seconds, the longest in total first. */
export function durationsByType(timeline: RunTimeline, grid: RunGrid): TypeDuration[] {
  const lengths = new Map<string, number[]>();
  const failed = new Map<string, number>();
  for (let at = 0; at < timeline.size; at += 1) {
    const length = (timeline.end[at]! - timeline.start[at]!) / 1000;
    if (Number.isNaN(length)) {
      continue;
    }
    const type = grid.typeOf(timeline.job[at]!);
    const list = lengths.get(type) ?? [];
    list.push(length);
    lengths.set(type, list);
    if (timeline.outcome[at] === 2 || timeline.outcome[at] === 3) {
      failed.set(type, (failed.get(type) ?? 0) + 1);
    }
  }
  return [...lengths].map(([type, list]) => {
    list.sort((a, b) => a - b);
    const quantile = (q: number): number => list[Math.min(list.length - 1, Math.ceil(q * list.length) - 1)] ?? 0;
    return {
      type, attempts: list.length, failed: failed.get(type) ?? 0, p50: quantile(0.5), p95: quantile(0.95),
      max: list[list.length - 1] ?? 0, total: list.reduce((sum, one) => sum + one, 0),
    };
  }).sort((a, b) => b.total - a.total);
}
