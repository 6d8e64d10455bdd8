// Moves through the events of a run: drag, arrow keys, play.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { count, timeOfDay, utc } from "../lib/format";
import { calm } from "../lib/theme";

/** A whole run is played in about so long, in so many steps a second. */
const PLAY_SECONDS = 12;
const STEPS_A_SECOND = 10;

/** `at` null: the newest. `time` is that of the state shown. */
export function RunSlider({ first, last, at, set, time, loading, live }: {
  first: number; last: number; at: number | null; set: (at: number | null) => void; time: string | null; loading: boolean; live: boolean;
}): JSX.Element {
  const [playing, setPlaying] = useState(false);
  const position = Math.max(first, Math.min(at ?? last, last));
  const latest = useRef({ position, last, set });
  latest.current = { position, last, set };
  const busy = useRef(loading);
  busy.current = loading;
  useEffect(() => {
    if (!playing) {
      return undefined;
    }
    const rate = calm.matches ? 2 : STEPS_A_SECOND;
    const step = Math.max(1, Math.round((latest.current.last - first) / (PLAY_SECONDS * rate)));
    const timer = window.setInterval(() => {
      const now = latest.current;
      if (busy.current) {
        return;
      }
      const next = now.position + step;
      now.set(next >= now.last ? null : next);
      if (next >= now.last) {
        setPlaying(false);
      }
    }, 1000 / rate);
    return () => window.clearInterval(timer);
  }, [playing, first]);
  const play = (): void => {
    if (!playing && position >= last) {
      set(first);
    }
    setPlaying(!playing);
  };
  const go = (to: number): void => {
    setPlaying(false);
    set(to >= last ? null : Math.max(first, to));
  };
  const button = (title: string, path: string, to: number): JSX.Element => (
    <button type="button" class="button button-icon button-small" title={title} aria-label={title} disabled={to < first && position === first} onClick={() => go(to)}>
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true"><path d={path} fill="currentColor" /></svg>
    </button>
  );
  return (
    <section class="slider" aria-label="The run at any event">
      <div class="slider-line">
        <button type="button" class="button button-small" onClick={play} aria-pressed={playing}>
          <svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true"><path d={playing ? "M3 2h4v12H3zM9 2h4v12H9z" : "M4 2l9 6-9 6z"} fill="currentColor" /></svg>
          {playing ? "Pause" : "Play"}
        </button>
        {button("One event back", "M11 3v10L4 8z", position - 1)}
        <input type="range" min={first} max={last} step={1} value={position} aria-label="Event of the run"
          aria-valuetext={`Event ${position - first + 1} of ${last - first + 1}${time ? `, ${timeOfDay(time)}` : ""}`}
          onInput={(event) => go(Number(event.currentTarget.value))} />
        {button("One event on", "M5 3v10l7-5z", position + 1)}
        <span class="slider-at">
          {at === null
            ? <><b>{live ? "Live" : "At the end"}</b> <span class="quiet">{count(last - first + 1)} events, up to {last}</span></>
            : <><b>Event {at}</b> <span class="quiet" title={utc(time)}>{count(at - first + 1)} of {count(last - first + 1)}{time ? `, ${timeOfDay(time)}.${time.slice(20, 23)}` : ""}</span></>}
        </span>
        {at !== null ? <button type="button" class="link" onClick={() => go(last)}>{live ? "Back to live" : "To the end"}</button> : null}
      </div>
    </section>
  );
}
