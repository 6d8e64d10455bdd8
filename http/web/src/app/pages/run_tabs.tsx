// What the tabs of a run's page show besides its grid and timeline.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { download, get, type Query } from "../lib/api";
import { count, duration, jobType, number, percent, reason, shortId, timeOfDay, utc, warningWords, words } from "../lib/format";
import type { EventPage, Job, LogEvent, LogLine, LogPage, Problem, Run } from "../lib/model";
import { useChanges } from "../lib/resource";
import type { RunGrid } from "../lib/run_grid";
import type { RunShape } from "../lib/run_follower";
import { durationsByType, type RunTimeline, type TypeDuration } from "../lib/run_timeline";
import { eventWords } from "../lib/run_words";
import type { Palette } from "../lib/theme";
import { Card, Figures } from "../parts/card";
import { Chart, chartAxis, chartBase } from "../parts/chart";
import { DataTable, type Column } from "../parts/data_table";
import { Failures, Retries, useRunJobs } from "../parts/failures";
import { Empty, Failure, Loaded, Loading } from "../parts/states";
import { StatusMark } from "../parts/status_mark";
import { toast } from "../parts/toast";

/** A list that grows forward by sequence; another `round`: from the beginning again. */
function useForward<Row, Page>(path: string, query: Query, round: number, rowsOf: (page: Page) => Row[], nextOf: (page: Page, rows: Row[]) => number | null): {
  rows: Row[] | null; problem: Problem | null; more: (() => void) | null; loading: boolean;
} {
  const [state, setState] = useState<{ rows: Row[] | null; next: number | null; problem: Problem | null; loading: boolean }>({ rows: null, next: null, problem: null, loading: true });
  const fetchMore = async (after: number | null, rows: Row[], signal?: AbortSignal): Promise<void> => {
    setState((old) => ({ ...old, loading: true }));
    const answer = await get<Page>(path, { ...query, after }, signal);
    if (signal?.aborted) {
      return;
    }
    if (!answer.ok) {
      setState((old) => ({ ...old, problem: answer.problem, loading: false }));
      return;
    }
    const fresh = rowsOf(answer.value);
    setState({ rows: [...rows, ...fresh], next: nextOf(answer.value, fresh), problem: null, loading: false });
  };
  useEffect(() => {
    const abort = new AbortController();
    void fetchMore((query["after"] as number | undefined) ?? null, [], abort.signal);
    return () => abort.abort();
  }, [path, JSON.stringify(query), round]);
  const { rows, next } = state;
  return { rows, problem: state.problem, loading: state.loading, more: rows !== null && next !== null ? () => void fetchMore(next, rows) : null };
}

/** What the page says beside a list that ends with an event. */
function afterEvent(until: number | null): string | null {
  return until === null ? null : `after event ${until}`;
}

export function FailuresTab({ run, shape, live, until, onOpen }: { run: Run; shape: RunShape; live: boolean; until: number | null; onOpen: (job: number) => void }): JSX.Element {
  const failures = useRunJobs(run.batch_run_id, "failed", live, until);
  return (
    <Card title="Failures" flush aside={afterEvent(until)}>
      <Retries grid={shape.grid} timeline={shape.timeline} at={until === null ? null : shape.document.at_time} onOpen={onOpen} />
      <Failures jobs={failures} grid={shape.grid} onOpen={onOpen} />
    </Card>
  );
}

/** Levels that stand out, as the status whose mark they bear. */
const LEVELS: Record<string, string> = { WARNING: "limited", ERROR: "failed" };
const LOG_COLUMNS: Column<LogLine>[] = [
  { id: "time", title: "Time", render: (line) => <time dateTime={line.timestamp} title={utc(line.timestamp)}>{timeOfDay(line.timestamp)}.{line.timestamp.slice(20, 23)}</time> },
  { id: "level", title: "Level", render: (line) => (LEVELS[line.level] ? <StatusMark status={LEVELS[line.level] ?? ""}>{line.level.toLowerCase()}</StatusMark> : <span class="quiet">{line.level.toLowerCase()}</span>) },
  { id: "message", title: "Message", grow: true, render: (line) => <span class="log-message">{line.message}</span> },
  { id: "seq", title: "Event", numeric: true, wide: true, render: (line) => <Link href={`/events?after=${line.seq - 1}`}>{line.seq}</Link> },
];
const LOG_LINES = 500;

