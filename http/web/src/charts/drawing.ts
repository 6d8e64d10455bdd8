import { bars } from "./bars";
import type { Drawing, Input } from "./common";
import { heatmap } from "./heatmap";
import { intervals } from "./intervals";
import { lines } from "./lines";
import type { Chart } from "./model";
import { waterfall } from "./waterfall";

const makers: Record<Chart["kind"], (input: Input) => Drawing> = { bars, heatmap, intervals, lines, waterfall };

/** The option of the library for a picture of a report, whichever way it is rendered. */
export function drawingOf(input: Input): Drawing {
  return makers[input.chart.kind](input);
}
