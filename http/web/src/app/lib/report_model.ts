// The report of a portfolio as the page shows it: charts/model.ts and what pictures do not need.
import type { Section, Unit, Value } from "../../charts/model";

export interface Gap { job_type: string; status: string; reason: string; text: string; figures_shown: boolean }
export interface Figure { title: string; unit: Unit; value: Value; value_reason?: string }
export interface FullSection extends Section {
  about: string;
  gaps: Gap[];
  figures: Record<string, Figure>;
  notes: string[];
}
export interface FullReport {
  report_version: number;
  portfolio: string;
  portfolio_id: string;
  as_of: string;
  run: { run_id: string | null; status: string | null; triggered_by: string | null; finished_at: string | null };
  formula_version: number;
  quality_flag: string | null;
  sections: Record<string, FullSection>;
}
