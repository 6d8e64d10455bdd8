// Pictures of a job type over time: how long its jobs took, and how they ended.
import type { JSX } from "preact";
import type { Counts, TypeStatistics } from "../lib/catalog";
import { count, duration, jobType, percent } from "../lib/format";
import type { Palette } from "../lib/theme";
import { Card } from "../parts/card";
import { Chart, DATE_ROOM, chartAxis, chartBase, chartDates } from "../parts/chart";

/** Share of the jobs that were to run which succeeded, 0 to 1; null if none was. */
export function rateOf(counts: Counts): number | null {
  const ran = counts.succeeded + counts.failed + counts.cancelled;
  return ran === 0 ? null : counts.succeeded / ran;
}

function legend(theme: Palette): Record<string, unknown> {
  return { top: 0, left: 0, textStyle: { color: theme.text, fontSize: 12 }, itemWidth: 18, itemHeight: 10 };
}

function durations(theme: Palette, type: TypeStatistics): Record<string, unknown> {
  const base = chartBase(theme, `Durations of ${jobType(type.job_type)}`);
  const line = (name: string, values: (number | null)[], index: 0 | 1): Record<string, unknown> => ({
    name, type: "line", data: values, connectNulls: false, showSymbol: values.length <= 45, symbol: index === 0 ? "circle" : "diamond", symbolSize: 5,
    lineStyle: { width: 1.8, type: index === 0 ? "solid" : "dashed", color: theme.series[index] }, itemStyle: { color: theme.series[index] },
  });
  return {
    ...base,
    legend: legend(theme),
    grid: { left: 4, right: DATE_ROOM, top: 32, bottom: 4, containLabel: true },
    tooltip: { ...(base["tooltip"] as object), valueFormatter: (value: number | null) => (value === null || value === undefined ? "no computed job" : duration(value)) },
    xAxis: chartDates(theme, type.buckets.map((bucket) => bucket.start)),
    yAxis: { ...chartAxis(theme), type: "value", min: 0, splitNumber: 4, axisLabel: { color: theme.quiet, fontSize: 11, formatter: (value: number) => duration(value) } },
    series: [line("Median", type.buckets.map((bucket) => bucket.p50_seconds), 0), line("95 %", type.buckets.map((bucket) => bucket.p95_seconds), 1)],
  };
}

function outcomes(theme: Palette, type: TypeStatistics): Record<string, unknown> {
  const base = chartBase(theme, `Outcomes of ${jobType(type.job_type)}`);
  const { status } = theme;
  const kinds: [string, string, (bucket: Counts) => number][] = [
    ["Succeeded", status.succeeded, (bucket) => Math.max(0, bucket.succeeded - bucket.with_warnings)],
    ["With warnings", status.warning, (bucket) => bucket.with_warnings],
    ["Failed", status.failed, (bucket) => bucket.failed],
    ["Cancelled", status.cancelled, (bucket) => bucket.cancelled],
    ["Skipped", status.skipped, (bucket) => bucket.skipped],
  ];
  return {
    ...base,
    // Hatching says again what the colours say.
    aria: { enabled: true, label: { description: `Outcomes of ${jobType(type.job_type)}` }, decal: { show: true } },
    legend: legend(theme),
    grid: { left: 4, right: DATE_ROOM, top: 32, bottom: 4, containLabel: true },
    tooltip: { ...(base["tooltip"] as object), axisPointer: { type: "shadow" } },
    xAxis: chartDates(theme, type.buckets.map((bucket) => bucket.start)),
    yAxis: { ...chartAxis(theme), type: "value", min: 0, splitNumber: 4, minInterval: 1 },
    series: kinds.filter(([, , of]) => type.buckets.some((bucket) => of(bucket) > 0)).map(([name, color, of]) => ({
      name, type: "bar", stack: "all", barMaxWidth: 22, itemStyle: { color }, data: type.buckets.map(of),
    })),
  };
}

export function TypeCharts({ type, bucket }: { type: TypeStatistics; bucket: string }): JSX.Element {
  const rate = rateOf(type.total);
  const about = `by ${bucket}`;
  return (
    <div class="columns">
      <Card title="Duration of computed jobs" aside={about}>
        <Chart height={220} version={type} description={`Median and 95 % of the durations of ${jobType(type.job_type)} ${about}`} option={(theme) => durations(theme, type)}
          table={() => ({
            columns: ["Start", "Median", "95 %", "Longest"],
            rows: type.buckets.map((one) => [one.start, duration(one.p50_seconds), duration(one.p95_seconds), duration(one.max_seconds)]).reverse(),
          })} />
      </Card>
      <Card title="Outcomes" aside={`${about}, ${percent(rate)} succeeded`}>
        <Chart height={220} version={type} description={`Outcomes of ${jobType(type.job_type)} ${about}`} option={(theme) => outcomes(theme, type)}
          table={() => ({
            columns: ["Start", "Jobs", "Succeeded", "Warnings", "Failed", "Cancelled", "Skipped"],
            rows: type.buckets.map((one) => [one.start, count(one.jobs), count(one.succeeded), count(one.with_warnings), count(one.failed), count(one.cancelled), count(one.skipped)]).reverse(),
          })} />
      </Card>
    </div>
  );
}
