// A status as symbol, word and colour: each alone is enough.
import type { ComponentChildren, JSX } from "preact";
import { words } from "../lib/format";

export type Tone = "succeeded" | "warning" | "failed" | "running" | "retrying" | "skipped" | "cancelled" | "pending";

const TONES: Record<string, Tone> = {
  succeeded: "succeeded", completed: "succeeded", full: "succeeded", fresh: "succeeded", passed: "succeeded",
  succeeded_with_warnings: "warning", completed_with_warnings: "warning", limited: "warning", stale: "warning", partial: "failed",
  failed: "failed", rejected: "failed", critical: "failed", running: "running", requested: "pending", cancelling: "cancelled",
  retrying: "retrying", skipped: "skipped", never: "skipped", cancelled: "cancelled", pending: "pending", interrupted: "cancelled",
};
const WORDS: Record<string, string> = {
  succeeded_with_warnings: "With warnings", completed_with_warnings: "With warnings", retrying: "Waiting to retry",
};

/** Symbol and colour of a status of a run, job or date. */
export function toneOf(status: string): Tone {
  return TONES[status] ?? "pending";
}

export function statusWords(status: string): string {
  return WORDS[status] ?? words(status);
}

/** Drawn in a square of 16: told apart without any colour. */
const SHAPES: Record<Tone, JSX.Element> = {
  succeeded: <><circle cx="8" cy="8" r="7" fill="currentColor" /><path class="ink" d="M4.8 8.3l2.2 2.2 4.2-4.6" /></>,
  warning: <><path d="M8 1.2l7 13H1z" fill="currentColor" stroke="currentColor" stroke-linejoin="round" /><path class="ink" d="M8 6v3.6M8 11.8v.3" /></>,
  failed: <><path d="M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1z" fill="currentColor" /><path class="ink" d="M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2" /></>,
  running: <><circle cx="8" cy="8" r="6" class="track" /><path class="line turning" d="M8 2a6 6 0 0 1 6 6" /><circle cx="8" cy="8" r="2.2" fill="currentColor" /></>,
  retrying: <><path class="line" d="M13.6 8a5.6 5.6 0 1 1-1.7-4" /><path d="M12.6.9v3.8H8.8z" fill="currentColor" /></>,
  skipped: <><circle cx="8" cy="8" r="6.2" class="line" /><path class="line" d="M5 8h6" /></>,
  cancelled: <><circle cx="8" cy="8" r="6.2" class="line" /><path class="line" d="M3.9 12.1l8.2-8.2" /></>,
  pending: <circle cx="8" cy="8" r="6.2" class="line dashes" />,
};

/** The symbol alone; for a place where the word stands beside it. */
export function StatusSymbol({ tone }: { tone: Tone }): JSX.Element {
  return <svg class={`symbol tone-${tone}`} viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">{SHAPES[tone]}</svg>;
}

/** Symbol and word. `children` replaces the word, `quiet` hides it from sight, not from readers. */
export function StatusMark({ status, quiet, children }: { status: string; quiet?: boolean; children?: ComponentChildren }): JSX.Element {
  const text = children ?? statusWords(status);
  return (
    <span class={`status tone-${toneOf(status)}`} title={quiet ? statusWords(status) : undefined}>
      <StatusSymbol tone={toneOf(status)} /><span class={quiet ? "unseen" : "status-word"}>{text}</span>
    </span>
  );
}
