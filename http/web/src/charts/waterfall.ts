import { handDrawnRows, rowsHeight, type Drawing, type Input } from "./common";
import { formatLabel, formatNumber } from "./format";
import { columnOf, numberOf } from "./model";

interface Step { name: string; from: number; to: number; change: number; total: boolean }

/** The parts one after the other; the last row of the table is what they add up to. */
function steps(input: Input): Step[] {
  const { chart, table } = input;
  const id = chart.values[0] ?? "";
  const made: Step[] = [];
  let at = 0;
  table.rows.forEach((row, index) => {
    const change = numberOf(row, id);
    const total = index === table.rows.length - 1;
    if (change === null || (change === 0 && !total)) {
      return;
    }
    made.push({
      name: formatLabel(row[chart.label], "text"), change, total,
      from: total ? 0 : at, to: total ? change : at + change,
    });
    at += change;
  });
  return made;
}

export function waterfall(input: Input): Drawing {
  const { chart, table, theme } = input;
  const unit = columnOf(table, chart.values[0] ?? "").unit;
  const made = steps(input);
  const names = made.map((step) => step.name);
  const tell = (index: number) => {
    const step = made[index];
    return step ? step.name + ": " + formatNumber(step.change, unit) : "";
  };
  return {
    height: rowsHeight(made.length) + 8,
    option: handDrawnRows(input, unit, names, made.flatMap((step) => [step.from, step.to]), tell, {
      encode: { x: [1, 2], y: 0 },
      data: made.map((step, index) => [index, step.from, step.to]),
      renderItem: (_: unknown, api: any) => {
        const index = api.value(0) as number;
        const step = made[index];
        if (!step) {
          return null;
        }
        const [x0, y] = api.coord([step.from, index]) as [number, number];
        const [x1] = api.coord([step.to, index]) as [number, number];
        const height = Math.min(18, (api.size([0, 1]) as number[])[1]! * 0.7);
        const left = Math.min(x0, x1);
        const right = Math.max(x0, x1);
        const fill = step.total ? theme.total : step.change < 0 ? theme.negative : theme.positive;
        const back = step.change < 0;
        return {
          type: "group",
          children: [
            { type: "rect", shape: { x: left, y: y - height / 2, width: Math.max(1, right - left), height }, style: { fill } },
            {
              type: "text",
              x: back ? left - 5 : right + 5, y,
              style: {
                text: (step.change > 0 && !step.total ? "+" : "") + formatNumber(step.change, unit, true),
                fill: theme.text, fontSize: 11, align: back ? "right" : "left", verticalAlign: "middle",
              },
            },
          ],
        };
      },
    }),
  };
}
