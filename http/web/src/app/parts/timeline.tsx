// The attempts of a run by worker slot on one canvas: zoomed, dragged, hovered, walked by keys.
import { Component, createRef, type JSX } from "preact";
import { duration, jobType, plural, timeOfDay } from "../lib/format";
import type { RunGrid } from "../lib/run_grid";
import { OPEN, type RunTimeline } from "../lib/run_timeline";
import { palette } from "../lib/theme";
import { paintTimeline, type TimelineView } from "./timeline_painter";

export interface TimelineProps {
  timeline: RunTimeline;
  grid: RunGrid;
  /** Another value: something has changed. */
  version: unknown;
  /** Open attempts reach to the present: ms since 1970 by the server's clock; null: nothing moves. */
  now: (() => number) | null;
  onOpen: (job: number) => void;
}

const OUTCOME_WORDS = ["succeeded", "succeeded with warnings", "failed", "failed, to be retried", "interrupted", "cancelled", "running"];
const LEGEND: [string, "succeeded" | "warning" | "failed" | "retrying" | "cancelled" | "running"][] = [
  ["succeeded", "succeeded"], ["with warnings", "warning"], ["failed", "failed"], ["to be retried", "retrying"],
  ["interrupted or cancelled", "cancelled"], ["running", "running"],
];
const AXIS = 22;
const MOVING_MS = 200;
/** With so many attempts a picture costs some milliseconds: then ten a second are enough. */
const MANY = 2000;
const MANY_MS = 100;

export class Timeline extends Component<TimelineProps> {
  private readonly place = createRef<HTMLDivElement>();
  private readonly canvas = createRef<HTMLCanvasElement>();
  private readonly tip = createRef<HTMLDivElement>();
  private readonly said = createRef<HTMLParagraphElement>();
  /** What is in view, in ms of the run; null: the whole. */
  private window: { from: number; to: number } | null = null;
  private frame = 0;
  private timer = 0;
  private later = 0;
  private observer: ResizeObserver | null = null;
  private unwatchTheme: (() => void) | null = null;
  private drag: { x: number; from: number; to: number; moved: boolean } | null = null;
  private focus = -1;
  private focused = false;

  override componentDidMount(): void {
    this.observer = new ResizeObserver(() => this.redraw());
    this.observer.observe(this.place.current!);
    this.place.current!.addEventListener("wheel", this.wheel, { passive: false });
    this.unwatchTheme = palette.subscribe(() => this.redraw());
    this.timer = window.setInterval(() => this.props.now && this.props.timeline.running > 0 && this.redraw(), MOVING_MS);
    this.redraw();
  }

  override componentDidUpdate(before: TimelineProps): void {
    if (before.timeline !== this.props.timeline) {
      this.focus = -1;
    }
    if (this.props.timeline.size < MANY) {
      this.redraw();
    } else if (this.later === 0) {
      this.later = window.setTimeout(() => {
        this.later = 0;
        this.redraw();
      }, MANY_MS);
    }
  }

  override componentWillUnmount(): void {
    cancelAnimationFrame(this.frame);
    window.clearInterval(this.timer);
    window.clearTimeout(this.later);
    this.observer?.disconnect();
    this.unwatchTheme?.();
    this.place.current?.removeEventListener("wheel", this.wheel);
  }

  private whole(): { from: number; to: number } {
    const { timeline, now } = this.props;
    const end = now && timeline.running > 0 ? Math.max(timeline.last, timeline.at(now())) : timeline.last;
    const first = timeline.size > 0 ? timeline.start[0]! : 0;
    const room = Math.max(1, (end - first) * 0.02);
    return { from: Math.max(0, first - room), to: end + room };
  }

  private laneHeight(): number {
    const slots = Math.max(1, this.props.timeline.slots);
    return slots <= 4 ? 26 : slots <= 10 ? 20 : slots <= 24 ? 14 : 11;
  }

  private view(): TimelineView {
    const range = this.window ?? this.whole();
    const width = this.place.current?.clientWidth ?? 0;
    const names = width < 500 ? 28 : 64;
    return { ...range, width, names, axis: AXIS, lane: this.laneHeight(), top: this.place.current?.scrollTop ?? 0, ratio: Math.min(3, window.devicePixelRatio || 1) };
  }

