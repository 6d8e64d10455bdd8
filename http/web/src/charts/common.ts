import { formatNumber } from "./format";
import type { Chart, Table, Unit } from "./model";
import { FONT, type Theme } from "./theme";

/** What a picture is made of. */
export interface Input {
  chart: Chart;
  table: Table;
  theme: Theme;
  width: number;
  description: string;
}

/** An option of the library and the height that it needs. */
export interface Drawing {
  option: Record<string, unknown>;
  height: number;
}

const ROW = 24;

/** Height of a picture with one row a point. */
export function rowsHeight(rows: number, perRow = 1, extra = 40): number {
  return Math.max(2, rows) * Math.max(ROW, perRow * 17 + 8) + extra;
}

/** Room for names beside the rows. */
export function namesWidth(names: string[], width: number): number {
  const longest = Math.max(4, ...names.map((name) => name.length));
  return Math.min(longest * 7.2 + 16, width * (width < 400 ? 0.46 : 0.38));
}

/** What all pictures have: no motion, tooltips as text, a text for those who do not see. */
export function frame(input: Input): Record<string, unknown> {
  const { theme } = input;
  return {
    animation: false,
    backgroundColor: "transparent",
    textStyle: { fontFamily: FONT, color: theme.text, fontSize: 12 },
    aria: { enabled: true, label: { description: input.description } },
    tooltip: {
      renderMode: "richText",
      confine: true,
      backgroundColor: theme.background,
      borderColor: theme.line,
      textStyle: { color: theme.text, fontSize: 12, fontFamily: FONT },
    },
  };
}

/** An axis of names, first on top. */
export function namesAxis(names: string[], width: number, theme: Theme, tall = false): Record<string, unknown> {
  return {
    type: "category",
    inverse: true,
    data: names,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: theme.line } },
    axisLabel: {
      color: theme.text, interval: 0, width: namesWidth(names, width) - 8, overflow: tall ? "break" : "truncate", fontSize: 12,
    },
  };
}

/** An axis of numbers. */
export function numbersAxis(unit: Unit, width: number, theme: Theme): Record<string, unknown> {
  return {
    type: "value",
    splitNumber: width < 500 ? 3 : 6,
    axisLabel: { color: theme.quiet, formatter: (value: number) => formatNumber(value, unit, true), hideOverlap: true, fontSize: 11 },
    splitLine: { showMinLine: false, showMaxLine: false, lineStyle: { color: theme.line, opacity: 0.6 } },
  };
}

/** Room at both ends for the numbers beside the bars: a share of the range. */
export function padded(values: number[], width: number): { min: number; max: number } {
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values);
  const room = (high - low || 1) * (width < 500 ? 0.34 : 0.16);
  return { min: low < 0 ? low - room : low, max: high > 0 || low === high ? high + room : high };
}

/** A row a name, drawn by hand between two numbers, with a line at 0. */
export function handDrawnRows(
  input: Input, unit: Unit, names: string[], numbers: number[],
  tell: (index: number) => string, series: Record<string, unknown>,
): Record<string, unknown> {
  const { theme, width } = input;
  const base = frame(input);
  const axis = numbersAxis(unit, width, theme);
  return {
    ...base,
    grid: { left: namesWidth(names, width), right: 12, top: 6, bottom: 26 },
    xAxis: {
      ...axis, ...padded(numbers, width),
      axisLabel: { ...(axis["axisLabel"] as object), showMinLabel: false, showMaxLabel: false },
    },
    yAxis: namesAxis(names, width, theme),
    tooltip: { ...(base["tooltip"] as object), formatter: (at: { dataIndex: number }) => tell(at.dataIndex) },
    series: [{
      type: "custom",
      markLine: {
        silent: true, symbol: "none", label: { show: false },
        lineStyle: { color: theme.quiet, type: "solid", width: 1 }, data: [{ xAxis: 0 }],
      },
      ...series,
    }],
  };
}
