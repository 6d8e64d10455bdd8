// Draws the part of a timeline that is in view. Its cost is one pass over the attempts.
import { FONT } from "../../charts/theme";
import { duration } from "../lib/format";
import type { RunTimeline } from "../lib/run_timeline";
import type { Palette } from "../lib/theme";

/** Lengths in CSS pixels, times in ms of the run. */
export interface TimelineView {
  from: number;
  to: number;
  width: number;
  /** Room for the names of the slots. */
  names: number;
  axis: number;
  lane: number;
  /** How far it is scrolled: the axis stays in view. */
  top: number;
  ratio: number;
}

/** Order in which outcomes are drawn: what is bad last, so that it is never hidden. */
const BADNESS = [0, 2, 5, 4, 3, 1, 0];

/** A round step for an axis over `span` ms with about `ticks` marks. */
export function timeStep(span: number, ticks: number): number {
  const least = span / Math.max(1, ticks);
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000];
  return steps.find((step) => step >= least) ?? Math.ceil(least / 3_600_000) * 3_600_000;
}

function colours(theme: Palette): string[] {
  const { succeeded, warning, failed, retrying, cancelled, running } = theme.status;
  return [succeeded, warning, failed, retrying, cancelled, cancelled, running];
}

function ticksOf(view: TimelineView): { time: number; x: number }[] {
  const span = view.to - view.from;
  const inner = view.width - view.names;
  const step = timeStep(span, inner / 90);
  const ticks: { time: number; x: number }[] = [];
  for (let time = Math.ceil(view.from / step) * step; time <= view.to; time += step) {
    ticks.push({ time, x: Math.round(view.names + ((time - view.from) / span) * inner) + 0.5 });
  }
  return ticks;
}

function drawLines(context: CanvasRenderingContext2D, view: TimelineView, theme: Palette, height: number): void {
  context.strokeStyle = theme.line;
  context.globalAlpha = 0.6;
  context.beginPath();
  for (const { x } of ticksOf(view)) {
    context.moveTo(x, view.axis);
    context.lineTo(x, view.axis + height);
  }
  context.stroke();
  context.globalAlpha = 1;
}

function drawAxis(context: CanvasRenderingContext2D, view: TimelineView, theme: Palette): void {
  context.fillStyle = theme.background;
  context.fillRect(0, view.top, view.width, view.axis);
  context.font = `11px ${FONT}`;
  context.textBaseline = "middle";
  context.textAlign = "center";
  context.fillStyle = theme.quiet;
  for (const { time, x } of ticksOf(view)) {
    const text = `+${duration(time / 1000)}`;
    const half = context.measureText(text).width / 2;
    context.fillText(text, Math.min(Math.max(x, view.names + half), view.width - half - 2), view.top + view.axis / 2);
  }
}

function drawLanes(context: CanvasRenderingContext2D, view: TimelineView, theme: Palette, slots: number): void {
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.font = `11px ${FONT}`;
  for (let slot = 0; slot < slots; slot += 1) {
    if (slot % 2 === 1) {
      context.fillStyle = theme.surface;
      context.fillRect(view.names, view.axis + slot * view.lane, view.width - view.names, view.lane);
    }
    context.fillStyle = theme.quiet;
    context.fillText(view.names > 40 ? `Slot ${slot + 1}` : String(slot + 1), 8, view.axis + (slot + 0.5) * view.lane + 0.5);
  }
}

/** White cannot be read on the yellow of warnings. */
function inkOn(outcome: number, theme: Palette): string {
  return outcome === 1 ? "#1b1f24" : theme.ink;
}