export function LogTab({ run, live, until }: { run: Run; live: boolean; until: number | null }): JSX.Element {
  const path = `/api/v1/admin/batch/history/${run.batch_run_id}/logs`;
  const [round, setRound] = useState(0);
  useChanges((event) => live && until === null && event.run_id === run.batch_run_id, () => setRound((n) => n + 1), 2000);
  const log = useForward<LogLine, LogPage>(path, { limit: LOG_LINES, until }, round, (page) => page.activity_log,
    (page, rows) => (rows.length === LOG_LINES ? page.next_after : null));
  const save = async (format: string): Promise<void> => {
    const answer = await download(path, `${run.batch_run_id}_log.${format}`, { format, until });
    if (!answer.ok) {
      toast(answer.problem.detail, "error");
    }
  };
  return (
    <Card title="Log" flush aside={<>{until === null ? null : <span>{afterEvent(until)}</span>} Download <button type="button" class="link" onClick={() => void save("txt")}>text</button> <button type="button" class="link" onClick={() => void save("json")}>JSON</button></>}>
      {log.rows === null ? (log.problem ? <Failure problem={log.problem} /> : <Loading what="Loading the log" />)
        : <DataTable caption="Log of the run" columns={LOG_COLUMNS} rows={log.rows} rowKey={(line) => `${line.seq} ${line.message}`} more={log.more} loadingMore={log.loading} empty={<Empty title="The log is empty" />} />}
    </Card>
  );
}

export function EventsTab({ run, grid, until, onOpen }: { run: Run; grid: RunGrid; until: number | null; onOpen: (job: number) => void }): JSX.Element {
  const last = until ?? Number.MAX_SAFE_INTEGER;
  const events = useForward<LogEvent, EventPage>("/api/v1/events", { run_id: run.batch_run_id, after: run.first_seq - 1, limit: 200 }, 0,
    (page) => page.events, (page, rows) => (rows.length === 0 || page.next_after >= page.committed ? null : page.next_after));
  const columns: Column<LogEvent>[] = [
    { id: "seq", title: "Event", numeric: true, render: (event) => event.seq },
    { id: "time", title: "Time", render: (event) => <time dateTime={event.time} title={utc(event.time)}>{timeOfDay(event.time)}.{event.time.slice(20, 23)}</time> },
    { id: "type", title: "Type", render: (event) => <code>{event.type}</code> },
    {
      id: "job", title: "Job", render: (event) => {
        const job = event.job_type ? grid.find(event.portfolio_id, event.job_type, event.as_of) : -1;
        return job < 0 ? "" : <button type="button" class="link" onClick={() => onOpen(job)}>{grid.nameOf(job).portfolio}, {jobType(event.job_type)}, {event.as_of}</button>;
      },
    },
    { id: "says", title: "", grow: true, render: eventWords },
  ];
  return (
    <Card title="Events" flush aside={<>{until === null ? null : <span>{afterEvent(until)}</span>} <Link href={`/events?run_id=${run.batch_run_id}`}>Open in the log</Link></>}>
      {events.rows === null ? (events.problem ? <Failure problem={events.problem} /> : <Loading what="Loading events" />)
        : <DataTable caption="Events of the run" columns={columns} rows={events.rows.filter((event) => event.seq <= last)} rowKey={(event) => event.seq} more={(events.rows[events.rows.length - 1]?.seq ?? 0) < last ? events.more : null} loadingMore={events.loading} />}
    </Card>
  );
}

