// Jobs over time by type: how long, how often they fail and why; and the list of jobs with every filter.
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { usePortfolios, type FlakyEntry, type StatisticsDocument, type TypeStatistics } from "../lib/catalog";
import { DASH, count, duration, jobType, percent, reason, shortHash, shortId, warningWords, words } from "../lib/format";
import { useQuery } from "../lib/location";
import { ERROR_CATEGORIES, JOB_STATUSES, JOB_TYPES, type Job, type JobPage } from "../lib/model";
import { useChanges, usePages, useResource, useTitle } from "../lib/resource";
import { Card, Facts, PageHead, Time } from "../parts/card";
import { DataTable, type Column } from "../parts/data_table";
import { Dialog } from "../parts/dialog";
import { ErrorText, WarningsText } from "../parts/error_text";
import { Filters, type Field } from "../parts/filters";
import { Empty, Loaded, Unknown } from "../parts/states";
import { StatusMark, statusWords } from "../parts/status_mark";
import { Tabs } from "../parts/tabs";
import { Took } from "../parts/took";
import { TypeCharts, rateOf } from "./job_charts";
import "./jobs.css";

const TYPES = JOB_TYPES.map((value) => ({ value, text: jobType(value) }));
const PERIODS = [{ value: "1", text: "1 day" }, { value: "7", text: "7 days" }, { value: "90", text: "90 days" }, { value: "365", text: "1 year" }, { value: "0", text: "All time" }];

function usePortfolioField(): Field {
  const portfolios = usePortfolios();
  return { name: "portfolio_id", title: "Portfolio", kind: "text", placeholder: "name or id", suggestions: portfolios.value?.portfolios.map((one) => one.name) ?? [] };
}

const TYPE_FIELD: Field = { name: "job_type", title: "Job type", kind: "choice", choices: TYPES };
const PERIOD_FIELD: Field = { name: "days_back", title: "Period", kind: "choice", choices: PERIODS, all: "30 days" };

/** The median of each bucket as a line of 88 x 20; a bucket without one leaves a gap. */
function Spark({ type }: { type: TypeStatistics }): JSX.Element {
  const values = type.buckets.map((bucket) => bucket.p50_seconds);
  if (values.filter((value) => value !== null).length < 2) {
    return <Unknown reason="no two values" />;
  }
  const most = Math.max(...values.map((value) => value ?? 0));
  const step = 86 / Math.max(1, values.length - 1);
  let path = "";
  values.forEach((value, at) => {
    if (value !== null && most > 0) {
      const begins = at === 0 || values[at - 1] === null;
      path += `${begins ? "M" : "L"}${(1 + at * step).toFixed(1)} ${(18 - (value / most) * 16).toFixed(1)}${begins ? "h0.1" : ""}`;
    }
  });
  return <svg class="spark" width="88" height="20" viewBox="0 0 88 20" role="img" aria-label="Median duration over the period"><path class="line" d={path} /></svg>;
}

function Rate({ share }: { share: number | null }): JSX.Element {
  return share === null ? <>{DASH}</> : <span class="coverage"><meter min={0} max={1} value={share} aria-hidden="true" />{percent(share)}</span>;
}

const STATISTICS: Column<TypeStatistics>[] = [
  { id: "type", title: "Job type", render: (row) => <b class="type-name">{jobType(row.job_type)}</b>, sort: (row) => jobType(row.job_type) },
  { id: "jobs", title: "Jobs", numeric: true, render: (row) => count(row.total.jobs), sort: (row) => row.total.jobs },
  { id: "rate", title: "Succeeded", numeric: true, render: (row) => <Rate share={rateOf(row.total)} />, sort: (row) => rateOf(row.total) },
  {
    id: "failed", title: "Failed", numeric: true, sort: (row) => row.total.failed,
    render: (row) => (row.total.failed > 0 ? <StatusMark status="failed">{count(row.total.failed)}</StatusMark> : "0"),
  },
  { id: "retried", title: "Retried", numeric: true, wide: true, render: (row) => count(row.total.retried), sort: (row) => row.total.retried },
  { id: "skipped", title: "Skipped", numeric: true, wide: true, render: (row) => count(row.total.skipped), sort: (row) => row.total.skipped },
  { id: "reused", title: "Taken over", numeric: true, wide: true, render: (row) => count(row.total.reused), sort: (row) => row.total.reused },
  { id: "p50", title: "Median", numeric: true, render: (row) => duration(row.total.p50_seconds), sort: (row) => row.total.p50_seconds },
  { id: "p95", title: "95 %", numeric: true, render: (row) => duration(row.total.p95_seconds), sort: (row) => row.total.p95_seconds },
  { id: "max", title: "Longest", numeric: true, wide: true, render: (row) => duration(row.total.max_seconds), sort: (row) => row.total.max_seconds },
  { id: "trend", title: "Median over time", wide: true, render: (row) => <Spark type={row} /> },
];

