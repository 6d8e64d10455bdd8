import { frame, type Drawing, type Input } from "./common";
import { numberOf } from "./model";

const LABELS_MAX = 18;

/** A symmetric matrix of values from -1 to 1: one row and one column a symbol. */
export function heatmap(input: Input): Drawing {
  const { chart, table, theme, width } = input;
  const names = table.rows.map((row) => String(row[chart.label] ?? "?"));
  const cells: [number, number, number][] = [];
  table.rows.forEach((row, y) => {
    names.forEach((name, x) => {
      const value = numberOf(row, name);
      if (value !== null) {
        cells.push([x, y, value]);
      }
    });
  });
  const left = Math.max(...names.map((name) => name.length)) * 7.2 + 12;
  const side = Math.max(12, Math.min(46, (width - left - 12) / names.length));
  const labelled = names.length <= LABELS_MAX && side >= 26;
  const axis = {
    type: "category", data: names, axisTick: { show: false }, axisLine: { show: false }, splitLine: { show: false },
    axisLabel: { color: theme.text, interval: 0, fontSize: side < 22 ? 8 : 11 },
  };
  return {
    height: side * names.length + 96,
    option: {
      ...frame(input),
      grid: { left, top: 4, width: side * names.length, height: side * names.length },
      xAxis: { ...axis, position: "bottom", axisLabel: { ...axis.axisLabel, rotate: side < 40 ? 60 : 0 } },
      yAxis: { ...axis, inverse: true },
      visualMap: {
        min: -1, max: 1, calculable: false, orient: "horizontal", left, bottom: 0, itemWidth: 12, itemHeight: 140,
        text: ["+1", "\u22121"], textStyle: { color: theme.text, fontSize: 11 }, inRange: { color: theme.scale },
      },
      tooltip: {
        ...(frame(input)["tooltip"] as object),
        formatter: (point: { value: [number, number, number] }) =>
          `${names[point.value[1]]} and ${names[point.value[0]]}: ${point.value[2].toFixed(4).replace("-", "\u2212")}`,
      },
      series: [{
        type: "heatmap",
        data: cells.map((value) => ({
          value,
          label: { color: theme.strongText !== null && Math.abs(value[2]) > 0.6 ? theme.strongText : theme.text },
        })),
        itemStyle: { borderColor: theme.background, borderWidth: 1 },
        label: {
          show: labelled,
          fontSize: side < 34 ? 9 : 11,
          formatter: (point: { value: [number, number, number] }) => point.value[2].toFixed(2).replace("-", "\u2212"),
        },
      }],
    },
  };
}