function durationsOption(list: TypeDuration[]) {
  return (theme: Palette): Record<string, unknown> => {
    const axis = chartAxis(theme);
    const names = list.map((one) => jobType(one.type));
    return {
      ...chartBase(theme, "Durations of attempts by job type"),
      legend: { data: ["median", "95 % below", "longest"], top: 0, left: 0, itemWidth: 10, itemHeight: 10, textStyle: { color: theme.quiet, fontSize: 11 } },
      grid: { left: 8, right: 24, top: 28, bottom: 4, containLabel: true },
      xAxis: { ...axis, type: "value", axisLabel: { ...(axis["axisLabel"] as object), formatter: (value: number) => duration(value) } },
      yAxis: { ...axis, type: "category", inverse: true, data: names, axisLabel: { color: theme.text, fontSize: 12, interval: 0 } },
      series: [
        { name: "median", type: "bar", data: list.map((one) => one.p50), barMaxWidth: 9, itemStyle: { color: theme.positive } },
        { name: "95 % below", type: "bar", data: list.map((one) => one.p95), barMaxWidth: 9, itemStyle: { color: theme.positive, opacity: 0.45 } },
        { name: "longest", type: "scatter", symbol: "diamond", symbolSize: 8, data: list.map((one, at) => [one.max, at]), itemStyle: { color: theme.negative } },
      ],
    };
  };
}

const DURATION_COLUMNS: Column<TypeDuration>[] = [
  { id: "type", title: "Job type", render: (one) => jobType(one.type), sort: (one) => jobType(one.type), grow: true },
  { id: "attempts", title: "Attempts", numeric: true, render: (one) => count(one.attempts), sort: (one) => one.attempts },
  { id: "failed", title: "Failed", numeric: true, render: (one) => (one.failed > 0 ? <b class="text-failed">{count(one.failed)}</b> : "0"), sort: (one) => one.failed },
  { id: "p50", title: "Median", numeric: true, render: (one) => duration(one.p50), sort: (one) => one.p50 },
  { id: "p95", title: "95 % below", numeric: true, render: (one) => duration(one.p95), sort: (one) => one.p95 },
  { id: "max", title: "Longest", numeric: true, render: (one) => duration(one.max), sort: (one) => one.max },
  { id: "total", title: "In total", numeric: true, render: (one) => duration(one.total), sort: (one) => one.total },
];

/** From the beginning of an attempt to its end, as recorded: with the time for writing, without that for waiting. */
export function DurationsTab({ grid, timeline, version }: { grid: RunGrid; timeline: RunTimeline; version: unknown }): JSX.Element {
  const list = durationsByType(timeline, grid);
  if (list.length === 0) {
    return <Empty title="No attempt has ended yet" />;
  }
  return (
    <div class="stack">
      <Card title="Durations of attempts"><Chart option={durationsOption(list)} version={`${grid.runId} ${timeline.atSeq} ${String(version)}`} height={64 + list.length * 28} description="Median, 95 % quantile and longest attempt by job type" /></Card>
      <Card title="By job type" flush><DataTable caption="Durations by job type" columns={DURATION_COLUMNS} rows={list} rowKey={(one) => one.type} sortedBy="-total" /></Card>
    </div>
  );
}

