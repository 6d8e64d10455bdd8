// Does a run still move? An estimate of the time left grows with every second in which nothing happens,
// as if something would. Pure: a Node test imports it.
import type { RunGrid } from "./run_grid";
import { OPEN, type RunTimeline } from "./run_timeline";

/** Shorter pauses are usual: a large calculation, a slow disk, a busy machine. */
export const QUIET_MS = 10_000;

/** Succeeded, with or without warnings (OUTCOMES of the timeline). */
const WARNED = 1;

/** The longest that a job of a type which runs now has taken in this run, in ms; 0 if none has ended. */
function longestUsual(grid: RunGrid, timeline: RunTimeline): number {
  const running = new Set<string>();
  for (let at = 0; at < timeline.size; at += 1) {
    if (timeline.outcome[at] === OPEN) {
      running.add(grid.typeOf(timeline.job[at]!));
    }
  }
  let longest = 0;
  for (let at = 0; at < timeline.size; at += 1) {
    if (timeline.outcome[at]! <= WARNED && running.has(grid.typeOf(timeline.job[at]!))) {
      longest = Math.max(longest, timeline.end[at]! - timeline.start[at]!);
    }
  }
  return longest;
}

/**
 * Since when no job has begun, ended or told of progress, in ms since 1970; null while that is nothing
 * to speak of. `moved` is when one last did. If all that is open waits for a retry, quiet begins when
 * the first of them is due.
 */
export function stalledSince({ grid, timeline, moved }: { grid: RunGrid; timeline: RunTimeline; moved: number }, now: number): number | null {
  if (!grid.planned || now - moved <= QUIET_MS) {
    return null;
  }
  let expected = moved;
  if (timeline.running === 0 && timeline.retries.size > 0) {
    const due = [...timeline.retries.values()].reduce((first, retry) => Math.min(first, Date.parse(retry.due)), Number.POSITIVE_INFINITY);
    expected = Math.max(moved, due);
  }
  return now - expected > Math.max(QUIET_MS, longestUsual(grid, timeline)) ? moved : null;
}
