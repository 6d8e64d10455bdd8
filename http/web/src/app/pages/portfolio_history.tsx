// A portfolio through time: lines over its snapshots, and the value at risk from the results of days.
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { formatNumber } from "../../charts/format";
import type { Unit } from "../../charts/model";
import { linePoints, timePoints } from "../../charts/time_points";
import { get } from "../lib/api";
import type { Snapshot } from "../lib/catalog";
import { DASH } from "../lib/format";
import { useQuery } from "../lib/location";
import type { Palette } from "../lib/theme";
import { Card } from "../parts/card";
import { Chart, chartAxis, chartBase, chartTime, type ChartTable } from "../parts/chart";
import { DateField } from "../parts/date_field";
import { Empty } from "../parts/states";

interface Series { name: string; dates: string[]; values: (number | null)[]; bars?: boolean }
interface Picture { title: string; unit: Unit; about?: string; series: [string, string][]; bars?: boolean }

const PICTURES: Picture[] = [
  { title: "Equity", unit: "money", series: [["equity", "Equity"]] },
  { title: "Profit and loss of the day", unit: "money", series: [["daily_pnl", "Day's profit and loss"]], bars: true },
  { title: "Exposure", unit: "money", series: [["gross_exposure", "Gross"], ["net_exposure", "Net"], ["long_exposure", "Long"], ["short_exposure", "Short"]] },
  { title: "Time-weighted index", unit: "number", series: [["twr_index", "Index"]] },
  { title: "Drawdown", unit: "ratio", series: [["drawdown", "Drawdown"]] },
  { title: "Volatility a year", unit: "money", series: [["realized_vol_21", "Realized, 21 days"], ["expected_vol_21", "Expected, 21 days"]] },
];
const RANGES: [string, string, number][] = [["1m", "1 month", 21], ["3m", "3 months", 63], ["1y", "1 year", 252], ["all", "All", 10_000]];
const RANGE = RANGES[2]!;
const DASHES = ["solid", "dashed", "dotted", [8, 3, 2, 3]] as const;
const VAR_POINTS = 48;
const VAR_AT_ONCE = 4;

function colours(theme: Palette): string[] {
  return [theme.series[0], theme.series[1], theme.status.succeeded, theme.status.retrying];
}

function option(theme: Palette, width: number, title: string, unit: Unit, series: Series[], asOf: string | null): Record<string, unknown> {
  const base = chartBase(theme, title);
  const dates = series[0]?.dates ?? [];
  const many = series.length > 1;
  return {
    ...base,
    legend: many ? { top: 0, left: 0, textStyle: { color: theme.text, fontSize: 12 }, itemWidth: 24, itemHeight: 8 } : undefined,
    grid: { left: 4, right: 12, top: !many ? 12 : series.length > 2 && width < 420 ? 48 : 32, bottom: 4, containLabel: true },
    tooltip: { ...(base["tooltip"] as object), valueFormatter: (value: number | null) => (value === null || value === undefined ? "not known" : formatNumber(value, unit)) },
    xAxis: chartTime(theme),
    yAxis: {
      ...chartAxis(theme), type: "value", scale: true, splitNumber: width < 420 ? 3 : 4,
      axisLabel: { color: theme.quiet, fontSize: 11, formatter: (value: number) => formatNumber(value, unit, true) },
    },
    series: series.map((one, index) => ({
      name: one.name, type: one.bars ? "bar" : "line", data: one.bars
        ? timePoints(dates, one.values).map((value) => ({ value, itemStyle: { color: (value[1] ?? 0) < 0 ? theme.negative : theme.positive } }))
        : linePoints(dates, one.values, "circle", dates.length < 30),
      showSymbol: true, symbolSize: 5, connectNulls: false, barMaxWidth: 14,
      lineStyle: { width: 1.8, type: DASHES[index], color: colours(theme)[index] }, itemStyle: { color: colours(theme)[index] },
      markLine: index > 0 || asOf === null || !dates.includes(asOf) ? undefined : {
        silent: true, symbol: "none", animation: false, label: { show: false }, lineStyle: { color: theme.quiet, type: "dashed", width: 1 }, data: [{ xAxis: asOf }],
      },
    })),
  };
}

function tableOf(unit: Unit, series: Series[]): ChartTable {
  return {
    columns: ["Date", ...series.map((one) => one.name)],
    rows: (series[0]?.dates ?? []).map((date, at) => [date, ...series.map((one) => {
      const value = one.values[at];
      return value === null || value === undefined ? DASH : formatNumber(value, unit);
    })]).reverse(),
  };
}

function Lines({ title, unit, about, series, asOf, open }: {
  title: string; unit: Unit; about?: string; series: Series[]; asOf: string | null; open: (date: string) => void;
}): JSX.Element {
  const known = series.filter((one) => one.values.some((value) => value !== null));
  const dates = known[0]?.dates ?? [];
  return (
    <Card title={title} aside={about}>
      {known.length === 0 ? <p class="quiet">Not known for any of these days.</p> : (
        <Chart height={210} version={`${dates[0]} ${dates.length} ${known.length} ${asOf}`} description={`${title}, ${dates[0] ?? ""} to ${dates[dates.length - 1] ?? ""}`}
          option={(theme, width) => option(theme, width, title, unit, known, asOf)} table={() => tableOf(unit, known)}
          onClick={(at) => {
            const date = timePoints(dates, known[0]?.values ?? [])[at]?.[0];
            if (date !== undefined && dates.includes(date)) {
              open(date);
            }
          }} />
      )}
    </Card>
  );
}

