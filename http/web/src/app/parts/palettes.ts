// Statuses as cells and marks show them: a colour that people with any colour vision tell apart
// (after Okabe and Ito), a symbol that says the same, and a word.

/** A colour in the light and in the dark theme. */
export interface Shade { light: string; dark: string }

export interface Status {
  word: string;
  /** For a legend, where what it belongs to is known. */
  brief?: string;
  /** SVG path in a box of 16 x 16, drawn as a line; empty: nothing is drawn. */
  symbol: string;
  fill: Shade;
  ink: Shade;
  /** Badness: of cells that share a pixel the highest is seen. */
  rank: number;
}

export type Palette = readonly Status[];

const check = "M3.5 8.5 L6.7 11.7 L12.5 4.8";
const cross = "M4 4 L12 12 M12 4 L4 12";
const bang = "M8 3 L8 9.2 M8 12.2 L8 13";
const dash = "M4 8 L12 8";
const dot = "M7.4 8 L8.6 8";
const play = "M5.5 3.5 L12 8 L5.5 12.5 Z";
const again = "M12.6 6.2 A5 5 0 1 0 13 9 M12.9 2.8 L12.6 6.3 L9.2 5.9";
const barred = "M8 3 A5 5 0 1 0 8 13 A5 5 0 1 0 8 3 M4.6 11.4 L11.4 4.6";
const half = "M4 10.5 L12 10.5 M4 5.5 L8 5.5";
const ring = "M8 4.5 A3.5 3.5 0 1 0 8 11.5 A3.5 3.5 0 1 0 8 4.5";

const good: Pick<Status, "fill" | "ink"> = {
  fill: { light: "#8ccdb6", dark: "#1d6b55" }, ink: { light: "#004d39", dark: "#c4efe0" },
};
const warned: Pick<Status, "fill" | "ink"> = {
  fill: { light: "#efc75e", dark: "#8f6a10" }, ink: { light: "#4d3500", dark: "#ffeab5" },
};
const bad: Pick<Status, "fill" | "ink"> = {
  fill: { light: "#d55e00", dark: "#e8762c" }, ink: { light: "#ffffff", dark: "#1c0d00" },
};
const active: Pick<Status, "fill" | "ink"> = {
  fill: { light: "#56b4e9", dark: "#2f8fca" }, ink: { light: "#00283d", dark: "#ffffff" },
};
const waiting: Pick<Status, "fill" | "ink"> = {
  fill: { light: "#cc79a7", dark: "#b8618f" }, ink: { light: "#2e0019", dark: "#ffffff" },
};
const muted: Pick<Status, "fill" | "ink"> = {
  fill: { light: "#c6cdd5", dark: "#3a424c" }, ink: { light: "#424a53", dark: "#b6bec8" },
};
const absent: Pick<Status, "fill" | "ink"> = {
  fill: { light: "#eceff2", dark: "#1b2129" }, ink: { light: "#8c959f", dark: "#59636e" },
};

/** Characters of a run's grid, in the order of `runPalette`. */
export const RUN_CODES = ".ryswfkc";
export const runPalette: Palette = [
  { word: "pending", symbol: dot, ...absent, rank: 2 },
  { word: "running", symbol: play, ...active, rank: 5 },
  { word: "waiting for a retry", brief: "to be retried", symbol: again, ...waiting, rank: 6 },
  { word: "succeeded", symbol: check, ...good, rank: 1 },
  { word: "succeeded with warnings", brief: "with warnings", symbol: bang, ...warned, rank: 4 },
  { word: "failed", symbol: cross, ...bad, rank: 7 },
  { word: "skipped", symbol: dash, ...muted, rank: 0 },
  { word: "cancelled", symbol: barred, fill: { light: "#8c959f", dark: "#6b7683" }, ink: { light: "#ffffff", dark: "#ffffff" }, rank: 3 },
];

/** Characters of the portfolio x date grid, in the order of `freshnessPalette`. */
export const FRESHNESS_CODES = ".fwpx";
export const freshnessPalette: Palette = [
  { word: "nothing ever", symbol: "", ...absent, rank: 0 },
  { word: "full", symbol: check, ...good, rank: 1 },
  { word: "warnings or limited quality", brief: "warnings or limited", symbol: bang, ...warned, rank: 2 },
  { word: "some results missing", symbol: half, ...waiting, rank: 3 },
  { word: "nothing usable", symbol: cross, ...bad, rank: 4 },
];

/** Marks that stand beside a word. */
export const marks = { check, cross, bang, dash, play, again, barred, half, ring };
