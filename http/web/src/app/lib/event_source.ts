// Reads the log for the page of events: from a place on, backwards, forwards, and live at its end.
import { get } from "./api";
import { EventWindow, type EventFilter } from "./event_window";
import { listen } from "./live";
import type { EventPage, LogEvent, Problem } from "./model";

const PAGE = 300;
const BACK_MOST = 50_000;
/** Calls of one step back: a filter that hides nearly all must not read the whole log unasked. */
const CALLS_MOST = 60;

export interface Change {
  /** Rows that came in front, less those that left there. */
  shifted: number;
  /** Rows that came at the end. */
  added: number;
}

export class LogReader {
  window: EventWindow;
  committed = 0;
  prunedThrough = 0;
  /** Has the end of the log been reached? From then on it grows by itself. */
  atEnd = false;
  problem: Problem | null = null;
  busy = false;
  private closed = false;
  private held: LogEvent[] = [];
  private readonly stop: () => void;

  /** @param changed Called after every change. */
  constructor(private readonly filter: EventFilter, private readonly changed: (change: Change) => void) {
    this.window = new EventWindow(filter, 0);
    this.stop = listen({ events: (events) => this.onLive(events), reset: () => void this.toEnd() });
  }

  close(): void {
    this.closed = true;
    this.stop();
  }

  /** Is there anything before what has been looked at? */
  get hasOlder(): boolean {
    return this.window.after > this.prunedThrough;
  }

  /** Begins anew with the newest events that pass the filter. */
  async toEnd(): Promise<void> {
    await this.work(async () => {
      const head = await this.page(Number.MAX_SAFE_INTEGER, 1);
      if (head) {
        this.window = new EventWindow(this.filter, this.committed);
        this.atEnd = false;
        await this.readBack();
        this.catchUp();
      }
    });
    if (!this.closed && this.problem === null) {
      await this.forward();
    }
  }

  /** Begins anew around a sequence. */
  async toSequence(seq: number): Promise<void> {
    await this.work(async () => {
      this.window = new EventWindow(this.filter, Math.max(0, seq - 1));
      this.atEnd = false;
      await this.readForward();
      await this.readBack();
    });
  }

  forward(): Promise<void> {
    return this.work(() => this.readForward());
  }

  back(): Promise<void> {
    return this.work(() => this.readBack());
  }

  private async work(what: () => Promise<void>): Promise<void> {
    if (this.busy || this.closed) {
      return;
    }
    this.busy = true;
    this.problem = null;
    await what();
    this.busy = false;
    if (!this.closed) {
      this.changed({ shifted: 0, added: 0 });
    }
  }

  private async page(after: number, limit: number): Promise<EventPage | null> {
    const answer = await get<EventPage>("/api/v1/events", {
      after: Math.min(after, Number.MAX_SAFE_INTEGER), limit, run_id: this.filter.run, portfolio_id: this.filter.portfolio, job_type: this.filter.jobType, type: this.filter.type,
    });
    if (this.closed) {
      return null;
    }
    if (!answer.ok) {
      this.problem = answer.problem;
      return null;
    }
    this.committed = answer.value.committed;
    this.prunedThrough = answer.value.pruned_through ?? 0;
    return answer.value;
  }

  private async readForward(): Promise<void> {
    const before = this.window.rows.length;
    let gone = 0;
    while (!this.atEnd) {
      const page = await this.page(this.window.through, PAGE);
      if (!page) {
        return;
      }
      gone += this.window.append(page.events, page.next_after);
      this.catchUp();
      // A run's filter ends with the run's last event: nothing more comes of a run that has ended.
      if (page.next_after >= page.committed || page.events.length === 0) {
        this.atEnd = true;
        this.window.through = Math.max(this.window.through, page.committed);
        this.catchUp();
      } else if (this.window.rows.length + gone > before) {
        break;
      }
    }
    this.changed({ shifted: -gone, added: this.window.rows.length + gone - before });
  }

  /** Goes back in steps that grow while the filter hides what there is. */
  private async readBack(): Promise<void> {
    let step = PAGE;
    let added = 0;
    let calls = 0;
    while (this.window.after > this.prunedThrough && added < PAGE / 2 && calls < CALLS_MOST) {
      const until = this.window.after;
      const from = Math.max(this.prunedThrough, until - step);
      const events: LogEvent[] = [];
      for (let at = from; at < until;) {
        calls += 1;
        const page = await this.page(at, 1000);
        if (!page) {
          return;
        }
        events.push(...page.events.filter((event) => event.seq <= until));
        if (page.next_after <= at) {
          break;
        }
        at = page.next_after;
      }
      added += this.window.prepend(events, from);
      this.atEnd = this.atEnd && this.window.through >= this.committed;
      step = Math.min(BACK_MOST, step * 4);
    }
    this.changed({ shifted: added, added: 0 });
  }

  private onLive(events: LogEvent[]): void {
    this.committed = Math.max(this.committed, events[events.length - 1]?.seq ?? 0);
    if (!this.atEnd || this.busy) {
      // They are read from the log if one goes on to there; what comes during a call is held.
      this.held.push(...events);
      this.held = this.held.slice(-5000);
      return;
    }
    this.held.push(...events);
    this.catchUp();
  }

  /** What came live and follows on is taken over. */
  private catchUp(): void {
    if (!this.atEnd) {
      return;
    }
    const fresh = this.held.filter((event) => event.seq > this.window.through);
    this.held = [];
    const last = fresh[fresh.length - 1];
    if (last) {
      const before = this.window.rows.length;
      const gone = this.window.append(fresh, last.seq);
      this.changed({ shifted: -gone, added: this.window.rows.length + gone - before });
    }
  }
}
