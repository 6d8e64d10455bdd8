// One run: how it went, and how it was after any of its events.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { serverNow } from "../lib/api";
import { count, shortId } from "../lib/format";
import { useQuery } from "../lib/location";
import type { Run } from "../lib/model";
import { useChanges, useNow, useResource, useTitle } from "../lib/resource";
import { FAILED, isFinal, type RunGrid } from "../lib/run_grid";
import type { RunShape } from "../lib/run_follower";
import { runSeconds, scopeWords } from "../lib/run_words";
import { Card, Facts, PageHead, Time } from "../parts/card";
import { JobPanel } from "../parts/job_panel";
import { RunActions } from "../parts/run_actions";
import { RunGridView } from "../parts/run_grid_view";
import { RunOutcome, RunProgress } from "../parts/run_progress";
import { RunSlider } from "../parts/run_slider";
import { Empty, Failure, Loading } from "../parts/states";
import { StatusMark } from "../parts/status_mark";
import { Tabs, type Tab } from "../parts/tabs";
import { Timeline } from "../parts/timeline";
import { useFollowed, usePast, type Followed } from "../parts/use_run";
import { DurationsTab, EventsTab, FailuresTab, idFacts, LogTab, QualityTab } from "./run_tabs";

const URL_PAUSE_MS = 250;

/** The event at which the run is shown: at once here, in the address when the slider rests. */
function useAt(): [number | null, (at: number | null) => void] {
  const query = useQuery();
  const inUrl = Number.parseInt(query.get("at") ?? "", 10);
  const [at, setAt] = useState<number | null>(Number.isNaN(inUrl) ? null : inUrl);
  const timer = useRef(0);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const set = (next: number | null): void => {
    setAt(next);
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => query.set({ at: next === null ? null : String(next) }), URL_PAUSE_MS);
  };
  return [at, set];
}

/** A job in the address: portfolio.type.date, "market" for the market's. */
function jobKey(grid: RunGrid, job: number): string {
  const name = grid.nameOf(job);
  return `${name.portfolioId ?? "market"}.${name.type}.${name.asOf}`;
}

function jobOfKey(grid: RunGrid, key: string | null): number {
  const [portfolio, type, asOf] = (key ?? "").split(".");
  return grid.find(portfolio === "market" ? null : portfolio, type, asOf);
}

function Body({ run, followed, live }: { run: Run; followed: Followed; live: boolean }): JSX.Element {
  const query = useQuery();
  const [at, setAt] = useAt();
  const past = usePast(run.batch_run_id, at);
  const now = followed.shape as RunShape;
  const shape = at === null ? now : past.shape ?? now;
  const waiting = at !== null && past.shape === null && past.problem === null;
  const { grid, timeline, document } = shape;
  const last = live ? Math.max(run.last_seq, now.grid.atSeq) : run.last_seq;
  const job = jobOfKey(grid, query.get("job"));
  const open = (index: number): void => query.set({ job: jobKey(grid, index) });
  const clock = useNow(live && at === null ? 500 : 0);
  const failed = grid.counts[FAILED]!;
  // What is loaded apart from the grid goes with the grid that is seen, not ahead of it.
  const until = at === null ? null : past.shape === null ? at : grid.atSeq;
  const version = at === null ? followed.version : `at ${grid.atSeq}`;
  const tabs: Tab[] = [
    {
      id: "grid", title: "Grid", content: () => (
        <Card title="Jobs" aside={at === null ? null : `after event ${grid.atSeq}`}>
          <div class="grid-place">
            <RunGridView grid={grid} onOpen={open} {...(at === null ? { sink: followed.sink } : {})} />
          </div>
        </Card>
      ),
    },
    {
      id: "timeline", title: "Timeline", content: () => (
        <Card title="Attempts by worker slot" aside={`${count(timeline.size)} attempts`}>
          {timeline.size > 0
            ? <Timeline timeline={timeline} grid={grid} version={version} now={live && at === null ? serverNow : null} onOpen={open} />
            : <Empty title="No attempt yet">Jobs that were skipped, or taken over from an earlier run, need none.</Empty>}
        </Card>
      ),
    },
    {
      id: "failures", title: <>Failures{failed > 0 ? <span class="badge">{count(failed)}</span> : null}</>,
      content: () => <FailuresTab run={run} shape={shape} live={live} until={until} onOpen={open} />,
    },
    { id: "durations", title: "Durations", content: () => <DurationsTab grid={grid} timeline={timeline} version={live ? Math.floor(clock / 2000) : 0} /> },
    { id: "quality", title: "Quality", content: () => <QualityTab run={run} grid={grid} live={live} until={until} onOpen={open} /> },
    { id: "log", title: "Log", content: () => <LogTab run={run} live={live} until={until} /> },
    { id: "events", title: "Events", content: () => <EventsTab run={run} grid={grid} until={until} onOpen={open} /> },
    { id: "about", title: "About", content: () => <Card title="About this run"><Facts items={idFacts(run)} /></Card> },
  ];
  return (
    <div class="stack">
      {live && at === null
        ? <RunProgress shape={shape} progress={run.progress ?? null} now={clock} />
        : <RunOutcome grid={grid} seconds={at === null ? runSeconds(run) : document.at_time ? (Date.parse(document.at_time) - Date.parse(document.requested_at)) / 1000 : null}
          reused={run.summary?.reused ?? 0} retries={run.summary?.retries ?? 0} past={at !== null} />}
      <RunSlider first={run.first_seq} last={last} at={at} set={setAt} time={shape.document.at_time} loading={past.loading || waiting} live={live} />
      {past.problem ? <Failure problem={past.problem} /> : null}
      <Tabs tabs={tabs} label="Parts of the run" />
      {job >= 0 ? <JobPanel grid={grid} job={job} first={run.first_seq} until={at ?? Number.MAX_SAFE_INTEGER} version={at} onClose={() => query.set({ job: null })} /> : null}
    </div>
  );
}

export function RunPage({ id }: { id: string }): JSX.Element {
  const run = useResource<Run>(`/api/v1/admin/batch/run/${encodeURIComponent(id)}`);
  const followed = useFollowed(id);
  useTitle(`Run ${shortId(id)}`);
  const status = followed.shape?.grid.status ?? run.value?.status ?? "requested";
  const live = run.value !== null && !isFinal(run.value.status);
  useChanges((event) => event.run_id === id && !event.job_type, run.reload, 300);
  useEffect(() => {
    if (!live) {
      return undefined;
    }
    const timer = window.setInterval(run.reload, 1000);
    return () => window.clearInterval(timer);
  }, [live]);
  if (run.value === null) {
    return run.problem === null ? <Loading what="Loading the run" />
      : run.problem.status === 404 ? <Empty title="There is no such run">It may have been pruned, or it is of another store.</Empty>
        : <Failure problem={run.problem} retry={run.reload} />;
  }
  const value = run.value;
  return (
    <>
      <PageHead title="Run" actions={<RunActions running={live} cancelling={status === "cancelling"} failed={value.jobs.failed} runId={id} start={false} />}>
        <StatusMark status={live ? status : value.status} />
        <span class="quiet">{scopeWords(value.scope)}, by {value.triggered_by}, requested <Time at={value.created_at} />{value.completed_at ? <>, ended <Time at={value.completed_at} /></> : null}</span>
      </PageHead>
      {value.reason ? <p class="note note-warning">{value.reason}</p> : null}
      {followed.shape === null
        ? (followed.problem ? <Failure problem={followed.problem} retry={followed.reload} /> : <Loading what="Loading jobs" />)
        : <Body run={value} followed={followed} live={live} />}
    </>
  );
}
