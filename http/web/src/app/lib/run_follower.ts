// A run as it is now, or as it was after an event: fetched once, then kept up to date by the live feed.
import { signal, type Signal } from "@preact/signals";
import { get } from "./api";
import { listen } from "./live";
import { Joiner } from "./live_protocol";
import type { LogEvent, Problem, RunGridDocument, TimelineDocument } from "./model";
import { RunGrid } from "./run_grid";
import { RunTimeline } from "./run_timeline";

export interface RunShape {
  grid: RunGrid;
  timeline: RunTimeline;
  document: RunGridDocument;
  /** When something of the run last happened, in ms since 1970 by the server's clock. */
  moved: number;
}

export class RunFollower {
  /** Null until it is there. Another object when it was loaded anew. */
  readonly shape: Signal<RunShape | null> = signal(null);
  readonly problem: Signal<Problem | null> = signal(null);
  /** Grows with every batch of events that changed something. */
  readonly version: Signal<number> = signal(0);
  /** Called for each job whose cell has another code now. */
  onCell: ((job: number) => void) | null = null;
  private readonly joiner = new Joiner((events) => this.take(events));
  private readonly stopListening: () => void;
  private abort: AbortController | null = null;

  constructor(readonly runId: string) {
    this.stopListening = listen({
      events: (events) => this.joiner.offer(events.filter((event) => event.run_id === runId)),
      reset: () => void this.load(),
    });
    void this.load();
  }

  stop(): void {
    this.stopListening();
    this.abort?.abort();
  }

  /** Fetches the present state; events that come meanwhile are applied on top. */
  async load(): Promise<void> {
    this.abort?.abort();
    const abort = new AbortController();
    this.abort = abort;
    this.joiner.restart();
    const answer = await fetchShape(this.runId, null, abort.signal);
    if (abort.signal.aborted) {
      return;
    }
    if ("problem" in answer) {
      this.problem.value = answer.problem;
      return;
    }
    this.problem.value = null;
    this.shape.value = answer;
    this.joiner.settle(Math.min(answer.grid.atSeq, answer.timeline.atSeq));
    this.version.value += 1;
  }

  private take(events: LogEvent[]): void {
    const shape = this.shape.value;
    if (shape === null) {
      return;
    }
    for (const event of events) {
      if (event.type === "RunPlanned" && !shape.grid.planned) {
        void this.load();
        return;
      }
      shape.moved = Math.max(shape.moved, Date.parse(event.time));
      const job = shape.grid.fold(event);
      const named = job >= 0 ? job : event.job_type ? shape.grid.find(event.portfolio_id, event.job_type, event.as_of) : -1;
      shape.timeline.fold(event, named);
      if (job >= 0) {
        this.onCell?.(job);
      }
    }
    this.version.value += 1;
  }
}

/** Lets the browser draw and answer: of a large run each step takes as long as a frame, or longer. */
function breathe(): Promise<void> {
  return new Promise((done) => window.setTimeout(done));
}

/** Grid and timeline of a run after event `at` (null: now). */
export async function fetchShape(runId: string, at: number | null, abort: AbortSignal): Promise<RunShape | { problem: Problem }> {
  const path = `/api/v1/admin/batch/run/${encodeURIComponent(runId)}`;
  const grid = await get<RunGridDocument>(`${path}/grid`, { at }, abort);
  if (!grid.ok) {
    return { problem: grid.problem };
  }
  await breathe();
  const jobs = new RunGrid(grid.value);
  // The same moment for both, whatever happens between the two calls.
  const timeline = await get<TimelineDocument>(`${path}/timeline`, { at: grid.value.at_seq }, abort);
  if (!timeline.ok) {
    return { problem: timeline.problem };
  }
  await breathe();
  const attempts = new RunTimeline(timeline.value, grid.value.requested_at);
  await breathe();
  return { grid: jobs, timeline: attempts, document: grid.value, moved: Date.parse(grid.value.at_time ?? grid.value.requested_at) };
}
