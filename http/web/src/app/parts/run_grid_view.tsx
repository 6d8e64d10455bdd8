// The grid of a run on the canvas grid, recoloured by events.
import type { JSX } from "preact";
import { useMemo, useRef } from "preact/hooks";
import { jobType, plural } from "../lib/format";
import { RETRYING, type RunGrid } from "../lib/run_grid";
import { CanvasGrid, type GridHandle } from "./canvas_grid";
import { runPalette } from "./palettes";

/** Tells the mounted grid which cells to read again. */
export class CellSink {
  handle: GridHandle | null = null;

  changed(grid: RunGrid, job: number): void {
    const { row, column } = grid.placeOf(job);
    this.handle?.invalidate(row, column);
  }
}

export function RunGridView({ grid, sink, onOpen, revision }: {
  grid: RunGrid; sink?: CellSink; onOpen: (job: number) => void; revision?: unknown;
}): JSX.Element {
  const latest = useRef({ grid, onOpen });
  latest.current = { grid, onOpen };
  const functions = useMemo(() => ({
    rowLabel: (row: number) => latest.current.grid.rowName(row),
    columnLabel: (column: number) => jobType(latest.current.grid.columnTypeName(column)),
    columnGroup: (column: number) => latest.current.grid.columnDateName(column),
    code: (row: number, column: number) => latest.current.grid.codeAt(row, column),
    describe: (row: number, column: number) => {
      const { grid: now } = latest.current;
      const job = now.jobAt(row, column);
      const what = `${now.rowName(row)}, ${jobType(now.columnTypeName(column))}, ${now.columnDateName(column)}`;
      if (job < 0) {
        return `${what}: no such job`;
      }
      const attempts = now.attempts[job]!;
      const code = now.codes[job]!;
      return `${what}: ${runPalette[code]?.word ?? ""}${attempts > 1 || code === RETRYING ? `, ${plural(attempts, "attempt")}` : ""}`;
    },
    open: (row: number, column: number) => {
      const job = latest.current.grid.jobAt(row, column);
      if (job >= 0) {
        latest.current.onOpen(job);
      }
    },
    handle: (handle: GridHandle | null) => {
      if (sink) {
        sink.handle = handle;
      }
    },
  }), [sink]);
  // Another set of names needs another grid: its labels are measured once.
  return (
    <CanvasGrid key={`${grid.runId} ${grid.rows} ${grid.columns}`} label="Jobs by portfolio, date and type" rows={grid.rows} columns={grid.columns}
      rowLabel={functions.rowLabel} columnLabel={functions.columnLabel} columnGroup={functions.columnGroup} code={functions.code}
      palette={runPalette} describe={functions.describe} onOpen={functions.open} handle={functions.handle} revision={revision ?? grid} shortLegend />
  );
}
