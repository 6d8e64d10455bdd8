// One portfolio as of a date: its figures with the reason beside each that is missing, its pictures,
// its history, and the jobs behind them.
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { Link } from "wouter-preact";
import { formatNumber } from "../../charts/format";
import { download } from "../lib/api";
import type { FreshnessDocument, LastSuccess, Snapshot } from "../lib/catalog";
import { DASH, count, jobType, money, reason, shortId } from "../lib/format";
import { useQuery } from "../lib/location";
import type { Job, JobPage, Portfolio as PortfolioRow } from "../lib/model";
import type { FullReport, FullSection } from "../lib/report_model";
import { useChanges, useResource, useTitle, type Resource } from "../lib/resource";
import { Card, Facts, Figures, PageHead, Time } from "../parts/card";
import { DataTable, type Column } from "../parts/data_table";
import { DateField } from "../parts/date_field";
import { ErrorText, WarningsText } from "../parts/error_text";
import { ReportSection } from "../parts/report_view";
import { Empty, Failure, Loaded, Loading } from "../parts/states";
import { StatusMark } from "../parts/status_mark";
import { Tabs } from "../parts/tabs";
import { toast } from "../parts/toast";
import { Took } from "../parts/took";
import { History, snapshotsOf } from "./portfolio_history";
import "./portfolio.css";

const FORMATS = ["html", "md", "csv", "json"] as const;

function Dates({ report, dates, set }: { report: FullReport | null; dates: string[]; set: (date: string | null) => void }): JSX.Element {
  const query = useQuery();
  const shown = query.get("as_of") ?? report?.as_of ?? "";
  const at = dates.indexOf(shown);
  const step = (by: number): string | null => (at < 0 ? null : dates[at + by] ?? null);
  const button = (by: number, title: string, sign: string): JSX.Element => (
    <button type="button" class="button button-icon" title={title} aria-label={title} disabled={step(by) === null} onClick={() => set(step(by))}>{sign}</button>
  );
  return (
    <span class="date-walk" role="group" aria-label="Date of the figures">
      {button(-1, "Trading day before", "\u2039")}
      <DateField label="As of" value={shown} set={(date) => set(date || null)} />
      {button(1, "Next trading day", "\u203a")}
      {query.get("as_of") === null ? null : <button type="button" class="button button-plain" onClick={() => set(null)}>Newest</button>}
    </span>
  );
}

const SUMMARY = ["equity", "daily_pnl", "daily_return", "cumulative_pnl", "gross_exposure", "market_beta", "drawdown", "var_hist_95", "worst_stress_pnl"];

function Summary({ section }: { section: FullSection }): JSX.Element {
  const chosen = Object.entries(section.figures).filter(([id]) => SUMMARY.includes(id));
  return (
    <Figures items={chosen.map(([, figure]) => ({
      name: figure.title,
      value: typeof figure.value === "number" ? (figure.unit === "money" ? money(figure.value) : formatNumber(figure.value, figure.unit)) : <span class="unknown">{DASH}</span>,
      note: figure.value === null ? reason(figure.value_reason) : undefined,
    }))} />
  );
}

/** The sections as a list to jump in; the first lines of the page answer most questions. */
function ReportView({ report }: { report: FullReport }): JSX.Element {
  const sections = Object.entries(report.sections);
  return (
    <div class="report">
      <nav class="report-index" aria-label="Sections">
        <ul>{sections.map(([id, section]) => (
          <li key={id}>
            <a href={`#section-${id}`} class={section.gaps.some((gap) => gap.status !== "skipped") ? "report-gap" : ""} onClick={(event) => {
              event.preventDefault();
              document.getElementById(`section-${id}`)?.scrollIntoView({ block: "start" });
            }}>{section.title}{section.gaps.length > 0 ? <span class="unseen"> (incomplete)</span> : null}</a>
          </li>
        ))}</ul>
      </nav>
      <div class="report-body">
        {sections.map(([id, section]) => <ReportSection key={id} id={id} section={section} />)}
      </div>
    </div>
  );
}

