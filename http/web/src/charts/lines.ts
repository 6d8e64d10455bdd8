import { frame, numbersAxis, type Drawing, type Input } from "./common";
import { formatLabel, formatNumber } from "./format";
import { columnOf, numberOf } from "./model";
import { DATE_FORMAT, dateOfTime, linePoints } from "./time_points";

const POINTS_WITH_DOTS = 40;

/** Lines over the rows of the table; a value that is not known leaves a gap. */
export function lines(input: Input): Drawing {
  const { chart, table, theme } = input;
  const label = columnOf(table, chart.label);
  const names = table.rows.map((row) => formatLabel(row[chart.label], label.unit));
  const columns = chart.values.map((id) => columnOf(table, id));
  const dates = label.unit === "date" ? table.rows.map((row) => String(row[chart.label])) : null;
  const dots = table.rows.length <= POINTS_WITH_DOTS;
  const unit = columns[0]?.unit ?? "number";
  const single = columns.length === 1;
  const filled = single && chart.id === "drawdown";
  const crosses = table.rows.some((row) => columns.some((column) => (numberOf(row, column.id) ?? 0) < 0));
  return {
    height: single ? 240 : 270,
    option: {
      ...frame(input),
      legend: single ? undefined : { top: 0, left: 0, textStyle: { color: theme.text } },
      grid: { left: 62, right: 20, top: single ? 14 : 40, bottom: 30 },
      xAxis: {
        ...(dates ? { type: "time", splitLine: { show: false } } : { type: "category", data: names, boundaryGap: false }),
        axisLabel: { color: theme.quiet, fontSize: 11, hideOverlap: true, alignMinLabel: "left", alignMaxLabel: "right", ...(dates ? { formatter: DATE_FORMAT } : {}) },
        ...(dates ? { axisPointer: { label: { formatter: (at: { value: number }) => dateOfTime(at.value) } } } : {}),
        axisLine: { onZero: false, lineStyle: { color: theme.line } }, axisTick: { show: false },
      },
      yAxis: { ...numbersAxis(unit, 500, theme), scale: !crosses, splitNumber: 4 },
      tooltip: {
        ...(frame(input)["tooltip"] as object),
        trigger: "axis",
        valueFormatter: (value: number | null) => (value === null ? "not known" : formatNumber(value, unit)),
      },
      series: columns.map((column, index) => ({
        type: "line",
        name: column.title,
        showSymbol: dates !== null || dots,
        symbol: index === 0 ? "circle" : "diamond",
        symbolSize: 5,
        connectNulls: false,
        data: dates
          ? linePoints(dates, table.rows.map((row) => numberOf(row, column.id)), index === 0 ? "circle" : "diamond", dots)
          : table.rows.map((row) => numberOf(row, column.id)),
        lineStyle: { width: 2, type: index === 0 ? "solid" : "dashed", color: theme.series[index % 2] },
        itemStyle: { color: theme.series[index % 2] },
        areaStyle: filled ? { opacity: 0.15, color: theme.series[0] } : undefined,
        markLine: index > 0 || !crosses ? undefined : {
          silent: true, symbol: "none", label: { show: false },
          lineStyle: { color: theme.quiet, type: "solid", width: 1 }, data: [{ yAxis: 0 }],
        },
      })),
    },
  };
}
