// Sentences about runs and events. Pure.
import { count, duration, errorWords, jobType, plural, reason, words } from "./format";
import type { LogEvent, Run, Scope } from "./model";

/** The extent of a run: "all portfolios, 2017-11-10". */
export function scopeWords(scope: Scope): string {
  const dates = scope.from === scope.to ? scope.from : `${scope.from} to ${scope.to}`;
  const who = scope.market_data_only ? "market data" : scope.portfolios.length === 0 ? "all portfolios" : plural(scope.portfolios.length, "portfolio");
  const more = [scope.correlations_only ? "correlations only" : scope.with_correlations ? "with correlations" : "", scope.recalculate ? "recalculated" : ""];
  return [who, dates, ...more].filter((text) => text !== "").join(", ");
}

/** What an event says besides its type, job and run. */
export function eventWords(event: LogEvent): string {
  const text = (name: string): string => String(event[name] ?? "");
  switch (event.type) {
    case "JobAttempted": return `attempt ${text("attempt")}`;
    case "JobProgressed": return `${count(event["done"] as number)} of ${count(event["total"] as number)} ${text("unit")}`;
    case "JobRetryScheduled": return `attempt ${text("attempt")} failed (${text("category")}): ${errorWords(text("error"))}`;
    case "JobSucceeded": {
      const warnings = event["warnings"] as string[];
      const how = event["reused_from"] ? `taken over from event ${text("reused_from")}` : `${count(event["records_processed"] as number)} ${text("unit")} in ${duration(event["duration_seconds"] as number)}`;
      return warnings.length > 0 ? `${how}; ${plural(warnings.length, "warning")}` : how;
    }
    case "JobFailed": return `${words(text("category"))} error: ${errorWords(text("error"))}`;
    case "JobSkipped": return reason(text("reason"));
    case "JobInterrupted": return `attempt ${text("attempt")} was interrupted by a stop of the engine`;
    case "RunRequested": return `by ${text("triggered_by")}`;
    case "RunPlanned": return `${plural(event["jobs_total"] as number, "job")}, ${plural((event["portfolios"] as unknown[]).length, "portfolio")}, ${plural((event["dates"] as unknown[]).length, "date")}`;
    case "RunCancelRequested": return `by ${text("requested_by")}`;
    case "RunFinished": return words(text("status")).toLowerCase();
    case "RunRejected": return text("reason");
    default: return "";
  }
}

/** Seconds from the request to the end, or null. */
export function runSeconds(run: Run): number | null {
  return run.completed_at === null ? null : (Date.parse(run.completed_at) - Date.parse(run.created_at)) / 1000;
}

/** The job of an event: "Balanced, Greeks". */
export function jobOfEvent(event: LogEvent, portfolios: ReadonlyMap<string, string>): string {
  const who = event.portfolio_id ? portfolios.get(event.portfolio_id) ?? event.portfolio_id.slice(-8) : "Market";
  return `${who}, ${jobType(event.job_type)}`;
}
