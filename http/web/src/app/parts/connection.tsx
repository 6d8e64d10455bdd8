// Whether what is on the screen is live, said honestly.
import type { JSX } from "preact";
import { timeOfDay } from "../lib/format";
import { hurry, liveSeq, liveState } from "../lib/live";
import { useNow } from "../lib/resource";

export function Connection(): JSX.Element | null {
  const state = liveState.value;
  const now = useNow(state.kind === "disconnected" ? 250 : 0);
  if (state.kind === "off") {
    return null;
  }
  if (state.kind === "live") {
    return <span class="connection connection-live" title={`All events up to ${liveSeq.value} have been seen`} data-state="live"><i aria-hidden="true" /><span>Live</span></span>;
  }
  if (state.kind === "disconnected") {
    const seconds = Math.max(0, Math.ceil((state.retryAt - now) / 1000));
    return (
      <button type="button" class="connection connection-lost" title={`${state.why} Click to retry now.`} onClick={hurry} data-state="disconnected">
        <i aria-hidden="true" /><span>Disconnected since {timeOfDay(state.lost)}, retrying in {seconds} s</span>
      </button>
    );
  }
  return (
    <span class="connection connection-wait" data-state={state.kind}>
      <i aria-hidden="true" />
      <span>{state.lost !== null ? `Disconnected since ${timeOfDay(state.lost)}, ` : ""}{state.kind === "connecting" ? "connecting…" : "catching up…"}</span>
    </span>
  );
}

/** For readers: says when the connection goes and comes, not every second. */
export function ConnectionVoice(): JSX.Element {
  const state = liveState.value;
  return <div class="unseen" role="status">{state.kind === "disconnected" ? `Disconnected since ${timeOfDay(state.lost)}` : state.kind === "live" ? "Connected" : ""}</div>;
}
