import { frame, namesAxis, namesWidth, numbersAxis, padded, rowsHeight, type Drawing, type Input } from "./common";
import { formatNumber, pointNames } from "./format";
import { columnOf, numberOf, type Row } from "./model";

const ROWS_MAX = 30;

function chosenRows(input: Input): Row[] {
  const { chart, table } = input;
  const size = (row: Row) => Math.max(...chart.values.map((id) => Math.abs(numberOf(row, id) ?? 0)));
  let rows = table.rows.filter((row) => chart.values.some((id) => numberOf(row, id) !== null));
  if (rows.length > ROWS_MAX) {
    const least = [...rows].map(size).sort((a, b) => b - a)[ROWS_MAX - 1] ?? 0;
    rows = rows.filter((row) => size(row) >= least).slice(0, ROWS_MAX);
  }
  const first = chart.values[0];
  if (chart.sorted && first !== undefined) {
    rows = [...rows].sort((a, b) => (numberOf(b, first) ?? 0) - (numberOf(a, first) ?? 0));
  }
  return rows;
}

/** Horizontal bars, one group a row of the table; the value stands at the end of each. */
export function bars(input: Input): Drawing {
  const { chart, table, theme, width } = input;
  const rows = chosenRows(input);
  const label = columnOf(table, chart.label);
  const names = pointNames(rows, chart.label, label.unit);
  const columns = chart.values.map((id) => columnOf(table, id));
  const unit = columns[0]?.unit ?? "number";
  const single = columns.length === 1;
  const numbers = rows.flatMap((row) => columns.map((column) => numberOf(row, column.id) ?? 0));
  const range = padded(numbers, width);
  const series = columns.map((column, index) => ({
    type: "bar",
    name: column.title,
    barMaxWidth: 18,
    barGap: "10%",
    barMinHeight: 1,
    data: rows.map((row) => {
      const value = numberOf(row, column.id);
      const color = single ? ((value ?? 0) < 0 ? theme.negative : theme.positive) : theme.series[index % 2];
      return {
        value,
        itemStyle: { color },
        label: { position: (value ?? 0) < 0 ? "left" : "right" },
      };
    }),
    itemStyle: { color: theme.series[index % 2] },
    label: {
      show: true,
      color: theme.text,
      fontSize: 11,
      formatter: (point: { value: number | null }) => (point.value === null ? "" : formatNumber(point.value, unit, true)),
    },
    markLine: index > 0 ? undefined : {
      silent: true, symbol: "none", label: { show: false },
      lineStyle: { color: theme.quiet, type: "solid", width: 1 }, data: [{ xAxis: 0 }],
    },
  }));
  return {
    height: rowsHeight(rows.length, columns.length, single ? 40 : 70),
    option: {
      ...frame(input),
      aria: { enabled: true, label: { description: input.description }, decal: { show: !single } },
      legend: single ? undefined : { top: 0, left: 0, textStyle: { color: theme.text }, itemWidth: 22 },
      grid: { left: namesWidth(names, width), right: 12, top: single ? 6 : 34, bottom: 26 },
      xAxis: { ...numbersAxis(unit, width, theme), ...range, axisLabel: { ...(numbersAxis(unit, width, theme)["axisLabel"] as object), showMinLabel: false, showMaxLabel: false } },
      yAxis: namesAxis(names, width, theme, !single),
      tooltip: {
        ...(frame(input)["tooltip"] as object),
        trigger: "axis",
        axisPointer: { type: "shadow" },
        valueFormatter: (value: number | null) => (value === null ? "not known" : formatNumber(value, unit)),
      },
      series,
    },
  };
}
