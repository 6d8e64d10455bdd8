// The history of runs: how they went over time, and each of them.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { count, duration, jobType, percent, plural } from "../lib/format";
import { useQuery } from "../lib/location";
import { RUN_STATUSES, type HistorySummary, type Portfolio, type Run, type TrendDay } from "../lib/model";
import { usePages, useChanges, useResource, useTitle } from "../lib/resource";
import { runSeconds, scopeWords } from "../lib/run_words";
import type { Palette } from "../lib/theme";
import { Card, Figures, PageHead, Time } from "../parts/card";
import { Chart, chartAxis, chartBase } from "../parts/chart";
import { DataTable, type Column } from "../parts/data_table";
import { Filters, type Field } from "../parts/filters";
import { RunActions } from "../parts/run_actions";
import { Empty, Loaded } from "../parts/states";
import { StatusMark, statusWords } from "../parts/status_mark";

const PERIODS = [["7", "7 days"], ["30", "30 days"], ["90", "90 days"], ["365", "A year"], ["36500", "Ever"]] as const;
const OUTCOMES: { key: "completed" | "with_warnings" | "partial" | "failed" | "cancelled"; title: string; colour: (theme: Palette) => string; decal?: object }[] = [
  { key: "completed", title: "completed", colour: (theme) => theme.status.succeeded },
  { key: "with_warnings", title: "with warnings", colour: (theme) => theme.status.warning },
  { key: "partial", title: "partial", colour: (theme) => theme.status.retrying },
  { key: "failed", title: "failed", colour: (theme) => theme.status.failed },
  { key: "cancelled", title: "cancelled", colour: (theme) => theme.status.cancelled },
];

/** Runs a day by outcome as bars, and their durations as lines below. */
function trendOption(days: TrendDay[]) {
  return (theme: Palette, width: number): Record<string, unknown> => {
    const dates = days.map((day) => day.date);
    const axis = chartAxis(theme);
    const compact = width < 500;
    const legend = { data: [...OUTCOMES.map((one) => one.title), "median", "95 % below"], top: 0, left: 0, itemWidth: 10, itemHeight: 10, itemGap: compact ? 8 : 14, icon: "roundRect", type: "plain", textStyle: { color: theme.quiet, fontSize: 11 } };
    const top = compact ? 44 : 28;
    const line = (name: string, key: "p50_seconds" | "p95_seconds", colour: string, type: string): object => ({
      name, type: "line", xAxisIndex: 1, yAxisIndex: 1, data: days.map((day) => day[key]), connectNulls: true, symbol: key === "p50_seconds" ? "circle" : "triangle", symbolSize: 5,
      lineStyle: { color: colour, width: 1.6, type }, itemStyle: { color: colour },
      tooltip: { valueFormatter: (value: unknown) => (typeof value === "number" ? duration(value) : "\u2014") },
    });
    return {
      ...chartBase(theme, "Runs and their durations by day"),
      legend,
      axisPointer: { link: [{ xAxisIndex: "all" }] },
      grid: [{ left: 52, right: 10, top, height: 74 }, { left: 52, right: 10, top: top + 94, height: 74 }],
      xAxis: [
        { ...axis, type: "category", data: dates, gridIndex: 0, axisLabel: { show: false } },
        { ...axis, type: "category", data: dates, gridIndex: 1, axisLabel: { ...(axis["axisLabel"] as object), formatter: (date: string) => date.slice(5) } },
      ],
      yAxis: [
        { ...axis, type: "value", gridIndex: 0, minInterval: 1, splitNumber: 2, axisLine: { show: false } },
        { ...axis, type: "value", gridIndex: 1, splitNumber: 2, axisLine: { show: false }, axisLabel: { ...(axis["axisLabel"] as object), formatter: (value: number) => duration(value) } },
      ],
      series: [
        ...OUTCOMES.map((one) => ({
          name: one.title, type: "bar", stack: "runs", barMaxWidth: 18, data: days.map((day) => day[one.key]),
          itemStyle: { color: one.colour(theme), borderColor: theme.background, borderWidth: 0.5 },
        })),
        line("median", "p50_seconds", theme.positive, "solid"), line("95 % below", "p95_seconds", theme.quiet, "dashed"),
      ],
    };
  };
}