function Errors({ type }: { type: TypeStatistics }): JSX.Element {
  const errors = type.total.errors ?? [];
  return (
    <Card title="Error patterns" flush aside={<Link href={`/jobs?tab=list&job_type=${type.job_type}&status=failed`}>The failed jobs</Link>}>
      <DataTable caption={`Errors of ${jobType(type.job_type)}`} rows={errors} rowKey={(row) => `${row.category} ${row.error}`}
        empty={<Empty title="No job of this type failed in the period" />}
        columns={[
          { id: "jobs", title: "Jobs", numeric: true, render: (row) => count(row.jobs), sort: (row) => row.jobs },
          { id: "category", title: "Category", render: (row) => words(row.category), sort: (row) => row.category },
          { id: "error", title: "Error", grow: true, render: (row) => <ErrorText error={row.error} code />, sort: (row) => row.error },
        ]} />
    </Card>
  );
}

/** The type that is shown below the table: the chosen one, else the one that failed most, else the slowest. */
function chosenType(types: TypeStatistics[], wanted: string | null): TypeStatistics | undefined {
  const worst = (a: TypeStatistics, b: TypeStatistics): TypeStatistics =>
    b.total.failed !== a.total.failed ? (b.total.failed > a.total.failed ? b : a) : (b.total.p95_seconds ?? 0) > (a.total.p95_seconds ?? 0) ? b : a;
  return types.find((one) => one.job_type === wanted) ?? (types.length > 0 ? types.reduce(worst) : undefined);
}

function Statistics(): JSX.Element {
  const query = useQuery();
  const fields: Field[] = [
    usePortfolioField(), PERIOD_FIELD,
    { name: "bucket", title: "Steps", kind: "choice", all: "By day", choices: [{ value: "week", text: "By week" }, { value: "month", text: "By month" }] },
  ];
  const statistics = useResource<StatisticsDocument>("/api/v1/admin/batch/jobs/statistics", {
    portfolio_id: query.get("portfolio_id"), days_back: query.get("days_back"), bucket: query.get("bucket"),
  });
  useChanges((event) => event.type === "RunFinished", statistics.reload, 3000);
  return (
    <>
      <Filters fields={fields} />
      <Loaded of={statistics}>{(document) => {
        const types = document.job_types.filter((one) => one.total.jobs > 0);
        const type = chosenType(types, query.get("type"));
        return types.length === 0 || !type
          ? <Empty title="No jobs in this period">Start a run on <Link href="/">Now</Link>, or choose a longer period.</Empty>
          : (
            <div class="stack">
              <div class="card">
                <DataTable caption="Statistics by job type" columns={STATISTICS} rows={types} rowKey={(row) => row.job_type}
                  onRow={(row) => query.set({ type: row.job_type })} />
              </div>
              <h2 class="type-title">{jobType(type.job_type)}</h2>
              <TypeCharts type={type} bucket={document.bucket} />
              <Errors type={type} />
            </div>
          );
      }}</Loaded>
    </>
  );
}