const JOB_COLUMNS: Column<Job>[] = [
  { id: "type", title: "Job", render: (job) => jobType(job.job_type), sort: (job) => job.job_type },
  { id: "status", title: "Status", render: (job) => <StatusMark status={job.status} />, sort: (job) => job.status },
  { id: "quality", title: "Quality", render: (job) => (job.data_quality ? <StatusMark status={job.data_quality.quality_flag} /> : DASH), sort: (job) => job.data_quality?.quality_flag ?? null },
  {
    id: "why", title: "Reason or warning", grow: true,
    render: (job) => job.error ? <ErrorText category={job.error_category} error={job.error} />
      : job.skip_reason ? reason(job.skip_reason) : job.warnings.length > 0 ? <WarningsText warnings={job.warnings} /> : (job.reused_from ? `taken over from event ${job.reused_from}` : ""),
  },
  { id: "attempts", title: "Attempts", numeric: true, wide: true, render: (job) => count(job.attempts), sort: (job) => job.attempts },
  { id: "took", title: "Took", numeric: true, wide: true, render: (job) => <Took job={job} />, sort: (job) => job.duration_seconds },
  { id: "ended", title: "Ended", render: (job) => <Time at={job.completed_at} />, sort: (job) => job.completed_at },
  { id: "run", title: "Run", wide: true, render: (job) => <Link href={`/runs/${job.batch_run_id}`} class="mono">{shortId(job.batch_run_id)}</Link> },
];

type LastRow = LastSuccess["job_types"][number];
const LAST_COLUMNS: Column<LastRow>[] = [
  { id: "type", title: "Job", render: (row) => jobType(row.job_type), sort: (row) => row.job_type },
  { id: "newest", title: "Newest date with a result", render: (row) => row.newest_as_of ?? DASH, sort: (row) => row.newest_as_of },
  { id: "behind", title: "Trading days behind", numeric: true, render: (row) => count(row.trading_days_behind), sort: (row) => row.trading_days_behind },
  { id: "ended", title: "Last success", render: (row) => <Time at={row.last_success?.completed_at} />, sort: (row) => row.last_success?.completed_at ?? null },
  {
    id: "run", title: "Run", wide: true,
    render: (row) => (row.last_success ? <Link href={`/runs/${row.last_success.batch_run_id}`} class="mono">{shortId(row.last_success.batch_run_id)}</Link> : DASH),
  },
];

function Jobs({ id, asOf }: { id: string; asOf: string | null }): JSX.Element {
  const jobs = useResource<JobPage>(asOf === null ? null : "/api/v1/admin/batch/jobs/status", { portfolio_id: id, as_of_from: asOf, as_of_to: asOf, days_back: "0", limit: 200 });
  const last = useResource<LastSuccess>(`/api/v1/portfolios/${encodeURIComponent(id)}/last-success`);
  useChanges((event) => event.portfolio_id === id && event.type.startsWith("Job"), () => { jobs.reload(); last.reload(); }, 3000);
  return (
    <div class="stack">
      <Card title={`Jobs of ${asOf ?? "the date"}`} flush aside={<Link href={`/jobs?tab=list&portfolio_id=${id}&days_back=0`}>All jobs of the portfolio</Link>}>
        <Loaded of={jobs}>{(page) => (
          <DataTable caption="Jobs of the date, newest first" columns={JOB_COLUMNS} rows={page.jobs} rowKey={(job) => job.seq} empty={<Empty title="No job ran for this date" />} />
        )}</Loaded>
      </Card>
      <Card title="Last success of each job" flush>
        <Loaded of={last}>{(value) => <DataTable caption="Last success by job type" columns={LAST_COLUMNS} rows={value.job_types} rowKey={(row) => row.job_type} />}</Loaded>
      </Card>
    </div>
  );
}

function About({ report, row }: { report: FullReport | null; row: PortfolioRow | null }): JSX.Element {
  const run = report?.run;
  return (
    <Facts items={[
      row ? ["Positions", count(row.positions)] : null,
      row ? ["Equity given", row.equity === null ? "none" : `${formatNumber(row.equity, "money")} on ${row.equity_date ?? ""}`] : null,
      row ? ["Imported", <Time key="at" at={row.imported_at} />] : null,
      run?.run_id ? ["Run", <Link key="run" href={`/runs/${run.run_id}`} class="mono">{shortId(run.run_id)}</Link>] : null,
      run?.finished_at ? ["Calculated", <Time key="done" at={run.finished_at} />] : null,
      report ? ["Formulas", `version ${report.formula_version}`] : null,
    ]} />
  );
}