/** The days of the period that have no run are days, too. */
function filled(days: TrendDay[]): TrendDay[] {
  const first = days[0];
  const last = days[days.length - 1];
  if (!first || !last) {
    return days;
  }
  const known = new Map(days.map((day) => [day.date, day]));
  const all: TrendDay[] = [];
  for (let at = Date.parse(first.date); at <= Date.parse(last.date) && all.length < 1000; at += 86_400_000) {
    const date = new Date(at).toISOString().slice(0, 10);
    all.push(known.get(date) ?? { date, runs: 0, completed: 0, with_warnings: 0, partial: 0, failed: 0, cancelled: 0, p50_seconds: null, p95_seconds: null });
  }
  return all;
}

function Trend({ summary }: { summary: HistorySummary }): JSX.Element {
  const query = useQuery();
  const days = filled([...(summary.days ?? [])].sort((a, b) => a.date.localeCompare(b.date)));
  const status = summary.status_breakdown;
  return (
    <div class="trend">
      <Figures items={[
        { name: "Runs", value: count(summary.total_runs) },
        { name: "Success rate", value: summary.success_rate_percent === null ? "—" : percent(summary.success_rate_percent / 100) },
        { name: "Mean duration", value: duration(summary.avg_duration_seconds) },
        { name: "Failed", value: count((status["failed"] ?? 0) + (status["partial"] ?? 0)), ...((status["failed"] ?? 0) + (status["partial"] ?? 0) > 0 ? { tone: "failed" } : {}), note: status["partial"] ? `${status["partial"]} in part` : undefined },
        { name: "Cancelled", value: count(status["cancelled"] ?? 0) },
      ]} />
      {days.length > 1
        ? (
          <Chart option={trendOption(days)} version={days} height={236} description="Runs by outcome and their durations, by day (UTC)"
            onClick={(index) => { const day = days[index]; if (day) { query.set({ from: day.date, to: day.date }, true); } }}
            table={() => ({
              columns: ["Date", "Runs", ...OUTCOMES.map((one) => one.title), "Median", "95 % below"],
              rows: [...days].reverse().filter((day) => day.runs > 0).map((day) => [day.date, day.runs, ...OUTCOMES.map((one) => day[one.key]), duration(day.p50_seconds), duration(day.p95_seconds)]),
            })} />
        )
        : null}
    </div>
  );
}

function Counts({ run }: { run: Run }): JSX.Element {
  const { total, failed, skipped, cancelled } = run.jobs;
  const warned = run.summary?.jobs.with_warnings ?? 0;
  const parts = [
    failed > 0 ? <StatusMark key="f" status="failed">{count(failed)} failed</StatusMark> : null,
    warned > 0 ? <StatusMark key="w" status="completed_with_warnings">{count(warned)} warned</StatusMark> : null,
    cancelled > 0 ? <StatusMark key="c" status="cancelled">{count(cancelled)} cancelled</StatusMark> : null,
  ].filter((part) => part !== null);
  return <span class="job-counts"><span>{count(total)}</span>{parts}{parts.length === 0 && skipped > 0 ? <span class="quiet">{count(skipped)} skipped</span> : null}</span>;
}

/** The job type that took the most computing time. */
function longest(run: Run): string {
  const top = Object.entries(run.phase_durations).sort((a, b) => b[1] - a[1])[0];
  return top && top[1] > 0 ? `${jobType(top[0])}, ${duration(top[1])}` : "—";
}

