// The jobs of a run as a grid, portfolio by (date, job type), kept up to date by events. Statuses are
// bytes, so an event costs some look-ups and no garbage. Pure: a Node test imports it.
import type { LogEvent, RunGridDocument, RunStatus } from "./model";

/** Characters of `jobs.status`, in the order of the codes (and of the grid's palette). */
export const CODES = ".ryswfkc";
/** By character. */
const CODE_OF = Uint8Array.from({ length: 128 }, (_, character) => Math.max(0, CODES.indexOf(String.fromCharCode(character))));
export const PENDING = 0;
export const RUNNING = 1;
export const RETRYING = 2;
export const SUCCEEDED = 3;
export const WARNED = 4;
export const FAILED = 5;
export const SKIPPED = 6;
export const CANCELLED = 7;

const FINAL_RUN: ReadonlySet<string> = new Set(["completed", "completed_with_warnings", "partial", "failed", "cancelled", "rejected"]);

/** Has a run with this status ended? */
export function isFinal(status: string): boolean {
  return FINAL_RUN.has(status);
}

/** What a JobSucceeded says: with warnings if there are any or its quality is not full. */
function codeOfSuccess(event: LogEvent): number {
  const warnings = event["warnings"] as unknown[] | undefined;
  const quality = event["data_quality"] as { quality_flag?: string } | undefined;
  return (warnings !== undefined && warnings.length > 0) || quality?.quality_flag !== "full" ? WARNED : SUCCEEDED;
}

/** The status of a job after an event of it, or -1 if the event leaves it as it is. */
export function codeAfter(event: LogEvent): number {
  switch (event.type) {
    case "JobAttempted": return RUNNING;
    case "JobRetryScheduled": return RETRYING;
    case "JobSucceeded": return codeOfSuccess(event);
    case "JobFailed": return FAILED;
    case "JobSkipped": return SKIPPED;
    case "JobCancelled": return CANCELLED;
    case "JobInterrupted": return PENDING;
    default: return -1;
  }
}

export interface JobName { portfolioId: string | null; portfolio: string; asOf: string; type: string }

export class RunGrid {
  readonly runId: string;
  status: RunStatus;
  atSeq: number;
  readonly jobs: number;
  /** By job index. */
  readonly codes: Uint8Array;
  readonly attempts: Uint8Array;
  /** How many jobs have each code. */
  readonly counts = new Uint32Array(CODES.length);
  /** Rows of the grid: the market first, if it has jobs, then the portfolios. */
  readonly rows: number;
  /** Columns: (date, job type), those that have jobs. */
  readonly columns: number;
  readonly columnDate: number[] = [];
  readonly columnType: number[] = [];
  private readonly market: boolean;
  private readonly rowOfPortfolio = new Map<string, number>();
  private readonly columnOf = new Map<string, number>();
  private readonly cell: Int32Array;
  private readonly cellRow: Int32Array;
  private readonly cellColumn: Int32Array;

  constructor(private readonly document: RunGridDocument) {
    const { portfolio, date, type, status, attempts } = document.jobs;
    this.runId = document.run_id;
    this.status = document.status;
    this.atSeq = document.at_seq;
    this.jobs = status.length;
    this.codes = new Uint8Array(this.jobs);
    this.attempts = new Uint8Array(this.jobs);
    this.cellRow = new Int32Array(this.jobs);
    this.cellColumn = new Int32Array(this.jobs);
    this.market = portfolio.includes(-1);
    this.rows = document.portfolios.length + (this.market ? 1 : 0);
    document.portfolios.forEach((one, index) => this.rowOfPortfolio.set(one.id, index + (this.market ? 1 : 0)));
    const columnAt = this.findColumns();
    this.columns = this.columnDate.length;
    this.cell = new Int32Array(this.rows * this.columns).fill(-1);
    for (let job = 0; job < this.jobs; job += 1) {
      const row = this.market ? (portfolio[job] ?? -1) + 1 : portfolio[job] ?? 0;
      const column = columnAt[(date[job] ?? 0) * document.job_types.length + (type[job] ?? 0)]!;
      this.cellRow[job] = row;
      this.cellColumn[job] = column;
      this.cell[row * this.columns + column] = job;
      const code = CODE_OF[status.charCodeAt(job)] ?? 0;
      this.codes[job] = code;
      this.attempts[job] = attempts.charCodeAt(job) - 48;
      this.counts[code]! += 1;
    }
  }