const numberIn = (source: Record<string, unknown>, name: string): number | null => {
  const value = source[name];
  return typeof value === "number" ? value : null;
};

/** Evenly spread over the days, ends included. */
function spread(dates: string[], most: number): string[] {
  if (dates.length <= most) {
    return dates;
  }
  return Array.from({ length: most }, (_, at) => dates[Math.round((at * (dates.length - 1)) / (most - 1))] ?? "");
}

/** How many of the newest snapshots the address asks for: a choice of days may begin anywhere. */
export function snapshotsOf(query: URLSearchParams): number {
  const most = RANGES[RANGES.length - 1]![2];
  return query.get("range") === "all" || query.get("until") ? most : RANGE[2];
}

interface VarPoint { date: string; var95: number | null; var99: number | null; es95: number | null }

/** One call a day, a few at once; what comes later than another choice of days is dropped. */
function useVar(id: string, dates: string[], on: boolean): { points: VarPoint[]; total: number } {
  const [points, setPoints] = useState<VarPoint[]>([]);
  const chosen = useMemo(() => spread(dates, VAR_POINTS), [dates]);
  useEffect(() => {
    setPoints([]);
    if (!on) {
      return undefined;
    }
    const abort = new AbortController();
    const waiting = [...chosen].reverse();
    const found: VarPoint[] = [];
    const work = async (): Promise<void> => {
      for (let date = waiting.shift(); date !== undefined && !abort.signal.aborted; date = waiting.shift()) {
        const answer = await get<{ results: Record<string, Record<string, unknown>> }>(
          `/api/v1/portfolios/${encodeURIComponent(id)}/results`, { as_of: date, job_type: "market_risk_scenarios" }, abort.signal);
        const result = answer.ok ? answer.value.results["market_risk_scenarios"] ?? {} : {};
        found.push({ date, var95: numberIn(result, "var_hist_95"), var99: numberIn(result, "var_hist_99"), es95: numberIn(result, "es_hist_95") });
        if (!abort.signal.aborted) {
          setPoints([...found].sort((a, b) => a.date.localeCompare(b.date)));
        }
      }
    };
    void Promise.all(Array.from({ length: VAR_AT_ONCE }, work));
    return () => abort.abort();
  }, [id, chosen, on]);
  return { points, total: chosen.length };
}

function ValueAtRisk({ id, dates, asOf, open }: { id: string; dates: string[]; asOf: string | null; open: (date: string) => void }): JSX.Element {
  const { points, total } = useVar(id, dates, true);
  const at = points.map((point) => point.date);
  const series: Series[] = [
    { name: "Historical, 95 %", dates: at, values: points.map((point) => point.var95) },
    { name: "Historical, 99 %", dates: at, values: points.map((point) => point.var99) },
    { name: "Expected shortfall, 95 %", dates: at, values: points.map((point) => point.es95) },
  ];
  if (points.length < total) {
    return <Card title="Value at risk, one day"><p class="quiet" role="status">Reading {points.length} of {total} days…</p></Card>;
  }
  const about = total < dates.length ? `${total} of ${dates.length} days` : undefined;
  return <Lines title="Value at risk, one day" unit="money" {...(about ? { about } : {})} series={series} asOf={asOf} open={open} />;
}

export function History({ id, snapshots, asOf, open }: { id: string; snapshots: Snapshot[]; asOf: string | null; open: (date: string) => void }): JSX.Element {
  const query = useQuery();
  const range = RANGES.find(([name]) => name === query.get("range")) ?? RANGE;
  const to = query.get("until") ?? "";
  const days = useMemo(() => [...snapshots].reverse().filter((day) => to === "" || day.as_of <= to).slice(-range[2]), [snapshots, range[2], to]);
  const dates = useMemo(() => days.map((day) => day.as_of), [days]);
  if (snapshots.length === 0) {
    return <Empty title="No history yet">A run writes a snapshot of each trading day. Start one over a range of dates.</Empty>;
  }
  return (
    <>
      <div class="ranges">
        <span role="group" aria-label="Range">
          {RANGES.map(([name, title]) => (
            <button type="button" key={name} class={name === range[0] ? "button button-small button-chosen" : "button button-small"} aria-pressed={name === range[0]}
              onClick={() => query.set({ range: name === RANGE[0] ? null : name })}>{title}</button>
          ))}
        </span>
        <label class="range-until">until <DateField label="Until" value={to} set={(date) => query.set({ until: date || null })} /></label>
        <span class="quiet">{dates[0]} to {dates[dates.length - 1]}, {dates.length} days. A click opens the day.</span>
      </div>
      {days.length === 0 ? <Empty title="No snapshot in this range" /> : (
        <div class="columns history-columns">
          {PICTURES.map((picture) => (
            <Lines key={picture.title} title={picture.title} unit={picture.unit} asOf={asOf} open={open}
              series={picture.series.map(([field, name]) => ({ name, dates, bars: picture.bars === true, values: days.map((day) => numberIn(day.result, field)) }))} />
          ))}
          <ValueAtRisk id={id} dates={dates} asOf={asOf} open={open} />
        </div>
      )}
    </>
  );
}
