// The current run as it happens; when there is none, how the last one went and what could be next.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { serverNow } from "../lib/api";
import { ago, percent, plural, words } from "../lib/format";
import type { CurrentRun, Portfolio, Run } from "../lib/model";
import { useChanges, useNow, useResource, useTitle } from "../lib/resource";
import { FAILED, isFinal } from "../lib/run_grid";
import type { RunShape } from "../lib/run_follower";
import { runSeconds, scopeWords } from "../lib/run_words";
import { Card, PageHead, Time } from "../parts/card";
import { Failures, Retries, useRunJobs } from "../parts/failures";
import { JobPanel } from "../parts/job_panel";
import { RunActions } from "../parts/run_actions";
import { RunGridView } from "../parts/run_grid_view";
import { RunOutcome, RunProgress } from "../parts/run_progress";
import { Empty, Failure, Loading } from "../parts/states";
import { StatusMark } from "../parts/status_mark";
import { Timeline } from "../parts/timeline";
import { useFollowed, type Followed } from "../parts/use_run";

const POLL_MS = 1000;
const RUN_EVENTS = new Set(["RunRequested", "RunStarted", "RunResumed", "RunCancelRequested", "RunFinished", "RunRejected"]);

/** A grid of so few columns leaves room beside it. */
const NARROW_COLUMNS = 14;

/** Grid, what needs attention, and timeline of a followed run. */
function RunBody({ followed, shape, live }: { followed: Followed; shape: RunShape; live: boolean }): JSX.Element {
  const { grid, timeline, document } = shape;
  const [job, setJob] = useState<number | null>(null);
  const failures = useRunJobs(grid.runId, "failed", live);
  const failed = grid.counts[FAILED]!;
  const calm = !live && failed === 0;
  return (
    <>
      <div class={`run-split ${grid.columns <= NARROW_COLUMNS ? "run-narrow" : calm ? "run-calm" : "run-wide"}`}>
        <Card title="Jobs" class="area-jobs" aside={`${plural(grid.rows, "row")}, ${plural(grid.columns, "column")}`}>
          <div class="grid-place">
            <RunGridView grid={grid} sink={followed.sink} onOpen={setJob} />
          </div>
        </Card>
        {calm && grid.columns > NARROW_COLUMNS ? null : <Card title="Needs attention" flush class="area-attention" aside={failed > 0 ? plural(failed, "failure") : null}>
          <Retries grid={grid} timeline={timeline} onOpen={setJob} />
          {failed === 0 && timeline.retries.size > 0 ? null
            : <Failures jobs={failures} grid={grid} onOpen={setJob} brief quietWhenNone={live ? "Nothing has failed so far" : "Nothing failed"} />}
        </Card>}
        <Card title="Attempts by worker slot" class="area-timeline" aside={plural(timeline.size, "attempt")}>
          {timeline.size > 0
            ? <Timeline timeline={timeline} grid={grid} version={followed.version} now={live ? serverNow : null} onOpen={setJob} />
            : <Empty title="No attempt yet">Jobs that were skipped, or taken over from an earlier run, need none.</Empty>}
        </Card>
      </div>
      {job !== null ? <JobPanel grid={grid} job={job} first={document.first_seq} until={Number.MAX_SAFE_INTEGER} version={0} onClose={() => setJob(null)} /> : null}
    </>
  );
}

interface Quality { status: string; quality_score: number | null; as_of: string | null; recommendations: unknown[] }
interface Freshness { portfolios: { fresh: string }[]; dates: string[] }

/** How old what is known is, in a line. */
function FreshnessHint(): JSX.Element | null {
  const quality = useResource<Quality>("/api/v1/admin/batch/data-quality");
  const fresh = useResource<Freshness>("/api/v1/portfolios/freshness");
  const parts: JSX.Element[] = [];
  if (quality.value?.as_of) {
    parts.push(<span key="q"><StatusMark status={quality.value.status === "passed" ? "passed" : "limited"}>Market data of {quality.value.as_of}{quality.value.quality_score !== null ? `, quality ${percent(quality.value.quality_score, 0)}` : ""}</StatusMark></span>);
  }
  if (fresh.value && fresh.value.portfolios.length > 0) {
    const all = fresh.value.portfolios;
    const current = all.filter((one) => one.fresh === "fresh").length;
    parts.push(<span key="f"><StatusMark status={current === all.length ? "fresh" : "stale"}>{current} of {plural(all.length, "portfolio")} up to date</StatusMark>, <Link href="/portfolios">see which</Link></span>);
  }
  return parts.length > 0 ? <p class="hints">{parts}</p> : null;
}

type ActiveRun = Extract<CurrentRun, { status: "running" }>;

