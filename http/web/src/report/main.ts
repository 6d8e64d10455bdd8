// Draws the pictures of a report from the model in the page. The figures are there without it.
import { draw } from "../charts/draw";
import type { ECharts } from "../charts/library";
import type { Report } from "../charts/model";
import { dark, light } from "../charts/theme";

/** Width of the text on A4 and Letter, in CSS pixels, with some to spare. */
const PRINT_WIDTH = 660;
const PRINT_HALF = 320;

interface Place { figure: HTMLElement; drawing: HTMLElement; drawn: ECharts | null; width: number }

function start(): void {
  const source = document.getElementById("model")?.textContent;
  if (!source) {
    return;
  }
  const report = JSON.parse(source) as Report;
  const places: Place[] = [];
  const scheme = window.matchMedia("(prefers-color-scheme: dark)");
  let printing = false;

  const drawPlace = (place: Place): void => {
    const section = report.sections[place.figure.dataset["section"] ?? ""];
    const chart = section?.charts.find((one) => one.id === place.figure.dataset["chart"]);
    const table = chart && section?.tables[chart.table];
    if (!chart || !table) {
      return;
    }
    place.figure.hidden = false;
    const half = place.figure.parentElement !== null && place.figure.parentElement.childElementCount > 1;
    const width = printing ? (half ? PRINT_HALF : PRINT_WIDTH) : Math.floor(place.drawing.clientWidth);
    place.width = width;
    place.drawn = draw(place.drawing, place.drawn, {
      chart, table, width,
      theme: !printing && scheme.matches ? dark : light,
      description: place.drawing.getAttribute("aria-label") ?? chart.title,
    });
  };
  const drawAll = (): void => places.forEach(drawPlace);

  document.querySelectorAll<HTMLElement>("figure.chart").forEach((figure) => {
    const drawing = figure.querySelector<HTMLElement>(".drawing");
    if (drawing) {
      places.push({ figure, drawing, drawn: null, width: 0 });
      figure.hidden = false;
    }
  });
  drawAll();

  const print = (on: boolean): void => {
    if (printing !== on) {
      printing = on;
      drawAll();
    }
  };
  window.addEventListener("beforeprint", () => print(true));
  window.addEventListener("afterprint", () => print(false));
  scheme.addEventListener("change", drawAll);
  new ResizeObserver(() => {
    if (!printing) {
      places.filter((place) => Math.floor(place.drawing.clientWidth) !== place.width).forEach(drawPlace);
    }
  }).observe(document.body);
}

start();
