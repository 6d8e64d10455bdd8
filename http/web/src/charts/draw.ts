import { bars } from "./bars";
import type { Drawing, Input } from "./common";
import { heatmap } from "./heatmap";
import { intervals } from "./intervals";
import { init, type ECharts } from "./library";
import { lines } from "./lines";
import type { Chart } from "./model";
import { waterfall } from "./waterfall";

const makers: Record<Chart["kind"], (input: Input) => Drawing> = { bars, heatmap, intervals, lines, waterfall };

/** Draws into an element of the given width, in place of what was there. */
export function draw(element: HTMLElement, before: ECharts | null, input: Input): ECharts {
  before?.dispose();
  const { option, height } = makers[input.chart.kind](input);
  element.style.height = `${Math.round(height)}px`;
  const chart = init(element, null, { renderer: "svg", width: input.width, height: Math.round(height) });
  chart.setOption(option);
  return chart;
}
