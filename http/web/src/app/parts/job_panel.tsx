// One job of a run: its attempts, errors, warnings, hashes, read from the log.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { get } from "../lib/api";
import { count, duration, jobType, number, percent, reason, shortHash, warningWords, words } from "../lib/format";
import type { EventPage, LogEvent, Problem } from "../lib/model";
import { codeAfter, type RunGrid } from "../lib/run_grid";
import { useNow } from "../lib/resource";
import { Facts, Time } from "./card";
import { Dialog } from "./dialog";
import { ErrorText } from "./error_text";
import { Failure, Loading } from "./states";
import { StatusMark } from "./status_mark";

const STATUS_OF_CODE = ["pending", "running", "retrying", "succeeded", "succeeded_with_warnings", "failed", "skipped", "cancelled"];

interface Attempt { number: number; started: string; ended: string | null; outcome: string; error: string | null; detail: string | null; category: string | null; due: string | null }

/** The events of one job, in order; `until` bounds the search. */
async function eventsOfJob(grid: RunGrid, job: number, first: number, until: number, abort: AbortSignal): Promise<LogEvent[] | Problem> {
  const name = grid.nameOf(job);
  const found: LogEvent[] = [];
  let after = first - 1;
  while (after < until) {
    const answer = await get<EventPage>("/api/v1/events", {
      run_id: grid.runId, portfolio_id: name.portfolioId, job_type: name.type, after, limit: 1000,
    }, abort);
    if (!answer.ok) {
      return answer.problem;
    }
    const { events, next_after: next, committed } = answer.value;
    found.push(...events.filter((event) => event.as_of === name.asOf && event.seq <= until));
    if (next <= after || next >= committed) {
      break;
    }
    after = next;
  }
  return found;
}

function attemptsOf(events: LogEvent[]): Attempt[] {
  const attempts: Attempt[] = [];
  for (const event of events) {
    const open = attempts[attempts.length - 1];
    if (event.type === "JobAttempted") {
      attempts.push({ number: event.attempt ?? 1, started: event.time, ended: null, outcome: "running", error: null, detail: null, category: null, due: null });
    } else if (open && open.ended === null && event.type !== "JobProgressed") {
      open.ended = event.time;
      open.outcome = event.type === "JobInterrupted" ? "interrupted" : event.type === "JobRetryScheduled" ? "failed" : STATUS_OF_CODE[codeAfter(event)] ?? "running";
      open.error = (event["error"] as string | undefined) ?? null;
      open.detail = (event["detail"] as string | undefined) || null;
      open.category = (event["category"] as string | undefined) ?? null;
      open.due = (event["due"] as string | undefined) ?? null;
    }
  }
  return attempts;
}

function Hash({ value }: { value: unknown }): JSX.Element {
  return typeof value === "string" ? <code title={value}>{shortHash(value)}</code> : <span class="quiet">—</span>;
}

function Result({ event, grid }: { event: LogEvent; grid: RunGrid }): JSX.Element | null {
  if (event.type === "JobSucceeded") {
    const quality = event["data_quality"] as { quality_flag: string; coverage: number; average_history_days: number } | undefined;
    return (
      <Facts items={[
        ["Processed", `${count(event["records_processed"] as number)} ${String(event["unit"] ?? "")}`],
        ["Computing", event["reused_from"] ? `taken over from event ${String(event["reused_from"])}` : duration(event["duration_seconds"] as number)],
        quality ? ["Quality", `${words(quality.quality_flag)}, coverage ${percent(quality.coverage)}, ${number(quality.average_history_days, 0)} days of history`] : null,
        ["Inputs", <Hash value={event["input_hash"]} />],
        ["Result", <Hash value={event["result_hash"]} />],
        ["Formula version", String(event["formula_version"] ?? "—")],
      ]} />
    );
  }
  if (event.type === "JobSkipped") {
    const because = event["because_of_index"];
    const cause = typeof because === "number" ? grid.nameOf(because) : null;
    return <p>Skipped: {reason(String(event["reason"]))}{cause ? `. The cause: ${cause.portfolio}, ${jobType(cause.type)}, ${cause.asOf}` : ""}.</p>;
  }
  return event.type === "JobCancelled" ? <p>The run was cancelled before this job could end.</p> : null;
}