const COLUMNS: Column<Run>[] = [
  { id: "status", title: "Status", render: (run) => <StatusMark status={run.status} /> },
  { id: "requested", title: "Requested", render: (run) => <Link href={`/runs/${run.batch_run_id}`}><Time at={run.created_at} /></Link> },
  {
    id: "scope", title: "Scope", grow: true, render: (run) => (
      <>{scopeWords(run.scope)}{run.retry_of ? <span class="quiet">, retry of <Link href={`/runs/${run.retry_of}`}>an earlier run</Link></span> : null}</>
    ),
  },
  { id: "trigger", title: "By", wide: true, render: (run) => run.triggered_by },
  { id: "jobs", title: "Jobs", render: (run) => <Counts run={run} /> },
  { id: "longest", title: "Most time", wide: true, render: (run) => <span class="quiet">{longest(run)}</span> },
  { id: "duration", title: "Duration", numeric: true, sort: (run) => runSeconds(run), render: (run) => duration(runSeconds(run)) },
];

const FIELDS: Field[] = [
  { name: "portfolio_id", title: "Portfolio", kind: "text", placeholder: "Name" },
  { name: "status", title: "Status", kind: "choice", choices: RUN_STATUSES.map((value) => ({ value, text: statusWords(value) })) },
  { name: "triggered_by", title: "By", kind: "text", placeholder: "E-mail" },
  { name: "from", title: "Requested from", kind: "date" },
  { name: "to", title: "to", kind: "date" },
  { name: "days", title: "Period", kind: "choice", all: "30 days", choices: PERIODS.filter(([value]) => value !== "30").map(([value, text]) => ({ value, text })) },
];

export function Runs(): JSX.Element {
  const query = useQuery();
  const [moreShown, setMoreShown] = useState(0);
  useTitle("Runs");
  const days = query.get("days") ?? "30";
  const filter = {
    portfolio_id: query.get("portfolio_id"), status: query.get("status"), triggered_by: query.get("triggered_by"),
    from: query.get("from"), to: query.get("to"), days: query.get("from") === null ? days : null, limit: 50,
  };
  const filtered = ["portfolio_id", "status", "triggered_by", "from", "to"].some((name) => query.get(name) !== null);
  const runs = usePages<Run>("/api/v1/admin/batch/history", filter, (page) => page["runs"] as Run[]);
  const summary = useResource<HistorySummary>("/api/v1/admin/batch/history/summary", { days });
  const portfolios = useResource<{ portfolios: Portfolio[] }>("/api/v1/portfolios");
  useChanges((event) => event.type === "RunRequested" || event.type === "RunFinished", () => {
    // Whoever has paged down wants to go on reading, not to be thrown back.
    if (moreShown === 0) {
      runs.reload();
    }
    summary.reload();
  }, 1000);
  const total = runs.first?.["total_count"] as number | undefined;
  const fields = FIELDS.map((field) => field.name === "portfolio_id" && field.kind === "text"
    ? { ...field, suggestions: (portfolios.value?.portfolios ?? []).slice(0, 500).map((one) => one.name) } : field);
  return (
    <>
      <PageHead title="Runs" actions={<RunActions running={false} cancelling={false} failed={0} runId={null} />} />
      <div class="stack">
        <Loaded of={summary}>{(value) => value.total_runs > 0 ? <Card title={`How they went: ${PERIODS.find(([one]) => one === days)?.[1].toLowerCase() ?? `${days} days`}`}><Trend summary={value} /></Card> : null}</Loaded>
        <div>
          <Filters fields={fields} />
          <Card title="Runs" flush aside={total === undefined ? null : plural(total, "run")}>
            <Loaded of={runs} what="Loading runs">
              {(rows) => (
                <DataTable caption="Runs, newest first" columns={COLUMNS} rows={rows} rowKey={(run) => run.batch_run_id} href={(run) => `/runs/${run.batch_run_id}`}
                  more={runs.more === null ? null : () => { setMoreShown(moreShown + 1); runs.more?.(); }} loadingMore={runs.loadingMore}
                  empty={filtered ? <Empty title="No run fits">Take a filter out, or choose a longer period.</Empty>
                    : <Empty title="No run in this period">Choose a longer one, or start a run.</Empty>} />
              )}
            </Loaded>
          </Card>
        </div>
      </div>
    </>
  );
}