const WARNING_COLUMNS: Column<Job>[] = [
  { id: "portfolio", title: "Portfolio", render: (job) => job.portfolio_name ?? "Market" },
  { id: "type", title: "Job", render: (job) => <>{jobType(job.job_type)}<span class="quiet">, {job.as_of}</span></> },
  { id: "quality", title: "Quality", render: (job) => (job.data_quality ? <StatusMark status={job.data_quality.quality_flag === "failed" ? "failed" : job.data_quality.quality_flag} /> : <span class="quiet">—</span>) },
  { id: "coverage", title: "Coverage", numeric: true, wide: true, render: (job) => percent(job.data_quality?.coverage) },
  { id: "warnings", title: "Warnings", grow: true, render: (job) => (job.warnings.length === 0 ? <span class="quiet">quality is not full</span> : <ul class="warnings">{job.warnings.slice(0, 3).map((text) => <li key={text} title={text}>{warningWords(text)}</li>)}{job.warnings.length > 3 ? <li class="quiet">and {job.warnings.length - 3} more</li> : null}</ul>) },
];
const SKIPPED_COLUMNS: Column<Job>[] = [
  { id: "portfolio", title: "Portfolio", render: (job) => job.portfolio_name ?? "Market" },
  { id: "type", title: "Job", render: (job) => <>{jobType(job.job_type)}<span class="quiet">, {job.as_of}</span></> },
  { id: "reason", title: "Why it did not run", grow: true, render: (job) => reason(job.skip_reason) },
];

export function QualityTab({ run, grid, live, until, onOpen }: { run: Run; grid: RunGrid; live: boolean; until: number | null; onOpen: (job: number) => void }): JSX.Element {
  const warned = useRunJobs(run.batch_run_id, "succeeded_with_warnings", live, until);
  const skipped = useRunJobs(run.batch_run_id, "skipped", live, until);
  const summary = until !== null && until < run.last_seq ? null : run.summary;
  const quality = summary?.data_quality;
  const categories = Object.entries(summary?.error_categories ?? {}).filter(([, n]) => n > 0);
  const open = (job: Job): void => {
    const index = grid.find(job.portfolio_id, job.job_type, job.as_of);
    if (index >= 0) {
      onOpen(index);
    }
  };
  return (
    <div class="stack">
      <Card title="Quality of the data">
        {quality ? (
          <Figures items={[
            { name: "Portfolios with full quality", value: count(quality.portfolios_full) },
            { name: "limited", value: count(quality.portfolios_limited), ...(quality.portfolios_limited > 0 ? { tone: "warning" } : {}) },
            { name: "failed", value: count(quality.portfolios_failed), ...(quality.portfolios_failed > 0 ? { tone: "failed" } : {}) },
            { name: "Positions", value: count(quality.positions_processed) },
            { name: "Coverage", value: percent(quality.coverage) },
            { name: "History", value: quality.average_history_days === null ? "—" : number(quality.average_history_days, 0), note: "days on average" },
            ...categories.map(([category, n]) => ({ name: `${words(category)} errors`, value: count(n), tone: "failed" })),
          ]} />
        ) : <p class="quiet">The roll-up is made when the run ends.</p>}
      </Card>
      <Card title="Succeeded with warnings" flush aside={afterEvent(until)}>
        <Loaded of={warned}>{(rows) => <DataTable caption="Jobs with warnings" columns={WARNING_COLUMNS} rows={rows} rowKey={(job) => job.seq} onRow={open} more={warned.more} loadingMore={warned.loadingMore} empty={<Empty title="No warnings" />} />}</Loaded>
      </Card>
      <Card title="Skipped" flush aside={afterEvent(until)}>
        <Loaded of={skipped}>{(rows) => <DataTable caption="Skipped jobs" columns={SKIPPED_COLUMNS} rows={rows} rowKey={(job) => job.seq} onRow={open} more={skipped.more} loadingMore={skipped.loadingMore} empty={<Empty title="No job was skipped" />} />}</Loaded>
      </Card>
    </div>
  );
}

/** Ids, versions, where it came from. */
export function idFacts(run: Run): ([string, JSX.Element | string] | null)[] {
  return [
    ["Run", <code>{run.batch_run_id}</code>],
    run.retry_of ? ["Retry of", <Link href={`/runs/${run.retry_of}`}>{shortId(run.retry_of)}</Link>] : null,
    ["Events", `${run.first_seq} to ${run.last_seq}`],
    run.resumes > 0 ? ["Resumed after a stop", `${run.resumes} times`] : null,
    ["Numerics profile", run.numerics_profile],
  ];
}
