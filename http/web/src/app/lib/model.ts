// The API as the pages see it (docs/api.md). Times are RFC 3339 in UTC, dates YYYY-MM-DD, null is
// unknown.

export type RunStatus =
  | "requested" | "running" | "cancelling" | "completed" | "completed_with_warnings" | "partial" | "failed"
  | "cancelled" | "rejected";
export type JobStatus =
  | "pending" | "running" | "retrying" | "succeeded" | "succeeded_with_warnings" | "failed" | "skipped" | "cancelled";
export type ErrorCategory = "transient" | "permanent" | "data" | "timeout" | "internal";
export type Role = "admin" | "viewer";

export const JOB_TYPES = [
  "market_data_update", "position_values_update", "greeks_calculation", "portfolio_aggregation",
  "factor_analysis", "market_risk_scenarios", "volatility_analytics", "sector_concentration",
  "stress_testing", "portfolio_snapshot", "position_correlations",
] as const;
export const RUN_STATUSES: readonly RunStatus[] = [
  "running", "completed", "completed_with_warnings", "partial", "failed", "cancelled", "rejected",
];
export const JOB_STATUSES: readonly JobStatus[] = [
  "succeeded", "succeeded_with_warnings", "failed", "skipped", "cancelled", "running",
];
export const ERROR_CATEGORIES: readonly ErrorCategory[] = ["transient", "permanent", "data", "timeout", "internal"];

export interface ImportIssue {
  line: number | null;
  symbol: string;
  code: string;
  message: string;
  field: string;
}

/** RFC 9457. `status` 0: no answer came. */
export interface Problem {
  type?: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  batch_run_id?: string;
  errors?: ImportIssue[];
  retry_after?: number | null;
}

export interface Scope {
  portfolios: string[];
  from: string;
  to: string;
  with_correlations: boolean;
  market_data_only: boolean;
  correlations_only: boolean;
  recalculate: boolean;
}

export interface JobCounts {
  total: number;
  completed: number;
  failed: number;
  skipped: number;
  cancelled: number;
  pending: number;
}

export interface JobTypeSummary {
  completed: number;
  failed: number;
  skipped: number;
  cancelled: number;
  records_processed: number;
  duration_seconds: number;
}

export interface RunSummary {
  duration_seconds: number;
  jobs: { total: number; completed: number; with_warnings: number; failed: number; skipped: number; cancelled: number };
  reused: number;
  retries: number;
  interruptions: number;
  records_processed: number;
  by_job_type: Record<string, JobTypeSummary>;
  error_categories: Record<string, number>;
  data_quality: {
    portfolios_full: number;
    portfolios_limited: number;
    portfolios_failed: number;
    positions_processed: number;
    average_history_days: number | null;
    coverage: number | null;
  };
}

export interface RunningJob {
  name: string;
  job_id: string;
  portfolio_id: string | null;
  portfolio_name: string | null;
  as_of: string;
  attempt: number;
  started_at: string;
  done: number;
  total: number;
  unit: string;
}

export interface RetryingJob {
  name: string;
  job_id: string;
  portfolio_id: string | null;
  portfolio_name: string | null;
  as_of: string;
  attempt: number;
  due: string;
  category: ErrorCategory;
  error: string;
}

export interface Progress {
  elapsed_seconds: number;
  jobs: JobCounts & { running: number; retrying: number };
  running_jobs: RunningJob[];
  portfolios: { current: number; completed: number; total: number };
  progress_percent: number;
  eta_seconds: number | null;
  eta_low_seconds?: number | null;
  eta_high_seconds?: number | null;
  retrying_jobs?: RetryingJob[];
}

export interface IdleRun { status: "idle"; batch_run_id: null; as_of_sequence: number }
export interface ActiveRun extends Progress {
  status: "running";
  batch_run_id: string;
  run_status: RunStatus;
  triggered_by: string;
  requested_at: string;
  started_at: string;
  scope: Scope;
  as_of_sequence: number;
}
export type CurrentRun = IdleRun | ActiveRun;