function jobColumns(open: (job: Job) => void): Column<Job>[] {
  return [
    { id: "type", title: "Job", render: (job) => <button type="button" class="link" onClick={() => open(job)}>{jobType(job.job_type)}</button> },
    { id: "portfolio", title: "Portfolio", render: (job) => (job.portfolio_id ? <Link href={`/portfolios/${job.portfolio_id}?as_of=${job.as_of}`}>{job.portfolio_name ?? shortId(job.portfolio_id)}</Link> : <span class="quiet">all</span>) },
    { id: "as_of", title: "Date", render: (job) => job.as_of },
    { id: "status", title: "Status", render: (job) => <StatusMark status={job.status} /> },
    { id: "why", title: "Error, reason or warning", grow: true, render: (job) => (job.error ? <ErrorText category={job.error_category} error={job.error} /> : job.skip_reason ? reason(job.skip_reason) : <WarningsText warnings={job.warnings} />) },
    { id: "attempts", title: "Attempts", numeric: true, wide: true, render: (job) => count(job.attempts) },
    { id: "took", title: "Took", numeric: true, wide: true, render: (job) => <Took job={job} /> },
    { id: "ended", title: "Ended", render: (job) => (job.status === "running" ? <span class="quiet">runs</span> : <Time at={job.completed_at} />) },
    { id: "run", title: "Run", wide: true, render: (job) => <Link href={`/runs/${job.batch_run_id}`} class="mono">{shortId(job.batch_run_id)}</Link> },
  ];
}

/** Everything that the log knows of a job. */
function JobDetails({ job, onClose }: { job: Job; onClose: () => void }): JSX.Element {
  return (
    <Dialog side title={`${jobType(job.job_type)}, ${job.portfolio_name ?? "all portfolios"}, ${job.as_of}`} onClose={onClose}>
      <div><StatusMark status={job.status} /></div>
      {job.error ? <p class="note note-error"><ErrorText category={job.error_category} error={job.error} code /></p> : null}
      {job.error_detail ? <pre class="detail" tabIndex={0} aria-label="Details of the error">{job.error_detail}</pre> : null}
      {job.warnings.map((warning) => <p class="note note-warning" key={warning} title={warning}>{warningWords(warning)}</p>)}
      <Facts items={[
        job.skip_reason ? ["Skipped because", reason(job.skip_reason)] : null,
        ["Attempts", count(job.attempts)],
        ["Started", <Time key="s" at={job.started_at} />],
        ["Ended", <Time key="e" at={job.completed_at} />],
        ["Took", <Took key="t" job={job} />],
        ["Records", `${count(job.records)} ${job.unit}`],
        job.data_quality ? ["Data quality", `${job.data_quality.quality_flag}, coverage ${percent(job.data_quality.coverage)}, ${count(Math.round(job.data_quality.average_history_days))} days of history`] : null,
        job.reused_from ? ["Taken over from", <Link key="r" href={`/events?at=${job.reused_from}`}>event {count(job.reused_from)}</Link>] : null,
        ["Run", <Link key="run" href={`/runs/${job.batch_run_id}`} class="mono">{job.batch_run_id}</Link>],
        ["Event", <Link key="ev" href={`/events?at=${job.seq}`}>{count(job.seq)}</Link>],
        ["Inputs", <code key="i" title={job.input_hash ?? ""}>{shortHash(job.input_hash)}</code>],
        ["Result", <code key="h" title={job.result_hash ?? ""}>{shortHash(job.result_hash)}</code>],
        ["Formulas", `version ${job.formula_version}`],
      ]} />
      {job.portfolio_id ? <Link class="button" href={`/portfolios/${job.portfolio_id}?as_of=${job.as_of}`}>Open the portfolio on this date</Link> : null}
    </Dialog>
  );
}

const LIST_NAMES = ["portfolio_id", "job_type", "status", "error_category", "run_id", "triggered_by", "as_of_from", "as_of_to", "from", "to", "days_back"];

