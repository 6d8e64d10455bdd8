// A picture by the chart library: theme, size, end of life, a text for those who do not see, and the
// figures as a table.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { FONT } from "../../charts/theme";
import { DATE_FORMAT, dateOfTime } from "../../charts/time_points";
import { init, type ECharts, type Option } from "../lib/echarts";
import { palette, type Palette } from "../lib/theme";

export interface ChartTable { columns: string[]; rows: (string | number)[][] }

/** What all pictures have in common; spread it first. */
export function chartBase(theme: Palette, description: string): Record<string, unknown> {
  return {
    animation: false,
    backgroundColor: "transparent",
    textStyle: { fontFamily: FONT, color: theme.text, fontSize: 12 },
    aria: { enabled: true, label: { description } },
    tooltip: {
      trigger: "axis", renderMode: "richText", confine: true, backgroundColor: theme.surface, borderColor: theme.line, padding: [8, 10],
      textStyle: { color: theme.text, fontSize: 12, fontFamily: FONT }, axisPointer: { lineStyle: { color: theme.quiet } },
    },
    grid: { left: 8, right: 12, top: 12, bottom: 4, containLabel: true },
  };
}

/** An axis in the theme's colours; spread more over it. */
export function chartAxis(theme: Palette): Record<string, unknown> {
  return {
    axisLine: { lineStyle: { color: theme.line } }, axisTick: { show: false },
    axisLabel: { color: theme.quiet, fontSize: 11, hideOverlap: true },
    splitLine: { lineStyle: { color: theme.line, opacity: 0.6 } },
  };
}

/** Room at the right end of an axis of dates for half of the last. */
export const DATE_ROOM = 34;

/** An axis of dates, for a grid with that room. */
export function chartDates(theme: Palette, dates: string[]): Record<string, unknown> {
  return { ...chartAxis(theme), type: "category", data: dates, splitLine: { show: false } };
}

/** An axis on which days lie as far apart as they are. */
export function chartTime(theme: Palette): Record<string, unknown> {
  const axis = chartAxis(theme);
  return {
    ...axis, type: "time", splitLine: { show: false },
    axisLabel: { ...(axis["axisLabel"] as object), formatter: DATE_FORMAT },
    axisPointer: { label: { formatter: (at: { value: number }) => dateOfTime(at.value) } },
  };
}

/**
 * `option` makes the picture for a theme and a width; it is called again when either changes, and when
 * `version` does. `table` holds the same figures.
 */
export function Chart({ option, version, height = 180, description, table, onClick }: {
  option: (theme: Palette, width: number) => Record<string, unknown>; version: unknown; height?: number; description: string;
  table?: () => ChartTable; onClick?: (dataIndex: number) => void;
}): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<ECharts | null>(null);
  const clicked = useRef(onClick);
  const latest = useRef(option);
  clicked.current = onClick;
  latest.current = option;
  const [asTable, setAsTable] = useState(false);
  const theme = palette.value;

  useEffect(() => {
    const element = place.current;
    if (element === null) {
      return undefined;
    }
    const drawn = init(element, null, { renderer: "canvas" });
    chart.current = drawn;
    drawn.on("click", (event) => clicked.current?.((event as unknown as { dataIndex: number }).dataIndex));
    let width = element.clientWidth;
    const observer = new ResizeObserver(() => {
      if (element.clientWidth !== width && element.clientWidth > 0) {
        width = element.clientWidth;
        drawn.resize();
        drawn.setOption(latest.current(palette.peek(), width) as Option, true);
      }
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      drawn.dispose();
      chart.current = null;
    };
  }, [asTable]);
  useEffect(() => {
    chart.current?.setOption(option(theme, place.current?.clientWidth ?? 600) as Option, true);
  }, [theme, version, asTable]);

  const figures = asTable && table ? table() : null;
  return (
    <figure class="chart">
      {figures
        ? (
          <div class="table-frame chart-table" tabIndex={0} role="region" aria-label={description}>
            <table class="table"><caption class="unseen">{description}</caption>
              <thead><tr>{figures.columns.map((title) => <th scope="col" key={title}>{title}</th>)}</tr></thead>
              <tbody>{figures.rows.map((row, at) => <tr key={at}>{row.map((cell, i) => <td key={i} class={typeof cell === "number" ? "numeric" : ""}>{cell}</td>)}</tr>)}</tbody>
            </table>
          </div>
        )
        : <div ref={place} class="chart-place" role="img" aria-label={description} style={{ height: `${height}px` }} />}
      {table ? <button type="button" class="link chart-switch" onClick={() => setAsTable(!asTable)}>{asTable ? "Show picture" : "Show figures"}</button> : null}
    </figure>
  );
}