function Attempts({ attempts }: { attempts: Attempt[] }): JSX.Element {
  return (
    <ol class="attempts">
      {attempts.map((attempt) => (
        <li key={attempt.number}>
          <div class="attempt-head">
            <b>Attempt {attempt.number}</b><StatusMark status={attempt.outcome} />
            <span class="quiet"><Time at={attempt.started} />{attempt.ended ? `, ${duration((Date.parse(attempt.ended) - Date.parse(attempt.started)) / 1000)}` : ""}</span>
          </div>
          {attempt.error ? <p class="note note-error"><ErrorText category={attempt.category} error={attempt.error} code /></p> : null}
          {attempt.detail ? <pre class="detail" tabIndex={0}>{attempt.detail}</pre> : null}
          {attempt.due ? <p class="quiet">Next attempt due <Time at={attempt.due} /></p> : null}
        </li>
      ))}
    </ol>
  );
}

/** `version` another value: look again, as of `until`. */
export function JobPanel({ grid, job, first, until, version, onClose }: {
  grid: RunGrid; job: number; first: number; until: number; version: unknown; onClose: () => void;
}): JSX.Element {
  const [events, setEvents] = useState<LogEvent[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const code = grid.codes[job]!;
  useEffect(() => {
    const abort = new AbortController();
    void eventsOfJob(grid, job, first, until, abort.signal).then((found) => {
      if (!abort.signal.aborted) {
        setProblem(Array.isArray(found) ? null : found);
        setEvents((old) => (Array.isArray(found) ? found : old));
      }
    });
    return () => abort.abort();
  }, [grid.runId, job, version, code]);
  useNow(code === 1 ? 1000 : 0);
  const name = grid.nameOf(job);
  const attempts = attemptsOf(events ?? []);
  const last = events?.filter((event) => codeAfter(event) >= 3).pop();
  const warnings = (last?.["warnings"] as string[] | undefined) ?? [];
  return (
    <Dialog title={<>{name.portfolio}: {jobType(name.type)}</>} onClose={onClose} side>
      <Facts items={[
        ["Status", <StatusMark status={STATUS_OF_CODE[code] ?? "pending"} />],
        ["As of", name.asOf],
        ["Job type", <code>{name.type}</code>],
      ]} />
      {problem ? <Failure problem={problem} /> : events === null ? <Loading what="Reading the log" /> : null}
      {last?.type === "JobFailed" ? <p class="note note-error"><ErrorText category={last["category"] as string} error={last["error"] as string} code /></p> : null}
      {last ? <Result event={last} grid={grid} /> : null}
      {warnings.length > 0 ? <section><h3>{warnings.length === 1 ? "Warning" : `${warnings.length} warnings`}</h3><ul class="warnings">{warnings.map((text) => <li key={text} title={text}>{warningWords(text)}</li>)}</ul></section> : null}
      {attempts.length > 0 ? <section><h3>Attempts</h3><Attempts attempts={attempts} /></section> : null}
      {events !== null && attempts.length === 0 && !last ? <p class="quiet">Nothing has happened to this job{code === 0 ? " yet" : ""}.</p> : null}
      <div class="dialog-links">
        {name.portfolioId ? <Link class="button" href={`/portfolios/${name.portfolioId}?as_of=${name.asOf}`}>{name.portfolio} on {name.asOf}</Link> : null}
        <Link class="button" href={`/events?run_id=${grid.runId}&job_type=${name.type}${name.portfolioId ? `&portfolio_id=${name.portfolioId}` : ""}`}>Events</Link>
      </div>
    </Dialog>
  );
}