export interface Run {
  batch_run_id: string;
  status: RunStatus;
  triggered_by: string;
  force: boolean;
  numerics_profile: string;
  created_at: string;
  started_at: string | null;
  completed_at: string | null;
  duration_seconds: number | null;
  jobs: JobCounts & { success_rate: number | null };
  scope: Scope;
  retry_of: string | null;
  resumes: number;
  reason: string | null;
  first_seq: number;
  last_seq: number;
  phase_durations: Record<string, number>;
  error_summary: { failed_jobs: number; attempts_by_category: Record<string, number> } | null;
  summary: RunSummary | null;
  progress?: Progress | null;
}

export interface RunPage { total_count: number; runs: Run[]; next_cursor: string | null }

export interface TrendDay {
  date: string;
  runs: number;
  completed: number;
  with_warnings: number;
  partial: number;
  failed: number;
  cancelled: number;
  p50_seconds: number | null;
  p95_seconds: number | null;
}
export interface HistorySummary {
  period_days: number;
  total_runs: number;
  status_breakdown: Record<string, number>;
  success_rate_percent: number | null;
  avg_duration_seconds: number | null;
  days?: TrendDay[];
}

export interface Job {
  seq: number;
  job_id: string;
  batch_run_id: string;
  job_type: string;
  portfolio_id: string | null;
  portfolio_name: string | null;
  as_of: string;
  status: JobStatus;
  attempts: number;
  started_at: string | null;
  completed_at: string;
  duration_seconds: number | null;
  records: number;
  unit: string;
  data_quality: { quality_flag: string; coverage: number; average_history_days: number } | null;
  warnings: string[];
  error_category: ErrorCategory | null;
  error: string | null;
  error_detail: string | null;
  skip_reason: string | null;
  because_of_job_id: string | null;
  input_hash: string | null;
  result_hash: string | null;
  formula_version: number;
  reused_from?: number | null;
}
export interface JobPage { total_jobs: number; jobs: Job[]; next_cursor: string | null }

export interface Portfolio {
  id: string;
  name: string;
  positions: number;
  equity: number | null;
  equity_date: string | null;
  content: string;
  imported_at: string;
  seq: number;
}

/** A fact of the log; the rest of its fields depends on `type`. */
export interface LogEvent {
  seq: number;
  time: string;
  type: string;
  run_id?: string;
  job_id?: string;
  portfolio_id?: string;
  job_type?: string;
  as_of?: string;
  attempt?: number;
  [name: string]: unknown;
}
export interface EventPage { events: LogEvent[]; next_after: number; committed: number; pruned_through?: number }

export interface LogLine { seq: number; timestamp: string; level: "INFO" | "WARNING" | "ERROR" | string; message: string }
export interface LogPage { log_entry_count: number; activity_log: LogLine[]; next_after: number | null }

/** The jobs of a run, one character each: see `lib/run_grid.ts`. */
export interface RunGridDocument {
  run_id: string;
  status: RunStatus;
  first_seq: number;
  last_seq: number;
  at_seq: number;
  at_time: string | null;
  triggered_by: string;
  requested_at: string;
  started_at: string | null;
  finished_at: string | null;
  counts: {
    total: number; completed: number; with_warnings: number; failed: number; skipped: number; cancelled: number;
    running: number; retrying: number; pending: number;
  };
  progress_percent: number;
  portfolios: { id: string; name: string }[];
  dates: string[];
  job_types: string[];
  jobs: { portfolio: number[]; date: number[]; type: number[]; status: string; attempts: string };
}

export interface TimelineDocument {
  run_id: string;
  at_seq: number;
  slots: number;
  attempts: {
    job: number[]; attempt: number[]; slot: number[]; start_ms: number[]; duration_ms: (number | null)[]; outcome: string;
  };
  retries: { job: number; attempt: number; due: string; category: ErrorCategory; error: string }[];
}

export interface Started { status: string; batch_run_id: string; duplicate: boolean; sequence: number }