function NoReport({ of }: { of: Resource<FullReport> }): JSX.Element {
  if (of.problem?.code === "no_results") {
    return <Empty title="No results for this date">{of.problem.detail}. Choose another date, or start a run for this one.</Empty>;
  }
  return of.problem ? <Failure problem={of.problem} retry={of.reload} /> : <Loading what="Loading the report" />;
}

function Downloads({ id, report }: { id: string; report: FullReport | null }): JSX.Element {
  const take = async (format: string): Promise<void> => {
    const answer = await download(`/api/v1/portfolios/${encodeURIComponent(id)}/report`, `${report?.portfolio ?? id} ${report?.as_of ?? ""}.${format}`, { format, as_of: report?.as_of });
    if (!answer.ok) {
      toast(answer.problem.detail, "error");
    }
  };
  return (
    <span class="downloads" role="group" aria-label="Download the report">
      <span class="quiet">Report</span>
      {FORMATS.map((format) => <button type="button" key={format} class="button button-small" disabled={!report} onClick={() => void take(format)}>{format.toUpperCase()}</button>)}
    </span>
  );
}

/** Trading days with any result, ascending: for stepping from one to the next. */
function useDates(id: string): string[] {
  const fresh = useResource<FreshnessDocument>("/api/v1/portfolios/freshness", { portfolio_id: id });
  return useMemo(() => {
    const cells = fresh.value?.cells[0] ?? "";
    return (fresh.value?.dates ?? []).filter((_, at) => cells[at] !== ".");
  }, [fresh.value]);
}

export function Portfolio({ id }: { id: string }): JSX.Element {
  const query = useQuery();
  const path = `/api/v1/portfolios/${encodeURIComponent(id)}`;
  const asOf = query.get("as_of");
  const report = useResource<FullReport>(`${path}/report`, { format: "json", as_of: asOf });
  const history = useResource<{ portfolio: string; snapshots: Snapshot[] }>(`${path}/history`, { snapshots: snapshotsOf(query.all), limit: 1 });
  const row = useResource<PortfolioRow>(path);
  const dates = useDates(id);
  const name = report.value?.portfolio ?? row.value?.name ?? history.value?.portfolio ?? id;
  useTitle(name);
  useChanges((event) => event.type === "RunFinished" || (event.portfolio_id === id && event.job_type === "portfolio_snapshot"), () => {
    report.reload();
    history.reload();
  }, 5000);
  const set = (date: string | null): void => query.set({ as_of: date }, true);
  const value = report.value;
  if (history.problem?.status === 404) {
    return <Empty title="There is no such portfolio">{history.problem.detail}. <Link href="/portfolios">To all portfolios</Link></Empty>;
  }
  return (
    <>
      <PageHead title={name} actions={<Downloads id={id} report={value} />}>
        <Dates report={value} dates={dates} set={set} />
        {value?.quality_flag ? <StatusMark status={value.quality_flag}>Data quality {value.quality_flag}</StatusMark> : null}
        {row.problem?.status === 404 ? <span class="quiet">deleted; its history stays</span> : null}
      </PageHead>
      {Object.keys(value?.sections["summary"]?.figures ?? {}).length > 0 && value?.sections["summary"] ? <div class="portfolio-summary"><Summary section={value.sections["summary"]} /></div> : null}
      <Tabs label="Views" tabs={[
        { id: "figures", title: "Figures", content: () => (value ? <ReportView report={value} /> : <NoReport of={report} />) },
        { id: "history", title: "History", content: () => <Loaded of={history}>{(document) => <History id={id} snapshots={document.snapshots} asOf={value?.as_of ?? asOf} open={set} />}</Loaded> },
        { id: "jobs", title: "Jobs", content: () => <Jobs id={value?.portfolio_id ?? id} asOf={value?.as_of ?? asOf} /> },
        { id: "about", title: "About", content: () => <About report={value} row={row.value} /> },
      ]} />
    </>
  );
}