/** A mark on bars that are not simply good, so that colour is not alone. */
function drawMark(context: CanvasRenderingContext2D, outcome: number, x: number, width: number, y: number, height: number, theme: Palette): void {
  if (width < 9 || outcome === 0 || outcome === 6) {
    return;
  }
  const cx = x + Math.min(width / 2, 9);
  const cy = y + height / 2;
  const r = Math.min(3.2, height / 3.4);
  context.strokeStyle = inkOn(outcome, theme);
  context.lineWidth = 1.6;
  context.beginPath();
  if (outcome === 2) {
    context.moveTo(cx - r, cy - r);
    context.lineTo(cx + r, cy + r);
    context.moveTo(cx + r, cy - r);
    context.lineTo(cx - r, cy + r);
  } else if (outcome === 3) {
    context.arc(cx, cy, r, 0.6, 5.6);
  } else if (outcome === 1) {
    context.moveTo(cx, cy - r);
    context.lineTo(cx, cy + r * 0.3);
    context.moveTo(cx, cy + r * 0.9);
    context.lineTo(cx, cy + r);
  } else {
    context.moveTo(cx - r, cy + r);
    context.lineTo(cx + r, cy - r);
  }
  context.stroke();
}

/** `open` is where attempts that still run end; `focus` the attempt with the ring, or -1. */
export function paintTimeline(
  context: CanvasRenderingContext2D, timeline: RunTimeline, nameOf: (job: number) => string, view: TimelineView, theme: Palette,
  open: number, focus: number,
): void {
  const slots = Math.max(1, timeline.slots);
  const height = slots * view.lane;
  context.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  context.fillStyle = theme.background;
  context.fillRect(0, 0, view.width, height + view.axis);
  drawLanes(context, view, theme, slots);
  drawLines(context, view, theme, height);
  context.save();
  context.beginPath();
  context.rect(view.names, view.axis, view.width - view.names, height);
  context.clip();
  const inner = view.width - view.names;
  const scale = inner / (view.to - view.from);
  const fills = colours(theme);
  // Attempts of one pixel are drawn once a pixel and badness.
  const drawn = new Int32Array(slots * 6).fill(-1);
  const gap = view.lane > 16 ? 3 : 2;
  context.font = `11px ${FONT}`;
  for (let badness = 0; badness < 6; badness += 1) {
    for (let at = 0; at < timeline.size; at += 1) {
      const outcome = timeline.outcome[at]!;
      const start = timeline.start[at]!;
      const end = Number.isNaN(timeline.end[at]!) ? Math.max(open, start) : timeline.end[at]!;
      if (BADNESS[outcome] !== badness || end < view.from || start > view.to || timeline.slot[at]! < 0) {
        continue;
      }
      const slot = timeline.slot[at]!;
      const x = view.names + (start - view.from) * scale;
      const width = Math.max((end - start) * scale, badness === 0 ? 1 : 2);
      if (width <= 2) {
        const pixel = Math.floor(x);
        if (drawn[slot * 6 + badness] === pixel) {
          continue;
        }
        drawn[slot * 6 + badness] = pixel;
      }
      const y = view.axis + slot * view.lane + gap;
      const tall = view.lane - 2 * gap;
      context.fillStyle = fills[outcome]!;
      // A hair of the background between neighbours, once there is room for it.
      context.fillRect(x, y, width > 4 ? width - 1 : width, tall);
      drawMark(context, outcome, x, width, y, tall, theme);
      if (width > 56 && tall > 11) {
        context.fillStyle = inkOn(outcome, theme);
        context.textAlign = "left";
        const left = Math.max(x, view.names) + (outcome === 0 || outcome === 6 ? 6 : 18);
        const room = x + width - left - 6;
        const text = nameOf(timeline.job[at]!);
        if (room > 20 && context.measureText(text).width <= room) {
          context.fillText(text, left, y + tall / 2 + 0.5);
        }
      }
      if (at === focus) {
        context.strokeStyle = theme.focus;
        context.lineWidth = 2;
        context.strokeRect(x - 1, y - 1, Math.max(4, width) + 2, tall + 2);
      }
    }
  }
  context.restore();
  drawAxis(context, view, theme);
}
