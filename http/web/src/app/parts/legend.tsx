// What the colours and symbols of a grid mean, with how many cells are of each.
import { isDark } from "../lib/theme";
import type { Palette, Status } from "./palettes";

/** The mark of a status as in the cells: its colour and its symbol. */
export function StatusMark({ status }: { status: Status }) {
  const mode = isDark.value ? "dark" : "light";
  return (
    <svg class="status-mark" width="14" height="14" viewBox="0 0 16 16" aria-hidden="true">
      <rect width="16" height="16" rx="2" fill={status.fill[mode]} />
      <path d={status.symbol} fill="none" stroke={status.ink[mode]} stroke-width="1.9" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}

/** The statuses of a palette in a line: all, those that are not there quietly, or only those `present`. */
export function Legend({ palette, counts, present }: { palette: Palette; counts: readonly number[]; present?: boolean }) {
  return (
    <ul class="legend" aria-label="Cells by status">
      {palette.map((status, code) => present && !counts[code] ? null : (
        <li key={status.word} class={counts[code] ? "" : "quiet"}>
          <StatusMark status={status} />
          <span>{status.brief ?? status.word}</span>
          <b>{(counts[code] ?? 0).toLocaleString("en-US")}</b>
        </li>
      ))}
    </ul>
  );
}
