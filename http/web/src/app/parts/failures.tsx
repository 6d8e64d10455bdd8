// What went wrong in a run, and what is about to be tried again.
import type { JSX } from "preact";
import { serverNow } from "../lib/api";
import { dateTime, duration, errorWords, jobType } from "../lib/format";
import type { Job } from "../lib/model";
import { useNow, usePages, useChanges, type Pages } from "../lib/resource";
import type { RunGrid } from "../lib/run_grid";
import type { RunTimeline } from "../lib/run_timeline";
import { DataTable, type Column } from "./data_table";
import { ErrorText } from "./error_text";
import { Empty, Loaded } from "./states";
import { StatusMark } from "./status_mark";

/** More days than any run is old. */
const EVER_DAYS = 36_500;

/** Jobs of a run with a status, newest first; kept fresh while it runs. `until`: as it was after that event. */
export function useRunJobs(runId: string | null, status: string, live: boolean, until: number | null = null): Pages<Job> {
  const pages = usePages<Job>(runId === null ? null : "/api/v1/admin/batch/jobs/status", { run_id: runId, status, days_back: EVER_DAYS, limit: 100, until },
    (page) => page["jobs"] as Job[]);
  const types: Record<string, string> = { failed: "JobFailed", succeeded_with_warnings: "JobSucceeded", skipped: "JobSkipped" };
  useChanges((event) => live && until === null && event.run_id === runId && (event.type === types[status] || event.type === "RunFinished"), pages.reload, 1000);
  return pages;
}

function JobCell({ job }: { job: Job }): JSX.Element {
  return <><div>{job.portfolio_name ?? "Market"}</div><div class="quiet">{jobType(job.job_type)}, {job.as_of}</div></>;
}

const COLUMNS: Column<Job>[] = [
  { id: "status", title: "", render: (job) => <StatusMark status={job.status} quiet /> },
  { id: "job", title: "Job", render: (job) => <JobCell job={job} /> },
  {
    id: "error", title: "Error", grow: true, render: (job) => (
      <>
        <div><ErrorText category={job.error_category} error={job.error} /></div>
        {job.error_detail && job.error_detail !== job.error && job.error_detail !== errorWords(job.error) ? <div class="quiet cut" title={job.error_detail}>{job.error_detail}</div> : null}
      </>
    ),
  },
  { id: "attempts", title: "Attempts", numeric: true, wide: true, render: (job) => job.attempts },
  { id: "when", title: "When", wide: true, render: (job) => dateTime(job.completed_at) },
];

/** Two columns, for a narrow place. */
const BRIEF: Column<Job>[] = [
  COLUMNS[0]!,
  {
    id: "what", title: "Failed job", grow: true, render: (job) => (
      <><div><b>{job.portfolio_name ?? "Market"}</b>, {jobType(job.job_type)}, <span class="nowrap">{job.as_of}</span></div><div class="quiet"><ErrorText category={job.error_category} error={job.error} /></div></>
    ),
  },
];

export function Failures({ jobs, grid, onOpen, brief, quietWhenNone }: {
  jobs: Pages<Job>; grid: RunGrid | null; onOpen: (job: number) => void; brief?: boolean; quietWhenNone?: string;
}): JSX.Element {
  const open = (job: Job): void => {
    const index = grid?.find(job.portfolio_id, job.job_type, job.as_of) ?? -1;
    if (index >= 0) {
      onOpen(index);
    }
  };
  return (
    <Loaded of={jobs}>
      {(rows) => (
        <DataTable caption="Failed jobs" columns={brief ? BRIEF : COLUMNS} rows={rows} rowKey={(job) => job.seq} onRow={open} more={jobs.more} loadingMore={jobs.loadingMore}
          empty={<Empty title={quietWhenNone ?? "No job has failed"} />} />
      )}
    </Loaded>
  );
}

/** Jobs that wait for another attempt, the next first, with the time until then; `at`: seen from that moment. */
export function Retries({ grid, timeline, at = null, onOpen }: { grid: RunGrid; timeline: RunTimeline; at?: string | null; onOpen: (job: number) => void }): JSX.Element | null {
  const waiting = timeline.retries.size;
  useNow(waiting > 0 && at === null ? 250 : 0);
  if (waiting === 0) {
    return null;
  }
  const now = at === null ? serverNow() : Date.parse(at);
  const next = [...timeline.retries.values()].sort((a, b) => Date.parse(a.due) - Date.parse(b.due)).slice(0, 20);
  return (
    <ul class="retries" aria-label="Jobs that wait for a retry">
      {next.map((retry) => {
        const name = grid.nameOf(retry.job);
        const left = (Date.parse(retry.due) - now) / 1000;
        return (
          <li key={retry.job}>
            <button type="button" class="row-button" onClick={() => onOpen(retry.job)}>
              <StatusMark status="retrying" quiet />
              <span class="row-text"><span><b>{name.portfolio}</b>, {jobType(name.type)}, <span class="nowrap">{name.asOf}</span></span><span class="quiet"><ErrorText category={retry.category} error={retry.error} /></span></span>
              <span class="countdown">{left > 0 ? `in ${left < 60 ? `${Math.ceil(left)}\u202fs` : duration(left)}` : "now"}<small>attempt {retry.attempt + 1}</small></span>
            </button>
          </li>
        );
      })}
      {waiting > next.length ? <li class="quiet retries-more">and {waiting - next.length} more</li> : null}
    </ul>
  );
}

