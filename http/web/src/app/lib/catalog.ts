// Portfolios, their freshness, and the statistics of jobs as the API gives them.
import { useResource, type Resource } from "./resource";
import type { Job, Portfolio } from "./model";

export type Freshness = "fresh" | "stale" | "critical" | "never";
export const FRESHNESS: readonly Freshness[] = ["fresh", "stale", "critical", "never"];

export interface FreshRow {
  id: string;
  name: string;
  newest_as_of: string | null;
  trading_days_behind: number | null;
  fresh: Freshness;
  /** Share of the trading days with a complete cell, 0 to 1. */
  coverage: number;
}

/** GET /portfolios/freshness: one character a date for each portfolio (parts/palettes.ts). */
export interface FreshnessDocument {
  from: string;
  to: string;
  as_of_sequence: number;
  dates: string[];
  job_types: string[];
  portfolios: FreshRow[];
  cells: string[];
}

export interface Counts {
  jobs: number;
  succeeded: number;
  with_warnings: number;
  failed: number;
  skipped: number;
  cancelled: number;
  reused: number;
  retried: number;
  success_rate: number | null;
  p50_seconds: number | null;
  p95_seconds: number | null;
  max_seconds: number | null;
  error_categories: Record<string, number>;
}
export interface ErrorPattern { error: string; category: string; jobs: number }
export interface TypeStatistics {
  job_type: string;
  total: Counts & { errors?: ErrorPattern[] };
  buckets: (Counts & { start: string })[];
}
export interface StatisticsDocument { from: string; to: string; bucket: string; job_types: TypeStatistics[] }

export interface FlakyEntry {
  portfolio_id: string | null;
  portfolio_name: string | null;
  job_type: string;
  jobs: number;
  failed: number;
  retried: number;
  failure_rate: number | null;
}

export interface LastSuccess {
  portfolio: string;
  portfolio_id: string;
  job_types: { job_type: string; last_success: Job | null; newest_as_of: string | null; trading_days_behind: number | null }[];
}

export interface Snapshot { as_of: string; run_id: string; result: Record<string, number | string | null | object> }

/** All portfolios, by name. */
export function usePortfolios(): Resource<{ portfolios: Portfolio[] }> {
  return useResource<{ portfolios: Portfolio[] }>("/api/v1/portfolios");
}