/** One run, while it runs (`active`) and after it (`run`); between the two both are null. */
function Shown({ id, active, run }: { id: string; active: ActiveRun | null; run: Run | null }): JSX.Element {
  const followed = useFollowed(id);
  const { shape } = followed;
  const now = useNow(active ? 250 : 0);
  const cancelling = active?.run_status === "cancelling" || shape?.grid.status === "cancelling";
  const ended = active === null || (shape !== null && isFinal(shape.grid.status));
  const status = run ? run.status : ended ? shape?.grid.status ?? "running" : cancelling ? "cancelling" : active.run_status;
  const scope = (active ?? run)?.scope;
  return (
    <>
      <PageHead title={run ? "Last run" : cancelling ? "Cancelling" : ended ? "Ending" : "Running"}
        actions={<RunActions running={!ended} cancelling={cancelling} failed={run?.jobs.failed ?? 0} runId={id} />}>
        <StatusMark status={status} />
        <span class="quiet">
          {scope ? `${scopeWords(scope)}, by ${(active ?? run)?.triggered_by}, ` : ""}
          {run ? <>ended <Time at={run.completed_at} /> ({ago(run.completed_at)}), </> : null}<Link href={`/runs/${id}`}>run page</Link>
        </span>
      </PageHead>
      {run ? <FreshnessHint /> : null}
      {run?.reason ? <p class="note note-warning">{words(run.reason)}</p> : null}
      {shape === null
        ? (followed.problem ? <Failure problem={followed.problem} retry={followed.reload} /> : <Loading what="Loading the run" />)
        : (
          <div class="stack">
            {run
              ? <RunOutcome grid={shape.grid} seconds={runSeconds(run)} reused={run.summary?.reused ?? 0} retries={run.summary?.retries ?? 0} />
              : <RunProgress shape={shape} progress={active} now={now} />}
            {shape.grid.planned ? <RunBody followed={followed} shape={shape} live={!ended} />
              : <Empty title={ended ? "This run had no jobs" : "The run is being planned"}>{ended ? run?.reason ?? "It ended before its plan was made." : null}</Empty>}
          </div>
        )}
    </>
  );
}

/** A store without any run: what to do first. */
function First(): JSX.Element {
  const portfolios = useResource<{ portfolios: Portfolio[] }>("/api/v1/portfolios");
  const inputs = useResource<{ inputs?: { kind: string }[] }>("/api/v1/inputs");
  const have = portfolios.value?.portfolios.length ?? 0;
  const prices = (inputs.value?.inputs ?? []).some((one) => one.kind === "prices");
  if (portfolios.value === null && portfolios.problem === null) {
    return <Loading />;
  }
  const steps: { done: boolean; text: JSX.Element }[] = [
    { done: prices, text: <>Import prices, and rates and sectors if there are any: <Link href="/portfolios">drop the files on Portfolios</Link>.</> },
    { done: have > 0, text: have > 0 ? <>{plural(have, "portfolio")} imported.</> : <>Import at least one portfolio there, too.</> },
    { done: false, text: <>Start a run. It values every portfolio on the last day with prices.</> },
  ];
  return (
    <>
      <PageHead title="Now" actions={<RunActions running={false} cancelling={false} failed={0} runId={null} />} />
      <Card title="Nothing has run yet">
        <ol class="steps">{steps.map((step, at) => <li key={at} class={step.done ? "step-done" : ""}><StatusMark status={step.done ? "completed" : "pending"} quiet /><span>{step.text}</span></li>)}</ol>
      </Card>
    </>
  );
}

export function Now(): JSX.Element {
  const current = useResource<CurrentRun>("/api/v1/admin/batch/run/current");
  const last = useResource<{ last_run: Run | null }>("/api/v1/admin/batch/last-run");
  const active = current.value?.status === "running" ? current.value : null;
  const refresh = (): void => {
    current.reload();
    last.reload();
  };
  useChanges((event) => RUN_EVENTS.has(event.type), refresh, 200);
  useEffect(() => {
    if (active === null) {
      return undefined;
    }
    const timer = window.setInterval(current.reload, POLL_MS);
    return () => window.clearInterval(timer);
  }, [active?.batch_run_id]);
  useTitle(active ? `${active.progress_percent.toFixed(0)} % running` : "Now");
  if (current.value === null || last.value === null) {
    const problem = current.problem ?? last.problem;
    return problem ? <Failure problem={problem} retry={refresh} /> : <Loading />;
  }
  const run = last.value.last_run;
  const id = active?.batch_run_id ?? run?.batch_run_id ?? null;
  // The end is seen in two answers; until both are here the run is neither.
  const ended = run !== null && active === null && isFinal(run.status) ? run : null;
  return id === null ? <First /> : <Shown key={id} id={id} active={active} run={ended} />;
}
