import type { Input } from "./common";
import { drawingOf } from "./drawing";
import { init, type ECharts } from "./library";

/** Draws into an element of the given width, in place of what was there. */
export function draw(element: HTMLElement, before: ECharts | null, input: Input): ECharts {
  before?.dispose();
  const { option, height } = drawingOf(input);
  element.style.height = `${Math.round(height)}px`;
  const chart = init(element, null, { renderer: "svg", width: input.width, height: Math.round(height) });
  chart.setOption(option);
  return chart;
}
