import { handDrawnRows, rowsHeight, type Drawing, type Input } from "./common";
import { formatLabel, formatNumber } from "./format";
import { columnOf, numberOf } from "./model";

interface Point { name: string; value: number; low: number; high: number }

/** Estimates as points with their intervals; a filled point's interval does not hold 0. */
export function intervals(input: Input): Drawing {
  const { chart, table, theme } = input;
  const id = chart.values[0] ?? "";
  const unit = columnOf(table, id).unit;
  const points: Point[] = [];
  for (const row of table.rows) {
    const value = numberOf(row, id);
    if (value !== null) {
      points.push({
        name: formatLabel(row[chart.label], "text"), value,
        low: numberOf(row, chart.low ?? "") ?? value, high: numberOf(row, chart.high ?? "") ?? value,
      });
    }
  }
  const names = points.map((point) => point.name);
  const tell = (index: number) => {
    const point = points[index];
    return point
      ? `${point.name}: ${formatNumber(point.value, unit)}\n95 %: ${formatNumber(point.low, unit)} to ${formatNumber(point.high, unit)}`
      : "";
  };
  return {
    height: rowsHeight(points.length) + 20,
    option: handDrawnRows(input, unit, names, points.flatMap((point) => [point.low, point.high]), tell, {
      encode: { x: [1, 2, 3], y: 0 },
      data: points.map((point, index) => [index, point.value, point.low, point.high]),
      renderItem: (_: unknown, api: any) => {
        const index = api.value(0) as number;
        const point = points[index];
        if (!point) {
          return null;
        }
        const [x, y] = api.coord([point.value, index]) as [number, number];
        const [low] = api.coord([point.low, index]) as [number, number];
        const [high] = api.coord([point.high, index]) as [number, number];
        const color = point.value < 0 ? theme.negative : theme.positive;
        const line = (x1: number, y1: number, x2: number, y2: number) =>
          ({ type: "line", shape: { x1, y1, x2, y2 }, style: { stroke: color, lineWidth: 2 } });
        const clear = point.low > 0 || point.high < 0;
        return {
          type: "group",
          children: [
            line(low, y, high, y), line(low, y - 5, low, y + 5), line(high, y - 5, high, y + 5),
            { type: "circle", shape: { cx: x, cy: y, r: 5 }, style: { fill: clear ? color : theme.background, stroke: color, lineWidth: 2 } },
            {
              type: "text", x: high + 7, y,
              style: { text: formatNumber(point.value, unit, true), fill: theme.text, fontSize: 11, verticalAlign: "middle" },
            },
          ],
        };
      },
    }),
  };
}
