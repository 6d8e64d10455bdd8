// How far a run is: percent, a bar by status, time gone and time to go.
import type { JSX } from "preact";
import { serverNow } from "../lib/api";
import { clock, count, duration, etaWords, plural, timeOfDay } from "../lib/format";
import { liveState } from "../lib/live";
import type { Progress } from "../lib/model";
import type { RunShape } from "../lib/run_follower";
import { CANCELLED, FAILED, PENDING, RETRYING, RUNNING, SKIPPED, SUCCEEDED, WARNED, type RunGrid } from "../lib/run_grid";
import { stalledSince } from "../lib/stall";
import { StatusMark, StatusSymbol, type Tone } from "./status_mark";

const PARTS: { code: number; tone: Tone; word: string }[] = [
  { code: SUCCEEDED, tone: "succeeded", word: "succeeded" },
  { code: WARNED, tone: "warning", word: "with warnings" },
  { code: FAILED, tone: "failed", word: "failed" },
  { code: SKIPPED, tone: "skipped", word: "skipped" },
  { code: CANCELLED, tone: "cancelled", word: "cancelled" },
  { code: RUNNING, tone: "running", word: "running" },
  { code: RETRYING, tone: "retrying", word: "waiting to retry" },
  { code: PENDING, tone: "pending", word: "pending" },
];

/** The bar and the counts below it; what is good first, what is open last. */
export function StatusBar({ counts, total }: { counts: Uint32Array; total: number }): JSX.Element {
  return (
    <>
      <div class="status-bar" aria-hidden="true">
        {PARTS.filter((part) => part.code !== PENDING && counts[part.code]! > 0).map((part) => (
          <span key={part.code} class={`bar-${part.tone}`} style={{ width: `${(100 * counts[part.code]!) / Math.max(1, total)}%` }} />
        ))}
      </div>
      <ul class="counts" aria-label="Jobs by status">
        {PARTS.map((part) => (
          <li key={part.code} class={counts[part.code] === 0 ? "none" : ""}><StatusSymbol tone={part.tone} /><b>{count(counts[part.code])}</b><span>{part.word}</span></li>
        ))}
      </ul>
    </>
  );
}

/** `progress` is the server's word about time. */
export function RunProgress({ shape, progress, now }: { shape: RunShape; progress: Progress | null; now: number }): JSX.Element {
  const { grid, document } = shape;
  const percent = grid.percent;
  const elapsed = (serverNow() - Date.parse(document.requested_at)) / 1000;
  // Who hears nothing cannot say that nothing happens.
  const stalled = liveState.value.kind === "live" ? stalledSince(shape, serverNow()) : null;
  const eta = progress?.eta_seconds ?? null;
  const low = progress?.eta_low_seconds ?? null;
  const high = progress?.eta_high_seconds ?? null;
  return (
    <section class="progress" aria-label="Progress">
      <div class="progress-line">
        <div class="progress-percent" role="progressbar" aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent} aria-label="Jobs that have ended">
          {grid.planned ? <>{percent.toFixed(1)}<small>%</small></> : <small>planning…</small>}
        </div>
        <dl class="progress-times">
          <div><dt>Elapsed</dt><dd>{clock(elapsed)}</dd></div>
          <div>
            <dt>Time left</dt>
            {stalled !== null
              ? <dd title="No job has begun, ended or told of progress since then, for longer than usual: nothing says how long it will take"><StatusMark status="stale">no progress since {timeOfDay(stalled)}</StatusMark></dd>
              : <dd title={low !== null ? "In brackets the band that holds the true time in 95 of 100 cases" : undefined}>{etaWords(eta, low, high)}</dd>}
          </div>
          {eta !== null && stalled === null ? <div class="only-roomy"><dt>Expected end</dt><dd>{timeOfDay(now + eta * 1000)}</dd></div> : null}
          <div><dt>Jobs</dt><dd>{count(grid.ended)} of {count(grid.jobs)}</dd></div>
          {progress ? <div class="only-roomy"><dt>Portfolio dates</dt><dd>{count(progress.portfolios.completed)} of {count(progress.portfolios.total)}</dd></div> : null}
        </dl>
      </div>
      <StatusBar counts={grid.counts} total={grid.jobs} />
    </section>
  );
}

/** The same for a run that has ended, or as it was (`past`): then the totals of its end are left out. */
export function RunOutcome({ grid, seconds, reused, retries, past = false }: {
  grid: RunGrid; seconds: number | null; reused: number; retries: number; past?: boolean;
}): JSX.Element {
  return (
    <section class="progress" aria-label="Outcome">
      <div class="progress-line">
        <dl class="progress-times progress-ended">
          <div><dt>{past ? "Elapsed" : "Duration"}</dt><dd class="progress-big">{duration(seconds)}</dd></div>
          <div><dt>Jobs</dt><dd>{past ? `${count(grid.ended)} of ${count(grid.jobs)}` : count(grid.jobs)}</dd></div>
          {past ? <div><dt>Progress</dt><dd>{grid.percent.toFixed(1)} %</dd></div> : null}
          {past ? null : <div><dt>Taken over unchanged</dt><dd>{count(reused)}</dd></div>}
          {past ? null : <div><dt>Retries</dt><dd>{count(retries)}</dd></div>}
          {grid.counts[FAILED]! > 0 ? <div><dt>Failed</dt><dd class="text-failed">{plural(grid.counts[FAILED]!, "job")}</dd></div> : null}
        </dl>
      </div>
      <StatusBar counts={grid.counts} total={grid.jobs} />
    </section>
  );
}