  /** Finds the columns; the column of (date, job type) at date x number of types + type, -1: none. */
  private findColumns(): Int32Array {
    const { date, type } = this.document.jobs;
    const { dates, job_types: types } = this.document;
    const columnAt = new Int32Array(dates.length * types.length).fill(-1);
    for (let job = 0; job < this.jobs; job += 1) {
      columnAt[(date[job] ?? 0) * types.length + (type[job] ?? 0)] = 0;
    }
    for (let at = 0; at < columnAt.length; at += 1) {
      if (columnAt[at] === 0) {
        const day = Math.floor(at / types.length);
        columnAt[at] = this.columnDate.length;
        this.columnOf.set(`${dates[day]} ${types[at % types.length]}`, this.columnDate.length);
        this.columnDate.push(day);
        this.columnType.push(at % types.length);
      }
    }
    return columnAt;
  }

  /** Jobs that have ended, in whatever way. */
  get ended(): number {
    return this.counts[SUCCEEDED]! + this.counts[WARNED]! + this.counts[FAILED]! + this.counts[SKIPPED]! + this.counts[CANCELLED]!;
  }

  /** Progress in percent: 100 only when the run has ended. */
  get percent(): number {
    return isFinal(this.status) ? 100 : this.jobs === 0 ? 0 : Math.min(99.9, Math.floor((1000 * this.ended) / this.jobs) / 10);
  }

  /** The plan is not known before RunPlanned: then a newer document is needed. */
  get planned(): boolean {
    return this.jobs > 0;
  }

  /** Job at a cell, or -1. */
  jobAt(row: number, column: number): number {
    return this.cell[row * this.columns + column] ?? -1;
  }

  /** Code of a cell; -1: no such job. */
  codeAt(row: number, column: number): number {
    const job = this.jobAt(row, column);
    return job < 0 ? -1 : this.codes[job]!;
  }

  placeOf(job: number): { row: number; column: number } {
    return { row: this.cellRow[job] ?? 0, column: this.cellColumn[job] ?? 0 };
  }

  rowName(row: number): string {
    return this.market && row === 0 ? "Market" : this.document.portfolios[row - (this.market ? 1 : 0)]?.name ?? "";
  }

  columnTypeName(column: number): string {
    return this.document.job_types[this.columnType[column] ?? 0] ?? "";
  }

  columnDateName(column: number): string {
    return this.document.dates[this.columnDate[column] ?? 0] ?? "";
  }

  typeOf(job: number): string {
    return this.columnTypeName(this.cellColumn[job] ?? 0);
  }

  nameOf(job: number): JobName {
    const { row, column } = this.placeOf(job);
    const index = row - (this.market ? 1 : 0);
    return {
      portfolioId: index < 0 ? null : this.document.portfolios[index]?.id ?? null, portfolio: this.rowName(row),
      asOf: this.columnDateName(column), type: this.columnTypeName(column),
    };
  }

  /** The job by what events call it, or -1. */
  find(portfolioId: string | null | undefined, type: string | undefined, asOf: string | undefined): number {
    const row = portfolioId ? this.rowOfPortfolio.get(portfolioId) : this.market ? 0 : undefined;
    const column = this.columnOf.get(`${asOf} ${type}`);
    return row === undefined || column === undefined ? -1 : this.jobAt(row, column);
  }

  /** Takes an event of the run in; the job whose cell has another code now, or -1. */
  fold(event: LogEvent): number {
    if (event.run_id !== this.runId || event.seq <= this.atSeq) {
      return -1;
    }
    this.atSeq = event.seq;
    if (event.job_type === undefined) {
      this.foldRun(event);
      return -1;
    }
    const code = codeAfter(event);
    const job = code < 0 ? -1 : this.find(event.portfolio_id, event.job_type, event.as_of);
    if (job < 0) {
      return -1;
    }
    const before = this.codes[job]!;
    if (code === RUNNING) {
      this.attempts[job] = Math.min(9, Math.max(this.attempts[job]! + 1, event.attempt ?? 0));
    }
    this.codes[job] = code;
    this.counts[before]! -= 1;
    this.counts[code]! += 1;
    return job;
  }

  private foldRun(event: LogEvent): void {
    if (event.type === "RunStarted" || event.type === "RunResumed") {
      this.status = this.status === "cancelling" ? "cancelling" : "running";
    } else if (event.type === "RunCancelRequested") {
      this.status = "cancelling";
    } else if (event.type === "RunRejected") {
      this.status = "rejected";
    } else if (event.type === "RunFinished") {
      this.status = event["status"] as RunStatus;
    }
  }
}
