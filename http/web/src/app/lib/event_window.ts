// The part of the log that the page of events holds: contiguous under a filter, bounded, growing at
// both ends. Pure: a Node test imports it.
import { duration } from "./format";
import type { LogEvent } from "./model";

/** So many events are kept; older ones are read again when one scrolls back to them. */
export const KEPT_MAX = 20_000;

export interface EventFilter { run: string | null; portfolio: string | null; jobType: string | null; type: string | null }

export function fits(filter: EventFilter, event: LogEvent): boolean {
  return (filter.run === null || event.run_id === filter.run)
    && (filter.portfolio === null || event.portfolio_id === filter.portfolio)
    && (filter.jobType === null || event.job_type === filter.jobType)
    && (filter.type === null || event.type === filter.type);
}

export class EventWindow {
  rows: LogEvent[] = [];
  /** All events after this one have been looked at ... */
  after: number;
  /** ... up to this one. */
  through: number;

  /** @param after Where the window begins: empty, just after this sequence. */
  constructor(private readonly filter: EventFilter, after: number, private readonly most = KEPT_MAX) {
    this.after = after;
    this.through = after;
  }

  /** Adds events that follow, all up to `through` having been looked at. Returns how many rows left at the front. */
  append(events: readonly LogEvent[], through: number): number {
    for (const event of events) {
      if (event.seq > this.through && fits(this.filter, event)) {
        this.rows.push(event);
      }
    }
    this.through = Math.max(this.through, through);
    const gone = Math.max(0, this.rows.length - this.most);
    if (gone > 0) {
      this.rows = this.rows.slice(gone);
      this.after = (this.rows[0]?.seq ?? this.through + 1) - 1;
    }
    return gone;
  }

  /** Adds events before, all after `after` having been looked at. Returns how many rows came in front. */
  prepend(events: readonly LogEvent[], after: number): number {
    const fresh = events.filter((event) => event.seq <= this.after && event.seq > after && fits(this.filter, event));
    this.rows = [...fresh, ...this.rows];
    this.after = Math.min(this.after, after);
    if (this.rows.length > this.most) {
      this.rows.length = this.most;
      this.through = this.rows[this.most - 1]?.seq ?? this.through;
    }
    return fresh.length;
  }

  /** Index of the first row at or after a sequence. */
  indexOf(seq: number): number {
    let low = 0;
    let high = this.rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.rows[middle]?.seq ?? 0) < seq) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}

/** Rows of equal height that a view shows, with some to spare on both sides. */
export function rowsInView(scroll: number, view: number, row: number, total: number, spare = 12): { first: number; end: number } {
  const first = Math.max(0, Math.min(total, Math.floor(scroll / row)) - spare);
  return { first, end: Math.min(total, Math.ceil((scroll + view) / row) + spare) };
}

const TONES: Record<string, string> = {
  JobSucceeded: "succeeded", JobFailed: "failed", JobSkipped: "skipped", JobCancelled: "cancelled", JobAttempted: "running",
  JobRetryScheduled: "retrying", JobInterrupted: "interrupted", JobProgressed: "running", RunRejected: "rejected",
  RunCancelRequested: "cancelling", RunStarted: "running", RunResumed: "running", AccessDenied: "failed",
};

/** The status that an event's symbol shows. */
export function toneOfEvent(event: LogEvent): string {
  if (event.type === "JobSucceeded" && Array.isArray(event["warnings"]) && event["warnings"].length > 0) {
    return "succeeded_with_warnings";
  }
  return event.type === "RunFinished" ? String(event["status"] ?? "completed") : TONES[event.type] ?? "pending";
}

const HIDDEN = new Set([
  "seq", "time", "type", "run_id", "job_id", "portfolio_id", "job_type", "as_of", "previous_hash", "causation_seq", "input_hash", "result_hash",
  "content_hash", "formula_version", "epoch", "records_processed", "unit", "duration_seconds",
]);
const FIRST = ["error", "message", "reason", "status", "name", "file_name", "what", "email", "warnings", "data_quality", "attempt"];

/** The payload of an event in one line: what matters first, ids and hashes left out. */
export function eventLine(event: LogEvent): string {
  const names = Object.keys(event).filter((name) => !HIDDEN.has(name));
  const rank = (name: string): number => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  const parts: string[] = [];
  if (typeof event["records_processed"] === "number" && typeof event["unit"] === "string") {
    parts.push(`${event["records_processed"]} ${event["unit"]}`);
  }
  if (typeof event["duration_seconds"] === "number") {
    parts.push(`took ${duration(event["duration_seconds"])}`);
  }
  for (const name of names.sort((a, b) => rank(a) - rank(b))) {
    const value = event[name];
    if (value === null || value === undefined || value === "" || value === false || (Array.isArray(value) && value.length === 0)) {
      continue;
    }
    const title = name.replace(/_/g, " ");
    if (Array.isArray(value)) {
      parts.push(value.every((one) => typeof one === "string") && value.length <= 3 ? `${title} ${value.join(", ")}` : `${value.length} ${title}`);
    } else if (typeof value === "object") {
      const inner = value as Record<string, unknown>;
      if (typeof inner["quality_flag"] === "string") {
        parts.push(`quality ${inner["quality_flag"]}`);
      } else if (typeof inner["jobs"] === "object" && inner["jobs"] !== null) {
        const jobs = inner["jobs"] as Record<string, unknown>;
        parts.push(`${String(jobs["completed"])} of ${String(jobs["total"])} jobs succeeded, ${String(jobs["failed"])} failed`);
      } else {
        parts.push(title);
      }
    } else if (typeof value === "number" && !Number.isInteger(value)) {
      parts.push(`${title} ${Number(value.toPrecision(3))}`);
    } else {
      parts.push(value === true ? title : `${title} ${String(value)}`);
    }
  }
  return parts.join(" \u00b7 ");
}

export const EVENT_TYPES = [
  "RunRequested", "RunRejected", "RunPlanned", "RunStarted", "RunResumed", "RunCancelRequested", "RunFinished", "JobAttempted", "JobProgressed",
  "JobSucceeded", "JobFailed", "JobRetryScheduled", "JobSkipped", "JobCancelled", "JobInterrupted", "PortfolioImported", "PortfolioDeleted",
  "PricesIngested", "RatesIngested", "SectorsIngested", "QuotesIngested", "SplitsIngested", "DividendsIngested", "FlowsIngested",
  "ParametersChanged", "ScenariosChanged", "AccessGranted", "AccessDenied", "EngineStarted", "LogPruned",
] as const;