function List(): JSX.Element {
  const query = useQuery();
  const [open, setOpen] = useState<Job | null>(null);
  const fields: Field[] = [
    usePortfolioField(), TYPE_FIELD,
    { name: "status", title: "Status", kind: "choice", choices: JOB_STATUSES.map((value) => ({ value, text: statusWords(value) })) },
    { name: "error_category", title: "Error category", kind: "choice", choices: ERROR_CATEGORIES.map((value) => ({ value, text: words(value) })) },
    { name: "run_id", title: "Run", kind: "text", placeholder: "id of a run" },
    { name: "triggered_by", title: "Started by", kind: "text", placeholder: "e-mail" },
    { name: "as_of_from", title: "Date from", kind: "date" }, { name: "as_of_to", title: "Date to", kind: "date" },
    { name: "from", title: "Ended from", kind: "date" }, { name: "to", title: "Ended to", kind: "date" }, PERIOD_FIELD,
  ];
  const jobs = usePages<Job>("/api/v1/admin/batch/jobs/status", Object.fromEntries(LIST_NAMES.map((name) => [name, query.get(name)])), (page) => page["jobs"] as Job[]);
  const columns = useMemo(() => jobColumns(setOpen), []);
  useChanges((event) => event.type === "RunFinished" || (query.get("status") === "running" && event.type.startsWith("Job")), jobs.reload, 2000);
  return (
    <>
      <Filters fields={fields} />
      <Loaded of={jobs} what="Looking for jobs">{(rows) => (
        <div class="card">
          <p class="list-count" role="status">{count((jobs.first as unknown as JobPage | null)?.total_jobs ?? null)} jobs, newest first; {count(rows.length)} shown</p>
          <DataTable caption="Jobs" columns={columns} rows={rows} rowKey={(job) => job.job_id} onRow={setOpen} more={jobs.more} loadingMore={jobs.loadingMore}
            empty={<Empty title="No job fits the filter">Jobs that ended within the period are searched: the last 30 days unless another is chosen.</Empty>} />
        </div>
      )}</Loaded>
      {open ? <JobDetails job={open} onClose={() => setOpen(null)} /> : null}
    </>
  );
}

function Slowest(): JSX.Element {
  const query = useQuery();
  const [open, setOpen] = useState<Job | null>(null);
  const slowest = useResource<{ jobs: Job[] }>("/api/v1/admin/batch/jobs/slowest", { job_type: query.get("job_type"), days_back: query.get("days_back") });
  const columns = useMemo(() => jobColumns(setOpen), []);
  return (
    <>
      <Filters fields={[TYPE_FIELD, PERIOD_FIELD]} />
      <Loaded of={slowest}>{(value) => (
        <div class="card"><DataTable caption="Longest computed jobs" columns={columns} rows={value.jobs} rowKey={(job) => job.seq} onRow={setOpen}
          empty={<Empty title="No computed jobs in this period" />} /></div>
      )}</Loaded>
      {open ? <JobDetails job={open} onClose={() => setOpen(null)} /> : null}
    </>
  );
}

const FLAKY: Column<FlakyEntry>[] = [
  { id: "type", title: "Job type", render: (row) => jobType(row.job_type), sort: (row) => row.job_type },
  { id: "portfolio", title: "Portfolio", grow: true, render: (row) => (row.portfolio_id ? <Link href={`/portfolios/${row.portfolio_id}`}>{row.portfolio_name ?? shortId(row.portfolio_id)}</Link> : row.portfolio_name ?? "all"), sort: (row) => row.portfolio_name },
  { id: "jobs", title: "Jobs", numeric: true, render: (row) => count(row.jobs), sort: (row) => row.jobs },
  { id: "failed", title: "Failed", numeric: true, render: (row) => count(row.failed), sort: (row) => row.failed },
  { id: "retried", title: "Retried", numeric: true, render: (row) => count(row.retried), sort: (row) => row.retried },
  { id: "rate", title: "Share failed", numeric: true, render: (row) => percent(row.jobs > 0 ? row.failed / row.jobs : null), sort: (row) => (row.jobs > 0 ? row.failed / row.jobs : null) },
];

function Flakiest(): JSX.Element {
  const query = useQuery();
  const flaky = useResource<{ entries: FlakyEntry[] }>("/api/v1/admin/batch/jobs/flakiest", { days_back: query.get("days_back") });
  return (
    <>
      <Filters fields={[PERIOD_FIELD]} />
      <Loaded of={flaky}>{(value) => (
        <div class="card"><DataTable caption="Jobs that fail or are retried most" columns={FLAKY} rows={value.entries} rowKey={(row) => `${row.portfolio_id} ${row.portfolio_name} ${row.job_type}`}
          empty={<Empty title="No job failed or was retried in this period" />} /></div>
      )}</Loaded>
    </>
  );
}

export function Jobs(): JSX.Element {
  useTitle("Jobs");
  const tabs = [
    { id: "statistics", title: "By type", content: () => <Statistics /> },
    { id: "list", title: "All jobs", content: () => <List /> },
    { id: "slowest", title: "Slowest", content: () => <Slowest /> },
    { id: "flakiest", title: "Flakiest", content: () => <Flakiest /> },
  ];
  return (
    <>
      <PageHead title="Jobs" />
      <Tabs label="Views" tabs={tabs} />
    </>
  );
}