  private redraw(): void {
    if (this.frame === 0) {
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        this.draw();
      });
    }
  }

  private draw(): void {
    const canvas = this.canvas.current;
    const view = this.view();
    if (!canvas || view.width === 0) {
      return;
    }
    const height = AXIS + Math.max(1, this.props.timeline.slots) * view.lane;
    const size = { width: Math.round(view.width * view.ratio), height: Math.round(height * view.ratio) };
    if (canvas.width !== size.width || canvas.height !== size.height) {
      canvas.width = size.width;
      canvas.height = size.height;
      canvas.style.width = `${view.width}px`;
      canvas.style.height = `${height}px`;
    }
    const { timeline, grid, now } = this.props;
    timeline.arrange();
    const end = now ? timeline.at(now()) : timeline.last;
    paintTimeline(canvas.getContext("2d")!, timeline, (job) => jobType(grid.typeOf(job)), view, palette.peek(), end, this.focused ? this.focus : -1);
  }

  private timeAt(x: number, view: TimelineView): number {
    return view.from + ((x - view.names) / Math.max(1, view.width - view.names)) * (view.to - view.from);
  }

  private zoom(factor: number, at?: number): void {
    const view = this.view();
    const middle = at ?? (view.from + view.to) / 2;
    const whole = this.whole();
    const span = Math.max(0.5, (view.to - view.from) / factor);
    if (span >= whole.to - whole.from) {
      this.window = null;
    } else {
      const share = (middle - view.from) / (view.to - view.from);
      this.moveTo(middle - share * span, span);
    }
    this.redraw();
  }

  private moveTo(from: number, span: number): void {
    const whole = this.whole();
    const start = Math.max(whole.from, Math.min(from, whole.to - span));
    this.window = { from: start, to: start + span };
    this.redraw();
  }

  private pan(share: number): void {
    if (this.window !== null) {
      const span = this.window.to - this.window.from;
      this.moveTo(this.window.from + share * span, span);
    }
  }

  private readonly wheel = (event: WheelEvent): void => {
    const view = this.view();
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      const box = this.canvas.current!.getBoundingClientRect();
      this.zoom(event.deltaY < 0 ? 1.25 : 0.8, this.timeAt(event.clientX - box.left, view));
    } else if (this.window !== null && (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))) {
      event.preventDefault();
      this.pan((event.deltaX || event.deltaY) / view.width);
    }
  };

  private attemptAt(event: MouseEvent): number {
    const view = this.view();
    const box = this.canvas.current!.getBoundingClientRect();
    const x = event.clientX - box.left;
    const slot = Math.floor((event.clientY - box.top - AXIS) / view.lane);
    const { timeline, now } = this.props;
    const open = now ? timeline.at(now()) : timeline.last;
    const per = (view.to - view.from) / Math.max(1, view.width - view.names);
    const time = this.timeAt(x, view);
    let best = -1;
    let nearest = 3 * per;
    for (let at = timeline.size - 1; at >= 0; at -= 1) {
      if (timeline.slot[at] === slot && x > view.names) {
        const end = Number.isNaN(timeline.end[at]!) ? open : timeline.end[at]!;
        const distance = time < timeline.start[at]! ? timeline.start[at]! - time : time > end ? time - end : 0;
        if (distance < nearest) {
          best = at;
          nearest = distance;
        }
      }
    }
    return best;
  }

  private describe(at: number): string {
    const { timeline, grid, now } = this.props;
    const name = grid.nameOf(timeline.job[at]!);
    const end = Number.isNaN(timeline.end[at]!) ? (now ? timeline.at(now()) : timeline.last) : timeline.end[at]!;
    const outcome = OUTCOME_WORDS[timeline.outcome[at]!] ?? "";
    return `${name.portfolio}, ${jobType(name.type)}, ${name.asOf}\nAttempt ${timeline.attempt[at]} ${outcome} `
      + `${timeline.outcome[at] === OPEN ? "for" : "after"} ${duration((end - timeline.start[at]!) / 1000)}\n`
      + `Slot ${timeline.slot[at]! + 1}, started ${timeOfDay(timeline.instant(timeline.start[at]!))}`;
  }

  private readonly moved = (event: MouseEvent): void => {
    const tip = this.tip.current!;
    if (this.drag !== null) {
      const view = this.view();
      const shift = event.clientX - this.drag.x;
      if (this.drag.moved || Math.abs(shift) > 3) {
        this.drag.moved = true;
        const span = this.drag.to - this.drag.from;
        this.moveTo(this.drag.from - (shift / Math.max(1, view.width - view.names)) * span, span);
      }
      tip.hidden = true;
      return;
    }
    const at = this.attemptAt(event);
    tip.hidden = at < 0;
    if (at >= 0) {
      tip.textContent = this.describe(at);
      const box = tip.parentElement!.getBoundingClientRect();
      const x = event.clientX - box.left;
      tip.style.left = `${Math.max(0, x + 14 + tip.offsetWidth > box.width ? x - 12 - tip.offsetWidth : x + 14)}px`;
      tip.style.top = `${event.clientY - box.top + 16}px`;
    }
  };

  private readonly pressedMouse = (event: MouseEvent): void => {
    if (event.button === 0) {
      const view = this.view();
      this.drag = { x: event.clientX, from: view.from, to: view.to, moved: false };
    }
  };

  private readonly released = (event: MouseEvent): void => {
    const dragged = this.drag?.moved === true;
    this.drag = null;
    const at = dragged ? -1 : this.attemptAt(event);
    if (at >= 0) {
      this.focus = at;
      this.props.onOpen(this.props.timeline.job[at]!);
    }
  };

  private readonly left = (): void => {
    this.drag = null;
    this.tip.current!.hidden = true;
  };

  /** Moves to the next or previous attempt of the same slot, or to the nearest of another slot. */
  private walk(step: number, slots: number): void {
    const { timeline } = this.props;
    if (this.focus < 0 || this.focus >= timeline.size) {
      this.focus = timeline.size > 0 ? 0 : -1;
    } else {
      const slot = timeline.slot[this.focus]! + slots;
      const from = timeline.start[this.focus]!;
      let best = -1;
      for (let at = 0; at < timeline.size; at += 1) {
        if (timeline.slot[at] !== slot) {
          continue;
        }
        const ahead = (timeline.start[at]! - from) * (step || 1);
        const fits = step === 0 ? true : ahead > 0;
        if (fits && (best < 0 || Math.abs(timeline.start[at]! - from) < Math.abs(timeline.start[best]! - from))) {
          best = at;
        }
      }
      this.focus = best < 0 ? this.focus : best;
    }
    if (this.focus >= 0) {
      this.said.current!.textContent = this.describe(this.focus);
      const view = this.view();
      const start = timeline.start[this.focus]!;
      if (this.window !== null && (start < view.from || start > view.to)) {
        this.moveTo(start - (view.to - view.from) / 2, view.to - view.from);
      }
    }
    this.redraw();
  }

  private readonly pressed = (event: KeyboardEvent): void => {
    switch (event.key) {
      case "ArrowRight": event.shiftKey ? this.pan(0.2) : this.walk(1, 0); break;
      case "ArrowLeft": event.shiftKey ? this.pan(-0.2) : this.walk(-1, 0); break;
      case "ArrowDown": this.walk(0, 1); break;
      case "ArrowUp": this.walk(0, -1); break;
      case "+": case "=": this.zoom(1.5); break;
      case "-": this.zoom(1 / 1.5); break;
      case "0": this.window = null; this.redraw(); break;
      case "Enter": if (this.focus >= 0) { this.props.onOpen(this.props.timeline.job[this.focus]!); } break;
      default: return;
    }
    event.preventDefault();
  };

  private readonly focusChange = (event: FocusEvent): void => {
    this.focused = event.type === "focus" && (event.currentTarget as HTMLElement).matches(":focus-visible");
    this.redraw();
  };

  override render({ timeline }: TimelineProps): JSX.Element {
    return (
      <div class="timeline">
        <div class="grid-tools">
          <ul class="legend" aria-label="Colours">
            {LEGEND.map(([word, tone]) => <li key={word}><i class={`swatch swatch-${tone}`} aria-hidden="true" /><span>{word}</span></li>)}
          </ul>
          <span class="grid-zoom" role="group" aria-label="Zoom">
            <button type="button" class="button button-small" aria-label="Longer span" title="Longer span (key -)" onClick={() => this.zoom(1 / 1.5)}>−</button>
            <button type="button" class="button button-small" aria-label="Shorter span" title="Shorter span (key +)" onClick={() => this.zoom(1.5)}>+</button>
            <button type="button" class="button button-small" title="The whole run (key 0)" onClick={() => { this.window = null; this.redraw(); }}>Whole</button>
          </span>
        </div>
        <div class="timeline-box">
          <div class="timeline-place" ref={this.place} tabIndex={0} role="application" aria-roledescription="timeline"
            aria-label={`${plural(timeline.size, "attempt")} on ${plural(timeline.slots, "worker slot")}`}
            onScroll={() => this.redraw()} onMouseMove={this.moved} onMouseDown={this.pressedMouse} onMouseUp={this.released} onMouseLeave={this.left}
            onKeyDown={this.pressed} onFocus={this.focusChange} onBlur={this.focusChange}>
            <canvas ref={this.canvas} />
          </div>
          <div class="grid-tip" ref={this.tip} hidden aria-hidden="true" />
        </div>
        <p class="unseen" aria-live="polite" ref={this.said} />
      </div>
    );
  }
}
